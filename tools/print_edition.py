"""The whole book as one PDF for paper: a title, the contents, and every page in their order.

    python -m tools.print_edition        # into _build/recdl-0.1.0.pdf

The pages in _build/html are put behind each other, unfolded, in one page, _build/print/index.html; Chromium
makes a PDF of that. Its styles for paper are those of every page, in book/_static/course.css.
"""

import html
import posixpath
import re
import shutil
import sys
import time
import urllib.parse
from pathlib import Path

import yaml

from recdl.files import replacing
from tools import chromium
from tools.command import command, tell
from tools.project import Project

PAGE = Path(__file__).with_name("print_edition.html")
ARTICLE = re.compile(r'<article class="bd-article">(.*)</article>', flags=re.S)
STYLES = re.compile(r'<link [^>]*rel="stylesheet"[^>]*>')
HEADING = re.compile(r"<h1>(.*?)<a class=\"headerlink\"", flags=re.S)
ADDRESS = re.compile(r' (id|for|href|src)="([^"]*)"')
FOLDERS = ("_images", "_static")
WITHOUT = "Or open _build/print/index.html in any browser, and print it there."


# The page


def part_of(page: str, text: str, pages: set[str]) -> str:
    """Return the article of a page so that it can be one of many: with names of its own and links among them.

    Parameters
    ----------
    page : str
        Where the page is, for example ``book/03_ncf.html``.
    text : str
        Its HTML.
    pages : set of str
        All pages that are printed. A link to anything else in the book becomes plain text.
    """

    def mended(found):
        kind, value = found.groups()
        if kind in ("id", "for"):
            return f' {kind}="{page}:{value}"'
        address, _, place = html.unescape(value).partition("#")
        if re.match(r"\w+:", address):
            return found[0]
        path = urllib.parse.unquote(address)
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
        path = path if address else page
        if kind == "src":
            return f' src="{html.escape(path)}"'
        target = f"{path}:{place}" if place else path
        return f' href="#{html.escape(target)}"' if path in pages else ""

    article = ADDRESS.sub(mended, ARTICLE.search(text)[1])
    article = article.replace("<details", "<details open")
    return f'<article class="bd-article" id="{page}">{article}</article>'


def contents(project: Project, titles: dict[str, str], numbers: dict[str, int]) -> str:
    """Return the contents: each part of the book with its pages, as links, with their numbers on paper."""
    toc = yaml.safe_load((project.root / "_toc.yml").read_text(encoding="utf-8"))
    lines = []
    for part in toc["parts"]:
        names = [f"{chapter['file']}.html" for chapter in part["chapters"]]
        items = [
            f'<li><a href="#{name}">{titles[name]}</a><span>{numbers.get(name, "")}</span></li>'
            for name in names
        ]
        lines.append(f"<h2>{part['caption']}</h2><ul>{''.join(items)}</ul>")
    return "\n".join(lines)


def whole_page(project: Project, numbers: dict[str, int]) -> str:
    """Return the page that has all pages of the book behind each other."""
    sources = [path.relative_to(project.root) for path in project.sources()]
    names = [path.with_suffix(".html").as_posix() for path in sources]
    texts = {n: (project.html / n).read_text(encoding="utf-8") for n in names}
    parts = {name: part_of(name, texts[name], set(names)) for name in names}
    titles = {name: HEADING.search(parts[name])[1] for name in names}
    first, *_ = texts.values()
    config = yaml.safe_load((project.root / "_config.yml").read_text(encoding="utf-8"))
    words = {
        "{styles}": "\n".join(STYLES.findall(first)).replace("../", ""),
        "{title}": html.escape(config["title"]),
        "{author}": html.escape(config["author"]),
        "{version}": project.about()["version"],
        "{licence}": config["html"]["extra_footer"],
        "{contents}": contents(project, titles, numbers),
        "{pages}": "\n".join(parts.values()),
    }
    page = PAGE.read_text(encoding="utf-8")
    return re.sub(r"\{\w+\}", lambda found: words.get(found[0], found[0]), page)


def write(project: Project, folder: Path):
    """Write the page, with the pictures and styles that it needs, into a folder that does not exist yet."""
    folder.mkdir()
    for name in FOLDERS:
        shutil.copytree(project.html / name, folder / name)
    (folder / "index.html").write_text(whole_page(project, {}), encoding="utf-8")


# The PDF


def numbers_in(pdf: bytes) -> dict[str, int]:
    """Return the number of the page on which each page of the book begins, from a PDF that Chromium wrote."""
    sheets = re.findall(rb"^(\d+) 0 obj\n<</Type /Page\n", pdf, flags=re.M)
    number = {sheet: n for n, sheet in enumerate(sheets, start=1)}
    begins = re.findall(rb"/(\S+?\.html) \[(\d+) 0 R", pdf)
    return {name.decode().replace("#2F", "/"): number[sheet] for name, sheet in begins}


def to_pdf(page: Path, pdf: Path):
    """Let Chromium print a page into this file."""
    pdf.unlink(missing_ok=True)
    options = ["--no-pdf-header-footer", "--generate-pdf-document-outline"]
    chromium.visit(page, *options, f"--print-to-pdf={pdf}", without=WITHOUT)
    if not pdf.exists():
        sys.exit("Chromium ended well, and printed nothing. Is there room on the disk?")


@command(lock="run", kept="An earlier PDF is kept; the same command begins anew.")
def main(root: Path):
    """Print the book into one PDF."""
    begin, project = time.monotonic(), Project(root)
    project.built_book()
    with replacing(project.build / "print") as unfinished:
        write(project, unfinished)
    pdf = project.build / f"recdl-{project.about()['version']}.pdf"
    page = project.build / "print" / "index.html"
    tell("Printing the book …")
    with replacing(pdf) as unfinished:
        to_pdf(page, unfinished)
        numbers = numbers_in(unfinished.read_bytes())
        page.write_text(whole_page(project, numbers), encoding="utf-8")
        to_pdf(page, unfinished)  # once more, with the numbers in the contents
    size, seconds = pdf.stat().st_size / 1e6, time.monotonic() - begin
    tell(f"_build/{pdf.name}: {size:.0f} MB, in {seconds:.0f} s")


if __name__ == "__main__":
    main()
