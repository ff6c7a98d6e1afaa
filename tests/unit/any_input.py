"""Any input either works or is refused with the documented error: what those tests of a module share.

Inputs stay as they are, and no warning escapes (pytest makes an error of it). Where a function works, its
result is compared with a slow and obvious one. How many examples are tried, and which, says conftest.
"""

import datetime
import math
import pathlib
import re
import traceback
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from recdl import evaluation, splits
from recdl.columns import DataError
from recdl.interactions import Interactions
from recdl.ratings import COLUMNS, PAIR

# What every test asks

REMEDY = re.compile(
    "must|need|pass|first|Remove|Use|use|Keep|keep|Fill|Make|Correct|Rescale|Number|Split|turns|drop|diverge"
)


def snapshot(thing):
    """Write down everything that a caller can see of an argument; NaN equals NaN there."""
    if isinstance(thing, pd.DataFrame):
        columns = [snapshot(thing.iloc[:, i]) for i in range(thing.shape[1])]
        return repr((thing.columns.tolist(), columns))
    if isinstance(thing, pd.Series):
        index = (thing.index.names, thing.index.tolist())
        return repr((thing.name, thing.dtype, thing.tolist(), index))
    if isinstance(thing, np.ndarray):
        return repr((thing.dtype, thing.tolist()))
    if isinstance(thing, dict):
        return repr({key: snapshot(value) for key, value in thing.items()})
    if isinstance(thing, list | tuple):
        return repr([snapshot(value) for value in thing])
    if isinstance(thing, Interactions | evaluation.Relevant):
        return snapshot(vars(thing))
    return repr(thing)


def attempt(function, *inputs, error=ValueError, **options):
    """Return the result, or None where the package itself raises the error and says what to do."""
    before = snapshot([inputs, options])
    result = raised = None
    try:
        result = function(*inputs, **options)
    except error as refusal:
        raised = refusal
    assert snapshot([inputs, options]) == before
    if raised:
        assert type(raised) in (error, DataError)
        place = traceback.extract_tb(raised.__traceback__)[-1]
        assert pathlib.Path(place.filename).parent.name == "recdl"
        assert place.line.startswith("raise "), f"not by the package: {place.line}"
        assert REMEDY.search(str(raised)), raised
    return result


def works(function, *inputs, **options):
    result = attempt(function, *inputs, **options)
    assert result is not None, "a good input was refused"
    return result


def is_refused(function, *inputs, **options):
    return attempt(function, *inputs, **options) is None


# Options

WRONG = [
    None, "3", "", 2.5, 3.0, np.float64(3), math.nan, math.inf, 1j, b"3", [1], (), {}, -1, -(10**30),
    Fraction(5, 2), Decimal(3), pd.NA, pd.NaT, object, np.arange(2),
]  # fmt: skip
wrong_numbers = st.sampled_from(WRONG)
wrong_fractions = st.sampled_from([*WRONG, 0, 1, 0.0, 1.0, 75, 10**400, Decimal("0.5")])
fractions = st.floats(0, 1, exclude_min=True, exclude_max=True) | st.sampled_from(
    [0.25, 0.5, 0.75, np.float32(0.7), Fraction(2, 3)]
)
huge = st.sampled_from([2**31, 2**62, 2**63 - 1, 10**30])
small = st.integers(1, 4)


def whole(low, high):
    numbers = st.integers(low, high)
    return numbers | numbers.map(np.int32) | numbers.map(np.uint8)


def lists(elements, n):
    return st.lists(elements, min_size=n, max_size=n)


# Tables

ODD = [
    None, math.nan, pd.NA, pd.NaT, "", "x", " 7", "7.5", "nan", math.inf, 2.5, True, b"7", [1], (2,),
    pd.Timestamp(0), datetime.date(2020, 1, 1), Decimal("2.5"), Fraction(1, 2),
    # `pd.to_numeric` and `astype` take these, and make something else of them.
    2**63, -(2**63) - 1, 10**30, 1e300, 2.0**63, "9" * 30, 1j, pd.Series([1, 2]),
]  # fmt: skip
DTYPES = [
    "int8", "uint64", "float16", "float64", "longdouble", "Int64", "Float64", "bool", "category", "string",
    "str", "Sparse[int64]", "datetime64[ns]", "timedelta64[ns]",
]  # fmt: skip


