import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from recommenders.evaluation import python_evaluation

from recdl import evaluation, interactions, predictions, ranking, splits, toy, uncertainty

LIBRARY = {
    "map": python_evaluation.map,
    "map_at": python_evaluation.map_at_k,
    "ndcg_at": python_evaluation.ndcg_at_k,
    "precision_at": python_evaluation.precision_at_k,
    "recall_at": python_evaluation.recall_at_k,
}


def pairs_of(table):
    """Return the rows of a users x items table of booleans as userID 1, 2, … and itemID 101, 102, …"""
    users, items = np.nonzero(table)
    return pd.DataFrame({"userID": users + 1, "itemID": items + 101})


def make_world(train, test, scores, shuffle=0):
    """Return positives, a test table without unseen users and items, and the scores of all positions."""
    train = pairs_of(train).sample(frac=1, random_state=shuffle)
    test = splits.drop_unseen(splits.Split(train, pairs_of(test))).test
    positives = interactions.Interactions(train)
    return positives, test, scores[: positives.n_users, : positives.n_items]


@st.composite
def worlds(draw):
    """Small worlds: ties, users without test items or without unseen items, pairs in training and test."""
    shape = draw(st.tuples(st.integers(1, 5), st.integers(2, 14)))
    train, test = (
        draw(arrays(bool, shape, elements=st.sampled_from(often), fill=st.nothing()))
        for often in ([False, True, False, False], [True, False])
    )
    train[0, 0] = True
    train[-1] |= draw(st.booleans())  # all of the catalogue
    elements = draw(
        st.sampled_from(
            [st.sampled_from([-np.inf, 0.0, 1.0]), st.floats(-9, 9), st.just(0.5)]
        )
    )
    scores = draw(arrays(float, shape, elements=elements, fill=st.nothing()))
    return make_world(train, test, scores, shuffle=draw(st.integers(0, 99)))


def unseen_by(positives, user):
    seen = positives.items[positives.users == user]
    return [item for item in range(positives.n_items) if item not in seen]


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
    top = ranking.top_k(scores.__getitem__, positives, width or max(ks))
    return evaluation.evaluate(top, evaluation.Relevant(test, positives), ks)


def by_library(test, predictions, k):
    test = test.assign(rating=1.0)
    return {
        name if name == "map" else f"{name}_{k}": metric(
            test, predictions, col_prediction="prediction", k=k
        )
        for name, metric in LIBRARY.items()
    }


# Lists


@settings(deadline=None)
@given(worlds(), st.integers(1, 16), st.integers(1, 6))
def test_top_k_is_a_sort_of_each_users_unseen_items(world, k, block):
    positives, _, scores = world
    top = ranking.top_k(scores.__getitem__, positives, k, block=block)
    for user in range(positives.n_users):
        unseen = unseen_by(positives, user)
        by_hand = sorted(unseen, key=lambda item: (-scores[user, item], item))[:k]
        assert top[user].tolist() == by_hand + [-1] * (k - len(by_hand))


@pytest.mark.parametrize("levels", [1, 2, 5, 10_000])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "uint8"])
def test_top_k_of_many_items_with_ties(levels, dtype):
    rng = np.random.default_rng(levels)
    positives = interactions.Interactions(pairs_of(rng.random((40, 300)) < 0.3))
    scores = rng.integers(levels, size=(40, 300)).astype(dtype)
    top = ranking.top_k(scores.__getitem__, positives, 10, block=7)
    hidden = scores.astype(float)
    hidden[positives.users, positives.items] = -np.inf
    assert (top == np.argsort(-hidden, axis=1, kind="stable")[:, :10]).all()


def test_every_unseen_item_is_ranked_and_no_seen_one_ever_is():
    rng = np.random.default_rng(3)
    positives = interactions.Interactions(pairs_of(rng.random((30, 50)) < 0.4))
    scores = rng.choice([-np.inf, 0.0, np.inf], size=(30, 50))
    top = ranking.top_k(scores.__getitem__, positives, k=50)
    for user, row in enumerate(top):
        assert sorted(row[row >= 0]) == unseen_by(positives, user)
    assert evaluation.item_coverage(top, 50) == 1


def test_ties_are_broken_like_in_the_papers_track(half):
    class Coarse:
        def predict(self, users, items, is_list):
            return [item % 2 for item in items]

    predictions = predictions.prediction_list(Coarse(), half.train)
    positives = interactions.Interactions(half.train)
    scores = np.tile(positives.item_ids % 2, (5, 1))
    top = ranking.top_k(scores.__getitem__, positives, k=3)
    for user, row in zip(positives.user_ids, top, strict=True):
        films = predictions.recommend(predictions, user, k=3)["itemID"].tolist()
        assert positives.item_ids[row[row >= 0]].tolist() == films


