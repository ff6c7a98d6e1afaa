"""Read ratings from a file, a folder, a zip or a DataFrame: MovieLens of every size, or your own.

MovieLens is recognised by its layout, and so is its scale: ``u.data`` (100K), ``ratings.dat`` (1M, 10M),
``ratings.csv`` (20M, 25M, 32M, latest). Of any other table name the columns, unless they have usual names:

>>> read("mine.csv", user="who", item="isbn", rating="stars", time="when")

Nothing is guessed that could change a value. Identifiers are read as texts; a column of them becomes one of
integers only if each is the one way to write its number, so "007", " 7" and "NA" stay texts. What is not
certain is a `DataError`, which says what to write instead.

`kinds_of_files` tells a table from what is none, `forms` how texts are separated, `which_column` the columns;
`delimited` reads texts, `marks` are the characters that lose rows; `by_name` downloads MovieLens.
"""

import contextlib
import csv
import functools
import io
import os
import re
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from recdl.columns import DataError, identifiers, numbers, refuse, seconds
from recdl.ratings import COLUMNS, PAIR, REPEATED, check_ratings
from recdl.tables.by_name import MOVIELENS, download
from recdl.tables.delimited import parse
from recdl.tables.forms import form_of
from recdl.tables.kinds_of_files import file_in, refuse_other_kinds
from recdl.tables.marks import line_of
from recdl.tables.which_column import Source, choose, told

