"""Anybody's ratings: every layout of MovieLens, other tables, what cannot be read; all rows are invented."""

import bz2
import datetime
import gzip
import hashlib
import io
import pickle
import random
import zipfile

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from invented_movielens import ROWS, folder_with, grouplens_files, lines, zipped
from recdl import tables
from recdl.columns import DataError
from recdl.download import DataUnavailable
from recdl.ratings import COLUMNS, check_ratings
from recdl.tables import delimited, forms
from stand_in import sends

STARS = [(1, 40, 2.5, 1000000009), (7, 2001, 0.5, 1000000007), (7, 40, 4.0, 900000001)]
WHOLE = [(1, 40, 5, 1000000009), (2, 40, 1, 900000001)]
CSV = lines([("userId", "movieId", "rating", "timestamp"), *STARS], ",")
DAT = lines(WHOLE, "::")
LAYOUTS = {
    "ml-100k": ("u.data", lines(ROWS, "\t"), ROWS),
    "ml-1m": ("ratings.dat", DAT, WHOLE),
    "ml-10M100K": ("ratings.dat", lines(STARS, "::"), STARS),
    "ml-25m": ("ratings.csv", CSV, STARS),
}
each_layout = pytest.mark.parametrize("folder", LAYOUTS)


def rows_of(table):
    return list(table.itertuples(index=False, name=None))


def file_with(folder, content, name="mine.csv", encoding="utf-8"):
    content = content if isinstance(content, bytes) else content.encode(encoding)
    return folder_with(folder, {name: content}) / name


def refusal(source, kind=DataError, **options):
    with pytest.raises(kind) as raised:
        tables.read(source, **options)
    return str(raised.value)


def read_text(folder, content, **options):
    return tables.read(file_with(folder, content), **options)


def cut(n, patch):
    """Read files in parts of n rows, or in pieces of n bytes and the rest of their last line."""
    patch.setattr(delimited, "CHUNK", n)
    patch.setattr(delimited, "PIECE", n)


# MovieLens


@each_layout
@pytest.mark.parametrize("place", ["file", "folder", "folder above", "zip"])
def test_movielens_is_recognised_in_every_size_and_wrapping(folder, place, tmp_path):
    name, content, rows = LAYOUTS[folder]
    files = {name: content, "README.txt": b"about", "movies.csv": b"movieId,title\n"}
    inner = folder_with(tmp_path / "above" / folder, files)
    (tmp_path / "ml.zip").write_bytes(zipped(files, f"{folder}/"))
    places = {
        "file": inner / name,
        "folder": inner,
        "folder above": str(tmp_path / "above"),
        "zip": tmp_path / "ml.zip",
    }
    table = tables.read(places[place])
    assert rows_of(table) == rows
    assert list(table) == COLUMNS
    assert table.dtypes.astype(str).tolist() == ["int64", "int64", "float64", "int64"]


@pytest.mark.parametrize(
    ("folder", "wrong", "scale"),
    [
        ("ml-100k", lines([*ROWS, (9, 9, 6, 881250949)], "\t"), "1 to 5"),
        ("ml-1m", lines([*WHOLE, (9, 9, 0.5, 900000001)], "::"), "1 to 5"),
        ("ml-10M100K", lines([*STARS, (9, 9, 0, 900000001)], "::"), "0.5 to 5"),
        ("ml-25m", CSV + b"9,9,5.5,900000001\n", "0.5 to 5"),
    ],
)
def test_the_scale_of_movielens_is_known(folder, wrong, scale, tmp_path):
    path = folder_with(tmp_path / folder, {LAYOUTS[folder][0]: wrong})
    assert f"lies outside the scale, {scale}" in refusal(path)
    assert len(tables.read(path, scale=(0, 6))) > 2


def test_a_file_may_have_another_name_and_lines_of_windows(tmp_path):
    for n, (_, content, rows) in enumerate(LAYOUTS.values()):
        windows = content.replace(b"\n", b"\r\n")
        assert rows_of(tables.read(file_with(tmp_path, windows, f"{n}.txt"))) == rows


def test_the_courses_zip_can_be_read_too(tmp_path):
    path = file_with(tmp_path, zipped(grouplens_files(), "ml-100k/"), "ml-100k.zip")
    assert rows_of(tables.read(path)) == ROWS


# MovieLens by name


@pytest.fixture
def latest(grouplens):
    """Let the stand-in serve a zip and its MD5, both of which a test may change; return them in a dict."""
    content = zipped({"ratings.csv": CSV}, "ml-latest-small/")
    served = {"zip": content, "md5": hashlib.md5(content).hexdigest().encode()}

    def answer(request):
        sends(served[request.path.rpartition(".")[2]])(request)

    grouplens.answer = answer
    return served


def test_a_data_set_is_downloaded_once_and_has_the_published_md5(latest, grouplens):
    for _ in range(2):
        assert rows_of(tables.read("ml-latest-small")) == STARS
    assert grouplens.requests == ["/ml-latest-small.zip.md5", "/ml-latest-small.zip"]


@pytest.mark.parametrize("form", ["{}  ml-latest-small.zip\n", "MD5 (ml.zip) = {}\n"])
def test_the_md5_may_stand_in_the_form_of_either_program(form, latest):
    latest["md5"] = form.format(latest["md5"].decode().upper()).encode()
    assert tables.download("ml-latest-small").name == "ml-latest-small.zip"


@pytest.mark.parametrize(
    "wrong", [b"0" * 32, b"<html>Log in</html>", b"0" * 32 + b" " + b"1" * 32]
)
def test_a_zip_without_its_md5_is_refused_and_asked_for_again(wrong, latest, cache):
    right = latest["md5"]
    latest["md5"] = wrong
    with pytest.raises(DataError, match=r"zip is not what its \.md5 says .*again"):
        tables.download("ml-latest-small")
    latest["md5"] = right
    assert len(tables.read("ml-latest-small")) == len(STARS)


def test_a_damaged_copy_in_the_cache_is_replaced(latest, cache):
    tables.download("ml-latest-small").write_bytes(b"half")
    assert len(tables.read("ml-latest-small")) == len(STARS)


