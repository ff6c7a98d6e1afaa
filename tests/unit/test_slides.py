"""Slides are made of tagged cells: what is on them, what is in the notes, and that they need no network."""

import re

import pytest

from tools import slides
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
    return slides.deck({"cells": cells}, "A & B")


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
    ],
)
def test_the_beginning_is_the_headings_and_one_block(text, shown):
    assert slides.beginning(text) == shown
