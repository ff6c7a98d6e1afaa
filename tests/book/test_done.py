"""What a reader has done is kept in the browser: the score of a quiz, until it is forgotten."""

import pytest

from recdl.course import quiz
from tools import ROOT

STATIC = ROOT / "book" / "_static"
OFF = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("denied", "SecurityError"); }
});"""
SAID = "document.querySelector('.recdl-done [role=status]').textContent"
QUIZ = quiz.questions("9")


def page_with(*parts):
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Done</title>'
        f'<link rel="stylesheet" href="{(STATIC / "course.css").as_uri()}">'
        f'<script src="{(STATIC / "done.js").as_uri()}"></script></head>'
        f"<body>{''.join(parts)}</body></html>"
    )


@pytest.fixture
def show(browser, tmp_path):
    """Return a function that opens a page with these parts, in a browser that knows nothing yet."""
    page = tmp_path / "page.html"

    def open_it(*parts, forget=True):
        if parts:
            page.write_text(page_with(*parts), encoding="utf-8")
        browser.open(page)
        if forget:
            browser.run("localStorage.clear()")
            browser.open(page)
        return browser

    return open_it


def press(browser, question, choice):
    """Open a choice, or close it, with the keyboard."""
    browser.run(
        f"document.querySelectorAll('.quiz > li')[{question}]"
        f".querySelectorAll('summary')[{choice}].focus()"
    )
    browser.press("Enter")


def right(question):
    return [choice.right for choice in QUIZ[question].choices].index(True)


def marks(browser):
    return browser.run(
        "[...document.querySelectorAll('.recdl-tried')].map((mark) => mark.textContent)"
    )


def test_the_score_of_a_quiz_is_kept_and_forgotten(show):
    browser, n = show(quiz.to_html("9")), len(QUIZ)
    assert browser.run(SAID).startswith("Nothing done yet in this chapter.")
    press(browser, 0, right(0))
    press(browser, 1, (right(1) + 1) % 3)
    press(browser, 1, right(1))
    press(browser, 2, (right(2) + 1) % 3)
    told = f"Quiz: 2 of {n} questions right, 1 at the first try. This is kept in this browser only."
    wanted = ["✓ right at the first try", "✓ right at try 2", "✗ not yet right"]
    for _ in range(2):
        assert browser.run(SAID) == told
        assert marks(browser)[:3] == wanted
        browser = show(forget=False)
    browser.run("document.querySelector('.recdl-done button').focus()")
    browser.press("Enter")
    assert browser.run(SAID).startswith("Forgotten. Nothing done yet in this chapter.")
    assert browser.run("document.activeElement.matches('.recdl-done button')")
    assert set(marks(browser)) == {""}
    assert show(forget=False).run(SAID).startswith("Nothing done yet in this chapter.")
    assert browser.said == []


def test_closing_a_choice_looking_at_others_and_printing_count_for_nothing(show):
    browser = show(quiz.to_html("9"))
    browser.run(
        "document.querySelectorAll('details').forEach((d) => { d.open = true; })"
    )
    press(browser, 0, right(0))
    assert browser.run(SAID).startswith("Nothing done yet in this chapter.")
    for choice in (right(0), (right(0) + 1) % 3, right(0)):
        press(browser, 0, choice)
    assert marks(browser)[0] == "✓ right at the first try"


def test_another_question_has_not_been_answered(show):
    browser = show(quiz.to_html("9"))
    press(browser, 0, right(0))
    changed = quiz.to_html("9").replace('data-question="', 'data-question="a')
    assert set(marks(show(changed, forget=False))) == {""}


def test_chapters_are_forgotten_one_by_one(show):
    browser = show(quiz.to_html("9"), quiz.to_html("8"))
    for item in (0, len(QUIZ)):
        press(browser, item, 0)
    browser.run("document.querySelector('.recdl-done button').click()")
    found = marks(browser)
    assert found[0] == ""
    assert found[len(QUIZ)] != ""


def test_without_storage_there_is_a_sentence_and_no_error(show):
    browser = show(quiz.to_html("9"))
    made = browser.call("Page.addScriptToEvaluateOnNewDocument", source=OFF)
    try:
        show(forget=False)
        press(browser, 0, right(0))
        said = browser.run(SAID)
        assert said.startswith("Quiz: 1 of")
        assert said.endswith("it is forgotten when you leave the page.")
        assert browser.said == []
    finally:
        browser.call("Page.removeScriptToEvaluateOnNewDocument", **made)


@pytest.mark.parametrize("junk", ["", "{", "null", "3", "[1]", '{"9": 1}', '{"9": {}}'])
def test_whatever_stands_in_the_storage_the_page_works(show, junk):
    browser = show(quiz.to_html("9"))
    browser.run(f"localStorage.setItem('recdl-done', {junk!r})")
    show(forget=False)
    press(browser, 0, right(0))
    assert browser.run(SAID).startswith("Quiz: 1 of")
    assert browser.said == []
