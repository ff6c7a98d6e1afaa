"""Leave-one-out and sampled metrics: against loops, against all draws, against published numbers."""

import itertools
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from any_input import (
    any_splits,
    attempt,
    huge,
    is_refused,
    pairs_of,
    whole,
    wrong_numbers,
)
from recdl import interactions, sampled, splits, toy
from recdl.columns import DataError

RANKS = {
    "A": [100, 100, 100, 100, 100],
    "B": [40, 40, 8437, 9266, 4482],
    "C": [212, 2, 743, 5342, 1548],
}
METRICS = {
    "ap": lambda ranks: 1 / np.asarray(ranks),
    "ndcg": lambda ranks: 1 / np.log2(1 + np.asarray(ranks)),
    "hr": sampled.hit_at,
}
# Krichene and Rendle (2020): 10,000 items; and the expected values among 99 of them, in closed form.
EXACT = {"ap": (0.010, 0.010, 0.101), "ndcg": (0.150, 0.122, 0.208), "hr": (0, 0, 0.2)}
SAMPLED = {
    "ap": (0.637, 0.341, 0.326),
    "ndcg": (0.729, 0.447, 0.460),
    "hr": (1.0, 0.4, 0.569),
}


def test_leave_one_out_takes_the_last_rating_of_each_user():
    split = splits.leave_one_out_split(toy.RATINGS)
    last = {(1, 104), (3, 104), (4, 105), (5, 102)}  # Ben's, 106, nobody else has
    assert set(zip(split.test["userID"], split.test["itemID"], strict=True)) == last
    assert len(split.train) == len(toy.RATINGS) - 5


def test_a_user_with_one_rating_keeps_it():
    alone = pd.DataFrame(
        [(9, 101, 3.0, 999)], columns=["userID", "itemID", "rating", "timestamp"]
    )
    split = splits.leave_one_out_split(pd.concat([toy.RATINGS, alone]))
    assert 9 in set(split.train["userID"])
    assert 9 not in set(split.test["userID"])


def test_of_one_second_the_last_row_is_the_last_rating():
    table = toy.RATINGS.assign(timestamp=7)
    split = splits.leave_one_out_split(table)
    last = table.groupby("userID")["itemID"].last()
    assert (split.test.set_index("userID")["itemID"] == last.drop(2)).all()


# The protocol of He et al.


def test_leave_one_out_has_the_last_test_film_once_for_each_user(half):
    split = splits.drop_unseen(half)
    table = sampled.leave_one_out_test(
        split, n_negatives=2, rng=np.random.default_rng(0)
    )
    positives = table[table["rating"] == 1]
    assert dict(zip(positives["userID"], positives["itemID"], strict=True)) == {
        1: 104,
        3: 104,
        4: 105,
        5: 102,
    }
    assert positives["test_batch"].tolist() == [0, 1, 2, 3]


def test_leave_one_out_draws_only_films_that_the_user_never_rated(half):
    split = splits.drop_unseen(half)
    table = sampled.leave_one_out_test(
        split, n_negatives=100, rng=np.random.default_rng(0)
    )
    negatives = (
        table[table["rating"] == 0].groupby("userID")["itemID"].agg(sorted).to_dict()
    )
    assert negatives == {
        1: [105],
        3: [101, 102, 103],
        4: [101, 103],
    }  # all that is left; Eva has nothing


def test_leave_one_out_needs_both_parts(half):
    split = splits.Split(half.train, half.test.head(0))
    with pytest.raises(
        ValueError, match=r"^There are 9 .* Split with another ratio\.$"
    ):
        sampled.leave_one_out_test(split, rng=np.random.default_rng(0))


def test_leave_one_out_refuses_parts_that_share_a_pair(half):
    split = splits.Split(half.train, pd.concat([half.test, half.train.head(1)]))
    with pytest.raises(DataError, match="has this user in a row before"):
        sampled.leave_one_out_test(split, rng=np.random.default_rng(0))


def test_leave_one_out_of_seed_42_has_the_negatives_that_the_chapters_quote(half):
    """A change of the method would change numbers in the prose, even if it draws as well as before."""
    split = splits.drop_unseen(half)
    table = sampled.leave_one_out_test(split, 2, rng=np.random.default_rng(42))
    assert table["itemID"].tolist() == [104, 105, 104, 101, 103, 105, 103, 101, 102]
    assert table.index.tolist() == list(range(9))