@pytest.mark.parametrize("where", ["no server", "no such file"])
def test_without_a_server_the_remedy_is_a_browser(where, grouplens, monkeypatch):
    if where == "no server":
        monkeypatch.setenv("RECDL_GROUPLENS_URL", "http://127.0.0.1:9/ml-100k.zip")
    grouplens.answer = sends(b"", 404)
    message = refusal("ml-32m", kind=DataUnavailable)
    assert "ml-32m.zip: " in message
    assert message.endswith("Download it in a browser and pass read() its path.")


def test_the_courses_data_come_the_courses_way(grouplens):
    assert rows_of(tables.read("ml-100k")) == ROWS
    assert grouplens.requests == ["/ml-100k.zip"]


def test_other_names_are_refused():
    with pytest.raises(DataError, match=r"There is no 'ml-2m'\. Use one of"):
        tables.download("ml-2m")
    assert "does not exist. Correct the path, or use one of" in refusal("ml-2m")


# Tables of one's own

MINE = "who,isbn,stars,when\nana,007,4,2020-01-01T00:00:01\nbo,7,3.5,2020-01-01\n"
NAMES = {"user": "who", "item": "isbn", "rating": "stars", "time": "when"}
EXPECTED = [("ana", "007", 4.0, 1577836801), ("bo", "7", 3.5, 1577836800)]


def test_columns_are_named_by_the_reader(tmp_path):
    assert rows_of(read_text(tmp_path, MINE, **NAMES)) == EXPECTED


@pytest.mark.parametrize("separator", forms.SEPARATORS)
def test_separators_are_recognised(separator, tmp_path):
    text = MINE.replace(",", separator)
    assert rows_of(read_text(tmp_path, text, **NAMES)) == EXPECTED


def test_another_separator_is_named(tmp_path):
    text = MINE.replace(",", "^")
    for wrong in ("", "^^"):
        with pytest.raises(
            ValueError, match="separator must be one ASCII character or '::'"
        ):
            read_text(tmp_path, text, separator=wrong)
    assert "no row of fields between one of" in refusal(file_with(tmp_path, text))
    assert rows_of(read_text(tmp_path, text, separator="^", **NAMES)) == EXPECTED


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\n", "\ufeff", "\ufeff \n\n"])
def test_marks_and_empty_lines_at_the_start_are_no_rows(start, ending, tmp_path):
    text = (start + MINE + "\n").replace("\n", ending)
    assert rows_of(read_text(tmp_path, text, **NAMES)) == EXPECTED


def test_a_file_may_be_packed(tmp_path):
    for name, content in {
        "mine.csv.gz": gzip.compress(MINE.encode()),
        "gzip-without-its-name.csv": gzip.compress(MINE.encode()),
        "mine.zip": zipped({"folder/mine.csv": MINE.encode()}),
        "colons.gz": gzip.compress(MINE.replace(",", "::").encode()),
    }.items():
        path = file_with(tmp_path, content, name)
        assert rows_of(tables.read(path, **NAMES)) == EXPECTED


@pytest.mark.parametrize(
    "header",
    [
        "userID,itemID,rating,timestamp",
        "userId,movieId,Rating,time",
        "user_id,item_id,stars,date",
        "User-ID,ISBN,Book-Rating,datetime",
        "user,item,count,Timestamp",
        "user_id:token,item_id:token,rating:float,timestamp:float",
        "userID,itemID,rating,timestamp,user,date",
    ],
)
def test_usual_names_are_recognised(header, tmp_path):
    more = ",x,y" if header.endswith("user,date") else ""
    table = read_text(tmp_path, f"{header}\n1,2,3,4{more}\n")
    assert table.to_dict("list") == {
        "userID": [1],
        "itemID": [2],
        "rating": [3.0],
        "timestamp": [4],
    }


def test_a_column_can_be_left_out_or_not_be_there(tmp_path):
    table = read_text(tmp_path, MINE, **NAMES | {"time": False, "rating": False})
    assert list(table) == ["userID", "itemID"]
    assert list(read_text(tmp_path, "user,item,note\n1,2,x\n")) == ["userID", "itemID"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, r"\['who', 'isbn', 'stars', 'when'\]\. Of them none can be userID\. Use"),
        ({"user": "who", "time": "date"}, "There is no column 'date'; the file has"),
        (
            {"user": "custommer"},
            r"There is no column 'custommer'; the file has \['who'",
        ),
        ({"user": "isbn"}, "a column was named for two things"),
        ({"columns": ["a", "b"]}, "no row of 2 fields between"),
        ({"separator": ";"}, "begins with 'who,isbn,stars,when"),
    ],
)
def test_wrong_names_are_refused_with_the_call_to_write(options, words, tmp_path):
    path = file_with(tmp_path, MINE)
    with pytest.raises(DataError, match=words) as raised:
        tables.read(path, **options)
    assert str(path) in str(raised.value)


def test_two_columns_that_could_be_meant_are_refused(tmp_path):
    path = file_with(tmp_path, "user,item,rating,stars,play\n1,2,3,4,5\n")
    assert tables.read(path, rating="stars")["rating"].tolist() == [4]
    path = file_with(tmp_path, "user,item,score,stars\n1,2,3,4\n")
    assert "more than one, ['score', 'stars'] can be rating" in refusal(path)
    path = file_with(tmp_path, "user,user,item\n1,2,3\n")
    for options in ({}, {"user": "user"}):
        assert "2 columns have the name 'user', of" in refusal(path, **options)


# Identifiers stay what they are


