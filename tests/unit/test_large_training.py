"""Training for millions of interactions: Adam to the same bits, lazy Adam where it agrees and where not."""

import numpy as np
import pytest

from later import Later
from recdl import interactions, large_draws
from recdl.interactions import Interactions
from recdl.paper import Settings
from small_tables import even_and_odd

models, training = Later("recdl.models"), Later("recdl.training")
large_training = Later("recdl.large_training")
POSITIVES = Interactions(even_and_odd())
N_SAMPLES = int(interactions.negatives_by_user(POSITIVES, 4).sum()) + len(POSITIVES)


def new_model(kind="NeuMF"):
    sizes = POSITIVES.n_users, POSITIVES.n_items
    return getattr(models, kind)(*sizes, n_factors=3, layer_sizes=(4, 2), seed=1)


def settings(batch_size, n_epochs=3):
    return Settings(batch_size=batch_size, n_epochs=n_epochs, learning_rate=0.02)


@pytest.mark.parametrize("n_negatives", [0, 4])
def test_the_samples_of_an_epoch_are_the_same(n_negatives):
    small, ours = (
        module.epoch_samples(POSITIVES, n_negatives, rng=np.random.default_rng(5))
        for module in (interactions, large_draws)
    )
    for expected, found in zip(small, ours, strict=True):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


def test_training_gives_the_same_bits():
    expected, model = new_model(), new_model()
    losses = training.fit(expected, POSITIVES, settings(32)).losses
    assert large_training.fit(model, POSITIVES, settings(32)).losses == losses
    for found, numbers in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(found, numbers)


@pytest.mark.parametrize("kind", ["NeuMF", "GMF", "MLP"])
def test_lazy_adam_is_adam_where_each_row_is_in_each_batch(kind):
    expected, model = new_model(kind), new_model(kind)
    whole = settings(N_SAMPLES)  # one batch with all users and items
    losses = training.fit(expected, POSITIVES, whole).losses
    found = large_training.fit(model, POSITIVES, whole, lazy=True).losses
    np.testing.assert_allclose(found, losses, rtol=0, atol=1e-6)
    for ours, numbers in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(ours, numbers, rtol=0, atol=1e-6)


def test_lazy_adam_moves_the_rows_of_a_batch_alone_and_adam_all_that_ever_moved():
    users, items = np.array([[0, 1, 1], [2, 2, 1]]), np.array([[5, 5, 3], [4, 3, 3]])
    labels = np.array([[1, 0, 1], [0, 1, 1]], dtype="float32")
    moved = {}
    for name in ("lazy", "adam"):
        model = new_model()
        if name == "lazy":
            train = large_training.LazyAdam(model, 3, 0.02)
        else:
            train = training.compiled_epoch(model, training.adam(0.02))
        after = []
        for batch in range(2):
            here = slice(batch, batch + 1)
            columns = users[here].astype("int32"), items[here].astype("int32")
            train(*columns, labels[here])
            after.append([numbers.copy() for numbers in model.get_weights()[:2]])
        moved[name] = [
            set(np.flatnonzero((first != second).any(axis=1)).tolist())
            for first, second in zip(*after, strict=True)
        ]
        moved[name, "first"] = after[0]
    assert moved["lazy"] == [{1, 2}, {3, 4}]
    assert moved["adam"] == [{0, 1, 2}, {3, 4, 5}]
    for ours, numbers in zip(
        moved["lazy", "first"], moved["adam", "first"], strict=True
    ):
        np.testing.assert_allclose(ours, numbers, rtol=0, atol=1e-7)


@pytest.mark.parametrize("lazy", [1, None, "no"])
def test_lazy_is_true_or_false(lazy):
    with pytest.raises(ValueError, match="lazy must be True or False"):
        large_training.fit(new_model(), POSITIVES, settings(32), lazy=lazy)
