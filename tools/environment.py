"""Create the course's environment: a virtual environment with exactly what requirements.txt locks.

    python3 -m tools.environment        # make env; does nothing when the environment is up to date

Runs with the system's Python before anything is installed, so it uses the standard library only and syntax
that Python 3.6 can still read, in order to say that it is too old.
"""

import hashlib
import os
import re
import subprocess
import sys
import time

from tools import ROOT, packages
from tools.command import command, tell


def supported(root=ROOT):
    """Return the supported Pythons that pyproject.toml names, such as ``[(3, 11), (3, 12)]``."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    first, end = re.search(
        r'^requires-python = ">=3\.(\d+),<3\.(\d+)"', text, re.M
    ).groups()
    return [(3, minor) for minor in range(int(first), int(end))]


def check_python():
    """Stop with one sentence when this Python is too old or too new."""
    if sys.version_info[:2] not in supported():
        names = ["{}.{}".format(*pair) for pair in supported()]
        sys.exit(
            "This course needs Python {}, and {} is Python {}.{}. Name another one: "
            "make PYTHON=python{} …".format(
                " or ".join(names), sys.executable, *sys.version_info[:2], names[-1]
            )
        )


class Environment:
    """The virtual environment of a project, in its folder .venv."""

    def __init__(self, root):
        self.root = root
        self.lock, self.place = root / "requirements.txt", root / ".venv"
        self.ready = self.place / "ready"
        self.python = self.place / (
            "Scripts/python.exe" if os.name == "nt" else "bin/python"
        )

    def fingerprint(self):
        """Return what the environment depends on, as one hash: the lock, the interpreter, and the place."""
        # The place, because a virtual environment cannot be moved.
        parts = [self.lock.read_bytes(), sys.version.encode(), str(self.root).encode()]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def is_ready(self):
        """Tell whether the environment is there, whole, and up to date."""
        if not self.ready.exists():
            return False
        return self.ready.read_text(encoding="utf-8") == self.fingerprint()

    def locked_packages(self):
        """Count the packages that the lock names."""
        lock = self.lock.read_text(encoding="utf-8")
        return len(re.findall(r"^[a-z0-9][\w.-]*==", lock, flags=re.M | re.I))

    def install(self, *what):
        """Let pip install something, or stop with pip's words."""
        options = ("--no-compile", "--progress-bar", "off")
        try:
            packages.pip(
                self.python, "install", *options, *what, total=self.locked_packages()
            )
        except subprocess.CalledProcessError as error:
            packages.stop(
                "pip could not install the environment; its last lines stand above. "
                "Try again: make env",
                error.output,
            )

    def create(self):
        """Create the environment from nothing and mark it ready at the very end."""
        begin, count = time.time(), self.locked_packages()
        tell(f"Creating .venv from requirements.txt ({count} packages) …")
        if subprocess.call([sys.executable, "-m", "venv", "--clear", str(self.place)]):
            sys.exit(
                "Python could not create a virtual environment. On Debian or Ubuntu install what it lacks:\n"
                "    sudo apt-get install python3-venv"
            )
        self.install("-r", self.lock)
        self.install("--no-deps", "--no-build-isolation", "--editable", self.root)
        tell("  compiling them to bytecode …")
        compiling = [
            str(self.python),
            "-m",
            "compileall",
            "-q",
            "-j",
            "0",
            str(self.place),
        ]
        subprocess.call(compiling, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.ready.write_text(self.fingerprint(), encoding="utf-8")
        tell(f"The environment is ready after {time.time() - begin:.0f} s.")


@command(
    lock="environment",
    kept="The same command creates the environment from the start.",
)
def main(root):
    """Create the environment unless the one that is there is up to date."""
    check_python()
    environment = Environment(root)
    if not environment.is_ready():
        environment.create()


if __name__ == "__main__":
    main()