def test_leave_one_out_has_the_papers_100_negatives_if_left_out():
    table = pd.DataFrame({"userID": [1, 2] * 150, "itemID": range(300)})
    split = splits.Split(table.iloc[1:], table.head(1))
    ranked = sampled.leave_one_out_test(split, rng=np.random.default_rng(0))
    assert len(ranked) == 1 + 100


# Exact ranks


class Rounded:
    """Scores with many ties, some of them -inf; it records how many users it is asked for at once."""

    def __init__(self, n_users, n_items, levels=(-np.inf, 0, 1, 2, 3)):
        rng = np.random.default_rng(5)
        self.table, self.asked = rng.choice(levels, size=(n_users, n_items)), []

    def scores(self, users):
        self.asked.append(len(users))
        return self.table[users]


def ranks_by_loop(model, positives, test):
    found = []
    for row in test.itertuples():
        user = positives.user_position(row.userID)
        own = positives.item_ids.tolist().index(row.itemID)
        seen = set(positives.items[positives.users == user].tolist())
        candidates = set(range(positives.n_items)) - seen
        order = sorted(candidates, key=lambda i: (-model.table[user, i], i))
        found.append((order.index(own) + 1, len(candidates)))
    return found


def leave_one_out_of_many():
    """Return positives of 60 users and 40 items, and a test of one more for most users, in any order."""
    rng = np.random.default_rng(1)
    likes = rng.random((60, 40)) < 0.3
    likes[np.arange(40), np.arange(40)] = True
    train = pd.DataFrame(np.argwhere(likes), columns=["userID", "itemID"])
    unseen = pd.DataFrame(np.argwhere(~likes), columns=["userID", "itemID"])
    test = unseen.sample(frac=1, random_state=2).drop_duplicates("userID").head(50)
    return interactions.Interactions(train.sample(frac=1, random_state=3)), test


def test_exact_ranks_against_a_loop():
    split = splits.leave_one_out_split(toy.RATINGS)
    of_many, of_toys = leave_one_out_of_many(), interactions.Interactions(split.train)
    for positives, test in (of_many, (of_toys, split.test)):
        model = Rounded(positives.n_users, positives.n_items)
        found = zip(*sampled.exact_ranks(model, positives, test), strict=True)
        assert list(found) == ranks_by_loop(model, positives, test)


@pytest.mark.parametrize("block", [1, 7, 49, 50, 51, np.uint8(13)])
def test_blocks_do_not_change_a_rank(block):
    positives, test = leave_one_out_of_many()
    model = Rounded(positives.n_users, positives.n_items)
    whole = sampled.exact_ranks(model, positives, test)
    model.asked.clear()
    in_blocks = sampled.exact_ranks(model, positives, test, block=block)
    np.testing.assert_array_equal(in_blocks, whole)
    assert max(model.asked) == min(block, 50)
    assert sum(model.asked) == len(test) == 50


def test_exact_ranks_never_hold_all_users_times_items():
    n_users, n_items = 3000, 5000
    items = np.arange(2 * n_users) * 7 % n_items
    users = np.arange(2 * n_users) % n_users
    table = pd.DataFrame({"userID": users, "itemID": items})
    positives = interactions.Interactions(table)
    test = pd.DataFrame({"userID": range(n_users), "itemID": items[:n_users] - 1})
    test = test[test["itemID"].isin(positives.item_ids)]
    asked = []

    class Recording:
        def scores(self, users):
            asked.append(len(users))
            return np.zeros((len(users), positives.n_items), "float32")

    tracemalloc.start()
    ranks, n_candidates = sampled.exact_ranks(Recording(), positives, test)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert max(asked) * n_items <= 2**19
    assert sum(asked) == len(test) == len(ranks)
    assert set(n_candidates) == {n_items - 2}
    assert (
        peak < 8e6
    )  # which items are seen: one byte each for all users would be 15 MB


def test_an_empty_test_has_no_exact_ranks():
    """Their mean would be NaN."""
    positives, test = leave_one_out_of_many()
    with pytest.raises(DataError, match="The test is empty"):
        sampled.exact_ranks(None, positives, test.head(0))


