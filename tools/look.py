"""What a reader stumbles over in the built pages and slides, as Chromium shows them.

    python -m tools.look        # prints a line for each; make book comes first

Each page is opened 1280 and 390 pixels wide, unfolded, and in dark mode. It finds tables that do not fit or
scroll without showing it, pages that scroll sideways, cards that stay light, and slides that do not fit.
"""

import html
import json
import re
import sys
import tempfile
from pathlib import Path

from tools import chromium
from tools.command import command, tell
from tools.project import Project

LOOKING = Path(__file__).with_name("look.html")
FOUND = re.compile(r'<pre id="found">(.*?)</pre>', flags=re.S)
WITHOUT = "Or look at the pages yourself."
# Frames may be looked into, and a script may wait as long as it wants.
OPTIONS = ("--allow-file-access-from-files", "--window-size=1400,1000", "--dump-dom")


def found_in(folder: Path) -> list[str]:
    """Return a line for each thing that a reader would stumble over in the pages and decks of a folder."""
    pages = sorted(folder.rglob("*.html"))
    pages = [page for page in pages if "_static" not in page.parts]
    decks = [page for page in pages if page.parent.name == "slides"]
    places = {
        "{pages}": [
            p.as_uri() for p in pages if p.parent.name not in ("slides", folder.name)
        ],
        "{decks}": [deck.as_uri() for deck in decks],
    }
    text = LOOKING.read_text(encoding="utf-8")
    for name, addresses in places.items():
        text = text.replace(name, json.dumps(addresses))
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        page = Path(scratch, "look.html")
        page.write_text(text, encoding="utf-8")
        printed = chromium.visit(page, *OPTIONS, without=WITHOUT)
    said = FOUND.search(printed)
    if not said or not said[1]:
        sys.exit("Chromium ended before it had looked at all pages.")
    told = json.loads(html.unescape(said[1]))
    if "error" in told:
        sys.exit(f"Looking at the pages failed: {told['error']}")
    root = folder.as_uri() + "/"
    return [
        f"{a.removeprefix(root)}, {w} px: {what}: {words}"
        for a, w, what, words in told["found"]
    ]


@command()
def main(root: Path):
    """Look at the built pages and slides, and print what is wrong."""
    pages = Project(root).built_book()
    tell("Looking at every page, which takes a minute or two …")
    lines = found_in(pages)
    print("\n".join(lines))
    if lines:
        sys.exit(f"{len(lines)} things to mend.")
    tell("Nothing that a reader would stumble over.")


if __name__ == "__main__":
    main()