@pytest.mark.parametrize(
    "ids",
    [
        ["1", "007"], ["1", "+1"], ["1", " 2"], ["1", "2 "], ["0", "-0"], ["1", "2.0"], ["1", "1e3"],
        ["1", "NA"], ["null", "nan"], ["None", "inf"], ["True", "False"], ["1_000", "1"], ["٣", "4"],
        ["1", "9223372036854775808"], ["12345678901234567890", "3"], ["0-19-853453-1", "080442957X"],
        ["a b", "ab"], ["1", "#2"], ["é", "e"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("rows_in_a_part", [1, 100])
@pytest.mark.parametrize("way", ["the faster one", "the slower one"])
def test_texts_stay_texts(way, ids, rows_in_a_part, tmp_path, monkeypatch):
    cut(rows_in_a_part, monkeypatch)
    if way == "the slower one":
        monkeypatch.setattr(delimited, "_in_pieces", lambda *_: None)
    for column in ("user", "item"):
        other = {"user": "item", "item": "user"}[column]
        text = f"{column},{other}\n" + "".join(f"{i},{n}\n" for n, i in enumerate(ids))
        table = read_text(tmp_path, text)
        assert table[f"{column}ID"].tolist() == ids
        assert table[f"{other}ID"].tolist() == [0, 1]


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
@pytest.mark.parametrize(
    ("text", "lossless", "short"),
    [("1,2\n-3,10\n0,20", True, True), ("10,0.5", True, True), ("-7,-.05", True, True)]
    + [("1," + "9" * 15, True, True), ("1," + "9" * 16, True, False)]
    + [(text, True, False) for text in ("1,1e3", "1E3,1", "1,nan", "1,x")]
    + [(text, False, None) for text in ("01,2", "1,02", "1,-0", "10,00", "1,2\r\n07,1")]
    + [(text, False, None) for text in ("1,+2", "1, 2", "1,2\t", '"1",2', "\ufeff07,1")]
    + [(text, False, None) for text in ("1,2\n,\0", "2,1\r,1")],
)
def test_bytes_tell_whether_reading_numbers_can_lose_anything(
    text, lossless, short, ending
):
    found = delimited.nothing_to_lose((text + ending).encode(), ",")
    assert found[0] is lossless
    assert found[1] is short or not lossless
    other = delimited.nothing_to_lose((text + ending).replace(",", ";").encode(), ";")
    assert other == found


def test_texts_of_two_bytes_a_letter_are_read_with_care(tmp_path):
    path = file_with(tmp_path, "user,item\n1,007\n", encoding="utf-16")
    assert rows_of(tables.read(path, encoding="utf-16")) == [(1, "007")]


SHORT = st.decimals(-(10**9), 10**9, places=5)
ANY = st.floats(0, 5) | st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists((SHORT | ANY).map(str), min_size=1))
@example(["0.13436424411240122", "4e-32"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_rating_is_the_nearest_float(tmp_path, texts):
    rows = "".join(f"{n},{n},{text}\n" for n, text in enumerate(texts))
    file = delimited.File(file_with(tmp_path, f"user,item,rating\n{rows}"))
    form = forms.Form(["user", "item", "rating"], 1, ",", None, "utf-8")
    chosen = {"userID": 0, "itemID": 1, "rating": 2}
    for n in (1, 2**22):
        with pytest.MonkeyPatch.context() as patch:
            cut(n, patch)
            found = delimited.parse(file, form, chosen)["rating"].astype(float)
        assert list(map(repr, found)) == [repr(float(text)) for text in texts]


# In pieces, by all processors

LONG = [(n // 50 + 1, n % 50 * 7, n % 10 / 2 + 0.5, 10**9 + n) for n in range(20_000)]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("packed", [bytes, gzip.compress])
@pytest.mark.parametrize("n", [1000, 99_999])
def test_a_table_in_pieces_is_the_table(n, packed, ending, tmp_path, monkeypatch):
    text = lines([("userId", "movieId", "rating", "timestamp"), *LONG], ",")
    path = file_with(tmp_path, packed(text.replace(b"\n", ending)))
    expected = tables.read(path)
    assert rows_of(expected) == LONG
    cut(n, monkeypatch)
    pd.testing.assert_frame_equal(tables.read(path), expected, check_exact=True)


@each_layout
def test_movielens_is_read_the_faster_way(folder, tmp_path, monkeypatch):
    name, content, rows = LAYOUTS[folder]
    monkeypatch.delattr(delimited, "_in_parts")
    assert rows_of(tables.read(file_with(tmp_path, content, name))) == rows


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            (7, 8, 5.5, 10**9),
            "rating, line 15002: 5.5 lies outside the scale, 0.5 to 5",
        ),
        ((7, 8, "x", 10**9), "rating, line 15002: 'x' is not a number"),
        (("", 8, 5, 10**9), "userID), line 15002: '' is missing"),
        ((1, 0, 5, 10**9), "itemID), line 15002: 0 has this user in a row before"),
        ((7, 8, 5), "line 15002, has 3 fields, not 4"),
        ((7, 8, 5, 10**9, 6), "line 15002, has 5 fields, not 4"),
        ((7, 8, 5, 10**9, 6, 6), "line 15002, has 6 fields, not 4"),
        (("a\0", 8, 5, 10**9), "line 15002, has a NUL byte"),
    ],
)
@pytest.mark.parametrize("n", [1000, 10**7])
def test_a_bad_row_far_down_has_its_line(n, row, words, tmp_path, monkeypatch):
    cut(n, monkeypatch)
    rows = [
        ("userId", "movieId", "rating", "timestamp"),
        *LONG[:15_000],
        row,
        *LONG[15_000:],
    ]
    assert words in refusal(file_with(tmp_path, lines(rows, ",")))


def test_pieces_end_where_lines_end_and_lose_nothing(monkeypatch):
    text = b"1,2\r\n33,4\n\n5,66"
    for n in range(1, 20):
        cut(n, monkeypatch)
        pieces = list(delimited._pieces(io.BytesIO(text)))
        assert b"".join(pieces) == text
        assert all(piece.endswith(b"\n") for piece in pieces[:-1])


def test_whole_numbers_become_integers_to_the_last_digit(tmp_path):
    ids = [-(2**63), 2**63 - 1, 0, -1, 10**17 + 1]
    text = "user,item\n" + "".join(f"{i},{i}\n" for i in ids)
    table = read_text(tmp_path, text)
    assert table["userID"].tolist() == table["itemID"].tolist() == ids
    assert table["userID"].dtype == "int64"


def test_an_empty_identifier_is_missing(tmp_path):
    path = file_with(tmp_path, "user,item\n1,a\n,b\n")
    message = refusal(path)
    assert message.startswith(f"{path}: Column user (userID), line 3: '' is missing")


# Rows and quotation marks


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("user,item,note\n1,2,x\n1,3\n", "line 3, has 2 fields, not 3: ['1', '3']"),
        ("user,note,item\n1,x,2\n1,3\n", "line 3, has 2 fields, not 3"),
        ("user,item\n1,2,3\n", "line 2, has 3 fields, not 2"),
        ("user,item\n1,2,3,4\n1,3\n", "line 2, has 4 fields, not 2"),
        ("user,item\n1,2\n1,3\n1,4,5\n", "line 4, has 3 fields, not 2"),
        ("user,item\n1,2\n1,3\n1,4,5,6\n", "line 4, has 4 fields, not 2"),
        ("user,item,rating\n1,2,3\n1,3\n", "line 3, has 2 fields, not 3"),
        ("user::item\n1::2\n1::3::4\n", "line 3, has 3 fields, not 2"),
        ('user,item\n"a,b",2\n1,"x,y",3\n', "line 3, has 3 fields, not 2"),
    ],
)
@pytest.mark.parametrize("rows_in_a_part", [1, 2, 100])
def test_a_row_of_another_length_is_named(
    text, words, rows_in_a_part, tmp_path, monkeypatch
):
    cut(rows_in_a_part, monkeypatch)
    path = file_with(tmp_path, text)
    message = refusal(path)
    assert message.startswith(f"{path}, {words}")
    assert "Correct or remove it" in message


def test_separators_at_the_end_and_empty_last_fields_are_fine(tmp_path):
    assert len(read_text(tmp_path, "user,item\n1,2,\n1,3,\n")) == 2
    assert len(read_text(tmp_path, "user,item,note\n1,2,x\n1,3,\n")) == 2


def test_quotation_marks_stand_around_fields_or_are_letters(tmp_path):
    text = 'user,item,rating\n"a,b","say ""x""","4"\nit"s,"2",5\n'
    expected = [("a,b", 'say "x"', 4.0), ('it"s', "2", 5.0)]
    assert rows_of(read_text(tmp_path, text)) == expected
    tabs = 'user\titem\ttitle\n1\t2\t"Heroes"\n1\t3\t"Weird Al" Yankovic\n2\t3\t"\n'
    assert rows_of(read_text(tmp_path, tabs)) == [(1, 2), (1, 3), (2, 3)]


def test_quotation_marks_that_could_be_either_are_asked_about(tmp_path):
    path = file_with(tmp_path, 'user\titem\n"a"\t1\nb\t2\n')
    assert "is '\"a\"' an identifier? If the quotation marks" in refusal(path)
    users = [tables.read(path, quotes=q)["userID"].tolist() for q in (True, False)]
    assert users == [["a", "b"], ['"a"', "b"]]


@pytest.mark.parametrize(
    "text", ['user,item\n"a,1\nb,2\n', 'user,item\n1,"a\n2,b\n3,"c"\n']
)
def test_a_quotation_mark_that_is_never_closed_is_noticed(text, tmp_path):
    path = file_with(tmp_path, text)
    assert "quotes=False" in refusal(path)
    assert len(tables.read(path, quotes=False)) == text.count("\n") - 1


# What is no table


def damaged(content):
    return content[:99] + b"damage" + content[105:]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty. It needs at least one row"),
        (b" \n\n", "is empty. It needs at least one row"),
        (b"user,item\n", "The table of ratings is empty"),
        (b"<!DOCTYPE html><p>Log in", "is a web page. Download the file itself"),
        (b"\n<html>", "is a web page"),
        (b"one\ntwo\n", "no row of fields between one of"),
        (b"a,b;c\n1,2;3\n", "begins with 'a,b;c"),
        ("usér,item\n1,2\n".encode("latin-1"), "encoding='latin-1'"),
        (b"user,item\n" + "1,é\n".encode("latin-1"), "encoding='latin-1'"),
        (b"user,item\n" + b"1,x\n" * 20_000 + b"2,\xe9\n", "encoding='latin-1'"),
        ("user,item\n1,2\n".encode("utf-16-le"), "Use encoding='utf-16-le'"),
        (b"PAR1 and no more", "Parquet file"),
        (gzip.compress(CSV * 99)[:-9], "cannot be read ("),
        (zipped({"ratings.csv": CSV * 99})[:-9], "cannot be read (File is not a zip"),
        (zipped({"a.csv": b"1", "b.csv": b"2"}), "has 0 files with ratings"),
        (zipped({"a/u.data": b"1", "b/ratings.csv": b""}), "has 2 files with ratings"),
        (
            damaged(zipped({"u.data": random.Random(0).randbytes(999)})),
            "cannot be read (",
        ),
    ],
)
def test_what_cannot_be_read_is_one_sentence(content, words, tmp_path):
    path = file_with(tmp_path, content)
    message = refusal(path)
    assert words in message
    assert str(path) in message


