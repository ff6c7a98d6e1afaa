"""The HTML book to give away: without solutions, and without the part for teachers.

    python -m tools.student_book        # into _build/student-html

Its pages are made as `tools.book` makes them, in folders of their own. What leads to something that is not
there is plain text, and there are neither decks of seminars, whose notes are the teacher's, nor buttons that
lead to the repository, where the solutions are. Before the book appears, it is searched for what it must not
show. One thing stays: the package computes the right answers, as `check` needs them.
"""

import html
import json
import posixpath
import re
import shutil
import sys
from pathlib import Path

import yaml

from tools import book, cells, core_path, editions, handout, repository, run
from tools.command import command
from tools.project import Notebook, Project

TEACHING = "book/teaching"
# In the first cell of the exercises, a sentence that tells of the solutions.
TOLD = re.compile(r" ?[A-Z][^.]*\bsolutions?\b[^.]*\.")
TAG = re.compile(r"<[^>]*>")
WITHIN_A_LINE = re.compile(r"</?(?:a|b|code|em|i|span|strong|sub|sup)\b[^>]*>")
SENTENCE = re.compile(r"(?<=[.!?:])\s+|\n\s*\n|\|")
LONG = 25  # letters; shorter lines stand everywhere
READ = (".html", ".md", ".ipynb", ".csv")


def without_solutions(content: dict) -> dict:
    """Return a notebook without solutions, and without the sentences that tell of them."""
    made = []
    for cell in content["cells"]:
        if editions.is_solution(cell):
            continue
        if cells.source(cell).startswith("## Exercises"):
            text = TOLD.sub("", cells.source(cell)).strip()
            cell = cell | {"source": text.splitlines(True)}
        made.append(cell)
    return content | {"cells": made}


class StudentNotebook(Notebook):
    """A notebook whose page and slides know no solution."""

    def with_outputs(self) -> dict:
        """Return the committed notebook with the outputs of its executed copy, without solutions."""
        # Cells and outputs belong together in order, so all of them are needed first.
        return without_solutions(Notebook(self.path, self.build).with_outputs())

    def executed_content(self, mode: str = "full") -> dict:
        """Return the executed copy as parsed JSON, without solutions."""
        return without_solutions(super().executed_content(mode))


class StudentProject(Project):
    """The book without what is the teacher's."""

    def made(self, name: str) -> Path:
        """Return where something of the pages is made."""
        return super().made(f"student-{name}")

    def contents(self) -> dict:
        """Return the table of contents without the pages for teachers."""
        contents, parts = super().contents(), []
        for part in contents["parts"]:
            pages = [p for p in part["chapters"] if not _is_for_teachers(p["file"])]
            parts += [part | {"chapters": pages}] if pages else []
        return contents | {"parts": parts}

    def notebooks(self) -> list[Notebook]:
        """Return the notebooks that the table of contents names, in its order."""
        return [StudentNotebook(n.path, n.build) for n in super().notebooks()]


def _is_for_teachers(name):
    return name.startswith(f"{TEACHING}/")


class StudentBuild(book.Build):
    """The folders in which Sphinx makes the pages for students."""

    def stage(self, staged: Path):
        """Lay out the sources of the pages in a folder that does not exist yet."""
        super().stage(staged)
        if (staged / TEACHING).exists():
            shutil.rmtree(staged / TEACHING)
        contents = yaml.safe_dump(self.project.contents(), sort_keys=False)
        (staged / "_toc.yml").write_text(contents, encoding="utf-8")
        for path in self.project.sources():
            page = staged / path.relative_to(self.project.root)
            text = page.read_text(encoding="utf-8")
            text = of_page(text, page.relative_to(staged))
            page.write_text(text, encoding="utf-8")
        config = yaml.safe_load((staged / "_config.yml").read_text(encoding="utf-8"))
        if "repository" in config:
            config["repository"]["url"] = ""
            repository.fit(config)
        text = yaml.safe_dump(config, sort_keys=False)
        (staged / "_config.yml").write_text(text, encoding="utf-8")

    def complete(self, pages: Path):
        """Make of what Sphinx wrote what students get, or stop if that is too much."""
        super().complete(pages)
        refuse_hidden(pages, hidden(self.project))