def test_exact_ranks_want_one_row_for_each_user():
    split = splits.drop_unseen(splits.chronological_split(toy.RATINGS, 0.5))
    seen = interactions.Interactions(split.train)
    with pytest.raises(DataError, match="one test row for each user; user 5 has more"):
        sampled.exact_ranks(Rounded(seen.n_users, seen.n_items), seen, split.test)


def test_a_held_out_item_that_is_in_training_is_refused():
    positives, test = leave_one_out_of_many()
    user = test["userID"].iloc[3]
    at = np.flatnonzero(positives.user_ids == user)[0]
    own = positives.item_ids[positives.items[positives.users == at][0]]
    test = test.assign(itemID=test["itemID"].where(test["userID"] != user, own))
    words = f"User {user}'s held-out item {own} is in the training part too"
    with pytest.raises(DataError, match=words):  # before any score is asked for
        sampled.exact_ranks(None, positives, test)


# Metrics, and what becomes of them among sampled negatives


def test_metrics_of_a_rank():
    np.testing.assert_array_equal(sampled.hit_at([1, 10, 11]), [1, 1, 0])
    np.testing.assert_allclose(sampled.ndcg_at([1, 3, 4], k=3), [1, 0.5, 0])


@pytest.mark.parametrize("name", METRICS)
def test_the_published_example(name):
    n = np.full(5, 10_000)
    metric = METRICS[name]
    exact = [np.mean(metric(np.array(ranks))) for ranks in RANKS.values()]
    few = [
        sampled.expected(metric, ranks, n, 99, replace=True).mean()
        for ranks in RANKS.values()
    ]
    np.testing.assert_allclose(exact, EXACT[name], atol=5e-4)
    np.testing.assert_allclose(few, SAMPLED[name], atol=5e-4)


@pytest.mark.parametrize("replace", [False, True])
def test_the_expected_value_is_the_mean_over_all_draws(replace):
    rank, n, m = 3, 6, 2
    others = [o for o in range(1, n + 1) if o != rank]
    draws = itertools.product(others, repeat=m)
    if not replace:
        draws = itertools.combinations(others, m)
    values = [1 / (1 + sum(o < rank for o in draw)) for draw in draws]
    found = sampled.expected(lambda r: 1 / r, [rank], [n], m, replace=replace)
    np.testing.assert_allclose(found, np.mean(values))


def test_ranks_whose_value_is_0_need_not_be_computed():
    rank, n = np.array([1, 30, 200]), np.full(3, 300)
    chances = sampled.sampled_rank_distribution(rank, n, 50, replace=False)
    whole = chances @ sampled.ndcg_at(np.arange(1, 52))
    np.testing.assert_allclose(sampled.expected(sampled.ndcg_at, rank, n, 50), whole)
    assert sampled.expected(lambda ranks: 0 * ranks, rank, n, 50).tolist() == [0, 0, 0]


def test_more_negatives_than_there_are_keep_the_exact_rank():
    chances = sampled.sampled_rank_distribution([3], [6], 9, replace=False)
    np.testing.assert_allclose(chances, np.eye(10)[[2]], atol=1e-12)


