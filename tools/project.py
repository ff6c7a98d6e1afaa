"""A folder with a book: its notebooks, as they are committed and as they were executed.

A notebook says in its own metadata what it needs and what is different in quick mode:

    "recdl": {"needs": ["05_training"], "quick": {"EPOCHS": 2}}

and, with ``"quick_records_the_same": true``, that what it records does not depend on these parameters. It is
executed in up to three modes, see `MODES`; `tools.run` does that.
"""

import dataclasses
import json
import re
import sys
import tomllib
from pathlib import Path

import yaml

from recdl.course import notebook as records
from tools import ROOT

MODES = {
    "full": "as the book shows it, in one folder, in which notebooks find what others made",
    "quick": "with few epochs, alone in an empty folder",
    "again": "as quick, once more: the same seed must give the same numbers",
}
SET_UP = "# @title Set-up"  # how the cell begins that does something in Colab only


@dataclasses.dataclass(frozen=True)
class Notebook:
    """A notebook of the book, as it is committed, and where its executed copies lie."""

    path: Path
    build: Path

    @property
    def name(self) -> str:
        """The name without ending, for example ``05_training``."""
        return self.path.stem

    @property
    def chapter(self) -> int | None:
        """The number at the beginning of the name, for example 5 for ``05b_training_in_keras``."""
        found = re.match(r"\d+", self.name)
        return int(found[0]) if found else None

    def content(self) -> dict:
        """Return the notebook as parsed JSON; every cell has an id of its own.

        Colab writes none, and an editor may give a copied cell that of the other one, or a new one. So an id
        tells nothing about a cell: where two notebooks are compared, their cells are in order.
        """
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            sys.exit(
                f"{self.path.name} is not a notebook: it does not parse as JSON ({error})."
            )
        given = set()
        for number, cell in enumerate(content["cells"]):
            if cell.get("id", "") in given | {""}:
                cell["id"] = f"cell-{number:03}"
            given.add(cell["id"])
        return content | {"nbformat": 4, "nbformat_minor": 5}

    def title(self) -> str:
        """Return the heading, for example ``5 · Training``."""
        first = "".join(self.content()["cells"][0]["source"])
        return first.splitlines()[0].removeprefix("# ")

    def code(self) -> list[str]:
        """Return its code, cell by cell, without the set-up cell, which does nothing outside Colab."""
        return ["".join(cell["source"]) for cell in code_cells(self.content()).values()]

    def needs(self, mode: str = "full") -> list[str]:
        """Return the names of the notebooks to execute before it; alone, it makes what it does not find."""
        needs = self.content()["metadata"].get("recdl", {}).get("needs", [])
        return needs if mode == "full" else []

    def parameters(self, mode: str) -> dict:
        """Return the papermill parameters in a mode."""
        quick = self.content()["metadata"].get("recdl", {}).get("quick", {})
        return {} if mode == "full" else quick

    def modes(self) -> list[str]:
        """Return the modes in which it is executed.

        It is executed again only where what it records in quick mode cannot be compared with the full run.
        """
        settings = self.content()["metadata"].get("recdl", {})
        same = not settings.get("quick") or settings.get("quick_records_the_same")
        return [mode for mode in MODES if mode != "again" or not same]

    def executed(self, mode: str = "full") -> Path:
        """Return where the executed copy lies."""
        place = self.build / mode
        return (place if mode == "full" else place / self.name) / self.path.name

    def executed_content(self, mode: str = "full") -> dict:
        """Return the executed copy as parsed JSON."""
        return json.loads(self.executed(mode).read_text(encoding="utf-8"))

    def results(self, mode: str = "full") -> dict:
        """Return what the executed copy recorded, by name."""
        return records.read(self.executed(mode))

    def with_outputs(self) -> dict:
        """Return the committed notebook with the outputs of its executed copy, cell by cell."""
        content, executed = self.content(), code_cells(self.executed_content())
        ran = iter(executed.values())
        for number, cell in code_cells(content).items():
            done = next(ran, None)
            if not done or "".join(cell["source"]) != "".join(done["source"]):
                sys.exit(
                    f"{self.path.name}, cell {number} is not the one that was executed. Run: make book"
                )
            cell["outputs"] = done["outputs"]
            cell["execution_count"] = done["execution_count"]
        return content


def code_cells(content: dict) -> dict[int, dict]:
    """Return the code cells that are executed everywhere, with their numbers among all cells, from 1."""
    found = {}
    for number, cell in enumerate(content["cells"], start=1):
        injected = "injected-parameters" in cell.get("metadata", {}).get("tags", [])
        set_up = not found and "".join(cell["source"]).startswith(SET_UP)
        if cell["cell_type"] == "code" and not injected and not set_up:
            found[number] = cell
    return found


@dataclasses.dataclass(frozen=True)
class Project:
    """A folder with a book."""

    root: Path

    @property
    def build(self) -> Path:
        """Where everything is made."""
        return self.root / "_build"

    @property
    def html(self) -> Path:
        """Where the pages of the book are."""
        return self.build / "html"

    @property
    def lock(self) -> Path:
        """The versions of all packages."""
        return self.root / "requirements.txt"

    def about(self) -> dict:
        """Return what pyproject.toml says of the project."""
        text = (self.root / "pyproject.toml").read_text(encoding="utf-8")
        return tomllib.loads(text)["project"]

    def sources(self) -> list[Path]:
        """Return the source of each page, in the order of the table of contents."""
        contents = yaml.safe_load((self.root / "_toc.yml").read_text(encoding="utf-8"))
        chapters = [c["file"] for part in contents["parts"] for c in part["chapters"]]
        names = [self.root / name for name in (contents["root"], *chapters)]
        notebooks = [name.with_name(f"{name.name}.ipynb") for name in names]
        pages = [name.with_name(f"{name.name}.md") for name in names]
        return [n if n.exists() else p for n, p in zip(notebooks, pages, strict=True)]

    def notebooks(self) -> list[Notebook]:
        """Return the notebooks that the table of contents names, in its order."""
        paths = (path for path in self.sources() if path.suffix == ".ipynb")
        return [Notebook(path, self.build) for path in paths]

    def in_order(self) -> list[Notebook]:
        """Return the notebooks so that each stands behind those it needs."""
        done, ordered, waiting = set(), [], self.notebooks()
        while waiting:
            ready = [n for n in waiting if done.issuperset(n.needs())]
            if not ready:
                names = [n.name for n in waiting]
                sys.exit(
                    f"These notebooks need one that does not exist, or each other: {names}"
                )
            ordered += ready
            done |= {n.name for n in ready}
            waiting = [n for n in waiting if n.name not in done]
        return ordered

    def results(self, mode: str = "full") -> dict:
        """Return everything that the executed notebooks recorded, by name."""
        collected = {}
        for notebook in self.notebooks():
            collected |= notebook.results(mode)
        return collected


COURSE = Project(ROOT)