@st.composite
def odd_columns(draw, n):
    """A column of n values that may be of any dtype, and hold anything."""
    numbers = pd.Series(draw(lists(small, n)), dtype="int64")
    kind = draw(
        st.sampled_from(["cells", "gaps", "text", "floats", "periods", "dtype"])
    )
    if kind == "gaps":
        return numbers.astype("Int64").where(numbers > 1)
    if kind == "text":
        return pd.Series(draw(lists(st.text(max_size=3), n)), dtype=object)
    if kind == "floats":
        return pd.Series(draw(lists(st.floats(), n)), dtype=float)
    if kind == "periods":
        return pd.Series(pd.period_range("2020", periods=n, freq="D"))
    if kind == "dtype":
        return numbers.astype(draw(st.sampled_from(DTYPES)))
    cells = draw(lists(small | small.map(str) | small.map(float), n))
    for row in range(0, n, draw(small)):
        cells[row] = draw(st.sampled_from(ODD))
    column = pd.Series([None] * n, dtype=object)
    column[:] = cells
    return column.infer_objects() if draw(st.booleans()) else column


@st.composite
def indexes(draw, n):
    """Any index: its labels play no part."""
    numbers = pd.Index(draw(lists(small, n)), dtype="int64")
    return draw(
        st.sampled_from(
            [
                pd.RangeIndex(n),
                pd.Index(["a"] * n),
                numbers.rename("userID"),
                numbers.where(numbers > 1),
                pd.to_datetime(numbers),
                pd.MultiIndex.from_arrays([numbers, numbers[::-1]], names=PAIR),
            ]
        )
    )


IDS = [
    "int64", "int64", "str", "uint8", "float64", "Int64", "category", "string", object,
]  # fmt: skip


@st.composite
def good_tables(draw, min_size=1, ids=IDS):
    """Ratings of a few users and films, each pair once, in any order, with many equal timestamps."""
    pairs = st.lists(
        st.tuples(small, st.integers(1, 6)), min_size=min_size, unique=True
    )
    table = pd.DataFrame(draw(pairs), columns=PAIR, dtype="int64")
    n = len(table)
    table["rating"] = draw(lists(st.integers(1, 5), n))
    table["timestamp"] = draw(lists(st.integers(0, 3), n))
    table = table.astype(dict.fromkeys(PAIR, draw(st.sampled_from(ids))))
    if draw(st.booleans()):
        table = table[draw(st.permutations(COLUMNS))].assign(title="Brazil")
    return table.set_axis(draw(indexes(n)))


@st.composite
def any_tables(draw):
    """A table of ratings in which anything may be wrong, and often nothing is."""
    table = draw(good_tables(min_size=draw(st.sampled_from([0, 1, 1, 1]))))
    faults = ["none", "none", "column", "column", "rows", "missing", "twice", "levels"]
    fault, column = draw(st.sampled_from(faults)), draw(st.sampled_from(COLUMNS))
    if fault == "column":
        values = draw(odd_columns(len(table)))
        return table.assign(**{column: values.set_axis(table.index)})
    if fault == "rows":
        return pd.concat([table, table])
    if fault == "missing":
        return table.drop(columns=column)
    if fault == "twice":
        return pd.concat([table, table[[column]]], axis=1)
    if fault == "levels":
        return table.set_axis([table.columns, ["x"] * table.shape[1]], axis=1)
    return table


@st.composite
def any_splits(draw):
    """Return two parts of one good table, or two tables that have nothing to do with each other."""
    if draw(st.booleans()):
        return splits.Split(draw(any_tables()), draw(any_tables()))
    table = draw(good_tables())
    to_train = np.array(draw(lists(st.booleans(), len(table))))
    return splits.Split(table[to_train], table[~to_train])


# What a table holds, by the rules of `recdl.ratings`, one value at a time

NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.ASCII | re.I)


NUMBERS = (int, float, np.integer, np.floating)


def is_whole(value):
    if not isinstance(value, NUMBERS) or isinstance(value, bool):
        return False
    if not math.isfinite(value):
        return False
    return int(value) == value and -(2**63) <= int(value) < 2**63


def exact_below(column):
    """Return the number from which on a column's floats are no longer all whole numbers."""
    digits = {"float16": 11, "float32": 24}.get(str(column.dtype).lower(), 53)
    return 2 ** (63 if column.dtype == np.longdouble else digits)


def identifiers(column):
    """Return the identifiers of a column, or None if it is none of identifiers."""
    values = column.tolist()
    if all(isinstance(value, str) and value for value in values):
        return values
    floats = [abs(v) for v in values if isinstance(v, float | np.floating)]
    if all(map(is_whole, values)) and all(v < exact_below(column) for v in floats):
        return [int(value) for value in values]
    return None


def numbers_of(column):
    """Return the finite numbers of a column, or None; texts may be numbers there."""
    values = [
        float(value) if isinstance(value, str) and NUMBER.fullmatch(value) else value
        for value in column.tolist()
    ]
    kinds = (*NUMBERS, Decimal)
    good = all(isinstance(v, kinds) and not isinstance(v, bool) for v in values)
    return values if good and all(map(math.isfinite, values)) else None


