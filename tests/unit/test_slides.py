"""Slides are made of tagged cells: what is on them, what is in the notes, and that they need no network."""

import re

import pytest

from recdl.course.panels import panels
from tools import editions, plans, slides
from tools.project import Notebook, Project

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def cell(kind, source, *tags, **more):
    return {
        "cell_type": kind,
        "source": [source],
        "metadata": {"tags": list(tags)},
    } | more


@pytest.fixture(scope="module")
def page():
    picture = {"output_type": "display_data", "data": {"image/png": PIXEL}}
    drawn = cell("code", "figures.one()", "slide", outputs=[picture])
    drawn["metadata"]["mystnb"] = {
        "figure": {"caption": "A <figure>."},
        "image": {"alt": "one dot"},
    }
    cells = [
        cell("markdown", "# 3 NCF\n\nA promise.\n\n> After this chapter"),
        cell("markdown", "Before we begin."),
        cell("markdown", "# Title\n\nShown, see [chapter 4](04.ipynb).\n\nToo long for a slide.", "slide"),
        cell("markdown", "Said, not shown. {cite:t}`he2017ncf`"),
        drawn,
        cell("code", "1 + 1", "slide-more", outputs=[
            {"output_type": "execute_result", "data": {"text/plain": ["2 < 3"]}}]),
        cell("code", "secret()", outputs=[]),
    ]  # fmt: skip
    return slides.deck(slides.slides_of({"cells": cells}), "A & B")


def parts(page):
    sections = re.findall(r"<section>(.*?)</section>", page, flags=re.S)
    return [section.split("<aside class='notes'>") for section in sections]


def test_a_tag_begins_a_slide(page):
    assert len(parts(page)) == 3


def test_the_first_cell_is_the_first_slide(page):
    shown, notes = parts(page)[0]
    assert ">3 NCF<" in shown
    assert "A promise." in shown
    assert "After this chapter" not in shown
    assert "Before we begin." in notes


def test_a_slide_shows_heading_and_first_paragraph_and_the_notes_have_all(page):
    shown, notes = parts(page)[1]
    assert "Title" in shown
    assert "Shown, see chapter 4." in shown
    assert "Too long" not in shown
    assert "Too long for a slide" in notes
    assert "Said, not shown." in notes
    assert "cite" not in page


def test_a_picture_has_its_description_and_caption_and_code_its_output(page):
    shown, _ = parts(page)[2]
    assert 'alt="one dot"' in shown
    assert "A &lt;figure&gt;." in shown
    assert "figures.one" not in shown
    assert "2 &lt; 3" in shown


def test_code_without_a_tag_is_not_on_a_slide(page):
    assert "secret" not in page


def test_a_panel_without_a_tag_is_a_title_and_a_link_and_no_slide_of_its_own():
    made = {"text/html": panels()["neuron"]().to_html("neuron")}
    output = {"output_type": "display_data", "data": made}
    shown = cell("code", 'panel("neuron")', "remove-input", outputs=[output])
    start = cell("markdown", "# A title")
    (slide,) = slides.slides_of({"cells": [start, shown]})
    text = slides.panels.on_slides(slide.parts[-1], "../book/02.html")
    assert "A neuron by hand" in text
    assert '<a href="../book/02.html?full#panel-neuron">' in text
    assert "drama" not in text
    assert "<section" not in text


def test_a_deck_fetches_from_its_own_folder_only(tmp_path, monkeypatch):
    content = {"cells": [cell("markdown", "# 3")]}
    monkeypatch.setattr(Notebook, "with_outputs", lambda self: content)
    (tmp_path / "_toc.yml").write_text("root: a\nparts: [{chapters: [{file: 03_a}]}]")
    (tmp_path / "03_a.ipynb").touch()
    slides.write(Project(tmp_path), tmp_path / "slides")
    fetched = re.findall(
        r'(?:src|href)="([^"]+)"', (tmp_path / "slides" / "03_a.html").read_text()
    )
    assert len(fetched) >= 6
    for address in fetched:
        assert (tmp_path / "slides" / address).is_file(), address
    theme = tmp_path / "slides" / "reveal" / "dist" / "theme" / "white.css"
    assert "@import" not in theme.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("## A\n\nb\n\nc", "## A\n\nb"),
        ("b\n\nc", "b"),
        ("# A\n\n## B\n\n- c\n- d\n\ne", "# A\n\n## B\n\n- c\n- d"),
        ("## A", "## A"),
        (
            "### Exercise 1.1 · by hand\n\nb\n\nc",
            "### Exercise 1.1 · by hand\n\nb\n\nc",
        ),
    ],
)
def test_the_beginning_is_the_headings_and_one_block(text, shown):
    assert slides.beginning(text) == shown


