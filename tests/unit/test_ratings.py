"""The one door: what is a table of ratings, and what is refused with the place, the reason and the remedy."""

import datetime
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_input import (
    any_tables,
    attempt,
    good_tables,
    identifiers,
    odd_columns,
    pairs_of,
    ratings_of,
    snapshot,
)
from recdl import baselines, evaluation, interactions, sampled, splits, toy
from recdl.columns import DataError
from recdl.ratings import COLUMNS, PAIR, by_user_and_time, check_pairs, check_ratings

LOWEST, HIGHEST = -(2**63), 2**63 - 1


def frame(**changed):
    columns = {
        "userID": [1, 1, 2],
        "itemID": [1, 2, 1],
        "rating": [4.0, 3.5, 5.0],
        "timestamp": [7, 8, 9],
    }
    return pd.DataFrame(columns | changed)


DOORS = [check_pairs, check_ratings]
both_doors = pytest.mark.parametrize("check", DOORS)
EVERYWHERE = list(itertools.product(DOORS, ["userID", "itemID"]))


def checked(check, column, values):
    """Return a column of identifiers as a door lets it through; the other column has no two alike."""
    other = {"userID": "itemID", "itemID": "userID"}[column]
    table = pd.DataFrame({column: values})
    table[other] = [f"x{row}" for row in range(len(table))]
    return check(table.assign(rating=3.0, timestamp=7))[column]


# Identifiers, in both columns, at both doors


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([1, 2], dtype="int8"), "int8"),
        (np.array([1, 2], dtype="uint8"), "int64"),
        (np.array([1, 2], dtype="float16"), "int64"),
        (pd.array([1, 2], dtype="Int64"), "int64"),
        (pd.Series([LOWEST, HIGHEST], dtype=object), "int64"),
        (pd.Series([1, 2.0], dtype=object), "int64"),
        ([-(2.0**53) + 1, 2.0**53 - 1], "int64"),
    ],
)
def test_whole_numbers_stay_what_they_are(values, dtype):
    for check, column in EVERYWHERE:
        found = checked(check, column, values)
        assert found.tolist() == list(values)
        assert found.dtype == dtype


@pytest.mark.parametrize(
    "texts", [["7", "ana"], ["1", "2"], ["01", "1.5"], [" ", "nan"]]
)
@pytest.mark.parametrize("dtype", [object, "string", "category"])
def test_texts_stay_texts(texts, dtype):
    for check, column in EVERYWHERE:
        assert checked(check, column, pd.Series(texts, dtype=dtype)).tolist() == texts


REFUSED = {
    "a half": (
        [1, 2.5],
        1,
        "2.5 is not a whole number. .* number the values with pd.factorize",
    ),
    "infinity": ([1.0, np.inf], 1, "inf is not a whole number"),
    "too large": ([1, HIGHEST + 1], 1, "9223372036854775808 needs more than 64 bits"),
    "too small": ([1, LOWEST - 1], 1, "-9223372036854775809 needs more than 64 bits"),
    "far too small": ([1, -(3**63)], 1, "-1144.* needs more than 64 bits"),
    "a float that may be two": (
        [1.0, 2.0**53],
        1,
        r"9007.* lost digits, .* became one",
    ),
    "the same below 0": ([1.0, -(2.0**64)], 1, r"-1\.84.* may have lost digits"),
    "32 bits": (np.array([1, 2**24], "float32"), 1, "16777216.0 .* lost digits"),
    "16 bits": (np.array([1, 2**11], "float16"), 1, "2048.0 .* lost digits"),
    "one float among integers": ([1, 2.0**53], 1, "9007.* lost digits"),
    "a text": (
        [1, 2, "7", 4],
        2,
        "'7' is a text among numbers, or the reverse. Make .* str",
    ),
    "a number": (["1", "2", 7, "4"], 2, "7 is a text among numbers, or the reverse"),
    "text and half": ([0.5, "7"], 1, "'7' is a text among numbers"),
    "truth values": ([True, False], 0, "True is neither a whole number nor a text"),
    "a truth value": ([1, True], 1, "True is neither a whole number nor a text"),
    "dates": (
        [datetime.date(2020, 1, 1)],
        0,
        ".* is neither a whole number nor a text",
    ),
    "times": (pd.to_datetime([0, 1]), 0, ".* is neither a whole number nor a text"),
    "lists": ([[1], [2]], 0, r"\[1\] is neither a whole number nor a text"),
    "bytes": ([b"7", b"8"], 0, "b'7' is neither a whole number nor a text"),
    "complex numbers": ([1j, 2j], 0, "1j is neither a whole number nor a text"),
    "None": ([1, None, 3], 1, "nan is missing. Fill it in or drop the row"),
    "NA": (pd.array([1, None, 3], dtype="Int64"), 1, "nan is missing"),
    "NaT": (pd.to_datetime([0, None]), 1, "NaT is missing"),
    "None among texts": (["a", None], 1, "None is missing"),
    "an empty text": (["a", "b", ""], 2, "'' is missing. Fill it in or drop the row"),
}


