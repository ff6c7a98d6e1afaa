"""The scores of `recdl.large_scores` are those of the model, up to rounding."""

import numpy as np
import pytest

from recdl import models
from recdl.large_scores import BLOCK, Factored

N_USERS, N_ITEMS = 2 * BLOCK + 3, 9


def moved(model):
    """Return a model whose weights are large enough for neurons to be on and off."""
    rng = np.random.default_rng(1)
    weights = [w + rng.normal(0, 0.5, w.shape) for w in model.get_weights()]
    model.set_weights(weights)
    return model


@pytest.mark.parametrize(
    ("kind", "layer_sizes", "use_bias"),
    [
        (models.NeuMF, [4], False),
        (models.NeuMF, [8, 4], True),
        (models.NeuMF, [16, 8, 4], False),
        (models.NeuMF, [8, 8, 4, 2], True),
        (models.GMF, [8, 4], False),
        (models.GMF, [8, 4], True),
        (models.MLP, [4], True),
        (models.MLP, [16, 8, 4], False),
    ],
)
def test_the_scores_are_those_of_the_model(kind, layer_sizes, use_bias):
    sizes = {"n_factors": 5, "layer_sizes": layer_sizes, "use_bias": use_bias}
    model = moved(kind(N_USERS, N_ITEMS, **sizes))
    users = np.random.default_rng(2).permutation(N_USERS)
    found, expected = Factored(model).scores(users), model.scores(users)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    assert np.ptp(expected) > 1


def test_no_user_has_no_scores():
    model = models.NeuMF(3, 4)
    assert Factored(model).scores(np.array([], dtype=int)).shape == (0, 4)


def test_an_unknown_user_is_refused():
    with pytest.raises(ValueError, match="3"):
        Factored(models.NeuMF(3, 4)).scores(np.array([3]))


def test_another_model_is_refused():
    with pytest.raises(TypeError):
        Factored("a model")
