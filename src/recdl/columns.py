"""Columns of every kind that pandas has as plain ones: identifiers, numbers, times.

The rules, for a table from anywhere:

- identifiers are whole numbers of 64 bits or texts, all of one kind, and stay as they are: "007" is not "7".
  The float 3.0 counts as 3, as that is what pandas makes of whole numbers where one was missing; but where a
  float no longer holds each whole number, from 2**53 on, two users may have become one, so it is refused;
- ratings are finite numbers;
- times become seconds since 1970 in universal time: of numbers below 10**11 that is the unit, below 10**14
  milliseconds, below 10**17 microseconds, else nanoseconds; dates, date-times and ISO 8601 texts without a
  zone count as universal time. Fractions of a second are kept to the microsecond.

What breaks a rule raises `DataError`, which names the column, the row, the value and what to do.
"""

import datetime
from decimal import Decimal
from numbers import Real
from typing import NamedTuple

import numpy as np
import pandas as pd

UNITS = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6}
UNITS["nanoseconds"] = 10**9
LARGEST_SECONDS = 10**11  # the year 5138; as milliseconds, 1973
DIGITS = {  # how many of the values must be such dates: (lowest, highest, share, what it is)
    "%Y%m": (190001, 209912, 1, "a year and month"),
    "%Y%m%d": (19000101, 20991231, 0.9, "a day"),
    "%Y%m%d%H%M": (190001010000, 209912312359, 1, "a day with hours and minutes"),
    "%Y%m%d%H%M%S": (19000101000000, 20991231235959, 1, "a day with its time"),
}


class Fault(NamedTuple):
    """One value that breaks a rule: where it stands, counted from 0, what is wrong, and what to do."""

    column: str
    row: int
    value: object
    problem: str
    remedy: str

    def at(self, column: str, where: str) -> str:
        """Return the sentence with these words for the column and the row."""
        return f"Column {column}, {where}: {self.value!r} {self.problem}. {self.remedy}"

    def __str__(self):
        return self.at(self.column, f"row {self.row} (counted from 0)")


class DataError(ValueError):
    """Data are there, but their content is wrong; `fault` has the value, where it is a single one."""

    def __init__(self, what: str | Fault, *options: str):
        super().__init__(str(what))
        self.fault = what if isinstance(what, Fault) else None
        self.options = options  # of recdl.tables.read that may help: "quotes=False"


def refuse(values: pd.Series, bad, problem: str, remedy: str):
    """Raise DataError about the first of the values that is bad, if any is."""
    bad = np.asarray(bad, dtype=bool)
    if bad.any():
        row = int(np.argmax(bad))
        [value] = values.iloc[[row]].tolist()  # 7.0, not np.float64(7.0)
        raise DataError(Fault(values.name, row, value, problem, remedy))


def _plain(values):
    """Return a column with rows numbered from 0 and a dtype of NumPy's; refuse missing values."""
    column = pd.Series(values.to_numpy(), name=values.name)
    missing = values.isna().to_numpy(dtype=bool)
    if column.dtype == object:
        empty = [isinstance(value, str) and not value for value in column]
        missing = missing | np.array(empty, dtype=bool)
    refuse(column, missing, "is missing", "Fill it in or drop the row.")
    return column


def _are(values, kind):
    """Tell which values are of a kind of Python's; truth values are neither numbers nor texts."""
    if values.dtype.kind in "iuf":
        return np.full(len(values), issubclass(float, kind))
    found = [isinstance(v, kind) and not isinstance(v, bool) for v in values]
    return np.array(found, dtype=bool)


# Identifiers


def identifiers(values: pd.Series) -> pd.Series:
    """Return a column of identifiers, rows numbered from 0: texts as they are, whole numbers as integers."""
    column = _plain(values)
    text = _are(column, str)
    if text.all() or column.dtype.kind == "i":
        return column
    remedy = (
        "Make all of them texts where they come from: "
        f"pd.read_csv(path, dtype={{{str(column.name)!r}: str}})."
    )
    refuse(column, text != text[0], "is a text among numbers, or the reverse", remedy)
    problem = "is neither a whole number nor a text"
    refuse(column, ~_are(column, Real), problem, "Number them with pd.factorize.")
    problem = "is a float that may have lost digits, so that two identifiers became one"
    refuse(column, _lost_digits(column), problem, remedy)
    return whole_numbers(column)


