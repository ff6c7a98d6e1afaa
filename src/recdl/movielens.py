"""MovieLens-100k: obtain it, verify it, read it.

The data may not be redistributed (their README says so), so this package holds none of them. It looks for

1. what you name: the argument ``source``, else the environment variable RECDL_MOVIELENS;
2. the cache: the folder in RECDL_CACHE, else the usual cache folder of your system;
3. the zip that GroupLens publishes (RECDL_GROUPLENS_URL may name a mirror);
4. the copy inside the wheel of the library RecBole, fetched with pip.

Source 4 is no luxury: the TLS certificate of GroupLens' server lapsed in 2024, 2025 and 2026. A download
counts only if it has the SHA-256 pinned below; certificate checks are never switched off.

Two layouts occur and give the same tables. GroupLens: ``u.data`` (separated by tabs), ``u.item``, ``u.user``
(by ``|``, in Latin-1). RecBole: ``ml-100k.inter``, ``.item``, ``.user`` (by tabs, in UTF-8, with a header).

Source: Harper and Konstan (2015), The MovieLens Datasets: History and Context, https://doi.org/10.1145/2827872
"""

import csv
import hashlib
import logging
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pooch

LOG = logging.getLogger(__name__)

GROUPLENS_URL = "https://files.grouplens.org/datasets/movielens/ml-100k.zip"
GROUPLENS_SHA256 = "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229"
RECBOLE = "recbole==1.2.1"
RECBOLE_SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
# To connect, and between two packets: no network fails soon, a slow one still succeeds. A server that sends
# now and then is waited for, however long it takes; Ctrl-C ends that and leaves nothing.
TIMEOUT_S = 15
MAX_BYTES = 10_000_000  # of the tables: theirs have 2 MB, so more is another data set, or a trap
BY_HAND = f"Download {GROUPLENS_URL} in a browser and set RECDL_MOVIELENS=/path/to/ml-100k.zip."

N_USERS, N_ITEMS = 943, 1682
SIZE = "100,000 ratings of 943 users and 1,682 items"
# Of the table's values, so that both layouts share it. The rows are those of the u.data whose MD5 is
# 6e47046882bad158b0efbb84cd5cb987, in its order: it decides between
# equal timestamps. What came first within a second nobody knows: u.data is in random order, says its README.
RATINGS_SHA256 = "76cf001ec8738431b93065eee7d7fdafc823332ea251f054c1540dd8591a5040"

FILES = {
    "ratings": ("u.data", "ml-100k.inter"),
    "movies": ("u.item", "ml-100k.item"),
    "users": ("u.user", "ml-100k.user"),
}
RATING_COLUMNS = ["userID", "itemID", "rating", "timestamp"]
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


class DataError(ValueError):
    """The data are there, but their content is wrong."""


class DataUnavailable(RuntimeError):  # noqa: N818 - the name says what happened
    """No source has the data."""


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
    table = _read_table(path, "\t", RATING_COLUMNS)
    n_users, n_items = table["userID"].nunique(), table["itemID"].nunique()
    size = f"{len(table):,} ratings of {n_users:,} users and {n_items:,} items"
    if size != SIZE:
        raise _not_movielens(path, f"{size}, not {SIZE}")
    ratings = check_ratings(table)
    if hashlib.sha256(ratings.to_numpy("<f8").tobytes()).hexdigest() != RATINGS_SHA256:
        raise _not_movielens(
            path, "its size, but other values, or its rows in another order"
        )
    return ratings


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
    return table.assign(age=_numbers(table["age"], whole=True))


