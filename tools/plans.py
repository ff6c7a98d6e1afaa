"""The plans of the teaching guide, as data: who does what when, and which slides that takes.

A row of a plan names slides by the chapter and the title of a section, ``3: *A table with holes*``. One that
names none, ``the board``, shows the sentences in italics of what is done.
"""

import dataclasses
import re

from tools.project import Project

SEMINARS = {  # the decks, by name, and the plans that they follow
    "seminar_90": "One seminar of 90 minutes",
    "seminar_60": "When you have 60 minutes",
}
MORE = "When you have more time"  # in the seminar of 90 minutes
ROW = re.compile(r"^\| (\d+)–(\d+) \| (.*?) \| ?(.*?) ?\|$", flags=re.M)
ROW_OF_MORE = re.compile(r"^\| (\d+) \| (.*?) \| \D*(\d+) \| (.*?) \|$", flags=re.M)
ITALICS = re.compile(r"(?<!\*)\*([^*]+)\*(?!\*)")
QUESTION = re.compile(r"\*\*quiz question\*\* (\d+) of \[chapter (\w+)\]", flags=re.I)


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of a plan: when, what the teacher does, and the sections with the slides, by chapter."""

    begin: int
    end: int
    what: str
    sections: tuple[tuple[str, str], ...]
    is_extra: bool = False  # for those with more time, so many minutes of it

    def when(self) -> str:
        """Return the minutes in words."""
        extra = f"With {self.end - self.begin} minutes more"
        return extra if self.is_extra else f"Minutes {self.begin}–{self.end}"

    def said(self) -> list[str]:
        """Return the sentences in italics."""
        return ITALICS.findall(self.what)

    def questions(self) -> list[tuple[str, int]]:
        """Return the quiz questions, as pairs of the chapter and the number."""
        return [(chapter, int(n)) for n, chapter in QUESTION.findall(self.what)]


def guide(project: Project) -> str:
    """Return the text of the teaching guide; none if the book has no such page."""
    path = project.root / "book" / "teaching" / "guide.md"
    return path.read_text(encoding="utf-8") if path in project.sources() else ""


def plan(title: str, guide: str) -> list[Row]:
    """Return the rows of the plan below this heading."""
    rows = ROW.findall(_below(title, guide))
    return [Row(int(a), int(b), what, sections(named)) for a, b, what, named in rows]


def more(guide: str) -> list[Row]:
    """Return what there is for those with more time; a row begins when its place in the plan comes."""
    rows = ROW_OF_MORE.findall(_below(MORE, guide))
    return [
        Row(int(after), int(after) + int(minutes), what, sections(named), True)
        for minutes, what, after, named in rows
    ]


def with_more(title: str, guide: str) -> list[Row]:
    """Return the rows of a plan and, of the longest one, also those for more time, in order."""
    extra = more(guide) if title == SEMINARS["seminar_90"] else []
    ordered = [*plan(title, guide), *extra]
    return sorted(ordered, key=lambda row: row.begin if row.is_extra else row.end)


def sections(named: str) -> tuple[tuple[str, str], ...]:
    """Return the sections that a cell of a plan names, as pairs of the chapter and the title."""
    found = re.match(r"(\w+): (.*)", named)
    return (
        tuple((found[1], title) for title in ITALICS.findall(found[2])) if found else ()
    )


def _below(title, guide):
    """Return what is below a heading, until the next one."""
    found = re.search(
        rf"^##+ {re.escape(title)}\b.*\n((?:(?!##).*\n?)*)", guide, flags=re.M
    )
    return found[1] if found else ""
