"""Neurons that are 0 for every pair of user and item."""

import numpy as np
import pytest

from later import Later

models = Later("recdl.models")


@pytest.fixture
def model():
    return models.MLP(6, 9, layer_sizes=(8, 4, 3), seed=3)


def by_all_pairs(model):
    users, items = (part.ravel() for part in np.mgrid[:6, :9])
    tower = model.towers[-1]
    x = np.hstack([tower.user(users), tower.item(items)])
    dead = []
    for layer in tower.hidden:
        x = np.array(layer(x))
        dead.append((x <= 0).all(axis=0))
    return dead


@pytest.mark.parametrize("shift", [0.0, -0.01, -1.0])
def test_dead_units_against_all_pairs(model, shift):
    for layer in model.towers[-1].hidden:
        kernel, bias = layer.get_weights()
        layer.set_weights([kernel, bias + shift * np.arange(len(bias))])
    found, expected = models.dead_units(model), by_all_pairs(model)
    assert [part.tolist() for part in found] == [part.tolist() for part in expected]
    if shift == -1.0:
        assert found[0].any()


def test_a_neumf_is_judged_by_its_mlp():
    model = models.NeuMF(6, 9, n_factors=2, layer_sizes=(8, 4, 3), seed=3)
    kernel, _ = model.towers[1].hidden[0].get_weights()
    model.towers[1].hidden[0].set_weights([kernel, np.full(4, -9.0)])
    assert models.dead_units(model)[0].all()


def test_a_model_that_diverged_is_not_called_dead(model):
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    with pytest.raises(ValueError, match=r"A weight is NaN .* diverge"):
        models.dead_units(model)
