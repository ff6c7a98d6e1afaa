"""MovieLens-100k as tables of pandas.

Two layouts occur and give the same tables. GroupLens: ``u.data`` (separated by tabs), ``u.item``, ``u.user``
(by ``|``, in Latin-1). RecBole: ``ml-100k.inter``, ``.item``, ``.user`` (by tabs, in UTF-8, with a header).
`recdl.download` says where they come from.

Source: Harper and Konstan (2015), The MovieLens Datasets: History and Context, https://doi.org/10.1145/2827872
"""

import contextlib
import csv
import hashlib
import os
from pathlib import Path

import numpy as np
import pandas as pd

from recdl.columns import DataError, whole_numbers
from recdl.download import FILES, MAX_BYTES, not_movielens, obtain
from recdl.ratings import COLUMNS, PAIR, check_ratings

N_USERS, N_ITEMS = 943, 1682
SIZE = "100,000 ratings of 943 users and 1,682 items"
# Of the table's values, so that both layouts share it. The rows are those of the u.data whose MD5 is
# 6e47046882bad158b0efbb84cd5cb987, in its order: it decides between
# equal timestamps. What came first within a second nobody knows: u.data is in random order, says its README.
RATINGS_SHA256 = "76cf001ec8738431b93065eee7d7fdafc823332ea251f054c1540dd8591a5040"
TYPES = dict.fromkeys(COLUMNS, "int64") | {"rating": "float64"}

USER_COLUMNS = ["userID", "age", "gender", "occupation", "zip_code"]
MOVIE_COLUMNS = ["itemID", "title", "year", "genres"]
GENRES = (  # noqa: SIM905 - a list would take nineteen lines
    "unknown|Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|Film-Noir|Horror|"
    "Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western"
).split("|")
U_ITEM_COLUMNS = [
    "itemID",
    "title",
    "release_date",
    "video_release_date",
    "imdb_url",
    *GENRES,
]
# Where RecBole's film table departs from u.item: a misspelt "unknown", and a year lost because u.item says
# "Land Before Time III: The Time of the Great Giving (1995) (V)".
RECBOLE_REPAIRS = {
    267: ("unknown", None),
    1412: ("Land Before Time III: The Time of the Great Giving", "1995"),
}


def load_ratings(source: str | os.PathLike | None = None) -> pd.DataFrame:
    """Load the 100,000 ratings of MovieLens-100k.

    Parameters
    ----------
    source : path, optional
        A folder with the files of either layout, the zip, the wheel, or a single file with ratings. It is
        used, or the call fails; no other source is tried then.

    Returns
    -------
    DataFrame, 100,000 rows in the order of ``u.data``
        ``userID`` (int, 1-943), ``itemID`` (int, 1-1682), ``rating`` (float, 1-5), ``timestamp`` (int,
        seconds since 1970 in UTC).

    Raises
    ------
    DataError
        The source holds something other than MovieLens-100k.
    DataUnavailable
        The source does not exist; or you named none, and no other could be reached.
    """
    path = _locate("ratings", source)
    table = _read_table(path, "\t", COLUMNS)
    with contextlib.suppress(ValueError, OverflowError):  # below it is said of what
        numbers = table.astype(TYPES)
        if _sha256(numbers) == RATINGS_SHA256:
            return numbers
    n_users, n_items = table["userID"].nunique(), table["itemID"].nunique()
    size = f"{len(table):,} ratings of {n_users:,} users and {n_items:,} items"
    if size != SIZE:
        raise not_movielens(path, f"{size}, not {SIZE}")
    for name in PAIR:
        table[name] = whole_numbers(table[name]).to_numpy()
    ratings = check_ratings(table, scale=(1, 5))
    if _sha256(ratings) != RATINGS_SHA256:
        raise not_movielens(
            path, "its size, but other values, or its rows in another order"
        )
    return ratings


def _sha256(ratings):
    return hashlib.sha256(ratings.to_numpy("<f8").tobytes()).hexdigest()