def test_a_folder_without_ratings_and_a_missing_file_are_refused(tmp_path):
    assert "has 0 files with ratings, []. It must have" in refusal(tmp_path)
    assert "does not exist. Correct the path" in refusal(tmp_path / "nowhere.csv")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", "::"])
def test_an_encoding_can_be_named(encoding, separator, tmp_path):
    text = "user,item\nJosé,1\n".replace(",", separator)
    path = file_with(tmp_path, text, encoding=encoding)
    assert rows_of(tables.read(path, encoding=encoding)) == [("José", 1)]
    words = "in UTF-16" if encoding == "utf-16" else "unknown encoding"
    assert words in refusal(path, encoding="latin-99")


@pytest.mark.parametrize("option", ["zeros", "repeats"])
def test_an_option_that_does_not_exist_is_refused(option):
    frame = pd.DataFrame({"user": [1], "item": [2]})
    with pytest.raises(ValueError, match=r"zeros must be one of .*received .*'all'"):
        tables.read(frame, **{option: "all"})
    with pytest.raises(ValueError, match="must be left out: only text files"):
        tables.read(frame, encoding="latin-1")


# Parquet and DataFrames


def test_parquet_keeps_the_types_that_it_has(tmp_path, monkeypatch):
    stored = pd.DataFrame({"user": ["007", "7"], "item": [1, 2]})
    monkeypatch.setattr(pd, "read_parquet", lambda _: stored)
    path = file_with(tmp_path, b"PAR1...")
    assert rows_of(tables.read(path)) == [("007", 1), ("7", 2)]


