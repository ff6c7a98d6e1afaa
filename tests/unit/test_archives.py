"""An archive that is a trap, and files of another data set: nothing is unpacked, and a sentence says why."""

import re
import tracemalloc
import zipfile

import pytest

from invented_movielens import (
    LOADERS,
    OTHERS,
    ZIP,
    error_of,
    folder_with,
    grouplens_files,
    lines,
    zipped,
)
from recdl import download
from recdl.columns import DataError
from recdl.movielens import load_ratings
from stand_in import HTML

# --- an archive that is a trap ---


@pytest.fixture
def archive(invented_movielens, tmp_path):
    """Write an archive, far enough down that a way up and out ends in the test's own folder."""

    def write(content):
        path = tmp_path / "a/b/c/ml.zip"
        path.parent.mkdir(parents=True)
        path.write_bytes(zipped(content) if isinstance(content, dict) else content)
        return path

    return write


def test_nothing_is_written_outside_the_cache(archive, tmp_path, cache):
    tables = grouplens_files()
    path = archive(
        {
            "../../u.data": tables["u.data"],
            f"{tmp_path}/u.item": tables["u.item"],
            "..\\u.user\\u.user": b"",
            "a/../../u.user": tables["u.user"],
            "../../evil": b"",
            f"{tmp_path}/evil": b"",
            "..\\evil": b"",
        }
    )
    assert [len(load(path)) for load in LOADERS] == [4, 3, 2]
    files = [file for file in tmp_path.rglob("*") if file.is_file() and file != path]
    assert sorted(file.name for file in files) == ["u.data", "u.item", "u.user"]
    assert {file.parent.parent for file in files} == {cache}


def test_link_in_an_archive_is_not_made(archive, tmp_path, cache):
    (tmp_path / "secret").write_bytes(grouplens_files()["u.data"])
    link = zipfile.ZipInfo("u.data")
    link.external_attr = 0o120777 << 16
    path = archive({})
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(link, str(tmp_path / "secret"))
    assert "is not MovieLens-100k" in error_of(load_ratings, path, kind=DataError)
    assert not any(file.is_symlink() for file in cache.rglob("*"))


@pytest.mark.parametrize("name", ["u.data", "u.item", "u.user"])
@pytest.mark.parametrize("other", ["ml-100k/copy/", "a/"])
def test_table_at_two_places_in_an_archive_is_refused(name, other, archive, cache):
    files = {f"ml-100k/{name}": text for name, text in grouplens_files().items()}
    path = archive(files | {other + name: b"an impostor"})
    message = error_of(load_ratings, path, kind=DataError)
    assert "it has a table twice" in message
    assert f"{other}{name}" in message
    assert not cache.exists()


def test_forged_ratings_in_an_archive_are_refused(archive):
    forged = grouplens_files()["u.data"].replace(b"\t5\t", b"\t4\t")
    path = archive(grouplens_files() | {"u.data": forged})
    assert "but other values" in error_of(load_ratings, path, kind=DataError)


def test_archive_that_unpacks_to_far_too_much_is_refused(archive, cache):
    path = archive({"u.data": bytes(20_000_000)})
    assert path.stat().st_size < 30_000
    message = error_of(load_ratings, path, kind=DataError)
    assert "it has tables of 20,000,000 bytes" in message
    assert not cache.exists()


def encrypted_zip():
    """Mark every member as encrypted, in its own header and in the archive's list."""
    plain = zipped(grouplens_files())
    marked = re.sub(rb"(PK\x03\x04..)\x00", rb"\1" + b"\x01", plain, flags=re.DOTALL)
    return re.sub(rb"(PK\x01\x02....)\x00", rb"\1" + b"\x01", marked, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (ZIP[:-30], "damaged content"),
        (ZIP.replace(ZIP[60:70], b"0123456789"), "damaged content"),
        (HTML, "damaged content .File is not a zip file"),
        (b"", "damaged content .File is not a zip file"),
        (encrypted_zip(), "damaged content .*password required"),
        ({}, r"only the files \[\]"),
        ({"..\\u.data": b""}, r"only the files \['..\\\\u.data'\]"),
    ],
)
def test_archive_that_cannot_be_used_is_named_with_the_remedy(content, found, archive):
    message = error_of(load_ratings, archive(content), kind=DataError)
    assert re.search(f"ml.zip is not MovieLens-100k: it has {found}", message)
    assert message.endswith(download.BY_HAND)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"Rar!\x1a\x07\x01\x00" * 99, "RAR"),
        (b"7z\xbc\xaf\x27\x1c" * 99, "7z"),
        (b"\x1f\x8b\x08\x00" * 99, "gzip"),
        (b"BZh91AY&SY" * 99, "bzip2"),
        (b"\xfd7zXZ\x00" * 99, "xz"),
        (b"u.data".ljust(257, b"\x00") + b"ustar\x0000" + bytes(248), "tar"),
    ],
)
@pytest.mark.parametrize("name", ["ml.zip", "ml.rar"])
def test_archive_of_another_kind_is_called_by_its_name(
    content, kind, name, archive, cache
):
    path = archive(content)
    path = path.rename(path.with_name(name))
    message = error_of(load_ratings, path, kind=DataError)
    assert f"it has the form of an archive ({kind}): unpack it and name" in message
    assert message.endswith(download.BY_HAND)
    assert not cache.exists()


# --- another data set of MovieLens ---

each_other = pytest.mark.parametrize("files", OTHERS.values(), ids=list(OTHERS))


@each_other
def test_archive_of_another_size_is_refused_and_its_files_are_named(files, archive):
    message = error_of(load_ratings, archive(files), kind=DataError)
    assert f"is not MovieLens-100k: it has only the files {sorted(files)}" in message
    assert message.endswith(download.BY_HAND)


@each_other
def test_folder_of_another_size_is_refused_and_its_files_are_named(
    files, invented_movielens, tmp_path
):
    folder = folder_with(tmp_path / "ml", files)
    message = error_of(load_ratings, folder, kind=DataError)
    assert f"has no ratings, only {sorted(files)}. Name a folder or archive" in message
    assert "u.data or ml-100k.inter" in message


@each_other
def test_ratings_file_of_another_size_is_refused_and_its_form_is_named(
    files, invented_movielens, tmp_path
):
    folder_with(tmp_path, files)
    [ratings] = tmp_path.glob("ratings.*")
    message = error_of(load_ratings, ratings, kind=DataError)
    assert "of 1 fields, not of 4 separated by '\\t'" in message
    assert message.endswith(download.BY_HAND)


def test_file_that_is_far_too_large_is_refused_unread(invented_movielens, tmp_path):
    with open(tmp_path / "ratings.csv", "wb") as file:
        file.truncate(600_000_000)  # ml-20m's; a hole, which takes no room
    tracemalloc.start()
    message = error_of(load_ratings, tmp_path / "ratings.csv", kind=DataError)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "is not MovieLens-100k: it has 600,000,000 bytes" in message
    assert peak < 1_000_000


def test_ratings_of_another_size_in_the_right_form_are_refused(
    invented_movielens, tmp_path
):
    (tmp_path / "u.data").write_bytes(lines([(1, 1, 5, 0), (1, 2, 5, 0)], "\t"))
    message = error_of(load_ratings, tmp_path, kind=DataError)
    assert "it has 2 ratings of 1 users and 2 items, not 4 ratings" in message
