"""Which column of a table is which, and errors in the words of whoever named them."""

import contextlib
import csv
import re
from collections.abc import Callable
from typing import NamedTuple

from recdl.columns import DataError
from recdl.ratings import PAIR

USUAL = {  # in small letters, without what is neither letter nor digit
    "userID": ["userid", "user"],
    "itemID": ["itemid", "movieid", "item", "isbn"],
    "rating": ["rating", "bookrating", "stars", "score", "plays", "count"],
    "timestamp": ["timestamp", "time", "date", "datetime"],
}
OPTIONS = {"userID": "user", "itemID": "item", "rating": "rating", "timestamp": "time"}
TIMES = {"time", "timestamp", "datetime", "date", "at", "when"}


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
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)  # user, Rated, at
    return not TIMES.isdisjoint(word.lower() for word in words)


def _plain(name):
    return re.sub(r"[\W_]", "", str(name).partition(":")[0]).lower()  # user_id:token


def choose(names: list, asked: dict, place: str, given: bool = False) -> dict:
    """Return the position of each of our columns among the names, which the caller may have given."""
    chosen = {}
    for ours, name in asked.items():
        if name is False and ours not in PAIR:
            continue
        if isinstance(name, bool):  # which equals a column with the number 0 or 1
            raise ValueError(
                f"{OPTIONS[ours]} must be the name of a column; received {name}."
            )
        if name is not None:
            chosen[ours] = _place(names, name, place, OPTIONS[ours])
            continue
        found = [ours] if ours in names else []
        found = found or [n for n in names if _plain(n) in USUAL[ours]]
        if len(set(found)) == 1:
            chosen[ours] = _place(names, found[0], place, OPTIONS[ours])
        elif found or ours in PAIR:
            raise _unclear(names, ours, found, place, given)
    if len(set(chosen.values())) < len(chosen):
        raise DataError(
            f"{place}: a column was named for two things. Use one for each."
        )
    return chosen


def _place(names, name, place, option):
    """Return where a name stands; blanks around it count only if there is another without."""
    found = [i for i, other in enumerate(names) if other == name]
    if not found:
        bare = [str(other).strip() for other in names]
        found = [i for i, other in enumerate(bare) if other == str(name).strip()]
    if not found:
        kind = "table" if place == "The table" else "file"
        raise DataError(
            f"{place}: There is no column {name!r}; the {kind} has {names}. Use one of these names; if they "
            "are the first row of the table, pass columns=[...] with a name for each column.",
            option,
            "columns",
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
        told = "Say which is which: user='...', item='...', with these names in place of dots."
        return DataError(start + told, "user", "item")
    told = (
        "Use read(..., user='...', item='...', rating='...', time='...') with the names in place of dots; "
        "rating=False or time=False leaves one out. If these are no names but the first row, pass "
        "columns=[...]."
    )
    options = ["user", "item", "rating", "time", "rating=False", "time=False"]
    return DataError(start + told, *options, "columns")


# Errors


def told(error: DataError, source: Source, rows=None) -> DataError:
    """Return an error of the door in the words of the source; `rows` are those there, if some are missing."""
    fault = error.fault
    if not fault or fault.column not in source.chosen:
        return DataError(f"{source.place}: {error}", *error.options)
    row = fault.row if rows is None else int(rows[fault.row])
    where = f"row {row} (counted from 0)" if row >= 0 else "a sum of rows"
    if source.line_of and row >= 0:
        with contextlib.suppress(csv.Error):  # a field of more than 100,000 letters
            where = f"line {source.line_of(row)}"
    ours = re.compile("'(" + "|".join(source.chosen) + ")'")
    remedy = ours.sub(lambda found: repr(source.name(found[1])), fault.remedy)
    name = source.name(fault.column)
    hint, *options = _hint(fault, repr(name))
    fault = fault._replace(remedy=remedy + hint)
    options += ["rating=False"] * (fault.column == "rating")
    column = name if name == fault.column else f"{name} ({fault.column})"
    return DataError(f"{source.place}: {fault.at(column, where)}", *options)


def _hint(fault, name):
    """Return what else may help, by how the value looks, and the options in it."""
    value, column = str(fault.value), fault.column
    if column not in PAIR and re.fullmatch(r"[-+]?[\d.]*,\d+", value):
        hint = " If a comma stands in place of a decimal point, read the file with decimal=','."
        return hint, "decimal=,"
    if column == "timestamp" and re.match(
        r"\d{1,2}[./-]\d{1,2}[./-](\d{4}|\d\d)\b", value
    ):
        return (
            f" Or, if the day comes first, convert the column before, pd.to_datetime(table[{name}], "
            "dayfirst=True), and read that table. Of a file, write another one: as chapter A1 shows.",
        )
    return ("",)
