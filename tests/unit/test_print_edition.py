"""The printed edition: pages behind each other whose links still lead somewhere, and a PDF by Chromium."""

import re
import sys

import pytest

from tools import chromium, print_edition
from tools.project import Project

PAGE = """<html><head>
<link rel="stylesheet" href="../_static/course.css"></head><body><nav><a href="x.html">away</a></nav>
<article class="bd-article"><section id="first"><h1>{title}<a class="headerlink" href="#first">#</a></h1>
<a href="{other}.html#first">there</a> <a href="{other}.html">its top</a> <a href="#first">here</a>
<a href="../slides/a.html">slides</a> <a href="https://example.org/?a=1&amp;b=2">outside</a>
<img src="../_images/a%20b.png" alt="x"> <details><summary>More</summary>hidden</details></section>
</article></body></html>"""
CONFIG = "title: A & B\nauthor: We\nhtml: {extra_footer: <p>Free</p>}\n"
PDF = b"""3 0 obj
<</Type /Page
/Parent 9 0 R>>
12 0 obj
<</Type /Page
/Parent 9 0 R>>
9 0 obj
<</Type /Pages
/Kids [3 0 R 12 0 R]>>
<</book#2Fa.html [3 0 R /XYZ 0 1 0]
/book#2Fb.html:first [12 0 R /XYZ 0 1 0]
/book#2Fb.html [12 0 R /XYZ 0 1 0]>>
"""


@pytest.fixture
def project(tmp_path):
    """Return a project with a built book of two pages."""
    (tmp_path / "_toc.yml").write_text(
        "root: book/a\nparts: [{caption: Words, chapters: [{file: book/b}]}]"
    )
    (tmp_path / "_config.yml").write_text(CONFIG)
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "0.9.1"')
    html = tmp_path / "_build" / "html"
    for folder in (tmp_path / "book", html / "book", html / "_static"):
        folder.mkdir(parents=True)
    (html / "_images").mkdir()
    (html / "_images" / "a b.png").touch()
    (html / "index.html").touch()
    for name, other in ("ab", "ba"):
        (tmp_path / "book" / f"{name}.md").touch()
        page = PAGE.format(title=f"Page {name}", other=other)
        (html / "book" / f"{name}.html").write_text(page)
    return Project(tmp_path)


def test_each_link_leads_to_the_page_that_it_led_to(project):
    page = print_edition.whole_page(project, {})
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(set(ids)) == len(ids)
    links = re.findall(r'href="#([^"]*)">(there|its top|here)<', page)
    assert links == [
        ("book/b.html:first", "there"),
        ("book/b.html", "its top"),
        ("book/a.html:first", "here"),
        ("book/a.html:first", "there"),
        ("book/a.html", "its top"),
        ("book/b.html:first", "here"),
    ]
    assert {name for name, _ in links} <= set(ids)


def test_what_is_not_printed_is_no_link_and_the_network_stays_one(project):
    page = print_edition.whole_page(project, {})
    assert page.count("<a>slides</a>") == 2
    assert page.count('<a href="https://example.org/?a=1&amp;b=2">outside</a>') == 2
    assert "away" not in page


def test_pictures_and_styles_are_found_and_nothing_is_folded(project, tmp_path):
    print_edition.write(project, tmp_path / "print")
    page = (tmp_path / "print" / "index.html").read_text(encoding="utf-8")
    assert 'href="_static/course.css"' in page
    (source, _) = re.findall(r'<img src="([^"]*)"', page)
    assert (tmp_path / "print" / source).is_file()
    assert page.count("<details open>") == page.count("<details") == 2


def test_the_contents_have_the_parts_the_pages_and_their_numbers(project):
    page = print_edition.whole_page(project, {"book/b.html": 17})
    assert "<h2>Words</h2>" in page
    assert '<li><a href="#book/b.html">Page b</a><span>17</span></li>' in page
    for words in ("A &amp; B", "We", "Version 0.9.1", "<p>Free</p>"):
        assert words in page
    assert not re.search(r"\{(styles|title|contents|pages)\}", page)


def test_a_pdf_says_where_each_page_begins():
    numbers = print_edition.numbers_in(PDF)
    assert (numbers["book/a.html"], numbers["book/b.html"]) == (1, 2)


# Chromium


def stand_in(tmp_path, code):
    """Return a program that stands for Chromium and runs this code with the PDF's path as `pdf`."""
    program, script = tmp_path / "browser", tmp_path / "browser.py"
    path = "[w for w in sys.argv if w.startswith('--print-to-pdf=')][0].split('=')[1]"
    start = f"import pathlib, sys\npdf = pathlib.Path({path})\n"
    script.write_text(start + code, encoding="utf-8")
    # By way of a shell: behind #! the path of Python may have no space.
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{script}' \"$@\"\n")
    program.chmod(0o755)
    return program


@pytest.mark.skipif(sys.platform == "win32", reason="it starts no script by its name")
def test_the_contents_are_printed_again_with_the_numbers_of_the_first_print(
    project, tmp_path, monkeypatch
):
    page = project.build / "print" / "index.html"
    code = f"text = pathlib.Path({str(page)!r}).read_bytes()\npdf.write_bytes({PDF!r} + text)"
    monkeypatch.setenv("CHROMIUM", str(stand_in(tmp_path, code)))
    print_edition.main([], project.root)
    printed = (project.build / "recdl-0.9.1.pdf").read_text(encoding="utf-8")
    assert "Page b</a><span>2</span>" in printed


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("sys.exit('no display')", "the lines above are its own"),
        ("", "printed nothing"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="it starts no script by its name")
def test_a_browser_that_fails_keeps_the_earlier_pdf(
    code, sentence, project, tmp_path, monkeypatch
):
    (project.build / "recdl-0.9.1.pdf").write_text("earlier")
    monkeypatch.setenv("CHROMIUM", str(stand_in(tmp_path, code)))
    with pytest.raises(SystemExit, match=sentence):
        print_edition.main([], project.root)
    assert (project.build / "recdl-0.9.1.pdf").read_text() == "earlier"


@pytest.mark.parametrize(
    ("named", "sentence"),
    [("", "No Chromium, Chrome or Edge was found"), ("nonsense", "nonsense is no")],
)
def test_without_a_browser_there_is_a_sentence_and_the_page(
    named, sentence, project, monkeypatch
):
    monkeypatch.setenv("CHROMIUM", named)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(chromium, "ELSEWHERE", {})
    with pytest.raises(SystemExit, match=sentence) as stopped:
        print_edition.main([], project.root)
    assert "_build/print/index.html" in str(stopped.value)
    assert (project.build / "print" / "index.html").is_file()


def test_a_browser_that_no_command_starts_is_found(tmp_path, monkeypatch):
    place = tmp_path / "chromium-1200" / "chrome-linux" / "chrome"
    place.parent.mkdir(parents=True)
    place.touch()
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "")
    pattern = str(tmp_path / "chromium-*" / "chrome-linux*" / "chrome")
    monkeypatch.setattr(chromium, "ELSEWHERE", {sys.platform: (pattern,)})
    assert chromium.find() == str(place)


def test_without_a_book_there_is_a_sentence(project):
    (project.html / "index.html").unlink()
    with pytest.raises(SystemExit, match="Run: make book"):
        print_edition.main([], project.root)
