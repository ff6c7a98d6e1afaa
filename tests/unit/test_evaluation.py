"""From lists to metrics: by hand, by the library, by a published example, and for any input."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_input import (
    any_tables,
    attempt,
    good_tables,
    is_refused,
    pairs_of,
    some_users,
    works,
    worlds,
    wrong_numbers,
)
from recdl import evaluation, prediction_table, ranking, splits, toy
from recdl.columns import DataError
from recdl.interactions import Interactions
from recdl.ranking import ScoreTable
from small_tables import make_world, pairs_in, small_worlds, unseen_by

LIBRARY = {
    "map": "map",
    "map_at": "map_at_k",
    "ndcg_at": "ndcg_at_k",
    "precision_at": "precision_at_k",
    "recall_at": "recall_at_k",
}


def predictions_of(positives, scores):
    """Write the scores of the unseen pairs as `predictions.prediction_list` does."""
    rows = [
        (positives.user_ids[user], positives.item_ids[item], scores[user, item])
        for user in range(positives.n_users)
        for item in unseen_by(positives, user)
    ]
    table = pd.DataFrame(rows, columns=["userID", "itemID", "prediction"])
    return table.astype({"userID": int, "itemID": int, "prediction": float})


def judge(positives, test, scores, ks, width=None):
    top = ranking.top_k(ScoreTable(scores), positives, width or max(ks))
    return evaluation.evaluate(top, evaluation.Relevant(test, positives), ks)


def by_library(test, predictions, k):
    from recommenders.evaluation import python_evaluation

    test, found = test.assign(rating=1.0), {}
    for name, own in LIBRARY.items():
        metric = getattr(python_evaluation, own)
        value = metric(test, predictions, col_prediction="prediction", k=k)
        found[name if name == "map" else f"{name}_{k}"] = value
    return found


# Hits


def test_an_empty_place_is_not_the_previous_users_last_item():
    """-1 in the second user's row has the code of the first user and item 102: 1 * 2 - 1 == 0 * 2 + 1."""
    train = pd.DataFrame({"userID": [1, 2, 2], "itemID": [101, 101, 102]})
    test = pd.DataFrame({"userID": [1], "itemID": [102]})
    relevant = evaluation.Relevant(test, Interactions(train))
    top = np.array([[1, -1], [-1, -1]])
    assert evaluation.hits(top, relevant).tolist() == [[True, False], [False, False]]


def test_relevant_counts_test_items_by_position(half):
    test, positives = splits.drop_unseen(half).test, Interactions(half.train)
    relevant = evaluation.Relevant(test, positives)
    assert relevant.n_relevant.tolist() == [2, 0, 1, 1, 3]


def test_unknown_users_and_items_are_named(half):
    positives = Interactions(half.train)
    with pytest.raises(
        ValueError,
        match=r"itemID 106 .* training\. Remove such rows with recdl\.splits\.drop_unseen\.$",
    ):
        evaluation.Relevant(half.test, positives)
    with pytest.raises(ValueError, match="userID 9 of the test never occurs"):
        evaluation.Relevant(half.train.replace({"userID": {4: 9}}), positives)


def test_a_test_pair_counts_once(half):
    positives = Interactions(half.train)
    words = r"^Column itemID, row 9 .* has this user in a row before\. Keep one row: "
    with pytest.raises(DataError, match=words):
        evaluation.Relevant(pd.concat([half.train, half.train.tail(1)]), positives)


def test_lists_of_some_users_do_not_pass_for_all(half):
    relevant = evaluation.Relevant(half.train, Interactions(half.train))
    with pytest.raises(ValueError, match="top has 1 rows for 5 users"):
        evaluation.evaluate(np.full((1, 10), -1), relevant)


@pytest.mark.parametrize("row", [[0, 1, 1], [-1, 2, 2], [0, 5, -1], [-2, 0, 1]])
def test_list_holds_positions_of_items_each_once(half, row):
    relevant = evaluation.Relevant(half.train, Interactions(half.train))
    with pytest.raises(ValueError, match="from 0 to 4 and none twice"):
        evaluation.hits([row] * 5, relevant)


# Metrics


@pytest.fixture
def toy_table(half):
    """Return what the metrics say about the toy world's lists of two."""
    positives = Interactions(half.train)
    test, scores = splits.drop_unseen(half).test, np.zeros((5, 5))
    predictions = toy.PREDICTIONS.pivot(
        index="userID", columns="itemID", values="prediction"
    )
    scores = predictions.loc[positives.user_ids, positives.item_ids].fillna(0)
    return judge(positives, test, scores.to_numpy(), [2])


