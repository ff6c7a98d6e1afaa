"""A notebook as an editor left it, brought into the one form that all commands here know.

Jupyter, VS Code, Colab and text editors write the same notebook in different ways: with ids for the cells,
without, or with new ones; with outputs, a kernel of their own, Windows line ends. Nothing here depends on
that. An id says nothing about a cell, so where two notebooks are compared, their cells are in order.
"""

import itertools
import json
import re
import sys
import textwrap
from pathlib import Path
from urllib.parse import quote

SET_UP = "# @title Set-up"  # how the cell begins that does something in Colab only
SOLUTION = "# @title Solution of"  # how a solution begins, also where its tag was lost
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
KINDS = ("code", "markdown", "raw")
# What programs note in the metadata of a notebook or a cell: who ran it, when and where, and what came out.
NOTED = {"colab", "ExecuteTime", "execution", "executionInfo", "outputId", "papermill"}
NOTED |= {"provenance", "seconds", "vscode", "widgets"}
# The tags of cells that papermill adds to what it executes.
ADDED = {"injected-parameters", "papermill-error-cell-tag"}
AN_ID = re.compile(r"[\w-]{1,64}", flags=re.ASCII)
CONFLICT = re.compile(r"^<{7} .*?^>{7} ", flags=re.M | re.S)


