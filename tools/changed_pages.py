"""Say in Markdown which pages of the book a change touches, for the person who reviews it.

    python -m tools.changed_pages main       # compared with the branch main

It compares sources, not pages: seconds, for example, differ in every build. A page whose text or table
differs is changed for certain. The outputs of a chapter may differ where its code, or what it uses, differs.
"""

import functools
import re
import subprocess
import sys
from pathlib import Path

from recdl import provenance
from tools import cells, panels, run
from tools.command import command
from tools.project import Notebook, Project

WHOLE_BOOK = ("_config.yml", "requirements.txt", "book/references.bib", "book/_static/")
WHOLE_BOOK += (
    "tools/book.py",
    "tools/core_path.py",
    "tools/slides.py",
    "tools/plans.py",
)


def git(root: Path, *arguments: str) -> str:
    """Return what git prints, or stop with its words."""
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(
            f"git could not compare: {done.stderr.strip()}\n"
            "Name a commit or a branch that git knows: make changed-pages BASE=main"
        )
    return done.stdout


def fork_point(root: Path, base: str) -> str:
    """Return the commit at which this branch left `base`."""
    return git(root, "merge-base", "--end-of-options", base, "HEAD").strip()


def changed_files(root: Path, since: str) -> set[str]:
    """Return the paths that differ from a commit, also those that are not committed yet."""
    differing = git(root, "diff", "--name-only", "--no-renames", "-z", since)
    new = git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return set(filter(None, (differing + new).split("\0")))


def has_other_code(root: Path, path: str, since: str) -> bool:
    """Tell whether a notebook that differs has other code cells or settings, not only another text."""
    if not git(root, "ls-tree", "--name-only", since, "--", path):
        return True
    before = git(root, "show", f"{since}:{path}").encode()
    name = f"{Path(path).name} of {since}"
    return _code(cells.parse(before, name)) != _code(cells.read(root / path))


def _code(content):
    parts = [c for c in content["cells"] if c["cell_type"] == "code"]
    return [cells.source(c) for c in parts], content["metadata"].get("recdl")


def sources(project: Project) -> list[str]:
    """Return the path of each page's source, in the order of the table of contents."""
    return [path.relative_to(project.root).as_posix() for path in project.sources()]


def reasons(
    project: Project, changed: set[str], other_code: set[str]
) -> dict[str, list[str]]:
    """Return, for each page that is or may be changed, why.

    Parameters
    ----------
    project : Project
    changed : set of str
        All paths that differ.
    other_code : set of str
        Those notebooks among them whose code differs.
    """
    found = {source: [] for source in sources(project)}
    anew = set()
    for notebook in project.in_order():
        path = notebook.path.relative_to(project.root).as_posix()
        why = [path] if path in other_code else []
        why += sorted(changed & used(notebook))
        why += [name for name in notebook.needs() if name in anew]
        if why:
            anew.add(notebook.name)
            found[path].append(f"its outputs may differ, because of {_listed(why)}")
    for source, why in found.items():
        path = project.root / source
        text = path.read_text(encoding="utf-8") if source.endswith(".md") else ""
        tables = sorted(c for c in changed if c.startswith("benchmarks/") and c in text)
        why += [f"its table `{table}` differs" for table in tables]
        scripts = [f"panels/{name}" for name in panels.files_of(path)]
        why += [f"its panel's `{s}` differs" for s in sorted(changed & {*scripts})]
        if "{{" in text and anew:
            why.append("it quotes results, which may differ")
        if source in changed:
            what = "text or code" if source in other_code else "text"
            why.insert(0, f"its {what} differs")
    return {source: why for source, why in found.items() if why}


@functools.cache
def used(notebook: Notebook) -> set[str]:
    """Return the files of the package that a notebook's results may depend on."""
    files = provenance.files(run.reached(notebook))
    return {f"src/recdl/{p.relative_to(provenance.HERE).as_posix()}" for p in files}


def _listed(names):
    return ", ".join(f"`{name}`" for name in names)


def report(project: Project, changed: set[str], other_code: set[str]) -> str:
    """Return the list as Markdown."""
    paragraphs = ["# Changed pages"]
    if whole := sorted(c for c in changed if c.startswith(WHOLE_BOOK)):
        paragraphs.append(f"Every page may differ, because of {_listed(whole)}.")
    pages = {c for c in changed if re.fullmatch(r"book/.*\.(md|ipynb)", c)}
    if outside := sorted(pages.difference(sources(project))):
        paragraphs.append(f"Not, or no longer, in the book: {_listed(outside)}.")
    rows = [
        f"| {source.rsplit('.', 1)[0]}.html | {'; '.join(why)} |"
        for source, why in reasons(project, changed, other_code).items()
    ]
    if rows:
        paragraphs.append("\n".join(["| page | why |", "|---|---|", *rows]))
    elif not whole:
        paragraphs.append("No page differs.")
    return "\n\n".join(paragraphs)


@command({"base": {"help": "a branch or a commit"}})
def main(root: Path, base: str):
    """Say which pages of the book differ from those of another commit, and which may."""
    if not base:
        sys.exit("Name what to compare with: make changed-pages BASE=main")
    since, project = fork_point(root, base), Project(root)
    changed = changed_files(root, since)
    notebooks = {
        p for p in changed.intersection(sources(project)) if p.endswith(".ipynb")
    }
    other_code = {p for p in notebooks if has_other_code(root, p, since)}
    print(report(project, changed, other_code))


if __name__ == "__main__":
    main()