def test_toy_world_by_hand(toy_table):
    """Ana hits first of two, Chloe second of one, Dan nothing, Eva both of three; Ben cannot be judged."""
    first, second = 1.0, 1 / np.log2(3)
    by_hand = {
        "map": [1 / 2, np.nan, 1 / 2, 0, 2 / 3],
        "map_at_2": [1 / 2, np.nan, 1 / 2, 0, 1],
        "ndcg_at_2": [first / (first + second), np.nan, second, 0, 1],
        "precision_at_2": [1 / 2, np.nan, 1 / 2, 0, 1],
        "recall_at_2": [1 / 2, np.nan, 1, 0, 2 / 3],
        "hr_at_2": [1, np.nan, 1, 0, 1],
        "mrr_at_2": [1, np.nan, 1 / 2, 0, 1],
    }
    expected = pd.DataFrame(by_hand, index=pd.Index([1, 2, 3, 4, 5], name="userID"))
    pd.testing.assert_frame_equal(toy_table.sort_index(), expected, rtol=1e-12)


def test_toy_world_as_in_the_papers_track(half, toy_table):
    test = splits.drop_unseen(half).test
    expected = prediction_table.evaluate(test, toy.PREDICTIONS, k=2)
    assert toy_table.mean()[list(expected)].to_dict() == pytest.approx(
        expected, abs=1e-12
    )


EXAMPLE = np.array([[True, False, True], [False, True, True], [False, False, False]])


@pytest.mark.parametrize(
    ("metric", "by_hand"),
    [
        (evaluation.precision, [2 / 3, 2 / 3, 0]),
        (evaluation.recall, [2 / 4, 2 / 2, 0]),
        (evaluation.average_precision, [(1 + 2 / 3) / 4, (1 / 2 + 2 / 3) / 2, 0]),
        (evaluation.METRICS["map"], [(1 + 2 / 3) / 3, (1 / 2 + 2 / 3) / 2, 0]),
        (
            evaluation.ndcg,
            [
                (1 + 1 / 2) / (1 + 1 / np.log2(3) + 1 / 2),
                (1 / np.log2(3) + 1 / 2) / (1 + 1 / np.log2(3)),
                0,
            ],
        ),
        (evaluation.hit_rate, [1, 1, 0]),
        (evaluation.reciprocal_rank, [1, 1 / 2, 0]),
    ],
)
def test_metrics_of_three_places(metric, by_hand):
    assert metric(EXAMPLE, np.array([4, 2, 1])) == pytest.approx(by_hand, abs=1e-15)
    assert np.isnan(metric(EXAMPLE[2:], np.array([0]))).all()


def assert_means_are_the_librarys(positives, test, scores, k, width):
    """Compare the means, with the first two exceptions that the module names spelt out."""
    if test.empty:
        with pytest.raises(DataError, match="there is nothing to judge"):
            judge(positives, test, scores, [k], width=width)
        return
    table = judge(positives, test, scores, [k], width=width)
    has_list = np.bincount(positives.users) < positives.n_items
    theirs = by_library(test, predictions_of(positives, scores), k)
    for name, value in theirs.items():
        ours = table[name] if "ndcg" in name else table.loc[has_list, name]
        expected = np.nan_to_num(ours.mean())  # nobody with a list: NaN here, 0 there
        assert expected == pytest.approx(value, abs=1e-12), name
    assert (table[name].notna() == np.isin(table.index, test["userID"])).all()


@given(small_worlds(), st.integers(1, 12), st.integers(0, 3))
def test_means_are_those_of_the_library(world, k, wider):
    assert_means_are_the_librarys(*world, k, width=k + wider)


@pytest.mark.parametrize("k", range(1, 13))
def test_means_are_those_of_the_library_in_a_larger_world(k):
    rng = np.random.default_rng(k)
    train = rng.random((40, 30)) < rng.random((40, 1))  # from nothing to nearly all
    test = ~train & (rng.random((40, 30)) < 0.2)
    test[::7] = False
    world = make_world(train, test, rng.integers(9, size=(40, 30)) / 9)
    assert_means_are_the_librarys(*world, k, width=12)


