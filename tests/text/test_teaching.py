"""The plans of the teaching guide: their minutes add up, and are enough for what their notes ask."""

import re

import pytest

from tools import cells, editions
from tools.project import COURSE

GUIDE = COURSE.root / "book" / "teaching" / "guide.md"
NOTEBOOKS = {n.name.split("_")[0].removeprefix("0"): n for n in COURSE.notebooks()}
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


def plan(title, guide=None):
    """Return the rows of a plan: first minute, last one, what to do, slides by chapter."""
    text = guide or GUIDE.read_text(encoding="utf-8")
    behind = re.split(rf"^###? {re.escape(title)}.*$", text, flags=re.M)[1]
    table = re.split(r"^##", behind, flags=re.M)[0]
    rows = re.findall(r"^\| (\d+)–(\d+) \| (.*?) \| ?(.*?) ?\|$", table, flags=re.M)
    return [(int(a), int(b), what, slides(named)) for a, b, what, named in rows]


def slides(named):
    """Return the titles that a cell of a plan names, as pairs with the chapter."""
    chapter, titles = (
        re.match(r"(\d+b?): (.*)", named + " ").groups() if ":" in named else ("", "")
    )
    return [(chapter, title) for title in re.findall(r"\*([^*]+)\*", titles)]


def minutes(chapter, title):
    """Return the minutes of a note, those in the seminar where it names them."""
    text = editions.notes(NOTEBOOKS[chapter].name.split("_")[0]).get(title, "")
    first = text.split(".*")[0]
    found = re.search(r"(\d+) in the seminar", first) or re.search(
        r"(\d+) minutes?", first
    )
    return int(found[1]) if found else 0


def too_short(rows):
    """Return the rows that have fewer minutes than the notes for their slides."""
    sums = [(sum(minutes(*pair) for pair in row[3]), row) for row in rows]
    return [(needed, row) for needed, row in sums if row[1] - row[0] < needed]


@pytest.mark.parametrize("title", PLANS)
def test_the_minutes_of_a_plan_follow_each_other_and_end_in_time(title):
    rows = plan(title)
    assert len(rows) > 6
    starts, ends = [row[0] for row in rows], [row[1] for row in rows]
    assert starts == [0, *ends[:-1]]
    assert ends[-1] == PLANS[title] <= FULL


@pytest.mark.parametrize("title", PLANS)
def test_a_plan_has_at_least_the_minutes_of_the_notes(title):
    assert too_short(plan(title)) == []


@pytest.mark.parametrize("title", PLANS)
def test_a_plan_names_slides_that_are_there(title):
    for chapter, named in {pair for row in plan(title) for pair in row[3]}:
        shown = [
            heading
            for cell in NOTEBOOKS[chapter].content()["cells"]
            if {"slide", "slide-more"} & set(cells.tags(cell))
            for heading in editions.headings(cells.source(cell))
        ]
        assert named in shown, chapter


def test_more_time_is_what_the_notes_ask():
    text = GUIDE.read_text(encoding="utf-8")
    table = text.split("### When you have more time")[1].split("###")[0]
    rows = re.findall(r"^\| (\d+) \| .* \| (.*) \|$", table, flags=re.M)
    assert len(rows) > 4
    for given, named in rows:
        assert int(given) >= sum(minutes(*pair) for pair in slides(named)), named


def test_a_session_takes_over_the_minutes_of_the_seminar():
    [first, *_] = plan("Session 3")
    assert AS_THERE in first[2]
    part = [row for row in plan("One seminar of 90 minutes") if 4 <= row[0] < 32]
    assert sum(b - a for a, b, *_ in part) == first[1] - first[0]


def test_a_plan_that_is_too_short_would_be_noticed():
    guide = "## A plan\n| minutes | a | b |\n| 0–3 | x | 3: *Matrix factorisation by hand* |\n"
    [row] = plan("A plan", guide)
    assert row == (0, 3, "x", [("3", "Matrix factorisation by hand")])
    assert too_short([row]) == [(minutes("3", "Matrix factorisation by hand"), row)]
