"""Tests of `recdl.movielens` on invented tables: no network, no MovieLens data."""

import hashlib
import http.server
import io
import os
import subprocess
import sys
import threading
import time
import zipfile

import numpy as np
import pandas as pd
import pytest

from recdl import movielens
from recdl.movielens import (
    DataError,
    DataUnavailable,
    check_ratings,
    load_movies,
    load_ratings,
    load_users,
)

LOADERS = [load_ratings, load_movies, load_users]
ROWS = [
    (2, 1, 3, 881250949),
    (1, 3, 5, 881250949),
    (1, 1, 4, 878887116),
    (2, 2, 1, 878887116),
]
FILMS = {  # u.item's title: title, year, genres
    '"Café" Noir (1981)': ('"Café" Noir', 1981, ["Drama", "War"]),
    "unknown": ("unknown", None, ["unknown"]),
    "Sea, The (Mer, La) (1994) ": (
        "Sea, The (Mer, La)",
        1994,
        ["Children's", "Sci-Fi"],
    ),
}
PEOPLE = [("1", "24", "M", "none", "01234"), ("2", "53", "F", "writer", "V3N4P")]


def lines(rows, separator, encoding="utf-8"):
    return "".join(separator.join(map(str, row)) + "\n" for row in rows).encode(
        encoding
    )


def grouplens_files():
    flags = [
        [int(genre in genres) for genre in movielens.GENRES]
        for *_, genres in FILMS.values()
    ]
    films = [
        (i, title, "01-Jan-1990", "", "", *flags[i - 1])
        for i, title in enumerate(FILMS, start=1)
    ]
    return {
        "u.data": lines(ROWS, "\t"),
        "u.item": lines(films, "|", "latin-1"),
        "u.user": lines(PEOPLE, "|"),
    }


def recbole_files():
    films = [
        (i, t, y or "", " ".join(g))
        for i, (t, y, g) in enumerate(FILMS.values(), start=1)
    ]
    films = [
        (
            "item_id:token",
            "movie_title:token_seq",
            "release_year:token",
            "class:token_seq",
        ),
        *films,
    ]
    ratings = [
        ("user_id:token", "item_id:token", "rating:float", "timestamp:float"),
        *ROWS,
    ]
    people = [
        [
            f"{name}:token"
            for name in ("user_id", "age", "gender", "occupation", "zip_code")
        ],
        *PEOPLE,
    ]
    return {
        "ml-100k.inter": lines(ratings, "\t"),
        "ml-100k.item": lines(films, "\t"),
        "ml-100k.user": lines(people, "\t"),
    }


LAYOUTS = {"grouplens": grouplens_files, "recbole": recbole_files}