@pytest.mark.parametrize(
    ("error", "words"),
    [(ImportError, "pip install pyarrow"), (ValueError, "Make the file once more")],
)
def test_parquet_that_cannot_be_read_is_refused(error, words, tmp_path, monkeypatch):
    def fail(_):
        raise error("no")

    monkeypatch.setattr(pd, "read_parquet", fail)
    assert words in refusal(file_with(tmp_path, b"PAR1..."))


def test_a_frame_is_read_under_its_names_and_never_changed():
    frame = pd.DataFrame(EXPECTED, columns=list(NAMES.values()), index=[9, 9])
    before = frame.copy()
    for options in ({}, {"zeros": "drop", "repeats": "sum"}):
        assert rows_of(tables.read(frame, **NAMES, **options)) == EXPECTED
    pd.testing.assert_frame_equal(frame, before)


def test_columns_of_a_frame_may_be_numbered():
    table = tables.read(pd.DataFrame([[7, 8, 5]]), user=0, item=1, rating=2)
    assert rows_of(table) == [(7, 8, 5.0)]


def test_an_error_of_the_door_names_the_file_and_the_row(tmp_path):
    path = file_with(tmp_path, "user,item,rating\n1,2,0\n1,3,five\n")
    words = f"{path}: Column rating, line 3: 'five' is not a number"
    for options in ({}, {"zeros": "drop"}, {"repeats": "first"}):
        assert refusal(path, **options).startswith(words)


# Logs, and ratings that are none

BOOKS = (
    '"User-ID";"ISBN";"Book-Rating"\n"100001";"000000001X";"0"\n'
    '"100002";"0000000027";"5"\n"100002";"Ü; ""x""";"0"\n'
)


def test_book_crossings_form(tmp_path):
    path = file_with(tmp_path, BOOKS, encoding="latin-1")
    assert "encoding='latin-1'" in refusal(path)
    table = tables.read(path, encoding="latin-1")
    assert table["userID"].tolist() == [100001, 100002, 100002]
    assert table["itemID"].tolist() == ["000000001X", "0000000027", 'Ü; "x"']
    assert table["rating"].tolist() == [0, 5, 0]
    explicit = tables.read(path, encoding="latin-1", zeros="drop", scale=(1, 10))
    assert rows_of(explicit) == [(100002, "0000000027", 5.0)]


def test_dropping_zeros_needs_ratings_and_must_leave_some():
    frame = pd.DataFrame({"user": [1], "item": [2], "rating": [0]})
    assert "Each rating is 0, so zeros='drop'" in refusal(frame, zeros="drop")
    assert "needs ratings" in refusal(frame, zeros="drop", rating=False)


SHA1 = ["0" * 39 + "1", "1" * 40]
PLAYS = [(SHA1[0], "a", "Ann & Co", 2001), (SHA1[0], "b", 'the "Ohms', 9)]
PLAYS += [(SHA1[1], "a", "Ann & Co", 3)]
PLAYS_COLUMNS = ["user", "artist", "artist name", "plays"]


def test_the_form_of_lastfm_360k(tmp_path):
    path = file_with(tmp_path, lines(PLAYS, "\t"), "plays.tsv")
    table = tables.read(path, columns=PLAYS_COLUMNS, item="artist")
    assert rows_of(table) == [(user, item, plays) for user, item, _, plays in PLAYS]


LOG = [
    ("u1", "2001-01-01T00:00:09Z", "f1", "Ann & Co", "t1", "One"),
    ("u1", "2001-01-01T00:00:05Z", "f2", 'A "B', "t2", '"Two"'),
    ("u1", "2001-01-01T00:00:01Z", "f1", "Ann & Co", "t3", ""),
    ("u2", "2001-01-01T00:00:01Z", "f1", "Ann & Co", "t3", "Three, or more"),
]
NEW_YEAR = 978_307_200  # of 2001
LOG_COLUMNS = ["user", "time", "artist", "artist name", "track", "track name"]


@pytest.mark.parametrize(
    ("repeats", "expected"),
    [
        ("first", [("u1", "f2", NEW_YEAR + 5), ("u1", "f1", NEW_YEAR + 1)]),
        ("last", [("u1", "f1", NEW_YEAR + 9), ("u1", "f2", NEW_YEAR + 5)]),
        ("sum", [("u1", "f1", 2.0, NEW_YEAR + 9), ("u1", "f2", 1.0, NEW_YEAR + 5)]),
    ],
)
def test_the_form_of_lastfm_1k(repeats, expected, tmp_path):
    path = file_with(tmp_path, lines(LOG, "\t"), "log.tsv")
    options = {"columns": LOG_COLUMNS, "item": "artist"}
    message = refusal(path, **options)
    assert "artist (itemID), line 3: 'f1' has this user in a row before" in message
    assert "drop_duplicates(['user', 'artist'])" in message
    assert message.endswith("'sum': 1 of 4 rows repeat an earlier pair.")
    table = tables.read(path, repeats=repeats, **options)
    assert rows_of(table)[:2] == expected
    assert table["userID"].tolist() == ["u1", "u1", "u2"]


@pytest.mark.parametrize(
    ("repeats", "ratings"), [("first", [1, 2]), ("last", [3, 2]), ("sum", [4, 2])]
)
def test_without_times_or_in_one_second_the_rows_decide(repeats, ratings):
    frame = pd.DataFrame(
        {"user": [1, 1, 1], "item": ["a", "b", "a"], "plays": [1, 2, 3]}
    )
    for table in (frame, frame.assign(time=7)):
        read = tables.read(table, repeats=repeats)
        assert sorted(read["rating"]) == sorted(ratings)
        assert list(read) == COLUMNS[: read.shape[1]]


# What would be lost in silence

STRAY = 'user,item,note\na,x,"oops\nc,x,ok\nd,x,ok\nb,y,"end\nc,z,"fine"\n'


