"""Read ratings from a file, a folder, a zip or a DataFrame: MovieLens of every size, or your own.

MovieLens is recognised by its layout, and so is its scale: ``u.data`` (100K), ``ratings.dat`` (1M, 10M),
``ratings.csv`` (20M, 25M, 32M, latest). Of any other table name the columns, unless they have usual names:

>>> read("mine.csv", user="who", item="isbn", rating="stars", time="when")

Nothing is guessed that could change a value. Identifiers are read as texts; a column of them becomes one of
integers only if each is the one way to write its number, so "007", " 7" and "NA" stay texts. What is not
certain is a `DataError`, which says what to write instead.
"""

import io
import os
import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pooch
import requests

from recdl import download as sources
from recdl.columns import DataError, identifiers, numbers, seconds
from recdl.delimited import File, form_of, parse
from recdl.files import replacing
from recdl.ratings import COLUMNS, PAIR, check_ratings

MOVIELENS = ["ml-100k", "ml-1m", "ml-10m", "ml-20m", "ml-25m", "ml-32m"]
MOVIELENS += ["ml-latest-small", "ml-latest"]
RATINGS_FILES = {"u.data", "ratings.dat", "ratings.csv", "ml-100k.inter"}
CSV_HEADER = b"userId,movieId,rating,timestamp"
U_DATA = re.compile(rb"\d+\t\d+\t[1-5]\t\d{9}([\r\n]|\Z)")
DAT = re.compile(rb"\d+::\d+::[0-5](\.[05])?::\d{9,10}([\r\n]|\Z)")
ZEROS, REPEATS = ["keep", "drop"], ["refuse", "first", "last", "sum"]
USUAL = {  # in small letters, without what is neither letter nor digit
    "userID": ["userid", "user"],
    "itemID": ["itemid", "movieid", "item", "isbn"],
    "rating": ["rating", "bookrating", "stars", "score", "plays", "count"],
    "timestamp": ["timestamp", "time", "date", "datetime"],
}
DAMAGED = (OSError, EOFError, zipfile.BadZipFile, zlib.error)
DAMAGED += (RuntimeError,)  # a zip that is encrypted, or packed in an unknown way


def read(
    source: str | os.PathLike | pd.DataFrame,
    *,
    user=None,
    item=None,
    rating=None,
    time=None,
    scale: tuple[float, float] | None = None,
    zeros: str = "keep",
    repeats: str = "refuse",
    **layout,
) -> pd.DataFrame:
    """Read a table of ratings and check it with `recdl.ratings.check_ratings`.

    Parameters
    ----------
    source : path, name of a MovieLens data set such as "ml-latest-small", or DataFrame
    user, item, rating, time : optional
        Names of the columns in the source; ``rating=False`` or ``time=False`` leaves one out.
    zeros : "keep" or "drop"
        What to do with rows whose rating is 0, which in some data means that there is none.
    repeats : "refuse", "first", "last" or "sum"
        If a user has an item again: keep the first or last row by time (without times, or in the same
        second, by row), or add up the ratings, each row being 1 if there are none, at the last time.
    **layout : columns, separator, encoding, quotes
        Of a text file: names if the first line has none; whether quotation marks enclose texts or are part.

    Returns
    -------
    DataFrame
        ``userID, itemID`` and, if there are any, ``rating`` and ``timestamp``; rows as in the source.
    """
    asked = dict(zip(COLUMNS, [user, item, rating, time], strict=True))
    if zeros not in ZEROS or repeats not in REPEATS:
        raise ValueError(
            f"zeros must be one of {ZEROS}, and repeats of {REPEATS}; received {zeros!r} and {repeats!r}."
        )
    take = _from_frame if isinstance(source, pd.DataFrame) else _from_path
    table, place, usual_scale = take(source, asked, **layout)
    return _checked(table, place, scale or usual_scale, zeros, repeats)


