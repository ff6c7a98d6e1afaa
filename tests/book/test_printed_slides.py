"""Slides on paper, as Chromium prints them: each is one page, and nothing of it is cut.

`make test` builds the book before these tests.
"""

import pytest

from tools.project import COURSE

DECKS = ["03_ncf", "07_how_sure", "seminar_90"]
READY = """new Promise((done) => {
  const look = () => document.querySelector('.pdf-page') && window.MathJax?.startup?.promise
    ? MathJax.startup.promise.then(() => setTimeout(done, 300)) : setTimeout(look, 100);
  look();
})"""
LOOK = """[...document.querySelectorAll('.pdf-page')].map((page) => {
  const paper = page.getBoundingClientRect(), inside = (box) => !box.height || (box.top >= paper.top
    && box.left >= paper.left && box.right <= paper.right && box.bottom <= paper.bottom);
  const parts = [...page.querySelectorAll('section > :not(aside)')];
  return [page.querySelector('h1, h2, h3, h4')?.textContent ?? '', Math.round(paper.height),
          parts.every((part) => inside(part.getBoundingClientRect()))];
})"""


@pytest.mark.parametrize("deck", DECKS)
def test_each_slide_is_one_page_with_a_title_and_nothing_is_cut(deck, browser):
    browser.window(1280)
    browser.open(COURSE.html / "slides" / f"{deck}.html", "?print-pdf")
    browser.run(READY)
    pages = browser.run(LOOK)
    assert len(pages) > 20
    assert {height for _, height, _ in pages} == {pages[0][1]}
    assert [title for title, _, fits in pages if not (title and fits)] == []
