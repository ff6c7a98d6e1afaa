"""Every chapter has the course's shape: the box, the sections, short cells, captions, exercises, quizzes."""

import ast
import dataclasses
import inspect
import json
import re
import statistics

import pandas as pd
import pytest

from addresses import alien
from recdl import course, paper
from recdl.course import exercises, museum, quiz
from tools import core_path, editions, slides
from tools.project import COURSE

NOTEBOOKS = COURSE.notebooks()
SHORT = {"05b_training_in_keras", "A1_your_own_ratings"}  # no quiz, no museum of bugs
LESSONS = [n for n in NOTEBOOKS if n.name not in SHORT]
ENDING = ["Reading the paper critically", "Bug museum", "Exercises", "Quiz"]
ENDING += ["In production", "Key takeaways", "Further reading"]
ENDING_SHORT = ["Reading the paper critically", "Exercises", "Key takeaways"]
ENDING_SHORT += ["Further reading"]
MYST = re.compile(r"^:::|^```\{|\{(?!cite(?::t|:p)?\}`)[a-z:-]+\}`|\{\{", flags=re.M)
EXERCISE = re.compile(r"^### Exercise (\w+\.\d+) · (by hand|in code|judgement)$", re.M)


def each(notebooks):
    return pytest.mark.parametrize("notebook", notebooks, ids=lambda n: n.name)


def cells(notebook, kind):
    return [c for c in notebook.content()["cells"] if c["cell_type"] == kind]


def source(cell):
    return "".join(cell["source"])


def tags(cell):
    return cell["metadata"].get("tags", [])


def prose(notebook):
    return "\n\n".join(source(cell) for cell in cells(notebook, "markdown"))


def number(notebook):
    return notebook.number.lstrip("0")


@each(NOTEBOOKS)
def test_a_chapter_begins_with_its_box(notebook):
    first = source(notebook.content()["cells"][0])
    assert re.match(rf"# {number(notebook)} · \w", first)
    box = "\n".join(line for line in first.splitlines() if line.startswith(">"))
    box = box.replace("\n> ", " ")
    for word in ("After this chapter you can", "Before you start:", "Reading time:"):
        assert f"**{word}**" in box
    assert re.search(r"\*\*Run time:\*\*.*\*\*In the paper:\*\* section", box)


@each(NOTEBOOKS)
def test_a_chapter_ends_with_the_same_sections(notebook):
    ending = ENDING if notebook in LESSONS else ENDING_SHORT
    if notebook.chapter not in course.chapters("museum.py"):
        ending = [title for title in ending if title != "Bug museum"]
    found = re.findall(r"^## (.+)$", prose(notebook), flags=re.M)
    assert [title for title in found if title in ENDING] == ending
    assert found[-len(ending) :] == ending


@each(NOTEBOOKS)
def test_code_cells_are_short(notebook):
    lengths = [len(source(cell).splitlines()) for cell in cells(notebook, "code")]
    assert statistics.median(lengths) <= 8
    assert max(lengths) <= 40


@each(NOTEBOOKS)
def test_text_needs_no_syntax_that_only_the_book_knows(notebook):
    assert MYST.findall(prose(notebook)) == []


def test_no_two_figures_have_the_same_name():
    names = [
        cell["metadata"]["mystnb"]["figure"]["name"]
        for notebook in NOTEBOOKS
        for cell in cells(notebook, "code")
        if "figure" in cell["metadata"].get("mystnb", {})
    ]
    assert len(names) == len(set(names))


@each(NOTEBOOKS)
def test_a_chapter_is_listed_where_readers_and_teachers_look(notebook):
    book = COURSE.root / "book"
    index = (book / "index.md").read_text(encoding="utf-8")
    guide = (book / "teaching" / "guide.md").read_text(encoding="utf-8")
    notes = f"notes_{notebook.name.split('_')[0]}"
    for page, link in (
        (index, f"[{notebook.title()}]({notebook.path.name})"),
        (index, f'"../slides/{notebook.name}.html"'),
        (guide, f'"../../slides/{notebook.name}.html"'),
        (guide, f"[{number(notebook)}]({notes}.md)"),
    ):
        assert link in page
    assert book / "teaching" / f"{notes}.md" in COURSE.sources()


# Exercises


def numbers(notebook):
    return [number for number, _ in EXERCISE.findall(prose(notebook))]


