"""The one door for tables of ratings: what a valid table is, and whether its rows stand in order of time.

A table has the columns ``userID, itemID`` and, where they are known, ``rating`` and ``timestamp``, as in the
paper's Fig. 6. Every table comes in through `check_ratings` or `check_pairs`, so the same rules hold
everywhere: those of `recdl.columns` for each column, and no user has an item twice. `recdl.tables` reads
files with other names and layouts.
"""

import numpy as np
import pandas as pd

from recdl.columns import DataError, identifiers, numbers, refuse, seconds

PAIR = ["userID", "itemID"]
COLUMNS = [*PAIR, "rating", "timestamp"]


def check_ratings(
    ratings: pd.DataFrame,
    *,
    scale: tuple[float, float] | None = None,
    timed: bool = True,
) -> pd.DataFrame:
    """Check a table of ratings, MovieLens' or your own.

    Parameters
    ----------
    ratings : DataFrame
        Columns ``userID, itemID``; ``rating`` if there is one; ``timestamp``, unless not `timed`.
    scale : (lowest, highest), optional
        Of the ratings; if left out, any finite number is one, so play counts are.

    Returns
    -------
    DataFrame
        A copy with whole identifiers as integers, ratings as float64, timestamps in seconds since 1970, int64
        or, where there are fractions, float64; rows and other columns as they were.

    Raises
    ------
    DataError
        The table is empty, or breaks a rule of this module or of `recdl.columns`.
    """
    if timed and "timestamp" not in ratings.columns:
        raise _without_times(ratings)
    optional = [n for n in COLUMNS[2:] if n in ratings.columns]
    pairs = check_pairs(ratings, PAIR + optional)
    if ratings.empty:
        raise DataError("The table of ratings is empty. It needs at least one row.")
    checked = ratings.assign(**{name: pairs[name].to_numpy() for name in PAIR})
    for name in optional:
        convert = numbers if name == "rating" else seconds
        checked[name] = convert(ratings[name]).to_numpy()
    if scale is not None and "rating" in optional:
        _refuse_outside(checked["rating"], *scale)
    return checked


def _without_times(ratings):
    return DataError(
        f"The table has no column timestamp, only {list(ratings.columns)}, and here it matters what came "
        "first. If it has another name: table.rename(columns={old: 'timestamp'}). Without times use "
        "recdl.splits.random_split."
    )


def _refuse_outside(values, low, high):
    problem = f"lies outside the scale, {low:g} to {high:g}"
    remedy = "Correct it or drop the row."
    refuse(values, ~values.between(low, high), problem, remedy)


def check_pairs(table: pd.DataFrame, columns: list[str] = PAIR) -> pd.DataFrame:
    """Check the identifiers of a table, which must have these columns, each once.

    Returns
    -------
    DataFrame
        The columns ``userID`` and ``itemID`` alone, whole numbers as integers, the rows numbered from 0.

    Raises
    ------
    DataError
        The table breaks a rule of this module or of `recdl.columns`.
    """
    if any(list(table.columns).count(name) != 1 for name in columns):
        raise DataError(
            f"The table needs each of the columns {columns} once; it has {list(table)}. "
            "Use table.rename(columns={old: new})."
        )
    pairs = pd.DataFrame({name: identifiers(table[name]) for name in PAIR})
    remedy = "Keep one row: table.drop_duplicates(['userID', 'itemID'])."
    repeated = pairs.duplicated()
    refuse(pairs["itemID"], repeated, "has this user in a row before", remedy)
    return pairs


# Order of time


def by_user_and_time(ratings: pd.DataFrame) -> pd.DataFrame:
    """Return a checked table sorted by user, then by time; in the same second, in the order of the table.

    In MovieLens-100k the boundary between training and test falls inside such a second for 467 of 943 users,
    so without the last rule a split would be a matter of luck.
    """
    users, known = pd.factorize(ratings["userID"].to_numpy(), sort=True)
    times = ratings["timestamp"].to_numpy()
    since = times - times.min(initial=0)
    span = since.max(initial=0) + 1
    if times.dtype.kind == "i" and len(known) * float(span) < 2**62:
        # One key instead of two: six times as fast where the users stand in order already.
        return ratings.iloc[np.argsort(users * span + since, kind="stable")]
    return ratings.iloc[np.lexsort((times, users))]  # stable, too


def in_time_order(table: pd.DataFrame, users: np.ndarray) -> bool | None:
    """Tell whether each user's rows stand in order of time; None where the table does not say.

    `users`, int of shape (n_rows,), numbers the users.
    """
    if list(table.columns).count("timestamp") != 1:
        return None
    try:
        times = seconds(table["timestamp"]).to_numpy()
    except DataError:  # only the pairs were asked for; whoever needs the order will say that there is none
        return None
    order = np.argsort(users, kind="stable")
    earlier = np.diff(times[order]) < 0
    return not (earlier & (np.diff(users[order]) == 0)).any()
