"""MovieLens-1M, on which chapters 8 and 9 are asked once more: where a copy lies, and which one it is.

It needs a variable of its own: RECDL_MOVIELENS names MovieLens-100k, on which the settings were searched.
"""

import contextlib
import functools
import os

import pandas as pd

from recdl import provenance
from recdl.columns import DataError
from recdl.experiments import tables
from recdl.experiments.tables import TableError
from recdl.tables import read

VARIABLE = "RECDL_MOVIELENS_1M"
SIZE = "1,000,209 ratings of 6,040 users and 3,706 films"
MAKE = "make experiments-1m ZIP=/path/to/ml-1m.zip"


def load_ratings() -> pd.DataFrame:
    """Load the ratings from the zip, folder or file that RECDL_MOVIELENS_1M names.

    Returns
    -------
    DataFrame, 1,000,209 rows in the order of ``ratings.dat``
        ``userID``, ``itemID``, ``rating``, ``timestamp``.

    Raises
    ------
    recdl.columns.DataError
        If no copy is named, it cannot be read, or has another size.
    """
    place = os.environ.get(VARIABLE)
    if not place:
        raise DataError(f"No copy of MovieLens-1M is named. Run: {MAKE}")
    return _loaded(place)


@functools.cache
def _loaded(place):
    ratings = read(place)
    n_users, n_films = ratings["userID"].nunique(), ratings["itemID"].nunique()
    size = f"{len(ratings):,} ratings of {n_users:,} users and {n_films:,} films"
    if size != SIZE:
        raise DataError(
            f"{place} is not MovieLens-1M: it has {size}, not {SIZE}. Download ml-1m.zip from GroupLens, and "
            f"run: {MAKE}"
        )
    return ratings


def name_and_hash() -> str:
    """Return what a row says of its data: their name, and the SHA-256 of the ratings in their order."""
    ratings = load_ratings().to_numpy("<f8")
    return f"MovieLens-1M {provenance.sha256(ratings.tobytes())}"


def refuse_other_data(rows: list[dict], known: str | None = None):
    """Raise TableError if a row was made of other data than `known`, or than the row before it."""
    for row in rows:
        known = known or row.get("data")
        if row.get("data") != known:
            raise TableError(
                f"{row['system']}, seed {row['seed']}, {row['split']} was made of {row.get('data')}, not of "
                f"{known}. Name the copy of the first rows, or remove second_*.csv from {tables.TABLES}. "
                f"Then run: {MAKE}"
            )


@contextlib.contextmanager
def telling_how():
    """Let a TableError name the command that makes the tables of this data set."""
    try:
        yield
    except TableError as error:
        raise TableError(str(error).replace(tables.AGAIN, f"Run: {MAKE}")) from error
