"""`make scale`: a row for each set, resumed after an interrupt; what cannot end well is said before."""

import json
import os
import subprocess
import sys
import types
import zipfile

import numpy as np
import pandas as pd
import psutil
import pytest

from tools import ROOT

pytest.importorskip("polars")
SMALL = {"1m": (3000, 60, 90, 120), "10m": (9000, 150, 300, 400)}


@pytest.fixture
def larger_sets(monkeypatch, tmp_path):
    """Return the script, with sets that are small."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    monkeypatch.delenv("RECDL_MOVIELENS", raising=False)
    import larger_sets
    import shapes

    monkeypatch.setattr(shapes, "SHAPES", SMALL)
    monkeypatch.setattr(larger_sets, "SHAPES", SMALL)
    return larger_sets


def run(larger_sets, folder, *words):
    larger_sets.main([f"--to={folder}", f"--work={folder / 'work'}", *words])


def table_in(folder):
    return pd.read_csv(folder / "larger_sets.csv")


def stub(monkeypatch, larger_sets, ending):
    """Let `ending`, by the folder of the file, say how a measurement ends, and note who was measured."""
    called = []

    def measured(command, **_):
        name = os.path.basename(os.path.dirname(command[-1]))
        called.append(name)
        found = ending.get(name, 0)
        if isinstance(found, BaseException):
            raise found
        row = {"ratings": len(name), "read_s": 1.0}
        return types.SimpleNamespace(returncode=found, stdout=json.dumps(row))

    monkeypatch.setattr(
        larger_sets, "subprocess", types.SimpleNamespace(run=measured, PIPE=-1)
    )
    return called


def test_a_zip_becomes_a_row_beside_those_that_are_there(
    larger_sets, monkeypatch, tmp_path
):
    path = tmp_path / "ml-10m.zip"
    larger_sets.write("10m", tmp_path / "ratings.dat", np.random.default_rng(0))
    with zipfile.ZipFile(path, "w") as packed:
        packed.write(tmp_path / "ratings.dat", "ml-10M100K/ratings.dat")
    digest = larger_sets.hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setitem(larger_sets.ZIPS, "10m", digest)
    monkeypatch.setenv("RECDL_MOVIELENS", str(path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src"), *sys.path]))
    older = {"set": ["1m", "10m"], "data": ["generated", "ml-10m.zip"], "epochs": 1}
    pd.DataFrame(older | {"ratings": 7}).to_csv(
        tmp_path / "larger_sets.csv", index=False
    )
    run(larger_sets, tmp_path)
    table = table_in(tmp_path)
    assert table["data"].tolist() == ["generated", "ml-10m.zip"]
    row = table.iloc[1]
    assert row["set"] == "10m"
    lines = (tmp_path / "ratings.dat").read_text().splitlines()
    assert row["ratings"] == len(lines) > 7000
    seconds = [name for name in table if name.endswith("_s")]
    assert {"read_s", "split_s", "epoch_s", "neumf_s", "ease_s", "item_knn_s"} <= set(
        seconds
    )
    assert (row[seconds] > 0).all()
    judged = [row[f"{name}_ndcg_at_10"] for name in ("popular", "ease_lists", "neumf")]
    assert all(0 < value < 1 for value in judged)
    assert list((tmp_path / "work").iterdir()) == []


def test_after_an_interrupt_the_table_is_whole_and_done_sets_are_not_done_again(
    larger_sets, monkeypatch, tmp_path, capsys
):
    (tmp_path / "larger_sets.csv").write_text("as it was")
    words = ["--sets", "1m", "10m"]
    stub(monkeypatch, larger_sets, {"generated-10m": KeyboardInterrupt()})
    with pytest.raises(SystemExit) as stopped:
        run(larger_sets, tmp_path, *words)
    assert stopped.value.code == 130
    assert "The same command goes on" in capsys.readouterr().err
    assert (tmp_path / "larger_sets.csv").read_text() == "as it was"
    (tmp_path / "larger_sets.csv").unlink()
    called = stub(monkeypatch, larger_sets, {})
    run(larger_sets, tmp_path, *words)
    assert called == ["generated-10m"]
    assert table_in(tmp_path)["set"].tolist() == ["1m", "10m"]
    assert "Exponents of growth" in capsys.readouterr().out
    run(larger_sets, tmp_path, *words)  # a complete table is made anew
    assert called == ["generated-10m", "generated-1m", "generated-10m"]


@pytest.mark.parametrize(
    ("code", "words"), [(-9, "was ended by SIGKILL"), (1, "the reason stands above")]
)
def test_a_measurement_that_fails_is_told(
    larger_sets, monkeypatch, tmp_path, code, words
):
    stub(monkeypatch, larger_sets, {"generated-1m": code})
    with pytest.raises(SystemExit, match=words):
        run(larger_sets, tmp_path, "--sets", "1m")
    assert not (tmp_path / "larger_sets.csv").exists()


@pytest.mark.parametrize("content", [None, b"", b"PK\3\4 and then another film"])
def test_another_zip_a_damaged_one_and_none_are_refused(
    larger_sets, monkeypatch, tmp_path, content
):
    path = tmp_path / "ml-32m.zip"
    words = "none of the zips ml-1m, .* or it is damaged"
    if content is None:
        words = "ml-32m.zip: No such file"
    else:
        path.write_bytes(content)
    monkeypatch.setenv("RECDL_MOVIELENS", str(path))
    with pytest.raises(SystemExit, match=words):
        run(larger_sets, tmp_path)


def test_too_little_memory_or_disk_is_said_before_work_begins(
    larger_sets, monkeypatch, tmp_path
):
    called = stub(monkeypatch, larger_sets, {})
    sizes = {"1m": (10**6, 0, 0, 0), "10m": (10**7, 0, 0, 0)}
    monkeypatch.setattr(larger_sets, "SHAPES", sizes)
    for free, words in [
        (2e9, r"The set 10m needs about 3.2 .* 2.0 GB are free. What would fit: 1m\."),
        (1e9, "too little for any"),
    ]:
        memory = types.SimpleNamespace(available=free, total=free)
        monkeypatch.setattr(psutil, "virtual_memory", lambda memory=memory: memory)
        with pytest.raises(SystemExit, match=words):
            run(larger_sets, tmp_path, "--sets", "1m", "10m")
    memory = types.SimpleNamespace(available=1e11, total=1e11)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    disk = types.SimpleNamespace(free=2e8)
    monkeypatch.setattr(larger_sets.shutil, "disk_usage", lambda _: disk)
    with pytest.raises(
        SystemExit, match=r"10m needs 0.3 GB in .* 0.2 GB are free there"
    ):
        run(larger_sets, tmp_path, "--sets", "10m")
    assert called == []


def test_a_full_disk_ends_with_a_sentence(larger_sets, monkeypatch, tmp_path):
    def write(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(larger_sets, "write", write)
    with pytest.raises(SystemExit, match="No space left on device"):
        run(larger_sets, tmp_path, "--sets", "1m")
    assert list((tmp_path / "work" / "generated-1m").iterdir()) == []


def test_a_file_that_is_no_table_ends_the_measurement_with_a_sentence(
    larger_sets, tmp_path
):
    (tmp_path / "ratings.csv").write_text("no table")
    words = [sys.executable, str(ROOT / "benchmarks" / "larger_sets.py")]
    words += ["--measure", str(tmp_path / "ratings.csv")]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "ratings.csv" in done.stderr