@pytest.fixture
def two_users():
    """Return a world where user 1 has seen both items and user 2's one recommendation is a hit."""
    return make_world(
        np.array([[1, 1], [1, 0]]), np.array([[1, 0], [0, 1]]), np.ones((2, 2))
    )


def test_library_says_0_where_nobody_can_be_judged(two_users):
    positives, test, scores = two_users
    theirs = by_library(test.head(0), predictions_of(positives, scores), 1)
    assert set(theirs.values()) == {0}
    words = r"None of the 2 users has a test item.* Split with another ratio"
    with pytest.raises(DataError, match=words):
        judge(positives, test.head(0), scores, [1])


def test_users_of_whom_nobody_has_a_test_item_are_refused(half):
    positives = Interactions(half.train)
    relevant = evaluation.Relevant(splits.drop_unseen(half).test, positives)
    ana, ben = (positives.user_position(user) for user in (1, 2))
    top = np.array([[0], [0]])
    table = evaluation.evaluate(top, relevant, (1,), users=[ana, ben])
    assert table["hr_at_1"].isna().tolist() == [False, True]
    for users in ([ben], []):
        with pytest.raises(
            DataError, match=f"None of the {len(users)} users has a test"
        ):
            evaluation.evaluate(top[: len(users)], relevant, (1,), users=users)


def test_library_counts_a_user_without_predictions_in_ndcg_only(two_users):
    positives, test, scores = two_users
    theirs = by_library(test, predictions_of(positives, scores), 1)
    assert theirs.pop("ndcg_at_1") == 1 / 2
    assert set(theirs.values()) == {1}
    assert set(judge(positives, test, scores, [1]).mean()) == {1 / 2}
    users = np.flatnonzero(positives.user_ids == 2)
    top = ranking.top_k(ScoreTable(scores), positives, 1, users=users)
    relevant = evaluation.Relevant(test, positives)
    assert set(evaluation.evaluate(top, relevant, [1], users=users).mean()) == {1}


def test_library_counts_a_test_pair_twice_and_ranks_nan_last(half):
    test = splits.drop_unseen(half).test
    twice = pd.concat([test, test[test["userID"] == 5]])
    once = by_library(test, toy.PREDICTIONS, 3)
    assert (
        by_library(twice, toy.PREDICTIONS, 3)["precision_at_3"] > once["precision_at_3"]
    )
    scores = toy.PREDICTIONS["prediction"]
    nan = toy.PREDICTIONS.assign(prediction=scores.where(scores > 0.1))  # Chloe's last
    assert by_library(test, nan, 3) == once


def test_every_k_has_its_columns_and_map_is_that_of_the_longest():
    rng = np.random.default_rng(6)
    world = make_world(
        rng.random((20, 30)) < 0.3, rng.random((20, 30)) < 0.3, rng.random((20, 30))
    )
    table = judge(*world, [5, 2], width=9)
    for k in (2, 5):
        alone = judge(*world, [k])
        assert table[alone.columns[1:]].equals(alone[alone.columns[1:]])
    assert table["map"].equals(alone["map"])


@pytest.mark.parametrize("ks", [[], [0], [3], [1, 3], [0, 1]])
def test_only_lengths_within_the_list_can_be_judged(half, ks):
    relevant = evaluation.Relevant(half.train, Interactions(half.train))
    with pytest.raises(ValueError, match="between 1 and 2"):
        evaluation.evaluate(np.full((5, 2), -1), relevant, ks)


@pytest.mark.parametrize(
    ("ranks", "published"),
    [
        ([100, 100, 100, 100, 100], (0.010, 0.150, 0.0)),
        ([40, 40, 8437, 9266, 4482], (0.010, 0.122, 0.0)),
        ([212, 2, 743, 5342, 1548], (0.101, 0.208, 0.2)),
    ],
)
def test_toy_ranks_of_krichene_and_rendle(ranks, published):
    """Five users, 10,000 items that they have not seen, one of them relevant (KDD 2020, table 1)."""
    n, ranks = 10_000, np.array(ranks)
    train, test = np.zeros((6, n + 1), bool), np.zeros((6, n + 1), bool)
    train[:, n] = train[5] = True  # item n is known to all; a sixth user knows all
    test[np.arange(5), ranks - 1] = True
    positives = Interactions(pairs_in(train))
    scores = -positives.item_ids[
        None, :
    ]  # every list: items in the order of their identifiers
    relevant, users = evaluation.Relevant(pairs_in(test), positives), np.arange(5)
    model = ScoreTable(np.broadcast_to(scores, (6, n + 1)))
    top = ranking.top_k(model, positives, n, users=users)
    mean = evaluation.evaluate(top, relevant, [10, n], users=users).mean()
    assert mean[["map", f"ndcg_at_{n}", "recall_at_10"]].tolist() == pytest.approx(
        published, abs=5e-4
    )
    assert mean["map"] == pytest.approx((1 / ranks).mean(), abs=1e-12)
    assert mean[f"mrr_at_{n}"] == pytest.approx((1 / ranks).mean(), abs=1e-12)
    assert mean[f"ndcg_at_{n}"] == pytest.approx((1 / np.log2(1 + ranks)).mean())


