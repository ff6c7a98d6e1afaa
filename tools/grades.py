"""Grades as a table for programs and a page for readers; what is in them comes from other people's files."""

import csv
import dataclasses
import html
import io
import os
import string
from collections import Counter
from pathlib import Path

from tools import handed_in
from tools.handed_in import HandedIn
from tools.project import Notebook

PAGE = Path(__file__).with_name("grades.html")
RIGHT = "right"


@dataclasses.dataclass
class Outcome:
    """What became of an exercise: a word, what `check` said, the answer, how often it was asked."""

    state: str
    said: str = ""
    answer: str = ""
    n_checks: int = 0


@dataclasses.dataclass
class Row:
    """A handed-in file and what became of its exercises, by number."""

    of: HandedIn
    outcomes: dict[str, Outcome]

    def n_right(self) -> int:
        """Return the number of exercises with the right answer."""
        return sum(outcome.state == RIGHT for outcome in self.outcomes.values())


def printable(text) -> str:
    """Return a foreign text without what a terminal, a table or a page would take for something else."""
    return "".join(c if c.isprintable() else " " for c in str(text))


def as_csv(rows: list[Row]) -> str:
    """Return the table: a line a file, a column an exercise."""
    numbers = sorted({n for row in rows for n in row.outcomes})
    file = io.StringIO(newline="")
    lines = csv.writer(file)
    lines.writerow(
        ["student", "file", "chapter", "right", "of", *numbers, "problem", "remarks"]
    )
    for row in rows:
        one, states = row.of, {n: outcome.state for n, outcome in row.outcomes.items()}
        counted = [row.n_right(), len(states)] if states else ["", ""]
        chapter = one.chapter.name if one.chapter else ""
        line = [
            one.student,
            one.file,
            chapter,
            *counted,
            *(states.get(n, "") for n in numbers),
        ]
        lines.writerow(map(_harmless, [*line, one.problem, " ".join(one.remarks)]))
    return file.getvalue()


def _harmless(value):
    # A spreadsheet takes what begins so for a formula.
    text = printable(value)
    return "'" + text if text.startswith(("=", "+", "-", "@")) else text


def as_page(rows: list[Row], name: str, said: str) -> str:
    """Return the readable page: a table for each chapter, then what to say to each student."""
    chapters = {row.of.chapter.name: row.of.chapter for row in rows if row.of.chapter}
    tables = [
        _table(chapters[n], [r for r in rows if r.of.chapter == chapters[n]])
        for n in sorted(chapters)
    ]
    faulty = [row for row in rows if not row.of.chapter]
    if faulty:
        lines = [
            f"<li><b>{_safe(r.of.file)}</b>: {_safe(r.of.problem)}</li>" for r in faulty
        ]
        tables.append(f"<h2>No notebook of a chapter</h2><ul>{''.join(lines)}</ul>")
    students = "".join(_details(row) for row in rows if row.of.chapter)
    parts = {
        "name": _safe(name),
        "said": _safe(said),
        "tables": "".join(tables),
        "students": students,
    }
    return string.Template(PAGE.read_text(encoding="utf-8")).substitute(parts)


def _safe(text):
    return html.escape(printable(text))


def _table(chapter: Notebook, rows):
    numbers = handed_in.exercises(chapter)
    lines, counts = [], Counter()
    for row in rows:
        states = [row.outcomes[n].state for n in numbers]
        counts.update(
            n for n, state in zip(numbers, states, strict=True) if state == RIGHT
        )
        marked = "".join(
            f"<td class='{state.replace(' ', '-')}'>{state}</td>" for state in states
        )
        look = "read below" if row.of.problem or row.of.remarks else ""
        name = f"<a href='#{_anchor(row)}'>{_safe(row.of.student)}</a>"
        lines.append(_line(name, f"{row.n_right()} of {len(numbers)}", marked, look))
    sums = "".join(f"<td>{counts[n]} right</td>" for n in numbers)
    lines.append(_line(f"all {len(rows)}", "", sums, ""))
    head = "".join(
        f"<th scope='col'>{n}</th>" for n in ["student", "right", *numbers, "look"]
    )
    table = f"<table><tr>{head}</tr>{''.join(lines)}</table>"
    return f"<h2>{_safe(chapter.title())}</h2><div class='wide'>{table}</div>"


def _line(name, n_right, cells, look):
    return (
        f"<tr><th scope='row'>{name}</th><td>{n_right}</td>{cells}<td>{look}</td></tr>"
    )


def _anchor(row):
    return "file-" + os.fsencode(row.of.file).hex()


def _details(row):
    one = row.of
    said = [f"<p class='problem'>{_safe(one.problem)}</p>"] if one.problem else []
    said += [f"<p class='remark'>{_safe(remark)}</p>" for remark in one.remarks]
    items = []
    for number, outcome in row.outcomes.items():
        answer = f" <code>{_safe(outcome.answer)}</code>" if outcome.answer else ""
        why = _safe(outcome.said) if outcome.state != RIGHT else ""
        items.append(f"<li><b>{number}</b>: {outcome.state}.{answer} {why}</li>")
    own = "\n\n".join(f"# Cell {n}\n{text}" for n, text in one.own().items())
    code = html.escape(own.encode("utf-8", "replace").decode())
    folded = (
        f"<details><summary>Their own code</summary><pre>{code}</pre></details>"
        if own
        else ""
    )
    title = f"{_safe(one.student)} <small>{_safe(one.file)}</small>"
    inner = f"<h3>{title}</h3>{''.join(said)}<ul>{''.join(items)}</ul>{folded}"
    return f"<section id='{_anchor(row)}'>{inner}</section>"