def _checked(table, place, scale, zeros, repeats):
    try:
        table = _reduced(table, zeros, repeats)
        return check_ratings(table, scale=scale, timed=False)
    except DataError as error:
        again = "has this user in a row before" in str(error)
        hint = " Or read it with repeats='first', 'last' or 'sum'." if again else ""
        raise DataError(f"{place}: {error}{hint}") from error


def _reduced(table, zeros, repeats):
    if (zeros, repeats) == ("keep", "refuse"):
        return table
    # First the rules for columns: what they refuse has the number of its row in the source.
    rules = dict(
        zip(COLUMNS, [identifiers, identifiers, numbers, seconds], strict=True)
    )
    table = pd.DataFrame({name: rules[name](table[name]) for name in table})
    if zeros == "drop":
        if "rating" not in table:
            raise DataError("zeros='drop' needs ratings. Name their column: rating=...")
        table = table[table["rating"] != 0]
    if repeats == "sum":
        table = table.assign(rating=table.get("rating", 1.0))
        how = {"rating": "sum", "timestamp": "max"}
        how = {name: how[name] for name in COLUMNS[2:] if name in table}
        table = table.groupby(PAIR, sort=False, as_index=False).agg(how)
    elif repeats != "refuse":
        order = np.arange(len(table))
        if "timestamp" in table:
            order = np.argsort(table["timestamp"].to_numpy(), kind="stable")
        again = table[PAIR].iloc[order].duplicated(keep=repeats).to_numpy()
        table = table.iloc[np.sort(order[~again])]
    return table.reset_index(drop=True)


# Which column is which


def _from_frame(frame, asked, place="The table", **layout):
    if layout:
        raise ValueError(f"{sorted(layout)} must be left out for a DataFrame.")
    chosen = _choose(list(frame.columns), asked, place)
    table = frame.iloc[:, list(chosen.values())].set_axis(list(chosen), axis="columns")
    return table.reset_index(drop=True), place, None


def _choose(names, asked, place):
    """Return the position of each of our columns among the names of a table."""
    chosen = {}
    for ours, name in asked.items():
        if name is False and ours not in PAIR:
            continue
        found = [ours] if name is None and ours in names else [name]
        if name is None and ours not in names:
            found = [other for other in names if _plain(other) in USUAL[ours]]
            if not found and ours not in PAIR:
                continue
        places = [i for i, other in enumerate(names) if other in found]
        if len(places) != 1:
            how = (
                "none" if not places else f"more than one, {[names[i] for i in places]}"
            )
            raise DataError(
                f"{place} has the columns {names}. Of them {how} can be {ours}. Use read(..., user='...', "
                "item='...', rating='...', time='...') with the names in place of dots; rating=False or "
                "time=False leaves one out. If these are no names but the first row, pass columns=[...]."
            )
        chosen[ours] = places[0]
    if len(set(chosen.values())) < len(chosen):
        raise DataError(
            f"{place}: a column was named for two things. Use one for each."
        )
    return chosen


def _plain(name):
    return re.sub(r"[\W_]", "", str(name).partition(":")[0]).lower()  # user_id:token


# Which file


def _find(source):
    path = Path(source).expanduser()
    if not path.exists() and str(source) in MOVIELENS:
        path = download(str(source))
    if not path.exists():
        raise DataError(
            f"{path} does not exist. Correct the path, or use one of these names: {MOVIELENS}."
        )
    return path


def _file_in(path):
    if path.is_dir():
        below = [*path.glob("*"), *path.glob("*/*")]
        return File(path / _only([p.relative_to(path).as_posix() for p in below], path))
    with open(path, "rb") as file:
        if not file.read(4).startswith(b"PK\3\4"):
            return File(path)
    with zipfile.ZipFile(path) as packed:
        names = [n for n in packed.namelist() if not n.endswith("/")]
    return File(path, names[0] if len(names) == 1 else _only(names, path))


