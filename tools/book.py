"""Build the HTML book from the executed notebooks, with warnings as errors.

    python -m tools.book
    python -m tools.book --films        # with data that you may not pass on, see `tools.films`

A page is the committed notebook with the outputs of its executed copy, so a change of the prose needs no new
execution. The finished book appears in _build/html at once; a build that fails leaves the old one. Only the
pages that changed are made anew, unless one of them shows another face to the other pages, see `FACE`.
"""

import filecmp
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from recdl import provenance
from recdl.files import replacing
from tools import accessible, below, core_path, run
from tools.command import command, tell
from tools.project import Project

# What other pages may show or point to: headings, labels, figures, sources, and what a page includes.
FACE = re.compile(
    r"^ *#.*|^ *\(.+\)=|^ *\$\$ *\(.*|^ *:\w+:.*|^ *(?:`{3,}|:{3,}).*|\{cite[^}]*\}`[^`]*`",
    flags=re.M,
)
SOURCES = ("book", "panels", "benchmarks", "src/recdl", "tools", "_toc.yml")
SOURCES += ("_config.yml", "pyproject.toml")  # its version is in the name of the wheel
STAMP = ".made-from"  # inside the pages' folder, so that it never outlives them
ARROW = 'class="btn btn-sm btn-download-source-button'
PAGES, MADE_FOR_PAGES = (".md", ".ipynb"), (".csv", ".png", ".whl")


