"""Tests of the committed notebooks and of how pages are made of them."""

import base64
import json
import os
import re
import signal
import subprocess
import sys

import nbformat
import pytest

from processes import has_ended, wait_for
from recdl import paper
from tools import book, run

NOTEBOOKS = run.notebooks()
CELLS = [(n.name, cell) for n in NOTEBOOKS for cell in n.content()["cells"]]
CODE = [(name, cell) for name, cell in CELLS if cell["cell_type"] == "code"]


def ids(pairs):
    return [cell["id"] for _, cell in pairs]


def test_the_three_chapters_of_the_experiment_are_there():
    assert {"04_dataset", "05_training", "06_evaluation"} <= {n.name for n in NOTEBOOKS}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.name)
def test_a_notebook_is_valid_and_has_one_cell_of_parameters(notebook):
    nbformat.validate(nbformat.read(notebook.path, as_version=4))
    tags = [
        tag
        for c in notebook.content()["cells"]
        for tag in c["metadata"].get("tags", [])
    ]
    assert tags.count("parameters") == 1


@pytest.mark.parametrize("cell", [cell for _, cell in CODE], ids=ids(CODE))
def test_a_notebook_is_committed_without_outputs(cell):
    assert cell["outputs"] == []
    assert cell["execution_count"] is None


FIGURES = [
    (name, cell)
    for name, cell in CODE
    if re.search(
        r"\b(plots|figures)\.(?!use_style)\w+\(|\bplt\.", "".join(cell["source"])
    )
]


@pytest.mark.parametrize("cell", [cell for _, cell in FIGURES], ids=ids(FIGURES))
def test_a_figure_has_a_name_a_caption_and_a_description(cell):
    about = cell["metadata"]["mystnb"]
    assert about["figure"]["name"].startswith("fig-")
    assert about["figure"]["caption"].endswith(".")
    assert len(about["image"]["alt"]) > 60


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.name)
def test_quick_parameters_are_parameters_of_the_notebook(notebook):
    cells = notebook.content()["cells"]
    (parameters,) = (
        "".join(c["source"])
        for c in cells
        if "parameters" in c["metadata"].get("tags", [])
    )
    for name in notebook.parameters(quick=True):
        assert f"{name} = " in parameters


@pytest.fixture
def executed(tmp_path, monkeypatch):
    """Return a notebook whose executed copy has outputs, with prose changed since."""
    source = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": "1",
    }
    prose = {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "new words"}
    picture = {
        "output_type": "display_data",
        "data": {"image/png": base64.b64encode(b"png").decode()},
    }
    figure = {"mystnb": {"figure": {"name": "fig-a"}}}
    copy = source | {"outputs": [picture], "execution_count": 3}
    injected = source | {"id": "injected"}
    (tmp_path / "book").mkdir()
    (tmp_path / "full").mkdir()
    path = tmp_path / "book" / "chapter.ipynb"
    path.write_text(
        json.dumps({"cells": [prose, source | {"metadata": figure}], "metadata": {}})
    )
    (tmp_path / "full" / "chapter.ipynb").write_text(
        json.dumps(
            {
                "cells": [prose | {"source": "old words"}, injected, copy],
                "metadata": {"seconds": 1.5},
            }
        )
    )
    monkeypatch.setattr(run, "BUILD", tmp_path)
    monkeypatch.setattr(run, "notebooks", lambda: [run.Notebook(path)])
    return run.Notebook(path)


def test_a_page_has_the_new_prose_and_the_outputs_of_the_run(executed):
    prose, code = executed.with_outputs()["cells"]
    assert prose["source"] == "new words"
    assert code["outputs"][0]["output_type"] == "display_data"
    assert code["execution_count"] == 3


def test_a_figure_is_found_by_its_name(executed):
    assert book.figure("fig-a") == b"png"


def test_a_figure_that_nobody_shows_is_named(executed):
    with pytest.raises(KeyError, match="fig-b"):
        book.figure("fig-b")


def test_a_figure_that_left_no_picture_is_named(executed):
    copy = executed.executed(quick=False)
    copy.write_text(copy.read_text().replace("image/png", "text/plain"))
    with pytest.raises(KeyError, match="fig-a"):
        book.figure("fig-a")


def test_pages_that_were_deleted_are_not_called_up_to_date():
    assert book.STAMP.parent == book.HTML


def test_numbers_of_the_pages_come_from_the_run():
    run_results = paper.RESULTS | {"map": 2 * paper.RESULTS["map"], "n_train": 74992}
    texts = book.substitutions(run_results, {"04_dataset": 5.6})
    assert texts["map"] == "0.0905"
    assert texts["paper_map"] == "0.0453"
    assert texts["off_map"] == "+100.0%"
    assert texts["n_train"] == "74,992"
    assert texts["seconds_04_dataset"] == "6"


def test_a_stale_copy_never_becomes_a_page(monkeypatch):
    monkeypatch.setattr(
        run, "provenances", lambda quick: {n.name: {} for n in NOTEBOOKS}
    )
    monkeypatch.setattr(
        run, "is_fresh", lambda notebook, *_, **__: notebook.name != "05_training"
    )
    with pytest.raises(
        SystemExit,
        match=r"Not executed in their present form: 05_training. Run: make book",
    ):
        book._main()


STAND_IN = """
import os, pathlib, sys, time
def main():
    html = pathlib.Path(sys.argv[-4]) / "_build" / "html"
    html.mkdir(parents=True)
    (html / "index.html").write_text("half of a page")
    pathlib.Path(os.environ["PID"]).write_text(str(os.getpid()))
    time.sleep(0 if "HURRY" in os.environ else 60)
    (html / "index.html").write_text("a whole page")
"""


def start_book(root, **variables):
    """Build a book in a process of its own, with a stand-in for Jupyter Book that takes its time."""
    package = root / "stand-in" / "jupyter_book" / "cli"
    package.mkdir(parents=True, exist_ok=True)
    (package / "main.py").write_text(STAND_IN)
    for folder in (package, package.parent):
        (folder / "__init__.py").touch()
    code = f"""
import pathlib
import signal
from tools import book, environment, run, slides
environment.ROOT = run.ROOT = root = pathlib.Path({str(root)!r})
run.BUILD = root / "_build"
book.SOURCE, book.OUTPUT, book.HTML = (run.BUILD / name for name in ("source", "output", "html"))
book.STAMP = book.HTML / ".made-from"
run.demand_fresh = book.stage = slides.write = lambda *_: None
book.fingerprint = lambda: "now"
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a script started us with &
book.main()
"""
    path = {"PYTHONPATH": str(root / "stand-in"), "PID": str(root / "pid")}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | path | variables,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_ctrl_c_keeps_the_old_book_and_the_next_call_builds(tmp_path):
    page, pid = tmp_path / "_build" / "html" / "index.html", tmp_path / "pid"
    page.parent.mkdir(parents=True)
    page.write_text("an old page")
    process = start_book(tmp_path)
    wait_for(lambda: pid.exists() and pid.read_text())
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=10)
    assert process.returncode != 0
    assert "Interrupted. An earlier book is kept" in told
    assert "Traceback" not in told
    wait_for(lambda: has_ended(pid.read_text()))
    assert page.read_text() == "an old page"
    again = start_book(tmp_path, HURRY="yes")
    assert "Built in" in again.communicate(timeout=20)[1]
    assert page.read_text() == "a whole page"
    assert (page.parent / ".made-from").read_text() == "now"
