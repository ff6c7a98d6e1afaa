"""Columns of every kind: times in every form, identifiers of two tables, equal to those of plain integers."""

import datetime
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_input import lists, odd_columns, seconds_of
from recdl import splits
from recdl.columns import DataError, Fault, lookup, numbers, refuse_look_alikes, seconds
from recdl.ratings import PAIR

ROWS = [(1, 10), (1, 20), (1, 30), (1, 50), (2, 10), (2, 20), (2, 40), (2, 30)]
TIMES = [1_000_000_000 + 7200 * row for row in range(8)]
PLAIN = pd.DataFrame(ROWS, columns=PAIR).assign(timestamp=TIMES)


def column(values, **options):
    return pd.Series(values, name="timestamp", **options)


# Times

AS_DATES = pd.to_datetime(pd.Series(TIMES), unit="s")
FORMS = {
    "texts": PLAIN["timestamp"].astype(str),
    "float": PLAIN["timestamp"].astype(float),
    "Int64": PLAIN["timestamp"].astype("Int64"),
    "category": PLAIN["timestamp"].astype("category"),
    "milliseconds": PLAIN["timestamp"] * 10**3,
    "microseconds": PLAIN["timestamp"] * 10**6,
    "nanoseconds": PLAIN["timestamp"] * 10**9,
    "milliseconds as texts": (PLAIN["timestamp"] * 10**3).astype(str),
    "dates and times": AS_DATES,
    "of seconds": AS_DATES.astype("datetime64[s]"),
    "with a zone": AS_DATES.dt.tz_localize("UTC").dt.tz_convert("Asia/Kolkata"),
    "of Python": pd.Series([d.to_pydatetime() for d in AS_DATES], dtype=object),
    "categories of dates": AS_DATES.astype("category"),
    "ISO": AS_DATES.dt.strftime("%Y-%m-%dT%H:%M:%S"),
    "ISO with Z": AS_DATES.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "with a blank": AS_DATES.astype(str),
    "pandas' strings": AS_DATES.astype(str).astype("string"),
    "another zone": AS_DATES.dt.tz_localize("UTC")
    .dt.tz_convert("Etc/GMT+5")
    .astype(str),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_times_in_every_form_are_the_same_seconds(form):
    found = seconds(form.rename("timestamp"))
    assert found.tolist() == TIMES
    assert found.dtype == "int64"


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_split_by_any_form_of_time_has_the_same_rows(form):
    table = PLAIN.assign(timestamp=form).set_axis([0] * 8)
    for split in (splits.course_split, splits.leave_one_out_split):
        for part, expected in zip(split(table), split(PLAIN), strict=True):
            assert part[PAIR].to_numpy().tolist() == expected[PAIR].to_numpy().tolist()
    assert splits.active_days(table).tolist() == splits.active_days(PLAIN).tolist()


def test_dates_alone_are_midnight_of_universal_time():
    day = datetime.date(2001, 9, 9)
    for value in (day, "2001-09-09", pd.Timestamp(day)):
        assert seconds(column([value])).tolist() == [999_993_600]


def test_what_came_first_within_a_second_is_kept():
    found = seconds(column([1_600_000_000_250, 1_600_000_000_125]))
    assert found.tolist() == [1_600_000_000.25, 1_600_000_000.125]
    assert seconds(column(["2020-09-13T12:26:40.125Z"])).tolist() == [1600000000.125]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            [1_600_000_000, 1_600_000_000_000],
            "row 1 .*another size than the first row.*seconds",
        ),
        ([1_600_000_000_000, 0], "row 1 .*: 0 has another size"),
        ([19971204, 20010909], "row 0 .*19971204 is a day written as one number"),
        (["19971204"], "'19971204' is a day written as one number.*%Y%m%d"),
        ([0, *[20010909] * 9], "row 1 .*20010909 is a day written as one number"),
        ([200112041555], "is a day with hours and minutes written as one number"),
        ([20011204155549.0], "is a day with its time written as one .*'%Y%m%d%H%M%S'"),
        (
            ["2001-09-09", "noon"],
            "row 1 .*'noon' is no date and time .* that can be read",
        ),
        (["2001-13-09"], "'2001-13-09' is no date"),
        (["2001-09-09", "now"], "row 1 .*'now' is no date"),
        (["today", "Now"], "row 0 .*'today' is no date"),
        (["2001-09-09", "1700"], "row 1 .*'1700' is no date"),
        (["1700000011"] * 9 + ["x"], "row 9 .*'x' is no number, unlike the first"),
        ([202401, 202412], "row 0 .*202401 is a year and month written .*'%Y%m'"),
        ([datetime.date(2001, 9, 9), 7], "row 1 .*: 7 is no date and time"),
        ([pd.Timedelta(1)], "is not a number"),
        ([np.inf], "inf is no"),
        ([True], "True is not a number"),
        (np.array([1_000_000_001], "float32"), "is a float that has lost digits"),
        ([10**30], "needs more than 64 bits"),
    ],
)
def test_what_is_no_time_is_named(values, words):
    with pytest.raises(DataError, match=f"^Column timestamp, .*{words}"):
        seconds(column(values))


times = st.integers(-(10**8), 4 * 10**9)