def test_coverage_counts_items_not_places():
    assert evaluation.item_coverage(np.array([[0, 2], [2, -1]]), n_items=5) == 2 / 5


def test_coverage_of_a_catalogue_of_nothing_is_refused():
    with pytest.raises(ValueError, match=r"n_items must be .* at least 1"):
        evaluation.item_coverage(np.array([[-1]]), n_items=0)


def test_mean_ndcg_is_the_mean_of_the_column(half):
    positives = Interactions(half.train)
    relevant = evaluation.Relevant(splits.drop_unseen(half).test, positives)
    model = ScoreTable(np.random.default_rng(3).random((5, 5)))
    for k in (1, 3, 10):
        top = ranking.top_k(model, positives, k)
        expected = evaluation.evaluate(top, relevant, (k,))[f"ndcg_at_{k}"].mean()
        found = evaluation.mean_ndcg(positives, relevant, k)(model)
        assert isinstance(found, float)
        assert found == expected
    assert evaluation.mean_ndcg(positives, relevant)(model) == expected  # 10


def test_a_validation_that_could_judge_nobody_is_refused_before_it_is_asked(half):
    positives = Interactions(half.train)
    relevant = evaluation.Relevant(splits.drop_unseen(half).test, positives)
    with pytest.raises(ValueError, match=r"k must be .* at least 1; received 0"):
        evaluation.mean_ndcg(positives, relevant, 0)
    with pytest.raises(DataError, match="there is nothing to judge"):
        evaluation.mean_ndcg(
            positives, evaluation.Relevant(half.test.head(0), positives)
        )
    with pytest.raises(ValueError, match="relevant has other positions than positives"):
        evaluation.mean_ndcg(Interactions(half.train.iloc[::-1]), relevant)


# Any table and any list


@given(good_tables(), any_tables())
def test_test_items_are_those_of_the_table(train, test):
    known, pairs = Interactions(train), pairs_of(test)
    relevant = attempt(evaluation.Relevant, test, known)
    users, items = known.user_ids.tolist(), known.item_ids.tolist()
    unknown = pairs and any(u not in users or i not in items for u, i in pairs)
    if pairs is None or unknown:
        assert relevant is None
    elif not test.empty:
        codes = [users.index(u) * len(items) + items.index(i) for u, i in pairs]
        assert relevant.codes.tolist() == codes
        counts = [sum(u == user for u, _ in pairs) for user in users]
        assert relevant.n_relevant.tolist() == counts


def metrics_by_hand(row, relevant, ks):
    """Return the metrics of one list, a step for each place; `relevant` is a set of items."""
    n, metrics = len(relevant), {}
    for k in [*ks, max(ks)]:
        hit = [item in relevant for item in row[:k]]
        ranks = [rank for rank, is_hit in enumerate(hit, start=1) if is_hit]
        precisions = [sum(hit[:rank]) / rank for rank in ranks]
        gains = [1 / math.log2(1 + rank) for rank in range(1, k + 1)]
        values = {
            "map": n and sum(precisions) / min(n, k),
            "ndcg": n and sum(gains[rank - 1] for rank in ranks) / sum(gains[:n]),
            "precision": len(ranks) / k,
            "recall": n and len(ranks) / n,
            "hr": float(len(ranks) > 0),
            "mrr": 1 / ranks[0] if ranks else 0.0,
        }
        metrics |= {f"{name}_at_{k}": value for name, value in values.items()}
    metrics["map"] = n and sum(precisions) / n
    return {name: value if n else math.nan for name, value in metrics.items()}


def some_lengths(width):
    lengths = st.lists(st.integers(1, width), min_size=1, max_size=3)
    return st.one_of(
        lengths, lengths.map(tuple), lengths.map(np.array), st.just(range(1, width + 1))
    )


