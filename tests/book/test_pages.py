"""The built pages: they need no network, describe their pictures, and hide no markup or dead link.

`make test` builds the book before these tests.
"""

import functools
import html
import json
import re
import urllib.parse
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from addresses import LIBRARIES, alien
from recdl import toy
from recdl.course import panels
from tools import ROOT, accessible, bundle, changed_pages, repository
from tools.project import COURSE

PAGES = sorted(
    page for page in COURSE.html.rglob("*.html") if "_static" not in page.parts
)
ROLE = r"\{(?:ref|numref|cite|cite:t|doc|term|eq)\}"  # what follows it in backticks is code
LEFT = [rf"```\{{|^:::|{ROLE}|\{{\{{|<<<<<<<", r"\*\*\w", r"^\|.*\|$"]
MARKUP = re.compile("|".join(LEFT), flags=re.M)
EQUATION = re.compile(r"\$[^$\n]+\$")


class Page(HTMLParser):
    """What a page fetches, where it leads, its pictures, and its text outside code."""

    def __init__(self, path):
        super().__init__()
        self.fetched, self.links, self.pictures, self.ids, self.text = (
            [],
            [],
            [],
            set(),
            "",
        )
        self.in_code = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag in ("script", "img", "iframe", "source"):
            self.fetched.append(attributes.get("src"))
        if tag == "link" and attributes.get("rel") in (
            "stylesheet",
            "preload",
            "icon",
            "shortcut icon",
        ):
            self.fetched.append(attributes["href"])
        if tag == "img":
            self.pictures.append(attributes)
        if tag == "a":
            self.links.append(attributes.get("href", ""))
        self.ids.add(attributes.get("id"))
        self.in_code += tag in ("pre", "code", "script", "style")

    def handle_endtag(self, tag):
        self.in_code -= tag in ("pre", "code", "script", "style")

    def handle_data(self, data):
        self.text += "" if self.in_code else data


LIVE = re.compile(r'data-panel="(?:live|two_lists)" data-state="([^"]*)"')
PANEL = re.compile(r'<section class="recdl-panel"[^>]* data-panel="(\w+)"')


@functools.cache
def read(path):
    """Return a page; every one is read many times, as others link to it."""
    return Page(path)


@pytest.fixture(params=PAGES, ids=lambda page: str(page.relative_to(COURSE.html)))
def page(request):
    return request.param, read(request.param)


def test_every_chapter_has_a_page():
    assert {f"{notebook.name}.html" for notebook in COURSE.notebooks()} <= {
        page.name for page in PAGES
    }


@pytest.mark.parametrize("notebook", COURSE.notebooks(), ids=lambda n: n.name)
def test_a_chapter_has_launch_buttons_that_open_it(notebook):
    """None while no address is set, since there is nothing that they could open."""
    path = COURSE.html / notebook.path.relative_to(ROOT).with_suffix(".html")
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    branch = config["repository"]["branch"]
    repository.fit(config)
    project = urllib.parse.urlsplit(repository.address()).path.strip("/")
    buttons = config.get("launch_buttons", {})
    file = notebook.path.relative_to(ROOT).as_posix()
    wanted = []
    if "colab_url" in buttons:
        wanted.append(f"{buttons['colab_url']}/github/{project}/blob/{branch}/{file}")
    if "binderhub_url" in buttons:
        place = f"gh/{project}/{branch}"
        if "gitlab" in repository.address():
            place = f"gl/{project.replace('/', '%2F')}/{branch}"
        start = f"{buttons['binderhub_url']}/v2/{place}"
        wanted.append(f"{start}?urlpath=lab/tree/{file}")
    launches = {link for link in read(path).links if re.search("colab|binder", link)}
    assert launches == set(wanted)
    assert ("fa-rocket" in path.read_text(encoding="utf-8")) == bool(wanted)


@pytest.mark.parametrize("notebook", COURSE.notebooks(), ids=lambda n: n.name)
def test_the_arrow_of_a_chapter_saves_it(notebook):
    """Otherwise the browser may show it, and then it is JSON."""
    path = COURSE.html / notebook.path.relative_to(ROOT).with_suffix(".html")
    (link,) = re.findall(
        r"<a [^>]*_sources/[^>]*\.ipynb[^>]*>", path.read_text(encoding="utf-8")
    )
    assert re.search(r"\sdownload\s", link)


def test_a_page_fetches_nothing_from_the_network(page):
    outside = [
        address
        for address in page[1].fetched
        if address and re.match(r"(https?:)?//", address)
    ]
    assert outside == []


def test_a_page_loads_the_scripts_of_its_panels_and_only_those(page):
    """Slides show the first state."""
    path, content = page
    names = set(PANEL.findall(path.read_text(encoding="utf-8")))
    wanted = {f"{panels.script_of(name)}.js" for name in names} | (
        {"parts.js", "panels.css"} if names else set()
    )
    wanted |= {f"{name}.data.js" for name in names & set(panels.data())}
    wanted = set() if path.parent.name == "slides" else wanted
    found = {
        (path.parent / address.partition("?")[0]).resolve()
        for address in content.fetched
        if address and "_static/panels/" in address
    }
    assert {file.name for file in found} == wanted
    assert all(file.exists() for file in found)


