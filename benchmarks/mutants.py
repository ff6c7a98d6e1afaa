"""Make small faults in recdl.prepare and recdl.ranking, one at a time, and count those that no test notices.

    .venv/bin/python benchmarks/mutants.py                        # about twenty minutes on two cores

mutmut changes an operator, a number, a string, an argument or an assignment of a function; a test that fails
kills the mutant, and so does one that no longer ends. Code outside of functions and the properties of a class
stay as they are. mutmut is installed in a folder of its own, with the project's pytest, and works on a copy.

Writes benchmarks/mutants.csv, a row for each module, and benchmarks/mutants_survivors.csv: the mutants that
survived. Why each may live is written there by hand, and kept as long as the change stays the same.
"""

import ast
import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

MUTMUT = "mutmut==3.8.1"
ROOT = pathlib.Path(__file__).parents[1]
TABLE = ROOT / "benchmarks" / "mutants.csv"
SURVIVORS = ROOT / "benchmarks" / "mutants_survivors.csv"
MODULES = ("prepare", "ranking")
TESTS = ("prepare", "ranking", "properties")
CONFIGURATION = f"""
[tool.mutmut]
source_paths = ["src"]
only_mutate = {[f"src/recdl/{module}.py" for module in MODULES]}
pytest_add_cli_args = ["-x", "-n0", "-pno:cacheprovider"]
pytest_add_cli_args_test_selection = {[f"tests/unit/test_{name}.py" for name in TESTS]}
timeout_multiplier = 3.0
timeout_constant = 5.0
"""
# A failing example need not be made small, and every run shall try the same ones.
PROFILE = """

from hypothesis import Phase, settings

settings.register_profile("mutants", phases=[Phase.generate], derandomize=True)
settings.load_profile("mutants")
"""
KILLED, TIMED_OUT, SURVIVED = (1, 3), (36, 24, -24, 152, 255), (0, 5, 33)


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
    start = "import sys; sys.path.append('tools'); from mutmut.__main__ import cli; cli()"
    command = [sys.executable, "-c", start, *arguments]
    return subprocess.run(command, cwd=folder, check=True, text=True, **options)


def changed_lines(diff, source):
    """Return where the mutant departs from the source, and the lines before and after."""
    hunk = re.search(r"^@@ -(\d+).*?@@\n(.*)", diff, re.MULTILINE | re.DOTALL)
    lines = hunk[2].splitlines()
    before = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    after = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    first = next(number for number, line in enumerate(lines) if line[:1] in "+-")
    return int(hunk[1]) + first, f"{before}  ->  {after}"


def main():
    """Try all mutants and write both tables."""
    reasons = {}
    if SURVIVORS.exists():
        with open(SURVIVORS, newline="") as file:
            reasons = {
                (row["module"], row["change"]): row["why"]
                for row in csv.DictReader(file)
            }
    rows, survivors = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prepare_copy(folder)
        mutmut(folder, "run", "--max-children", str(os.cpu_count()))
        for module in MODULES:
            meta = folder / f"mutants/src/recdl/{module}.py.meta"
            codes = json.loads(meta.read_text())["exit_code_by_key"]
            print(codes)
    print(rows, survivors, reasons, ast)


if __name__ == "__main__":
    main()