def refuse(values, check, column, words):
    with pytest.raises(DataError, match=words):
        checked(check, column, values)


@pytest.mark.parametrize(("values", "row", "words"), REFUSED.values(), ids=REFUSED)
def test_other_identifiers_are_refused(values, row, words):
    for check, column in EVERYWHERE:
        place = rf"^Column {column}, row {row} \(counted from 0\): "
        refuse(values, check, column, place + words)


@both_doors
@pytest.mark.parametrize(
    ("users", "items"), [([1, 1, 1], [1, 2, 1]), (["a"] * 3, ["b", "c", "b"])]
)
def test_a_pair_that_occurs_twice_is_refused(check, users, items):
    words = r"^Column itemID, row 2 \(counted from 0\): .* has this user in a row before\. Keep one"
    with pytest.raises(DataError, match=words):
        check(frame(userID=users, itemID=items))


IDS = {
    "few": st.integers(-3, 3),
    "any of 64 bits": st.integers(LOWEST, HIGHEST),
    "the ends": st.sampled_from([LOWEST, LOWEST + 1, 0, HIGHEST - 1, HIGHEST]),
}


@given(st.data(), st.sampled_from([*IDS]), st.sampled_from([*IDS]))
def test_the_first_row_that_repeats_a_pair_is_found_in_any_order(data, users, items):
    pairs = data.draw(st.lists(st.tuples(IDS[users], IDS[items]), min_size=1))
    table = pd.DataFrame(pairs, columns=PAIR, dtype="int64")
    repeats = [row for row, pair in enumerate(pairs) if pair in pairs[:row]]
    if repeats:
        with pytest.raises(DataError, match=f"row {repeats[0]} .* has this user in a"):
            check_pairs(table)
    else:
        assert check_pairs(table)[PAIR].to_numpy().tolist() == [list(p) for p in pairs]


@both_doors
@pytest.mark.parametrize("column", ["userID", "itemID"])
def test_a_column_that_is_missing_or_there_twice_is_refused(check, column):
    table = frame()
    twice = pd.concat([table, table[[column]]], axis=1)
    for wrong in (twice, table.rename(columns={column: "id"})):
        with pytest.raises(
            DataError, match=r"each of the columns .* once; it has .*rename"
        ):
            check(wrong)


def test_a_rating_is_not_needed_and_a_time_only_where_it_matters():
    pd.testing.assert_frame_equal(
        check_ratings(frame()[[*PAIR, "timestamp"]]), frame()[[*PAIR, "timestamp"]]
    )
    untimed = frame().rename(columns={"timestamp": "when"})
    assert list(check_ratings(untimed, timed=False)) == [*PAIR, "rating", "when"]
    words = r"no column timestamp, only .*'when'.*rename.*random_split"
    with pytest.raises(DataError, match=words):
        check_ratings(untimed)


@pytest.mark.parametrize("column", ["rating", "timestamp"])
def test_a_column_that_is_there_twice_is_refused(column):
    twice = pd.concat([frame(), frame()[[column]]], axis=1)
    with pytest.raises(DataError, match=r"each of the columns .* once; it has"):
        check_ratings(twice)


@both_doors
def test_a_door_leaves_its_argument_alone(check):
    table = frame(userID=["1", "1", "2"], rating=["4", "3", "5"])
    before = table.copy()
    check(table)
    pd.testing.assert_frame_equal(table, before)