# Of a seminar

GUIDE = """# Guide

## One seminar of 90 minutes

| minutes | what you do | slides |
|---|---|---|
| 0–4 | Ask: *is it good?* Take a **vote** | the board |
| 4–9 | Then **quiz question** 1 of [chapter 5](../05_a.ipynb) | 5: *Second*, *Exercise 5.1 · by hand* |

### When you have more time

| more minutes | what | when | slides |
|---|---|---|---|
| 7 | A step | after minute 4 | 5: *First* |

### When you have 60 minutes

| minutes | what you do | slides |
|---|---|---|
| 0–4 | {what} | {slides} |
"""
SEMINAR, SHORT = plans.SEMINARS.values()


@pytest.fixture
def chapters(tmp_path, monkeypatch):
    """Return a chapter 5 with three sections and a page of notes, as `slides.seminar` wants it."""
    (tmp_path / "notes_05.md").write_text("# N\n\n## Second\n\nExpect **seven**.\n")
    monkeypatch.setattr(editions, "TEACHING", tmp_path)
    content = {
        "cells": [
            cell("markdown", "# 5 Training"),
            cell("markdown", "## First\n\nOne.", "slide"),
            cell("markdown", "## Second\n\nTwo.", "slide"),
            cell("markdown", "It is only said."),
            cell("code", "1 + 1", "slide", outputs=[]),
            cell("markdown", "### Exercise 5.1 · by hand\n\nDo.\n\nAll of it."),
        ]
    }
    return {"05": (content, slides.slides_of(content))}


def test_a_seminar_has_the_slides_of_its_plan_in_its_order(chapters):
    made = slides.seminar(SEMINAR, GUIDE, chapters)
    titles = ["Is it good?", "First", "Second", "Second", "Exercise 5.1 · by hand"]
    assert [slide.title for slide in made] == [*titles, "Quiz, question 1"]
    assert [slide.deeper for slide in made] == [False, True, False, False, False, False]
    assert "All of it." in "".join(made[4].parts)


def test_the_notes_of_a_seminar_are_the_minutes_and_the_teacher_s(chapters):
    notes = ["".join(s.notes) for s in slides.seminar(SEMINAR, GUIDE, chapters)]
    times = ["Minutes 0–4", "With 7 minutes more", *["Minutes 4–9"] * 4]
    for note, time in zip(notes, times, strict=True):
        assert time in note
    assert "<strong>vote</strong>" in notes[0]
    assert [n for n, note in enumerate(notes) if "seven" in note] == [2]
    assert "only said" not in "".join(notes)


def test_a_quiz_question_is_on_a_slide_and_its_answer_in_the_notes():
    made = slides.question("5", 1)
    asked = slides.quiz.questions("5")[0]
    assert asked.ask in "".join(made.parts)
    assert "".join(made.parts).count("<li>") == len(asked.choices)
    (place,) = (n for n, c in enumerate(asked.choices, start=1) if c.right)
    assert f"Right is {place}." in made.notes[0]
    assert "Right" not in "".join(made.parts)


def test_a_deck_of_a_chapter_stays_as_it_is(chapters):
    (_, own), before = chapters["05"], repr(chapters["05"][1])
    slides.seminar(SEMINAR, GUIDE, chapters)
    assert repr(own) == before


@pytest.mark.parametrize(
    ("what", "named", "sentence"),
    [
        ("x", "5: *Third*", 'minutes 0–4, "x": the chapter has no section "Third"'),
        ("x", "12: *First*", "there is no chapter 12"),
        ("x", "the board", "it names no slide"),
        ("**Quiz question** 99 of [chapter 5](a)", "", "has no question 99"),
        ("**Quiz question** 1 of [chapter 77](a)", "", "'77' has no quiz"),
    ],
)
def test_what_is_no_longer_there_is_named(what, named, sentence, chapters):
    guide = GUIDE.format(what=what, slides=named)
    with pytest.raises(SystemExit, match=r"guide\.md") as stopped:
        slides.seminar(SHORT, guide, chapters)
    assert sentence in str(stopped.value)


def test_a_plan_whose_heading_is_gone_is_named(chapters):
    with pytest.raises(SystemExit, match=f'no plan below a heading "{SHORT}"'):
        slides.seminar(SHORT, GUIDE.replace("60 minutes", "an hour"), chapters)