def _lost_digits(column):
    """Tell which values are floats so large that not each whole number of their size is a float."""
    if column.dtype.kind == "f":
        size = np.abs(column.to_numpy())
        return np.isfinite(size) & (size >= _exact_below(column.dtype))
    if column.dtype != object:
        return np.zeros(len(column), dtype=bool)
    floats = (isinstance(v, float | np.floating) and np.isfinite(v) for v in column)
    pairs = zip(floats, column, strict=True)
    return np.array([f and abs(v) >= _exact_below(v) for f, v in pairs], dtype=bool)


def _exact_below(value):
    kind = np.asarray(value).dtype if not isinstance(value, np.dtype) else value
    digits = np.finfo(kind).nmant + 1
    return kind.type(2) ** min(digits, 63)


def lookup(values: pd.Series, known: np.ndarray) -> np.ndarray:
    """Return the position of each checked identifier among known ones, -1 for one that is not there.

    Raises
    ------
    DataError
        If one side has texts and the other numbers: no text equals a number, so nothing would be found.
    """
    kinds = [_kind(values), _kind(known)]
    if len(values) and len(known) and kinds[0] != kinds[1]:
        raise DataError(
            f"Column {values.name} has {kinds[0]}, such as {values.tolist()[0]!r}, but training has "
            f"{kinds[1]}, such as {known.tolist()[0]!r}. Read both tables from their files with the same "
            "dtype; where zeros stood in front, only as texts."
        )
    return pd.Index(known).get_indexer(values)


def _kind(ids):
    return "texts" if ids.dtype == object else "whole numbers"


def refuse_look_alikes(values: pd.Series, known: np.ndarray):
    """Refuse a text that is not known where one is that differs in zeros or blanks around it, or in ".0".

    Between two tables that is the trace of a program that read one of them as numbers. A table that has both
    of them tells them apart.
    """
    if _kind(values) != "texts" or _kind(known) != "texts":
        return
    column = values.reset_index(drop=True)
    if (unknown := ~column.isin(known)).sum() == 0:
        return
    forms = {_as_a_number_was(text): text for text in known}
    other = column.map(_as_a_number_was).map(forms)
    alike = unknown & other.notna() & ~other.isin(column)
    problem = f"never occurs in training, but {other[alike].tolist()[:1]} does"
    remedy = "Read both tables as texts, from files in which nothing was lost."
    refuse(column, alike, problem, remedy)


def _as_a_number_was(text):
    bare = text.strip().removesuffix(".0")
    return bare.lstrip("0") or bare[-1:] or text  # of "00", "0" is left


# Numbers


def numbers(values: pd.Series) -> pd.Series:
    """Return a column of finite numbers as float64, rows numbered from 0."""
    column = _plain(values)
    found = _to_numeric(column)
    problem = "is not a finite number"
    refuse(column, ~np.isfinite(found), problem, "Correct it or drop the row.")
    # pandas may be off in the last digit of a text.
    return column.map(float) if column.dtype == object else found.astype("float64")


def whole_numbers(values: pd.Series) -> pd.Series:
    """Return a column of whole numbers as int64, rows numbered from 0; they may come as texts."""
    column = _plain(values)
    found = _to_numeric(column)
    remedy = "Correct it, or number the values with pd.factorize."
    refuse(column, found % 1 != 0, "is not a whole number", remedy)
    if column.dtype == object:  # pandas would round large ones
        found = column.map(_exactly).astype(object)
    elif column.dtype == "float16":  # holds no 2**63 to compare with
        found = found.astype("float64")
    fits = found.between(-(2**63), 2**63, inclusive="left")
    refuse(column, ~fits, "needs more than 64 bits", remedy)
    return found.astype("int64")


