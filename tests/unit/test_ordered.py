"""Linear methods that know the order: by hand in the toy world, by loops, and what they refuse."""

import numpy as np
import pandas as pd
import pytest

from recdl import baselines, ordered, ranking, toy
from recdl.columns import DataError
from recdl.interactions import Interactions
from recdl.ratings import by_user_and_time

HALVES = 1 / np.log(2)  # as a reach: each place further on counts half as much
BUILD = {
    "transitions": lambda world: ordered.Transitions(world, reach=3, shrinkage=2),
    "SLIST": lambda world: ordered.SLIST(world, tau=3, horizon=2, l2=5, share=0.3),
    "V-SKNN": lambda world: ordered.VSKNN(world, k=8, tau=3, reach=4),
}
every_model = pytest.mark.parametrize("build", BUILD.values(), ids=BUILD)
matrices = [BUILD["transitions"], BUILD["SLIST"]]


@pytest.fixture
def toy_world():
    return Interactions(by_user_and_time(toy.RATINGS))


@pytest.fixture
def world():
    """Return 30 users and 12 items in a random order, the rows of all users mixed."""
    rng = np.random.default_rng(3)
    table = pd.DataFrame(np.argwhere(rng.random((30, 12)) < 0.5))
    table = table.rename(columns={0: "userID", 1: "itemID"}).sample(
        frac=1, random_state=4
    )
    return Interactions(table, in_time_order=True)


def backwards(world):
    """Return the same interactions, every history turned round."""
    table = {
        "userID": world.user_ids[world.users],
        "itemID": world.item_ids[world.items],
    }
    return Interactions(pd.DataFrame(table)[::-1], in_time_order=True)


def by_identifier(model, world):
    """Return all scores with a row per user and a column per item, in the order of identifiers."""
    frame = pd.DataFrame(
        model.scores(np.arange(world.n_users)), world.user_ids, world.item_ids
    )
    return frame.sort_index(axis=0).sort_index(axis=1)


def from_to(model, world):
    names = toy.MOVIES.set_index("itemID")["title"][world.item_ids]
    return pd.DataFrame(model.item_to_item, list(names), list(names))


# By hand


def test_transitions_of_the_toy_world(toy_world):
    """Chloe and Eva went from E.T. straight to Die Hard, Dan from Die Hard to E.T.; these are chapter 9's."""
    model = ordered.Transitions(toy_world, reach=HALVES, shrinkage=0)
    table = from_to(model, toy_world)
    assert table.loc["E.T.", "Die Hard"] == pytest.approx(2 / 3)
    assert table.loc["Die Hard", "E.T."] == pytest.approx(1 / 4)
    # Ana: Airplane!, Brazil, Casablanca; Ben: Airplane!, Casablanca; Eva has them the other way round.
    assert table.loc["Airplane!", "Casablanca"] == pytest.approx((1 / 2 + 1) / 3)
    assert (table.loc["Fargo"] == 0).all()  # nobody went on from it
    shrunk = ordered.Transitions(toy_world, reach=HALVES, shrinkage=2)
    assert from_to(shrunk, toy_world).loc["E.T.", "Die Hard"] == pytest.approx(2 / 5)


def test_a_score_adds_up_what_the_history_leads_to(toy_world):
    weights = baselines.recency_weights(toy_world, HALVES)
    model = ordered.Transitions(toy_world, HALVES, 0, weights)
    dan = by_identifier(model, toy_world).loc[4, 103]  # Brazil, Die Hard, E.T.
    brazil_to_casablanca = 1 / 3  # Ana's
    assert dan == pytest.approx(brazil_to_casablanca / 4)


def test_slist_of_two_items_is_a_ridge_regression_in_one_variable():
    table = pd.DataFrame({"userID": [1, 1, 2, 2, 3], "itemID": [8, 9, 8, 9, 9]})
    model = ordered.SLIST(Interactions(table, in_time_order=True), l2=0.5, share=0)
    # two people went from item 8 to item 9: two cuts; the third has no future
    np.testing.assert_allclose(model.item_to_item, [[0, 2 / 2.5], [0, 0]])


# Against slow and obvious versions


def orders(world):
    """Return each user's items in the order of the rows."""
    found = [[] for _ in range(world.n_users)]
    for user, item in zip(world.users, world.items, strict=True):
        found[user].append(item)
    return found