def test_only_some_users_in_any_order():
    rng = np.random.default_rng(4)
    positives, test, scores = make_world(
        rng.random((30, 20)) < 0.3, rng.random((30, 20)) < 0.3, rng.random((30, 20))
    )
    relevant = evaluation.Relevant(test, positives)
    users = rng.permutation(30)[:11]
    everyone = ranking.top_k(scores.__getitem__, positives, k=5)
    some = ranking.top_k(scores.__getitem__, positives, k=5, users=users, block=4)
    assert (some == everyone[users]).all()
    table = evaluation.evaluate(some, relevant, [5], users=users)
    expected = evaluation.evaluate(everyone, relevant, [5]).loc[positives.user_ids[users]]
    pd.testing.assert_frame_equal(table, expected)


def test_scores_are_asked_for_in_blocks_and_left_as_they_are(half):
    positives, asked = interactions.Interactions(half.train), []
    kept = np.ones((5, 5))

    def score(users):
        asked.append(users.tolist())
        return kept[users[0] : users[-1] + 1]  # a view, not a copy

    ranking.top_k(score, positives, k=2, block=2)
    assert asked == [[0, 1], [2, 3], [4]]
    assert (kept == 1).all()


def test_block_is_as_many_users_as_have_half_a_million_scores():
    n_items, asked = 2**17, []
    table = pd.DataFrame({"userID": 0, "itemID": range(n_items)})
    others = pd.DataFrame({"userID": range(1, 9), "itemID": 0})
    positives = interactions.Interactions(pd.concat([table, others]))

    def score(users):
        asked.append(len(users))
        return np.zeros((len(users), n_items))

    ranking.top_k(score, positives, k=1)
    assert asked == [4, 4, 1]


def test_memory_grows_with_the_block_only():
    train = np.zeros((1000, 2000), dtype=bool)
    train[0], train[:, 0] = True, True
    positives, row = interactions.Interactions(pairs_of(train)), np.arange(2000.0)
    tracemalloc.start()
    ranking.top_k(lambda users: np.tile(row, (len(users), 1)), positives, 5, block=20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3e6  # all scores at once are 16 MB


def test_a_score_that_is_not_a_number_is_named(half):
    scores = np.zeros((5, 5))
    scores[3, 2] = np.nan
    positives = interactions.Interactions(half.train)
    with pytest.raises(ValueError, match="user 4 for item 103 is NaN"):
        ranking.top_k(scores.__getitem__, positives, k=1, block=2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"k": 0}, "k must be a whole number and at least 1; received 0"),
        ({"block": 0}, "block must be a whole number and at least 1"),
        ({"users": [0, 5]}, "from 0 to 4"),
        ({"users": [-1]}, "from 0 to 4"),
        ({"users": [2, 2]}, "at most once"),
        ({"score": lambda users: np.zeros((5, 4))}, r"\(5, 5\); received \(5, 4\)"),
    ],
)
def test_top_k_refuses(half, options, words):
    options = {"score": np.zeros((5, 5)).__getitem__, "k": 2} | options
    with pytest.raises(ValueError, match=words):
        ranking.top_k(seen=interactions.Interactions(half.train), **options)


# Hits


def test_an_empty_place_is_not_the_previous_users_last_item():
    """-1 in the second user's row has the code of the first user and item 102: 1 * 2 - 1 == 0 * 2 + 1."""
    train = pd.DataFrame({"userID": [1, 2, 2], "itemID": [101, 101, 102]})
    test = pd.DataFrame({"userID": [1], "itemID": [102]})
    relevant = evaluation.Relevant(test, interactions.Interactions(train))
    top = np.array([[1, -1], [-1, -1]])
    assert evaluation.hits(top, relevant).tolist() == [[True, False], [False, False]]


def test_relevant_counts_test_items_by_position(half):
    test, positives = splits.drop_unseen(half).test, interactions.Interactions(half.train)
    relevant = evaluation.Relevant(test, positives)
    assert relevant.n_relevant.tolist() == [2, 0, 1, 1, 3]


def test_unknown_users_and_items_are_named(half):
    positives = interactions.Interactions(half.train)
    with pytest.raises(
        ValueError,
        match=r"itemID 106 .* training\. Remove such rows with recdl\.prepare\.drop_unseen\.$",
    ):
        evaluation.Relevant(half.test, positives)
    with pytest.raises(ValueError, match="userID 9 of the test never occurs"):
        evaluation.Relevant(half.train.replace({"userID": {4: 9}}), positives)