def read(path: Path) -> dict:
    """Return a notebook as parsed JSON: valid, without carriage returns, with an id for each cell.

    Stop with one sentence where it cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        link = f"; it is a link to {path.readlink()}" if path.is_symlink() else ""
        sys.exit(
            f"{path.name} cannot be read ({error.strerror}{link}). "
            "Put a notebook there that you may read."
        )
    return parse(data, path.name)


def parse(data: bytes, name: str) -> dict:
    """Return the notebook of this name that these bytes are, as `read` does."""
    again = "Fetch an earlier state, with git for example: "
    again += f'git checkout HEAD "book/{name}"'
    if not data.strip():
        sys.exit(f"{name} is not a notebook: the file is empty. {again}")
    if found := re.search(rb"^<{7} ", data, flags=re.M):
        line = data[: found.start()].count(b"\n") + 1
        sides = f'git checkout --ours "book/{name}", or --theirs'
        sys.exit(f"{name} has a merge conflict in line {line}. Keep one side: {sides}.")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        sys.exit(
            f"{name} is not a notebook: it does not parse as JSON ({error}). {again}"
        )
    content = content if isinstance(content, dict) else {}
    if content.get("nbformat", 4) != 4:
        sys.exit(
            f"{name} has the format {content['nbformat']!r}; open it in JupyterLab and save it, "
            "which gives it the format 4."
        )
    if not isinstance(content.get("cells"), list) or not content["cells"]:
        sys.exit(f"{name} is not a notebook: it has no cells. {again}")
    whole = enumerate(content["cells"], start=1)
    cells = [_cell(cell, name, number) for number, cell in whole]
    python = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return {
        "cells": with_ids([c for c in cells if not ADDED.intersection(tags(c))]),
        "metadata": _kept(content) | python,
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _kept(thing):
    """Return the metadata that say something about a notebook or a cell itself."""
    metadata = thing.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return {key: value for key, value in metadata.items() if key not in NOTED}


def _cell(cell, name, number):
    """Return a cell in the one form, or stop and name it."""
    cell = cell if isinstance(cell, dict) else {}
    kind, source = cell.get("cell_type"), cell.get("source")
    if kind not in KINDS:
        sys.exit(
            f"{name}, cell {number} is of the kind {kind!r}, not code, markdown or raw."
        )
    lines = source if isinstance(source, list) else [source]
    if not all(isinstance(line, str) for line in lines):
        sys.exit(f'{name}, cell {number} has no text: its "source" is {source!r}.')
    text = re.sub("\r\n?", "\n", "".join(lines))
    if CONFLICT.search(text):
        sys.exit(
            f"{name}, {label(number, text)} has a merge conflict in it. Keep one side of it, "
            "and take out the lines that begin with <<<<<<<, ======= and >>>>>>>."
        )
    made = {
        "cell_type": kind,
        "id": cell.get("id"),
        "metadata": _kept(cell),
        "source": text.splitlines(True) if isinstance(source, list) else text,
    }
    if kind == "code":
        made |= {key: cell.get(key) or empty for key, empty in _never_run().items()}
    elif cell.get("attachments"):
        made["attachments"] = cell["attachments"]
    return dict(sorted(made.items()))


def _never_run():
    return {"execution_count": None, "outputs": []}


def with_ids(cells: list[dict]) -> list[dict]:
    """Give an id of its own to each cell that has none, none that is valid, or that of one before it."""
    given, there = set(), {str(cell["id"]) for cell in cells}
    for number, cell in enumerate(cells):
        own = str(cell["id"] or "")
        if not AN_ID.fullmatch(own) or own in given:
            names = (f"cell-{n:03}" for n in itertools.count(number))
            own = next(name for name in names if name not in given | there)
        cell["id"] = own
        given.add(own)
    return cells


def tags(cell: dict) -> list[str]:
    """Return the tags of a cell."""
    found = _kept(cell).get("tags")
    return found if isinstance(found, list) else []


def label(number: int, text: str) -> str:
    """Return how a cell is named to somebody who looks for it: its number and its first line."""
    lines = text.strip().splitlines()
    first = textwrap.shorten(lines[0], 60, placeholder=" …") if lines else ""
    return f'cell {number} ("{first}")' if first else f"cell {number} (empty)"


def code_cells(content: dict) -> dict[int, dict]:
    """Return the code cells that are executed everywhere, with their numbers among all cells, from 1."""
    found = {}
    for number, cell in enumerate(content["cells"], start=1):
        set_up = source(cell).lstrip().startswith(SET_UP)
        added = ADDED.intersection(tags(cell))
        if cell["cell_type"] == "code" and not set_up and not added:
            found[number] = cell
    return found


def source(cell: dict) -> str:
    """Return the text of a cell, which a file may have as one text or line by line."""
    return "".join(cell["source"])


def as_text(content: dict) -> str:
    """Return a notebook as the text of its file."""
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def without_outputs(content: dict) -> dict:
    """Return a notebook as if nobody had executed it."""
    cells = content["cells"]
    return content | {
        "cells": [c | _never_run() if c["cell_type"] == "code" else c for c in cells]
    }


def with_pictures(content: dict) -> dict:
    """Return a notebook in whose text the pictures stand that were pasted into it.

    Jupyter keeps them beside the text, as attachments, of which the book and the slides know nothing.
    """
    return content | {"cells": [_with_pictures(cell) for cell in content["cells"]]}


def _with_pictures(cell):
    attached = cell.get("attachments", {})
    text = source(cell)
    for name, kinds in attached.items():
        [(kind, data), *_] = kinds.items()
        picture = f"data:{kind};base64,{''.join(''.join(data).split())}"
        for written in (f"<attachment:{name}>", f"attachment:{quote(name)}"):
            text = text.replace(f"({written})", f"({picture})")
    rest = {key: value for key, value in cell.items() if key != "attachments"}
    return rest | ({"source": text.splitlines(True)} if attached else {})


def parameters_cell(content: dict, name: str) -> int:
    """Return the position, from 0, of the one cell that has the parameters; stop if there is not one."""
    cells = content["cells"]
    found = [n for n, cell in enumerate(cells) if "parameters" in tags(cell)]
    if len(found) != 1:
        named = [label(n + 1, source(cells[n])) for n in found]
        sys.exit(
            f'{name} must have the tag "parameters" on one cell, that with its parameters; '
            f"it is on {' and '.join(named) or 'none'}."
        )
    return found[0]