@pytest.mark.parametrize(("reach", "shrinkage"), [(0.7, 0), (4, 10.5), (np.inf, 3)])
def test_transitions_by_loops(world, reach, shrinkage):
    counts = np.zeros((12, 12))
    for items in orders(world):
        for place, item in enumerate(items):
            for gap, later in enumerate(items[place + 1 :], start=1):
                counts[item, later] += np.exp(-(gap - 1) / reach)
    for item in range(12):
        counts[item] /= (world.items == item).sum() + shrinkage
    model = ordered.Transitions(world, reach, shrinkage)
    np.testing.assert_allclose(model.item_to_item, counts, atol=1e-12)
    np.testing.assert_allclose(
        model.scores([3, 1]), baselines.as_rows(world)[[3, 1]] @ counts
    )


@pytest.mark.parametrize("share", [0, 0.3, 1])
@pytest.mark.parametrize(
    ("tau", "horizon", "l2"), [(2, 5, 1), (7, 0.5, 30), (np.inf, np.inf, 0.01)]
)
def test_slist_by_a_row_for_each_cut_and_each_user(world, tau, horizon, l2, share):
    past, future = [], []
    for items in orders(world):
        for cut in range(1, len(items)):
            before, after = np.zeros(12), np.zeros(12)
            for ago, item in enumerate(items[:cut][::-1]):
                before[item] = np.exp(-ago / tau)
            for ahead, item in enumerate(items[cut:]):
                after[item] = np.exp(-ahead / horizon)
            past.append(before)
            future.append(after)
    together, order = np.sqrt([share, 1 - share])
    ones = baselines.as_rows(world).toarray()
    rows = [together * ones, order * np.array(past), np.sqrt(l2) * np.eye(12)]
    targets = [together * ones, order * np.array(future), np.zeros((12, 12))]
    expected = np.linalg.lstsq(np.vstack(rows), np.vstack(targets))[0]
    model = ordered.SLIST(world, tau, horizon, l2, share)
    np.testing.assert_allclose(model.item_to_item, expected, atol=1e-9)
    history = baselines.as_rows(world, baselines.recency_weights(world, tau))
    np.testing.assert_allclose(model.scores([3, 1]), history[[3, 1]] @ expected)


@pytest.mark.parametrize("k", [1, 3, 40])
@pytest.mark.parametrize(("tau", "reach"), [(2, 5), (7, 0.5), (np.inf, np.inf)])
def test_v_sknn_by_loops(world, k, tau, reach):
    sessions, expected = orders(world), np.zeros((world.n_users, 12))
    model = ordered.VSKNN(world, k, tau, reach)
    for user, mine in enumerate(sessions):
        weight = {item: np.exp(-ago / tau) for ago, item in enumerate(mine[::-1])}
        alike = [
            sum(weight.get(item, 0) for item in theirs) / np.sqrt(len(theirs))
            for theirs in sessions
        ]
        alike[user] = 0
        nearest = np.argsort(-np.round(alike, 9), kind="stable")[:k]
        for other in nearest:
            shared = [p for p, item in enumerate(sessions[other]) if item in weight]
            if shared:
                last = max(shared, key=lambda p: mine.index(sessions[other][p]))
                for gap, item in enumerate(sessions[other][last + 1 :], start=1):
                    expected[user, item] += alike[other] * np.exp(-(gap - 1) / reach)
    everyone = np.arange(world.n_users)
    np.testing.assert_allclose(model.scores(everyone), expected, atol=1e-12)
    np.testing.assert_allclose(model.scores([5, 2]), expected[[5, 2]], atol=1e-12)


def test_v_sknn_by_hand():
    """User 3 saw b long ago and a just now. User 1 went on from a to c, user 2 from b to d and e."""
    table = {"userID": [1, 1, 2, 2, 2, 3, 3], "itemID": list("acbdeba")}
    few = Interactions(pd.DataFrame(table), in_time_order=True)
    model = ordered.VSKNN(few, k=2, tau=HALVES, reach=HALVES)
    third = pd.Series(model.scores([2])[0], index=few.item_ids)
    expected = {"c": 1 / 2**0.5, "d": 0.5 / 3**0.5, "e": 0.25 / 3**0.5, "a": 0, "b": 0}
    pd.testing.assert_series_equal(third.sort_index(), pd.Series(expected).sort_index())


# The order is what they read