def load_movies(source: str | os.PathLike | None = None) -> pd.DataFrame:
    """Load the 1,682 films of MovieLens-100k; ``source`` and errors as in `load_ratings`.

    Returns
    -------
    DataFrame, 1,682 rows
        ``itemID`` (int, 1-1682); ``title`` (without the year); ``year`` (Int64, missing for film 267, which
        is called "unknown"); ``genres`` (a string such as "Action|Comedy", from which
        ``movies["genres"].str.get_dummies()`` makes a column per genre). MovieLens itself has 18 films twice.
    """
    path = _locate("movies", source)
    table = _with_ids(
        _read_table(path, "|", U_ITEM_COLUMNS, MOVIE_COLUMNS), N_ITEMS, path
    )
    table = _from_recbole(table) if "genres" in table else _from_u_item(table)
    table["year"] = pd.to_numeric(table["year"]).astype("Int64")
    return table[MOVIE_COLUMNS]


def load_users(source: str | os.PathLike | None = None) -> pd.DataFrame:
    """Load the 943 users of MovieLens-100k; ``source`` and errors as in `load_ratings`.

    Returns
    -------
    DataFrame, 943 rows
        ``userID`` (int, 1-943), ``age`` (int, years), ``gender`` ("F" or "M"), ``occupation``, ``zip_code``
        (a string: some begin with 0, some are Canadian).
    """
    path = _locate("users", source)
    table = _with_ids(_read_table(path, "|", USER_COLUMNS), N_USERS, path)
    return table.assign(age=whole_numbers(table["age"]).to_numpy())


def _locate(table: str, source: str | os.PathLike | None) -> Path:
    place, names = obtain(source), FILES[table]
    if place.is_file() and table == "ratings":
        return place
    for name in names:
        if (place / name).exists():
            return place / name
    found = sorted(os.listdir(place))[:9] if place.is_dir() else "one table"
    raise DataError(
        f"{place} has no {table}, only {found}. Name a folder or archive with {' or '.join(names)} in it."
    )


def _read_table(path: Path, separator: str, *headings: list[str]) -> pd.DataFrame:
    """Read a file of either layout as strings, under the heading that has as many columns as the file."""
    if path.stat().st_size > MAX_BYTES:
        raise not_movielens(path, f"{path.stat().st_size:,} bytes")
    with open(path, encoding="latin-1") as file:
        typed = ":token" in file.readline()  # as in user_id:token item_id:token ...
    layout = (
        {"sep": "\t"}
        if typed
        else {"sep": separator, "header": None, "encoding": "latin-1"}
    )
    try:
        # A quotation mark is part of a title, and the occupation "none" is not a missing value.
        table = pd.read_csv(
            path, dtype=str, keep_default_na=False, quoting=csv.QUOTE_NONE, **layout
        )
    except (
        pd.errors.EmptyDataError,
        pd.errors.ParserError,
        UnicodeDecodeError,
    ) as error:
        raise not_movielens(path, f"no readable table ({error})") from error
    for heading in headings:
        if table.shape[1] == len(heading):
            return table.set_axis(heading, axis="columns")
    found = f"{len(table):,} rows of {table.shape[1]} fields"
    raise not_movielens(
        path, f"{found}, not of {len(headings[0])} separated by {separator!r}"
    )


def _from_u_item(table: pd.DataFrame) -> pd.DataFrame:
    # Titles end in " (year)". One has a blank after it, and one "(V)", IMDb's mark for a film made for video.
    parts = table["title"].str.extract(r"^(.*) \((\d{4})\)(?: \(V\))?\s*$")
    genres = [
        "|".join(np.array(GENRES)[row]) for row in (table[GENRES] == "1").to_numpy()
    ]
    return table.assign(
        title=parts[0].fillna(table["title"]), year=parts[1], genres=genres
    )


def _from_recbole(table: pd.DataFrame) -> pd.DataFrame:
    table = table.assign(genres=table["genres"].str.replace(" ", "|"))
    for item, repair in RECBOLE_REPAIRS.items():
        table.loc[table["itemID"] == item, ["title", "year"]] = repair
    return table


def _with_ids(table: pd.DataFrame, n_rows: int, path: Path) -> pd.DataFrame:
    """Make the first column, the ids, integer; they must be 1, 2, 3 and so on."""
    key = table.columns[0]
    if table[key].tolist() != [str(number) for number in range(1, n_rows + 1)]:
        raise not_movielens(
            path, f"{len(table):,} rows, not {n_rows:,} with {key} 1, 2, 3 and so on"
        )
    return table.astype({key: "int64"})
