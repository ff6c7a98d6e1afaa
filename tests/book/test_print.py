"""The built pages, put behind each other for paper: every link leads somewhere, and nothing is folded.

`make test` builds the book before these tests.
"""

import re

import pytest

from tools import print_edition
from tools.project import COURSE


@pytest.fixture(scope="module")
def page():
    return print_edition.whole_page(COURSE, {})


def test_every_page_of_the_book_is_printed_once(page):
    names = re.findall(r'<article class="bd-article" id="([^"]*)"', page)
    sources = [path.relative_to(COURSE.root) for path in COURSE.sources()]
    assert names == [source.with_suffix(".html").as_posix() for source in sources]


def test_every_link_within_the_book_leads_to_one_place(page):
    places = re.findall(r' id="([^"]*)"', page)
    assert len(set(places)) == len(places)
    links = set(re.findall(r' href="#([^"]*)"', page))
    assert len(links) > 100
    assert links <= set(places)


def test_no_other_link_needs_a_file(page):
    body = page[page.index("<body>") :]
    links = [a for a in re.findall(r' href="([^"]*)"', body) if a[0] != "#"]
    assert [a for a in links if not re.match("https?:|mailto:", a)] == []


def test_every_picture_is_there(page):
    pictures = re.findall(r'<img [^>]*src="([^"]*)"', page)
    assert pictures
    gone = [p for p in pictures if not (COURSE.html / p).is_file()]
    assert [p for p in gone if not p.startswith("data:")] == []


def test_nothing_is_folded(page):
    assert re.findall(r"<details(?! open)", page) == []