@pytest.mark.parametrize("build", matrices, ids=["transitions", "SLIST"])
def test_a_history_turned_round_gives_another_matrix(build, world):
    forward = pd.DataFrame(build(world).item_to_item, world.item_ids, world.item_ids)
    other = backwards(world)
    back = pd.DataFrame(build(other).item_to_item, other.item_ids, other.item_ids)
    back = back.loc[world.item_ids, world.item_ids]
    assert not np.allclose(forward, back)
    ease, turned = (
        pd.DataFrame(
            baselines.EASE(w, 5.0).item_to_item, w.item_ids, w.item_ids
        ).sort_index(axis=0).sort_index(axis=1)
        for w in (world, other)
    )  # fmt: skip
    np.testing.assert_allclose(ease, turned, atol=1e-12)


def test_transitions_turned_round_are_the_transposed_counts(world):
    model = ordered.Transitions(world, 3, 2)
    other = backwards(world)
    back = ordered.Transitions(other, 3, 2)
    places = pd.Index(other.item_ids).get_indexer(world.item_ids)
    n = (np.bincount(world.items) + 2)[:, None]
    np.testing.assert_allclose(
        back.item_to_item[np.ix_(places, places)] * n, (model.item_to_item * n).T
    )


@every_model
def test_how_the_rows_of_users_are_mixed_does_not_matter(build, world):
    order = np.argsort(world.users, kind="stable")
    table = {
        "userID": world.user_ids[world.users[order]],
        "itemID": world.item_ids[world.items[order]],
    }
    sorted_world = Interactions(pd.DataFrame(table), in_time_order=True)
    pd.testing.assert_frame_equal(
        by_identifier(build(world), world),
        by_identifier(build(sorted_world), sorted_world),
    )


@every_model
def test_a_pattern_is_learnt(build):
    """Everybody goes round in a circle of ten items; the next one is recommended first."""
    starts = np.arange(40) % 10
    table = pd.DataFrame(
        [
            (user, (start + i) % 10)
            for user, start in enumerate(starts)
            for i in range(4)
        ],
        columns=["userID", "itemID"],
    )
    circle = Interactions(table, in_time_order=True)
    first = ranking.top_k(build(circle), circle, 1)[:, 0]
    assert (circle.item_ids[first] == (starts + 4) % 10).all()


# What they are given


@every_model
def test_one_interaction_each_leaves_nothing_to_learn(build):
    table = pd.DataFrame({"userID": [1, 2, 3], "itemID": [7, 8, 7]})
    single = Interactions(table, in_time_order=True)
    scores = build(single).scores([0, 1, 2])
    assert (scores[~baselines.as_rows(single).toarray().astype(bool)] == 0).all()


@every_model
@pytest.mark.parametrize(
    ("said", "words"), [(None, "nobody knows"), (False, "do not stand")]
)
def test_rows_that_are_not_in_order_of_time_are_refused(build, said, words):
    table = pd.DataFrame({"userID": [1, 1], "itemID": [7, 8]})
    with pytest.raises(DataError, match=words):
        build(Interactions(table, in_time_order=said))


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (ordered.Transitions, {"reach": 0}, "reach must be positive"),
        (ordered.Transitions, {"reach": "10"}, "reach must be positive"),
        (ordered.Transitions, {"reach": np.nan}, "reach must be positive"),
        (ordered.Transitions, {"shrinkage": -1}, "shrinkage"),
        (ordered.Transitions, {"shrinkage": np.inf}, "shrinkage"),
        (ordered.Transitions, {"weights": [1.0]}, "17 finite numbers"),
        (ordered.SLIST, {"tau": 0}, "tau must be positive"),
        (ordered.SLIST, {"horizon": -1}, "horizon must be positive"),
        (ordered.SLIST, {"horizon": True}, "horizon must be positive"),
        (ordered.SLIST, {"l2": 0}, "l2 must be positive"),
        (ordered.SLIST, {"l2": 1e-20}, "l2 must be positive"),
        (ordered.SLIST, {"l2": np.inf}, "l2 must be positive"),
        (ordered.SLIST, {"l2": "300"}, "l2 must be positive"),
        (ordered.SLIST, {"share": 1.1}, "share must lie between 0 and 1"),
        (ordered.SLIST, {"share": True}, "share must lie between 0 and 1"),
        (ordered.SLIST, {"share": np.nan}, "share must lie between 0 and 1"),
        (ordered.VSKNN, {"k": 0}, "k must be"),
        (ordered.VSKNN, {"k": 2.5}, "k must be"),
        (ordered.VSKNN, {"tau": 0}, "tau must be positive"),
        (ordered.VSKNN, {"reach": "10"}, "reach must be positive"),
    ],
)  # fmt: skip
def test_absurd_arguments(make, arguments, message, toy_world):
    with pytest.raises(ValueError, match=message):
        make(toy_world, **arguments)
