"""SLIM, iALS and BPR: the equations that their solutions must satisfy."""

import numpy as np
import pandas as pd
import pytest

from recdl import from_libraries, interactions


@pytest.fixture(scope="module")
def world():
    """Return likes of 40 users for 14 films: even users like even films, odd ones odd films."""
    rng = np.random.default_rng(2)
    users, items = np.arange(40)[:, None], np.arange(14)
    likes = rng.random((40, 14)) < np.where(users % 2 == items % 2, 0.7, 0.08)
    likes[np.arange(40), np.arange(40) % 14] = True
    return interactions.Interactions(
        pd.DataFrame(np.argwhere(likes), columns=["userID", "itemID"])
    )


def dense(world):
    table = np.zeros((world.n_users, world.n_items))
    table[world.users, world.items] = 1
    return table


@pytest.mark.parametrize(("l1", "l2"), [(1.0, 5.0), (3.0, 0.5)])
def test_slim_satisfies_the_conditions_of_a_minimum(world, l1, l2):
    table, found = dense(world), from_libraries.SLIM(world, l1, l2).item_to_item
    assert (found >= 0).all()
    assert (found.diagonal() == 0).all()
    assert 0 < (found > 0).mean() < 0.9
    slope = -table.T @ (table - table @ found) + l2 * found + l1
    other = ~np.eye(len(found), dtype=bool)
    # Where an entry is positive the slope is zero; where it is zero the slope points upwards.
    np.testing.assert_allclose(slope[other & (found > 0)], 0, atol=0.02 * len(table))
    assert slope[other & (found == 0)].min() > -0.02 * len(table)


def test_slim_scores_with_weights_of_the_history(world):
    weights = np.linspace(0, 1, len(world))
    plain, fading = (
        from_libraries.SLIM(world, 1, 5),
        from_libraries.SLIM(world, 1, 5, weights),
    )
    np.testing.assert_array_equal(plain.item_to_item, fading.item_to_item)
    history = np.zeros((world.n_users, world.n_items))
    history[world.users, world.items] = weights
    np.testing.assert_allclose(fading.scores([3]), history[[3]] @ plain.item_to_item)


def test_ials_solves_its_last_regression(world):
    l2, alpha = 3.0, 4.0
    model = from_libraries.IALS(
        world, n_factors=3, l2=l2, alpha=alpha, n_epochs=4, seed=1
    )
    table, users, items = dense(world), model.users, model.items
    assert users.shape == (40, 3)
    # implicit takes the users first, so the items are the ones that fit exactly.
    for item in range(world.n_items):
        weight = np.where(table[:, item] > 0, alpha, 1.0)
        system = users.T @ (weight[:, None] * users) + l2 * np.eye(3)
        expected = np.linalg.solve(system, users.T @ (weight * table[:, item]))
        np.testing.assert_allclose(items[item], expected, rtol=1e-4, atol=1e-6)


METHODS = {
    "iALS": lambda world, seed=1: from_libraries.IALS(world, 4, l2=1.0, seed=seed),
    "BPR": lambda world, seed=1: from_libraries.BPR(world, 4, n_epochs=60, seed=seed),
    "SLIM": lambda world, seed=1: from_libraries.SLIM(world, 0.5, 5.0),
}
every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


@every_method
def test_the_planted_groups_are_found(world, method):
    scores = method(world).scores(np.arange(world.n_users))
    same = world.user_ids[:, None] % 2 == world.item_ids % 2
    unseen = dense(world) == 0
    assert scores[same & unseen].mean() > scores[~same & unseen].mean() + 0.05


@every_method
def test_the_same_seed_gives_the_same_scores(world, method):
    users = np.arange(5)
    np.testing.assert_array_equal(
        method(world).scores(users), method(world).scores(users)
    )


@pytest.mark.parametrize("name", ["iALS", "BPR"])
def test_scores_are_products_and_another_seed_gives_others(world, name):
    model = METHODS[name](world)
    np.testing.assert_allclose(
        model.scores([2, 0]), model.users[[2, 0]] @ model.items.T
    )
    assert not np.allclose(model.scores([0]), METHODS[name](world, seed=2).scores([0]))


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (lambda w: from_libraries.SLIM(w, 0, 1), "l1 must be positive"),
        (lambda w: from_libraries.SLIM(w, 1, float("nan")), "l2 must be positive"),
        (lambda w: from_libraries.SLIM(w, np.inf, 1), "l1 must be positive"),
        (lambda w: from_libraries.IALS(w, 2, l2=0), "l2 must be positive"),
        (lambda w: from_libraries.IALS(w, 2, seed=-1), "seed must be"),
        (lambda w: from_libraries.BPR(w, 2, learning_rate=0), "learning_rate must be"),
        (lambda w: from_libraries.BPR(w, 2, l2=float("nan")), "l2 must be 0 or a pos"),
        (lambda w: from_libraries.IALS(w, 0), "n_factors must be"),
        (lambda w: from_libraries.BPR(w, n_epochs=0), "n_epochs must be"),
    ],
)
def test_a_senseless_argument_is_named(world, method, words):
    with pytest.raises(ValueError, match=words):
        method(world)


def test_a_training_that_diverges_is_named(world):
    words = "training of BPR diverged: .* Use a larger l2 .* smaller learning_rate"
    with pytest.raises(ValueError, match=words):
        from_libraries.BPR(world, 2, learning_rate=1e30)