def folder_with(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def zipped(files, prefix=""):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(prefix + name, content)
    return buffer.getvalue()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


ZIP = zipped(
    grouplens_files() | {"u1.base": b"not needed", "../evil.sh": b"rm"}, "ml-100k/"
)
WHEEL = zipped(
    recbole_files() | {"ml-100k.kg": b"not needed"}, "recbole/dataset_example/ml-100k/"
)


@pytest.fixture(autouse=True)
def world(monkeypatch, tmp_path):
    """Make movielens expect the invented data, from an empty cache, without any source."""
    monkeypatch.setattr(movielens, "SIZE", "4 ratings of 2 users and 3 items")
    monkeypatch.setattr(
        movielens, "RATINGS_SHA256", sha256(np.array(ROWS, "<f8").tobytes())
    )
    monkeypatch.setattr(movielens, "N_USERS", 2)
    monkeypatch.setattr(movielens, "N_ITEMS", 3)
    monkeypatch.setattr(movielens, "GROUPLENS_SHA256", sha256(ZIP))
    monkeypatch.setattr(movielens, "RECBOLE_SHA256", sha256(WHEEL))
    monkeypatch.delenv("RECDL_MOVIELENS", raising=False)
    monkeypatch.setenv("RECDL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("RECDL_GROUPLENS_URL", "http://127.0.0.1:9/ml-100k.zip")
    monkeypatch.setattr(movielens, "_pip_download", pip_that_fails)


def pip_that_fails(_requirement, _output_file, _pooch):
    raise OSError("pip ended with code 1: no index")


@pytest.fixture
def wheel(monkeypatch):
    """Let the stand-in for pip deliver the wheel; the list counts the calls."""
    calls = []

    def download(requirement, output_file, _pooch):
        calls.append(requirement)
        with open(output_file, "wb") as file:
            file.write(WHEEL)

    monkeypatch.setattr(movielens, "_pip_download", download)
    return calls


class StandIn(http.server.ThreadingHTTPServer):
    """Stand-in for GroupLens' server that answers every request alike, after `delay_s`, and counts them."""

    daemon_threads = True
    status, body, delay_s, requests = 200, ZIP, 0.0, 0


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # the name is http.server's
        self.server.requests += 1
        time.sleep(self.server.delay_s)
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_):
        pass


@pytest.fixture
def grouplens(monkeypatch):
    with StandIn(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv(
            "RECDL_GROUPLENS_URL", f"http://127.0.0.1:{server.server_port}/ml-100k.zip"
        )
        yield server
        server.shutdown()


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


# --- check_ratings ---


def frame(**changed):
    columns = {
        "userID": [1, 1, 2],
        "itemID": [1, 2, 1],
        "rating": [4.0, 3.5, 5.0],
        "timestamp": [7, 8, 9],
    }
    return pd.DataFrame(columns | changed)


def test_check_ratings_returns_good_ratings():
    pd.testing.assert_frame_equal(check_ratings(frame()), frame())


def test_check_ratings_makes_numbers_of_strings_and_leaves_its_argument_alone():
    strings = frame().astype(str)
    strings["rating"] = ["4", "3.5", "5"]
    pd.testing.assert_frame_equal(check_ratings(strings), frame())
    assert strings["userID"].tolist() == ["1", "1", "2"]


def test_check_ratings_keeps_other_columns_and_the_index():
    mine = frame(note=["a", "b", "c"]).set_index(pd.Index([9, 9, 5]))
    pd.testing.assert_frame_equal(check_ratings(mine), mine)


@pytest.mark.parametrize("low_and_high", [[1, 5, 3], [5, 1, 1]])
def test_check_ratings_accepts_both_ends_of_the_scale(low_and_high):
    assert check_ratings(frame(rating=low_and_high))["rating"].tolist() == low_and_high


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"userID": [1, 1.5, 2]}, "Column userID, row 1 .*: 1.5 is not a whole number"),
        ({"itemID": [1, 2, "x7"]}, "Column itemID, row 2 .*: 'x7' is not a number"),
        (
            {"userID": [np.inf, 1, 2]},
            "Column userID, row 0 .*: inf is not a whole number",
        ),
        ({"timestamp": [7, None, 9]}, "Column timestamp, row 1 .*: nan is missing"),
        ({"rating": ["4", "3", ""]}, "Column rating, row 2 .*: '' is missing"),
        ({"rating": [4, 3, 5.5]}, "Column rating, row 2 .*: 5.5 lies outside 1 to 5"),
        ({"rating": [0.5, 3, 5]}, "Column rating, row 0 .*: 0.5 lies outside 1 to 5"),
        (
            {"userID": [1, 1, 1]},
            "Column itemID, row 2 .*: 1 was rated by this user .*drop_duplicates",
        ),
        ({"userID": [], "itemID": [], "rating": [], "timestamp": []}, "is empty"),
    ],
)
def test_check_ratings_names_place_and_remedy(changed, message):
    with pytest.raises(DataError, match=message):
        check_ratings(frame(**changed))


def test_check_ratings_names_a_missing_column():
    with pytest.raises(DataError, match=r"No column \['rating'\] in .*stars.*rename"):
        check_ratings(frame().rename(columns={"rating": "stars"}))


# --- a source that the user names ---


def test_argument_wins_over_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("RECDL_MOVIELENS", str(tmp_path / "nowhere"))
    mine = folder_with(tmp_path / "mine", grouplens_files())
    assert movielens.obtain(mine) == mine


def test_environment_wins_over_cache_and_network(monkeypatch, tmp_path, wheel):
    movielens.obtain()
    mine = folder_with(tmp_path / "mine", grouplens_files())
    monkeypatch.setenv("RECDL_MOVIELENS", str(mine))
    assert movielens.obtain() == mine


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


# --- downloads and the cache ---


def test_grouplens_comes_before_the_wheel(grouplens, wheel):
    assert len(load_ratings()) == 4
    assert (grouplens.requests, wheel) == (1, [])


def test_only_the_three_tables_are_unpacked(grouplens, tmp_path):
    assert sorted(os.listdir(movielens.obtain())) == ["u.data", "u.item", "u.user"]
    assert sorted(os.listdir(tmp_path / "cache")) == ["ml-100k", "ml-100k.zip"]


@pytest.mark.parametrize("load", LOADERS)
def test_wheel_serves_when_grouplens_cannot_be_reached(load, wheel):
    assert len(load()) > 0
    assert wheel == ["recbole==1.2.1"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"not found"),
        (200, b"<html>log in first</html>"),
        (200, ZIP[:-1]),
        (200, ZIP[:-1] + b"!"),
    ],
)
def test_wheel_serves_when_grouplens_sends_something_else(
    status, body, grouplens, wheel, tmp_path
):
    grouplens.status, grouplens.body = status, body
    assert len(load_ratings()) == 4
    assert sorted(os.listdir(tmp_path / "cache")) == ["recbole", "recbole.whl"]


def test_silent_server_costs_the_time_limit_only(grouplens, wheel, monkeypatch):
    grouplens.delay_s = 1.0
    monkeypatch.setattr(movielens, "TIMEOUT_S", 0.05)
    start = time.perf_counter()
    assert len(load_ratings()) == 4
    assert time.perf_counter() - start < 0.9


