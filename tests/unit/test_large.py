"""Larger sets: the same table, split and hash as in the small path, row for row, or that path itself."""

import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from any_input import any_tables, attempt
from recdl import large, splits, tables, toy
from recdl.columns import DataError
from recdl.interactions import Interactions

pytest.importorskip("polars")
ANY_TYPE = {"check_dtype": False}
NARROW = {"userID": "int32", "itemID": "int32", "rating": "float32"}


def half_stars(n_users=60, seed=0):
    """Return ratings in half stars, sorted by user and film, with many ties in time."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 50, n_users)
    films = [np.sort(rng.choice(300, n, replace=False)) + 1 for n in sizes]
    table = pd.DataFrame(
        {
            "userID": np.repeat(np.arange(n_users) + 1, sizes),
            "itemID": np.concatenate(films),
            "rating": rng.integers(1, 11, sizes.sum()) / 2,
        }
    )
    begins = rng.integers(8 * 10**8, 9 * 10**8, n_users)[table["userID"] - 1]
    return table.assign(timestamp=begins + rng.integers(0, 9, len(table)))


def shuffled(table):
    return table.sample(frac=1, random_state=1, ignore_index=True)


def as_text(table, separator):
    return table.to_csv(None, index=False, header=False, sep=separator)


@pytest.fixture(params=["ratings.csv", "ratings.dat", "windows", "u.data", "zip"])
def movielens(request, tmp_path):
    """Write a file in one of MovieLens' layouts."""
    table = shuffled(half_stars()) if request.param == "zip" else half_stars()
    if request.param == "u.data":
        path, text = "u.data", as_text(table.assign(rating=4), "\t")
    elif request.param == "ratings.dat":
        text = as_text(table, "\x1f").replace("\x1f", "::").replace(".0::", "::")
        path = "ratings.dat"
    else:
        path = "ratings.csv"
        text = "userId,movieId,rating,timestamp\n" + as_text(table, ",")
    if request.param == "windows":
        text = text.replace("\n", "\r\n")
    (tmp_path / path).write_bytes(text.encode())
    if request.param != "zip":
        return tmp_path / path
    with zipfile.ZipFile(tmp_path / "ml.zip", "w") as packed:
        packed.write(tmp_path / path, "ml-9m/ratings.csv")
    return tmp_path / "ml.zip"


@pytest.mark.parametrize("piece", [100, 2**22])
def test_a_file_becomes_the_same_table_with_small_types(movielens, piece, monkeypatch):
    monkeypatch.setattr("recdl.tables.delimited.PIECE", piece)
    ours, small = large.read(movielens), tables.read(movielens)
    assert dict(ours.dtypes.astype(str)) == NARROW | {"timestamp": "int64"}
    assert_frame_equal(ours, small, **ANY_TYPE)
    assert ours.attrs == small.attrs


UNUSUAL = {
    "a zero in front": "007,1,3.5,1000000000\n8,1,3.5,1000000000\n",
    "a zero in front, and a rating that is shorter": "07,1,.5,1000000000\n",
    "the same with a point behind": "8,01,5.,1000000000\n",
    "the same without a point": "008,1,5,1000000000\n9,1,5.0,1000000000\n",
    "a sign": "+8,1,3.5,1000000000\n",
    "a zero with a sign": "-0,1,3.5,1000000000\n",
    "an identifier below zero": "-8,1,3.5,1000000000\n",
    "a blank": "8, 1,3.5,1000000000\n",
    "a longer rating": "8,1,3.50,1000000000\n",
    "a line end of old Macs": "8,1,3.5,1000000000\r9,1,3.5,1000000000\n",
    "an identifier of more than 32 bits": "9999999999,1,3.5,1000000000\n",
    "an empty line": "1,1,3.5,1000000000\n\n2,1,3.5,1000000000\n",
    "times in milliseconds": "1,1,3.5,1000000000000\n",
    "fractions of a second": "1,1,3.5,1000000000.5\n",
}
WRONG = {
    "a repeated pair": "1,1,3.5,1000000000\n2,1,3,1000000000\n1,1,4,1000000001\n",
    "outside the scale": "1,1,5.5,1000000000\n",
    "no number": "1,1,nan,1000000000\n",
    "no rating": "1,1,,1000000000\n",
    "a short line": "1,1,3.5,1000000000\n1,2,3.5\n",
    "a long line": "1,1,3.5,1000000000\n1,2,3.5,1000000000,7\n",
    "no row": "",
}


