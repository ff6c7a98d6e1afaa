"""Larger sets of MovieLens, up to 32 million ratings: the same tables and splits, sooner and in less memory.

Each function gives what the one of the same name in `recdl.tables` or `recdl.splits` gives: the same values
in the same rows. What it is not made for, it leaves to that function, with its errors. Two things differ. In
the table of a file with MovieLens' layout, identifiers have 32 bits and ratings are float32, in which half
stars are exact; and a split keeps the types of its table. Files are read by polars, an extra::

    pip install "recdl[scale]"
"""

import contextlib
import functools
import hashlib
import os

import numpy as np
import pandas as pd

from recdl import splits, tables
from recdl.checks import check_fraction, check_kind
from recdl.columns import DataError, lookup
from recdl.interactions import Interactions
from recdl.ratings import COLUMNS, PAIR
from recdl.splits import Split
from recdl.tables.delimited import _meanwhile, _pieces
from recdl.tables.forms import STAND_IN, form_of
from recdl.tables.kinds_of_files import file_in

CSV_NAMES = tables.CSV_HEADER.decode().split(",")
TIMES = (10**8, 2**31 - 1)  # seconds since 1970 that are nothing else: 1973 to 2038
SLICE = 2**22  # rows


def _polars():
    try:
        import polars
    except ImportError as error:
        raise DataError(
            "To read large files, polars is missing. First run: pip install polars"
        ) from error
    return polars


def read(source: str | os.PathLike) -> pd.DataFrame:
    """Read a file, folder or zip of MovieLens, or the set of this name; see `recdl.tables.read`.

    Returns
    -------
    DataFrame
        ``userID`` and ``itemID`` (int32), ``rating`` (float32), ``timestamp`` (int64); rows as in the file.

    Raises
    ------
    recdl.columns.DataError
        If polars is missing, or `recdl.tables.read` refuses the source.
    """
    polars, table = _polars(), None
    with contextlib.suppress(*tables.DAMAGED):
        table = _movielens(source, polars)
    return tables.read(source) if table is None else table


def _movielens(source, polars):
    """Return the table of a file in MovieLens' layout; None where that takes more care."""
    if not isinstance(source, str | os.PathLike):
        return None
    file = file_in(tables._find(source))
    with file.open() as stream:
        head = stream.read(2**16)
    names, scale = tables._movielens(file, head)
    if scale is None:
        return None
    form = form_of(head, str(file), columns=names)
    if form.names not in (COLUMNS, CSV_NAMES):
        return None
    parts = []
    with file.open() as stream:
        for _ in range(form.n_skipped):
            stream.readline()
        parsed = functools.partial(_parsed, form=form, scale=scale, polars=polars)
        for part in _meanwhile(parsed, _pieces(stream)):
            if part is None:
                return None
            parts.append(part)
    if not parts:
        return None
    whole = polars.concat(parts, rechunk=True)
    table = pd.DataFrame({name: whole[name].to_numpy() for name in COLUMNS}, copy=False)
    if not _are_different(table):
        return None
    names = dict(zip(COLUMNS, form.names, strict=True))
    table.attrs = {"columns": names, "unused_times": []}
    return table


def _parsed(text, form, scale, polars):
    """Return a piece of the file as a table of polars; None unless each value is as MovieLens has them."""
    if form.separator == "::":
        text = text.replace(b"::", STAND_IN.encode())
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    separator = form.reads()["delimiter"]
    kinds = [polars.Int32, polars.Int32, polars.Float32, polars.Int64]
    try:
        part = polars.read_csv(
            text,
            has_header=False,
            separator=separator,
            quote_char=None,
            schema=dict(zip(COLUMNS, kinds, strict=True)),
        )
    except polars.exceptions.PolarsError:
        return None
    if sum(part.null_count().row(0)):  # a line is empty, or short
        return None
    stars, times = (part[name].to_numpy() for name in COLUMNS[2:])
    usual = _within(stars, *scale) and (stars * 2 % 1 == 0).all()
    usual = usual and _within(times, *TIMES)
    return part if usual and _is_shortest(text, part, separator.encode()) else None


def _is_shortest(text, part, mark):
    """Tell whether each number is written in the shortest way, so that "07", "+7" and " 7" are no 7.

    Any other way is longer, so the length of the text tells. Ratings may be "4", "4.0" or "3.5": a point
    makes them longer by two, where a digit stands on both sides of it.
    """
    if mark + b"." in text or b"." + mark in text:
        return False
    wholes = [part[name].to_numpy() for name in COLUMNS if name != "rating"]
    if min(numbers.min() for numbers in wholes) < 0:
        return False
    n_digits = sum(
        len(numbers) + sum(int((numbers >= 10**k).sum()) for k in range(1, 10))
        for numbers in wholes
    )
    ratings = len(part) + 2 * text.count(b".")
    marks = 4 * len(part) - (not text.endswith(b"\n"))
    return len(text) == n_digits + ratings + marks


def _within(values, low, high):
    return bool(low <= values.min() and values.max() <= high)  # False of NaN


