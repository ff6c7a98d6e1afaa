"""The panels in the book: their scripts lie beside the pages, and only pages that hold a panel load them.

They are classic scripts, without modules and without `fetch`, so they also run in a page that was opened by a
double click. See *Add a panel* in CONTRIBUTING.
"""

import re
import shutil
from pathlib import Path

from recdl import provenance
from tools import below
from tools.project import Project

PLACE = "_static/panels"
SHARED = ("panels.css", "parts.js")
HELD = re.compile(r'<section class="recdl-panel"[^>]* data-panel="(\w+)"')
TAGS = {
    ".css": '<link rel="stylesheet" href="{}" />',
    ".js": '<script defer src="{}"></script>',
}


def scripts(project: Project) -> list[Path]:
    """Return the files of the panels."""
    return below(project.root / "panels")


def lay(project: Project, static: Path):
    """Copy the files of the panels to where the pages find them."""
    target = static / Path(PLACE).name
    target.mkdir()
    for path in scripts(project):
        shutil.copy(path, target)


def load(text: str, html: Path, page: Path) -> str:
    """Return the text of a page that loads what its panels need; one without a panel stays as it is."""
    held = sorted(set(HELD.findall(text)))
    if not held:
        return text
    up = "../" * (len(page.relative_to(html).parts) - 1)
    tags = []
    for name in (*SHARED, *(f"{name}.js" for name in held)):
        file = html / PLACE / name
        address = f"{up}{PLACE}/{name}?v={provenance.sha256(file.read_bytes())[:8]}"
        tags.append(TAGS[file.suffix].format(address))
    text = text.replace("</head>", "\n".join([*tags, "</head>"]), 1)
    # Where a notebook is opened, the page of the set-up is Markdown.
    return text.replace('<a href="setup.md">', '<a href="setup.html">')
