"""The search of the built pages, in a browser: a question finds the entry of the glossary.

`make test` builds the book before these tests.
"""

from urllib.parse import quote

import pytest

from tools.project import COURSE

FIRST = """new Promise((done) => {
  const look = () => {
    const links = [...document.querySelectorAll('#search-results li a')].slice(0, 6);
    if (links.length === 6) done(links.map((link) => link.getAttribute('href')));
    else setTimeout(look, 100);
  };
  look();
})"""


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("NDCG", "ndcg"),
        ("how is NDCG computed", "ndcg"),
        ("What is an embedding?", "embedding"),
        ("what does cold start mean", "cold-start"),
    ],
)
def test_a_question_finds_the_entry_of_the_glossary_among_the_first_six(
    question, entry, browser
):
    browser.open(COURSE.html / "search.html", f"?q={quote(question)}")
    assert f"book/glossary.html#{entry}" in browser.run(FIRST)
