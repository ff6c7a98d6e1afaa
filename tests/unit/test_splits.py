"""Other ways to cut the data: who is in which part, by hand."""

import numpy as np
import pandas as pd
import pytest

from recdl import ratings, splits, toy
from recdl.movielens import DataError

DAY = 86_400


def pairs(table):
    return set(zip(table["userID"], table["itemID"], strict=True))


@pytest.fixture(scope="module")
def ratings():
    """Return ratings of 30 users for films 0 to 24; several in each second."""
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        [(u, i) for u in range(30) for i in rng.permutation(25)[: 8 + u % 5]],
        columns=["userID", "itemID"],
    )
    return table.assign(rating=3.0, timestamp=rng.integers(1000, 1004, size=len(table)))


def all_different(table):
    return table.assign(timestamp=np.random.default_rng(1).permutation(len(table)))


def test_shuffled_ties_move_rows_of_one_second_only(ratings):
    split = splits.chronological_split(ratings)
    shuffled = splits.shuffled_ties_split(ratings, np.random.default_rng(0))
    moved = pairs(shuffled.train) - pairs(split.train)
    assert moved
    time = ratings.set_index(["userID", "itemID"])["timestamp"]
    last = split.train.groupby("userID")["timestamp"].max()
    for user, item in moved:
        assert time[user, item] == last[user]
    per_user = shuffled.train.groupby("userID").size()
    assert per_user.equals(split.train.groupby("userID").size())


def test_another_generator_gives_another_order(ratings):
    a, b = (
        splits.shuffled_ties_split(ratings, np.random.default_rng(s)) for s in (0, 1)
    )
    assert pairs(a.train) != pairs(b.train)


@pytest.mark.parametrize(
    "cut",
    [
        lambda table: splits.shuffled_ties_split(table, np.random.default_rng(0)),
        splits.fig_8_split,
    ],
    ids=["shuffled", "of the paper"],
)
def test_without_ties_every_order_gives_the_papers_split(ratings, cut):
    table = all_different(ratings)
    for part, expected in zip(cut(table), splits.course_split(table), strict=True):
        assert pairs(part) == pairs(expected)


def test_the_papers_split_has_as_many_rows_for_each_user(ratings):
    ours = splits.chronological_split(ratings).train.groupby("userID").size()
    theirs = splits.fig_8_split(ratings).train.groupby("userID").size()
    assert ours.equals(theirs)


def test_a_random_split_keeps_the_share_and_forgets_the_time(ratings):
    table = all_different(ratings)
    split = splits.random_split(table, np.random.default_rng(0))
    ours = splits.chronological_split(table).train.groupby("userID").size()
    assert split.train.groupby("userID").size().equals(ours)
    time = table.set_index(["userID", "itemID"])["timestamp"]
    test, train = (
        time.loc[list(zip(part["userID"], part["itemID"], strict=True))]
        for part in split
    )
    assert test.groupby("userID").min().lt(train.groupby("userID").max()).mean() > 0.5
    assert split.test["timestamp"].tolist() != test.tolist()


def test_global_time_puts_nothing_earlier_into_the_test():
    split = splits.global_time_split(toy.RATINGS, 0.5)
    moment = toy.RATINGS["timestamp"].median()
    assert (split.train["timestamp"] <= moment).all()
    assert (split.test["timestamp"] > moment).all()
    assert len(split.train) == 9
    seen = set(split.train["itemID"])
    late = toy.RATINGS[toy.RATINGS["timestamp"] > moment]
    assert pairs(split.test) == pairs(late[late["itemID"].isin(seen)])
    assert (2, 106) not in pairs(split.test)


def test_global_time_leaves_out_users_who_came_later():
    late = pd.DataFrame(
        [(6, 101, 3.0, 500)], columns=["userID", "itemID", "rating", "timestamp"]
    )
    split = splits.global_time_split(pd.concat([toy.RATINGS, late]), 0.5)
    assert 6 not in set(split.train["userID"]) | set(split.test["userID"])


@pytest.mark.parametrize("ratio", [0, 1, 1.5, "half"])
def test_global_time_wants_a_fraction(ratio):
    with pytest.raises(ValueError, match="ratio"):
        splits.global_time_split(toy.RATINGS, ratio)


def test_global_time_refuses_a_table_that_is_none():
    with pytest.raises(DataError):
        splits.global_time_split(toy.RATINGS.drop(columns="timestamp"))


def test_active_days_are_counted_by_midnight():
    times = [0, DAY - 1, DAY, 5 * DAY, 7, 9]
    table = pd.DataFrame({"userID": [1, 1, 1, 1, 2, 2], "timestamp": times})
    assert splits.active_days(table).to_dict() == {1: 3, 2: 1}
