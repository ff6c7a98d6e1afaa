"""Grade a folder of handed-in notebooks with the verdicts that `check` gives.

    python -m tools.grade handed_in            # writes handed_in-grades.csv and .html beside it
    python -m tools.grade handed_in --trust    # also runs notebooks that name what could do harm

This runs the notebooks: programs of other people, with all your rights. Each runs in a process of its own, in
an empty folder, with few epochs, a time limit, and none of your environment's variables; on Linux, where the
system allows it, also without network. That stops accidents. It is no lock against somebody who means harm.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from recdl import download
from recdl.alone import run_alone
from recdl.files import replacing
from tools import ROOT, cells, handed_in
from tools.command import command, tell
from tools.grades import RIGHT, Outcome, Row, as_csv, as_page, printable
from tools.handed_in import A_CHECK, HandedIn
from tools.project import Project

LIMIT_S = 600
NOT_YET, OPEN = "not yet", "open"
STOPPED, NOT_REACHED, NO_CHECK, NOT_RUN = (
    "stopped",
    "not reached",
    "no check",
    "not run",
)
# Of Linux: no network, and what it starts ends with it.
ALONE = ["unshare", "--user", "--map-current-user", "--net", "--pid", "--fork"]
NOTES = (  # what tools.answers writes
    {"begins": int},
    {"stopped": int, "why": str},
    {"check": str, "open": bool, "right": bool, "said": str, "answer": str},
    {"done": bool},
)
KEPT = (
    "PATH",
    "LANG",
    "LC_ALL",
    "SYSTEMROOT",
    "COMSPEC",
    "PATHEXT",
)  # of the variables
HOMES = ("HOME", "USERPROFILE", "TEMP", "TMP", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR")
WARNING = (
    "This runs programs of other people, in {n} of {of} files, with all your rights. Each runs in an "
    "empty folder and is stopped after {limit_s} seconds. {network} That prevents accidents; it does not "
    "stop somebody who means harm. Ctrl-C ends it."
)


# Running


def without_network() -> list[str]:
    """Return what to write before a command so that it has no network; nothing where that is not possible."""
    with contextlib.suppress(OSError):  # there is no such program
        tried = [*ALONE, sys.executable, "-c", ""]
        if subprocess.run(tried, capture_output=True, check=False).returncode == 0:
            return ALONE
    return []


def job(one: HandedIn) -> dict:
    """Return what `tools.answers` wants to know."""
    tagged = [
        n for n, c in enumerate(one.code().values(), 1) if "parameters" in cells.tags(c)
    ]
    return {
        "sources": [cells.source(cell) for cell in one.code().values()],
        "parameters": one.chapter.parameters("quick"),
        "behind": tagged[0] if tagged else 0,
    }


def notes_of(
    one: HandedIn, data: Path, before: list[str], limit_s: float
) -> list[dict]:
    """Run a notebook in a process of its own; return its notes, the last one of which tells how it ended."""
    with tempfile.TemporaryDirectory(
        prefix="recdl-", ignore_cleanup_errors=True
    ) as place:
        work, home = Path(place, "work"), Path(place, "home")
        wanted, notes = Path(place, "job.json"), Path(place, "notes.jsonl")
        work.mkdir()
        home.mkdir()
        notes.touch()
        wanted.write_text(json.dumps(job(one)), encoding="utf-8")
        own = dict.fromkeys(HOMES, str(home)) | {"RECDL_MOVIELENS": str(data)}
        own |= {"MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
        variables = {
            name: os.environ[name] for name in KEPT if name in os.environ
        } | own
        call = [*before, sys.executable, "-m", "tools.answers", str(wanted), str(notes)]
        code = run_alone(call, work, limit_s, variables)
        return [*_parsed(notes), {"ended": _ended(code, limit_s)}]


def _ended(code, limit_s):
    if code is None:
        return f"It took longer than {limit_s:g} seconds"
    return f"Its process ended (code {code})" if code else ""


def _parsed(notes):
    """Return the notes; a line that is none was cut off at the end, or the notebook wrote it."""
    found = []
    for line in notes.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError, RecursionError):
            found.append(json.loads(line))
    return [note for note in found if isinstance(note, dict) and _is_note(note)]


def _is_note(note):
    return any(
        note.keys() == kinds.keys()
        and all(type(note[k]) is kind for k, kind in kinds.items())
        for kinds in NOTES
    )


# What became of it


def row_of(one: HandedIn, notes: list[dict]) -> Row:
    """Return a notebook's row, and add to its problem and remarks what the run told."""
    numbers, texts = list(one.code()), list(map(cells.source, one.code().values()))
    begun = max(
        (n["begins"] for n in notes if n.get("begins", 0) in range(1, len(texts) + 1)),
        default=0,
    )
    done = any("done" in note for note in notes)
    if ended := notes[-1]["ended"] or (
        "" if done else "Its process ended before the last cell"
    ):
        where = f" in cell {numbers[begun - 1]}" if begun else " before its first cell"
        one.problem = f"{ended}{where}. What was judged until then counts."
    stops = {note["stopped"]: note["why"] for note in notes if "stopped" in note}
    outcomes = {}
    for number in handed_in.exercises(one.chapter):
        places = [
            n for n, text in enumerate(texts, 1) if number in A_CHECK.findall(text)
        ]
        tries = [note for note in notes if note.get("check") == number]
        why = next((stops[n] for n in places if n in stops), "")
        reached = done or any(n < begun for n in places)
        outcomes[number] = _outcome(tries, places, why, reached)
    others = [
        n for n in stops if 0 < n <= len(texts) and not A_CHECK.search(texts[n - 1])
    ]
    if others:
        first = others[0]
        one.remarks.append(
            f"Cell {numbers[first - 1]} stopped ({stops[first]}); in all, {len(others)} did."
        )
    many = [number for number, outcome in outcomes.items() if outcome.n_checks > 2]
    if many:
        one.remarks.append(
            f"More than two answers were tried in one run: {', '.join(many)}."
        )
    return Row(one, outcomes)


