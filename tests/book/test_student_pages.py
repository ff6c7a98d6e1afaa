"""The sources of the pages for students: nothing of them is the teacher's, and all else is there.

`make student-book` searches the built pages in the same way; a small book is built in
`unit/test_student_book.py`.
"""

import json
import re

import pytest

from recdl.course import exercises
from tools import book, cells, editions
from tools.project import COURSE
from tools.student_book import StudentBuild, StudentProject, hidden, refuse_hidden

PROJECT = StudentProject(COURSE.root)


def tagged(content, tag):
    return [cell for cell in content["cells"] if tag in cells.tags(cell)]


@pytest.fixture(scope="module")
def lines():
    return hidden(PROJECT)


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("student") / "source"
    StudentBuild(PROJECT).stage(folder)
    return folder


@pytest.fixture(scope="module")
def notebooks(staged):
    """Return each chapter as it is committed, and as it is staged."""
    return [
        (n.content(), json.loads((staged / "book" / n.path.name).read_text("utf-8")))
        for n in COURSE.notebooks()
    ]


def test_every_chapter_s_solutions_and_every_page_for_teachers_are_looked_for(lines):
    wanted = [n.path for n in COURSE.notebooks() if tagged(n.content(), "solution")]
    wanted += sorted((COURSE.root / "book" / "teaching").glob("*.md"))
    assert len(wanted) > 20
    for path in wanted:
        name = path.relative_to(COURSE.root).as_posix()
        assert sum(where.endswith(f" of {name}") for where in lines.values()) >= 4, name


def test_no_source_has_a_line_of_a_solution_or_of_a_note(staged, lines):
    refuse_hidden(staged, lines)


def test_no_source_names_a_solution_or_a_page_for_teachers(staged):
    for name, path in book.files_in(staged).items():
        if path.suffix in (".md", ".ipynb", ".csv", ".yml"):
            text = path.read_text(encoding="utf-8")
            left = re.findall(r"Solution of|teaching/|For teachers|slides/semin", text)
            assert left == [], name


def test_no_sentence_of_the_exercises_sends_to_a_solution(notebooks):
    for _, content in notebooks:
        texts = map(cells.source, content["cells"])
        (start,) = (text for text in texts if text.startswith("## Exercises"))
        assert "solution" not in start


def test_every_cell_with_an_exercise_stays(notebooks):
    n_found = 0
    for committed, content in notebooks:
        found = [cells.source(cell) for cell in tagged(content, "exercise")]
        assert found == [cells.source(c) for c in tagged(committed, "exercise")]
        n_found += len(found)
    assert n_found == sum(len(exercises.exercises(n)) for n in exercises.chapters())


def test_no_solution_records_a_result(notebooks):
    """The pages of results show what was recorded."""
    solved = [
        c for book, _ in notebooks for c in book["cells"] if editions.is_solution(c)
    ]
    assert solved
    assert [c for c in solved if "record(" in cells.source(c)] == []
