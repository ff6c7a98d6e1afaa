"""The core path of a chapter: what goes deeper, and how long a reader needs.

    python -m tools.core_path                          # how long each chapter is
    python -m tools.core_path --write 06_evaluation    # brings this notebook up to date; without a name, all

The tag `deeper` on the cell of a heading takes its section off the core path, until the next heading of the
same or a higher level. The book folds such a section, and slides put it below the others. With --write, the
notebook folds it too, in JupyterLab and Notebook 7, and the reading time is written into the chapter's box.
VS Code knows no such fold in a file, and Colab only one that it made itself.
"""

import dataclasses
import json
import math
import re
import sys
import textwrap

from recdl.files import replacing
from tools import cells
from tools.command import command
from tools.project import Project

DEEPER, COLLAPSED = "deeper", "jp-MarkdownHeadingCollapsed"
MARK = "<!-- goes deeper -->"  # between the two in the book
TOKEN = re.compile(rf"<section\b[^>]*>|</section>|{MARK}")
TITLE = re.compile(r"<(h[2-6])>((?:(?!<h[2-6]>).)*)</\1>\s*$", flags=re.S)
SUMMARY = (
    r'<details class="deeper"><summary><\1><span>Going deeper: </span>\2</\1></summary>'
)
IMPORTS = {
    "code_prompt_show": "Set-up and imports",
    "code_prompt_hide": "Set-up and imports",
}
HEADING = re.compile(r"^(#{1,6}) +\S")
EXERCISE = re.compile(r"^### Exercise \S+ · (by hand|in code|judgement)$", flags=re.M)
READING = re.compile(r"\*\*Reading time:\*\*.*?(?= \*\*Run time:)")
WORD = re.compile(r"[A-Za-z][\w'-]*")
# What a reader needs who knows school algebra and has English as a second language. It is an estimate.
WORDS_A_MINUTE = 120
SECONDS = {"line of code": 5, "result": 20, "figure": 45, "panel": 180, "quiz": 300}
MINUTES = {"by hand": 8, "in code": 12, "judgement": 6}
NOT_READ = {"remove-cell", "exercise", "solution", "parameters"}


def headings(cell: dict) -> dict[int, int]:
    """Return the levels of the headings of a cell, by their line, from 0."""
    found, in_code = {}, False
    if cell["cell_type"] == "markdown":
        for number, line in enumerate(cells.source(cell).splitlines()):
            in_code ^= line.lstrip().startswith("```")
            if not in_code and (heading := HEADING.match(line)):
                found[number] = len(heading[1])
    return found


def off_path(content: dict) -> list[bool]:
    """Tell for each cell whether it belongs to a section that goes deeper.

    Raises
    ------
    ValueError
        If the tag is on a cell that does not begin with a heading, or such a section ends inside a cell.
    """
    level, found = 0, []
    for number, cell in enumerate(content["cells"], start=1):
        levels, where = headings(cell), cells.label(number, cells.source(cell))
        level = 0 if levels.get(0, 7) <= level else level
        if DEEPER in cells.tags(cell):
            if levels.get(0, 1) == 1:
                raise ValueError(
                    f'{where} has the tag "{DEEPER}", and begins with no heading of a section. '
                    "Put the tag on the cell of the heading."
                )
            level = level or levels[0]
        if any(other <= level for line, other in levels.items() if line):
            raise ValueError(
                f"In {where} a section that goes deeper ends in the middle of the cell. "
                "Begin a new cell with the next heading."
            )
        found.append(bool(level))
    return found


def first_of_imports(content: dict) -> dict | None:
    """Return the cell of the imports: the first of the code cells that begins with one."""
    code = cells.code_cells(content).values()
    begins = (c for c in code if re.match(r"(import|from)\s", cells.source(c)))
    return next(begins, None)


def folded(content: dict) -> dict:
    """Return a notebook in which just the sections that go deeper are collapsed."""
    off_path(content)  # no tag on a wrong cell
    made = []
    for cell in content["cells"]:
        metadata = {k: v for k, v in cell["metadata"].items() if k != COLLAPSED}
        if DEEPER in cells.tags(cell):
            metadata = {COLLAPSED: True} | metadata
        made.append(cell | {"metadata": metadata})
    return content | {"cells": made}


def for_page(content: dict) -> dict:
    """Return a notebook as its page shows it: the imports are one line, and what goes deeper is marked.

    `fold` finds the mark in the page. A page knows nothing of the tags of a cell with text.
    """
    made, imports = [], first_of_imports(content)
    for cell in content["cells"]:
        metadata = cell["metadata"]
        if cell is imports:
            tags = [*cells.tags(cell), "hide-input"]
            settings = metadata.get("mystnb", {}) | IMPORTS
            cell = cell | {"metadata": metadata | {"tags": tags, "mystnb": settings}}
        elif DEEPER in cells.tags(cell):
            heading, _, rest = cells.source(cell).partition("\n")
            text = f"{heading}\n{MARK}\n{rest}"
            cell = cell | {"source": text.splitlines(True)}
        made.append(cell)
    return content | {"cells": made}