def test_pairs_are_two_columns_numbered_from_0():
    pairs = check_pairs(frame().set_index(pd.Index([9, 9, 5])))
    pd.testing.assert_frame_equal(pairs, frame()[["userID", "itemID"]])


# Whoever takes a table asks at a door

HALF = splits.chronological_split(toy.RATINGS, 0.5)
TRAIN = interactions.Interactions(HALF.train)
TAKERS = {
    "check_pairs": check_pairs,
    "check_ratings": check_ratings,
    "chronological_split": splits.chronological_split,
    "course_split": splits.course_split,
    "global_time_split": splits.global_time_split,
    "leave_one_out_split": splits.leave_one_out_split,
    "drop_unseen, train": lambda t: splits.drop_unseen(splits.Split(t, toy.RATINGS)),
    "drop_unseen, test": lambda t: splits.drop_unseen(splits.Split(toy.RATINGS, t)),
    "pairs_sha256": splits.pairs_sha256,
    "Interactions": interactions.Interactions,
    "Relevant": lambda t: evaluation.Relevant(t, TRAIN),
    "leave_one_out_test": lambda t: sampled.leave_one_out_test(
        splits.Split(t, HALF.test), rng=np.random.default_rng(0)
    ),
    "exact_ranks": lambda t: sampled.exact_ranks(baselines.Popularity(TRAIN), TRAIN, t),
}
BAD_TABLES = {
    "a row twice": pd.concat([toy.RATINGS, toy.RATINGS.tail(1)]),
    "no films": toy.RATINGS.drop(columns="itemID"),
    "no user": toy.RATINGS.replace({"userID": {5: None}}),
    "an empty text": toy.RATINGS.astype({"itemID": str}).replace(
        {"itemID": {"105": ""}}
    ),
    "text and number": toy.RATINGS.astype({"userID": object}).replace(
        {"userID": {3: "Chloe"}}
    ),
    "half a film": toy.RATINGS.replace({"itemID": {105: 0.5}}),
    "truth values": toy.RATINGS.assign(userID=True),
}


def refusal(take, table):
    with pytest.raises(DataError) as refused:
        take(table)
    return str(refused.value)


@pytest.mark.parametrize("take", TAKERS.values(), ids=TAKERS)
def test_whoever_takes_a_table_refuses_a_bad_one_in_the_same_words(take):
    for table in BAD_TABLES.values():
        at_the_door, found = refusal(check_pairs, table), refusal(take, table)
        assert found == at_the_door or ("columns" in found and "columns" in at_the_door)


# Ratings


def test_check_ratings_returns_good_ratings():
    pd.testing.assert_frame_equal(check_ratings(frame()), frame())


def test_ratings_and_timestamps_may_be_texts_and_become_numbers():
    texts = frame(rating=["4", "3.5", "5"], timestamp=["7", "8", "9"])
    pd.testing.assert_frame_equal(check_ratings(texts), frame())


def test_other_columns_and_the_index_stay():
    mine = frame(note=["a", "b", "c"]).set_index(pd.Index([9, 9, 5]))
    pd.testing.assert_frame_equal(check_ratings(mine), mine)


@pytest.mark.parametrize("low_and_high", [[1, 5, 3], [5, 1, 1]])
def test_both_ends_of_a_scale_are_ratings(low_and_high):
    table = frame(rating=low_and_high)
    found = check_ratings(table, scale=(1, 5))
    assert found["rating"].tolist() == low_and_high


def test_without_a_scale_any_finite_number_is_a_rating():
    plays = [0, 312.5, -1]
    assert check_ratings(frame(rating=plays))["rating"].tolist() == plays


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"timestamp": [7, None, 9]}, "Column timestamp, row 1 .*: nan is missing"),
        ({"timestamp": [7, 2.0**70, 9]}, "row 1 .* needs more than 64 bits"),
        ({"timestamp": ["7", "noon", "9"]}, "row 1 .*'noon' is no number"),
        ({"rating": ["4", "3", ""]}, "Column rating, row 2 .*: '' is missing. Fill"),
        ({"rating": ["4", "x", "3"]}, "rating, row 1 .*: 'x' is not a number. Correct"),
        ({"rating": [4, 3, 5.5]}, "rating, row 2 .*: 5.5 lies outside the scale, 1 to"),
        ({"rating": [0.5, 3, 5]}, "rating, row 0 .*: 0.5 lies outside the scale"),
        ({"rating": [4, 3, np.inf]}, "row 2 .*: inf is not a finite number. Correct"),
        ({"userID": [], "itemID": [], "rating": [], "timestamp": []}, "is empty"),
    ],
)
def test_check_ratings_names_place_and_remedy(changed, message):
    with pytest.raises(DataError, match=message):
        check_ratings(frame(**changed), scale=(1, 5))