def instant(value):
    """Return the seconds since 1970 of a date, of a date with time, or of its ISO text; None of all else."""
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value)
        except ValueError:
            return None
    if value is pd.NaT or not isinstance(value, datetime.date):
        return None
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime(value.year, value.month, value.day)
    value = value.replace(tzinfo=value.tzinfo or datetime.UTC)
    return Fraction(round(value.timestamp() * 10**6), 10**6)


def seconds_of(column):
    """Return the times of a column in seconds since 1970, or None if it is none of times."""
    values = column.tolist()
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "M":
        values = [pd.Timestamp(value) for value in column]
    instants, found = [instant(value) for value in values], numbers_of(column)
    if found is None:
        return None if None in instants else instants
    if any(isinstance(v, float | np.floating) for v in values) and any(
        abs(v) >= exact_below(column) for v in found if exact_below(column) < 2**50
    ):
        return None
    if any(abs(value) >= 2**63 for value in found):
        return None
    bands = {sum(abs(v) >= 10 ** (11 + 3 * n) for n in range(3)) for v in found}
    if len(bands) > 1:
        return None
    for n_digits, form in DATES.items():
        if all(is_date(value, n_digits, form) for value in found):
            return None if found else []
    per_second = 1000 ** bands.pop() if bands else 1
    exact = [v if isinstance(v, Decimal | int) else float(v) for v in found]
    return [Fraction(value) / per_second for value in exact]


DATES = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


def is_date(value, n_digits, form):
    """Tell whether a number is a date of these years written as 19971204, or as that with its time."""
    digits = str(int(value))
    if value != int(value) or len(digits) != n_digits or digits[:2] not in ("19", "20"):
        return False
    try:
        datetime.datetime.strptime(digits, form)
    except ValueError:
        return False
    return True


def pairs_of(table, columns=PAIR):
    """Return the (user, item) pairs of a table as a list, or None if check_pairs must refuse it."""
    if any(table.columns.tolist().count(column) != 1 for column in columns):
        return None
    ids = [identifiers(table[column]) for column in PAIR]
    pairs = None if None in ids else list(zip(*ids, strict=True))
    return pairs if pairs is None or len(set(pairs)) == len(pairs) else None


def ratings_of(table):
    """Return the rows of a table as two to four numbers or texts, or None if check_ratings must refuse it."""
    if "timestamp" not in table:
        return None
    columns = [name for name in COLUMNS if name in table or name in PAIR]
    pairs = pairs_of(table, columns)
    if not pairs:
        return None
    more = [seconds_of(table["timestamp"])]
    if "rating" in columns:
        more.insert(0, numbers_of(table["rating"]))
    if None in more:
        return None
    columns = (map(float, values) for values in more)
    return [(*pair, *rest) for pair, *rest in zip(pairs, *columns, strict=True)]


# What a model knows


def seen_by(positives):
    """Return the pairs of positions as a set."""
    return set(zip(positives.users.tolist(), positives.items.tolist(), strict=True))


@st.composite
def worlds(draw):
    """Return interactions, their test items as Relevant and as a set of positions, and scores."""
    positives = Interactions(draw(good_tables(ids=["int64", "str"])))
    n_users, n_items = positives.n_users, positives.n_items
    positions = st.tuples(st.integers(0, n_users - 1), st.integers(0, n_items - 1))
    relevant = draw(st.lists(positions, unique=True))
    users, items = np.array(relevant, dtype=int).reshape(-1, 2).T
    pairs = {"userID": positives.user_ids[users], "itemID": positives.item_ids[items]}
    values = st.sampled_from([-math.inf, -1e300, 0.0, 1.0, 2.0])
    scores = np.array(draw(lists(lists(values, n_items), n_users)))
    test = evaluation.Relevant(pd.DataFrame(pairs), positives)
    return positives, test, set(relevant), scores


@st.composite
def some_users(draw, n_users):
    """Return users that can be asked for, in any order and any form, and the same as a list."""
    users = draw(st.permutations(range(n_users)))[: draw(st.integers(0, n_users))]
    form = draw(st.sampled_from([list, tuple, np.array, pd.Series, pd.Index]))
    form = draw(st.sampled_from([form, lambda users: np.array(users, dtype="uint8")]))
    return draw(st.sampled_from([(None, list(range(n_users))), (form(users), users)]))


def wrong_users(n_users):
    return st.sampled_from([
        [n_users], [-1], [0, 0], [0.0], ["0"], [None], [True], [[0]], [10**30], 0, "0", {0}, 1.5, pd.NaT,
    ])  # fmt: skip
