"""Run the unit tests, unless they have passed for everything that they read.

    python -m tools.unit_tests        # what make test begins with

They read the files in `READ`, and a test that opens another one fails. The texts of the book are not among
them: these have tests of their own, which always run.
"""

import subprocess
import sys
from pathlib import Path

from recdl import provenance
from tools import below
from tools.command import command, tell

READ = (
    "src",
    "tools",
    "tests/unit",
    "tests/offline.py",
    "benchmarks",
    "pyproject.toml",
    "README.md",  # in the wheel, as is the next
    "LICENSE",
    "requirements.txt",
    "course.py",
    "Makefile",
    "_config.yml",
    "_toc.yml",
)
TESTS = (sys.executable, "-m", "pytest", "-q", "tests/unit")


def files(root: Path) -> list[Path]:
    """Return the files that the unit tests may read, without what Python itself writes."""
    places = [root / name for name in READ]
    found = {p for place in places for p in below(place)}
    return sorted(found.union(p for p in places if p.is_file()))


def fingerprint(root: Path) -> str:
    """Return one hash of these files and of Python; the lock is one of them."""
    parts = [sys.version]
    for path in files(root):
        parts += [path.relative_to(root).as_posix(), path.read_bytes()]
    return provenance.sha256(*parts)


@command()
def main(root: Path):
    """Run the unit tests, unless they have passed for everything that they read."""
    passed, now = root / "_build" / "unit-tests-passed-for", fingerprint(root)
    if passed.exists() and passed.read_text("utf-8") == now:
        tell("The unit tests have passed; nothing that they read has changed since.")
        return
    passed.unlink(missing_ok=True)
    if code := subprocess.run(TESTS, cwd=root, check=False).returncode:
        sys.exit(code)
    passed.parent.mkdir(exist_ok=True)
    passed.write_text(now, encoding="utf-8")


if __name__ == "__main__":
    main()
