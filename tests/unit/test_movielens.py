"""MovieLens and its sources, on invented tables: no network, no MovieLens data."""

import os
import zipfile

import pandas as pd
import pytest

from invented_movielens import (
    LAYOUTS,
    LOADERS,
    ROWS,
    WHEEL,
    ZIP,
    folder_with,
    grouplens_files,
    lines,
    zipped,
)
from recdl import download, movielens
from recdl.columns import DataError
from recdl.download import DataUnavailable
from recdl.movielens import load_movies, load_ratings, load_users
from recdl.pip import PipError

pytestmark = pytest.mark.usefixtures("invented_movielens")

# --- the tables ---


@pytest.mark.parametrize("load", LOADERS)
def test_both_layouts_give_the_same_table(load, tmp_path):
    first, second = (
        folder_with(tmp_path / name, make()) for name, make in LAYOUTS.items()
    )
    pd.testing.assert_frame_equal(load(first), load(second))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_ratings_are_the_rows_of_the_file_in_its_order(layout, tmp_path):
    ratings = load_ratings(folder_with(tmp_path, LAYOUTS[layout]()))
    assert list(ratings.itertuples(index=False, name=None)) == ROWS
    assert list(ratings) == ["userID", "itemID", "rating", "timestamp"]
    assert ratings.dtypes.astype(str).tolist() == ["int64", "int64", "float64", "int64"]
    assert isinstance(ratings.index, pd.RangeIndex)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_movies_have_titles_years_and_genres(layout, tmp_path):
    movies = load_movies(folder_with(tmp_path, LAYOUTS[layout]()))
    assert list(movies) == ["itemID", "title", "year", "genres"]
    assert movies["itemID"].tolist() == [1, 2, 3]
    assert movies["title"].tolist() == ['"Café" Noir', "unknown", "Sea, The (Mer, La)"]
    assert movies["year"].tolist() == [1981, pd.NA, 1994]
    assert movies["genres"].tolist() == ["Drama|War", "unknown", "Children's|Sci-Fi"]


def test_genres_make_one_column_each(tmp_path):
    movies = load_movies(folder_with(tmp_path, grouplens_files()))
    assert movies["genres"].str.get_dummies()["War"].tolist() == [1, 0, 0]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_users_keep_leading_zeros_and_the_occupation_none(layout, tmp_path):
    users = load_users(folder_with(tmp_path, LAYOUTS[layout]()))
    assert list(users) == ["userID", "age", "gender", "occupation", "zip_code"]
    assert users.loc[0].tolist() == [1, 24, "M", "none", "01234"]


def test_mark_of_a_video_film_is_no_part_of_the_title():
    item = pd.DataFrame(
        {"title": ["Land 3 (1995) (V)"], **dict.fromkeys(movielens.GENRES, "0")}
    )
    assert movielens._from_u_item(item)[["title", "year"]].values.tolist() == [
        ["Land 3", "1995"]
    ]


def test_recboles_two_slips_are_repaired():
    slips = [
        (267, "unkonwn", "unkonwn", "unknown"),
        (1412, "Land (1995)", "V", "Animation Children's"),
    ]
    repaired = movielens._from_recbole(
        pd.DataFrame(slips, columns=movielens.MOVIE_COLUMNS)
    )
    assert repaired.loc[0].tolist() == [267, "unknown", None, "unknown"]
    assert repaired["title"][1] == "Land Before Time III: The Time of the Great Giving"
    assert repaired["year"][1] == "1995"


# --- a source that the user names ---


def test_argument_wins_over_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("RECDL_MOVIELENS", str(tmp_path / "nowhere"))
    mine = folder_with(tmp_path / "mine", grouplens_files())
    assert download.obtain(mine) == mine


def test_environment_wins_over_cache_and_network(monkeypatch, tmp_path, wheel):
    download.obtain()
    mine = folder_with(tmp_path / "mine", grouplens_files())
    monkeypatch.setenv("RECDL_MOVIELENS", str(mine))
    assert download.obtain() == mine


@pytest.mark.parametrize("load", LOADERS)
def test_named_source_that_does_not_exist_is_an_error_and_no_other_is_tried(
    load, tmp_path, wheel
):
    with pytest.raises(DataUnavailable, match=r"nowhere.* does not exist.*browser"):
        load(tmp_path / "nowhere")
    assert wheel == []


@pytest.mark.parametrize("load", LOADERS)
def test_named_folder_without_the_files_is_an_error(load, tmp_path, wheel):
    with pytest.raises(DataError, match=r"has no .* Name a folder or archive"):
        load(tmp_path)
    assert wheel == []