CSV_HEADER = b"userId,movieId,rating,timestamp"
U_DATA = re.compile(rb"\d+\t\d+\t[1-5]\t\d{9}([\r\n]|\Z)")
DAT = re.compile(rb"\d+::\d+::[0-5](\.[05])?::\d{9,10}([\r\n]|\Z)")
EXCEL = (20_000, 60_000)  # the days 1954-10-03 to 2064-04-08
LAYOUT = ["columns", "separator", "encoding", "quotes", "decimal"]
ZEROS, REPEATS = ["keep", "drop"], ["refuse", "first", "last", "sum"]
DAMAGED = (OSError, EOFError, zipfile.BadZipFile, zlib.error)
DAMAGED += (csv.Error,)  # a field of more than 100,000 letters
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
    **layout : columns, separator, encoding, quotes, decimal
        Of a text file: names if the first line has none; whether quotation marks enclose texts or are part;
        "," if ratings are written as 3,5.

    Returns
    -------
    DataFrame
        ``userID, itemID`` and, if there are any, ``rating`` and ``timestamp``; rows as in the source. In its
        ``attrs``, ``columns`` has their names there, and ``unused_times`` columns that could be the times.
    """
    asked = dict(zip(COLUMNS, [user, item, rating, time], strict=True))
    _check_options(source, scale, zeros, repeats)
    _check_layout(layout)
    return _read(source, asked, scale, zeros, repeats, layout)


def _read(source, asked, scale, zeros, repeats, layout):
    take = _from_frame if isinstance(source, pd.DataFrame) else _from_path
    table, origin, usual_scale = take(source, asked, **layout)
    scale = usual_scale if scale is None else scale
    table = _checked(table, origin, scale, zeros, repeats)
    table.attrs = origin.attrs(asked)
    return table


def _check_options(source, scale, zeros, repeats):
    if not isinstance(source, str | os.PathLike | pd.DataFrame):
        raise ValueError(
            "source must be a path, the name of a data set or a DataFrame; received "
            f"{type(source).__name__}. Of other objects make a table first: pd.DataFrame(...)."
        )
    if zeros not in ZEROS or repeats not in REPEATS:
        raise ValueError(
            f"zeros must be one of {ZEROS}, and repeats of {REPEATS}; received {zeros!r} and {repeats!r}."
        )
    try:
        low, high = (0, 1) if scale is None else (0 + x for x in scale)
    except (TypeError, ValueError):
        low = high = 0
    if not low < high:
        raise ValueError(
            f"scale must be two numbers (lowest, highest), such as (1, 5); received {scale!r}."
        )


def _check_layout(layout):
    unknown = sorted(set(layout) - set(LAYOUT))
    if unknown:
        raise ValueError(
            f"read has no option {unknown[0]!r}. Of a text file it takes {LAYOUT}."
        )
    if not isinstance(encoding := layout.get("encoding"), str | None):
        raise ValueError(
            f"encoding must be a text such as 'latin-1'; received {encoding!r}."
        )


def _checked(table, source, scale, zeros, repeats):
    rows = None  # of the source, where some are left out
    try:
        if (zeros, repeats) != ("keep", "refuse"):
            table = _reduced(table, zeros, repeats)
            rows, table = table.index, table.reset_index(drop=True)
        found = check_ratings(table, scale=scale, timed=False)
        _refuse_days_of_excel(table, found)
        return found
    except DataError as error:
        found = told(error, source, rows)
        if error.fault and error.fault.problem == REPEATED:
            n = int(table[PAIR].duplicated().sum())
            found = DataError(
                f"{found} Or read it with repeats='first', 'last' or 'sum': {n} of {len(table)} rows repeat "
                "an earlier pair.",
                "repeats",
            )
        raise found from error


def _refuse_days_of_excel(table, found):
    """Refuse 45292 and its like: read as seconds they would all be within one day of 1970."""
    if "timestamp" in found and found["timestamp"].between(*EXCEL).all():
        asked = table["timestamp"]
        if pd.to_numeric(asked.astype(object), errors="coerce").between(*EXCEL).all():
            remedy = (
                "Convert the column and use that table: pd.to_datetime(table['timestamp'], unit='D', "
                "origin='1899-12-30'). If they are a count of something else, subtract 20000 from each."
            )
            problem = "is a day as Excel counts them"
            refuse(asked.reset_index(drop=True), np.ones(len(asked)), problem, remedy)


def _reduced(table, zeros, repeats):
    """Return what is left, under the numbers of the rows in the source, or -1 for sums."""
    # First the rules for columns: what they refuse has the number of its row in the source.
    rules = dict(
        zip(COLUMNS, [identifiers, identifiers, numbers, seconds], strict=True)
    )
    table = pd.DataFrame({name: rules[name](table[name]) for name in table})
    if zeros == "drop":
        if "rating" not in table:
            remedy = "Name their column: rating=..."
            raise DataError(f"zeros='drop' needs ratings. {remedy}", "rating")
        if len(table) and not table["rating"].any():
            raise DataError(
                "Each rating is 0, so zeros='drop' would leave no row. Use zeros='keep', or rating=False.",
                "zeros",
                "rating=False",
            )
        table = table[table["rating"] != 0]
    if repeats == "sum":
        table = table.assign(rating=table.get("rating", 1.0))
        how = {"rating": "sum", "timestamp": "max"}
        how = {name: how[name] for name in COLUMNS[2:] if name in table}
        table = table.groupby(PAIR, sort=False, as_index=False).agg(how)
        table.index = np.full(len(table), -1)
    elif repeats != "refuse":
        order = np.arange(len(table))
        if "timestamp" in table:
            order = np.argsort(table["timestamp"].to_numpy(), kind="stable")
        again = table[PAIR].iloc[order].duplicated(keep=repeats).to_numpy()
        table = table.iloc[np.sort(order[~again])]
    return table


# From where


def _from_frame(frame, asked, place="The table", **layout):
    if layout:
        raise ValueError(
            f"{sorted(layout)} must be left out: only text files can have them."
        )
    names = list(frame.columns)
    source = Source(place, names, choose(names, asked, place))
    table = frame.iloc[:, list(source.chosen.values())]
    table = table.set_axis(list(source.chosen), axis="columns")
    return table.reset_index(drop=True), source, None


def _find(source):
    if re.match("[a-z]+://", str(source), re.IGNORECASE):
        raise DataError(f"{source} is an address. Download it first and name the file.")
    path, there = Path(source), False
    with contextlib.suppress(OSError, RuntimeError):  # a name too long; ~nobody
        path = path.expanduser()
        there = path.exists()
    if not there and str(source) in MOVIELENS:
        return download(str(source))
    if not there:
        raise DataError(
            f"{path} does not exist. Correct the path, or use one of these names: {MOVIELENS}."
        )
    return path


def _from_path(path, asked, **layout):
    file = path = _find(path)
    try:
        file = file_in(path)
        with file.open() as stream:
            head = stream.read(2**16)
        if head.startswith(b"PAR1"):
            return _from_frame(_parquet(file), asked, str(file), **layout)
        refuse_other_kinds(head, str(file), layout.get("encoding"))
        columns, scale = _movielens(file, head)
        form = form_of(head, str(file), **{"columns": columns} | layout)
        chosen = choose(form.names, asked, str(file), layout.get("columns") is not None)
        lines = functools.partial(line_of, file, form)
        table = parse(file, form, chosen)
        return table, Source(str(file), form.names, chosen, lines), scale
    except UnicodeError as error:
        encoding, why = layout.get("encoding"), getattr(error, "reason", error)
        remedy = "Leave encoding=... out, or name the right one."
        if not encoding:
            remedy = "Name the right one; for files from Windows, or from before 2010, "
            remedy += "encoding='latin-1' often is."
        raise DataError(
            f"{file} is not in the encoding {encoding or 'utf-8'} ({why}). {remedy}",
            "encoding",
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
    except ImportError as error:
        raise DataError(
            f"{file} is a Parquet file, for which pyarrow is missing. First run: pip install pyarrow"
        ) from error
    except ValueError as error:
        raise DataError(
            f"{file} is a Parquet file and cannot be read ({str(error)[:200]}). Make the file once more."
        ) from error
