"""Slides from the chapters' own cells, for reveal.js, which is served from the same folder.

    python -m tools.slides                 # into _build/slides; open 03_ncf.html or seminar_90.html there

The first cell and each cell with the tag `slide` begin a slide, `slide-more` adds a cell to it. Of Markdown,
a slide shows the heading and the first paragraph, list, table or equation. All of it, and the untagged text
that follows, are the speaker's notes (key S). Of code, it shows what the page shows; of a
figure, not the code that draws it; of a panel without a tag, the title and a link. A slide without a heading
repeats the last one.

Of an exercise, a slide shows the whole task.

Slides that go deeper are below the slide before them: the arrow down leads there, and all other keys and a
presenter's remote control pass by.

A deck for a seminar has the slides that a plan of the teaching guide names, in its order. Its notes are the
minutes, what the plan says, and the notes of the chapter. What the guide has for more time is below.
"""

import dataclasses
import html
import importlib.util
import pathlib
import re
import shutil
import sys

from nbconvert.filters import highlight, markdown
from pygments.formatters import HtmlFormatter

from recdl.course import quiz
from recdl.files import replacing
from tools import cells, core_path, editions, panels, plans, run
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
    """A slide, its speaker's notes, whether it goes deeper, and the heading that it is below."""

    deeper: bool
    parts: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)
    title: str = ""

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
        # What goes deeper is never on a slide of the rest.
        if "slide" in tags or (off and "slide-more" in tags and not made[-1].deeper):
            parts = [] if has_title else [_to_html(heading)]
            made.append(Slide(off, parts, title=heading.lstrip("# ")))
        # Who leaves out what goes deeper still gets all of the notes and slides of the rest.
        slide = next(s for s in reversed(made) if off or not s.deeper)
        shown = bool(tags & {"slide", "slide-more"})
        if is_text:
            slide.parts += [_to_html(beginning(text))] if shown else []
            if not shown or beginning(text) != text.strip():
                slide.notes.append(_to_html(text))
        elif shown and cell["cell_type"] == "code":
            slide.parts += _code(cell)
        elif 'panel("' in text:
            slide.parts += map(
                panels.without_table, filter(panels.is_panel, _code(cell))
            )
    return made


def deck(slides: list[Slide], title: str) -> str:
    """Return the page of these slides, with this title for the browser."""
    columns = []
    for slide in slides:
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
    """Return the headings and the first block behind them of a Markdown text; all of an exercise."""
    if core_path.EXERCISE.match(text):
        return text.strip()
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


# Of a seminar


def section(content: dict, slides: list[Slide], title: str) -> list[Slide]:
    """Return the slides of a notebook below a heading; if there are none, one with the text of its cell.

    Raises
    ------
    ValueError
        If the notebook has no such heading.
    """
    if found := [slide for slide in slides if slide.title == title]:
        return found
    texts = (cells.source(c) for c in content["cells"] if c["cell_type"] == "markdown")
    for text in texts:
        if title in editions.headings(text):
            return [Slide(False, [_to_html(text)], title=title)]
    raise ValueError(f'the chapter has no section "{title}"')


def question(chapter: str, number: int) -> Slide:
    """Return a question of a chapter's quiz, with the right answer in the notes."""
    asked = quiz.questions(chapter)
    if not 0 < number <= len(asked):
        raise ValueError(f"the quiz of chapter {chapter} has no question {number}")
    asked, title = asked[number - 1], f"Quiz, question {number}"
    choices = "\n".join(f"1. {choice.say}" for choice in asked.choices)
    text = f"## {title}\n\n{asked.ask}\n\n{choices}"
    notes = [
        _to_html(f"**Right is {place}.** {choice.why}")
        for place, choice in enumerate(asked.choices, start=1)
        if choice.right
    ]
    return Slide(False, [_to_html(text)], notes, title)


def of_row(row: plans.Row, chapters: dict[str, tuple]) -> list[Slide]:
    """Return the slides of a row of a plan.

    Parameters
    ----------
    row : Row
    chapters : dict
        The notebook with outputs and its slides, by the chapter's name in its file, ``03``.

    Raises
    ------
    ValueError
        If the row names what is not there, or nothing.
    """
    made, names = [], {name.removeprefix("0"): name for name in chapters}
    for chapter, title in row.sections:
        if chapter not in names:
            raise ValueError(f"there is no chapter {chapter}")
        found = section(*chapters[names[chapter]], title)
        own = [dataclasses.replace(slide, notes=[]) for slide in found]
        own[0].notes.append(_to_html(editions.notes(names[chapter]).get(title, "")))
        made += own
    made += [question(*pair) for pair in row.questions()]
    for said in () if made else row.said():
        title = said[0].upper() + said[1:]
        made.append(Slide(False, [_to_html(f"## {title}")], title=title))
    if not made:
        raise ValueError("it names no slide, and shows no words in italics")
    for slide in made:
        slide.notes.insert(0, _to_html(f"**{row.when()}.** {row.what}"))
        slide.deeper |= row.is_extra
    return made


def seminar(title: str, guide: str, chapters: dict[str, tuple]) -> list[Slide]:
    """Return the slides of a plan of the guide, or stop where one of its rows names what is not there."""
    made, rows = [], plans.with_more(title, guide)
    if not rows:
        sys.exit(
            f'book/teaching/guide.md has no plan below a heading "{title}". Give it this heading, or change '
            "the one in tools/plans.py."
        )
    for row in rows:
        try:
            made += of_row(row, chapters)
        except ValueError as error:
            sys.exit(
                f'book/teaching/guide.md, "{title}", {row.when().lower()}, "{row.what}": {error}. Name a '
                "section as the chapter calls it."
            )
    return made


def _package_folder(name):
    return pathlib.Path(importlib.util.find_spec(name).origin).parent


def write(project: Project, target: pathlib.Path, book: str = "../book"):
    """Write a page for each chapter, and what the pages need, into a folder that does not exist yet.

    From there, `book` leads to the folder with the pages of the book.
    """
    reveal = _package_folder("sphinx_revealjs") / "_static" / "revealjs"
    for name in REVEAL:
        (target / "reveal" / name).parent.mkdir(parents=True, exist_ok=True)
        text = (reveal / name).read_text(encoding="utf-8")
        text = re.sub("@import url[^;]*;", "", text)  # fonts, which every system has
        (target / "reveal" / name).write_text(text, encoding="utf-8")
    mathjax = _package_folder("sphinx-mathjax-offline") / "static" / "mathjax"
    shutil.copy(mathjax / "tex-svg.js", target / "mathjax.js")
    decks, chapters = {}, {}
    for notebook in project.notebooks():
        content = notebook.with_outputs()
        made = decks[notebook.name] = slides_of(content)
        for slide in made:
            page = f"{book}/{notebook.name}.html"
            slide.parts = [panels.on_slides(part, page) for part in slide.parts]
        chapters[notebook.number] = content, made
    if guide := plans.guide(project):
        for name, title in plans.SEMINARS.items():
            decks[name] = seminar(title, guide, chapters)
    for name, made in decks.items():
        page = deck(made, name)
        (target / f"{name}.html").write_text(page, encoding="utf-8")


@command(lock="run", kept="Earlier slides are kept; the same command begins anew.")
def main(root: pathlib.Path):
    """Write the slides of every chapter from its executed copy."""
    project = Project(root)
    run.demand_fresh(project)
    with replacing(project.build / "slides") as unfinished:
        write(project, unfinished, "../html/book")
    tell("Slides: _build/slides")


if __name__ == "__main__":
    main()
