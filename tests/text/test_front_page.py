"""The front page: its picture shows the toy world, and what it says of the chapters is true."""

import re

from recdl import toy
from tools.project import COURSE

BOOK = COURSE.root / "book"


def test_the_picture_shows_the_ratings_of_the_toy_world():
    picture = (BOOK / "_static" / "what-it-does.svg").read_text(encoding="utf-8")
    drawn = re.findall(r'<circle id="rated-(\d+)-(\d+)"', picture)
    rated = toy.RATINGS[["userID", "itemID"]].itertuples(index=False, name=None)
    assert sorted((int(user), int(item)) for user, item in drawn) == sorted(rated)


def test_the_chapters_without_a_quiz_are_those_that_it_names():
    page = (BOOK / "index.md").read_text(encoding="utf-8")
    named = re.search(r"All but (\w+) and (\w+) have a quiz\.", page).groups()
    without = [
        notebook.number.lstrip("0")
        for notebook in COURSE.notebooks()
        if not re.search(r"^quiz\(", "\n".join(notebook.code()), flags=re.M)
    ]
    assert without == list(named)