def check_ratings(ratings: pd.DataFrame) -> pd.DataFrame:
    """Check a table of ratings, MovieLens' or your own.

    Parameters
    ----------
    ratings : DataFrame
        With columns ``userID``, ``itemID``, ``rating``, ``timestamp``. Numbers may come as strings.

    Returns
    -------
    DataFrame
        A copy with ids and timestamps as int64 and ratings as float64; rows and other columns as they were.

    Raises
    ------
    DataError
        A column is missing; the table is empty; a value is missing or not a number; an id or timestamp is
        not whole; a rating lies outside 1-5; a user rated an item twice. It names the first such place.
    """
    missing = [column for column in RATING_COLUMNS if column not in ratings]
    if missing:
        raise DataError(
            f"No column {missing} in {list(ratings)}. Use ratings.rename(columns={{old: new}})."
        )
    if ratings.empty:
        raise DataError("The ratings table is empty. It needs at least one row.")
    checked = ratings.copy()
    for column in RATING_COLUMNS:
        checked[column] = _numbers(ratings[column], whole=column != "rating")
    outside = ~checked["rating"].between(1, 5)
    _refuse(
        checked["rating"],
        outside,
        "lies outside 1 to 5",
        "Rescale the ratings or drop the row.",
    )
    repeated = checked.duplicated(["userID", "itemID"])
    remedy = "Keep one rating: ratings.drop_duplicates(['userID', 'itemID'])."
    _refuse(
        checked["itemID"], repeated, "was rated by this user in a row before", remedy
    )
    return checked


def obtain(source: str | os.PathLike | None = None) -> Path:
    """Return the folder with the data files, downloaded and verified where necessary.

    ``source`` and errors as in `load_ratings`. A folder or single file that you name comes back as it is.
    """
    source = source or os.environ.get("RECDL_MOVIELENS")
    if source:
        return _named(Path(source).expanduser())
    cache = _cache()
    failures = [
        "Named by you: nothing (`source`, RECDL_MOVIELENS).",
        f"Cache: no good copy in {cache}.",
    ]
    # Cached archives come first. pooch downloads one only if it is not there, or its hash is wrong. Killed
    # meanwhile (not by Ctrl-C), it leaves a file tmp*, 5 MB at most, never read. It stays, as RECDL_CACHE may
    # name a folder where others have such files.
    sources = sorted(_sources(), key=lambda entry: not os.path.exists(cache / entry[0]))
    for name, url, sha256, downloader in sources:
        try:
            archive = Path(
                pooch.retrieve(url, sha256, name, cache, downloader=downloader)
            )
            return _unpack(archive, archive.with_suffix(""))
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            LOG.info("MovieLens-100k: %s failed: %s", url, error)
            failures.append(f"{url}: {_why(error)}")
    raise DataUnavailable(
        "No source has MovieLens-100k.\n- " + "\n- ".join([*failures, BY_HAND])
    )


def _sources() -> list[tuple]:
    """Name of the archive in the cache, address, SHA-256, and what downloads it the way pooch wants it."""
    over_http = pooch.HTTPDownloader(timeout=TIMEOUT_S, progressbar=sys.stderr.isatty())
    url = os.environ.get("RECDL_GROUPLENS_URL") or GROUPLENS_URL
    grouplens = ("ml-100k.zip", url, GROUPLENS_SHA256, over_http)
    return [grouplens, ("recbole.whl", RECBOLE, RECBOLE_SHA256, _pip_download)]


def _why(error: Exception) -> str:
    """Say in one line why a source failed, and the remedy if it is not `BY_HAND`."""
    cause = inner = error
    while isinstance(inner, Exception):  # requests wraps urllib3's, that the system's
        cause, inner = inner, getattr(inner, "reason", [None, *inner.args][-1])
    reason = re.sub(r"^HTTPS?Connection.*?\): ", "", str(cause))  # an object's repr
    why = f"{type(error).__name__}: {reason.rstrip('.')}"
    if isinstance(cause, ssl.SSLCertVerificationError):
        why += ". This check stays on. A zip from elsewhere will do: its ratings are verified."
    elif isinstance(error, PermissionError) or getattr(error, "errno", None):
        why += f". Is {_cache()} full, read-only or damaged? Set RECDL_CACHE=/another/folder."
    return why


def _cache() -> Path:
    return Path(os.environ.get("RECDL_CACHE") or pooch.os_cache("recdl")).expanduser()


