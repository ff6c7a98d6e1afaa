"""Tests of the executor on small notebooks in a project of their own."""

import errno
import json
import sys

import pytest

from processes import has_ended, send, signals, start, wait_for, wait_for_pid
from recdl import download, provenance, ratings
from tools import run
from tools.project import MODES, Project

SET_UP = "# @title Set-up: in Colab\nimport sys"
USES_IT = "from recdl import module\nmodule.f()"


def write_notebook(project, name, *cells, needs=(), quick=None):
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
            for n, cell in enumerate([SET_UP, "FACTOR = 7", *cells])
        ],
        "metadata": {"recdl": {"needs": list(needs), "quick": quick or {}}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    content["cells"][1]["metadata"] = {"tags": ["parameters"]}
    path = project.root / "book" / f"{name}.ipynb"
    path.write_text(json.dumps(content))
    return path


def write_contents(project, *names):
    chapters = "".join(f"      - file: book/{name}\n" for name in names)
    (project.root / "_toc.yml").write_text(
        f"format: jb-book\nroot: book/index\nparts:\n  - chapters:\n{chapters}"
    )


def write_chapters(project, *names, cells=("1 + 1",), **more):
    for name in names:
        write_notebook(project, name, *cells, **more)
    write_contents(project, *names)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a project with an empty book, a package, a lock and data."""
    root = tmp_path / "a project"
    for folder in ("book", "data", "src/recdl"):
        (root / folder).mkdir(parents=True)
    (root / "requirements.txt").write_text("numpy==2.0\n")
    (root / "data" / "u.data").write_text("1\t2\t3\t4\n")
    (root / "src" / "recdl" / "__init__.py").touch()
    (root / "src" / "recdl" / "module.py").write_text("def f():\n    return 1\n")
    monkeypatch.setenv("RECDL_MOVIELENS", str(root / "data"))
    monkeypatch.setattr(provenance, "HERE", root / "src" / "recdl")
    yield Project(root)
    provenance.forget()


@pytest.fixture
def two_chapters(project):
    """Return a project with chapters `first` and `second`, which needs the first; both use the package."""
    write_notebook(project, "first", USES_IT)
    write_notebook(project, "second", USES_IT, needs=["first"])
    (project.root / "book" / "a_page_in_markdown.md").touch()
    write_contents(project, "first", "second", "a_page_in_markdown")
    return project


def stale(project, mode="full"):
    return [task.notebook.name for task in run.stale(project, mode)]


def pretend_executed(project, *modes):
    for task in run.stale(project, *modes or ["full"]):
        content = task.notebook.content()
        content["metadata"]["provenance"] = task.provenance
        target = task.notebook.executed(task.mode)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(content))


# What is executed again


def test_everything_is_stale_before_the_first_run(two_chapters):
    assert stale(two_chapters) == ["first", "second"]


def test_nothing_is_stale_when_nothing_changed(two_chapters):
    pretend_executed(two_chapters)
    assert stale(two_chapters) == []
    assert stale(two_chapters, "quick") == ["first", "second"]


def test_only_chapters_with_quick_parameters_are_executed_again(two_chapters):
    assert stale(two_chapters, "again") == []
    write_notebook(two_chapters, "first", quick={"FACTOR": 2})
    assert stale(two_chapters, "again") == ["first"]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("requirements.txt", "numpy==2.1\n"),
        ("data/u.data", "1\t2\t5\t4\n"),
        ("src/recdl/module.py", "def f():\n    return 2\n"),
    ],
)
def test_what_all_depend_on_makes_all_stale(two_chapters, file, content):
    pretend_executed(two_chapters)
    (two_chapters.root / file).write_text(content)
    assert stale(two_chapters) == ["first", "second"]


@pytest.mark.parametrize(
    "text",
    [
        '"""What for."""\n\ndef f():\n    """Return one."""\n    # one\n    return 1\n',
        "def f():\n    return 1\n\n\ndef g():\n    return 2\n",
    ],
    ids=["comments and docstrings", "a function that nobody calls"],
)
def test_what_changes_no_result_makes_nothing_stale(two_chapters, text):
    pretend_executed(two_chapters)
    (two_chapters.root / "src/recdl/module.py").write_text(text)
    assert stale(two_chapters) == []


def test_comments_matter_to_a_notebook_that_shows_the_source(two_chapters):
    shows = "from recdl import module\nshow_source(module.f)"
    write_notebook(two_chapters, "second", shows, needs=["first"])
    pretend_executed(two_chapters)
    path = two_chapters.root / "src/recdl/module.py"
    path.write_text("def f():\n    return 1  # one\n")
    assert stale(two_chapters) == ["second"]


@pytest.mark.parametrize("file", ["quiz.toml", "museum.py", "a_new_module.py"])
def test_what_belongs_to_a_chapter_makes_its_notebooks_stale_only(project, file):
    write_chapters(project, "04_dataset", "05_training", "05b_training_in_keras")
    course = project.root / "src" / "recdl" / "course"
    for folder in (course, course / "chapter_4", course / "chapter_5"):
        folder.mkdir()
        (folder / "__init__.py").touch()
    path = folder / file
    path.write_text("a = 1\n")
    pretend_executed(project)
    path.write_text("a = 2\n")
    assert stale(project) == ["05_training", "05b_training_in_keras"]


def test_the_set_up_cell_which_names_the_repository_changes_nothing(two_chapters):
    pretend_executed(two_chapters)
    for notebook in two_chapters.notebooks():
        text = notebook.path.read_text()
        notebook.path.write_text(text.replace("Set-up: in Colab", "Set-up: elsewhere"))
    assert stale(two_chapters) == []


def test_other_files_beside_the_data_change_nothing(two_chapters):
    pretend_executed(two_chapters)
    (two_chapters.root / "data" / "holiday.jpg").write_bytes(b"sun")
    assert stale(two_chapters) == []


def test_data_in_a_single_file_have_a_hash(two_chapters, monkeypatch):
    monkeypatch.setenv("RECDL_MOVIELENS", str(two_chapters.root / "data" / "u.data"))
    assert len(run.data_hash()) == 64


def test_a_file_that_is_no_notebook_is_named(two_chapters):
    (two_chapters.root / "book" / "first.ipynb").write_text("{")
    with pytest.raises(SystemExit, match=r"first\.ipynb is not a notebook"):
        stale(two_chapters)


def test_a_cell_that_is_no_python_is_named(two_chapters):
    write_notebook(two_chapters, "first", "1 + 1", "%timeit 1")
    words = r'first\.ipynb, cell 4 \("%timeit 1"\) is no Python'
    with pytest.raises(SystemExit, match=words):
        stale(two_chapters)


def test_a_changed_notebook_makes_itself_and_those_that_need_it_stale(two_chapters):
    pretend_executed(two_chapters, "full", "quick")
    write_notebook(two_chapters, "second", "2 + 3", needs=["first"])
    assert stale(two_chapters) == ["second"]
    write_notebook(two_chapters, "first", "1 + 2")
    assert stale(two_chapters) == ["first", "second"]


def test_a_chapter_that_is_alone_needs_no_other(two_chapters):
    pretend_executed(two_chapters, "quick")
    write_notebook(two_chapters, "first", "1 + 2")
    assert stale(two_chapters, "quick") == ["first"]


def test_changed_parameters_make_a_quick_copy_stale(two_chapters):
    pretend_executed(two_chapters, "full", "quick")
    quick = {"FACTOR": 2}
    write_notebook(two_chapters, "second", USES_IT, needs=["first"], quick=quick)
    assert stale(two_chapters, "quick") == ["second"]
    assert stale(two_chapters) == []


def test_notebooks_stand_behind_those_they_need(two_chapters):
    write_contents(two_chapters, "second", "first")
    assert [n.name for n in two_chapters.in_order()] == ["first", "second"]


def test_notebooks_that_need_each_other_are_refused(two_chapters):
    write_notebook(two_chapters, "first", "1", needs=["second"])
    with pytest.raises(SystemExit, match=r"\['first', 'second'\]"):
        two_chapters.in_order()


def test_parameters_of_a_mode_need_one_cell_for_them(two_chapters, monkeypatch):
    path = write_notebook(two_chapters, "first", quick={"FACTOR": 2})
    content = json.loads(path.read_text())
    content["cells"].append(content["cells"][1])
    path.write_text(json.dumps(content))
    monkeypatch.setattr(run, "Job", None)  # nothing is executed, and no copy removed
    words = r'first\.ipynb must have the tag .* on cell 2 \("FACTOR = 7"\) and cell 3'
    with pytest.raises(SystemExit, match=words):
        run.execute_all(two_chapters, ["quick"])
    pretend_executed(two_chapters, "full")
    run.execute_all(two_chapters, ["full"])


def test_a_notebook_that_another_needs_and_that_was_renamed_is_named(two_chapters):
    path = two_chapters.root / "book" / "first.ipynb"
    path.rename(path.with_name("first (Kopie).ipynb"))
    words = r"_toc\.yml names book/first, and there is neither book/first\.ipynb nor"
    with pytest.raises(SystemExit, match=words):
        two_chapters.in_order()
    write_contents(two_chapters, "second")
    with pytest.raises(SystemExit, match=r"second\.ipynb needs first, and _toc\.yml"):
        two_chapters.in_order()


@pytest.mark.parametrize("again", [SET_UP, "\n" + SET_UP])
def test_a_set_up_cell_counts_as_one_wherever_it_stands(two_chapters, again):
    pretend_executed(two_chapters)
    path = two_chapters.root / "book" / "second.ipynb"
    content = json.loads(path.read_text())
    empty = content["cells"][0] | {"source": "", "cell_type": "markdown"}
    content["cells"][1:1] = [empty, content["cells"][0] | {"source": again}]
    path.write_text(json.dumps(content))
    assert stale(two_chapters) == []


# In which order


def test_what_takes_longest_with_what_waits_for_it_begins_first(project):
    seconds = {"a": 30, "b": 100, "c": 90}
    for name in seconds:
        write_notebook(project, name, needs=["a"] if name == "c" else [])
    write_contents(project, *seconds)
    pretend_executed(project)
    for notebook in project.notebooks():
        content = notebook.executed_content()
        content["metadata"] |= {"seconds": seconds[notebook.name], "provenance": "old"}
        notebook.executed().write_text(json.dumps(content))
    tasks = run.longest_first(run.stale(project, "quick", "full"))
    assert [(t.mode, t.notebook.name) for t in tasks[:3]] == [
        ("full", "a"),  # c waits for it
        ("full", "b"),
        ("full", "c"),
    ]


def test_before_the_first_run_what_has_a_quick_mode_counts_as_long(project):
    write_notebook(project, "short")
    write_notebook(project, "long", quick={"FACTOR": 2})
    write_contents(project, "short", "long")
    tasks = run.longest_first(run.stale(project, *MODES))
    assert (tasks[0].mode, tasks[0].notebook.name) == ("full", "long")


# Executing, with a stand-in for papermill and its kernel

STAND_IN = """
import json, os, pathlib, sys
source, target, folder, parameters = sys.argv[1:]
content = json.loads(pathlib.Path(source).read_text())
os.chdir(folder)
names = {}
try:
    for cell in content["cells"]:
        exec(cell["source"], names)
        names |= json.loads(parameters) if "FACTOR =" in cell["source"] else {}
except Exception as error:
    sys.exit(repr(error))
finally:
    pathlib.Path(target).write_text(json.dumps(content))
"""


@pytest.fixture
def without_kernels(monkeypatch):
    """Let a script run the cells, which is much faster than a kernel."""
    monkeypatch.setattr(run, "EXECUTE", (sys.executable, "-c", STAND_IN))


def test_each_mode_has_its_folder_and_its_parameters(project, without_kernels):
    writes = "open('factor', 'a').write(str(FACTOR))"
    write_notebook(project, "first", writes, quick={"FACTOR": 2})
    write_notebook(project, "second", writes, needs=["first"])
    write_contents(project, "first", "second")
    run.execute_all(project, MODES)
    written = {
        path.parent.relative_to(project.build).as_posix(): path.read_text()
        for path in project.build.rglob("factor")
    }
    assert written == {
        "full": "77",
        "quick/first": "2",
        "quick/second": "7",
        "again/first": "2",
    }
    assert [stale(project, mode) for mode in MODES] == [[], [], []]


def test_alone_a_chapter_begins_in_an_empty_folder(project, without_kernels):
    write_chapters(project, "chapter", cells=["import os", "assert os.listdir() == []"])
    run.execute_all(project, ["quick"])
    (project.build / "quick" / "chapter" / "left.csv").touch()
    write_chapters(project, "chapter", cells=["import os", "assert not os.listdir()"])
    run.execute_all(project, ["quick"])
    assert stale(project, "quick") == []


def test_progress_says_notebook_and_mode(project, without_kernels, capfd):
    write_chapters(project, "chapter")
    run.execute_all(project, ["quick"])
    said = capfd.readouterr().err.splitlines()
    assert said[0] == "Executing chapter …"
    assert said[1].split()[:2] == ["quick", "chapter"]
    assert said[1].endswith("done")
    run.execute_all(project, ["quick"])
    assert capfd.readouterr().err == "Every notebook is up to date.\n"


def test_a_failure_keeps_how_far_it_got_until_it_is_repaired(
    project, without_kernels, capfd
):
    write_chapters(project, "broken")
    pretend_executed(project)  # an older copy, which must not look good afterwards
    write_notebook(project, "broken", "x = 1", "x / 0")
    with pytest.raises(
        SystemExit, match=r"broken failed; .*_build/full/broken\.failed\.ipynb"
    ):
        run.execute_all(project)
    folder = project.build / "full"
    assert "ZeroDivisionError" in capfd.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["broken.failed.ipynb"]
    assert "x / 0" in (folder / "broken.failed.ipynb").read_text()
    write_notebook(project, "broken", "x = 1", "x / 1")
    run.execute_all(project)
    assert [path.name for path in folder.iterdir()] == ["broken.ipynb"]


def test_a_job_gets_absolute_paths_and_no_other_backend(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECDL_MOVIELENS", "ml.zip")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    variables = run._job_environment()
    assert variables["RECDL_MOVIELENS"] == str(tmp_path / "ml.zip")
    assert "MPLBACKEND" not in variables


@pytest.mark.parametrize("error", [download.DataUnavailable, ratings.DataError])
def test_unreachable_data_end_the_run_with_the_message(
    monkeypatch, two_chapters, error
):
    def nowhere():
        raise error("No source has MovieLens-100k.")

    monkeypatch.setattr(download, "obtain", nowhere)
    with pytest.raises(SystemExit, match=r"^No source has MovieLens-100k"):
        run.main([], two_chapters.root)


# Interrupts

SLOW = (
    "import os, pathlib, time",
    "pathlib.Path('pid').write_text(str(os.getpid()))",
    "time.sleep(0 if pathlib.Path('hurry').exists() else 60)",
)


def start_run(project, *, stand_in=False):
    """Execute the notebooks of a project in a process of its own; return it and the kernel's number."""
    code = f"""
import pathlib, sys
from tools import run
if {stand_in}:
    run.EXECUTE = (sys.executable, "-c", {STAND_IN!r})
run.main([], pathlib.Path({str(project.root)!r}))
"""
    process = start(code)
    return process, wait_for_pid(project.build / "full" / "pid")


@signals
def test_a_closed_terminal_ends_the_kernel_and_leaves_nothing_half_written(project):
    write_chapters(project, "slow", cells=SLOW)
    process, kernel = start_run(project, stand_in=True)
    assert send(process, "SIGHUP").endswith("Stopped.\n")
    wait_for(lambda: has_ended(kernel))
    assert [path.name for path in (project.build / "full").iterdir()] == ["pid"]


def test_a_kernel_that_writes_once_more_leaves_nothing(project, without_kernels):
    write_chapters(project, "chapter")
    (task,) = run.stale(project, "full")
    job = run.Job(task)
    job.process.wait()
    cleanup, tried = job.status.folder.cleanup, []

    def not_at_first():
        tried.append(1)
        if len(tried) == 1:
            raise OSError(errno.ENOTEMPTY, "Directory not empty")
        cleanup()

    job.status.folder.cleanup = not_at_first
    job.stop()
    assert len(tried) == 2
    assert not job.status.path.parent.exists()


@signals
def test_a_killed_run_takes_its_kernels_with_it(project):
    """With a real kernel: it ends when what started it gets the signal that a closed terminal causes, too."""
    write_chapters(project, "slow", cells=SLOW)
    process, kernel = start_run(project)
    process.kill()
    process.communicate()
    wait_for(lambda: has_ended(kernel))


@signals
def test_ctrl_c_ends_the_kernel_and_the_next_call_continues(project, without_kernels):
    write_notebook(project, "fast", "1 + 1")
    write_notebook(project, "slow", *SLOW, needs=["fast"])
    write_contents(project, "fast", "slow")
    process, kernel = start_run(project, stand_in=True)
    said = send(process, "SIGINT")
    assert "Interrupted. What is finished is kept; the same command continues." in said
    wait_for(lambda: has_ended(kernel))
    finished = project.build / "full" / "fast.ipynb"
    before = finished.stat().st_mtime_ns
    assert stale(project) == ["slow"]
    (project.build / "full" / "hurry").touch()
    run.execute_all(project)
    assert stale(project) == []
    assert finished.stat().st_mtime_ns == before