def fold(page: str) -> str:
    """Return the HTML of a page in which each section with a mark is folded below its heading."""
    whole, marked = [""], [False]  # of the sections that are open, one in another
    end = 0
    for token in TOKEN.finditer(page):
        whole[-1] += page[end : token.start()]
        end = token.end()
        if token[0] == MARK:
            whole[-1], n_found = TITLE.subn(SUMMARY, whole[-1])
            if n_found != 1:
                raise ValueError(
                    f"A page has {MARK} in another place than behind a heading."
                )
            marked[-1] = True
        elif token[0] == "</section>":
            section = whole.pop() + "</details>\n" * marked.pop() + token[0]
            whole[-1] += section
        else:
            whole.append(token[0])
            marked.append(False)
    return whole[0] + page[end:]


# Time


@dataclasses.dataclass
class Amount:
    """How much there is to read, in one part of a chapter."""

    words: int = 0
    lines: int = 0
    minutes: float = 0.0


def amounts(content: dict) -> dict[str, Amount]:
    """Return how much there is to read on the core path, deeper, and in the exercises."""
    parts = {name: Amount() for name in ("core", DEEPER, "exercises")}
    in_exercises, imports = False, first_of_imports(content)
    for cell, off in zip(content["cells"], off_path(content), strict=True):
        if headings(cell).get(0, 7) <= 2:
            in_exercises = cells.source(cell).startswith("## Exercises")
        part = parts["exercises" if in_exercises else DEEPER if off else "core"]
        if cell["cell_type"] == "markdown":
            text = cells.source(cell)
            # Without the sentence that is written from this count.
            n_words = len(WORD.findall(READING.sub("", text.replace("\n> ", " "))))
            part.words += n_words
            tasks = EXERCISE.findall(text)
            reading = 0 if tasks else n_words / WORDS_A_MINUTE
            part.minutes += reading + sum(MINUTES[kind] for kind in tasks)
        elif cell is not imports and _is_read(cell):
            lines, seconds = _of_code(cell)
            part.lines += lines
            part.minutes += seconds / 60
    return parts


def _is_read(cell):
    set_up = cells.source(cell).startswith(cells.SET_UP)
    return not set_up and not NOT_READ.intersection(cells.tags(cell))


def _of_code(cell):
    """Return the visible lines of a code cell, and the seconds for them and for what the cell shows."""
    shown = {"remove-input", "hide-input"}.isdisjoint(cells.tags(cell))
    text = cells.source(cell)
    lines = sum(bool(line.strip()) for line in text.splitlines()) if shown else 0
    kind = "figure" if "figure" in cell["metadata"].get("mystnb", {}) else "result"
    called = re.search(r"^(quiz|panel)\(", text, flags=re.M)
    kind = called[1] if called else kind
    return lines, lines * SECONDS["line of code"] + SECONDS[kind]


def reading_time(content: dict) -> str:
    """Return the sentence of the box that says how long a reader needs."""
    parts = amounts(content)
    core, deeper, exercises = (part.minutes for part in parts.values())
    said = f"**Reading time:** about {_rounded(core)} minutes"
    if _rounded(core + deeper) > _rounded(core):
        said += f" for the core, {_rounded(core + deeper)} with what goes deeper"
    if exercises:
        said += f", and {_rounded(exercises)} for the exercises"
    return f"{said}."


def _rounded(minutes):
    return 5 * math.ceil(minutes / 5)


def with_time(box: str, sentence: str) -> str:
    """Return the box of a chapter with this sentence as its reading time."""
    before, mark, after = box.partition("> **Before you start:**")
    told, gap, rest = (mark + after).partition("\n\n")
    one_line = " ".join(line.removeprefix(">").strip() for line in told.splitlines())
    text, n_found = READING.subn(lambda _: sentence, one_line, count=1)
    if not n_found:
        raise ValueError(
            "The first cell has no box with **Before you start:**, **Reading time:** and **Run time:**."
        )
    form = {"initial_indent": "> ", "subsequent_indent": "> ", "width": 116}
    whole = {"break_long_words": False, "break_on_hyphens": False}
    return before + textwrap.fill(text, **form, **whole) + gap + rest


def up_to_date(content: dict) -> dict:
    """Return a notebook with its folds and its reading time as they should be."""
    content = folded(content)
    first, *others = content["cells"]
    box = with_time(cells.source(first), reading_time(content))
    first = first | {"source": box.splitlines(True)}
    return content | {"cells": [first, *others]}


@command(
    {
        "names": {
            "nargs": "*",
            "metavar": "NAME",
            "help": "06_evaluation, for example",
        },
        "--write": {"action": "store_true", "help": "into the notebooks"},
    }
)
def main(root, names: list[str], write: bool):
    """Say how long chapters are, all or some; with --write, also fold what goes deeper and set the times."""
    notebooks = {notebook.name: notebook for notebook in Project(root).notebooks()}
    if unknown := set(names).difference(notebooks):
        there = ", ".join(notebooks)
        sys.exit(f"No chapter is called {min(unknown)}. These are: {there}.")
    for name in names or notebooks:
        path = notebooks[name].path
        written = json.loads(path.read_text(encoding="utf-8"))
        try:
            content = up_to_date(written)
        except ValueError as error:
            sys.exit(f"{path.name}: {error}")
        if write and content != written:
            with replacing(path) as unfinished:
                text = cells.as_text(content)
                unfinished.write_text(text, encoding="utf-8")
        told = (
            f"{part} {amount.words} words, {amount.lines} lines, {amount.minutes:.0f} minutes"
            for part, amount in amounts(content).items()
        )
        print(f"{name}: {'; '.join(told)}")


if __name__ == "__main__":
    main()