@pytest.mark.parametrize("rows_in_a_part", [1, 100])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_stray_quotation_mark_swallows_no_rows(
    ending, rows_in_a_part, tmp_path, monkeypatch
):
    cut(rows_in_a_part, monkeypatch)
    path = file_with(tmp_path, STRAY.replace("\n", ending).encode())
    message = refusal(path)
    assert (
        f"{path}, line 2: a field begins with a quotation mark and goes on to line 5"
        in message
    )
    assert "use quotes=False" in message
    assert len(tables.read(path, quotes=False)) == 5


def test_no_row_is_shifted(tmp_path):
    for text in ("user,item,note\n\r,a,b", "user,item,note\n\r,1,2\r1,2,3"):
        assert "Save the file with other line ends" in refusal(
            file_with(tmp_path, text.encode())
        )


def test_a_stray_quotation_mark_far_down_has_its_line(tmp_path):
    text = "user,item,note\n" + "".join(f"{n},1,x\n" for n in range(50_000))
    text += '1,2,"oops\n' + "".join(f"{n},3,x\n" for n in range(50_000)) + '1,4,"end\n'
    assert "line 50002: a field begins" in refusal(file_with(tmp_path, text))


def test_texts_with_line_breaks_are_read_if_the_reader_says_so(tmp_path):
    path = file_with(tmp_path, 'user,item,note\n1,2,"a\nb"\n\n1,,c\n')
    assert "with line breaks, use quotes=True" in refusal(path)
    assert "item (itemID), line 5: '' is missing" in refusal(path, quotes=True)
    fine = file_with(tmp_path, 'user,item,note\n1,2,"a\nb"\n1,3,c\n')
    assert rows_of(tables.read(fine, quotes=True)) == [(1, 2), (1, 3)]


@pytest.mark.parametrize("mark", ["\n", "\r", "\r\n"])
def test_an_identifier_has_no_line_break(mark, tmp_path):
    path = file_with(tmp_path, f'user,item\n1,"a{mark}b"\n'.encode())
    assert "quotes=True" not in refusal(path)
    assert "has a line break in it. Take it out" in refusal(path, quotes=True)


@pytest.mark.parametrize("at", [0, 70_000])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_nul_cuts_no_value(quote, at, tmp_path):
    rows = [f"{n},{quote}{n}{quote}" for n in range(70_001)]
    rows[at] = f"{at},{quote}7\0008{quote}"
    path = file_with(tmp_path, "user,item\n" + "\n".join(rows))
    assert f"{path}, line {at + 2}, has a NUL byte" in refusal(path)


@pytest.mark.parametrize(
    "text", ['"5" pipe', '"5" "pipe"', '"a,b" c', '"x', '"a""b" c']
)
def test_an_identifier_keeps_its_quotation_marks(text, tmp_path):
    for row in (f"{text},1", f"1,{text}"):
        message = refusal(file_with(tmp_path, f'user,item\n"2",3\n{row}\n4,5\n'))
        assert "line 3" in message
        assert "quotes=False" in message


def test_a_title_with_quotation_marks_that_is_not_used_does_not_matter(tmp_path):
    text = 'user,item,title\n1,2,"Weird" Al\n1,3,"a ""b"" c"\n1,4,"x" y, z\n'
    assert "line 4, has 4 fields" in refusal(file_with(tmp_path, text))
    assert len(read_text(tmp_path, text.replace(", z", " z"))) == 3
    text = 'title,user,item\n"a ""b"", c","1 ""x"", y",2\n"Weird" Al,1,2\n"x" y,"a,b","c"\n'
    assert rows_of(read_text(tmp_path, text))[0] == ('1 "x", y', "2")


# What other programs write


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"user": 1, "item": 2}\n{"user": 1, "item": 3}\n', "is JSON. Save it as CSV"),
        (b'[{"user": 1, "item": 2}]', "is JSON. Save it as CSV"),
        (b"\xef\xbb\xbf<html><p>1,2", "is a web page. Download"),
        (b"<?xml version='1.0'?><a,b/>", "is XML. Save it as CSV"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "is a picture. Write the table as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old Excel file. Save it as CSV"),
        (zipped({"[Content_Types].xml": b"", "xl/a.xml": b""}), "is an Excel file"),
        (bz2.compress(b"user,item\n1,2\n"), "is packed with bzip2. Unpack it first"),
        (zipped({"a.csv.gz": gzip.compress(b"user,item")}), "packed a second time. Unpack"),
        (pickle.dumps([1, 2]), "is a pickle of Python. Save it as CSV"),
        ("user,item\n1,2\n".encode("utf-16"), "is in UTF-16. Use encoding='utf-16'."),
        ("user,item\n1,2\n".encode("utf-16-be"), "Use encoding='utf-16-be'"),
    ],
)  # fmt: skip
def test_what_is_no_text_table_is_named_with_a_remedy(content, words, tmp_path):
    path = file_with(tmp_path, content)
    message = refusal(path)
    assert words in message
    assert message.startswith(str(path))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_the_remedy_for_utf_16_works(encoding, tmp_path):
    path = file_with(tmp_path, "user,item\n1,2\n", encoding=encoding)
    assert f"encoding={encoding!r}" in refusal(path)
    for wrong in ("latin-1", "utf-16-le" if encoding == "utf-16-be" else "utf-8"):
        assert f"encoding={encoding!r}" in refusal(path, encoding=wrong)
    assert rows_of(tables.read(path, encoding=encoding)) == [(1, 2)]


def test_an_encoding_that_is_wrong_is_one_sentence_with_the_file(tmp_path):
    path = file_with(tmp_path, MINE)
    message = refusal(path, encoding="utf-16")
    assert message.startswith(f"{path} is not in the encoding utf-16 (")
    assert message.endswith("Leave encoding=... out, or name the right one.")
    assert "'hex' is not a text encoding" in refusal(path, encoding="hex")


