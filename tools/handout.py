"""The student notebooks as one archive to give away: what they cite and link to is inside, or is plain text.

    python -m tools.handout        # into _build/recdl-student.zip

It is made of what is committed only, so no rating of MovieLens gets into it; packing looks once more.
"""

import re
import unicodedata
from pathlib import Path

from tools import bundle, cells, editions
from tools.command import command, tell
from tools.project import Project

NAME = "recdl-student.zip"
GLOSSARY = "glossary.md"
ENTRY = re.compile(r"^@\w+\{([^,]+),\n(.*?)^\}", flags=re.M | re.S)
CITATION = re.compile(r"\{cite(:\w)?\}`([^`]+)`")
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:|#|attachment:)([^)#]+)(#[^)]*)?\)")
ACCENTS = {"'": "\u0301", '"': "\u0308", "`": "\u0300", "~": "\u0303", "^": "\u0302"}
README = """# Exercises of *Recommendation Systems using Deep Learning*

{n} chapters as notebooks, and the glossary. In place of each solution is an empty cell for your own work.

1. Set up your computer as the book's page *Check your set-up* says. It also says how to use Colab.
2. Open a notebook with JupyterLab and run it from the top. An exercise ends with a cell that has `check`:
   write your answer there, run it, and read what it says. Try as often as you like.
3. Hand in the notebook itself, the file that ends with `.ipynb`. Save it first. Its name does not matter.

The notebooks fetch MovieLens-100k themselves, 5 MB. Its licence forbids to pass the data on: hand in no data.
"""


def sources(text: str) -> dict[str, tuple[str, str]]:
    """Return the authors and the year of each entry of a BibTeX file, such as ``("He et al.", "2017")``."""
    found = {}
    for key, body in ENTRY.findall(text):
        fields = dict(
            re.findall(r"^\s*(\w+)\s*=\s*\{(.*?)\},?$", body, flags=re.M | re.S)
        )
        people = re.split(
            r"\s+and\s+", fields.get("author") or fields.get("editor") or key
        )
        names = [plain(person.split(",")[0]) for person in people]
        shown = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
        found[key] = (shown, fields.get("year", "no year"))
    return found


def plain(text: str) -> str:
    r"""Return a name without TeX: ``Bellog{\'i}n`` becomes ``Bellogín``."""
    accented = re.sub(r"\\(['\"`~^])\{?(\w)\}?", lambda m: m[2] + ACCENTS[m[1]], text)
    return unicodedata.normalize("NFC", re.sub(r"[{}]", "", accented)).strip()


def self_contained(
    text: str, known: dict[str, tuple[str, str]], there: set[str]
) -> str:
    """Return a Markdown text with its citations written out, and links only to what is there."""

    def cited(found):
        kind, keys = found.groups()
        if kind == ":t":
            return " and ".join(
                "{} ({})".format(*known[k.strip()]) for k in keys.split(",")
            )
        return f"({'; '.join('{}, {}'.format(*known[k.strip()]) for k in keys.split(','))})"

    def linked(found):
        return found[0] if found[2] in there else found[1]

    return LINK.sub(linked, CITATION.sub(cited, text))


def members(project: Project) -> dict[str, bytes]:
    """Return what goes into the archive, by name."""
    book, notebooks = project.root / "book", project.notebooks()
    known = sources((book / "references.bib").read_text(encoding="utf-8"))
    there = {GLOSSARY, *(notebook.path.name for notebook in notebooks)}
    found = {
        "README.md": README.format(n=len(notebooks)),
        "LICENSE": project.root / "LICENSE",
    }
    found[GLOSSARY] = self_contained(
        (book / GLOSSARY).read_text(encoding="utf-8"), known, there
    )
    for notebook in notebooks:
        content = editions.student(notebook.content())
        for cell in content["cells"]:
            if cell["cell_type"] == "markdown":
                text = self_contained(cells.source(cell), known, there)
                cell["source"] = text.splitlines(keepends=True)
        found[notebook.path.name] = cells.as_text(content)
    return {
        name: text.encode() if isinstance(text, str) else text
        for name, text in found.items()
    }


@command(kept="An earlier archive is kept; the same command begins anew.")
def main(root: Path):
    """Write the archive that students get."""
    project = Project(root)
    target = project.build / NAME
    bundle.pack(members(project), target)
    tell(f"To give away: {target.relative_to(root)}")


if __name__ == "__main__":
    main()