def test_a_test_pair_counts_once(half):
    positives = interactions.Interactions(half.train)
    with pytest.raises(
        ValueError,
        match=r"^The test has a pair twice: drop_duplicates\(\['userID', 'itemID'\]\) first\.$",
    ):
        evaluation.Relevant(pd.concat([half.train, half.train.tail(1)]), positives)


def test_lists_of_some_users_do_not_pass_for_all(half):
    relevant = evaluation.Relevant(half.train, interactions.Interactions(half.train))
    with pytest.raises(ValueError, match="top has 1 rows for 5 users"):
        evaluation.evaluate(np.full((1, 10), -1), relevant)


@pytest.mark.parametrize("row", [[0, 1, 1], [-1, 2, 2], [0, 5, -1], [-2, 0, 1]])
def test_list_holds_positions_of_items_each_once(half, row):
    relevant = evaluation.Relevant(half.train, interactions.Interactions(half.train))
    with pytest.raises(ValueError, match="from 0 to 4 and none twice"):
        evaluation.hits([row] * 5, relevant)


# Metrics


@pytest.fixture
def toy_table(half):
    """Return what the metrics say about the toy world's lists of two."""
    positives = interactions.Interactions(half.train)
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
    expected = predictions.evaluate(test, toy.PREDICTIONS, k=2)
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
    table = judge(positives, test, scores, [k], width=width)
    has_list = np.bincount(positives.users) < positives.n_items
    theirs = by_library(test, predictions_of(positives, scores), k)
    for name, value in theirs.items():
        ours = table[name] if "ndcg" in name else table.loc[has_list, name]
        expected = np.nan_to_num(ours.mean())  # nobody to judge: NaN here, 0 there
        assert expected == pytest.approx(value, abs=1e-12), name
    assert (table[name].notna() == np.isin(table.index, test["userID"])).all()


@settings(deadline=None, max_examples=120)
@given(worlds(), st.integers(1, 12), st.integers(0, 3))
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
    assert judge(positives, test.head(0), scores, [1]).isna().all(axis=None)


def test_library_counts_a_user_without_predictions_in_ndcg_only(two_users):
    positives, test, scores = two_users
    theirs = by_library(test, predictions_of(positives, scores), 1)
    assert theirs.pop("ndcg_at_1") == 1 / 2
    assert set(theirs.values()) == {1}
    assert set(judge(positives, test, scores, [1]).mean()) == {1 / 2}
    users = np.flatnonzero(positives.user_ids == 2)
    top = ranking.top_k(scores.__getitem__, positives, 1, users=users)
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
    relevant = evaluation.Relevant(half.train, interactions.Interactions(half.train))
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
    positives = interactions.Interactions(pairs_of(train))
    scores = -positives.item_ids[
        None, :
    ]  # every list: items in the order of their identifiers
    relevant, users = evaluation.Relevant(pairs_of(test), positives), np.arange(5)
    top = ranking.top_k(
        lambda users: np.repeat(scores, len(users), 0), positives, n, users=users
    )
    mean = evaluation.evaluate(top, relevant, [10, n], users=users).mean()
    assert mean[["map", f"ndcg_at_{n}", "recall_at_10"]].tolist() == pytest.approx(
        published, abs=5e-4
    )
    assert mean["map"] == pytest.approx((1 / ranks).mean(), abs=1e-12)
    assert mean[f"mrr_at_{n}"] == pytest.approx((1 / ranks).mean(), abs=1e-12)
    assert mean[f"ndcg_at_{n}"] == pytest.approx((1 / np.log2(1 + ranks)).mean())


def test_coverage_counts_items_not_places():
    assert evaluation.item_coverage(np.array([[0, 2], [2, -1]]), n_items=5) == 2 / 5


# Intervals


def test_interval_contains_the_true_mean_as_often_as_it_says():
    rng = np.random.default_rng(11)
    for level in (0.95, 0.5):
        intervals = [
            uncertainty.bootstrap_interval(
                rng.exponential(size=80), rng=rng, n_resamples=400, level=level
            )
            for _ in range(400)
        ]
        share = np.mean([low < 1 < high for _, low, high in intervals])
        assert share == pytest.approx(level, abs=0.05)


def test_interval_of_seed_42_has_2000_resamples_and_level_95_if_left_out():
    values = np.sqrt(np.arange(50))
    by_default = uncertainty.bootstrap_interval(values, rng=np.random.default_rng(42))
    spelt_out = uncertainty.bootstrap_interval(
        values, rng=np.random.default_rng(42), n_resamples=2000, level=0.95
    )
    assert by_default == spelt_out
    quoted = (4.6392946558331065, 4.14604054718322, 5.111733280120035)
    assert by_default == pytest.approx(quoted, abs=1e-12)