@given(worlds(), st.integers(1, 8), st.data())
def test_metrics_are_those_counted_by_hand(world, width, data):
    positives, relevant, pairs, scores = world
    users, numbers = data.draw(some_users(positives.n_users))
    ks = data.draw(some_lengths(width))
    top = ranking.top_k(ScoreTable(scores), positives, width, users=users)
    if len(top):
        top = data.draw(st.sampled_from([top, top.tolist(), top.astype("int8")]))
    table = attempt(evaluation.evaluate, top, relevant, ks, users=users)
    if not any(user in numbers for user, _ in pairs):
        assert table is None
        return
    hit = works(evaluation.hits, top, relevant, users=users)
    assert table.index.tolist() == positives.user_ids[numbers].tolist()
    assert table.index.name == "userID"
    assert hit.shape == (len(numbers), width)
    for row, user in enumerate(numbers):
        items = {item for u, item in pairs if u == user}
        assert hit[row].tolist() == [item in items for item in top[row]]
        expected = metrics_by_hand(list(top[row]), items, ks)
        found = table.iloc[row].to_dict()
        assert set(found) == set(expected)
        assert found == pytest.approx(expected, abs=1e-12, nan_ok=True)
        assert all(
            math.isnan(value) or -1e-12 <= value <= 1 + 1e-12
            for value in found.values()
        )


@given(worlds(), st.integers(1, 8))
def test_list_that_begins_with_all_test_items_is_perfect(world, k):
    positives, relevant, pairs, _ = world
    top = np.full((positives.n_users, k), -1)
    for user in range(positives.n_users):
        items = sorted(item for u, item in pairs if u == user)[:k]
        top[user, : len(items)] = items
    if not pairs:
        assert is_refused(evaluation.evaluate, top, relevant, (k,))
        return
    table = evaluation.evaluate(top, relevant, (k,))[relevant.n_relevant > 0]
    perfect = ["map", "ndcg", "hr", "mrr"]
    if relevant.n_relevant.max() <= k:
        perfect.append("recall")
    perfect = table[[f"{name}_at_{k}" for name in perfect]].to_numpy()
    assert perfect == pytest.approx(np.ones_like(perfect), abs=1e-12)


@given(worlds(), st.data())
def test_only_lists_of_positions_can_be_judged(world, data):
    positives, relevant, _, scores = world
    top = ranking.top_k(ScoreTable(scores), positives, 2)
    n_items = positives.n_items
    wrong = [
        top[0], top[:, :, None], top[0, 0], None, "top", top > 0, top - 10, top + n_items + 1,
        np.zeros_like(top), np.full_like(top, -2), top * [1, 0] + [0, n_items],
        top.astype(float), top.astype(str), top.astype(object),
    ]  # fmt: skip
    wrong = data.draw(st.sampled_from(wrong))
    assert is_refused(evaluation.hits, wrong, relevant)
    assert is_refused(evaluation.evaluate, wrong, relevant, (1,))
    assert is_refused(evaluation.item_coverage, wrong, n_items)
    too_many = np.concatenate([top, top])
    assert is_refused(evaluation.hits, too_many, relevant)
    assert is_refused(evaluation.evaluate, too_many, relevant, (1,))


@given(worlds(), st.integers(1, 5), st.data())
def test_no_other_lengths_can_be_judged(world, width, data):
    positives, relevant, _, scores = world
    top = ranking.top_k(ScoreTable(scores), positives, width)
    wrong = [
        [], (), [0], [width + 1], [1, width + 1], [-1], [1.0], ["1"], [None], [[1]], [10**30],
    ]  # fmt: skip
    ks = data.draw(st.sampled_from([*wrong, {1}, 1, 1.5, None, "1", math.nan]))
    assert is_refused(evaluation.evaluate, top, relevant, ks)


@given(worlds(), st.integers(1, 8), wrong_numbers | st.just(0))
def test_coverage_is_the_share_of_items_on_a_list(world, k, wrong):
    positives, _, _, scores = world
    top = ranking.top_k(ScoreTable(scores), positives, k)
    listed = {item for row in top.tolist() for item in row if item >= 0}
    covered = works(evaluation.item_coverage, top, positives.n_items)
    assert covered == len(listed) / positives.n_items
    assert is_refused(evaluation.item_coverage, top, wrong)
