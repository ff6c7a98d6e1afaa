"""Stamp the rows of the experiments anew after a change of the code that changes no result, and prove it.

    python -m tools.confirm --since main     # compared with the code of the branch main

A row whose code has changed is refused, though most changes (a new name, one check more) change no result.
Making all rows anew takes hours. So this makes some of them anew: of each experiment the cheapest rows in
which together every system, every split, every argument and every choice among words occurs. A row must be
equal, to the last digit of all but seconds and versions, to the one in the table or, as that may come from
another processor, to the one that the code of the commit makes here. Then the stale rows of the experiment
get the fingerprint of the present code. If anything differs, the command says what, and the table stays.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

from recdl.experiments import plan, tables
from recdl.experiments.tables import Row
from tools import ROOT
from tools.command import command, tell
from tools.experiments import forget

NOT_COMPARED = {"seconds", *tables.versions()}


def features(row: Row) -> set[tuple]:
    """Return what must occur in a row that is made anew: system, split, arguments, and words among them."""
    words = {(k, str(v)) for k, v in row.setting.items() if isinstance(v, str | bool)}
    return {("system", row.system), ("split", row.split), *zip(row.setting), *words}


def chosen(rows: list[dict[str, str]]) -> list[tuple[Row, dict[str, str]]]:
    """Return the cheapest rows in which every feature of all rows occurs, each as planned and as read."""
    found, seen = [], set()
    for old in sorted(rows, key=lambda row: float(row["seconds"])):
        row = tables.planned(old)
        if not features(row) <= seen:
            found.append((row, old))
            seen |= features(row)
    return found


def made(experiment: str, row: Row) -> dict[str, str]:
    """Make a row with the present code, and return what it holds, as texts."""
    found = plan.make(experiment, row)
    forget()
    return {name: str(value) for name, value in found.items()}


def check_out(commit: str, folder: str):
    """Lay a commit of this repository out in an empty folder."""
    git = ["git", "-C", str(ROOT)]
    name = [*git, "rev-parse", "--verify", "--end-of-options", f"{commit}^{{commit}}"]
    known = subprocess.run(name, stdout=subprocess.PIPE, text=True, check=True)
    clone = ["clone", "--quiet", "--shared", "--no-checkout", str(ROOT), folder]
    subprocess.run([*git, *clone], check=True)
    checkout = ["-C", folder, "checkout", "--quiet", "--detach", known.stdout.strip()]
    subprocess.run([*git, *checkout], check=True)


def made_by(commit: str, experiment: str, row: Row) -> dict[str, str]:
    """Make a row here, with the code of a commit, and return what it holds, as texts."""
    code = "import sys; from tools import confirm; confirm.print_made(*sys.argv[1:])"
    with tempfile.TemporaryDirectory(prefix="recdl-") as folder:
        check_out(commit, folder)
        command = [sys.executable, "-c", code, experiment, json.dumps(row)]
        paths = os.pathsep.join([folder, os.path.join(folder, "src")])
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": paths},
            stdout=subprocess.PIPE,
            check=True,
        )
    return json.loads(done.stdout)


def print_made(experiment: str, row: str):
    """Print a row that is made now as JSON; `made_by` calls this in the code of a commit."""
    print(json.dumps(made(experiment, Row(*json.loads(row)))))


def differences(old: dict[str, str], new: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return what differs between a row and the same row made anew: name, old and new value."""
    pairs = {name: (old.get(name, ""), new[name]) for name in new.keys() - NOT_COMPARED}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def prove(experiment: str, row: Row, old: dict[str, str], since: str) -> str:
    """Make a row anew; return what it is equal to, or raise `recdl.experiments.tables.TableError`."""
    new = made(experiment, row)
    if not differences(old, new):
        return "equal to the table"
    if differing := differences(made_by(since, experiment, row), new):
        raise tables.TableError(
            f"{experiment}: {row.system}, seed {row.seed}, {row.split} has other results now than with the "
            f"code of {since} (before, now): {differing}. This table was not stamped. {tables.AGAIN}"
        )
    return f"equal to the code of {since} on this computer"


def confirm(experiment: str, since: str):
    """Make rows of one experiment anew, and stamp those that are stale."""
    rows = tables.read(experiment)
    codes = [plan.code_of(experiment, row["system"], row["split"]) for row in rows]
    stale = [
        (row, code)
        for row, code in zip(rows, codes, strict=True)
        if row["code"] != code
    ]
    trials = chosen([row for row, _ in stale])
    for count, (row, old) in enumerate(trials, start=1):
        begin = time.time()
        said = prove(experiment, row, old, since)
        tell(
            f"{experiment}, {count} of {len(trials)}: {row.system}, seed {row.seed}, {row.split}: {said}, "
            f"{time.time() - begin:.0f} s"
        )
    for row, code in stale:
        row["code"] = code
        row["check"] = tables.check_digits(row)
    if stale:
        tables.write(experiment, rows)
    tell(f"{experiment}: {len(stale)} of {len(rows)} rows stamped.")


@command(
    {
        "--since": {
            "default": "HEAD",
            "help": "the commit with the code to compare with",
        },
        "--only": {
            "choices": [*plan.EXPERIMENTS, *plan.SECOND_EXPERIMENTS],
            "help": "one experiment",
        },
    },
    lock="experiments",
    kept="Tables that are stamped stay so; the same command continues.",
)
def main(root, since, only):
    """Stamp rows anew whose code has changed without changing a result."""
    for name in [only] if only else plan.EXPERIMENTS:
        confirm(name, since)


if __name__ == "__main__":
    main()