def test_a_very_long_text_is_no_error_of_another_kind(tmp_path):
    long = "x" * 200_000
    text = f'user\titem\tnote\n1\t2\t{long}\n1\t2\t"\n'
    assert "row 1 (counted from 0): 2 has this" in refusal(file_with(tmp_path, text))
    assert str(tmp_path) in refusal(file_with(tmp_path, text + "1\n"))
    text = text.replace("\t", ",").replace(',"\n', ',"x"\n')
    assert len(read_text(tmp_path, text.replace("1,2,x", "1,3,x", 1))) == 2


def test_a_folder_or_zip_with_one_table_is_read(tmp_path):
    files = {"any.csv": b"user,item\n1,2\n", "README.txt": b"about", "a.png": b"x"}
    mac = {"__MACOSX/._any.csv": b"x", ".DS_Store": b"x", "__MACOSX/ratings.csv": b"x"}
    path = file_with(tmp_path / "packed", zipped(files | mac), "any.zip")
    assert rows_of(tables.read(path)) == [(1, 2)]
    assert rows_of(tables.read(folder_with(tmp_path / "open", files))) == [(1, 2)]
    path.write_bytes(zipped(files | {"other.csv": b"user,item\n"}))
    assert "Else unpack it, and name the file itself." in refusal(path)


# In the words of the reader


def test_columns_that_were_given_are_not_asked_for_again(tmp_path):
    path = file_with(tmp_path, "1,2\n1,3\n")
    message = refusal(path, columns=["who", "what"])
    assert "Say which is which: user='...', item='...'" in message
    assert "columns=[" not in message
    options = {"columns": ["who", " what"], "user": "who ", "item": " what"}
    assert rows_of(tables.read(path, **options)) == [(1, 2), (1, 3)]


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("start", ["", "\n \n"])
def test_an_error_has_the_readers_column_and_the_line(header, start, tmp_path):
    lines_of = ["who,isbn,stars", "a,1,4", "b,2,5", "", "c,3,bad"][not header :]
    path = file_with(tmp_path, start + "\n".join(lines_of))
    options = {"user": "who", "item": "isbn", "rating": "stars"}
    if not header:
        options["columns"] = ["who", "isbn", "stars"]
    line = start.count("\n") + 4 + header
    words = f"{path}: Column stars (rating), line {line}: 'bad' is not a number"
    assert refusal(path, **options).startswith(words)


def test_rows_that_were_dropped_count_for_the_line(tmp_path):
    path = file_with(tmp_path, "user,item,rating\n1,2,0\n1,3,1\n1,4,9\n1,2,1\n1,2,2\n")
    for options in ({"zeros": "drop"}, {"repeats": "first"}):
        message = refusal(path, scale=(0, 5), **options)
        assert (
            "Column rating, line 4: 9.0 lies outside" in message or "line 6" in message
        )
    message = refusal(path, repeats="sum", scale=(0, 5))
    assert "Column rating, a sum of rows: 9.0 lies outside" in message


def test_a_frame_has_rows_and_remedies_with_its_names():
    frame = pd.DataFrame({"who": [1, "a"], "item": [1, 2]})
    message = refusal(frame, user="who")
    assert "Column who (userID), row 1 (counted from 0): 'a' is a text" in message
    assert "dtype={'who': str}" in message
    frame = pd.DataFrame({"itemID": [1.5, 2], "userID": [1, 2]})
    message = refusal(frame, user="itemID", item="userID")
    assert (
        "Column itemID (userID), row 0 (counted from 0): 1.5 is not a whole" in message
    )
    frame = pd.DataFrame({"user": [1], "item": [1], "when": [20011204]})
    assert "table['when']" in refusal(frame, time="when")


def test_decimal_commas_are_read_if_the_reader_says_so(tmp_path):
    path = file_with(tmp_path, "user;item;rating\n1;2;3,5\n1;3;4\n")
    message = refusal(path)
    assert "'3,5' is not a number" in message
    assert "decimal=','" in message
    assert rows_of(tables.read(path, decimal=",")) == [(1, 2, 3.5), (1, 3, 4.0)]
    quoted = file_with(tmp_path, 'user;item;rating\n"1";"2,5";"3,25"\n')
    assert rows_of(tables.read(quoted, decimal=",")) == [(1, "2,5", 3.25)]
    assert "decimal must be" in refusal(path, kind=ValueError, decimal=";")


@pytest.mark.parametrize("date", ["4.12.2001", "12/04/2001", "04-12-2001 10:00"])
def test_a_date_that_two_countries_read_differently_has_a_remedy(date, tmp_path):
    message = refusal(file_with(tmp_path, f"user,item,when\n1,2,{date}\n"), time="when")
    assert "Write times as 1997-12-04T15:55:49Z" in message
    assert "pd.to_datetime(table['when'], dayfirst=True)" in message
    assert "as chapter A1 shows" in message


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["20011204155549", "19990101000000"], "'%Y%m%d%H%M%S'"),
        (["200112041555", "199901010000"], "'%Y%m%d%H%M'"),
        (["20011204"] * 9 + ["0"], "'%Y%m%d'"),
    ],
)
def test_the_digits_of_a_date_are_no_seconds(values, form, tmp_path):
    rows = "".join(f"{n},1,{value}\n" for n, value in enumerate(values))
    message = refusal(file_with(tmp_path, f"user,item,when\n{rows}"), time="when")
    assert f"pd.to_datetime(table['when'].astype(str), format={form}" in message


def test_seconds_that_look_a_little_like_dates_are_times(tmp_path):
    for values in ([20011204, 20011304, 20011404], [200112041555, 200199041555]):
        rows = "".join(f"{n},1,{value}\n" for n, value in enumerate(values))
        assert len(read_text(tmp_path, f"user,item,time\n{rows}")) == len(values)


