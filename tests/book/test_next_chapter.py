"""A new chapter takes the steps that CONTRIBUTING names, and no others.

A small invented one, chapter 99, is added to a copy of the repository. It needs neither MovieLens nor
TensorFlow.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from recdl import course
from tools import ROOT, below, repository
from tools.project import Project

LAST, LIKE = (course.chapters(file)[-1] for file in ("exercises.py", "museum.py"))
NAME = "99_invented"
PARTS = ["src", "tools", "tests", "book", "benchmarks", "_toc.yml", "_config.yml"]
PARTS += ["pyproject.toml", "requirements.txt", "CONTRIBUTING.md"]

EXERCISES = '''"""Exercises of chapter 99."""

from recdl import toy
from recdl.course.exercises import But, Exercise


def films_of(user=1):
    """Return how many films somebody rated."""
    return int((toy.RATINGS["userID"] == user).sum())


EXERCISES = [
    Exercise("99.1", "a whole number", films_of, {But(user=4): "That is Dan."}),
    Exercise("99.2", "a function", films_of, {(lambda user: 17): "All."}, calls=[(1,), (2,)]),
    Exercise("99.3", "one of the letters a, b and c", "a", {"b": "No.", "c": "No."}),
]
'''
FIGURES = '''"""Figures of chapter 99."""

import matplotlib.pyplot as plt


def bars(values):
    """Draw numbers as bars."""
    _, ax = plt.subplots()
    ax.bar(range(len(values)), values)
    return ax
'''
BOX = """# 99 · Invented

> **After this chapter you can** add a chapter.
>
> **Before you start:** nothing. **Reading time:** about 5 minutes. **Run time:** seconds.
> **In the paper:** section I."""
IMPORTS = """from recdl import toy
from recdl.course.chapter_99 import figures, museum
from recdl.course.exercises import check
from recdl.course.figures import use_style
from recdl.course.notebook import check_parameters, record, say, show_source
from recdl.course.quiz import quiz

check_parameters(K=K)
use_style()"""
FIGURE = {"caption": "How many ratings each person gave.", "name": "fig-invented"}
SOLUTIONS = {
    "99.1 · by hand": "answer = 4",
    "99.2 · in code": "def answer(user):\n    return (toy.RATINGS.userID == user).sum()\n\n",
    "99.3 · judgement": 'answer = "a"',
}
FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}}


def cell(source, *tags, kind="code", **metadata):
    more = {"outputs": [], "execution_count": None} if kind == "code" else {}
    metadata = metadata | ({"tags": list(tags)} if tags else {})
    return {"cell_type": kind, "metadata": metadata, "source": source, **more}


def section(title, *cells):
    slide = cell(f"## {title}\n\nOne sentence.", "slide", kind="markdown")
    return [slide, *cells]


def exercise(heading, solution):
    number = heading.split()[0]
    task = f"### Exercise {heading}\n\nHow many?\n\n**Deliverable:** an answer."
    check = f'check("{number}", answer)'
    solved = f'# @title Solution of {number}\n{solution}\n{check}\nsay("That is it.")'
    return [
        cell(task, kind="markdown"),
        cell(f"answer = ...\n{check}", "exercise", "remove-output"),
        cell(solved, "solution", "hide-cell", **FOLDED),
    ]


def notebook(like):
    """Return the invented notebook, with the set-up cell and the metadata of another one."""
    bars = 'figures.bars(toy.RATINGS["userID"].value_counts().sort_index());'
    picture = {"figure": FIGURE, "image": {"alt": "Five bars, from two to five high."}}
    cells = [
        cell(BOX, kind="markdown"),
        like["cells"][1],
        cell("K = 2", "parameters"),
        cell(IMPORTS),
        *section("Ratings", cell(bars, mystnb=picture)),
        cell('record("invented", K)', "remove-cell"),
        *(part for n in range(4) for part in section(f"Idea {n}")),
        *section("Reading the paper critically"),
        *section("Bug museum", cell("show_source(museum.EXHIBITS[0].broken)")),
        cell("museum.EXHIBITS[0].caught()"),
        *section("Exercises"),
        *(part for both in SOLUTIONS.items() for part in exercise(*both)),
        *section("Quiz", cell('# @title Quiz\nquiz("99")', "remove-input", **FOLDED)),
        *section("In production"),
        *section("Key takeaways"),
        *section("Further reading"),
    ]
    cells = [c | {"id": f"{NAME}-{n:03}"} for n, c in enumerate(cells)]
    return like | {"cells": cells}


def after(path, pattern, replacements, between=""):
    """Put a copy of the first match, with other words, behind it."""
    text = path.read_text(encoding="utf-8")
    found = re.search(pattern, text, flags=re.M)
    copy = found[0]
    for old, new in replacements.items():
        copy = copy.replace(old, new)
    text = text[: found.end()] + between + copy + text[found.end() :]
    path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return a copy of the repository with chapter 99, made in the steps of CONTRIBUTING."""
    root = tmp_path_factory.mktemp("repository")
    for name in PARTS:
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, root)
        else:
            for path in below(ROOT / name):
                copy = root / path.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
    folder = root / "src" / "recdl" / "course" / "chapter_99"
    shutil.copytree(folder.with_name(f"chapter_{LIKE}"), folder)
    (folder / "__init__.py").write_text('"""Chapter 99, Invented."""\n')
    (folder / "exercises.py").write_text(EXERCISES)
    (folder / "figures.py").write_text(FIGURES)
    exhibits = (folder / "museum.py").read_text(encoding="utf-8")
    exhibits = re.sub(r'(title="[^"]*)"', r'\1, once more"', exhibits)
    (folder / "museum.py").write_text(exhibits, encoding="utf-8")

    last = next(n for n in Project(root).notebooks() if n.chapter == LAST)
    page = root / "book" / f"{NAME}.ipynb"
    page.write_text(json.dumps(notebook(last.content())), encoding="utf-8")
    teaching = root / "book" / "teaching"
    notes = "# Notes for chapter 99\n\n## Idea 1\n*1 minute.* Smile.\n"
    (teaching / "notes_99.md").write_text(notes)
    of_last = f"notes_{LAST:02}"
    new = {last.title(): "99 · Invented", last.name: NAME, of_last: "notes_99"}
    after(root / "_toc.yml", rf".*{last.name}\n", new)
    after(root / "_toc.yml", rf".*{of_last}\n", new)
    after(root / "book" / "index.md", rf"^- \[{LAST} .*\n(?:  .*\n)*", new)
    new |= {f"[{LAST}]": "[99]", f">{LAST}<": ">99<"}
    for link in (
        rf'<a href="\S*{last.name}\.html">{LAST}</a>',
        rf"\[{LAST}\]\({of_last}\.md\)",
        rf"\[{LAST}\]\(\S*{last.name}\.ipynb\)",
    ):
        after(teaching / "guide.md", link, new, between=", ")
    in_copy(Project(root), "-m", "tools.core_path", "--write", NAME)
    return Project(root)


