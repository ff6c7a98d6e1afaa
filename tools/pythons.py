"""Finding a Python for the course: the one that runs this, another one that is here, or one that uv fetches.

This uses the standard library only, and syntax that Python 3.6 can still read.
"""

import collections
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys

from tools import ROOT
from tools.command import tell
from tools.packages import network

Python = collections.namedtuple("Python", "path version bits")
Python.__doc__ = "An interpreter: its path, what it says of its version, and whether it has 32 or 64 bits."

# What an interpreter says of itself or, if it is in a virtual environment, of the one behind that.
ASK = (
    "import json, sys; print(json.dumps([getattr(sys, '_base_executable', None) or sys.executable, "
    "sys.version, 64 if sys.maxsize > 2**32 else 32]))"
)
UV_PAGE = "docs.astral.sh/uv"
LACKING = {"darwin": [(3, 11)]}  # on macOS: the lock's gevent, which recommenders needs


def allowed(root=ROOT):
    """Return the Pythons that pyproject.toml names, such as ``[(3, 11), (3, 12)]``."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    first, end = re.search(
        r'^requires-python = ">=3\.(\d+),<3\.(\d+)"', text, re.M
    ).groups()
    return [(3, minor) for minor in range(int(first), int(end))]


def supported():
    """Return those of them for which all packages exist on this system."""
    lacking = LACKING.get(sys.platform, [])
    return [pair for pair in allowed() if pair not in lacking]


def names():
    """Return the supported Pythons as words have them, such as ``"3.11 or 3.12"``."""
    *others, last = ("{}.{}".format(*pair) for pair in supported())
    return ", ".join(others) + " or " + last


def this():
    """Return the Python that runs this or, if it is in a virtual environment, the one behind that."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    path = base if os.path.exists(base) else sys.executable
    return Python(path, sys.version, 64 if sys.maxsize > 2**32 else 32)


def inside(place):
    """Return the path of the Python in a virtual environment."""
    return place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def pair(python):
    """Return the two numbers of a Python's version, such as ``(3, 12)``."""
    return tuple(map(int, re.match(r"(\d+)\.(\d+)", python.version).groups()))


def fits(python):
    """Tell whether the course's packages exist for a Python: those of 32 bits and without GIL have none."""
    usual = python.bits == 64 and "free-threading" not in python.version
    return usual and pair(python) in supported()


def ask(command):
    """Return the Python that a command starts, if it starts one that fits."""
    pipes = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    pipes.update(stdout=subprocess.PIPE, universal_newlines=True)
    try:
        done = subprocess.run([*command, "-c", ASK], timeout=60, **pipes)
        found = Python(*json.loads(done.stdout))
    except (OSError, ValueError, TypeError, subprocess.TimeoutExpired):
        return None
    return found if fits(found) else None


def commands():
    """Yield the commands that may start a supported Python on this computer, the newest first."""
    folders = list(dict.fromkeys(os.get_exec_path()))
    versions = ["{}.{}".format(*pair) for pair in reversed(supported())]
    for version in versions:
        # All of PATH, as what stands first there may be an entry of pyenv for one that is not switched on.
        for folder in folders:
            path = shutil.which("python" + version, path=folder)
            if path:
                yield [path]
        if os.name == "nt" and shutil.which("py"):
            yield ["py", "-" + version]
    for path in filter(None, map(shutil.which, ("python3", "python"))):
        yield [path]


def uv():
    """Return the command that starts uv, if there is one."""
    path = shutil.which("uv")
    if path:
        return [path]
    return [sys.executable, "-m", "uv"] if importlib.util.find_spec("uv") else None


def of_uv():
    """Return a Python that uv has or fetches, None if uv is not here, or stop if it cannot."""
    start = uv()
    if not start:
        return None
    pipes = {"stdout": subprocess.PIPE, "encoding": "utf-8"}
    variables = dict(os.environ, UV_PYTHON_DOWNLOADS="never")
    find = [*start, "python", "find", "--system"]
    versions = ["{}.{}".format(*pair) for pair in reversed(supported())]
    for version in versions:
        done = subprocess.run(
            [*find, version], env=variables, stderr=subprocess.DEVNULL, **pipes
        )
        found = ask([done.stdout.strip()]) if done.returncode == 0 else None
        if found:
            return found
    tell(f"Fetching Python {versions[0]} with uv …")
    subprocess.run([*start, "python", "install", versions[0]])
    done = subprocess.run([*find, versions[0]], env=variables, **pipes)
    found = ask([done.stdout.strip()]) if done.returncode == 0 else None
    if not found:
        sys.exit(
            f"uv did not fetch Python {versions[0]}; what it said stands above. If it did not reach "
            f"its server, {network()}."
        )
    return found


def found():
    """Yield the supported Pythons of this computer: this one if it fits, then the newest first."""
    if fits(this()):
        yield this()
    yield from filter(None, map(ask, commands()))


def named(command):
    """Return the Python that somebody has named, or stop if it is no supported one."""
    python = ask([command])
    if not python:
        sys.exit(
            f"PYTHON={command} does not start Python {names()} with 64 bits and the usual GIL. Name such a "
            "one, or leave PYTHON= out; then the course looks for one."
        )
    return python


def fitting():
    """Return a supported Python, this one if possible, or stop with what to do."""
    python = next(found(), None) or of_uv()
    if python:
        return python
    mine = this()
    what = f"{mine.path} is Python {mine.version.split()[0]} of {mine.bits} bits"
    if pair(mine) > supported()[-1]:
        what += ", too new: there is no finished TensorFlow for it yet"
    elif "free-threading" in mine.version:
        what += ", free-threaded (without GIL), for which not all packages exist"
    sys.exit(
        f"This course needs Python {names()}, with 64 bits, and {what}. Install one of them beside it, "
        f"or install uv, which fetches one by itself (pip install uv, or {UV_PAGE}); then try again."
    )
