"""Run the unit tests with the oldest or the newest packages that pyproject.toml allows.

    python -m tools.versions lowest    # the oldest of what pyproject.toml names, and what they need
    python -m tools.versions newest    # the newest of everything; requirements.txt plays no part

On every supported Python that is found here, in an environment that uv makes anew each time, because what is
newest changes daily.
"""

import json
import re
import sys
import time

from tools.command import command, tell
from tools.environment import supported
from tools.packages import uv
from tools.project import Project

RESOLUTION = {"lowest": "lowest-direct", "newest": "highest"}
HERE = "{}.{}".format(*sys.version_info)
LIST = (
    "import importlib.metadata as m, json;"
    "print(json.dumps({d.name.lower().replace('_', '-'): d.version for d in m.distributions()}))"
)


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
    """Run the unit tests in an environment with such versions.

    Returns
    -------
    dict
        The version of each package that was installed, and under "unit tests" whether they passed.
    """
    begin = time.monotonic()
    place = ("run", "--isolated", "--no-project", "--python", python, "--no-build")
    wanted = (f"--with={name}{allowed}" for name, allowed in named(project).items())
    own = (
        "--with=pip>=23.2",
        f"--with-editable={project.root}",
    )  # that alone may be built
    inside = (*place, "--resolution", RESOLUTION[which], *wanted, *own, "python")
    tell(f"Python {version}: installing the {which} versions …")
    listed = uv(*inside, "-c", LIST, stdout=-1)
    if listed.returncode:
        return {"unit tests": "not installed"}
    found = json.loads(listed.stdout)
    tell(f"Python {version}: {len(found)} packages; running the unit tests …")
    tests = ("-m", "pytest", "-q", project.root / "tests" / "unit")
    failed = uv(*inside, *tests, cwd=project.root, stdout=sys.stderr).returncode
    tell(f"Python {version}: done after {time.monotonic() - begin:.0f} s.")
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
    for version in found.keys() - results.keys():
        print(f"Python {version} is not installed here and was not tried.")
    if any(result["unit tests"] != "passed" for result in results.values()):
        sys.exit("Not passed. What pytest or uv said stands above.")


if __name__ == "__main__":
    main()