def test_the_error_is_a_value_error_too():
    with pytest.raises(ValueError, match="outside"):
        check_ratings(frame(rating=[0, 1, 2]), scale=(1, 5))


# Order of time


def test_rows_are_sorted_by_user_and_time_and_stay_in_order_within_a_second():
    table = frame(userID=[2, 1, 1], itemID=[5, 6, 7], timestamp=[3, 4, 4])
    assert by_user_and_time(table)["itemID"].tolist() == [6, 7, 5]
    assert by_user_and_time(table.iloc[::-1])["itemID"].tolist() == [7, 6, 5]
    assert by_user_and_time(table.iloc[::-1]).index.tolist() == [2, 1, 0]


@given(good_tables(ids=["int64"]), st.integers(0, 62))
def test_however_far_times_lie_apart_the_order_is_that_of_two_keys(table, power):
    far = table.assign(timestamp=table["timestamp"] * 2**power // 4)
    order = np.lexsort((far["timestamp"], far["userID"]))
    assert snapshot(by_user_and_time(far)) == snapshot(far.iloc[order])


def test_users_with_texts_for_names_are_sorted_as_texts():
    table = frame(userID=["b", "a", "10"], timestamp=[1, 2, 3])
    assert by_user_and_time(table)["userID"].tolist() == ["10", "a", "b"]


@pytest.mark.parametrize(
    ("times", "answer"),
    [
        ([7, 8, 9], True),
        ([8, 8, 1], True),  # user 2 stands alone
        ([8, 7, 9], False),
        (["8", "10", "9"], True),  # as numbers
        (pd.to_datetime([9, 8, 7], unit="s", utc=True), False),
        (["1997-12-04", "1997-12-05", "1997-12-04"], True),
        ([7, None, 9], None),
        (["7", "noon", "9"], None),
    ],
)
def test_order_of_time_is_seen_in_the_timestamps(times, answer):
    assert interactions.Interactions(frame(timestamp=times)).in_time_order is answer


def test_a_table_without_timestamps_or_with_two_does_not_say_in_which_order_it_is():
    table = frame()
    twice = pd.concat([table, table[["timestamp"]]], axis=1)
    for other in (table.drop(columns="timestamp"), twice):
        assert interactions.Interactions(other).in_time_order is None


# Any table, against the rules one value at a time


@given(any_tables())
def test_any_table_is_let_through_at_both_doors_or_refused_by_the_same_rules(table):
    expected, pairs = pairs_of(table), attempt(check_pairs, table)
    if len(table):  # an empty column of dates has no identifier that would be wrong
        assert (pairs is None) == (expected is None)
    if pairs is not None:
        assert pairs.columns.tolist() == PAIR
        assert list(pairs.itertuples(index=False, name=None)) == expected
    expected, checked = ratings_of(table), attempt(check_ratings, table)
    assert (checked is None) == (expected is None)
    if checked is not None:
        columns = [name for name in COLUMNS if name in checked]
        found = checked[columns].itertuples(index=False, name=None)
        assert list(found) == expected
        assert "rating" not in columns or checked["rating"].dtype == "float64"
        assert checked["timestamp"].dtype in ("int64", "float64")
        assert checked.index.equals(table.index)
        assert list(checked) == list(table)


@given(st.integers(1, 4).flatmap(odd_columns))
def test_any_column_of_identifiers_is_taken_or_refused_everywhere_alike(values):
    expected = identifiers(values)
    for check, column in EVERYWHERE:
        found = attempt(checked, check, column, values)
        assert (found is None) == (expected is None)
        assert found is None or found.tolist() == expected