def in_copy(project, *command):
    """Run Python in the copy, with the copy's own code, and return what it says."""
    path = os.pathsep.join([str(project.root / "src"), str(project.root)])
    ran = subprocess.run(
        [sys.executable, *command],
        cwd=project.root,
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


def of_chapter_99(project):
    (found,) = (n for n in project.notebooks() if n.chapter == 99)
    return found


def test_contributing_names_all_files_of_a_new_chapter_and_no_others(project):
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    steps = re.search(r"^## Add a chapter\n(.*?)^## ", text, flags=re.M | re.S)[1]
    number = re.search(r"the next is (\d+)", steps)[1]
    steps = steps.replace(number, "99").replace("99_sessions", NAME)
    paths = re.findall(r"`((?:src|book|tests)/[\w/.]+|_toc\.yml)`", steps)
    paths = {path for path in paths if not (ROOT / path).is_dir()}
    told = {path for path in paths if not path.startswith("tests/")}
    for path in paths:
        assert (project.root / path).exists(), path
    changed = set()
    for path in filter(Path.is_file, project.root.rglob("*")):
        name = path.relative_to(project.root).as_posix()
        ours = ROOT / name
        same = ours.exists() and ours.read_bytes() == path.read_bytes()
        made = {"_build", "__pycache__", ".pytest_cache"}
        if not same and not made.intersection(path.parts):
            changed.add(re.sub(r"(chapter_99)/.*", r"\1", name))
    assert changed == told


def test_a_new_chapter_has_the_course_s_shape(project):
    tests = ["tests/text/test_chapters.py", "tests/notebooks/test_exercise_answers.py"]
    chosen = "not told_apart or 99."  # of all exercises, those of the new chapter
    said = in_copy(project, "-m", "pytest", "-v", "-n", "0", "-k", chosen, *tests)
    for name in (f"_with_its_box[{NAME}]", ", once more]", "_told_apart[99.3]"):
        assert f"{name} PASSED" in said


def test_a_new_chapter_says_how_long_a_reader_needs(project):
    length = "tests/text/test_length.py"
    said = in_copy(project, "-m", "pytest", "-v", "-n", "0", "-k", NAME, length)
    assert f"_how_long_a_reader_needs[{NAME}] PASSED" in said


def test_a_new_chapter_is_executed_and_becomes_a_page(project, tmp_path):
    chapter = of_chapter_99(project)
    paths = (chapter.path, chapter.executed(), project.build)
    chapter.executed().parent.mkdir(parents=True)
    in_copy(project, "-m", "tools.execute", *map(str, paths), "{}")
    assert chapter.results() == {"invented": 2}

    book = tmp_path / "book"
    shutil.copytree(ROOT / "book" / "_static", book / "_static")
    shutil.copy(ROOT / "book" / "references.bib", book)
    (book / "teaching").mkdir()
    shutil.copy(project.root / "book" / "teaching" / "notes_99.md", book / "teaching")
    (book / chapter.path.name).write_text(json.dumps(chapter.with_outputs()))
    index = (project.root / "book" / "index.md").read_text(encoding="utf-8")
    entry = re.search(r"^- \[99 .*\n(?:  .*\n)*", index, flags=re.M)[0]
    (book / "index.md").write_text(f"# The book\n\n{entry}", encoding="utf-8")
    pages = [{"file": f"book/{NAME}"}, {"file": "book/teaching/notes_99"}]
    contents = {"format": "jb-book", "root": "book/index", "chapters": pages}
    (tmp_path / "_toc.yml").write_text(yaml.safe_dump(contents))
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    repository.fit(config)
    seconds = {f"seconds_{NAME}": "1"}
    config["sphinx"]["config"]["myst_substitutions"] = seconds
    (tmp_path / "_config.yml").write_text(yaml.safe_dump(config))
    build = "from jupyter_book.cli.main import main; main()"
    in_copy(project, "-c", build, "build", str(tmp_path), "-n", "-W", "--keep-going")
    page = (tmp_path / "_build" / "html" / "book" / f"{NAME}.html").read_text()
    for shown in ("Caught.", "How many ratings each person gave", "✓ Right."):
        assert shown in page