@pytest.mark.parametrize("name", [*UNUSUAL, *WRONG])
def test_any_other_file_is_left_to_the_small_path(name, tmp_path):
    path = tmp_path / "ratings.csv"
    rows = (UNUSUAL | WRONG)[name]
    path.write_text("userId,movieId,rating,timestamp\n" + rows)
    if name in WRONG:
        with pytest.raises(DataError) as refused:
            tables.read(path)
        with pytest.raises(DataError) as ours:
            large.read(path)
        assert str(ours.value) == str(refused.value)
    else:
        ours = large.read(path)
        assert ours["rating"].dtype == "float64"  # by the small path
        assert_frame_equal(ours, tables.read(path))


def test_a_last_line_without_an_end_is_read(tmp_path):
    path = tmp_path / "ratings.csv"
    row = "8,10,3.5,1000000000"
    path.write_text(f"userId,movieId,rating,timestamp\n{row}\n9{row}")
    ours = large.read(path)
    assert ours["rating"].dtype == "float32"
    assert_frame_equal(ours, tables.read(path), **ANY_TYPE)


def test_a_damaged_zip_is_refused_as_in_the_small_path(tmp_path):
    path = tmp_path / "ml.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        text = "userId,movieId,rating,timestamp\n" + as_text(half_stars(999), ",")
        packed.writestr("ratings.csv", text)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read"):
        large.read(path)


def test_without_polars_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(DataError, match="pip install polars"):
        large.read("ratings.csv")


def same_split(ours, small):
    for part, other in zip(ours, small, strict=True):
        assert_frame_equal(part, other, **ANY_TYPE)


@pytest.mark.parametrize("ratio", [0.25, 0.5, 0.75, 0.9])
@pytest.mark.parametrize("order", [lambda table: table, shuffled])
def test_a_split_has_the_same_rows(ratio, order):
    table = order(half_stars())
    small = splits.chronological_split(table, ratio)
    same_split(large.chronological_split(table, ratio), small)
    same_split(large.chronological_split(table.astype(NARROW), ratio), small)


def test_the_courses_split_and_its_hash_are_the_same():
    table = shuffled(half_stars(30))
    ours, small = large.course_split(table), splits.course_split(table)
    same_split(ours, small)
    assert len(small.test) < len(splits.chronological_split(table).test)
    for part in small:
        assert large.pairs_sha256(part) == splits.pairs_sha256(part)


@given(st.lists(st.tuples(*[st.integers(-(2**63), 2**63 - 1)] * 2), min_size=1))
def test_identifiers_of_any_size_give_the_same(pairs):
    table = pd.DataFrame(sorted(set(pairs)), columns=["userID", "itemID"])
    table = table.assign(timestamp=10**9 + np.arange(len(table)) % 3)
    same_split(large.chronological_split(table), splits.chronological_split(table))
    assert large.pairs_sha256(table) == splits.pairs_sha256(table)


@given(any_tables())
def test_any_table_gives_the_same_or_the_same_error(table):
    for ours, small in [
        (large.chronological_split, splits.chronological_split),
        (large.course_split, splits.course_split),
        (large.pairs_sha256, splits.pairs_sha256),
    ]:
        found, expected = attempt(ours, table), attempt(small, table)
        if isinstance(expected, splits.Split):
            same_split(found, expected)
        else:
            assert found == expected  # a hash, or None for a table that is refused


def test_the_toy_world_is_split_as_in_the_small_path():
    same_split(large.course_split(toy.RATINGS), splits.course_split(toy.RATINGS))


def same_interactions(ours, small):
    assert vars(ours).keys() == vars(small).keys()
    for name, expected in vars(small).items():
        found = getattr(ours, name)
        assert np.array_equal(found, expected), name
        assert getattr(found, "dtype", None) == getattr(expected, "dtype", None), name


def backwards(table):
    return table.sort_values(["userID", "timestamp"], ascending=False)


def by_user(table):
    return splits.chronological_split(table).train


@pytest.mark.parametrize("order", [by_user, backwards, shuffled, lambda table: table])
def test_interactions_are_the_same(order):
    table = order(half_stars())
    for ratings in (table, table.astype(NARROW), table.drop(columns="timestamp")):
        same_interactions(large.interactions(ratings), Interactions(ratings))
    assert large.interactions(by_user(half_stars())).tied.any()


@given(any_tables())
def test_interactions_of_any_table_are_the_same_or_the_same_error(table):
    ours, small = attempt(large.interactions, table), attempt(Interactions, table)
    if small is None:
        assert ours is None
    else:
        same_interactions(ours, small)
