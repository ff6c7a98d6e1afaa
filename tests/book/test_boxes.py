"""The answer boxes of the pages: a browser says of each answer what `check` says of it."""

import base64
import copy
import dataclasses
import json
from functools import partial

import numpy as np
import pytest
import test_done

from recdl.course import exercises, quiz
from tools import boxes, cells
from tools.project import COURSE

show = test_done.show  # a fixture
STATIC = test_done.STATIC
NUMBERS = [
    found[1]
    for notebook in COURSE.notebooks()
    for cell in notebook.content()["cells"]
    if (found := boxes.HEADING.match(cells.source(cell)))
]
SAID = "document.querySelector('.recdl-box [role=status]').textContent"
TYPED = {  # and what it means in a notebook
    "": None, " ": None, "[]": [], "a": "a", "one third": "one third", "50%": "50%", "1/0/2": "1/0/2",
    "1, x": ["1", "x"], "(2)": [2], "1 2": [1, 2], "[1; 2;3]": [1, 2, 3], "1/3": 1 / 3,
    "−.5": -0.5, "1e3": 1000, "1/2, 3.": [0.5, 3],
}  # fmt: skip


def page_of(number):
    cell = {"cell_type": "markdown", "source": f"### Exercise {number} · by hand\n"}
    (made,) = boxes.insert({"cells": [cell]})["cells"]
    box = cells.source(made).splitlines()[-1]
    assert box.startswith("<div")
    return box, f'<script src="{(STATIC / "box.js").as_uri()}"></script>'


def as_text(value):
    return json.dumps(value).replace("-", "−")


def changed(value, rng):
    """Yield answers near a right or a wrong one, and far from it."""
    array = np.asarray(value, float)
    for step in (4e-4, 9.99e-4, 1.001e-3, 3e-3, 0.3):
        yield array + step * rng.choice([-1, 1], array.shape) * np.maximum(
            1, np.abs(array)
        )
    for digits in (0, 1, 2, 3, 4, 9):
        yield array.round(digits)
    if array.size > 1:
        yield array[::-1]
        yield array[1:]
        yield np.where(np.arange(array.size) == 0, 99.5, array)
        yield array[0]
    yield rng.normal(size=array.shape)
    yield np.append(array, 1)


def test_every_exercise_by_hand_has_a_box():
    assert len(NUMBERS) == 17
    for notebook in COURSE.notebooks():
        made = boxes.insert(notebook.content())["cells"]
        n_boxes = sum("recdl-box" in cells.source(cell) for cell in made)
        assert n_boxes == sum("· by hand\n" in cells.source(cell) for cell in made)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_box_says_what_check_says(show, monkeypatch, number):
    known = exercises.exercises(int(number.partition(".")[0]))[number]
    about, rng = boxes.data(number), np.random.default_rng(7)
    # Computed a single time, by the package.
    once = {partial(known.value, of): hint for of, hint in known.mistakes.items()}
    once = {partial(copy.copy, make()): hint for make, hint in once.items()}
    right = known.value(known.answer)
    quick = dataclasses.replace(known, answer=lambda: right, mistakes=once)
    monkeypatch.setattr(exercises, "exercises", lambda chapter: {number: quick})
    values = [about["right"], *(mistake for mistake, _ in about["mistakes"])]
    near = [other.tolist() for value in values for other in changed(value, rng)]
    answers = [(as_text(value), value) for value in values + near] + [*TYPED.items()]
    texts = [text for text, _ in answers]
    browser = show(*page_of(number))
    said = browser.run(f"""(() => {{
      const place = document.querySelector(".recdl-box");
      const exercise = recdlBox.read(place.dataset.check, place.dataset.exercise);
      return {json.dumps(texts)}.map((text) => recdlBox.judge(exercise, recdlBox.parsed(text)));
    }})()""")
    assert browser.said == []
    for (text, answer), found in zip(answers, said, strict=True):
        verdict = exercises.judge(number, answer)
        assert found == dataclasses.asdict(verdict), text
    assert said[0]["right"]
    hints = [verdict["text"] for verdict in said[1 : len(values)]]
    for hint, (_, wanted) in zip(hints, about["mistakes"], strict=True):
        assert hint.endswith(f"Not yet. {wanted}")


@pytest.mark.parametrize("number", ["1.3", "1.5", "2.3"])
def test_only_numbers_have_a_box(number):
    """A letter, and a function; a list of films is made of numbers."""
    assert (boxes.data(number) is None) == (number != "1.3")


@pytest.mark.parametrize("number", NUMBERS)
def test_no_answer_and_no_hint_stands_in_clear_text(number):
    box, _ = page_of(number)
    about = boxes.data(number)
    plain = base64.b64decode(boxes.hidden(number, about)).decode("latin-1")
    for text in (box, plain):
        assert json.dumps(about["right"]) not in text
        assert not [hint for _, hint in about["mistakes"] if hint[:20] in text]


def test_an_exercise_is_solved_by_keyboard_kept_and_forgotten(show):
    browser = show(*page_of("2.2"), quiz.to_html("2"))
    browser.run("document.querySelector('.recdl-box input').focus()")
    browser.run("document.activeElement.value = '99'")
    browser.press("Enter")
    assert browser.run(SAID).startswith("2.2: Not yet. The answer is one number")
    assert browser.run("document.activeElement.matches('.recdl-box input')")
    right = as_text(boxes.data("2.2")["right"])
    browser.run(f"document.activeElement.value = {right!r}")
    browser.press("Tab", "Enter")
    assert browser.run(SAID) == "2.2 is right."
    assert "By hand: 1 of 1 exercises right." in browser.run(test_done.SAID)
    show(forget=False)
    assert browser.run(SAID) == "2.2 was right, at an earlier visit."
    browser.run("document.querySelector('.recdl-done button').click()")
    assert browser.run(SAID) == ""
    assert "Nothing done yet" in browser.run(test_done.SAID)
    assert browser.said == []


def test_a_comma_for_decimals_gets_its_own_hint(show):
    browser = show(*page_of("1.1"))
    browser.run("document.querySelector('.recdl-box input').value = '0,516'")
    browser.run("document.querySelector('.recdl-box button').click()")
    assert browser.run(SAID).endswith("Write decimals with a point, as in 0.5.")


def test_hints_show_no_marks_of_markdown(show):
    browser = show(*page_of("5.2"))
    for mistake, _ in boxes.data("5.2")["mistakes"]:
        browser.run(f"document.querySelector('.recdl-box input').value = '{mistake}'")
        browser.run("document.querySelector('.recdl-box button').click()")
        assert not set("*`") & set(browser.run(SAID))
    assert browser.run("document.querySelector('.recdl-box b').textContent") == "5.2:"


def test_a_box_is_no_wider_than_a_telephone_and_is_not_printed(show):
    browser = show(*page_of("6.1"), quiz.to_html("6"))
    browser.window(390)
    assert browser.run("document.scrollingElement.scrollWidth") <= 390
    browser.window(700, media="print")
    for part in (".recdl-box", ".recdl-done"):
        seen = f"getComputedStyle(document.querySelector('{part}')).display"
        assert browser.run(seen) == "none"
    browser.window(700)
