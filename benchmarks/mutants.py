"""Make small faults in the modules of `MODULES`, one at a time; count those that no test notices.

    .venv/bin/python benchmarks/mutants.py                        # about twenty minutes on two cores

mutmut changes an operator, a number, a string, an argument or an assignment of a function; a test that fails
kills the mutant, and so does one that no longer ends. Code outside of functions and the properties of a class
stay as they are. mutmut is installed in a folder of its own, with the project's pytest, and works on a copy.

Writes benchmarks/mutants.csv, a row for each module, and benchmarks/mutants_survivors.csv: the mutants that
survived. Why each may live is written there by hand, and kept as long as the change stays the same.
"""

import argparse
import csv
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

MUTMUT = "mutmut==3.8.1"
ROOT = pathlib.Path(__file__).parents[1]
TABLE = ROOT / "benchmarks" / "mutants.csv"
SURVIVORS = ROOT / "benchmarks" / "mutants_survivors.csv"
MEMORY = 8 * 2**30  # bytes that a process may ask for
MODULES = (
    "checks",
    "ratings",
    "splits",
    "interactions",
    "ranking",
    "evaluation",
    "uncertainty",
    "sampled",
)
CONFIGURATION = f"""
[tool.mutmut]
source_paths = ["src"]
only_mutate = {[f"src/recdl/{module}.py" for module in MODULES]}
pytest_add_cli_args = ["-x", "-n0", "-pno:cacheprovider"]
pytest_add_cli_args_test_selection = {[f"tests/unit/test_{name}.py" for name in MODULES]}
timeout_multiplier = 2.0
timeout_constant = 15.0
"""
# A failing example need not be made small, and every run shall try the same ones.
PROFILE = """

from hypothesis import Phase, settings

settings.register_profile("mutants", phases=[Phase.generate], derandomize=True)
settings.load_profile("mutants")
"""
# Exit codes of a run of the tests: mutmut stops one by a signal when its time is up.
SURVIVED, TIMED_OUT = (0, 5, 33), (36, 24, -24, 152, 255)


def prepare_copy(folder):
    """Copy the package and its tests, and install mutmut beside them."""
    caches = shutil.ignore_patterns("__pycache__")
    for part in ("src", "tests/unit"):
        shutil.copytree(ROOT / part, folder / part, ignore=caches)
    settings = (ROOT / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(settings + CONFIGURATION)
    with open(folder / "tests/unit/conftest.py", "a") as conftest:
        conftest.write(PROFILE)
    install = ["-m", "uv", "pip", "install", "-q", "--python", sys.executable]
    target = ["--target", str(folder / "tools"), MUTMUT]
    subprocess.run([sys.executable, *install, *target], check=True)


def mutmut(folder, *arguments, **options):
    """Run mutmut; what the project has already, pytest above all, comes first on the path."""
    start = (
        "import sys; sys.path.append('tools'); from mutmut.__main__ import cli; cli()"
    )
    command = [sys.executable, "-c", start, *arguments]
    return subprocess.run(command, cwd=folder, check=True, text=True, **options)


def describe(diff, source):
    """Return the line of a change in the source, and its text before and after."""
    # mutmut shows a method without its indentation.
    diff = [(line[0], line[1:].strip()) for line in diff.splitlines()[3:]]
    before = [text for sign, text in diff if sign != "+"]
    lines = [line.strip() for line in source.splitlines()]
    start = next(n for n in range(len(lines)) if lines[n:][: len(before)] == before)
    first = next(n for n, (sign, _) in enumerate(diff) if sign != " ")
    removed, added = (
        " ".join(text for sign, text in diff if sign == wanted) for wanted in "-+"
    )
    return start + first + 1, f"{removed} -> {added}"


def read_results(folder):
    """Return the rows of both tables; a survivor has no explanation yet."""
    rows, survivors = [], []
    for module in MODULES:
        path = f"src/recdl/{module}.py"
        source = (folder / path).read_text()
        meta = json.loads((folder / "mutants" / f"{path}.meta").read_text())
        codes = meta["exit_code_by_key"]
        if None in codes.values():
            raise SystemExit("mutmut stopped before it had tried all mutants.")
        lived = [mutant for mutant, code in codes.items() if code in SURVIVED]
        timed_out = sum(code in TIMED_OUT for code in codes.values())
        killed = len(codes) - len(lived)
        percent = round(100 * killed / len(codes), 1)
        rows.append([module, len(codes), killed, timed_out, len(lived), percent])
        for mutant in lived:
            shown = mutmut(folder, "show", mutant, capture_output=True).stdout
            diff = shown[shown.index("--- ") :].rstrip("\n")
            survivors.append([module, *describe(diff, source)])
    return rows, sorted(survivors)


def write(path, header, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header.split(","), *rows])
    print(f"Wrote {path}")


def main():
    """Try all mutants and write both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    say = "work here, and go on where a run with this folder was stopped"
    parser.add_argument("--folder", type=pathlib.Path, help=say)
    folder = parser.parse_args().folder or pathlib.Path(tempfile.mkdtemp())
    reasons = {}
    if SURVIVORS.exists():
        with open(SURVIVORS, newline="") as file:
            reasons = {
                (row["module"], row["change"]): row["why"]
                for row in csv.DictReader(file)
            }
    # A mutant that collects without end shall fail before it fills the machine.
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if not (folder / "tools").exists():
        prepare_copy(folder)
    mutmut(folder, "run", "--max-children", str(os.cpu_count()))
    rows, survivors = read_results(folder)
    explained = [[*row, reasons.get((row[0], row[2]), "")] for row in survivors]
    write(TABLE, "module,mutants,killed,timed out,survived,percent killed", rows)
    write(SURVIVORS, "module,line,change,why", explained)
    print(f"{sum(not row[3] for row in explained)} survivors need an explanation.")


if __name__ == "__main__":
    main()
