"""The chapters as notebooks for a classroom.

    python -m tools.editions student       # into _build/student: holes instead of solutions
    python -m tools.editions instructor    # into _build/instructor: with solutions and notes

The notes are those of the teaching guide, ``book/teaching/notes_03.md`` for chapter 3: what stands there
under a heading is put behind the cell with the same heading. No edition has outputs: an editor may have left
in the answer to an exercise.
"""

import copy
import re
import sys

from recdl.files import replacing
from tools import ROOT, cells
from tools.command import command, tell
from tools.project import Project

SOLUTION = "solution"  # the tag of a cell that a student should not see
HOLE = "# Your own cell for the exercise above.\n"
TEACHING = ROOT / "book" / "teaching"


def is_solution(cell: dict) -> bool:
    """Tell whether a cell has the solution of an exercise."""
    begins = cells.source(cell).lstrip().startswith(cells.SOLUTION)
    return begins or SOLUTION in cells.tags(cell)


def student(content: dict) -> dict:
    """Return the notebook with an empty cell in place of each solution."""
    content = copy.deepcopy(cells.without_outputs(content))
    for cell in content["cells"]:
        if is_solution(cell):
            cell["source"], cell["metadata"] = [HOLE], {"tags": ["hole"]}
    return content


def instructor(content: dict, notes: dict[str, str]) -> dict:
    """Return the notebook with notes behind the headings that they belong to.

    Raises
    ------
    ValueError
        If a note's heading is not in the notebook.
    """
    content, made = copy.deepcopy(cells.without_outputs(content)), []
    waiting = {_heading(title): (title, text) for title, text in notes.items()}
    for cell in content["cells"]:
        made.append(cell)
        if cell["cell_type"] == "markdown":
            for title in map(_heading, headings(cells.source(cell))):
                if title in waiting:
                    made.append(_note(cell["id"], waiting.pop(title)[1]))
    if waiting:
        titles = ", ".join(f'"{title}"' for title, _ in waiting.values())
        raise ValueError(f"it has no heading {titles}, for which there are notes")
    return content | {"cells": cells.with_ids(made)}


def _heading(title):
    """Return a heading without what changes by the way: the case, blanks, and signs around it."""
    return " ".join(re.sub(r"[*_`#]", "", title).casefold().split())


def headings(text: str) -> list[str]:
    """Return the titles of the second and third level in a Markdown text."""
    return re.findall(r"^#{2,3} (.+?)\s*$", text, flags=re.M)


def notes(chapter: str) -> dict[str, str]:
    """Return the notes of a chapter (``"03"``) by heading; none if it has no page of notes."""
    path = TEACHING / f"notes_{chapter}.md"
    if not path.exists():
        return {}
    parts = re.split(r"^## (.+?)\s*$", path.read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], (text.strip() for text in parts[2::2]), strict=True))


def with_notes(content: dict, chapter: str, name: str) -> dict:
    """Return the notebook of this name with its chapter's notes, or stop where one has no place."""
    try:
        return instructor(content, notes(chapter))
    except ValueError as error:
        sys.exit(
            f"{name}: {error}. Give the notes in book/teaching/notes_{chapter}.md the heading "
            "that they belong to."
        )


def _note(cell_id, text):
    quoted = "\n".join(f"> {line}".rstrip() for line in text.splitlines())
    source = f"> **For the teacher.**\n>\n{quoted}"
    return {
        "cell_type": "markdown",
        "id": f"{cell_id[:59]}-note",
        "metadata": {"tags": ["note"]},
        "source": source.splitlines(keepends=True),
    }


def write(project: Project, edition: str):
    """Write all notebooks of an edition, and replace an earlier one as a whole."""
    target, notebooks = project.build / edition, project.notebooks()
    with replacing(target) as unfinished:
        unfinished.mkdir()
        for notebook in notebooks:
            content, chapter = notebook.content(), notebook.number
            if edition == "student":
                content = student(content)
            else:
                content = with_notes(content, chapter, notebook.path.name)
            text = cells.as_text(content)
            (unfinished / notebook.path.name).write_text(text, encoding="utf-8")
    tell(f"{len(notebooks)} notebooks: {target.relative_to(project.root)}")


@command({"edition": {"choices": ["student", "instructor"]}})
def main(root, edition: str):
    """Write the notebooks of an edition."""
    write(Project(root), edition)


if __name__ == "__main__":
    main()
