"""Identifiers are whole numbers of 64 bits or strings; everything else is refused with the reason."""

import numpy as np
import pandas as pd
import pytest

from recdl import ratings

LOWEST, HIGHEST = -(2**63), 2**63 - 1


def users_of(values):
    return ratings.check_pairs(pd.DataFrame({"userID": values, "itemID": 1}))["userID"]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([1, 2], dtype="int8"), "int8"),
        (np.array([1, 2], dtype="uint8"), "int64"),
        (np.array([1, 2], dtype="float16"), "int64"),
        (pd.array([1, 2], dtype="Int64"), "int64"),
        (pd.Series([LOWEST, HIGHEST], dtype=object), "int64"),
        ([float(LOWEST), 2.0**62], "int64"),
    ],
)
def test_whole_numbers_stay_what_they_are(values, dtype):
    users = users_of(values)
    assert users.tolist() == list(values)
    assert users.dtype == dtype


def test_strings_stay_strings():
    assert users_of(["7", "ana"]).tolist() == ["7", "ana"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.0, 2.5], r"received floating values \[1\.0, 2\.5\]\."),
        ([1.0, 2.0**63], "received floating values"),
        ([1.0, -(2.0**64)], "received floating values"),
        ([1.0, np.inf], "received floating values"),
        ([1, HIGHEST + 1], "received integer values"),
        ([1, LOWEST - 1], "received integer values"),
        ([1, -(3**63)], "received integer values"),
        ([1, 2, 3, 4, 5, 6, "7"], r"mixed-integer values \[1, 2, 3, 4, 5\]\."),
        ([True, False], "received boolean values"),
    ],
)
def test_other_identifiers_are_refused(values, words):
    with pytest.raises(ValueError, match="^Column userID must hold .*" + words):
        users_of(pd.Series(values))


def test_a_row_without_an_identifier_is_counted():
    with pytest.raises(ValueError, match=r"^Row 1 \(counted from 0\) lacks"):
        users_of([1, None, 3])
