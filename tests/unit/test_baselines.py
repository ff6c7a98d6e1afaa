import math
import tracemalloc
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from recdl import baselines, interactions, ranking, toy

TABLE = toy.as_matrix(toy.RATINGS).notna().to_numpy(float)  # 5 people x 6 films
PEOPLE, FILMS = list(toy.USERS), toy.MOVIES["itemID"].tolist()

BUILD = {
    "popularity": baselines.Popularity,
    "user-kNN": lambda world: baselines.UserKNN(world, k=2),
    "user-kNN, shrunk": lambda world: baselines.UserKNN(world, k=3, shrinkage=2),
    "item-kNN": lambda world: baselines.ItemKNN(world, k=2),
    "item-kNN, shrunk": lambda world: baselines.ItemKNN(world, k=3, shrinkage=2),
    "item-kNN, all": lambda world: baselines.ItemKNN(world, k=10**6),
    "PureSVD": lambda world: baselines.PureSVD(world, rank=1),
    "EASE": lambda world: baselines.EASE(world, l2=0.5),
    "EASE, recent": lambda world: baselines.EASE(
        world, l2=0.5, weights=baselines.recency_weights(world, tau=2)
    ),
}
every_baseline = pytest.mark.parametrize("build", BUILD.values(), ids=BUILD)


def by_identifier(model, world):
    """Return all scores with a row per user and a column per item, in the order of identifiers."""
    scores = model.scores(np.arange(world.n_users))
    frame = pd.DataFrame(scores, world.user_ids, world.item_ids)
    return frame.sort_index(axis=0).sort_index(axis=1)


def dense(world):
    table = np.zeros((world.n_users, world.n_items))
    table[world.users, world.items] = 1
    return table


