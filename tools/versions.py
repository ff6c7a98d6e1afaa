"""Run the unit tests with the oldest or the newest packages that pyproject.toml allows.

    python -m tools.versions lowest    # the oldest of what pyproject.toml names, and what they need
    python -m tools.versions newest    # the newest of everything; requirements.txt plays no part

On every supported Python that is found here, in an environment that is made anew each time, because what is
newest changes daily.
"""

import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib

from tools.environment import ROOT, SUPPORTED, alone, exit_on_signals, say

RESOLUTION = {"lowest": "lowest-direct", "newest": "highest"}
HERE = "{}.{}".format(*sys.version_info)


def uv(*arguments, **options):
    """Run uv, which must never download a Python, and return how it ended."""
    pyenv = os.path.expanduser(os.environ.get("PYENV_ROOT", "~/.pyenv"))
    places = [os.environ["PATH"], *glob.glob(f"{glob.escape(pyenv)}/versions/*/bin")]
    variables = {"UV_PYTHON_DOWNLOADS": "never", "PATH": os.pathsep.join(places)}
    command = [sys.executable, "-m", "uv", *map(str, arguments)]
    return subprocess.run(command, env=os.environ | variables, text=True, **options)


def pythons() -> dict[str, str]:
    """Return the path of each supported Python by its version; it is empty where there is none."""
    found = {}
    for version in ("{}.{}".format(*pair) for pair in SUPPORTED):
        asked = uv("python", "find", version, capture_output=True)
        found[version] = sys.executable if version == HERE else asked.stdout.strip()
    return found


def named() -> dict[str, str]:
    """Return the packages that pyproject.toml names, each with the versions that it allows."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    lines = sum(project["optional-dependencies"].values(), project["dependencies"])
    return dict(re.fullmatch(r"([\w-]+)(.*)", line).groups() for line in lines)


def tried(which: str, version: str, python: str) -> dict[str, str]:
    """Make an environment and run the unit tests in it.

    Returns
    -------
    dict
        The version of each package that was installed, and under "unit tests" whether they passed.
    """
    place, begin = ROOT / "_build" / f"{which}-{version}", time.time()
    own = place / "bin" / "python"
    shutil.rmtree(place, ignore_errors=True)
    say(f"Python {version}: installing the {which} versions into {place} …")
    into = ("pip", "install", "--quiet", "--python", own)
    chosen = ("--upgrade", "--resolution", RESOLUTION[which], "--only-binary", ":all:")
    steps = [
        ("venv", "--quiet", "--seed", "--python", python, place),
        (*into, *chosen, "--all-extras", "-r", ROOT / "pyproject.toml"),
        (*into, "--no-deps", "--no-build-isolation", "--editable", ROOT),
    ]
    if any(uv(*step, stdout=sys.stderr).returncode for step in steps):
        return {"unit tests": "not installed"}
    listed = uv("pip", "list", "--python", own, "--format", "json", capture_output=True)
    found = {
        package["name"]: package["version"] for package in json.loads(listed.stdout)
    }
    say(f"Python {version}: {len(found)} packages; running the unit tests …")
    command = [own, "-m", "pytest", "-q", ROOT / "tests" / "unit"]
    failed = subprocess.run(command, cwd=ROOT, stdout=sys.stderr).returncode
    say(f"Python {version}: done after {time.time() - begin:.0f} s.")
    if not failed:
        shutil.rmtree(place)
    return found | {"unit tests": "failed" if failed else "passed"}


def table(which: str, results: dict[str, dict]) -> str:
    """Return what was tried as a table: a row for each package that pyproject.toml names."""
    rows = [[which, "allowed", *(f"Python {version}" for version in results)]]
    for name, allowed in [*named().items(), ("unit tests", "")]:
        rows.append([name, allowed, *(r.get(name, "–") for r in results.values())])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def main():
    """Read the command line, try every Python, and say at the end which were tried and which were not."""
    parser = argparse.ArgumentParser(
        description="Run the unit tests with other versions."
    )
    parser.add_argument("which", choices=RESOLUTION)
    which = parser.parse_args().which
    exit_on_signals()
    try:
        with alone("versions"):
            found = pythons()
            results = {v: tried(which, v, path) for v, path in found.items() if path}
    except KeyboardInterrupt:
        sys.exit("Interrupted. The same command begins anew.")
    print(table(which, results))
    for version in found.keys() - results.keys():
        print(f"Python {version} is not installed here and was not tried.")
    if any(result["unit tests"] != "passed" for result in results.values()):
        sys.exit(f"Not passed. What did not is left in _build/{which}-…")


if __name__ == "__main__":
    main()
