"""What can be said of a folder of handed-in notebooks without running them.

A notebook is known by its cells, not by its name: it is of the chapter with which it shares most of them.
What its author wrote is what the chapter does not have.
"""

import ast
import dataclasses
import functools
import re
from pathlib import Path

from tools import below, cells, editions
from tools.project import Notebook

LARGEST_MB = 100
# Two answers by hand can be equal by chance; three cells of one's own cannot.
FEWEST_EQUAL = 3
LEAST_COPIED = 60  # characters of code; below, two may have the same idea
A_CHECK = re.compile(r"""\bcheck\(\s*["'](\w+\.\d+)["']""")
# Through these an answer of the package can be read or a check be changed: no exercise needs them.
REACHES = re.compile(
    r"\b(EXERCISES|judge|mistakes|Verdict|__globals__|__closure__|gc|inspect)\b"
    r"|\brecdl\.course\b|\bsys\.modules\b|\bdef (check)\b|\b(check) ="
)
# What starts programs, removes files or asks the network: no exercise needs that either.
DANGEROUS = re.compile(
    r"\b(subprocess|shutil|socket|urllib|requests|ctypes|multiprocessing|__import__|eval|exec)\b"
    r"|\bos\.(system|popen|exec\w*|spawn\w*|fork\w*|kill\w*|_exit|remove\w*|rename\w*|replace)\b"
    r"|\.(unlink|rmdir|rmtree)\b"
)


@dataclasses.dataclass
class HandedIn:
    """A file of a student's.

    Attributes
    ----------
    path : Path
        Where it lies.
    file, student : str
        Its name below the folder; the folder in it, or the file's name where there is none.
    chapter : Notebook or None
        The chapter that it is a copy of.
    content : dict
        The notebook without solutions and outputs.
    problem : str
        Why it cannot be graded, a sentence; "" if it can.
    remarks : list of str
        What a teacher should look at.
    """

    path: Path
    file: str
    student: str
    chapter: Notebook | None = None
    content: dict = dataclasses.field(default_factory=lambda: {"cells": []})
    problem: str = ""
    remarks: list[str] = dataclasses.field(default_factory=list)

    def code(self) -> dict[int, dict]:
        """Return the cells that are run, by their number among all, from 1."""
        return cells.code_cells(self.content)

    def own(self) -> dict[int, str]:
        """Return the code that the chapter does not have, by cell."""
        if self.chapter is None:
            return {}
        theirs = _sources(self.chapter) | {editions.HOLE.strip()}
        found = {n: cells.source(cell).strip() for n, cell in self.code().items()}
        return {n: text for n, text in found.items() if text and text not in theirs}


@functools.cache
def _content(chapter):
    return chapter.content()


@functools.cache
def _sources(chapter):
    found = cells.code_cells(_content(chapter)).values()
    return {cells.source(cell).strip() for cell in found}


def exercises(chapter: Notebook) -> list[str]:
    """Return the numbers of a chapter's exercises, in order."""
    found = [cells.source(c) for c in _content(chapter)["cells"]]
    return list(
        dict.fromkeys(number for text in found for number in A_CHECK.findall(text))
    )


def solutions(chapter: Notebook) -> dict[str, set[str]]:
    """Return the statements of each published solution that are long enough to be recognised."""
    found = {}
    for cell in _content(chapter)["cells"]:
        text = cells.source(cell)
        if text.lstrip().startswith(cells.SOLUTION):
            number = text.split(cells.SOLUTION)[1].split()[0]
            told = [s for s in statements(text) if not re.match(r"say|check|assert", s)]
            if len("".join(told)) >= LEAST_COPIED:
                found[number] = set(told)
    return found


def statements(text: str) -> list[str]:
    """Return the statements of a cell, written in one way and without comments; none if it is no Python."""
    try:
        return [ast.unparse(node) for node in ast.parse(text).body]
    except (SyntaxError, ValueError, RecursionError):
        return []  # it may have commands of Jupyter; running it tells