@each(LESSONS)
def test_a_chapter_has_three_kinds_of_exercises(notebook):
    kinds = [kind for _, kind in EXERCISE.findall(prose(notebook))]
    assert set(kinds) == {"by hand", "in code", "judgement"}


def test_the_tenth_chapter_comes_after_the_ninth(tmp_path, monkeypatch):
    for number in (10, 9, 1):
        (tmp_path / f"chapter_{number}").mkdir()
        (tmp_path / f"chapter_{number}" / "quiz.toml").touch()
    (tmp_path / "chapter_2").mkdir()
    monkeypatch.setattr(course, "__file__", str(tmp_path / "__init__.py"))
    assert course.chapters("quiz.toml") == [1, 9, 10]
    with pytest.raises(ValueError, match="These have one: 1, 9, 10"):
        quiz.questions("2")


@pytest.mark.parametrize("chapter", exercises.chapters())
def test_no_mistake_is_lost_because_another_leads_to_the_same_answer(chapter):
    """A dictionary would keep one of the two."""
    module = course.part(chapter, "exercises")
    written = [
        len(part.keys)
        for call in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Exercise"
        for part in [*call.args, *(keyword.value for keyword in call.keywords)]
        if isinstance(part, ast.Dict)
    ]
    there = exercises.exercises(chapter).values()
    assert sum(written) == sum(len(exercise.mistakes) for exercise in there)


def test_every_exercise_that_check_knows_stands_in_a_chapter():
    known = [
        n for chapter in exercises.chapters() for n in exercises.exercises(chapter)
    ]
    stated = [n for notebook in NOTEBOOKS for n in numbers(notebook)]
    assert sorted(known) == sorted(stated)


@each(NOTEBOOKS)
def test_an_exercise_has_a_deliverable_a_cell_to_answer_and_a_solution(notebook):
    content = notebook.content()["cells"]
    stated = [i for i, cell in enumerate(content) if EXERCISE.search(source(cell))]
    for position in stated:
        task, answer, solution = content[position : position + 3]
        exercise = EXERCISE.search(source(task))[1]
        assert "**Deliverable:**" in source(task)
        assert {"exercise", "remove-output"} <= set(tags(answer))
        assert f'check("{exercise}", ' in source(answer)
        assert "..." in source(answer)
        assert {"solution", "hide-cell"} <= set(tags(solution))
        assert solution["metadata"]["jupyter"]["source_hidden"]
        assert solution["metadata"]["cellView"] == "form"
        assert source(solution).startswith(f"# @title Solution of {exercise}\n")
        assert f'check("{exercise}", ' in source(solution)


@each(NOTEBOOKS)
def test_no_cell_but_a_solution_is_folded(notebook):
    """The book writes "Show the solution" on every folded cell but that of the imports."""
    for cell in cells(notebook, "code"):
        folded = {tag for tag in tags(cell) if tag.startswith("hide-")}
        assert not folded or "solution" in tags(cell)


# Quizzes


@each(LESSONS)
def test_a_quiz_explains_every_choice(notebook):
    questions = quiz.questions(number(notebook))
    assert 4 <= len(questions) <= 6
    for question in questions:
        assert len(question.choices) >= 3
        assert sum(choice.right for choice in question.choices) == 1
        assert all(len(choice.why) > 15 for choice in question.choices)
    assert len({[c.right for c in q.choices].index(True) for q in questions}) > 1
    assert f'quiz("{number(notebook)}")' in "\n".join(
        source(cell) for cell in cells(notebook, "code")
    )


@each(LESSONS)
def test_a_quiz_shows_no_signs_of_markdown(notebook, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda page: shown.append(page.data))
    quiz.quiz(number(notebook))
    [page] = shown
    words = re.sub(r"<code>.*?</code>", "", page)
    assert re.findall(r".{20}[*`_].{20}", words) == []


def test_markdown_in_a_quiz_becomes_html():
    text = "At *place 1*, `a * b * c` is `x`, and 2 * 3 * 4 < 25."
    shown = "At <em>place 1</em>, <code>a * b * c</code> is <code>x</code>, and 2 * 3 * 4 &lt; 25."
    assert quiz._inline(text) == shown


# Bug museum


@pytest.mark.parametrize("exhibit", museum.exhibits(), ids=lambda e: e.title)
def test_the_check_of_an_exhibit_stops_the_broken_version_only(exhibit):
    exhibit.check(exhibit.mended)
    with pytest.raises(AssertionError, match=r"\w+ \w+ \w+"):
        exhibit.check(exhibit.broken)


