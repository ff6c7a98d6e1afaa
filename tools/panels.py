"""The panels in the book: their scripts lie beside the pages, and only pages that hold a panel load them.

They are classic scripts, without modules and without `fetch`, so they also run in a page that was opened by a
double click. See *Add a panel* in CONTRIBUTING.
"""

import itertools
import re
from pathlib import Path

import minify_html

from recdl import provenance
from recdl.course import panels as course_panels
from tools import below, films
from tools.project import Project

PLACE = "_static/panels"
SHARED = ("panels.css", "parts.js")
HELD = re.compile(r'<section class="recdl-panel"[^>]* data-panel="(\w+)"')
WHERE = re.compile(r'<p class="recdl-where">.*?</p>')  # only in the section of a panel
PANEL = re.compile(r'<section class="recdl-panel"[^>]*>(.*?)</section>', flags=re.S)
QUOTED = re.compile(r"\{\{ panel_(\w+) \}\}")  # in a page of Markdown
TABLE = re.compile(r"<table.*?</table>", flags=re.S)
COMMENT = re.compile(r"^ *//.*\n", flags=re.M)  # some would stay
MINIFIED = {".css": "style", ".js": "script"}
TAGS = {
    ".css": '<link rel="stylesheet" href="{}" />',
    ".js": '<script defer src="{}"></script>',
}


def scripts(project: Project) -> list[Path]:
    """Return the files of the panels."""
    return below(project.root / "panels")


def files_of(page: Path) -> list[str]:
    """Return the names of the files that a page's source needs: the shared ones, and a script a panel."""
    text = page.read_text(encoding="utf-8")
    called = re.findall(r'(?:\b|\\n)panel\(\\"(\w+)\\"\)', text) + QUOTED.findall(text)
    own = (f"{course_panels.script_of(name)}.js" for name in called)
    return [*SHARED, *own] if called else []


def quoted(folder: Path) -> dict[str, str]:
    """Return the panels that Markdown pages of a folder quote, by the name as in ``{{ panel_neuron }}``."""
    texts = (path.read_text(encoding="utf-8") for path in folder.rglob("*.md"))
    names = {name for text in texts for name in QUOTED.findall(text)}
    made = course_panels.panels()
    return {f"panel_{name}": made[name]().to_html(name) for name in sorted(names)}


def as_loaded(path: Path) -> str:
    """Return a script or a style as a page loads it: without comments, and without spaces nobody needs."""
    name = MINIFIED[path.suffix]
    text = COMMENT.sub("", path.read_text(encoding="utf-8"))
    made = minify_html.minify(
        f"<{name}>{text}</{name}>", minify_css=True, minify_js=True
    )
    return made.removeprefix(f"<{name}>").removesuffix(f"</{name}>") + "\n"


def lay(project: Project, static: Path):
    """Copy the files of the panels to where the pages find them, and write the data that some read."""
    target = static / Path(PLACE).name
    target.mkdir()
    for path in scripts(project):
        (target / path.name).write_text(as_loaded(path), encoding="utf-8")
        if path.stem in course_panels.data():
            text = course_panels.data_script(path.stem)
            (target / f"{path.stem}.data.js").write_text(text, encoding="utf-8")


def loaded_for(name: str, folder: Path) -> list[str]:
    """Return the names of the scripts of a panel in a folder: its data, if it has any, and its own."""
    found = [f"{name}.data.js"] if name in course_panels.data() else []
    script = course_panels.script_of(name)
    if script == films.PANEL and (folder / films.NAME).exists():
        found.append(films.NAME)
    return [*found, f"{script}.js"]


def load(text: str, html: Path, page: Path) -> str:
    """Return the text of a page that loads what its panels need; one without a panel stays as it is."""
    held = sorted(set(HELD.findall(text)))
    if not held:
        return text
    up = "../" * (len(page.relative_to(html).parts) - 1)
    tags = []
    scripts_of = [loaded_for(name, html / PLACE) for name in held]
    for name in dict.fromkeys([*SHARED, *itertools.chain.from_iterable(scripts_of)]):
        file = html / PLACE / name
        address = f"{up}{PLACE}/{name}?v={provenance.sha256(file.read_bytes())[:8]}"
        tags.append(TAGS[file.suffix].format(address))
    text = text.replace("</head>", "\n".join([*tags, "</head>"]), 1)
    # Where a notebook is opened, the page of the set-up is Markdown.
    return WHERE.sub(lambda where: where[0].replace("setup.md", "setup.html"), text)


def is_panel(text: str) -> bool:
    """Tell whether a part of a page or of a slide is the first state of a panel."""
    return PANEL.match(text) is not None


def without_table(text: str) -> str:
    """Return the first state of a panel without its table: a title, and where the panel is."""
    return TABLE.sub("", text)


def on_slides(text: str, page: str) -> str:
    """Return slides on which the first state of each panel opens it in its page, filling the window."""

    def shown(panel):  # a section within a slide would be a slide of its own
        address = f"{page}?full#panel-{HELD.match(panel[0])[1]}"
        link = f'<p><a href="{address}">Open the panel</a></p>'
        return f"<div>{WHERE.sub(link, panel[1])}</div>"

    return PANEL.sub(shown, text)
