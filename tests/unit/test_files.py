"""A file or folder appears whole or not at all, whatever stops the process that writes it."""

import os
import tempfile
import threading

import pandas as pd
import pytest
from hypothesis import given

from any_input import any_tables, works
from recdl import files
from recdl.files import replacing, write_csv

TABLE = pd.DataFrame({"userID": [1, 2], "itemID": [5, 6]})


def write_file(path, text):
    path.write_text(text)


def write_folder(path, text):
    path.mkdir()
    (path / "inside").write_text(text)


def content(path):
    return (path / "inside" if path.is_dir() else path).read_text()


both_kinds = pytest.mark.parametrize("write", [write_file, write_folder])


@both_kinds
def test_what_the_block_wrote_stands_there_and_nothing_beside_it(write, tmp_path):
    for text in ("old", "new"):
        with replacing(tmp_path / "above" / "it") as unfinished:
            write(unfinished, text)
        assert content(tmp_path / "above" / "it") == text
        assert os.listdir(tmp_path / "above") == ["it"]


@both_kinds
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("there", [False, True])
def test_a_block_that_does_not_end_changes_nothing(write, error, there, tmp_path):
    if there:
        write(tmp_path / "it", "old")

    def stopped():
        with replacing(tmp_path / "it") as unfinished:
            write(unfinished, "half")
            raise error

    with pytest.raises(error):
        stopped()
    assert os.listdir(tmp_path) == ["it"] * there
    assert not there or content(tmp_path / "it") == "old"


@both_kinds
def test_until_the_block_ends_the_old_one_stands_there(write, tmp_path):
    write(tmp_path / "it", "old")
    with replacing(tmp_path / "it") as unfinished:
        write(unfinished, "new")
        assert content(tmp_path / "it") == "old"
    assert content(tmp_path / "it") == "new"


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize(
    ("write", "step"),
    # A folder takes three: the new one does not fit, the old one steps aside, the new one comes.
    [(write_file, 1), (write_folder, 2), (write_folder, 3)],
)
def test_a_step_that_fails_brings_the_old_one_back(
    write, step, error, tmp_path, monkeypatch
):
    write(tmp_path / "it", "old")
    replace, steps = os.replace, []

    def fails(*paths):
        steps.append(paths)
        if len(steps) == step:
            raise error
        replace(*paths)

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(error), replacing(tmp_path / "it") as unfinished:
        write(unfinished, "new")
    assert content(tmp_path / "it") == "old"
    assert os.listdir(tmp_path) == ["it"]


@pytest.mark.parametrize(
    ("old", "new"), [(write_file, write_folder), (write_folder, write_file)]
)
def test_a_file_and_a_folder_do_not_replace_each_other(old, new, tmp_path):
    old(tmp_path / "it", "old")
    with pytest.raises(OSError, match="it'"), replacing(tmp_path / "it") as unfinished:
        new(unfinished, "new")
    assert content(tmp_path / "it") == "old"
    assert os.listdir(tmp_path) == ["it"]


@both_kinds
def test_a_link_is_replaced_and_not_followed(write, tmp_path):
    write(tmp_path / "mine", "mine")
    (tmp_path / "it").symlink_to(tmp_path / "mine")
    with replacing(tmp_path / "it") as unfinished:
        write(unfinished, "new")
    assert content(tmp_path / "mine") == "mine"
    assert content(tmp_path / "it") == "new"


@both_kinds
def test_several_may_write_at_once_and_one_of_them_comes_last(write, tmp_path):
    n, together, failed = 4, threading.Barrier(4), []

    def one(number):
        try:
            for turn in range(20):
                with replacing(tmp_path / "it") as unfinished:
                    write(unfinished, f"{number} {turn}")
                    together.wait(20)
        except BaseException as error:
            failed.append(error)
            together.abort()

    writers = [threading.Thread(target=one, args=(number,)) for number in range(n)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failed == []
    assert content(tmp_path / "it") in [f"{number} 19" for number in range(n)]
    assert os.listdir(tmp_path) == ["it"]


def test_csv_holds_the_table_and_makes_the_folders_above_it(tmp_path):
    path = tmp_path / "a" / "b" / "table.csv"
    assert write_csv(TABLE, path) == path
    assert write_csv(TABLE, str(path)) == path  # and minds none that is there
    pd.testing.assert_frame_equal(pd.read_csv(path), TABLE)


def test_csv_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = write_csv(TABLE, tmp_path / "table.csv")
    before = path.read_bytes()

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_csv(TABLE.head(1), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["table.csv"]


def test_csv_that_fails_leaves_nothing_behind(tmp_path):
    (tmp_path / "table.csv").mkdir()
    with pytest.raises(OSError, match=r"table\.csv"):
        write_csv(TABLE, tmp_path / "table.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


@given(any_tables())
def test_csv_file_holds_any_table_and_nothing_lies_beside_it(table):
    with tempfile.TemporaryDirectory() as folder:
        path = works(write_csv, table, f"{folder}/new/train.csv")
        written = path.read_bytes().decode()
        assert written == table.to_csv(index=False)
        assert [file.name for file in path.parent.iterdir()] == ["train.csv"]


@pytest.mark.parametrize("reads", [2, 1000])
def test_on_windows_a_file_that_is_being_read_is_replaced_a_moment_later(
    reads, tmp_path, monkeypatch
):
    times = []

    def replace(new, path):
        times.append(1)
        if len(times) <= reads:
            raise PermissionError(13, "it is used by another process")
        os.replace(new, path)

    windows = {**vars(os), "name": "nt", "replace": staticmethod(replace)}
    monkeypatch.setattr(files, "os", type("os", (), windows))
    monkeypatch.setattr(files.time, "sleep", lambda _: None)
    write_file(tmp_path / "it", "old")

    def write():
        with replacing(tmp_path / "it") as unfinished:
            write_file(unfinished, "new")

    if reads > 50:
        with pytest.raises(PermissionError):
            write()
    else:
        write()
    assert content(tmp_path / "it") == ("old" if reads > 50 else "new")