def test_interval_draws_as_many_resamples_as_it_is_told_to():
    values, n = np.arange(200_000.0), 200_000  # five resamples at once
    _, low, high = uncertainty.bootstrap_interval(
        values, rng=np.random.default_rng(0), n_resamples=7, level=0.5
    )
    rng = np.random.default_rng(0)
    means = sorted(values[rng.integers(n, size=n)].mean() for _ in range(7))
    assert [low, high] == pytest.approx(
        [(means[1] + means[2]) / 2, (means[4] + means[5]) / 2]
    )


def test_interval_of_many_users_is_the_textbooks():
    values = np.random.default_rng(1).normal(size=2000)
    mean, low, high = uncertainty.bootstrap_interval(values, rng=np.random.default_rng(2))
    error = values.std() / np.sqrt(2000)
    assert mean == values.mean()
    assert [low, high] == pytest.approx(
        [mean - 1.96 * error, mean + 1.96 * error], abs=0.15 * error
    )


def test_interval_leaves_nan_out_and_follows_the_seed():
    values = np.array([0.1, 0.5, 0.2, 0.9, 0.4])

    def interval(values, seed):
        return uncertainty.bootstrap_interval(
            values, rng=np.random.default_rng(seed), n_resamples=50
        )

    with_nan = np.insert(values, [0, 3], np.nan)
    assert interval(with_nan, 1) == interval(values, 1)
    assert interval(values, 1) != interval(values, 2)


def test_paired_interval_is_narrower_and_ignores_users_without_both():
    rng = np.random.default_rng(5)
    luck = rng.random(300)
    a, b = luck + 0.02 + rng.normal(0, 0.02, 300), luck + rng.normal(0, 0.02, 300)
    a[0], b[1] = np.nan, np.nan
    paired = uncertainty.paired_difference(a, b, rng=np.random.default_rng(0))
    assert paired.mean == pytest.approx((a - b)[2:].mean())
    assert 0 < paired.low < paired.mean < paired.high
    alone = [
        uncertainty.bootstrap_interval(x, rng=np.random.default_rng(0)) for x in (a, b)
    ]
    assert alone[0].low < alone[1].high  # the two intervals overlap all the same
    assert paired.high - paired.low < min(x.high - x.low for x in alone) / 3


def test_paired_columns_are_matched_by_user():
    a = pd.Series([1.0, 2.0, 5.0], index=[1, 2, 3])
    options = {"n_resamples": 10}
    paired = uncertainty.paired_difference(
        a, a.iloc[::-1] - 1, rng=np.random.default_rng(0), **options
    )
    assert paired == (1, 1, 1)


def test_one_side_may_be_a_column_and_the_other_a_list():
    a, b = [1.0, 2.0, 5.0], [0.0, 1.0, 3.0]
    expected = uncertainty.paired_difference(a, b, rng=np.random.default_rng(0))
    for sides in ((pd.Series(a, index=[1, 1, 2]), b), (a, pd.Series(b))):
        assert (
            uncertainty.paired_difference(*sides, rng=np.random.default_rng(0)) == expected
        )


def test_memory_of_the_bootstrap_does_not_grow_with_the_resamples():
    tracemalloc.start()
    uncertainty.bootstrap_interval(
        np.arange(20_000.0), rng=np.random.default_rng(0), n_resamples=400
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30e6  # all positions at once are 64 MB


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"values": [0.5, np.nan]}, "at least two"),
        (
            {"values": np.ones((3, 2))},
            r"^values must .*, NaN where there is none; received float64 .* shape \(3, 2\)",
        ),
        ({"level": 1}, "level must be .* between 0 and 1, such as 0.75; received 1"),
        ({"level": 95}, "received 95"),
        ({"n_resamples": 0}, "n_resamples must be .* at least 1; received 0"),
    ],
)
def test_bootstrap_refuses(options, words):
    options = {"values": [0.0, 1.0], "rng": np.random.default_rng(0)} | options
    with pytest.raises(ValueError, match=words):
        uncertainty.bootstrap_interval(**options)


def test_paired_difference_refuses_other_users():
    with pytest.raises(ValueError, match=r"received \(2,\) and \(1,\)"):
        uncertainty.paired_difference([1.0, 2.0], [1.0], rng=np.random.default_rng(0))


def test_paired_difference_refuses_a_user_with_two_values():
    a = pd.Series([0.1, 0.2, 0.3], index=[1, 1, 2])
    b = pd.Series([0.1, 0.2, 0.3], index=[1, 2, 3])
    with pytest.raises(ValueError, match=r"^a and b cannot be matched, as a user"):
        uncertainty.paired_difference(a, b, rng=np.random.default_rng(0))
