"""The course's split and the other ways to cut the data: who is in which part, by hand and for any table."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_input import (
    any_splits,
    any_tables,
    attempt,
    fractions,
    good_tables,
    is_refused,
    pairs_of,
    ratings_of,
    snapshot,
    wrong_fractions,
)
from recdl import splits, toy
from recdl.columns import DataError
from recdl.ratings import COLUMNS
from small_tables import films_of, tables

DAY = 86_400


# The course's split


def test_split_gives_each_users_first_half_to_training(half):
    assert films_of(half.train, 1) == [101, 102]
    assert films_of(half.test, 1) == [103, 104]


def test_split_rounds_half_a_rating_to_the_even_number(half):
    assert len(films_of(half.train, 2)) == 2  # 1.5 of Ben's three
    assert len(films_of(half.train, 5)) == 2  # 2.5 of Eva's five


def test_split_keeps_the_order_of_the_table_within_a_tie(half):
    assert films_of(half.train, 5) == [103, 101]
    other_order = toy.RATINGS.iloc[::-1]
    assert films_of(splits.chronological_split(other_order, 0.5).train, 5) == [
        103,
        105,
    ]


@given(tables(), st.sampled_from([0.25, 0.5, 0.75, 0.9]))
def test_split_has_the_rows_of_the_library(table, ratio):
    from recommenders.datasets.python_splitters import python_chrono_split

    ours = splits.chronological_split(table, ratio)
    train, test = python_chrono_split(table.copy(), ratio)
    assert ours.train.index.tolist() == train.index.tolist()
    assert ours.test.index.tolist() == test.index.tolist()


@pytest.mark.parametrize("ratio", [0, 1, 1.5, -0.1, float("nan")])
def test_split_refuses_a_ratio_that_leaves_nothing(ratio):
    with pytest.raises(ValueError, match="between 0 and 1"):
        splits.chronological_split(toy.RATINGS, ratio)


def test_split_refuses_a_table_without_a_column():
    with pytest.raises(DataError, match="timestamp"):
        splits.chronological_split(toy.RATINGS.drop(columns="timestamp"))


def test_split_leaves_its_input_alone():
    before = toy.RATINGS.copy()
    splits.course_split(toy.RATINGS)
    pd.testing.assert_frame_equal(toy.RATINGS, before)


def test_texts_as_identifiers_give_the_same_split_and_stay_texts(half):
    """The users of the toy world have one digit each, so texts sort as numbers do."""
    texts = toy.RATINGS.astype({"userID": str, "itemID": str})
    split = splits.chronological_split(texts, 0.5)
    for part, expected in zip(split, half, strict=True):
        pd.testing.assert_frame_equal(
            part, expected.astype({"userID": str, "itemID": str})
        )


def test_films_that_training_never_saw_leave_the_test(half):
    test = splits.drop_unseen(half).test
    assert 106 in half.test["itemID"].tolist()
    assert 106 not in test["itemID"].tolist()
    assert 2 not in test["userID"].tolist()  # Ben: 106 was his only test film
    assert len(test) == len(half.test) - 1


def test_users_that_training_never_saw_leave_the_test(half):
    without_ana = splits.Split(half.train[half.train["userID"] != 1], half.test)
    assert 1 not in splits.drop_unseen(without_ana).test["userID"].tolist()


def test_hash_of_two_pairs_by_hand():
    # printf '2,30\n10,4\n' | sha256sum
    pairs = pd.DataFrame({"userID": [10, 2], "itemID": [4, 30], "rating": [1, 2]})
    assert (
        splits.pairs_sha256(pairs)
        == "52173353a75f066a460e70ed6d91865b0364669d4a278194005e666ae2e1b91c"
    )


def test_hash_ignores_the_order_of_rows_and_sees_one_other_pair(half):
    assert splits.pairs_sha256(half.train.iloc[::-1]) == splits.pairs_sha256(half.train)
    other = half.train.replace({"itemID": {102: 106}})
    assert splits.pairs_sha256(other) != splits.pairs_sha256(half.train)


# Other splits


def pairs_in(table):
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
    moved = pairs_in(shuffled.train) - pairs_in(split.train)
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
    assert pairs_in(a.train) != pairs_in(b.train)


@pytest.mark.parametrize(
    "cut",
    [
        lambda table: splits.shuffled_ties_split(table, np.random.default_rng(0)),
        splits.fig_8_split,
    ],
    ids=["shuffled", "Fig. 8"],
)
def test_without_ties_every_order_gives_the_courses_split(ratings, cut):
    table = all_different(ratings)
    for part, expected in zip(cut(table), splits.course_split(table), strict=True):
        assert pairs_in(part) == pairs_in(expected)


def test_the_split_of_fig_8_has_as_many_rows_for_each_user(ratings):
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
    assert pairs_in(split.test) == pairs_in(late[late["itemID"].isin(seen)])
    assert (2, 106) not in pairs_in(split.test)


def test_global_time_leaves_out_users_who_came_later():
    late = pd.DataFrame(
        [(6, 101, 3.0, 500)], columns=["userID", "itemID", "rating", "timestamp"]
    )
    split = splits.global_time_split(pd.concat([toy.RATINGS, late]), 0.5)
    assert 6 not in set(split.train["userID"]) | set(split.test["userID"])


def test_global_time_until_a_second_moment_tests_on_what_lies_between():
    users, items = np.divmod(np.arange(60), 20)
    times = np.random.default_rng(0).permutation(60)
    table = {"userID": users, "itemID": items % 7, "rating": 3, "timestamp": times}
    table = pd.DataFrame(table).drop_duplicates(["userID", "itemID"])
    begin, end = table["timestamp"].quantile([0.5, 0.8])
    split = splits.global_time_split(table, 0.5, 0.8)
    assert split.train.equals(splits.global_time_split(table, 0.5).train)
    whole = splits.global_time_split(table, 0.5).test
    assert split.test.equals(whole[whole["timestamp"] <= end])
    assert begin < split.test["timestamp"].min() < split.test["timestamp"].max() <= end
    assert splits.global_time_split(table, 0.5, 1).test.equals(whole)


@pytest.mark.parametrize("until", [0.5, 0.2, 1.1, True, "0.9", np.nan])
def test_a_second_moment_comes_after_the_first(until):
    with pytest.raises(ValueError, match=r"until must be above ratio, here 0\.5"):
        splits.global_time_split(toy.RATINGS, 0.5, until)


@pytest.mark.parametrize("ratio", [0, 1, 1.5, "half"])
def test_global_time_wants_a_fraction(ratio):
    with pytest.raises(ValueError, match="ratio"):
        splits.global_time_split(toy.RATINGS, ratio)


def test_global_time_refuses_a_table_that_is_none():
    with pytest.raises(DataError):
        splits.global_time_split(toy.RATINGS.drop(columns="timestamp"))


def test_active_days_are_counted_by_midnight():
    times = [0, DAY - 1, DAY, 5 * DAY, 7, 9]
    users = [1, 1, 1, 1, 2, 2]
    table = pd.DataFrame({"userID": users, "itemID": range(6), "timestamp": times})
    assert splits.active_days(table).to_dict() == {1: 3, 2: 1}


# Any table


def rows_by_hand(rows, ratio):
    """Return the row numbers of both parts."""
    users, times = [row[0] for row in rows], [row[-1] for row in rows]
    parts = [], []
    for user in sorted(set(users)):
        own = [row for row in range(len(users)) if users[row] == user]
        own.sort(key=times.__getitem__)
        n_train = round(float(ratio) * len(own))
        parts[0].extend(own[:n_train])
        parts[1].extend(own[n_train:])
    return parts


@given(any_tables(), fractions)
def test_split_cuts_every_users_history_in_two(table, ratio):
    rows, split = ratings_of(table), attempt(splits.chronological_split, table, ratio)
    assert (split is None) == (rows is None)
    if split is not None:
        for part, numbers in zip(split, rows_by_hand(rows, ratio), strict=True):
            known = [name for name in COLUMNS if name in part]
            found = list(part[known].itertuples(index=False, name=None))
            assert found == [rows[number] for number in numbers]
            as_they_were = table.iloc[numbers].drop(columns=known)
            pd.testing.assert_frame_equal(part.drop(columns=known), as_they_were)
            assert list(part) == list(table)


@given(good_tables())
def test_split_of_the_course_is_one_by_time_without_unseen_rows(table):
    by_time = splits.chronological_split(table, 0.75)
    by_time = attempt(splits.drop_unseen, by_time)
    split = attempt(splits.course_split, table)
    assert snapshot(split) == snapshot(by_time)


CUTS = {
    "course": splits.course_split,
    "time": splits.global_time_split,
    "leave-one-out": splits.leave_one_out_split,
    "shuffled ties": lambda t: splits.shuffled_ties_split(t, np.random.default_rng(0)),
    "random": lambda t: splits.random_split(t, np.random.default_rng(0)),
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@given(any_tables())
def test_every_split_takes_the_tables_that_check_ratings_takes(cut, table):
    if cut is CUTS["random"]:  # it makes timestamps of its own
        table = table.assign(timestamp=0)
    split = attempt(cut, table)
    if ratings_of(table) is None:
        assert split is None
    elif split is None:  # then for one reason only
        with pytest.raises(DataError, match="Nothing is left to judge on: of"):
            cut(table)


@given(good_tables(), wrong_fractions)
def test_split_refuses_what_is_no_fraction(table, ratio):
    assert is_refused(splits.chronological_split, table, ratio)
    assert is_refused(splits.global_time_split, table, ratio)


def rows_with_known(train, test):
    users, items = {user for user, _ in train}, {item for _, item in train}
    return [row for row, (u, i) in enumerate(test) if u in users and i in items]


@given(any_splits())
def test_test_rows_stay_if_training_has_their_user_and_film(split):
    kept = attempt(splits.drop_unseen, split)
    train, test = (pairs_of(part) for part in split)
    if kept is None:
        assert train is None or test is None or rows_with_known(train, test) == []
        return
    rows = rows_with_known(train, test)
    assert kept.train is split.train
    pd.testing.assert_frame_equal(kept.test, split.test.iloc[rows])


def sorted_text(pairs):
    return sorted((str(user), str(item)) for user, item in pairs)


@given(any_tables(), any_tables(), st.randoms(use_true_random=False))
def test_hash_is_that_of_the_sorted_pairs(table, other, random):
    found = attempt(splits.pairs_sha256, table)
    if found is None:
        assert table.empty or pairs_of(table) is None
        return
    rows = random.sample(range(len(table)), len(table))
    assert splits.pairs_sha256(table.iloc[rows]) == found
    pairs = sorted(pairs_of(table))
    if all(str(value).isalnum() for pair in pairs for value in pair):
        text = "".join(f"{user},{item}\n" for user, item in pairs)
        assert hashlib.sha256(text.encode()).hexdigest() == found
    if pairs_of(other) is not None and not other.empty:
        same = sorted_text(pairs_of(table)) == sorted_text(pairs_of(other))
        assert (splits.pairs_sha256(other) == found) == same
