"""axe-core finds nothing in any page with something to play with, at first and after it was played with.

    AXE=/path/to/axe.min.js .venv/bin/python -m pytest -q tests/book/test_axe.py

axe-core (`npm pack axe-core`) is no part of the environment: looking at all pages takes ten minutes.
"""

import os
from pathlib import Path

import pytest
from test_panels import DRIVE, built_pages

AXE = os.environ.get("AXE", "")
pytestmark = pytest.mark.skipif(not AXE, reason="needs AXE=/path/to/axe.min.js")
TO_PLAY = ('class="recdl-panel"', 'class="recdl-box"', 'class="quiz"')
PAGES = built_pages(*TO_PLAY)
PLAY = """(async () => {
  const open = () => document.querySelectorAll("details").forEach((fold) => { fold.open = true; });
  open();
  for (const root of document.querySelectorAll(".recdl-panel")) {
    commit(root);
    for (const control of root.querySelectorAll(".recdl-controls [data-key], .recdl-view [data-key]")) {
      if (control.type === "file" || !root.contains(control)) continue;
      if (control.type === "range") drive(root, [[control.dataset.key, control.max]]);
      else if (control.options) drive(root, [[control.dataset.key, [...control.options].at(-1).value]]);
      else control.click();
    }
  }
  for (const box of document.querySelectorAll(".recdl-box")) {
    box.querySelector("input").value = "99";
    box.querySelector("button").click();
  }
  open();
  await new Promise((done) => setTimeout(done, 1000));
})()"""
VIOLATIONS = """axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
  violations.map(({ id, nodes }) => [id, ...nodes.map((node) => node.target.join(" "))]))"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_axe_finds_nothing(browser, page, width, theme):
    browser.window(width, theme=theme)
    browser.open(page)
    browser.run(DRIVE + Path(AXE).read_text(encoding="utf-8") + ";0")
    assert browser.run("document.documentElement.dataset.theme") == theme
    assert browser.run(VIOLATIONS) == []
    browser.run(PLAY)
    assert browser.run(VIOLATIONS) == []
    full = "document.querySelectorAll('.recdl-panel [data-key=full]')"
    for place in range(browser.run(f"{full}.length")):
        browser.run(f"{full}[{place}].click()")
        assert browser.run(VIOLATIONS) == []
        browser.press("Escape")


def test_axe_finds_a_picture_without_a_description(browser, tmp_path):
    """So an empty list means something."""
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><html lang=en><title>A</title><main><h1>A</h1><img src=a.png>"
    )
    browser.open(page)
    browser.run(Path(AXE).read_text(encoding="utf-8") + ";0")
    assert browser.run(VIOLATIONS) == [["image-alt", "img"]]
