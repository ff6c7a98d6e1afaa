"""Run the unit tests with the oldest or the newest packages that pyproject.toml allows.

    python -m tools.versions lowest    # the oldest of what pyproject.toml names, and what they need
    python -m tools.versions newest    # the newest of everything; requirements.txt plays no part

On every supported Python that is found here, in an environment that is made anew each time, because what is
newest changes daily.
"""

import json
import re
import shutil
import subprocess
import sys
import time

from tools.command import command, tell
from tools.packages import uv
from tools.project import Project
from tools.pythons import inside, supported

RESOLUTION = {"lowest": "lowest-direct", "newest": "highest"}
HERE = "{}.{}".format(*sys.version_info)


def pythons() -> dict[str, str]:
    """Return the path of each supported Python by its version; it is empty where there is none."""
    found = {}
    for version in ("{}.{}".format(*pair) for pair in supported()):
        asked = uv("python", "find", version, capture_output=True)
        found[version] = sys.executable if version == HERE else asked.stdout.strip()
    return found


def named(project: Project) -> dict[str, str]:
    """Return the packages that pyproject.toml names, each with the versions that it allows."""
    about = project.about()
    lines = sum(about["optional-dependencies"].values(), about["dependencies"])
    return dict(re.fullmatch(r"([\w-]+)(.*)", line).groups() for line in lines)


def tried(project: Project, which: str, version: str, python: str) -> dict[str, str]:
    """Make an environment with such versions and run the unit tests in it.

    Returns
    -------
    dict
        The version of each package that was installed, and under "unit tests" whether they passed.
    """
    place, begin = project.build / f"{which}-{version}", time.monotonic()
    own = inside(place)
    tell(f"Python {version}: installing the {which} versions into {place} …")
    chosen = (
        "--resolution",
        RESOLUTION[which],
        "--no-build",
    )  # but for the editable one
    what = ("--all-extras", "-r", project.root / "pyproject.toml", "-e", project.root)
    steps = [
        ("venv", "--quiet", "--clear", "--seed", "--python", python, place),
        ("pip", "install", "--quiet", "--python", own, *chosen, *what),
    ]
    if any(uv(*step, stdout=sys.stderr).returncode for step in steps):
        return {"unit tests": "not installed"}
    listed = uv("pip", "list", "--python", own, "--format", "json", capture_output=True)
    found = {p["name"]: p["version"] for p in json.loads(listed.stdout)}
    tell(f"Python {version}: {len(found)} packages; running the unit tests …")
    command = [own, "-m", "pytest", "-q", project.root / "tests" / "unit"]
    failed = subprocess.run(command, cwd=project.root, stdout=sys.stderr).returncode
    tell(f"Python {version}: done after {time.monotonic() - begin:.0f} s.")
    if not failed:
        shutil.rmtree(place)
    return found | {"unit tests": "failed" if failed else "passed"}


def table(project: Project, which: str, results: dict[str, dict]) -> str:
    """Return what was tried as a table: a row for each package that pyproject.toml names."""
    rows = [[which, "allowed", *(f"Python {version}" for version in results)]]
    for name, allowed in [*named(project).items(), ("unit tests", "")]:
        rows.append([name, allowed, *(r.get(name, "–") for r in results.values())])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


@command({"which": {"choices": RESOLUTION}}, lock="versions")
def main(root, which: str):
    """Run the unit tests with other versions, and say at the end with which, and which were not tried."""
    project, found = Project(root), pythons()
    results = {v: tried(project, which, v, path) for v, path in found.items() if path}
    print(table(project, which, results))
    for version in sorted(found.keys() - results.keys()):
        print(f"Python {version} is not installed here and was not tried.")
    if any(result["unit tests"] != "passed" for result in results.values()):
        sys.exit(f"Not passed. What did not is left in _build/{which}-…")


if __name__ == "__main__":
    main()
