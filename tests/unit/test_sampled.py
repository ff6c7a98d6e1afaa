"""Leave-one-out and sampled metrics: against loops, against all draws, against published numbers."""

import itertools

import numpy as np
import pandas as pd
import pytest

from recdl import interactions, sampled, splits, toy

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


class Rounded:
    """Scores with many ties."""

    def __init__(self, n_users, n_items):
        self.table = np.random.default_rng(5).integers(0, 4, size=(n_users, n_items))

    def scores(self, users):
        return self.table[users].astype(float)


def test_exact_ranks_against_a_loop():
    split = splits.leave_one_out_split(toy.RATINGS)
    seen = interactions.Interactions(split.train)
    model = Rounded(seen.n_users, seen.n_items)
    ranks, n_candidates = sampled.exact_ranks(model, seen, split.test)
    for row, rank, n in zip(split.test.itertuples(), ranks, n_candidates, strict=True):
        user = seen.user_position(row.userID)
        own = list(seen.item_ids).index(row.itemID)
        candidates = set(range(seen.n_items)) - set(seen.items[seen.users == user])
        order = sorted(candidates, key=lambda i: (-model.table[user, i], i))
        assert rank == order.index(own) + 1
        assert n == len(candidates)


def test_exact_ranks_want_one_row_for_each_user():
    split = splits.drop_unseen(splits.chronological_split(toy.RATINGS, 0.5))
    seen = interactions.Interactions(split.train)
    with pytest.raises(ValueError, match="one test row for each user"):
        sampled.exact_ranks(Rounded(seen.n_users, seen.n_items), seen, split.test)


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