def _only(names, place):
    found = [n for n in names if PurePosixPath(n).name in RATINGS_FILES]
    if len(found) != 1:
        raise DataError(
            f"{place} has {len(found)} files with ratings, {found or sorted(names)[:9]}. It must have one of "
            f"{sorted(RATINGS_FILES)}. Else name the file itself."
        )
    return found[0]


def _from_path(source, asked, **layout):
    file = path = _find(source)
    try:
        file = _file_in(path)
        with file.open() as stream:
            head = stream.read(2**16)
        if head.startswith(b"PAR1"):
            return _from_frame(_parquet(file), asked, str(file), **layout)
        columns, scale = _movielens(file, head)
        form = form_of(head, str(file), **{"columns": columns} | layout)
        chosen = _choose(form.names, asked, str(file))
        return parse(file, form, chosen), str(file), scale
    except UnicodeDecodeError as error:
        raise DataError(
            f"{file} is not in the encoding {error.encoding} ({error.reason}). Name the right one; for files "
            "from Windows, or from before 2010, encoding='latin-1' often is."
        ) from error
    except DAMAGED as error:
        raise DataError(
            f"{file} cannot be read ({error}). Download or copy it again, or unpack it first."
        ) from error


def _movielens(file, head):
    """Return the columns and the scale of a file in a layout of GroupLens', else None twice."""
    if U_DATA.match(head):
        return COLUMNS, (1, 5)
    if DAT.match(head):
        return COLUMNS, (1 if "ml-1m" in str(file).lower() else 0.5, 5)
    return None, (0.5, 5) if head.startswith(CSV_HEADER) else None


def _parquet(file):
    try:
        with file.open() as stream:
            return pd.read_parquet(io.BytesIO(stream.read()))
    except (ImportError, ValueError) as error:
        raise DataError(
            f"{file} is a Parquet file and cannot be read ({str(error)[:200]}). If pyarrow is missing, first "
            "run: pip install pyarrow; else make the file once more."
        ) from error


# MovieLens by name


def download(name: str) -> Path:
    """Return where a data set of MovieLens is, downloaded unless the cache has a good copy.

    GroupLens publishes the MD5 of each zip beside it, and the zip must have it. Both are kept: a good copy
    needs no network, and ``ml-latest-small``, which changes now and then, stays as it is until you delete
    them. RECDL_GROUPLENS_URL may name a mirror. What is not as published is a DataError; what cannot be
    downloaded is `recdl.download.DataUnavailable`.
    """
    if name == "ml-100k":
        return sources.obtain()
    if name not in MOVIELENS:
        raise DataError(f"There is no {name!r}. Use one of {MOVIELENS}.")
    archive = sources._cache() / f"{name}.zip"
    note = archive.with_name(archive.name + ".md5")
    mirror = os.environ.get("RECDL_GROUPLENS_URL") or sources.GROUPLENS_URL
    url = f"{mirror.rpartition('/')[0]}/{archive.name}"
    try:
        if not (archive.exists() and note.exists()):
            _save_md5(url, note)
        over_http = pooch.HTTPDownloader(timeout=sources.TIMEOUT_S)
        md5 = f"md5:{note.read_text()}"
        pooch.retrieve(url, md5, archive.name, archive.parent, downloader=over_http)
    except ValueError as error:
        note.unlink(missing_ok=True)
        raise DataError(
            f"{url} is not what its .md5 says ({error}). Call it again: it may just have been renewed."
        ) from error
    except OSError as error:
        raise sources.DataUnavailable(
            f"{url}: {sources._why(error).rstrip('.')}. Download it in a browser and pass read() its path."
        ) from error
    return archive


def _save_md5(url, note):
    answer = requests.get(url + ".md5", timeout=sources.TIMEOUT_S)
    answer.raise_for_status()
    found = re.findall(r"\b[0-9a-f]{32}\b", answer.text.lower())
    if len(found) != 1:
        raise DataError(f"{answer.text[:60]!r} holds no MD5")
    with replacing(note) as unfinished:
        unfinished.write_text(found[0])