@given(st.integers(1, 4).flatmap(odd_columns))
def test_any_column_of_times_is_that_of_exact_numbers_or_refused(values):
    expected = seconds_of(values)
    try:
        found = seconds(values.rename("timestamp"))
    except DataError:
        assert expected is None
    else:
        assert found.tolist() == pytest.approx([float(v) for v in expected], abs=1e-6)


# Identifiers of two tables


def test_known_identifiers_have_their_places():
    known = np.array(["7", "007"], dtype=object)
    assert lookup(column(["007", "7", "8"], dtype=object), known).tolist() == [1, 0, -1]
    assert lookup(column([7, 9]), np.array([9, 7])).tolist() == [1, 0]


def test_texts_here_and_numbers_there_are_refused():
    words = "has texts, such as '7', but training has whole numbers, such as 7"
    with pytest.raises(DataError, match=words):
        lookup(column(["7"]), np.array([7]))
    split = splits.chronological_split(PLAIN, 0.5)
    with pytest.raises(
        DataError, match=r"has texts, such as .*, but training has whole"
    ):
        splits.drop_unseen(
            splits.Split(split.train, split.test.astype({"itemID": str}))
        )


@pytest.mark.parametrize("other", ["007", " 7", "7.0", "7 "])
def test_a_text_that_lost_something_on_the_way_is_refused(other):
    words = f"{other!r} never occurs in training, but \\['7'\\] does. Read both tables"
    with pytest.raises(DataError, match=words):
        refuse_look_alikes(column(["8", other]), np.array(["7", "8"], dtype=object))


@pytest.mark.parametrize(("one", "other"), [("0", "00"), ("0.0", "0"), ("00", "0")])
def test_the_number_nought_is_looked_at_too(one, other):
    with pytest.raises(DataError, match="never occurs in training, but"):
        refuse_look_alikes(column([one]), np.array([other], dtype=object))


def test_in_one_table_007_and_7_are_two():
    users = ["007"] * 4 + ["7"] * 4
    split = splits.course_split(PLAIN.assign(userID=users))
    assert set(split.train["userID"]) == {"007", "7"}
    with_both = np.array(["7", "007"], dtype=object)
    refuse_look_alikes(column(["007", "7", "8"]), with_both)
    refuse_look_alikes(column(["007", "7"]), np.array(["7"], dtype=object))


# No table, no kind of identifier, no form of time gives another split than plain integers

NAMES = {
    "numbers": lambda ids: ids,
    "texts": lambda ids: ids.map("u{:03}".format),
    "zeros in front": lambda ids: ids.map("{:03}".format),
    "Int64": lambda ids: ids.astype("Int64"),
    "float": lambda ids: ids.astype(float),
    "category": lambda ids: ids.map("{:03}".format).astype("category"),
    "strings": lambda ids: ids.map("{:03}".format).astype("string"),
    "large": lambda ids: ids + 2**60,
}
CLOCKS = {
    "seconds": lambda t: t,
    "milliseconds": lambda t: (t + 2 * 10**9) * 1000,
    "dates": lambda t: pd.to_datetime(t, unit="s"),
    "zone": lambda t: pd.to_datetime(t, unit="s", utc=True).dt.tz_convert("Asia/Tokyo"),
    "ISO": lambda t: pd.to_datetime(t, unit="s").astype(str),
    "texts": lambda t: t.astype(str),
}


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(0, 9)),
        min_size=6,
        unique_by=lambda row: row[:2],
    ),
    lists(st.sampled_from(list(NAMES)), 2),
    st.sampled_from(list(CLOCKS)),
)
def test_every_form_of_a_table_is_split_as_plain_integers_are(rows, names, clock):
    plain = pd.DataFrame(rows, columns=[*PAIR, "timestamp"])
    users, items = (NAMES[name] for name in names)
    form = pd.DataFrame(
        {
            "userID": users(plain["userID"]),
            "itemID": items(plain["itemID"]),
            "timestamp": CLOCKS[clock](plain["timestamp"]),
        }
    )
    for split in (splits.course_split, splits.leave_one_out_split):
        try:
            expected = split(plain)
        except DataError:
            with pytest.raises(DataError, match="Nothing is left to judge on"):
                split(form)
            continue
        for part, as_plain in zip(split(form), expected, strict=True):
            assert part.index.tolist() == as_plain.index.tolist()


# Errors


def test_an_error_carries_what_its_sentence_says():
    with pytest.raises(DataError) as said:
        numbers(column(["1", "soon"]))
    fault = said.value.fault
    assert fault[:3] == ("timestamp", 1, "soon")
    assert (
        str(said.value) == str(fault) == fault.at("timestamp", "row 1 (counted from 0)")
    )
    assert fault.at("when", "line 3").startswith("Column when, line 3: 'soon' is ")
    assert fault.at("when", "line 3").endswith(fault.remedy)
    other = DataError("Use quotes=False.", "quotes=False")
    assert (str(other), other.fault) == ("Use quotes=False.", None)
    assert pickle.loads(pickle.dumps(other)).options == ("quotes=False",)
    assert isinstance(pickle.loads(pickle.dumps(said.value)).fault, Fault)