@pytest.mark.parametrize(
    ("name", "content"), [("ml-100k.zip", ZIP), ("recbole-1.2.1.whl", WHEEL)]
)
def test_named_archive_holds_all_three_tables(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    assert [len(load(tmp_path / name)) for load in LOADERS] == [4, 3, 2]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_named_file_may_have_any_name(layout, tmp_path):
    (tmp_path / "mine.txt").write_bytes(next(iter(LAYOUTS[layout]().values())))
    assert load_ratings(tmp_path / "mine.txt").shape == (4, 4)


@pytest.mark.parametrize(
    ("load", "missing"), [(load_movies, "u.item"), (load_users, "u.user")]
)
def test_named_file_has_ratings_only(load, missing, tmp_path):
    folder_with(tmp_path, grouplens_files())
    with pytest.raises(DataError, match=rf"u\.data has no .*{missing} or ml-100k"):
        load(tmp_path / "u.data")


def ratings_file(tmp_path, content):
    (tmp_path / "u.data").write_bytes(content)
    return tmp_path / "u.data"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (
            lines(ROWS[:3], "\t"),
            "it has 3 ratings of 2 users and 2 items, not 4 ratings",
        ),
        (lines(ROWS, "::"), "it has 4 rows of 1 fields, not of 4 separated by '.t'"),
        (lines(ROWS[::-1], "\t"), "its rows in another order"),
        (b"", "no readable table"),
        (b"1\t2\n1\t2\t3\n", "no readable table"),
    ],
)
def test_ratings_of_another_data_set_are_an_error(content, found, tmp_path):
    with pytest.raises(DataError, match=rf"u\.data is not MovieLens-100k: .*{found}"):
        load_ratings(ratings_file(tmp_path, content))


def test_bad_value_in_a_file_is_an_error(tmp_path):
    content = lines(ROWS, "\t").replace(b"\t5\t", b"\t6\t")
    with pytest.raises(DataError, match=r"Column rating, row 1 .*: 6\.0 lies outside"):
        load_ratings(ratings_file(tmp_path, content))


@pytest.mark.parametrize(
    ("load", "name"), [(load_movies, "u.item"), (load_users, "u.user")]
)
def test_incomplete_films_or_users_are_an_error(load, name, tmp_path):
    files = grouplens_files()
    files[name] = files[name].split(b"\n", 1)[1]
    with pytest.raises(DataError, match=f"{name} is not MovieLens-100k: .* rows, not"):
        load(folder_with(tmp_path, files))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (
            zipped({"ml-1m/ratings.dat": b"1::1193::5::978300760"}),
            "only the files .*ratings.dat",
        ),
        (ZIP[:-30], "damaged content"),
        (ZIP.replace(ZIP[60:70], b"0123456789"), "damaged content"),
    ],
)
def test_named_archive_of_another_kind_or_damaged_is_an_error(content, found, tmp_path):
    (tmp_path / "ml.zip").write_bytes(content)
    with pytest.raises(
        DataError, match=f"ml.zip is not MovieLens-100k: it has {found}"
    ):
        load_ratings(tmp_path / "ml.zip")


# --- pip itself, with a local folder for an index ---


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Point pip at a folder with a small wheel, so that it needs no network."""
    info = "recbole-1.2.1.dist-info/"
    files = {
        "recbole/data.txt": b"data",
        info
        + "METADATA": b"Metadata-Version: 2.1\nName: recbole\nVersion: 1.2.1\nRequires-Dist: torch\n",
        info
        + "WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        info + "RECORD": b"",
    }
    folder_with(tmp_path / "index", {"recbole-1.2.1-py3-none-any.whl": zipped(files)})
    settings = {
        "CONFIG_FILE": os.devnull,
        "NO_INDEX": "1",
        "FIND_LINKS": str(tmp_path / "index"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"PIP_{name}", value)


pip_download = download._pip_download  # the fixture invented_movielens replaces it


def test_pip_downloads_the_wheel_alone(index, tmp_path):
    pip_download("recbole==1.2.1", str(tmp_path / "out"), None)
    assert "recbole/data.txt" in zipfile.ZipFile(tmp_path / "out").namelist()


def test_failure_of_pip_says_why(index, tmp_path):
    with pytest.raises(
        PipError, match=r"(?s)pip ended with code 1: .*No matching distribution"
    ):
        pip_download("recbole==9.9", str(tmp_path / "out"), None)