def test_no_file_of_the_book_holds_data_of_movielens_for_a_panel():
    """Whoever publishes the book builds and tests it first."""
    for path in filter(Path.is_file, COURSE.html.rglob("*")):
        if path.suffix in (".html", ".js", ".json", ".csv", ".txt", ".ipynb"):
            name = path.relative_to(COURSE.html).as_posix()
            bundle.refuse_ratings(name, path.read_bytes())
    for path in PAGES:
        for state in LIVE.findall(path.read_text(encoding="utf-8")):
            titles = json.loads(html.unescape(state))["titles"]
            assert set(titles) == set(toy.MOVIES["title"])


@pytest.mark.parametrize(
    "path", sorted((COURSE.html / "book").glob("*.html")), ids=lambda path: path.name
)
def test_what_the_theme_leaves_unclear_to_a_screen_reader_is_mended(path):
    """`test_axe.py` finds more, and takes ten minutes."""
    text = path.read_text(encoding="utf-8")
    assert [found.pattern for found, _ in accessible.MENDED if found.search(text)] == []
    assert 'role="navigation" aria-label="First page"' in text


@pytest.mark.parametrize("name", panels.panels())
def test_a_slide_opens_each_panel(name):
    """Read as text: a link in a page is tested above."""
    decks = (COURSE.html / "slides").glob("*.html")
    assert any(f'?full#panel-{name}"' in deck.read_text("utf-8") for deck in decks)


def test_a_picture_says_what_it_shows(page):
    silent = [
        p["src"]
        for p in page[1].pictures
        if not p.get("alt") or p["alt"].startswith(("_images", "../"))
    ]
    assert silent == []


@pytest.mark.parametrize(
    "html",
    [
        "<p>{cite}<code>he</code></p>",
        "<p>:::{note}</p>",
        "<p>{{ map }}</p>",
        "<p>It is **better**.</p>",
        "<p>| system | MAP |\n|---|---|\n| SLIM | 0.06 |</p>",
    ],
)
def test_markup_that_is_left_would_be_noticed(html, tmp_path):
    (tmp_path / "page.html").write_text(html)
    assert MARKUP.findall(Page(tmp_path / "page.html").text)


def test_no_markup_is_left_in_the_text(page):
    assert MARKUP.findall(page[1].text) == []


@pytest.mark.parametrize("notebook", COURSE.notebooks(), ids=lambda n: n.name)
def test_no_equation_is_left_in_the_text(notebook):
    path = COURSE.html / notebook.path.relative_to(ROOT).with_suffix(".html")
    assert EQUATION.findall(read(path).text) == []


def test_a_link_within_the_book_leads_somewhere(page):
    path, content = page
    for link in content.links:
        address, _, anchor = link.partition("#")
        address = address.removesuffix("?full")  # of a panel, as slides open it
        if re.match(r"\w+:|//", link) or not link:
            continue
        target = (
            (path.parent / urllib.parse.unquote(address)).resolve() if address else path
        )
        assert target.exists(), link
        if anchor and target.suffix == ".html":
            assert urllib.parse.unquote(anchor) in read(target).ids, link


@pytest.mark.parametrize("source", changed_pages.sources(COURSE))
def test_a_page_has_buttons_to_edit_it_and_to_report_a_problem(source):
    name = f"{source.rpartition('.')[0]}.html"
    links = read(COURSE.html / name).links
    if not (address := repository.address()):
        words = ("/edit/", "/issues/new")
        assert not [link for link in links if any(word in link for word in words)]
        return
    assert f"{address}/edit/main/{source}" in links
    (report,) = (link for link in links if link.startswith(f"{address}/issues/new?"))
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(report).query)
    assert query["title"] == [f"Issue on page /{name}"]


def test_only_cited_repositories_and_the_one_that_is_set_are_named():
    """In no file of the book, whether somebody sees it or not."""
    found = {}
    for path in filter(Path.is_file, COURSE.html.rglob("*")):
        texts = [path.read_bytes()]
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as wheel:
                texts = [wheel.read(name) for name in wheel.namelist()]
        for text in texts:
            if names := alien(text.decode("utf-8", errors="replace"), also=LIBRARIES):
                found[path.relative_to(COURSE.html).as_posix()] = names
    assert found == {}


def test_the_page_of_the_set_up_offers_the_wheel_without_the_data():
    (wheel,) = COURSE.html.rglob("*.whl")
    name = f"recdl-{COURSE.about()['version']}-py3-none-any.whl"
    assert wheel.name == name
    links = read(COURSE.html / "book" / "setup.html").links
    assert f"../{wheel.relative_to(COURSE.html).as_posix()}" in links
    with zipfile.ZipFile(wheel) as content:
        for member in content.namelist():
            bundle.refuse_ratings(member, content.read(member))