def _outcome(tries, places, why, reached):
    answered = [note for note in tries if not note["open"]]
    if answered:
        last = answered[-1]
        state = RIGHT if last["right"] else NOT_YET
        said = (
            last["said"].replace("*", "").split(": ", 1)[-1].removeprefix("Not yet. ")
        )  # without the number
        return Outcome(state, said, last["answer"], len(answered))
    if why:
        return Outcome(STOPPED, why)
    if tries:
        return Outcome(OPEN)
    if not places:
        return Outcome(NO_CHECK, "No cell calls check for it.")
    return (
        Outcome(NO_CHECK, "Its cell did not reach the course's check.")
        if reached
        else Outcome(NOT_REACHED)
    )


def grade(
    found: list[HandedIn], data: Path, limit_s: float, *, trust: bool, before: list[str]
) -> list[Row]:
    """Run what can be run, one behind the other, and return a row for each file."""
    rows = []
    for position, one in enumerate(found, start=1):
        tell(f"{position} of {len(found)}: {printable(one.file)} …")
        harm = [] if trust or one.problem else handed_in.dangers(one)
        if harm:
            one.problem = f"Not run. {' '.join(harm)} Read it; --trust runs it."
        if one.problem:
            known = handed_in.exercises(one.chapter) if one.chapter else []
            rows.append(Row(one, {number: Outcome(NOT_RUN) for number in known}))
        else:
            rows.append(row_of(one, notes_of(one, data, before, limit_s)))
    return rows


# The command


def targets(folder: Path) -> list[Path]:
    """Return where table and page will lie; stop if one is there, as somebody may have written in it."""
    paths = [folder.with_name(f"{folder.name}-grades.{end}") for end in ("csv", "html")]
    for path in paths:
        if path.exists():
            sys.exit(
                f"{path} is there already. Move it away if you need it, or remove it, and grade again."
            )
    return paths


@command(
    {
        "folder": {"help": "the folder with the notebooks"},
        "--seconds": {
            "type": float,
            "default": LIMIT_S,
            "help": "how long one may take",
        },
        "--trust": {
            "action": "store_true",
            "help": "run all of them, whatever they name",
        },
    },
    kept="Nothing was written; the same command begins anew.",
)
def main(root: Path, folder: str, seconds: float, trust: bool):
    """Grade a folder of handed-in notebooks; this runs them."""
    place = Path(folder).expanduser().resolve()
    if not folder or not place.is_dir():
        sys.exit(
            f"There is no folder {folder!r}. Name the one with the notebooks: make grade DIR=handed_in"
        )
    table, page = targets(place)
    found = handed_in.read(place, Project(root).notebooks())
    if not found:
        sys.exit(
            f"{place} has no files. Put the notebooks there, in a folder for each student if you like."
        )
    before = without_network()
    network = "They have no network." if before else "They have your network."
    n = sum(not one.problem for one in found)
    tell(
        said := WARNING.format(
            n=n, of=len(found), limit_s=f"{seconds:g}", network=network
        )
    )
    rows = grade(
        found, download.obtain().resolve(), seconds, trust=trust, before=before
    )
    with replacing(table) as csv_file, replacing(page) as html_file:
        csv_file.write_text(
            as_csv(rows), encoding="utf-8-sig", errors="replace", newline=""
        )
        html_file.write_text(
            as_page(rows, place.name, said), encoding="utf-8", errors="replace"
        )
    tell(f"{table}\n{page}")


if __name__ == "__main__":
    main()