def test_wheel_with_the_wrong_hash_is_not_used(wheel, monkeypatch):
    monkeypatch.setattr(movielens, "RECBOLE_SHA256", sha256(b"another"))
    with pytest.raises(
        DataUnavailable, match=r"recbole==1.2.1: ValueError: .*does not match"
    ):
        load_ratings()


def test_error_names_every_source_its_failure_and_the_way_by_hand(tmp_path):
    with pytest.raises(DataUnavailable) as error:
        load_ratings()
    named, cache, grouplens, recbole, by_hand = str(error.value).splitlines()[1:]
    assert "RECDL_MOVIELENS" in named
    assert str(tmp_path / "cache") in cache
    assert "http://127.0.0.1:9/ml-100k.zip: ConnectionError:" in grouplens
    assert "recbole==1.2.1: OSError: pip ended with code 1: no index" in recbole
    assert "files.grouplens.org" in by_hand
    assert "RECDL_MOVIELENS=" in by_hand


def test_second_call_needs_no_network(grouplens, wheel):
    load_ratings()
    grouplens.status = 500
    assert [len(load()) for load in LOADERS] == [4, 3, 2]
    assert (grouplens.requests, wheel) == (1, [])


def test_cached_wheel_comes_before_grouplens(grouplens, wheel):
    grouplens.status = 500
    load_ratings()
    grouplens.status = 200
    load_ratings()
    assert (grouplens.requests, len(wheel)) == (1, 1)


@pytest.mark.parametrize("damage", [b"", ZIP[:-1], ZIP[:-1] + b"!"])
def test_damaged_archive_in_the_cache_is_fetched_again(damage, grouplens, tmp_path):
    movielens.obtain()
    (tmp_path / "cache/ml-100k.zip").write_bytes(damage)
    assert len(load_ratings()) == 4
    assert (tmp_path / "cache/ml-100k.zip").read_bytes() == ZIP
    assert grouplens.requests == 2


@pytest.mark.parametrize("name", ["u.data", "u.item", "u.user"])
def test_damaged_table_in_the_cache_is_repaired(name, grouplens):
    table = movielens.obtain() / name
    table.write_bytes(table.read_bytes()[:-1] + b"!")
    movielens.obtain()
    assert table.read_bytes() == grouplens_files()[name]


def test_damaged_archive_is_not_used_when_nothing_can_be_reached(
    wheel, tmp_path, monkeypatch
):
    movielens.obtain()
    (tmp_path / "cache/recbole.whl").write_bytes(WHEEL + b"!")
    monkeypatch.setattr(movielens, "_pip_download", pip_that_fails)
    with pytest.raises(DataUnavailable, match="no index"):
        load_ratings()


def test_cache_that_cannot_be_written_is_reported(wheel, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(
        DataUnavailable, match=r"zip: NotADirectoryError: .*\n.*1: NotADirectoryError: "
    ):
        load_ratings()


def test_interrupted_download_leaves_nothing(wheel, tmp_path, monkeypatch):
    def interrupt(_requirement, output_file, _pooch):
        with open(output_file, "wb") as file:
            file.write(WHEEL[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(movielens, "_pip_download", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_ratings()
    assert os.listdir(tmp_path / "cache") == []


def test_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "u.data").write_bytes(b"old")
    monkeypatch.setattr(
        os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full"))
    )
    with pytest.raises(OSError, match="disk full"):
        movielens._write(tmp_path / "u.data", b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def child(code=""):
    """Start another process that obtains the data from the stand-in."""
    setup = f"from recdl import movielens as m; m.GROUPLENS_SHA256 = {sha256(ZIP)!r}"
    code = f"{setup}\n{code}\nprint(m.obtain())"
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_two_processes_at_once_both_get_good_data(grouplens, tmp_path):
    grouplens.delay_s = 0.3  # so that both are downloading at the same time
    outputs = [process.communicate(timeout=20) for process in [child(), child()]]
    assert [out.decode().strip() for out, _ in outputs] == [
        str(tmp_path / "cache/ml-100k")
    ] * 2
    assert grouplens.requests == 2
    assert [len(load()) for load in LOADERS] == [4, 3, 2]


def test_killed_process_leaves_no_half_written_table(grouplens, tmp_path):
    process = child("import os; os.replace = lambda *_: os.kill(os.getpid(), 9)")
    process.communicate(timeout=20)
    assert process.returncode == -9
    assert list((tmp_path / "cache/ml-100k").glob("u.*")) == []
    assert [len(load()) for load in LOADERS] == [4, 3, 2]


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


pip_download = movielens._pip_download  # the fixture `world` replaces it


def test_pip_downloads_the_wheel_alone(index, tmp_path):
    pip_download("recbole==1.2.1", str(tmp_path / "out"), None)
    assert "recbole/data.txt" in zipfile.ZipFile(tmp_path / "out").namelist()


def test_failure_of_pip_says_why(index, tmp_path):
    with pytest.raises(
        OSError, match=r"(?s)pip ended with code 1: .*No matching distribution"
    ):
        pip_download("recbole==9.9", str(tmp_path / "out"), None)
