"""Lists that a class hands in as CSV files: read, and checked, with a sentence for what is wrong.

They have a reader of their own. That of `recdl.tables` takes a table without rows for a fault, which here is
an empty list for everybody, and its remedies are options of `recdl.tables.read`, which no entry can have.
"""

import csv
import io
import pathlib
import re

import numpy as np
import pandas as pd

from recdl.columns import (
    DataError,
    identifiers,
    lookup,
    refuse,
    refuse_look_alikes,
    whole_numbers,
)
from recdl.interactions import Interactions

SEPARATORS = ",;\t"
WANTED = "Wanted are user, rank and item."
NAMES = {"user": "user", "userid": "user", "item": "item", "itemid": "item"}
NAMES["rank"] = "rank"


def lists_in(path, positives: Interactions, k: int) -> tuple[np.ndarray, str]:
    """Read an entry's CSV file as positions, (n_users, k), -1 in empty places; and a remark, or "".

    What is longer than k is cut. A DataError tells what is wrong with the file.
    """
    table, lines = _table(path)
    try:
        users, items, ranks = _places(table, positives)
    except DataError as error:
        fault = error.fault
        raise DataError(fault.at(fault.column, f"line {lines[fault.row]}")) from error
    top = np.full((positives.n_users, k), -1)
    kept = (ranks <= k).to_numpy()
    top[users[kept], ranks[kept] - 1] = items[kept]
    return top, "" if kept.all() else f"lists cut to {k} items"


def _places(table, positives):
    """Return the positions of users and items, and the ranks; a DataError names the row."""
    users = _positions(table["user"], positives.user_ids)
    items = _positions(table["item"], positives.item_ids)
    remedy = "Ranks are whole numbers: 1 for the first place, then 2."
    try:
        ranks = whole_numbers(table["rank"])
    except DataError as error:
        raise DataError(error.fault._replace(remedy=remedy)) from error
    refuse(ranks, ranks < 1, "is no rank", "The first place has the rank 1.")
    for name, other in (("rank", ranks), ("item", items)):
        twice = pd.DataFrame({"user": users, name: other}).duplicated()
        refuse(table[name], twice, "occurs twice in the list of its user", "Keep one.")
    return users, items, ranks


def _table(path):
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"It is no text in utf-8 ({error.reason}). Save it as CSV in UTF-8."
        ) from error
    if not text.strip():
        raise DataError(f"The file is empty. {WANTED}")
    first = text.lstrip().splitlines()[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(SEPARATORS, key=first.count)
    )
    try:
        rows = [(reader.line_num, row) for row in reader if "".join(row).strip()]
    except csv.Error as error:
        raise DataError(f"Line {reader.line_num} cannot be read: {error}.") from error
    header = rows.pop(0)[1]
    for line, row in rows:
        if len(row) != len(header):
            raise DataError(
                f"Line {line} has {len(row)} fields, and the first line has {len(header)}. Correct it."
            )
    table = pd.DataFrame([row for _, row in rows], columns=header, dtype=object)
    return _with_our_names(table), [line for line, _ in rows]


def _with_our_names(table):
    names = [NAMES.get(re.sub(r"[\W_]", "", name).lower()) for name in table]
    for name in ("user", "rank", "item"):
        if name not in names:
            raise DataError(
                f"There is no column {name}, only {', '.join(table)}. {WANTED}"
            )
        if names.count(name) > 1:
            raise DataError(
                f"More than one column is called {name}: {', '.join(table)}. {WANTED}"
            )
    return table.set_axis(names, axis="columns")


def _positions(column, known):
    column = identifiers(column)
    known = np.array([str(name) for name in known], dtype=object)
    remedy = "Read train.csv with dtype=str, and write its names as they are."
    try:
        refuse_look_alikes(column, known)
    except DataError as error:
        raise DataError(error.fault._replace(remedy=remedy)) from error
    found = lookup(column, known)
    refuse(column, found < 0, "does not occur in train.csv", remedy)
    return found