fewer = settings(max_examples=settings.default.max_examples // 3)  # of nine models


def in_order(table):
    """Return interactions of a table without timestamps whose rows stand in order of time."""
    return interactions.Interactions(table, in_time_order=True)


@st.composite
def tables(draw):
    """Ratings of a small world with any identifiers, in any order; everybody has something."""
    shape = draw(st.tuples(st.integers(1, 7), st.integers(1, 9)))
    users, items = np.nonzero(draw(arrays(bool, shape, fill=st.nothing())))
    assume(len(users))
    table = pd.DataFrame({"userID": 3 * users + 7, "itemID": 1000 - 2 * items})
    return table.sample(frac=1, random_state=draw(st.integers(0, 99)))


@pytest.fixture
def toy_world():
    in_order = toy.RATINGS.sort_values(["userID", "timestamp"], kind="stable")
    return interactions.Interactions(in_order)


@pytest.fixture
def big_world():
    """Return 150 users and 40 items, some far more popular than others."""
    rng = np.random.default_rng(5)
    users, items = np.nonzero(rng.random((150, 40)) < rng.random(40) ** 3 + 0.02)
    return in_order(pd.DataFrame({"userID": users, "itemID": items}))


# By hand, in the toy world; these are the numbers of chapter 1


def test_popularity_counts(toy_world):
    scores = by_identifier(baselines.Popularity(toy_world), toy_world)
    assert scores.loc[3].tolist() == [3, 3, 3, 4, 3, 1]
    assert (scores == scores.loc[3]).all(axis=None)


def test_user_knn_gives_ana_the_votes_of_her_three_neighbours(toy_world):
    scores = by_identifier(baselines.UserKNN(toy_world, k=3), toy_world).loc[1]
    eva, dan, ben = 4 / np.sqrt(4 * 5), 2 / np.sqrt(4 * 3), 2 / np.sqrt(4 * 3)
    assert scores[105] == pytest.approx(eva + dan)
    assert scores[106] == pytest.approx(ben)


def test_item_knn_adds_up_cosines(toy_world):
    model = baselines.ItemKNN(toy_world, k=6)
    et, die_hard = pd.Index(toy_world.item_ids).get_indexer([105, 104])
    assert model.item_to_item[die_hard, et] == pytest.approx(3 / np.sqrt(3 * 4))
    expected = 3 / np.sqrt(3 * 4) + (1 + 2 + 1) / np.sqrt(3 * 3)
    assert by_identifier(model, toy_world).loc[1, 105] == pytest.approx(expected)


def test_shrinkage_is_added_to_the_root(toy_world):
    model = baselines.ItemKNN(toy_world, k=6, shrinkage=5)
    et, die_hard = pd.Index(toy_world.item_ids).get_indexer([105, 104])
    expected = 3 / (np.sqrt(3 * 4) + 5)
    assert model.item_to_item[die_hard, et] == pytest.approx(expected)


def test_neighbours_as_good_as_the_last_one_stay():
    similarity = np.array([[0, 3, 1, 3], [2, 0, 2, 2], [1, 2, 0, 3], [0, 0, 0, 0.0]])
    assert (baselines.keep_nearest(similarity, 1) > 0).sum(axis=1).tolist() == [
        2, 3, 1, 0,
    ]  # fmt: skip
    assert (baselines.keep_nearest(similarity, 4) == similarity).all()
    assert (baselines.keep_nearest(similarity, 5) == similarity).all()


def test_cosines_that_are_equal_on_paper_are_equal():
    n_left = np.arange(1, 300)
    for times in range(2, 12):  # c / √(n m) and tc / √(n t²m)
        common = sparse.csr_array(np.tile([1, times], (len(n_left), 1)))
        alike = baselines.cosine(common, n_left, np.array([7, 7 * times**2]), 0)
        assert (alike[:, 0] == alike[:, 1]).all()


def test_ease_of_two_items_is_a_ridge_regression_in_one_variable():
    table = pd.DataFrame({"userID": [1, 1, 2, 3, 3], "itemID": [8, 9, 8, 8, 9]})
    model = baselines.EASE(interactions.Interactions(table), l2=0.5)
    # two users have both; item 8 has three users, item 9 has two
    np.testing.assert_allclose(model.item_to_item, [[0, 2 / 3.5], [2 / 2.5, 0]])


def test_recency_halves_anas_history_with_each_step_back(toy_world):
    weights = baselines.recency_weights(toy_world, tau=1 / np.log(2))
    of_ana = toy_world.users == toy_world.user_position(1)
    films = toy_world.item_ids[toy_world.items[of_ana]]
    recent = dict(zip(films, weights[of_ana], strict=True))
    assert recent == pytest.approx({104: 1, 103: 1 / 2, 102: 1 / 4, 101: 1 / 8})


def test_recency_follows_the_order_of_rows_when_users_are_mixed():
    users, items = ["b", "a", "a", "b", "a"], [1, 1, 2, 3, 3]
    world = in_order(pd.DataFrame({"userID": users, "itemID": items}))
    expected = np.exp(-np.array([1, 2, 1, 0, 0]) / 10)
    np.testing.assert_allclose(baselines.recency_weights(world, 10), expected)


def test_recency_without_fading_and_with_nothing_but_fading(toy_world):
    assert (baselines.recency_weights(toy_world, np.inf) == 1).all()
    for tiny in (1e-320, np.float64(5e-324)):
        weights = baselines.recency_weights(toy_world, tiny)
        assert sorted(weights) == [0] * (len(toy_world) - 5) + [1] * 5


@every_baseline
def test_lists_hold_what_was_not_seen(build, toy_world):
    top = ranking.top_k(build(toy_world), toy_world, k=6)
    for user, row in enumerate(top):
        seen = toy_world.items[toy_world.users == user]
        assert sorted([*row[row >= 0], *seen]) == list(range(toy_world.n_items))


# Against slow and obvious implementations


def knn_by_loops(table, k, shrinkage):
    """Return, for each row, the cosines of its k nearest other rows (and of those as near), else 0."""
    n, size = len(table), table.sum(axis=1).astype(int).tolist()
    kept = np.zeros((n, n))
    for i in range(n):
        others = [j for j in range(n) if j != i]
        common = {j: int(table[i] @ table[j]) for j in others}
        cosines = {
            j: common[j] / (math.sqrt(size[i] * size[j]) + shrinkage) for j in others
        }
        nearness = cosines
        if shrinkage == 0:  # squares are fractions, whose ties are exact
            nearness = {j: Fraction(common[j] ** 2, size[j]) for j in others}
        kth = sorted(nearness.values(), reverse=True)[:k][-1]
        for j in others:
            if nearness[j] >= kth:
                kept[i, j] = cosines[j]
    return kept


@pytest.mark.parametrize("k", [1, 4, 200])
@pytest.mark.parametrize("shrinkage", [0, 10.5])
def test_knn_by_loops(big_world, k, shrinkage):
    table = dense(big_world)
    items = knn_by_loops(table.T, k, shrinkage)
    model = baselines.ItemKNN(big_world, k, shrinkage)
    everyone = np.arange(big_world.n_users)
    np.testing.assert_allclose(model.scores(everyone), table @ items.T, atol=1e-9)

    world = interactions.Interactions(
        pd.DataFrame({"userID": big_world.items, "itemID": big_world.users})
    )  # turned on its side, so that the loops have 40 rows
    users = knn_by_loops(dense(world), k, shrinkage)
    scores = baselines.UserKNN(world, k, shrinkage).scores(np.arange(40))
    np.testing.assert_allclose(scores, users @ dense(world), atol=1e-9)


@pytest.mark.parametrize("rank", [1, 7, 39, 40])
def test_pure_svd_by_numpy(big_world, rank):
    left, sizes, right = np.linalg.svd(dense(big_world), full_matrices=False)
    nearest = left[:, :rank] * sizes[:rank] @ right[:rank]
    scores = baselines.PureSVD(big_world, rank).scores(np.arange(150))
    np.testing.assert_allclose(scores, nearest, atol=1e-10)


def test_pure_svd_of_the_toy_world_is_that_of_chapter_1(toy_world):
    left, sizes, right = np.linalg.svd(TABLE)
    expected = left[:, :2] * sizes[:2] @ right[:2]
    scores = by_identifier(baselines.PureSVD(toy_world, 2), toy_world)
    np.testing.assert_allclose(scores, expected, atol=1e-12)
    assert scores.loc[1, 105] > scores.loc[1, 106]


@pytest.mark.parametrize("rank", range(1, 6))
def test_pure_svd_of_one_user_or_of_equal_users(rank):
    n_users = {1: 1}.get(rank, 5)
    table = pd.DataFrame(
        [(user, item) for user in range(n_users) for item in range(8)],
        columns=["userID", "itemID"],
    )  # of rank 1: the further vectors have nothing to add
    scores = baselines.PureSVD(interactions.Interactions(table), rank).scores([0])
    np.testing.assert_allclose(scores, 1)


@pytest.mark.parametrize("l2", [1e-3, 1.0, 300.0])
def test_ease_is_one_ridge_regression_per_item(big_world, l2):
    table = dense(big_world)
    model = baselines.EASE(big_world, l2)
    for item in range(big_world.n_items):
        others = np.delete(table, item, axis=1)
        penalised = np.vstack([others, np.sqrt(l2) * np.eye(39)])
        target = np.append(table[:, item], np.zeros(39))
        expected = np.linalg.lstsq(penalised, target)[0]
        column = model.item_to_item[:, item]
        assert column[item] == 0
        np.testing.assert_allclose(np.delete(column, item), expected, atol=1e-9)
    np.testing.assert_allclose(model.scores([3, 1]), table[[3, 1]] @ model.item_to_item)


@pytest.mark.parametrize("model", ["item-kNN", "PureSVD", "EASE"])
def test_weights_change_the_history_and_not_what_is_learnt(big_world, model):
    make = {
        "item-kNN": baselines.ItemKNN,
        "PureSVD": baselines.PureSVD,
        "EASE": baselines.EASE,
    }[model]
    weights = np.random.default_rng(1).random(len(big_world))
    plain, weighted = make(big_world), make(big_world, weights=weights)
    assert (plain.item_to_item == weighted.item_to_item).all()
    table = np.zeros((150, 40))
    table[big_world.users, big_world.items] = weights
    expected = table @ plain.item_to_item
    np.testing.assert_allclose(weighted.scores(np.arange(150)), expected, atol=1e-12)


# For every baseline


@every_baseline
@fewer
@given(table=tables())
def test_any_interactions_will_do(build, table):
    before = table.copy()
    world = in_order(table)
    users, items = world.users.copy(), world.items.copy()
    model = build(world)
    scores = model.scores(np.arange(world.n_users))
    assert scores.shape == (world.n_users, world.n_items)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    some = np.arange(world.n_users)[::-2]
    np.testing.assert_allclose(model.scores(some), scores[some], atol=1e-12)
    again = scores.copy()
    scores[:] = -7  # the answer is the caller's, not the model's
    assert (model.scores(np.arange(world.n_users)) == again).all()
    assert model.scores([]).shape == (0, world.n_items)
    assert (users == world.users).all()
    assert (items == world.items).all()
    pd.testing.assert_frame_equal(table, before)


@every_baseline
@fewer
@given(table=tables(), seed=st.integers(0, 99))
def test_positions_do_not_matter(build, table, seed):
    """Other positions of users and items, the same scores: also where neighbours tie."""
    world = in_order(table)
    eigenvalues = np.append(np.linalg.svd(dense(world), compute_uv=False), 0)
    assume(eigenvalues[0] > eigenvalues[1] + 1e-3)  # else PureSVD has a choice
    # A random order of rows in which each user's rows keep theirs.
    places = pd.Series(np.random.default_rng(seed).permutation(len(table)), table.index)
    places = places.groupby(table["userID"]).transform(np.sort)
    other = in_order(table.loc[places.sort_values().index])
    pd.testing.assert_frame_equal(
        by_identifier(build(world), world),
        by_identifier(build(other), other),
        rtol=1e-8,
        atol=1e-8,
    )


@every_baseline
def test_twice_the_same_numbers(build, big_world):
    first, second = (build(big_world).scores(np.arange(150)) for _ in range(2))
    assert (first == second).all()


ABSURD = [
    (baselines.UserKNN, {"k": 0}, "neighbours"),
    (baselines.UserKNN, {"k": 2.5}, "neighbours"),
    (baselines.UserKNN, {"k": np.nan}, "neighbours"),
    (baselines.UserKNN, {"shrinkage": -1}, "shrinkage"),
    (baselines.ItemKNN, {"shrinkage": "1"}, "shrinkage"),
    (baselines.ItemKNN, {"weights": ["1.0"] * 17}, "17 finite numbers"),
    (baselines.PureSVD, {"rank": 1.5}, "between 1 and 5"),
    (baselines.EASE, {"l2": "300"}, "l2 must be positive"),
    (baselines.recency_weights, {"tau": "10"}, "tau must be positive"),
    (baselines.ItemKNN, {"k": -3}, "neighbours"),
    (baselines.ItemKNN, {"shrinkage": np.nan}, "shrinkage"),
    (baselines.ItemKNN, {"shrinkage": np.inf}, "shrinkage"),
    (baselines.ItemKNN, {"weights": [1.0]}, "17 finite numbers"),
    (baselines.PureSVD, {"rank": 0}, "between 1 and 5"),
    (baselines.PureSVD, {"rank": 6}, "between 1 and 5"),
    (baselines.PureSVD, {"weights": np.ones((17, 1))}, "17 finite numbers"),
    (baselines.EASE, {"l2": 0}, "l2 must be positive"),
    (baselines.EASE, {"l2": -300}, "l2 must be positive"),
    (baselines.EASE, {"l2": 1e-20}, "l2 must be positive"),
    (baselines.EASE, {"l2": np.nan}, "l2 must be positive"),
    (baselines.EASE, {"l2": np.inf}, "l2 must be positive"),
    (baselines.EASE, {"weights": np.full(17, np.nan)}, "17 finite numbers"),
    (baselines.recency_weights, {"tau": 0}, "tau must be positive"),
    (baselines.recency_weights, {"tau": -1}, "tau must be positive"),
    (baselines.recency_weights, {"tau": np.nan}, "tau must be positive"),
]


@pytest.mark.parametrize(("make", "arguments", "message"), ABSURD)
def test_absurd_arguments(make, arguments, message, toy_world):
    with pytest.raises(ValueError, match=message):
        make(toy_world, **arguments)


@pytest.mark.parametrize("l2", [2e-8, 1e300])
def test_ease_with_extreme_but_allowed_l2(toy_world, l2):
    assert np.isfinite(baselines.EASE(toy_world, l2).item_to_item).all()


# What they need


def test_memory_does_not_grow_with_users_times_items():
    n_users, n_items = 30_000, 300
    users = np.repeat(np.arange(n_users), 2)
    items = np.arange(2 * n_users) * 7 % n_items
    world = in_order(pd.DataFrame({"userID": users, "itemID": items}))
    for build in BUILD.values():
        tracemalloc.start()
        build(world).scores(np.arange(10))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < n_users * n_items * 8 / 4  # 18 of 72 MB