@pytest.mark.parametrize("exhibit", museum.exhibits(), ids=lambda e: e.title)
def test_an_exhibit_says_where_it_stood_at_a_commit_a_release_or_a_date(exhibit):
    assert alien(exhibit.source) == set()
    read_at = re.findall(r"/blob/([^/]+)/", exhibit.source)
    assert read_at or re.search(r"\b(?:19|20)\d\d\b", exhibit.source)
    assert all(re.fullmatch(r"[\da-f]{40}|\d+\.\d+\.\d+", at) for at in read_at)


def test_a_check_that_notices_nothing_is_itself_noticed():
    blind = dataclasses.replace(museum.exhibits()[0], check=lambda function: None)
    with pytest.raises(RuntimeError, match="does not notice the bug"):
        blind.caught()


def test_the_museum_has_the_exhibits_of_six_chapters():
    assert len(museum.exhibits()) >= 11
    assert len({exhibit.title for exhibit in museum.exhibits()}) == len(
        museum.exhibits()
    )


# Editions


@each(NOTEBOOKS)
def test_student_and_instructor_differ_in_solutions_and_notes_only(notebook):
    content = notebook.content()
    notes = editions.notes(notebook.number)
    assert notes
    student = editions.student(content)["cells"]
    teacher = editions.instructor(content, notes)["cells"]
    added = [cell for cell in teacher if "note" in tags(cell)]
    assert len(added) == len(notes)
    assert [cell for cell in teacher if "note" not in tags(cell)] == content["cells"]
    for ours, theirs in zip(student, content["cells"], strict=True):
        if "solution" in tags(theirs):
            assert "hole" in tags(ours)
            assert source(ours) == editions.HOLE
        else:
            assert ours == theirs
    assert json.dumps(student).count("Solution of") == 0


# Slides


@each(NOTEBOOKS)
def test_a_deck_has_about_twenty_slides_that_can_be_read_from_the_last_row(notebook):
    content = notebook.content()["cells"]
    off_path = core_path.off_path(notebook.content())  # these lie below the others
    on_path = [c for c, off in zip(content, off_path, strict=True) if not off]
    assert 12 <= sum("slide" in tags(cell) for cell in on_path) <= 25
    for cell in content:
        if not {"slide", "slide-more"} & set(tags(cell)):
            continue
        if cell["cell_type"] == "markdown":
            shown = slides.beginning(source(cell))
            most = (
                115 if shown.startswith("### Exercise") else 60
            )  # a class needs the whole task
            assert len(shown.split()) <= most, shown
        elif "remove-input" not in tags(cell):
            assert len(source(cell).splitlines()) <= 14, source(cell)


@each(NOTEBOOKS)
def test_code_parses_and_imports_the_one_check(notebook):
    code = "\n".join(source(c) for c in cells(notebook, "code"))
    ast.parse(re.sub(r"^(\s*)%pip.*$", r"\1pass", code, flags=re.M))


# Measurements that a chapter quotes


def test_chapter_5_quotes_the_committed_measurements():
    path = COURSE.root / "benchmarks" / "wrong_runs.csv"
    table = pd.read_csv(path, index_col="run")
    large, four = table.loc["layers [64, 32, 16]"], table.loc["n_factors 4"]
    popular = table.loc["popularity instead of the model"]
    seeds = paper.seed_runs().loc[[3, 4]].to_dict("records")
    right, ndcg = (paper.seed_runs()[name] for name in ("train_loss", "ndcg_at_10"))
    quoted = [
        f"| 16 | [16, 8, 4] | {right.min():.3f} to {right.max():.3f} (the paper:",
        f"| 4 | [16, 8, 4] | {four['train_loss']:.3f} |",
        f"| 16 | [64, 32, 16] | {large['train_loss']:.3f} |",
        *(f"| {row['train_loss']:.3f} | {row['ndcg_at_10']:.3f} |" for row in seeds),
        f"| {large['train_loss']:.3f} | {large['ndcg_at_10']:.3f} |",
        f"| popularity | – | {popular['ndcg_at_10']:.3f} |",
        f"an NDCG@10 of {four['ndcg_at_10']:.3f}",
        f"have {ndcg.min():.3f} to {ndcg.max():.3f}, and {ndcg.mean():.3f} on average",
    ]
    (chapter,) = (n for n in NOTEBOOKS if n.name == "05_training")
    for row in quoted:
        assert row in prose(chapter)
