"""The chapters as notebooks for a classroom.

    python -m tools.editions student       # into _build/student: holes instead of solutions
    python -m tools.editions instructor    # into _build/instructor: with solutions and notes

The notes are those of the teaching guide, ``book/teaching/notes_03.md`` for chapter 3: what stands there
under a heading is put behind the cell with the same heading.
"""

import copy
import json
import re

from recdl.files import replacing
from tools import ROOT
from tools.command import command, tell
from tools.project import Project

SOLUTION = "solution"  # the tag of a cell that a student should not see
HOLE = "# Your own cell for the exercise above.\n"
TEACHING = ROOT / "book" / "teaching"


def student(content: dict) -> dict:
    """Return the notebook with an empty cell in place of each solution."""
    content = copy.deepcopy(content)
    for cell in content["cells"]:
        if SOLUTION in cell["metadata"].get("tags", []):
            cell["source"], cell["metadata"] = [HOLE], {"tags": ["hole"]}
    return content


def instructor(content: dict, notes: dict[str, str]) -> dict:
    """Return the notebook with notes behind the headings that they belong to.

    Raises
    ------
    ValueError
        If a note's heading is not in the notebook.
    """
    content, waiting, cells = copy.deepcopy(content), dict(notes), []
    for cell in content["cells"]:
        cells.append(cell)
        if cell["cell_type"] == "markdown":
            for title in headings("".join(cell["source"])):
                if title in waiting:
                    cells.append(_note(cell["id"], waiting.pop(title)))
    if waiting:
        raise ValueError(f"Notes for headings that are not there: {list(waiting)}")
    return content | {"cells": cells}


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
            content = notebook.content()
            if edition == "student":
                content = student(content)
            else:
                content = instructor(content, notes(notebook.name.split("_")[0]))
            text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
            (unfinished / notebook.path.name).write_text(text, encoding="utf-8")
    tell(f"{len(notebooks)} notebooks: {target.relative_to(project.root)}")


@command({"edition": {"choices": ["student", "instructor"]}})
def main(root, edition: str):
    """Write the notebooks of an edition."""
    write(Project(root), edition)


if __name__ == "__main__":
    main()
