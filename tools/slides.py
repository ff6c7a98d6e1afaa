"""Slides from the chapters' own cells, for reveal.js, which is served from the same folder.

    python -m tools.slides                 # into _build/slides; open 03_ncf.html there

The first cell and each cell with the tag `slide` begin a slide, `slide-more` adds a cell to it. Of Markdown,
a slide shows the heading and the first paragraph, list, table or equation. All of it, and the untagged text
that follows, are the speaker's notes (key S). Of code, it shows what the page shows; of a
figure, not the code that draws it. A slide without a heading repeats the last one.

Slides that go deeper are below the slide before them: the arrow down leads there, and all other keys and a
presenter's remote control pass by.
"""

import dataclasses
import html
import importlib.util
import pathlib
import re
import shutil

from nbconvert.filters import highlight, markdown
from pygments.formatters import HtmlFormatter

from recdl.files import replacing
from tools import cells, core_path, run
from tools.command import command, tell
from tools.project import Project

PAGE = pathlib.Path(__file__).with_name("slides.html").read_text(encoding="utf-8")
REVEAL = (
    "dist/reset.css",
    "dist/reveal.css",
    "dist/reveal.js",
    "dist/theme/white.css",
    "plugin/notes/notes.js",
)
code_to_html = highlight.Highlight2HTML(pygments_lexer="ipython3")


@dataclasses.dataclass
class Slide:
    """A slide, its speaker's notes, and whether it goes deeper."""

    deeper: bool
    parts: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)

    def to_html(self) -> str:
        """Return the slide as a section of the page."""
        kind = " class='deeper'" if self.deeper else ""
        notes = f"<aside class='notes'>{''.join(self.notes)}</aside>"
        return f"<section{kind}>{''.join(self.parts)}{notes}</section>"


def slides_of(content: dict) -> list[Slide]:
    """Return the slides of a notebook with outputs, as parsed JSON, one behind the other."""
    made, heading = [], ""
    off_path = core_path.off_path(content)
    for position, (cell, off) in enumerate(
        zip(content["cells"], off_path, strict=True)
    ):
        tags = {"slide"} if position == 0 else set(cells.tags(cell))
        text, is_text = cells.source(cell), cell["cell_type"] == "markdown"
        if has_title := 0 in core_path.headings(cell):
            heading = text.splitlines()[0]
        if "slide" in tags:
            made.append(Slide(off, [] if has_title else [_to_html(heading)]))
        # Who leaves out what goes deeper still gets all of the notes and slides of the rest.
        slide = next(s for s in reversed(made) if off or not s.deeper)
        shown = bool(tags & {"slide", "slide-more"})
        if is_text:
            slide.parts += [_to_html(beginning(text))] if shown else []
            if not shown or beginning(text) != text.strip():
                slide.notes.append(_to_html(text))
        elif shown and cell["cell_type"] == "code":
            slide.parts += _code(cell)
    return made


def deck(content: dict, title: str) -> str:
    """Return the page of slides of a notebook with outputs.

    Parameters
    ----------
    content : dict
        The notebook, as parsed JSON.
    title : str
        For the browser's title bar.
    """
    columns = []
    for slide in slides_of(content):
        columns += [] if slide.deeper else [[]]
        columns[-1].append(slide.to_html())
    sections = "\n".join(
        "".join(column) if len(column) == 1 else f"<section>{''.join(column)}</section>"
        for column in columns
    )
    colours = HtmlFormatter().get_style_defs(".highlight")
    page = PAGE.replace("{title}", html.escape(title)).replace("{code}", colours)
    return page.replace("{slides}", sections)


def beginning(text: str) -> str:
    """Return the headings and the first block behind them of a Markdown text."""
    blocks, kept = re.split(r"\n\s*\n", text.strip()), []
    for block in blocks:
        lines = block.splitlines()
        kept.append(block)
        if not all(line.startswith("#") for line in lines):
            break
    return "\n\n".join(kept)


def _to_html(text):
    text = re.sub(r"\{cite(?::\w)?\}`[^`]*`", "", text)  # a bibliography is no slide
    text = re.sub(
        r"(?<!!)\[([^\]]+)\]\([^)]*\)", r"\1", text
    )  # nor are links to chapters
    return re.sub('<a class="anchor-link".*?</a>', "", markdown.markdown2html(text))


def _code(cell):
    parts = []
    about = cell["metadata"].get("mystnb", {})
    alt = about.get("image", {}).get("alt", "")
    caption = about.get("figure", {}).get("caption", "")
    if not caption and "remove-input" not in cells.tags(cell):
        parts.append(code_to_html("".join(cell["source"])))  # how to draw is no slide
    for output in cell["outputs"]:
        data = output.get("data", {})
        if "image/png" in data:
            source = f"data:image/png;base64,{data['image/png'].strip()}"
            parts.append(f'<img src="{source}" alt="{html.escape(alt)}">')
            parts.append(f"<p class='caption'>{html.escape(caption)}</p>")
        elif "text/html" in data:
            parts.append("".join(data["text/html"]))
        elif "text/markdown" in data:
            parts.append(_to_html("".join(data["text/markdown"])))
        elif output["output_type"] == "stream":
            parts.append(f"<pre>{html.escape(''.join(output['text']))}</pre>")
        elif "text/plain" in data and len(data) == 1:
            parts.append(f"<pre>{html.escape(''.join(data['text/plain']))}</pre>")
    return parts


def _package_folder(name):
    return pathlib.Path(importlib.util.find_spec(name).origin).parent


def write(project: Project, target: pathlib.Path):
    """Write a page for each chapter, and what the pages need, into a folder that does not exist yet."""
    reveal = _package_folder("sphinx_revealjs") / "_static" / "revealjs"
    for name in REVEAL:
        (target / "reveal" / name).parent.mkdir(parents=True, exist_ok=True)
        text = (reveal / name).read_text(encoding="utf-8")
        text = re.sub("@import url[^;]*;", "", text)  # fonts, which every system has
        (target / "reveal" / name).write_text(text, encoding="utf-8")
    mathjax = _package_folder("sphinx-mathjax-offline") / "static" / "mathjax"
    shutil.copy(mathjax / "tex-svg.js", target / "mathjax.js")
    for notebook in project.notebooks():
        page = deck(notebook.with_outputs(), notebook.name)
        (target / f"{notebook.name}.html").write_text(page, encoding="utf-8")


@command(lock="run", kept="Earlier slides are kept; the same command begins anew.")
def main(root: pathlib.Path):
    """Write the slides of every chapter from its executed copy."""
    project = Project(root)
    run.demand_fresh(project)
    with replacing(project.build / "slides") as unfinished:
        write(project, unfinished)
    tell("Slides: _build/slides")


if __name__ == "__main__":
    main()
