"""Say in Markdown which pages of the book a change touches, for the person who reviews it.

    python -m tools.changed_pages main       # compared with the branch main

It compares sources, not pages: seconds, for example, differ in every build. A page whose text or table
differs is changed for certain. The outputs of a chapter may differ where its code, or what it uses, differs.
"""

import json
import pathlib
import re
import subprocess
import sys

import yaml

from tools import run

WHOLE_BOOK = ("_config.yml", "requirements.txt", "book/references.bib", "book/_static/")
WHOLE_BOOK += ("src/recdl/course/book.py",)


def git(*arguments: str) -> str:
    """Return what git prints, or stop with its words."""
    command = ["git", "-C", str(run.ROOT), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(
            f"git could not compare: {done.stderr.strip()}\n"
            "Name a commit or a branch that git knows: make changed-pages BASE=main"
        )
    return done.stdout


def fork_point(base: str) -> str:
    """Return the commit at which this branch left `base`."""
    return git("merge-base", "--end-of-options", base, "HEAD").strip()


def changed_files(since: str) -> set[str]:
    """Return the paths that differ from a commit, also those that are not committed yet."""
    differing = git("diff", "--name-only", "--no-renames", "-z", since)
    new = git("ls-files", "--others", "--exclude-standard", "-z")
    return set(filter(None, (differing + new).split("\0")))


def has_other_code(path: str, since: str) -> bool:
    """Tell whether a notebook that differs has other code cells or settings, not only another text."""
    if not git("ls-tree", "--name-only", since, "--", path):
        return True
    return _code(git("show", f"{since}:{path}")) != _code(
        (run.ROOT / path).read_text(encoding="utf-8")
    )


def _code(text):
    content = json.loads(text)
    cells = [c for c in content["cells"] if c["cell_type"] == "code"]
    code = ["".join(cell["source"]) for cell in cells]
    return code, content["metadata"].get("recdl")


def sources() -> list[str]:
    """Return the path of each page's source, in the order of the table of contents."""
    toc = yaml.safe_load((run.ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    names = [toc["root"], *(chapter["file"] for chapter in chapters)]
    notebooks = {n.path.relative_to(run.ROOT).as_posix() for n in run.notebooks()}
    return [f"{n}.ipynb" if f"{n}.ipynb" in notebooks else f"{n}.md" for n in names]


def reasons(changed: set[str], other_code: set[str]) -> dict[str, list[str]]:
    """Return, for each page that is or may be changed, why.

    Parameters
    ----------
    changed : set of str
        All paths that differ.
    other_code : set of str
        Those notebooks among them whose code differs.
    """
    found = {source: [] for source in sources()}
    anew = set()
    for notebook in run.in_order(run.notebooks()):
        path = notebook.path.relative_to(run.ROOT).as_posix()
        why = [path] if path in other_code else []
        why += sorted(c for c in changed if _is_used(c, notebook.name))
        why += [name for name in notebook.settings().get("needs", []) if name in anew]
        if why:
            anew.add(notebook.name)
            found[path].append(f"its outputs may differ, because of {_listed(why)}")
    for source, why in found.items():
        path = run.ROOT / source
        text = path.read_text(encoding="utf-8") if source.endswith(".md") else ""
        tables = sorted(c for c in changed if c.startswith("benchmarks/") and c in text)
        why += [f"its table `{table}` differs" for table in tables]
        if "{{" in text and anew:
            why.append("it quotes results, which may differ")
        if source in changed:
            what = "text or code" if source in other_code else "text"
            why.insert(0, f"its {what} differs")
    return {source: why for source, why in found.items() if why}


def _is_used(path, notebook):
    path = pathlib.PurePosixPath(path)
    return path.is_relative_to("src/recdl") and run.counts_for(path, notebook)


def _listed(names):
    return ", ".join(f"`{name}`" for name in names)


def report(changed: set[str], other_code: set[str]) -> str:
    """Return the list as Markdown."""
    paragraphs = ["# Changed pages"]
    if whole := sorted(c for c in changed if c.startswith(WHOLE_BOOK)):
        paragraphs.append(f"Every page may differ, because of {_listed(whole)}.")
    pages = {c for c in changed if re.fullmatch(r"book/.*\.(md|ipynb)", c)}
    if outside := sorted(pages.difference(sources())):
        paragraphs.append(f"Not, or no longer, in the book: {_listed(outside)}.")
    rows = [
        f"| {source.rsplit('.', 1)[0]}.html | {'; '.join(why)} |"
        for source, why in reasons(changed, other_code).items()
    ]
    if rows:
        paragraphs.append("\n".join(["| page | why |", "|---|---|", *rows]))
    elif not whole:
        paragraphs.append("No page differs.")
    return "\n\n".join(paragraphs)


def main():
    """Print the list for this working copy, compared with the commit that the command line names."""
    if len(sys.argv) != 2 or not sys.argv[1]:
        sys.exit("Name what to compare with: make changed-pages BASE=main")
    since = fork_point(sys.argv[1])
    changed = changed_files(since)
    notebooks = {p for p in changed.intersection(sources()) if p.endswith(".ipynb")}
    print(report(changed, {p for p in notebooks if has_other_code(p, since)}))


if __name__ == "__main__":
    main()