def _pip_download(requirement: str, output_file: str, _pooch: object) -> None:
    """Download a wheel from whichever package index pip is set up to use here."""
    options = [
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--retries=1",
        f"--timeout={TIMEOUT_S}",
    ]
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            *options,
            f"--dest={folder}",
            requirement,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180)
        if done.returncode != 0:
            raise OSError(
                f"pip ended with code {done.returncode}: {done.stderr.strip()[-500:]}"
            )
        [wheel] = Path(folder).glob("*.whl")
        shutil.copyfile(wheel, output_file)


def _named(path: Path) -> Path:
    if not path.exists():
        raise DataUnavailable(
            f"{path}, named by `source` or RECDL_MOVIELENS, does not exist. {BY_HAND}"
        )
    if path.is_dir() or path.suffix.lower() not in {".zip", ".whl"}:
        return path
    try:
        return _unpack(path, _cache() / f"named-{pooch.file_hash(str(path))[:12]}")
    except OSError as error:
        raise DataUnavailable(f"{path} cannot be unpacked. {_why(error)}") from error


def _unpack(archive: Path, folder: Path) -> Path:
    """Make sure that the folder holds the archive's tables (and nothing else of it) unchanged."""
    wanted = {name for layouts in FILES.values() for name in layouts}
    try:
        with zipfile.ZipFile(archive) as packed:
            # Only the last part of a member's path counts, so none can lead out of the folder.
            members = [(PurePosixPath(path).name, path) for path in packed.namelist()]
            found = [(name, path) for name, path in members if name in wanted]
            n_bytes = sum(packed.getinfo(path).file_size for _, path in found)
            if n_bytes > MAX_BYTES:
                raise _not_movielens(archive, f"tables of {n_bytes:,} bytes")
            tables = {name: packed.read(path) for name, path in found}
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        # RuntimeError: it is encrypted, or packed in a way that zipfile does not know.
        raise _not_movielens(archive, f"damaged content ({error})") from error
    if not tables:
        raise _not_movielens(archive, f"only the files {sorted(dict(members))[:9]}")
    if len(tables) < len(found):
        raise _not_movielens(archive, f"a table twice: {[path for _, path in found]}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in tables.items():
        _write(folder / name, content)
    return folder


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, whatever stops this process or writes at the same time."""
    if path.exists() and path.read_bytes() == content:
        return
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        Path(scratch, path.name).write_bytes(content)
        os.replace(Path(scratch, path.name), path)


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
        raise _not_movielens(path, f"{path.stat().st_size:,} bytes")
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
        raise _not_movielens(path, f"no readable table ({error})") from error
    for heading in headings:
        if table.shape[1] == len(heading):
            return table.set_axis(heading, axis="columns")
    found = f"{len(table):,} rows of {table.shape[1]} fields"
    raise _not_movielens(
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
        raise _not_movielens(
            path, f"{len(table):,} rows, not {n_rows:,} with {key} 1, 2, 3 and so on"
        )
    return table.astype({key: "int64"})


def _not_movielens(path: Path, found: str) -> DataError:
    return DataError(f"{path} is not MovieLens-100k: it has {found}. {BY_HAND}")


def _numbers(values: pd.Series, *, whole: bool) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce")
    _refuse(
        values,
        values.isna() | (values == ""),
        "is missing",
        "Fill it in or drop the row.",
    )
    _refuse(values, numbers.isna(), "is not a number", "Correct it or drop the row.")
    if whole:
        remedy = "Number ids 1, 2, ...; use seconds."
        _refuse(values, numbers % 1 != 0, "is not a whole number", remedy)
        fits = numbers.between(-(2**63), 2**63, inclusive="left")
        _refuse(values, ~fits, "needs more than 64 bits", remedy)
    return numbers.astype("int64" if whole else "float64")


def _refuse(values: pd.Series, bad: pd.Series, problem: str, remedy: str) -> None:
    """Raise DataError about the first of the values that is bad, if any is."""
    if bad.any():
        row = int(np.argmax(bad))
        [value] = values.iloc[[row]].tolist()  # 7.0, not np.float64(7.0)
        raise DataError(
            f"Column {values.name}, row {row} (counted from 0): {value!r} {problem}. {remedy}"
        )