@pytest.mark.parametrize("replace", [False, True])
def test_an_item_that_is_the_only_candidate_comes_first(replace):
    chances = sampled.sampled_rank_distribution([1, 3], [1, 6], 4, replace=replace)
    assert chances[0].tolist() == [1, 0, 0, 0, 0]
    assert chances[1].sum() == pytest.approx(1)
    found = sampled.expected(sampled.hit_at, [1], [1], 5, replace=replace)
    assert found.tolist() == [1]


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda: sampled.expected(sampled.hit_at, [30], [29], 5), "between 1 and its number of candidates"),
        (lambda: sampled.expected(sampled.hit_at, [0], [29], 5), "Ranks must be numbers from 1"),
        (lambda: sampled.expected(sampled.hit_at, [1], [29], 0), "m must be"),
        (lambda: sampled.expected(lambda r: r * np.nan, [1], [29], 5), "metric must return a finite"),
        (lambda: sampled.hit_at([1, np.nan]), "Ranks must be numbers from 1"),
        (lambda: sampled.ndcg_at([0]), "Ranks must be numbers from 1"),
        (lambda: sampled.ndcg_at(["1"]), "Ranks must be numbers from 1"),
        (lambda: sampled.hit_at([1], k=0), "k must be"),
        (lambda: sampled.spread_out([1], 10, 0), "m must be"),
        (lambda: sampled.corrected(sampled.hit_at, 2, 5), "n_candidates must be"),
        (lambda: sampled.corrected(sampled.hit_at, 9, 5, np.nan), "gamma must be positive"),
        (lambda: sampled.corrected(lambda r: r / 0.0, 9, 5), "metric must return a finite"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_is_no_rank_and_no_metric_is_refused(use, words):
    with pytest.raises(ValueError, match=words):
        use()


def test_leave_one_out_wants_a_generator(half):
    with pytest.raises(ValueError, match="rng must be a numpy"):
        sampled.leave_one_out_test(half, rng=42)


def test_a_draw_of_nothing_is_refused():
    with pytest.raises(ValueError, match="m must be"):
        sampled.sampled_rank_distribution([3], [6], 0, replace=True)


def test_ranks_are_stretched_to_the_catalogue():
    assert sampled.spread_out([1, 2, 11, 100], 1001, 99).tolist() == [1, 11, 102, 1001]


def objective(values, metric, n, m, gamma):
    ranks = np.arange(1, n + 1)
    chances = sampled.sampled_rank_distribution(ranks, np.full(n, n), m, replace=True)
    mean = chances @ values
    variance = chances @ values**2 - mean**2
    return ((mean - metric(ranks)) ** 2 + gamma * variance).sum()


@pytest.mark.parametrize("gamma", [0.01, 0.1, 1.0])
def test_corrected_values_minimise_bias_and_variance(gamma):
    n, m = 200, 12
    values = sampled.corrected(sampled.hit_at, n, m, gamma)
    least = objective(values, sampled.hit_at, n, m, gamma)
    rng = np.random.default_rng(0)
    for _ in range(20):
        other = values + 1e-3 * rng.normal(size=m + 1)
        assert objective(other, sampled.hit_at, n, m, gamma) > least


def test_the_correction_comes_nearer_to_the_exact_metric():
    n, m = 500, 99
    ranks = np.random.default_rng(0).geometric(0.02, size=400).clip(1, n)
    chances = sampled.sampled_rank_distribution(
        ranks, np.full(len(ranks), n), m, replace=True
    )
    exact = sampled.hit_at(ranks).mean()
    plain = (chances @ sampled.hit_at(np.arange(1, m + 2))).mean()
    mended = (chances @ sampled.corrected(sampled.hit_at, n, m)).mean()
    assert abs(mended - exact) < 0.1 * abs(plain - exact)


# Any split


def items_by_user(pairs):
    return {user: [i for u, i in pairs if u == user] for user, _ in pairs}


def same_kind(pairs):
    return all(
        len({isinstance(pair[side], str) for pair in pairs}) < 2 for side in (0, 1)
    )


@given(any_splits(), whole(0, 9) | huge)
def test_last_film_stands_among_films_that_the_user_never_rated(split, n_negatives):
    options = {"n_negatives": n_negatives, "rng": np.random.default_rng(0)}
    table = attempt(sampled.leave_one_out_test, split, **options)
    train, test = (pairs_of(part) for part in split)
    if not train or not test or not same_kind(train + test) or set(train) & set(test):
        assert table is None
        return
    assert table is not None
    rated, last = items_by_user(train + test), items_by_user(test)
    assert table["userID"].unique().tolist() == sorted(last)
    for batch, user in enumerate(sorted(last)):
        rows = table[table["userID"] == user]
        positive, *negatives = rows["itemID"]
        unrated = {item for _, item in train} - set(rated[user])
        assert positive == last[user][-1]
        assert set(negatives) <= unrated
        assert len(set(negatives)) == len(negatives) == min(n_negatives, len(unrated))
        assert rows["rating"].tolist() == [1.0] + [0.0] * len(negatives)
        assert set(rows["test_batch"]) == {batch}


@given(wrong_numbers)
def test_nobody_has_minus_one_or_half_a_negative(n_negatives):
    half, rng = splits.chronological_split(toy.RATINGS, 0.5), np.random.default_rng(0)
    assert is_refused(sampled.leave_one_out_test, half, n_negatives, rng=rng)
