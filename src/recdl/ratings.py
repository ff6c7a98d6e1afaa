"""The one door for tables of ratings: what a valid table is, and whether its rows stand in order of time.

A table has the columns ``userID, itemID, rating, timestamp`` of the paper's Fig. 6. Where only the pairs
matter, as for implicit feedback, the first two suffice. Every table comes in through `check_ratings` or
`check_pairs`, so the same rules hold everywhere:

- identifiers are whole numbers of 64 bits or texts, and stay what they are; the float 3.0 counts as 3, as
  that is what pandas makes of whole numbers where one was missing;
- no user has an item twice;
- ratings are numbers from 1 to 5; timestamps are whole numbers, seconds since 1970.

What breaks a rule raises `DataError`, which names the column, the row, the value and what to do.
"""

from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd

PAIR = ["userID", "itemID"]
COLUMNS = [*PAIR, "rating", "timestamp"]


class DataError(ValueError):
    """Data are there, but their content is wrong."""


def check_ratings(ratings: pd.DataFrame) -> pd.DataFrame:
    """Check a table of ratings, MovieLens' or your own.

    Parameters
    ----------
    ratings : DataFrame
        Columns ``userID, itemID, rating, timestamp``. Ratings and timestamps may come as texts.

    Returns
    -------
    DataFrame
        A copy with whole identifiers and timestamps as int64, ratings as float64; rows and other columns as
        they were.

    Raises
    ------
    DataError
        The table is empty, or breaks a rule of this module.
    """
    pairs = check_pairs(ratings, COLUMNS)
    if ratings.empty:
        raise DataError("The table of ratings is empty. It needs at least one row.")
    checked = ratings.copy()
    for name in PAIR:
        checked[name] = pairs[name].to_numpy()
    for name in ("rating", "timestamp"):
        numbers = to_numbers(ratings[name], whole=name == "timestamp")
        checked[name] = numbers.to_numpy()
    remedy = "Rescale the ratings or drop the row."
    outside = ~checked["rating"].between(1, 5)
    _refuse(checked["rating"], outside, "lies outside 1 to 5", remedy)
    return checked


def check_pairs(table: pd.DataFrame, columns: list[str] = PAIR) -> pd.DataFrame:
    """Check the identifiers of a table, which must have these columns, each once.

    Returns
    -------
    DataFrame
        The columns ``userID`` and ``itemID`` alone, whole numbers as integers, the rows numbered from 0.

    Raises
    ------
    DataError
        The table breaks a rule of this module.
    """
    if any(list(table.columns).count(name) != 1 for name in columns):
        raise DataError(
            f"The table needs each of the columns {columns} once; it has {list(table)}. "
            "Use table.rename(columns={old: new})."
        )
    pairs = pd.DataFrame({name: _identifiers(table[name]) for name in PAIR})
    remedy = "Keep one row: table.drop_duplicates(['userID', 'itemID'])."
    repeated = pairs.duplicated()
    _refuse(pairs["itemID"], repeated, "has this user in a row before", remedy)
    return pairs


def _identifiers(values):
    column = pd.Series(values.to_numpy(), name=values.name)
    _refuse_missing(column)
    text = _are(column, str)
    if text.all() or column.dtype.kind == "i":
        return column
    remedy = "Make all of them texts: table[name].astype(str)."
    _refuse(column, text != text[0], "is a text among numbers, or the reverse", remedy)
    remedy, neither = "Number them with pd.factorize.", ~_are(column, Real)
    _refuse(column, neither, "is neither a whole number nor a text", remedy)
    return to_numbers(column, whole=True)


def to_numbers(values: pd.Series, *, whole: bool) -> pd.Series:
    """Return a column as float64, or with `whole` as int64; DataError names the first that is none."""
    values = pd.Series(values.to_numpy(), values.index, name=values.name)
    _refuse_missing(values)
    numbers = pd.to_numeric(values, errors="coerce")
    none = numbers.isna() | ~_are(values, str | Real | Decimal)
    _refuse(values, none, "is not a number", "Correct it or drop the row.")
    if not whole:
        return numbers.astype("float64")
    remedy = "Number ids with pd.factorize; give times in whole seconds."
    _refuse(values, numbers % 1 != 0, "is not a whole number", remedy)
    if values.dtype == object:  # pandas would round large ones
        numbers = values.map(_exactly).astype(object)
    elif values.dtype == "float16":  # holds no 2**63 to compare with
        numbers = numbers.astype("float64")
    fits = numbers.between(-(2**63), 2**63, inclusive="left")
    _refuse(values, ~fits, "needs more than 64 bits", remedy)
    return numbers.astype("int64")


def _exactly(value):
    return int(Decimal(value) if isinstance(value, str) else value)


def _are(values, kind):
    """Tell which values are of a kind of Python's; truth values are neither numbers nor texts."""
    if values.dtype.kind in "iuf":
        return np.full(len(values), issubclass(float, kind))
    found = [
        isinstance(value, kind) and not isinstance(value, bool) for value in values
    ]
    return np.array(found, dtype=bool)


def _refuse_missing(values):
    missing = values.isna().to_numpy()
    if values.dtype == object:
        empty = [isinstance(value, str) and not value for value in values]
        missing = missing | np.array(empty, dtype=bool)
    _refuse(values, missing, "is missing", "Fill it in or drop the row.")


def _refuse(values, bad, problem, remedy):
    """Raise DataError about the first of the values that is bad, if any is."""
    bad = np.asarray(bad, dtype=bool)
    if bad.any():
        row = int(np.argmax(bad))
        [value] = values.iloc[[row]].tolist()  # 7.0, not np.float64(7.0)
        raise DataError(
            f"Column {values.name}, row {row} (counted from 0): {value!r} {problem}. {remedy}"
        )


# Order of time


def by_user_and_time(ratings: pd.DataFrame) -> pd.DataFrame:
    """Return a checked table sorted by user, then by time; in the same second, in the order of the table.

    In MovieLens-100k the boundary between training and test falls inside such a second for 467 of 943 users,
    so without the last rule a split would be a matter of luck.
    """
    users, _ = pd.factorize(ratings["userID"].to_numpy(), sort=True)
    return ratings.iloc[np.lexsort((ratings["timestamp"], users))]  # lexsort is stable


def in_time_order(table: pd.DataFrame, users: np.ndarray) -> bool | None:
    """Tell whether each user's rows stand in order of time; None where the table does not say.

    `users`, int of shape (n_rows,), numbers the users.
    """
    if list(table.columns).count("timestamp") != 1:
        return None
    times = pd.to_numeric(table["timestamp"], errors="coerce").to_numpy(
        dtype=float, na_value=np.nan
    )
    if np.isnan(times).any():
        return None
    order = np.argsort(users, kind="stable")
    earlier = np.diff(times[order]) < 0
    return not (earlier & (np.diff(users[order]) == 0)).any()
