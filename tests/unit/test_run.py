"""Tests of the executor on small notebooks in a project of their own."""

import json
import signal
import subprocess
import sys

import pytest

from processes import has_ended, wait_for
from recdl import download, ratings
from recdl.course import notebook
from tools import environment, execute, run
from recdl.progress import STATUS_VARIABLE

RECORD = "from recdl.course.notebook import record\nrecord('answer', 6 * FACTOR)"


def write_notebook(root, name, *cells, needs=(), quick=None):
    content = {
        "cells": [
            {
                "cell_type": "code",
                "id": f"c{n}",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
                "source": cell,
            }
            for n, cell in enumerate(["FACTOR = 7", *cells])
        ],
        "metadata": {"recdl": {"needs": list(needs), "quick": quick or {}}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    content["cells"][0]["metadata"] = {"tags": ["parameters"]}
    (root / "book" / f"{name}.ipynb").write_text(json.dumps(content))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return the root of a project with an empty book, a package, a lock and data."""
    root = tmp_path / "a project"
    for folder in ("book", "data", "src/recdl"):
        (root / folder).mkdir(parents=True)
    (root / "requirements.txt").write_text("numpy==2.0\n")
    (root / "data" / "u.data").write_text("1\t2\t3\t4\n")
    (root / "src" / "recdl" / "module.py").write_text("def f():\n    return 1\n")
    monkeypatch.setattr(run, "ROOT", root)
    monkeypatch.setattr(run, "BUILD", root / "_build")
    monkeypatch.setattr(run, "PACKAGE", root / "src" / "recdl")
    monkeypatch.setattr(movielens, "obtain", lambda: root / "data")
    return root


def contents(root, *names):
    chapters = "".join(f"      - file: book/{name}\n" for name in names)
    (root / "_toc.yml").write_text(
        f"format: jb-book\nroot: book/index\nparts:\n  - chapters:\n{chapters}"
    )


@pytest.fixture
def two_chapters(project):
    """Return a project with chapters `first` and `second`, which needs the first."""
    write_notebook(project, "first", "1 + 1")
    write_notebook(project, "second", "2 + 2", needs=["first"])
    contents(project, "first", "second", "a_page_in_markdown")
    return project


def stale(quick=False):
    wanted = run.provenances(quick)
    return [
        n.name for n in run.notebooks() if not run.is_fresh(n, wanted[n.name], quick)
    ]


def pretend_executed(quick=False):
    for notebook in run.notebooks():
        content = notebook.content()
        content["metadata"]["provenance"] = run.provenances(quick)[notebook.name]
        notebook.executed(quick).parent.mkdir(parents=True, exist_ok=True)
        notebook.executed(quick).write_text(json.dumps(content))


def test_everything_is_stale_before_the_first_run(two_chapters):
    assert stale() == ["first", "second"]


def test_nothing_is_stale_when_nothing_changed(two_chapters):
    pretend_executed()
    assert stale() == []
    assert stale(quick=True) == ["first", "second"]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("requirements.txt", "numpy==2.1\n"),
        ("data/u.data", "1\t2\t5\t4\n"),
        ("src/recdl/module.py", "def f():\n    return 2\n"),
    ],
)
def test_what_all_depend_on_makes_all_stale(two_chapters, file, content):
    pretend_executed()
    (two_chapters / file).write_text(content)
    assert stale() == ["first", "second"]


def test_comments_and_docstrings_of_the_package_change_no_result(two_chapters):
    pretend_executed()
    commented = (
        '"""What for."""\n\ndef f():\n    """Return one."""\n    # one\n    return 1\n'
    )
    (two_chapters / "src/recdl/module.py").write_text(commented)
    assert stale() == []


def test_comments_matter_to_a_notebook_that_shows_the_source(two_chapters):
    write_notebook(two_chapters, "second", "show_source(f)", needs=["first"])
    pretend_executed()
    (two_chapters / "src/recdl/module.py").write_text("def f():\n    return 1  # one\n")
    assert stale() == ["second"]


@pytest.mark.parametrize("file", ["quizzes/chapter_5.toml", "museum/chapter_5.py"])
def test_what_belongs_to_a_chapter_makes_its_notebooks_stale_only(project, file):
    for name in ("04_dataset", "05_training", "05b_training_in_keras"):
        write_notebook(project, name, "1 + 1")
    contents(project, "04_dataset", "05_training", "05b_training_in_keras")
    path = project / "src" / "recdl" / file
    path.parent.mkdir()
    path.write_text("a = 1\n")
    pretend_executed()
    path.write_text("a = 2\n")
    assert stale() == ["05_training", "05b_training_in_keras"]


def test_other_files_beside_the_data_change_nothing(two_chapters):
    pretend_executed()
    (two_chapters / "data" / "holiday.jpg").write_bytes(b"sun")
    assert stale() == []


def test_data_in_a_single_file_have_a_hash(two_chapters, monkeypatch):
    monkeypatch.setattr(movielens, "obtain", lambda: two_chapters / "data" / "u.data")
    assert len(run.data_hash()) == 64


def test_a_job_gets_absolute_paths_and_no_other_backend(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECDL_MOVIELENS", "ml.zip")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    variables = run._job_environment()
    assert variables["RECDL_MOVIELENS"] == str(tmp_path / "ml.zip")
    assert "MPLBACKEND" not in variables


def test_a_file_that_is_no_notebook_is_named(two_chapters):
    (two_chapters / "book" / "first.ipynb").write_text("{")
    with pytest.raises(SystemExit, match=r"first\.ipynb is not a notebook"):
        run.provenances(quick=False)


def test_a_changed_notebook_makes_itself_and_those_that_need_it_stale(two_chapters):
    pretend_executed()
    write_notebook(two_chapters, "second", "2 + 3", needs=["first"])
    assert stale() == ["second"]
    write_notebook(two_chapters, "first", "1 + 2")
    assert stale() == ["first", "second"]


def test_changed_parameters_make_a_quick_copy_stale(two_chapters):
    pretend_executed(quick=True)
    write_notebook(
        two_chapters, "second", "2 + 2", needs=["first"], quick={"FACTOR": 2}
    )
    assert stale(quick=True) == ["second"]


def test_notebooks_stand_behind_those_they_need(two_chapters):
    contents(two_chapters, "second", "first")
    assert [n.name for n in run.in_order(run.notebooks())] == ["first", "second"]


def test_notebooks_that_need_each_other_are_refused(two_chapters):
    write_notebook(two_chapters, "first", "1", needs=["second"])
    with pytest.raises(SystemExit, match=r"\['first', 'second'\]"):
        run.in_order(run.notebooks())


def test_a_run_leaves_executed_copies_results_and_nothing_else(project):
    write_notebook(project, "first", RECORD, quick={"FACTOR": 2})
    contents(project, "first")
    run.execute_all(quick=False)
    run.execute_all(quick=True)
    assert notebook.read(project / "_build" / "full" / "first.ipynb") == {"answer": 42}
    assert run.results(quick=True) == {"answer": 12}
    assert [path.name for path in (project / "_build" / "full").iterdir()] == [
        "first.ipynb"
    ]
    assert stale() == []


def test_a_failing_cell_stops_with_name_cell_and_traceback_until_it_is_repaired(
    project, capfd
):
    write_notebook(project, "broken", "x = 1")
    contents(project, "broken")
    pretend_executed()  # an older copy, which must not look good afterwards
    write_notebook(project, "broken", "x = 1", "x / 0")
    with pytest.raises(SystemExit, match=r"broken failed; .*broken\.failed\.ipynb"):
        run.execute_all()
    told, folder = capfd.readouterr().err, project / "_build" / "full"
    assert "broken.ipynb, cell 3" in told
    assert "ZeroDivisionError" in told
    assert [path.name for path in folder.iterdir()] == ["broken.failed.ipynb"]
    assert "x / 0" in (folder / "broken.failed.ipynb").read_text()
    write_notebook(project, "broken", "x = 1", "x / 1")
    run.execute_all()
    assert [path.name for path in folder.iterdir()] == ["broken.ipynb"]


def test_a_killed_kernel_stops_with_a_sentence(project, capfd):
    write_notebook(
        project, "killed", "import os, signal", "os.kill(os.getpid(), signal.SIGKILL)"
    )
    contents(project, "killed")
    with pytest.raises(SystemExit, match="killed failed"):
        run.execute_all()
    assert "killed.ipynb, cell 3: its Python process died" in capfd.readouterr().err


SLOW = (
    "import os, pathlib, time",
    "pathlib.Path('pid').write_text(str(os.getpid()))",
    "time.sleep(0 if pathlib.Path('hurry').exists() else 60)",
)


def start_run(project):
    """Execute the notebooks of a project in a process of its own; return it and the kernel's number."""
    code = f"""
import pathlib
import signal
from recdl import download, ratings
from tools import run
root = pathlib.Path({str(project)!r})
run.ROOT, run.BUILD, run.PACKAGE = root, root / "_build", root / "src" / "recdl"
download.obtain = lambda: root / "data"
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a script started us with &
run.execute_all()
"""
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    pid_file = project / "_build" / "full" / "pid"
    wait_for(lambda: pid_file.exists() and pid_file.read_text())
    return process, pid_file.read_text()


def test_a_closed_terminal_ends_the_kernel_and_leaves_nothing_half_written(project):
    write_notebook(project, "slow", *SLOW)
    contents(project, "slow")
    process, kernel = start_run(project)
    process.send_signal(signal.SIGHUP)
    assert process.wait(timeout=15) != 0
    wait_for(lambda: has_ended(kernel))
    assert [path.name for path in (project / "_build/full").iterdir()] == ["pid"]


def test_a_killed_run_takes_its_kernels_with_it(project):
    write_notebook(project, "slow", *SLOW)
    contents(project, "slow")
    process, kernel = start_run(project)
    process.kill()
    process.wait()
    wait_for(lambda: has_ended(kernel))


def test_ctrl_c_ends_the_kernel_and_the_next_call_continues(project):
    write_notebook(project, "fast", "1 + 1")
    write_notebook(project, "slow", *SLOW, needs=["fast"])
    contents(project, "fast", "slow")
    process, kernel = start_run(project)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=15) != 0
    wait_for(lambda: has_ended(kernel))
    finished = project / "_build" / "full" / "fast.ipynb"
    before = finished.stat().st_mtime_ns
    assert stale() == ["slow"]
    (project / "_build" / "full" / "hurry").touch()
    run.execute_all()
    assert stale() == []
    assert finished.stat().st_mtime_ns == before


@pytest.fixture
def executed(project, monkeypatch):
    """Return a function that executes cells and returns what went wrong."""
    monkeypatch.setenv(STATUS_VARIABLE, str(project / "status"))

    def execute_cells(*cells):
        write_notebook(project, "chapter", *cells)
        source, target = project / "book/chapter.ipynb", project / "chapter.ipynb"
        return execute.execute(source, target, {})

    return execute_cells


def test_a_cell_that_hangs_is_stopped_with_a_sentence(executed, project, monkeypatch):
    monkeypatch.setattr(execute, "CELL_TIMEOUT", 1)
    problem = executed(*SLOW)
    assert problem == "chapter.ipynb, cell 4: it ran longer than 1 s and was stopped."
    wait_for(lambda: has_ended((project / "pid").read_text()))


def test_a_cell_without_enough_memory_stops_with_the_remedy(executed):
    problem = executed("bytearray(10**18)")
    assert problem.startswith("chapter.ipynb, cell 2:")
    assert "MemoryError" in problem
    assert problem.endswith("did not suffice. Close other programs and try again.")


def test_a_kernel_that_does_not_answer_is_given_up(executed, tmp_path, monkeypatch):
    spec = tmp_path / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    mute = [sys.executable, "-c", SLOW[0] + "\n" + SLOW[1] + "\ntime.sleep(60)"]
    spec.write_text(json.dumps({"argv": mute, "display_name": "", "language": ""}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setattr(execute, "START_TIMEOUT", 2)
    problem = executed("1 + 1")
    assert "its Python process did not start" in problem
    assert "in 2 seconds" in problem


@pytest.mark.parametrize("error", [download.DataUnavailable, ratings.DataError])
def test_unreachable_data_end_the_run_with_the_message(monkeypatch, tmp_path, error):
    def nowhere():
        raise error("No source has MovieLens-100k.")

    monkeypatch.setattr(movielens, "obtain", nowhere)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["run"])
    with pytest.raises(SystemExit, match="No source has MovieLens-100k"):
        run.main()
