"""The plans of the teaching guide: their minutes add up, and are enough for what their notes ask."""

import functools
import re

import pytest

from tools import editions, plans, slides
from tools.project import COURSE

GUIDE = plans.guide(COURSE)
NOTEBOOKS = {n.number.removeprefix("0"): n for n in COURSE.notebooks()}
FULL = 90
PLANS = {
    "One seminar of 90 minutes": 90,
    "When you have 60 minutes": 60,
    "Session 1": 84,
    "Session 2": 84,
    "Session 3": 86,
    "Session 4": 88,
}
AS_THERE = ", minutes 4 to 32,"  # how a session names a part of the seminar


@functools.cache
def chapter_of(name):
    """Return a notebook without outputs, and its slides."""
    content = NOTEBOOKS[name].content()
    return content, slides.slides_of(content)


def minutes(chapter, title):
    """Return the minutes of a note, those in the seminar where it names them."""
    text = editions.notes(NOTEBOOKS[chapter].number).get(title, "")
    first = text.split(".*")[0]
    found = re.search(r"(\d+) in the seminar", first) or re.search(
        r"(\d+) minutes?", first
    )
    return int(found[1]) if found else 0


def too_short(rows):
    """Return the rows that have fewer minutes than the notes for their slides."""
    sums = [(sum(minutes(*pair) for pair in row.sections), row) for row in rows]
    return [(needed, row) for needed, row in sums if row.end - row.begin < needed]


@pytest.mark.parametrize("title", PLANS)
def test_the_minutes_of_a_plan_follow_each_other_and_end_in_time(title):
    rows = plans.plan(title, GUIDE)
    assert len(rows) > 6
    starts, ends = [row.begin for row in rows], [row.end for row in rows]
    assert starts == [0, *ends[:-1]]
    assert ends[-1] == PLANS[title] <= FULL


@pytest.mark.parametrize("title", PLANS)
def test_a_plan_has_at_least_the_minutes_of_the_notes(title):
    assert too_short(plans.plan(title, GUIDE)) == []


@pytest.mark.parametrize("title", PLANS)
def test_a_plan_names_sections_that_are_there(title):
    for chapter, named in {s for row in plans.plan(title, GUIDE) for s in row.sections}:
        assert slides.section(*chapter_of(chapter), named), chapter


@pytest.mark.parametrize("title", plans.SEMINARS.values())
def test_each_row_of_a_seminar_has_a_slide_with_its_minutes(title):
    chapters = {n.number: chapter_of(name) for name, n in NOTEBOOKS.items()}
    made = slides.seminar(title, GUIDE, chapters)
    for row in plans.with_more(title, GUIDE):
        assert any(row.when() in slide.notes[0] for slide in made), row


def test_the_guide_leads_to_the_decks_of_both_seminars():
    for name in plans.SEMINARS:
        assert f'href="../../slides/{name}.html"' in GUIDE


def test_more_time_is_what_the_notes_ask():
    rows = plans.more(GUIDE)
    assert len(rows) > 4
    assert too_short(rows) == []


def test_more_time_has_its_place_where_a_row_of_the_plan_ends():
    ends = {row.end for row in plans.plan(plans.SEMINARS["seminar_90"], GUIDE)}
    assert {row.begin for row in plans.more(GUIDE)} <= ends


def test_a_session_takes_over_the_minutes_of_the_seminar():
    [first, *_] = plans.plan("Session 3", GUIDE)
    assert AS_THERE in first.what
    rows = plans.plan("One seminar of 90 minutes", GUIDE)
    part = [row for row in rows if 4 <= row.begin < 32]
    assert sum(row.end - row.begin for row in part) == first.end - first.begin


def test_a_plan_that_is_too_short_would_be_noticed():
    guide = "## A plan\n| minutes | a | b |\n| 0–3 | x | 3: *Matrix factorisation by hand* |\n"
    [row] = plans.plan("A plan", guide)
    assert row == plans.Row(0, 3, "x", (("3", "Matrix factorisation by hand"),))
    assert too_short([row]) == [(minutes("3", "Matrix factorisation by hand"), row)]