def read(folder: Path, chapters: list[Notebook]) -> list[HandedIn]:
    """Read all files below a folder, in order; hidden ones and those of programs are left out."""
    found = [_read(path, folder, chapters) for path in below(folder)]
    for one in found:
        one.remarks += _copied(one) + _named(
            one, REACHES, "may read or change the checks"
        )
    _note_equal(found)
    return found


def _read(path, folder, chapters):
    place = path.relative_to(folder)
    student = place.parts[0] if len(place.parts) > 1 else path.stem
    one = HandedIn(path, place.as_posix(), student)
    if path.suffix.lower() != ".ipynb":
        one.problem = (
            f"This is no notebook: its name ends with {path.suffix or 'nothing'}."
        )
        if path.suffix.lower() in (".zip", ".7z", ".rar", ".gz"):
            one.problem = (
                "This is an archive. Unpack it in a folder of its own, and grade again."
            )
    elif not path.is_file():
        one.problem = "This is no file that can be read. Ask for the notebook again."
    elif (size := path.stat().st_size / 1e6) > LARGEST_MB:
        one.problem = (
            f"It has {size:.0f} MB, more than {LARGEST_MB}. Ask for it without outputs."
        )
    else:
        _understand(one, chapters)
    return one


def _understand(one, chapters):
    try:
        content = cells.parse(one.path.read_bytes(), "The file")
    except OSError as error:
        one.problem = f"The file cannot be read ({error.strerror}). Ask for it again."
        return
    except (
        SystemExit
    ) as error:  # a sentence for authors, with what they can do behind it
        why = re.split(r"(?<=[).:\w'])\. (?=[A-Z])", str(error))[0].rstrip(".")
        one.problem = f"{why}. Ask for the file again."
        return
    one.content = editions.student(content)
    there = {cells.source(cell).strip() for cell in one.code().values()} - {""}
    shared = {chapter: len(there & _sources(chapter)) for chapter in chapters}
    chapter = max(shared, key=shared.get)
    if not shared[chapter]:
        one.problem = (
            "It shares no cell with any chapter. Is it a notebook of this course?"
        )
    elif not exercises(chapter):
        one.problem = (
            f"It is chapter {chapter.name}, which has no exercises with check."
        )
    else:
        one.chapter = chapter
        one.remarks += _changed(there, chapter)


def _changed(there, chapter):
    given = [
        cells.source(c)
        for c in cells.code_cells(editions.student(_content(chapter))).values()
    ]
    needed = {text.strip() for text in given if not A_CHECK.search(text)} - {
        editions.HOLE.strip()
    }
    if absent := len(needed - there):
        return [
            f"{absent} of the chapter's {len(needed)} cells of code are changed or gone."
        ]
    return []


def _copied(one):
    if one.chapter is None:
        return []
    own = {s for text in one.own().values() for s in statements(text)}
    found = [n for n, solution in solutions(one.chapter).items() if solution <= own]
    return (
        [f"Word for word the published solution: {', '.join(found)}."] if found else []
    )


def _named(one, pattern, what):
    said = []
    for number, text in one.own().items():
        code = "\n".join(statements(text)) or text
        if found := pattern.search(code):
            said.append(f'Cell {number} has "{found[0].strip()}": it {what}.')
    return said


def dangers(one: HandedIn) -> list[str]:
    """Say which cells of its author start programs, remove files or ask the network, as far as names tell."""
    return _named(one, DANGEROUS, "may start programs, change files or ask the network")


def _note_equal(found):
    groups = {}
    for one in found:
        own = frozenset(one.own().values())
        if len(own) >= FEWEST_EQUAL:
            groups.setdefault(own, []).append(one)
    for group in groups.values():
        for one in group:
            others = ", ".join(other.file for other in group if other is not one)
            one.remarks += (
                [f"All its own cells are equal to those of {others}."] if others else []
            )