def _to_numeric(column):
    found = pd.to_numeric(column, errors="coerce")
    none = found.isna() | ~_are(column, str | Real | Decimal)
    refuse(column, none, "is not a number", "Correct it or drop the row.")
    return found


def _exactly(value):
    return int(Decimal(value) if isinstance(value, str) else value)


# Times


def seconds(values: pd.Series) -> pd.Series:
    """Return a column of times in seconds since 1970: int64 if all are whole, else float64; rows from 0."""
    column = _plain(values)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    if column.dtype.kind == "M":
        return _of_instants(column)
    if column.dtype == object:
        dates = _are(column, datetime.date | np.datetime64)
        text = _are(column, str)
        number = pd.to_numeric(column, "coerce").notna() & ~dates
        if dates.any() or (text.any() and not number.all()):
            remedy = "Write times as 1997-12-04T15:55:49Z, or as seconds since 1970."
            is_first = np.full(len(column), number[0])
            refuse(column, is_first & ~number, "is no number, unlike the first", remedy)
            # "now" would be this moment, and 1700 among dates a year
            bad = number | (text & ~column.astype(str).str.contains(r"\d"))
            ok = (dates | text) & ~bad
            iso = {"format": "ISO8601", "errors": "coerce", "utc": True}
            instants = pd.to_datetime(column.where(ok), **iso)
            problem = "is no date and time between 1678 and 2262 that can be read"
            refuse(column, instants.isna(), problem, remedy)
            return _of_instants(instants.dt.tz_localize(None))
    return _of_numbers(column)


def _of_instants(column):
    return _scaled(column.astype("datetime64[us]").astype("int64"), 10**6)


def _of_numbers(column):
    found = _to_numeric(column)
    refuse(column, ~np.isfinite(found), "is no time", "Correct it or drop the row.")
    short = column.dtype.kind == "f" and column.dtype.itemsize < 8
    remedy = "Read the times again, as whole numbers of 64 bits."
    problem = "is a float that has lost digits"
    refuse(column, short & _lost_digits(column), problem, remedy)
    too_large = np.abs(found.to_numpy(dtype="float64")) >= 2.0**63
    refuse(column, too_large, "needs more than 64 bits", remedy)
    sizes = np.searchsorted(
        [LARGEST_SECONDS, LARGEST_SECONDS * 10**3, LARGEST_SECONDS * 10**6],
        np.abs(found.to_numpy(dtype="float64")),
        side="right",
    )
    if not len(sizes):
        return found.astype("int64")
    unit = list(UNITS)[sizes[0]]
    problem = f"has another size than the first row, which is one of {unit}"
    remedy = "Bring the column to seconds since 1970."
    refuse(column, sizes != sizes[0], problem, remedy)
    _refuse_digits_of_dates(column, found)
    if column.dtype == object:
        whole = (found % 1 == 0).all()
        found = whole_numbers(column) if whole else found.astype("float64")
    return _scaled(found, UNITS[unit])


def _refuse_digits_of_dates(column, found):
    """Refuse 20011204155549 and its like: as seconds or milliseconds they would be other times."""
    for form, (low, high, share, what) in DIGITS.items():
        if found.max() < low or found.min() > high:  # nearly always
            continue
        fit = found.between(low, high)
        if fit.mean() < share or (found[fit] % 1 != 0).any():
            continue
        digits = found[fit].astype("int64").astype(str)
        dates = pd.to_datetime(digits, format=form, errors="coerce").notna()
        if dates.sum() >= share * len(found):
            remedy = (
                "Convert the column and use that table: "
                f"pd.to_datetime(table[{str(column.name)!r}].astype(str), format={form!r}, "
                "errors='coerce')."
            )
            refuse(column, fit, f"is {what} written as one number", remedy)


def _scaled(found, per_second):
    """Divide by the number of units in a second; keep whole numbers where nothing is lost."""
    if found.dtype.kind == "f" and (found % 1 != 0).any():
        return found.astype("float64") / per_second
    found = found.astype("int64")
    if per_second == 1:
        return found
    whole, rest = divmod(found, per_second)
    return whole if not rest.any() else whole + rest / per_second
