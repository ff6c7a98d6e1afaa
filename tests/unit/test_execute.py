"""Tests of one notebook in a real kernel: what it leaves, and how it fails."""

import json
import sys

import nbformat
import pytest

from processes import has_ended, signals, wait_for
from recdl.course import notebook
from recdl.progress import STATUS_VARIABLE, Status
from tools import execute

RECORD = "from recdl.course.notebook import record\nrecord('answer', 6 * FACTOR)"


@pytest.fixture
def executed(tmp_path):
    """Return a function that executes cells and returns what went wrong."""

    def execute_cells(*cells, **parameters):
        content = nbformat.v4.new_notebook()
        content.cells = [
            nbformat.v4.new_code_cell(cell) for cell in ("FACTOR = 7", *cells)
        ]
        content.cells[0].metadata["tags"] = ["parameters"]
        source, target = tmp_path / "chapter.ipynb", tmp_path / "executed.ipynb"
        nbformat.write(content, source)
        return execute.execute(source, target, tmp_path, parameters)

    return execute_cells


def test_a_copy_has_results_of_its_parameters_and_says_how_far_it_is(
    executed, tmp_path, monkeypatch
):
    with Status() as status:
        monkeypatch.setenv(STATUS_VARIABLE, str(status.path))
        assert executed(RECORD, "open('here', 'w').write('')", FACTOR=2) is None
        assert status.read()["line"] == "cell 4 of 4"
    assert notebook.read(tmp_path / "executed.ipynb") == {"answer": 12}
    assert (tmp_path / "here").exists()


def test_a_failing_cell_is_named_with_its_traceback(executed, tmp_path):
    problem = executed("x = 1", "x / 0")
    assert problem.startswith('chapter.ipynb, cell 3 ("x / 0"):')
    assert "ZeroDivisionError" in problem
    assert "x / 0" in (tmp_path / "executed.ipynb").read_text()


def test_a_cell_behind_the_parameters_of_a_run_is_named_as_its_editor_shows_it(
    executed,
):
    problem = executed("x = 1", "x / 0", FACTOR=2)
    assert problem.startswith('chapter.ipynb, cell 3 ("x / 0"):')


def test_a_notebook_of_another_editor_is_executed(tmp_path):
    """Without ids, with an old output, with a kernel and widgets that are not here, and with a BOM."""
    old = {"output_type": "error", "ename": "Old", "evalue": "", "traceback": []}
    cell = {"cell_type": "code", "source": ["FACTOR = 7\r\n", RECORD]}
    cell |= {"outputs": [old], "execution_count": 9, "metadata": {"outputId": "a"}}
    kernel = {"name": "of somebody", "display_name": "R", "language": "R"}
    state = {"application/vnd.jupyter.widget-state+json": {"abc": {}}}
    made = {"cells": [cell, cell], "nbformat": 4, "nbformat_minor": 0}
    made |= {"metadata": {"kernelspec": kernel, "widgets": state}}
    source, target = tmp_path / "{Ü} (Kopie).ipynb", tmp_path / "executed.ipynb"
    source.write_bytes(b"\xef\xbb\xbf" + json.dumps(made).encode())
    assert execute.execute(source, target, tmp_path, {}) is None
    assert notebook.read(target) == {"answer": 42}
    nbformat.validate(nbformat.read(target, as_version=4))


@signals
def test_a_killed_kernel_ends_with_a_sentence(executed):
    problem = executed("import os, signal", "os.kill(os.getpid(), signal.SIGKILL)")
    assert problem.startswith(
        'chapter.ipynb, cell 3 ("os.kill(os.getpid(), signal.SIGKILL)"): its'
    )


SLOW = "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(60)"


def test_a_cell_that_hangs_is_stopped_with_a_sentence(executed, tmp_path, monkeypatch):
    monkeypatch.setattr(execute, "CELL_TIMEOUT", 1)
    problem = executed("1 + 1", SLOW)
    assert problem.startswith('chapter.ipynb, cell 3 ("import os, pathlib, time;')
    assert problem.endswith(": it ran longer than 1 s and was stopped.")
    wait_for(lambda: has_ended((tmp_path / "pid").read_text()))


def test_a_cell_without_enough_memory_stops_with_the_remedy(executed):
    problem = executed("bytearray(10**18)")
    assert problem.startswith('chapter.ipynb, cell 2 ("bytearray(10**18)"):')
    assert "MemoryError" in problem
    assert problem.endswith("did not suffice. Close other programs and try again.")


def test_a_kernel_that_does_not_answer_is_given_up(executed, tmp_path, monkeypatch):
    spec = tmp_path / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    mute = [sys.executable, "-c", SLOW]
    spec.write_text(json.dumps({"argv": mute, "display_name": "", "language": ""}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setattr(execute, "START_TIMEOUT", 1)
    problem = executed("1 + 1")
    assert "its Python process did not start" in problem
    assert "in 1 seconds" in problem