def _are_different(table):
    """Tell whether no pair of whole numbers occurs twice; False also where they are too large to tell."""
    users, items = (table[name].to_numpy() for name in PAIR)
    n_users, n_items = (int(ids.max()) - int(ids.min()) + 1 for ids in (users, items))
    if n_users * n_items >= 2**63:
        return False
    keys = users.astype("int64")
    keys -= users.min()
    keys *= n_items
    keys += items
    if (keys[1:] > keys[:-1]).all():  # the large sets are sorted by user and film
        return True
    keys.sort()
    return bool((keys[1:] != keys[:-1]).all())


def has_pairs(table: pd.DataFrame) -> bool:
    """Tell whether a table's pairs are whole numbers, none twice."""
    known = all(
        list(table.columns).count(name) == 1
        and isinstance(table[name].dtype, np.dtype)
        and table[name].dtype.kind == "i"
        for name in PAIR
    )
    return known and len(table) > 0 and _are_different(table)


def has_times(table: pd.DataFrame) -> bool:
    """Tell whether its times are whole seconds, and its ratings, if it has any, finite floats."""
    counts = [list(table.columns).count(name) for name in COLUMNS[2:]]
    if counts not in ([0, 1], [1, 1]) or table["timestamp"].dtype != "int64":
        return False
    if counts[0] and table["rating"].dtype not in ("float32", "float64"):
        return False
    finite = not counts[0] or np.isfinite(table["rating"].to_numpy()).all()
    return bool(finite) and _within(table["timestamp"].to_numpy(), *TIMES)


def chronological_split(ratings: pd.DataFrame, ratio: float = 0.75) -> Split:
    """Give the earliest part of every user's ratings to training: `recdl.splits.chronological_split`."""
    check_kind(pd.DataFrame, ratings=ratings)
    check_fraction(ratio=ratio)
    if not (has_pairs(ratings) and has_times(ratings)):
        return splits.chronological_split(ratings, ratio)
    order = _by_user_and_time(ratings)
    users = ratings["userID"].to_numpy()[order]
    begins = np.append(0, np.flatnonzero(users[1:] != users[:-1]) + 1)
    sizes = np.diff(begins, append=len(users))
    kept = np.round(float(ratio) * sizes).astype(int)  # a half to the even neighbour
    lengths = np.column_stack([kept, sizes - kept]).ravel()
    is_train = np.repeat(np.tile([True, False], len(sizes)), lengths)
    return Split(ratings.iloc[order[is_train]], ratings.iloc[order[~is_train]])


def _by_user_and_time(ratings):
    """Return the places of the rows by user, then by time; in the same second, in the order of the table."""
    users, times = (ratings[name].to_numpy() for name in ("userID", "timestamp"))
    span = int(times.max()) - int(times.min()) + 1
    n_users = int(users.max()) - int(users.min()) + 1
    if n_users * span >= 2**63:
        return np.lexsort((times, users))
    keys = users.astype("int64")
    keys -= users.min()
    keys *= span
    keys += times - times.min()
    return np.argsort(keys, kind="stable")


def course_split(ratings: pd.DataFrame) -> Split:
    """Return 75 % by time, without unseen users and films: `recdl.splits.course_split`."""
    return _without_unseen(chronological_split(ratings, 0.75))


def _without_unseen(split):
    """Remove test rows whose user or film never occurs in training; both parts are checked already."""
    known = [lookup(split.test[n], split.train[n].unique()) >= 0 for n in PAIR]
    left = split.test[known[0] & known[1]]
    return splits._without_unseen(split) if left.empty else Split(split.train, left)


def interactions(train: pd.DataFrame) -> Interactions:
    """Return what `recdl.interactions.Interactions` makes of a table that stands by user."""
    check_kind(pd.DataFrame, train=train)
    if not (has_pairs(train) and has_times(train)):
        return Interactions(train)
    found = Interactions.__new__(Interactions)
    found.users, found.user_ids = pd.factorize(train["userID"].to_numpy())
    is_first = np.append(True, found.users[1:] != found.users[:-1])
    if is_first.sum() > len(found.user_ids):
        return Interactions(train)
    found.items, found.item_ids = pd.factorize(train["itemID"].to_numpy())
    waited = np.diff(train["timestamp"].to_numpy(), prepend=0)
    found.in_time_order = not (waited[~is_first] < 0).any()
    found.tied = ~is_first & (waited == 0)
    return found


def pairs_sha256(ratings: pd.DataFrame) -> str:
    """Return the SHA-256 of the (user, film) pairs: `recdl.splits.pairs_sha256`."""
    check_kind(pd.DataFrame, ratings=ratings)
    if not has_pairs(ratings):
        return splits.pairs_sha256(ratings)
    digest = hashlib.sha256()
    for text in pairs_as_text(ratings):
        digest.update(text)
    return digest.hexdigest()


def pairs_as_text(ratings: pd.DataFrame):
    """Yield what `recdl.splits.pairs_sha256` hashes, piece by piece; the pairs are whole numbers."""
    table = _polars().DataFrame({name: ratings[name].to_numpy() for name in PAIR})
    for part in table.sort(PAIR).iter_slices(SLICE):
        yield part.write_csv(include_header=False).encode()