def of_page(text: str, page: Path) -> str:
    """Return the source of a page with links for teachers as plain text."""

    def linked(found):
        target = posixpath.join(page.parent.as_posix(), found[2])
        return found[1] if _is_for_teachers(posixpath.normpath(target)) else found[0]

    if page.suffix != ".ipynb":
        return handout.LINK.sub(linked, text)
    content = json.loads(text)
    for cell in content["cells"]:
        if cell["cell_type"] == "markdown":
            source = handout.LINK.sub(linked, cells.source(cell))
            cell["source"] = source.splitlines(True)
    return json.dumps(content, indent=1)


# What must not be there


def texts(cell: dict) -> list[str]:
    """Return what a cell says: its source, and the text of its outputs."""
    found = [cells.source(cell)]
    for output in cell.get("outputs", []):
        said = {"text/": output.get("text", "")} | output.get("data", {})
        for kind, text in said.items():
            if kind.startswith("text/"):
                text = "".join(text)
                found.append(without_tags(text) if kind == "text/html" else text)
    return found


def without_tags(text: str) -> str:
    """Return the text of a piece of HTML, a line for each of its blocks."""
    text = WITHIN_A_LINE.sub("", " ".join(text.split()))
    return html.unescape(TAG.sub("\n", text))


def letters(text: str) -> str:
    """Return the letters and digits of a text, for markup changes all else."""
    return re.sub(r"[\W_]+", "", text)


def hidden(project: Project) -> dict[str, str]:
    """Return the lines of solutions and sentences for teachers that stand nowhere else, by their letters."""
    kept, shown = {}, []
    for path in Project(project.root).sources():  # all of them
        name = path.relative_to(project.root).as_posix()
        if path.suffix == ".ipynb":
            notebook = Notebook(path, project.build).with_outputs()
            for cell in notebook["cells"]:
                said = "\n".join(texts(cell))
                if editions.is_solution(cell):
                    kept |= dict.fromkeys(said.splitlines(), name)
                else:
                    shown.append(said)
        else:
            text = handout.LINK.sub(r"\1", path.read_text(encoding="utf-8"))
            if _is_for_teachers(name):
                kept |= dict.fromkeys(SENTENCE.split(text), name)
            else:
                shown.append(text)
    everywhere = letters("\n".join(shown))
    found = {letters(line): f"{line.strip()!r} of {n}" for line, n in kept.items()}
    return {k: x for k, x in found.items() if len(k) > LONG and k not in everywhere}


def letters_in(path: Path) -> str:
    """Return the letters of a file as its readers see it."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join(x for c in json.loads(text)["cells"] for x in texts(c))
        text = text.replace(core_path.MARK, "")  # no words of the chapter
    elif path.suffix == ".html":  # two headings in a list of contents are no sentence
        return "\n".join(map(letters, without_tags(text).splitlines()))
    return letters(text)


def refuse_hidden(folder: Path, lines: dict[str, str]):
    """Stop if files below a folder have some of these lines, see `hidden`."""
    found = []
    for name, path in book.files_in(folder).items():
        seen = letters_in(path) if path.suffix in READ else ""
        found += [f"{name}: {what}" for line, what in lines.items() if line in seen]
    if found:
        sys.exit(
            "These pages would show what students should not see. Say it in other words in one of the two "
            "places; an earlier book is kept.\n" + "\n".join(found)
        )


@command(lock="run", kept="An earlier book is kept; the same command continues.")
def main(root: Path):
    """Build the book for students from the executed notebooks, unless nothing has changed."""
    project = StudentProject(root)
    run.demand_fresh(project)
    book.build(project, StudentBuild)


if __name__ == "__main__":
    main()