def files_in(folder: Path) -> dict[str, Path]:
    """Return the files below a folder by their path in it."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in found}


def face(page: Path) -> list[str]:
    """Return what other pages may show of a page or point to."""
    text = page.read_text(encoding="utf-8")
    if page.suffix != ".ipynb":
        return FACE.findall(text)
    cells = json.loads(text)["cells"]
    words = "\n".join(
        "".join(c["source"]) for c in cells if c["cell_type"] == "markdown"
    )
    return FACE.findall(words) + [json.dumps(c["metadata"]) for c in cells]


def is_own_affair(name: str, old: dict[str, Path], new: dict[str, Path]) -> bool:
    """Tell whether a source that differs concerns only the pages that Sphinx reads again because of it."""
    if name not in old or name not in new:
        return False
    if name.endswith(PAGES):
        return face(old[name]) == face(new[name])
    return name.endswith(MADE_FOR_PAGES)


def take_over(staged: Path, source: Path) -> tuple[bool, bool]:
    """Make the sources equal to what is staged; write only what differs, so that Sphinx reads only that.

    Returns
    -------
    bool, bool
        Whether anything was written, and whether no other pages than those can look different now.
    """
    old, new = files_in(source), files_in(staged)
    same = filecmp.cmpfiles(source, staged, old.keys() & new.keys(), shallow=False)[0]
    differing = (old.keys() | new.keys()) - set(same)
    alone = all(is_own_affair(name, old, new) for name in differing)
    for name in differing - new.keys():
        old[name].unlink()
    for name in differing & new.keys():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(new[name], source / name)
    return bool(differing), alone


def made_from(project: Project, *, with_films: bool = False) -> str:
    """Return one hash of every file that a page may depend on."""
    parts = [made_with(project), *(["films"] if with_films else [])]
    for place in (project.root / name for name in SOURCES):
        for path in below(place) if place.is_dir() else [place]:
            parts += [path.relative_to(project.root).as_posix(), path.read_bytes()]
    for notebook in project.notebooks():
        parts.append(notebook.executed().read_bytes())
    return provenance.sha256(*parts)


def made_with(project: Project) -> str:
    """Return one hash of the programs that make the pages."""
    here = Path(__file__).parent
    names = ("accessible.py", "book.py", "core_path.py", "pages.py", "panels.py")
    names += ("slides.py", "slides.html", "plans.py", "editions.py")
    own = (here / name for name in names)
    programs = (path.read_bytes() for path in (project.lock, *own))
    return provenance.sha256(sys.version, *programs)


def finish(html: Path):
    """Fold what goes deeper, load panels, help screen readers, and let the arrow save the page's source.

    The theme's link lets a browser show a notebook as JSON.
    """
    from tools import panels  # here: takes a second, and mostly nothing is made

    for page in html.rglob("*.html"):
        text = core_path.fold(page.read_text(encoding="utf-8"))
        text = accessible.mend(panels.load(text, html, page))
        page.write_text(text.replace(ARROW, f"download {ARROW}"), encoding="utf-8")


class Build:
    """The folders in which Sphinx works; it makes only the pages anew that changed since the last time."""

    def __init__(self, project: Project):
        self.project = project
        self.source = project.made("book-source")
        self.output = project.made("book-output")
        # There while what Sphinx has kept can be trusted; it says with which programs that was made.
        self.mark = self.output / "complete"

    def stage(self, staged: Path):
        """Lay out the sources of the pages in a folder that does not exist yet."""
        from tools import pages  # as in `finish`

        pages.stage(self.project, staged)

    def make(self, staged: Path, now: str) -> bool:
        """Build the book of what is staged, marked with the hash of it; tell whether any page is new."""
        programs, html = made_with(self.project), self.project.html
        trusted = self.mark.exists() and self.mark.read_text("utf-8") == programs
        self.mark.unlink(missing_ok=True)
        changed, alone = take_over(staged, self.source)
        if not (alone and trusted):
            shutil.rmtree(self.output, ignore_errors=True)
        is_new = changed or not (trusted and html.exists())
        if is_new:
            self.sphinx()
            with replacing(html) as unfinished:
                shutil.copytree(self.output / "_build" / "html", unfinished)
                self.complete(unfinished)
        (html / STAMP).write_text(now, encoding="utf-8")
        self.mark.write_text(programs, encoding="utf-8")
        return is_new

    def complete(self, pages: Path):
        """Make of what Sphinx wrote what readers get."""
        from tools import slides  # as in `finish`

        finish(pages)
        slides.write(self.project, pages / "slides")

    def sphinx(self):
        """Run Jupyter Book, or stop with its words."""
        start = "from jupyter_book.cli.main import main; main()"
        command = [sys.executable, "-c", start, "build", str(self.source)]
        command += ["--path-output", str(self.output), "-n", "-W", "--keep-going"]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        made = subprocess.run(command, **options)
        log = self.project.made("book.log")
        log.write_text(made.stdout, encoding="utf-8")
        if made.returncode:
            said = made.stdout.splitlines()
            bad = [line for line in said if "WARNING" in line or "ERROR" in line]
            tell("\n".join(bad or said[-50:]))
            sys.exit(
                "The book was not built: each warning above is an error. "
                f"The whole log: _build/{log.name}"
            )


class WithFilms(Build):
    """The same, with data of MovieLens beside the panel of chapter 9: for the reader's own eyes."""

    def stage(self, staged: Path):
        """Lay out the sources of the pages in a folder that does not exist yet."""
        from tools import films, panels  # as in `finish`

        super().stage(staged)
        films.lay(staged / "book" / panels.PLACE)


def build(project: Project, kind: type[Build] = Build):
    """Build the book unless nothing has changed."""
    begin, stamp = time.monotonic(), project.html / STAMP
    now = made_from(project, with_films=kind is WithFilms)
    place = f"_build/{project.html.name}/index.html"
    is_new = not stamp.exists() or stamp.read_text(encoding="utf-8") != now
    if is_new:
        with tempfile.TemporaryDirectory(prefix="recdl-") as folder:
            staged, pages = Path(folder, "source"), kind(project)
            pages.stage(staged)
            tell("Building the book …")
            is_new = pages.make(staged, now)
    if is_new:
        seconds = time.monotonic() - begin
        tell(f"Built in {seconds:.0f} s. Open {place}")
    else:
        tell(f"The book is up to date: {place}")


@command(
    {
        "--films": {
            "action": "store_true",
            "help": "for your own eyes: lay data of MovieLens beside the panel of chapter 9",
        }
    },
    lock="run",
    kept="An earlier book is kept; the same command continues.",
)
def main(root: Path, films: bool):
    """Build the book from the executed notebooks, unless nothing has changed."""
    project = Project(root)
    run.demand_fresh(project)
    build(project, WithFilms if films else Build)
    if films:
        tell(
            "These pages hold data of MovieLens: do not pass them on. Without: make book"
        )


if __name__ == "__main__":
    main()
