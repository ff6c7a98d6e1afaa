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
from tools import ROOT, cells

MODES = {
    "full": "as the book shows it, in one folder, in which notebooks find what others made",
    "quick": "with few epochs, alone in an empty folder",
    "again": "as quick, once more: the same seed must give the same numbers",
}


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
    def number(self) -> str:
        """What the name begins with, for example ``05b``."""
        return self.name.split("_")[0]

    @property
    def chapter(self) -> int | None:
        """The number at the beginning of the name, for example 5 for ``05b_training_in_keras``."""
        found = re.match(r"\d+", self.name)
        return int(found[0]) if found else None

    def content(self) -> dict:
        """Return the notebook as parsed JSON, whatever editor wrote it; see `tools.cells`."""
        return cells.read(self.path)

    def title(self) -> str:
        """Return the heading, for example ``5 · Training``."""
        prose = (c for c in self.content()["cells"] if c["cell_type"] == "markdown")
        lines = (line for cell in prose for line in cells.source(cell).splitlines())
        titles = (line.removeprefix("# ") for line in lines if line.startswith("# "))
        return next(titles, self.name)

    def code(self) -> list[str]:
        """Return its code, cell by cell, without the set-up cell, which does nothing outside Colab."""
        return [cells.source(c) for c in cells.code_cells(self.content()).values()]

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
        content = cells.with_pictures(cells.without_outputs(self.content()))
        ran = iter(cells.code_cells(self.executed_content()).values())
        for number, cell in cells.code_cells(content).items():
            done, text = next(ran, None), cells.source(cell)
            if not done or text != cells.source(done):
                sys.exit(
                    f"{self.path.name}, {cells.label(number, text)} is not the one that was executed. "
                    "Run: make book"
                )
            cell["outputs"] = done["outputs"]
            cell["execution_count"] = done["execution_count"]
        return content


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
        return self.made("html")

    def made(self, name: str) -> Path:
        """Return where something of the pages is made; another edition has places of its own."""
        return self.build / name

    def built_book(self) -> Path:
        """Return where the pages of the book are, or stop if it has not been built."""
        if not (self.html / "index.html").exists():
            sys.exit("There is no built book in _build/html. Run: make book")
        return self.html

    @property
    def lock(self) -> Path:
        """The versions of all packages."""
        return self.root / "requirements.txt"

    def about(self) -> dict:
        """Return what pyproject.toml says of the project."""
        text = (self.root / "pyproject.toml").read_text(encoding="utf-8")
        return tomllib.loads(text)["project"]

    def contents(self) -> dict:
        """Return the table of contents."""
        return yaml.safe_load((self.root / "_toc.yml").read_text(encoding="utf-8"))

    def sources(self) -> list[Path]:
        """Return the source of each page, in the order of the table of contents."""
        contents = self.contents()
        chapters = [c["file"] for part in contents["parts"] for c in part["chapters"]]
        root, *pages = map(self._source, (contents["root"], *chapters))
        for name, page in zip(chapters, pages, strict=True):
            if not page.exists() and not page.is_symlink():
                sys.exit(
                    f"_toc.yml names {name}, and there is neither {name}.ipynb nor {name}.md. "
                    "Rename the file, or change its name in _toc.yml."
                )
        return [root, *pages]

    def _source(self, name):
        notebook, page = (self.root / f"{name}{end}" for end in (".ipynb", ".md"))
        # A notebook that is a link to nothing is one that cannot be read.
        return notebook if notebook.exists() or notebook.is_symlink() else page

    def notebooks(self) -> list[Notebook]:
        """Return the notebooks that the table of contents names, in its order."""
        paths = (path for path in self.sources() if path.suffix == ".ipynb")
        return [Notebook(path, self.build) for path in paths]

    def in_order(self) -> list[Notebook]:
        """Return the notebooks so that each stands behind those it needs."""
        done, ordered, waiting = set(), [], self.notebooks()
        there = {n.name for n in waiting}
        for notebook in waiting:
            if absent := set(notebook.needs()) - there:
                sys.exit(
                    f"{notebook.path.name} needs {' and '.join(sorted(absent))}, and _toc.yml names no "
                    "notebook of this name that is there. Was it renamed?"
                )
        while waiting:
            ready = [n for n in waiting if done.issuperset(n.needs())]
            if not ready:
                names = [n.name for n in waiting]
                sys.exit(f"These notebooks need each other: {names}")
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