@pytest.mark.parametrize("values", [[45000, 45000.1], [45000, 45001]])
def test_days_of_excel_are_no_seconds(values, tmp_path):
    rows = "".join(f"{n},1,{value}\n" for n, value in enumerate(values))
    message = refusal(file_with(tmp_path, f"user,item,when\n{rows}"), time="when")
    assert "is a day as Excel counts them" in message
    assert "pd.to_datetime(table['when'], unit='D', origin='1899-12-30')" in message
    assert len(read_text(tmp_path, f"user,item,time\n{rows}9,1,7\n")) == 3
    instant = "user,item,time\n1,2,1970-01-01T10:00\n"
    assert read_text(tmp_path, instant)["timestamp"].tolist() == [36_000]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"quotes": "no"}, "quotes must be True, False or None; received 'no'"),
        ({"quotes": 0}, "quotes must be True, False or None"),
        ({"separator": "é"}, "must be one ASCII character or '::'; received 'é'"),
        ({"separator": 1}, "must be one ASCII character or '::'; received 1"),
        ({"encoding": 5}, "encoding must be a text such as 'latin-1'; received 5"),
        ({"foo": 1}, "read has no option 'foo'"),
        ({"time": True}, "time must be the name of a column; received True"),
        ({"user": False}, "user must be the name of a column; received False"),
    ],
)
def test_an_option_of_another_kind_is_refused(options, words, tmp_path):
    path = file_with(tmp_path, "user,item\n1,2\n")
    assert words in refusal(path, kind=ValueError, **options)


@pytest.mark.parametrize("path", ["a" * 5000, "~nosuchuser/x.csv"])
def test_a_path_that_cannot_be_does_not_exist(path):
    assert "does not exist. Correct the path" in refusal(path)


def test_an_address_is_no_path():
    message = refusal("https://example.org/r.csv")
    assert "Download it first and name the file." in message


def test_an_empty_zip_and_a_line_of_dashes_are_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w"):
        pass
    assert "is an empty zip" in refusal(tmp_path / "a.zip")
    message = refusal(file_with(tmp_path, "user,item\n----,----\n1,2\n"))
    assert "a line of dashes" in message


def test_an_identifier_of_5000_digits_is_a_text(tmp_path):
    table = read_text(tmp_path, f"user,item\n{'1' * 5000},2\n1,3\n")
    assert table["userID"].tolist() == ["1" * 5000, "1"]


def test_the_table_tells_what_was_taken(tmp_path):
    text = "user,isbn,stars,created_at,Review Date,sentiment,updates\n1,2,3,4,5,6,7\n"
    assert read_text(tmp_path, text).attrs == {
        "columns": {"userID": "user", "itemID": "isbn", "rating": "stars"},
        "unused_times": ["created_at", "Review Date"],
    }
    table = read_text(tmp_path, text, time="created_at")
    assert table.attrs["columns"]["timestamp"] == "created_at"
    assert table.attrs["unused_times"] == []
    assert read_text(tmp_path, text, time=False).attrs["unused_times"] == []


@pytest.mark.parametrize("source", [pd.Series([1]), {"user": [1]}, None, [1], b"x"])
def test_what_is_no_table_and_no_path_is_refused(source):
    message = refusal(source, kind=ValueError)
    assert "source must be a path, the name of a data set or a DataFrame" in message


@pytest.mark.parametrize(
    "scale", [5, (5, 1), (1, 2, 3), (1, None), "15", (1, float("nan"))]
)
def test_a_scale_is_two_numbers(scale):
    frame = pd.DataFrame({"user": [1], "item": [2]})
    assert "scale must be two numbers" in refusal(frame, kind=ValueError, scale=scale)


# Any table, written and read back

IDS = {
    "integers": st.integers(-(2**63), 2**63 - 1),
    "small": st.integers(-2, 30),
    "digits": st.text("0123456789", min_size=1, max_size=20),
    "texts": st.text("0a1é.- N", min_size=1, max_size=4).filter(lambda t: t.strip()),
    "none": st.sampled_from(["NA", "nan", "null", "None", "NULL", "N/A", "1"]),
}
SECONDS = st.integers(10**8, 2 * 10**9)
TIMES = {
    "seconds": SECONDS,
    "milliseconds": SECONDS.map(lambda s: s * 1000 + 7),
    "fractions": st.floats(1e8, 2e9),
    "iso": SECONDS.map(
        lambda s: datetime.datetime.fromtimestamp(s, datetime.UTC).isoformat()
    ),
    "days": st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)).map(str),
}


@st.composite
def written(draw):
    """Return a table of any kind of identifiers and times, in which no pair occurs twice."""
    kinds = [draw(st.sampled_from(sorted(IDS))) for _ in range(2)]
    pairs = st.tuples(*(IDS[kind] for kind in kinds))
    pairs = draw(
        st.lists(
            pairs, min_size=1, max_size=8, unique_by=lambda p: (str(p[0]), str(p[1]))
        )
    )
    table = pd.DataFrame(pairs, columns=["user", "item"]).astype(str)
    ratings = st.floats(-1e9, 1e9) | st.integers(0, 9)
    n = len(table)
    table["rating"] = draw(st.lists(ratings, min_size=n, max_size=n))
    times = TIMES[draw(st.sampled_from(sorted(TIMES)))]
    table["time"] = draw(st.lists(times, min_size=n, max_size=n))
    return table


def is_written_as_a_number(text):
    try:
        number = int(text)
    except ValueError:
        return False
    return str(number) == text and -(2**63) <= number < 2**63


def expected(table):
    """Return what the door makes of a table whose texts are numbers where all are written as such."""
    table = table.set_axis(COLUMNS, axis="columns")
    for name in ("userID", "itemID"):
        if all(map(is_written_as_a_number, table[name])):
            table[name] = [int(text) for text in table[name]]
    return check_ratings(table)


@given(written(), st.sampled_from(forms.SEPARATORS), st.sampled_from([1, 3, 100]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_back(tmp_path, table, separator, rows_in_a_part):
    text = table.to_csv(index=False, sep="|").replace("|", separator)
    path = file_with(tmp_path, text)
    with pytest.MonkeyPatch.context() as patch:
        cut(rows_in_a_part, patch)
        read = tables.read(path)
        patch.setattr(delimited, "_in_pieces", lambda *_: None)
        pd.testing.assert_frame_equal(read, tables.read(path), check_exact=True)
    pd.testing.assert_frame_equal(read, expected(table), check_exact=True)
    frame = table.set_axis(COLUMNS, axis="columns")
    pd.testing.assert_frame_equal(tables.read(table), check_ratings(frame))
