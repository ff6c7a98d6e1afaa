"""Which column of a table is which, and errors in the words of whoever named them."""

import contextlib
import csv
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from recdl.columns import DataError
from recdl.ratings import PAIR

USUAL = {  # in small letters, without what is neither letter nor digit
    "userID": ["userid", "user"],
    "itemID": ["itemid", "movieid", "item", "isbn"],
    "rating": ["rating", "bookrating", "stars", "score", "plays", "count"],
    "timestamp": ["timestamp", "time", "date", "datetime"],
}
TIMES = ("time", "date", "_at", "when")
DIGITS = {  # how many of the values must be such dates: (lowest, highest, share, what it is)
    "%Y%m%d": (19000101, 20991231, 0.9, "a day"),
    "%Y%m%d%H%M": (190001010000, 209912312359, 1, "a day with hours and minutes"),
    "%Y%m%d%H%M%S": (19000101000000, 20991231235959, 1, "a day with its time"),
}


class Source(NamedTuple):
    """Where a table comes from."""

    place: str
    names: list  # of all its columns
    chosen: dict  # from our names to positions
    line_of: Callable | None = None  # from a row, counted from 0, to the line of a file

    def name(self, ours):
        """Return the name that one of our columns has in the source."""
        return self.names[self.chosen[ours]]

    def attrs(self, asked):
        """Return what was taken, and what could have been the times, as plain texts."""
        unused = set(range(len(self.names))) - set(self.chosen.values())
        names = [str(self.names[i]) for i in sorted(unused)]
        silent = asked["timestamp"] is None and "timestamp" not in self.chosen
        times = [n for n in names if silent and _looks_like_times(n)]
        taken = {ours: str(self.name(ours)) for ours in self.chosen}
        return {"columns": taken, "unused_times": times}


def _looks_like_times(name):
    return _plain(name) in USUAL["timestamp"] or any(w in name.lower() for w in TIMES)


def _plain(name):
    return re.sub(r"[\W_]", "", str(name).partition(":")[0]).lower()  # user_id:token


def choose(names: list, asked: dict, place: str, given: bool = False) -> dict:
    """Return the position of each of our columns among the names, which the caller may have given."""
    chosen = {}
    for ours, name in asked.items():
        if name is False and ours not in PAIR:
            continue
        if name is not None:
            chosen[ours] = _place(names, name, place)
            continue
        found = [ours] if ours in names else []
        found = found or [n for n in names if _plain(n) in USUAL[ours]]
        if len(set(found)) == 1:
            chosen[ours] = _place(names, found[0], place)
        elif found or ours in PAIR:
            raise DataError(_unclear(names, ours, found, place, given))
    if len(set(chosen.values())) < len(chosen):
        raise DataError(
            f"{place}: a column was named for two things. Use one for each."
        )
    return chosen


def _place(names, name, place):
    """Return where a name stands; blanks around it count only if there is another without."""
    found = [i for i, other in enumerate(names) if other == name]
    if not found:
        bare = [str(other).strip() for other in names]
        found = [i for i, other in enumerate(bare) if other == str(name).strip()]
    if not found:
        kind = "table" if place == "The table" else "file"
        raise DataError(
            f"{place}: There is no column {name!r}; the {kind} has {names}. Use one of these names; if they "
            "are the first row of the table, pass columns=[...] with a name for each column."
        )
    if len(found) > 1:
        raise DataError(
            f"{place}: {len(found)} columns have the name {name!r}, of {names}. Rename one."
        )
    return found[0]


def _unclear(names, ours, found, place, given):
    how = f"more than one, {found}" if found else "none"
    start = f"{place} has the columns {names}. Of them {how} can be {ours}. "
    if given:
        return (
            start
            + "Say which is which: user='...', item='...', with these names in place of dots."
        )
    return start + (
        "Use read(..., user='...', item='...', rating='...', time='...') with the names in place of dots; "
        "rating=False or time=False leaves one out. If these are no names but the first row, pass "
        "columns=[...]."
    )


# Errors


def told(error: DataError, source: Source, rows=None) -> str:
    """Return an error of the door in the words of the source; `rows` are those there, if some are missing."""
    text = str(error)
    found = re.match(r"Column (\w+), row (\d+) \(counted from 0\): ", text)
    if not found or found[1] not in source.chosen:
        return f"{source.place}: {text}"
    ours, row = found[1], int(found[2])
    row = row if rows is None else int(rows[row])
    where = f"row {row} (counted from 0)" if row >= 0 else "a sum of rows"
    if source.line_of and row >= 0:
        with contextlib.suppress(csv.Error):  # a field of more than 100,000 letters
            where = f"line {source.line_of(row)}"
    name, rest = source.name(ours), text[found.end() :]
    for ours_there, theirs in {
        f"{{{ours!r}: str": f"{{{name!r}: str",
        f"table[{ours!r}]": f"table[{name!r}]",
        f"({PAIR})": f"({[source.name(one) for one in PAIR]})",
        "size than row 0,": "size than the first row,",
    }.items():
        rest = rest.replace(ours_there, theirs)
    column = ours if name == ours else f"{name} ({ours})"
    return f"{source.place}: Column {column}, {where}: {rest}{_hint(rest, repr(name))}"


def _hint(text, name):
    """Return what else may help, by how the value looks."""
    if re.match(r"'[-+]?[\d.]*,\d+' is not a number", text):
        return " If a comma stands in place of a decimal point, read the file with decimal=','."
    if re.match(r"'\d{1,2}[./-]\d{1,2}[./-](\d{4}|\d\d)\b.*' is no date", text):
        return (
            f" Or convert them before: table[{name}] = pd.to_datetime(table[{name}], dayfirst=True), if the "
            "day comes first, and read that table."
        )
    return ""


def refuse_digits_of_dates(column: pd.Series, source: Source):
    """Refuse 20011204155549 and its like: as seconds or milliseconds they would be other times."""
    values = pd.Series(column.to_numpy())
    if values.dtype.kind not in "iufO" or _numbers(values.head(100)).isna().all():
        return
    values = _numbers(values)
    for form, (low, high, share, what) in DIGITS.items():
        fit = values.between(low, high)
        if not len(fit) or fit.mean() < share:
            continue
        texts = values[fit].astype("int64").astype(str)
        dates = pd.to_datetime(texts, format=form, errors="coerce").notna()
        if (values[fit] % 1 == 0).all() and dates.sum() >= share * len(values):
            first = int(values[int(np.argmax(fit))])
            name = source.name("timestamp")
            raise DataError(
                f"{source.place}: Column {name}: {first} is {what} written as one number. Convert the column "
                f"and read that table: pd.to_datetime(table[{name!r}].astype(str), format={form!r}, "
                "errors='coerce')."
            )


def _numbers(values):
    return pd.to_numeric(values, errors="coerce")
