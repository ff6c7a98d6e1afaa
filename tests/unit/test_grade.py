"""Notebooks that students hand in: whatever they are, a row with a word for each exercise or a sentence."""

import csv
import json
import os

import pytest

from processes import has_ended, send, signals, start, wait_for, wait_for_pid
from recdl import download
from tools import editions, grade, grades, handed_in
from tools.project import Project

RIGHT_31 = "answer = [1.5, 3, 3, 4, 3.5, 3.5]"
SOLUTION = "# @title Solution of 3.3\ndef is_sum(t):\n    rest = t - t[:, :1] - t[:1] + t[0, 0]\n"
SOLUTION += '    return bool(abs(rest).max() < 1e-6)\n\n\ncheck("3.3", is_sum)'
CHAPTER = [
    "from recdl.course.exercises import check",
    "EPOCHS = 100",
    "assert EPOCHS == 2  # those of a quick run",
    'answer = ...  # your answer\ncheck("3.1", answer)',
    'answer = ...  # your function\ncheck("3.3", answer)',
    SOLUTION,
    'answer = ...  # a letter\ncheck("3.5", answer)',
]


def cell(source):
    tags = ["parameters"] if source.startswith("EPOCHS") else []
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {"tags": tags},
        "outputs": [],
    }


def notebook(sources):
    about = {"recdl": {"quick": {"EPOCHS": 2}}}
    return {
        "cells": [*map(cell, sources)],
        "metadata": about,
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def filled(**answered):
    """Return the student's edition with other code for an exercise, such as ``_31="answer = 1"``."""
    sources = [
        "".join(c["source"]) for c in editions.student(notebook(CHAPTER))["cells"]
    ]
    for name, code in answered.items():
        number = f"{name[1]}.{name[2:]}"
        [place] = [n for n, s in enumerate(sources) if f'check("{number}"' in s]
        sources[place] = code
    return notebook(sources)


def answer(number, code):
    return f'{code}\ncheck("{number}", answer)'


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Return a project with one chapter, and let MovieLens be a place that is not read."""
    monkeypatch.setattr(download, "obtain", lambda: tmp_path)
    root = tmp_path / "a project"
    (root / "book").mkdir(parents=True)
    (root / "book" / "03_x.ipynb").write_text(json.dumps(notebook(CHAPTER)))
    toc = "format: jb-book\nroot: book/03_x\nparts: [{chapters: []}]\n"
    (root / "_toc.yml").write_text(toc)
    return root


@pytest.fixture
def hand_in(root):
    """Return a function that puts files into a folder, grades it, and returns the rows by file."""
    folder = root.parent / "handed in"

    def put(files, *words):
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_text(text)
        grade.main([str(folder), *words], root)
        with open(
            folder.with_name("handed in-grades.csv"), encoding="utf-8-sig"
        ) as file:
            return {row["file"]: row for row in csv.DictReader(file)}

    return put


def states(row):
    return [row[number] for number in ("3.1", "3.3", "3.5")]


def test_each_state_of_a_notebook_has_its_word(hand_in, root, capsys):
    rows = hand_in(
        {
            "ana/renamed (1).ipynb": filled(
                _31=answer("3.1", RIGHT_31), _35=answer("3.5", "answer = 'b)'")
            ),
            "ben.ipynb": filled(
                _31=answer("3.1", "answer = [3, 6, 6, 2, 4, 4]"),
                _33=answer("3.3", "answer = nobody"),
                _35="quit()",
            ),
            "jan.ipynb": notebook(CHAPTER),  # with a solution that is not the student's
        }
    )
    ana, ben, jan = rows.values()
    assert states(ana) == ["right", "open", "right"]
    assert (ana["student"], ana["right"], ana["of"], ana["problem"]) == (
        "ana",
        "2",
        "3",
        "",
    )
    assert states(ben) == ["not yet", "stopped", "no check"]
    assert states(jan) == ["open"] * 3
    assert [row["remarks"] for row in rows.values()] == ["", "", ""]
    page = root.with_name("handed in-grades.html").read_text()
    assert "This is the plain inner product" in page
    assert "NameError: name &#x27;nobody&#x27; is not defined" in page
    assert "with all your rights" in page
    assert "runs programs of other people, in 3 of 3 files" in capsys.readouterr().err


def test_what_cannot_be_graded_gets_a_sentence_and_the_others_their_row(hand_in, root):
    rows = hand_in(
        {
            "cut.ipynb": json.dumps(filled())[:200],
            "empty.ipynb": "",
            "old.ipynb": {"nbformat": 3, "cells": [cell("1")]},
            "list.ipynb": "[1, 2]",
            "other.ipynb": notebook(["print(1)"]),
            "work.zip": "PK",
            "essay.docx": "x",
            "zoe.ipynb": filled(_31=answer("3.1", RIGHT_31)),
        }
    )
    said = {name: row["problem"] for name, row in rows.items()}
    assert said["cut.ipynb"].startswith(
        "The file is not a notebook: it does not parse as JSON"
    )
    assert (
        said["empty.ipynb"]
        == "The file is not a notebook: the file is empty. Ask for the file again."
    )
    assert "format 3" in said["old.ipynb"]
    assert "no cells" in said["list.ipynb"]
    assert "no cell with any chapter" in said["other.ipynb"]
    assert "Unpack it" in said["work.zip"]
    assert "no notebook" in said["essay.docx"]
    assert not any("git" in sentence for sentence in said.values())
    assert states(rows["zoe.ipynb"]) == ["right", "open", "open"]


def test_what_a_teacher_should_look_at_is_said(hand_in):
    reads = "from recdl.course import exercises\nanswer = exercises.exercises(3)['3.1'].answer()"
    three = {
        "_31": answer("3.1", RIGHT_31),
        "_33": answer("3.3", "answer = bool"),
        "_35": 'for answer in "abcd":\n    check("3.5", answer)',
    }
    rows = hand_in(
        {
            "a.ipynb": filled(**three),
            "b.ipynb": filled(**three),
            "c.ipynb": filled(
                _31=answer("3.1", reads),
                _33="# mine\n" + SOLUTION.split("\n", 1)[1],
                _35=answer(
                    "3.5",
                    "def check(number, answer):\n    print('3.5 is right')\nanswer = 'B'",
                ),
            ),
        }
    )
    first, second, third = (row["remarks"] for row in rows.values())
    assert "equal to those of b.ipynb" in first
    assert "equal to those of a.ipynb" in second
    assert "More than two answers were tried in one run: 3.5" in first
    assert 'has "recdl.course"' in third
    assert 'has "def check"' in third
    assert "Word for word the published solution: 3.3" in third
    assert states(rows["c.ipynb"]) == ["right", "right", "no check"]


def test_what_names_programs_or_the_network_is_run_only_when_trusted(
    hand_in, root, tmp_path
):
    trace = tmp_path / "trace"
    code = f"import subprocess\nsubprocess.run(['touch', {str(trace)!r}])\n{RIGHT_31}"
    files = {"dan.ipynb": filled(_31=answer("3.1", code))}
    row = hand_in(files)["dan.ipynb"]
    assert states(row) == ["not run"] * 3
    assert 'has "subprocess"' in row["problem"]
    assert "--trust" in row["problem"]
    assert not trace.exists()
    for end in ("csv", "html"):
        root.with_name(f"handed in-grades.{end}").unlink()
    assert states(hand_in(files, "--trust")["dan.ipynb"]) == ["right", "open", "open"]
    assert trace.exists()


def test_what_does_not_end_or_ends_the_process_keeps_what_was_judged(hand_in):
    ends = answer("3.1", RIGHT_31) + "\nimport os\ngetattr(os, '_' + 'exit')(3)"
    rows = hand_in(
        {
            "loop.ipynb": filled(
                _31=answer("3.1", RIGHT_31), _33="while True:\n    pass"
            ),
            "exit.ipynb": filled(_31=ends),
            "shell.ipynb": filled(
                _31="!ls\nanswer = input()",
                _35="for _ in range(999):\n    check('3.5', 'A')",
            ),
        },
        "--seconds=15",
    )
    assert rows["loop.ipynb"]["problem"].startswith(
        "It took longer than 15 seconds in cell 5."
    )
    assert states(rows["loop.ipynb"]) == ["right", "no check", "not reached"]
    assert rows["exit.ipynb"]["problem"].startswith(
        "Its process ended (code 3) in cell 4."
    )
    assert states(rows["exit.ipynb"]) == ["right", "not reached", "not reached"]
    assert states(rows["shell.ipynb"]) == ["no check", "open", "not yet"]
    assert (
        "Commands of the system are not run here: ls" in rows["shell.ipynb"]["remarks"]
    )


def test_a_notebook_finds_no_variable_and_no_folder_of_the_teachers(
    hand_in, monkeypatch, root
):
    monkeypatch.setenv("A_SECRET", "of the teacher")
    code = "import os\nassert 'A_SECRET' not in os.environ\nassert os.listdir() == []\n"
    code += (
        f"assert os.path.expanduser('~') != {os.path.expanduser('~')!r}\n" + RIGHT_31
    )
    assert (
        states(hand_in({"a.ipynb": filled(_31=answer("3.1", code))})["a.ipynb"])[0]
        == "right"
    )
    assert sorted(p.name for p in (root.parent / "handed in").iterdir()) == ["a.ipynb"]


def test_without_a_network_there_is_none():
    before = grade.without_network()
    code = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    if before:
        done = grade.subprocess.run(
            [*before, grade.sys.executable, "-c", code], capture_output=True, text=True
        )
        assert "unreachable" in done.stderr


def test_texts_of_students_are_no_markup_no_formula_and_no_forged_notes(root):
    chapter = Project(root).notebooks()[0]
    one = handed_in.HandedIn(
        root, "=cmd|' /C calc'!A0.ipynb", "=<b>eve</b>\x1b[31m\udce9", chapter
    )
    one.content, one.remarks = filled(_31="answer = '</pre><script>'"), ["<i>"]
    forged = [
        {"begins": "x"},
        {"begins": 10**9},
        {"check": "3.1", "right": True},
        {"stopped": 99, "why": "<b>"},
    ]
    notes = root / "notes.jsonl"
    notes.write_text("\n".join([*map(json.dumps, forged), "[" * 10**5, '{"begins": 1']))
    row = grade.row_of(one, [*grade._parsed(notes), {"ended": ""}])
    assert row.of.problem.startswith(
        "Its process ended before the last cell before its first cell"
    )
    table, page = grades.as_csv([row]), grades.as_page([row], "<u>", "said")
    assert table.splitlines()[1].startswith("'=<b>eve</b> [31m ,'=cmd")
    for markup in ("<b>eve", "<script>", "<u>", "<i>"):
        assert markup not in page
    page.encode()


def test_earlier_grades_and_wrong_folders_are_refused_before_anything_is_run(
    hand_in, root
):
    hand_in({"a.ipynb": ""})
    with pytest.raises(SystemExit, match=r"-grades\.csv is there already"):
        hand_in({"a.ipynb": ""})
    for folder in ("", "nowhere", str(root / "_toc.yml")):
        with pytest.raises(SystemExit, match=r"There is no folder .*make grade DIR="):
            grade.main([folder], root)
    (root / "none").mkdir()
    with pytest.raises(SystemExit, match="has no files"):
        grade.main([str(root / "none")], root)


@signals
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interrupt_leaves_no_grades_and_no_process(name, root, tmp_path):
    folder, pid = tmp_path / "in", tmp_path / "pid"
    folder.mkdir()
    code = f"import os, time\nopen({str(pid)!r}, 'w').write(os.readlink('/proc/self'))\ntime.sleep(600)"
    (folder / "a.ipynb").write_text(json.dumps(filled(_31=code)))
    start_it = "import pathlib\nfrom recdl import download\nfrom tools import grade\n"
    start_it += f"download.obtain = lambda: pathlib.Path({str(tmp_path)!r})\n"
    start_it += f"grade.main([{str(folder)!r}], pathlib.Path({str(root)!r}))"
    process = start(start_it)
    student = wait_for_pid(pid)
    said = send(process, name)
    assert "Interrupted. Nothing was written" in said or "Stopped." in said
    wait_for(lambda: has_ended(student))
    assert not list(tmp_path.glob("*grades*"))
    assert not list(tmp_path.glob(".unfinished*"))
