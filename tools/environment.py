"""Create the course's environment: a virtual environment with exactly what requirements.txt locks.

    python3 -m tools.environment        # python3 course.py env; does nothing when it is up to date

Runs with the system's Python before anything is installed, so it uses the standard library only and syntax
that Python 3.6 can still read. Where that Python does not fit, `tools.pythons` finds another one.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time

from tools import packages, pythons
from tools.command import command, tell

AGAIN = "Then try again: {} course.py env".format(
    "py" if os.name == "nt" else "python3"
)
NO_NETWORK = re.compile(  # what pip says of it on Linux, macOS and Windows
    r"Connect\w*Error|Connect\w*Timeout|ConnectionRefused|ProxyError|Name or service|name resolution|"
    r"getaddrinfo|Network is unreachable|Read timed out|CERTIFICATE_VERIFY|SSLError"
)


class Environment:
    """The virtual environment of a project, in its folder .venv, and the Python that is named for it."""

    def __init__(self, root, named=None):
        self.root, self.named = root, named
        self.lock, self.place = root / "requirements.txt", root / ".venv"
        self.ready, self.python = self.place / "ready", pythons.inside(self.place)
        # Where the one before waits until the new one is ready.
        self.aside = root / "_build" / "venv.old"

    def fingerprint(self, base):
        """Return what the environment depends on, as one hash: the lock, its own Python, and the place."""
        # The place, because a virtual environment cannot be moved.
        place = os.fsencode(str(self.root))
        parts = [self.lock.read_bytes(), base.version.encode(), place]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def is_ready(self):
        """Tell whether the environment is there, whole, up to date, and of the Python that is named."""
        own = pythons.ask([str(self.python)]) if self.ready.exists() else None
        if not own or (self.named and pythons.pair(own) != pythons.pair(self.named)):
            return False
        return self.ready.read_text(encoding="utf-8") == self.fingerprint(own)

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
            sentence = (
                "pip could not install the environment; its last lines stand above. "
            )
            certain = NO_NETWORK.search(error.output)
            if certain or "(from versions: none)" in error.output:
                it = "It" if certain else "Perhaps it"
                sentence += f"{it} did not reach its packages: {packages.network()}. "
            packages.stop(sentence + AGAIN, error.output)

    def way(self):
        """Return a Python and the command that makes an empty environment of it, or stop."""
        place, quiet = str(self.place), {"stderr": subprocess.DEVNULL}
        for base in [self.named] if self.named else pythons.found():
            parts = [base.path, "-c", "import ensurepip, venv"]
            if subprocess.call(parts, **quiet) == 0:
                return base, [base.path, "-m", "venv", "--clear", place]
        base, uv = self.named or pythons.fitting(), pythons.uv()
        if uv:
            options = ["--quiet", "--seed", "--python", base.path]
            return base, [*uv, "venv", *options, place]
        sys.exit(
            f"{base.path} lacks venv or ensurepip, so it cannot make an environment. On Debian or Ubuntu "
            "install them: sudo apt-get install python3-venv. Elsewhere install uv, which does without "
            f"(pip install uv, or {pythons.UV_PAGE}). {AGAIN}"
        )

    def make_empty(self, way):
        """Make the environment without packages, or stop."""
        try:
            if self.place.is_dir() and not self.place.is_symlink():
                self.aside.parent.mkdir(exist_ok=True)
                self.place.rename(self.aside)
            packages.output_of(way)
        except (OSError, subprocess.CalledProcessError) as error:
            packages.stop(
                f"{self.place} could not be made; the reason stands above. If it speaks of permission: close "
                "what runs in the old one, or copy the course into a folder that is yours. "
                + AGAIN,
                getattr(error, "output", None) or str(error),
            )

    def settle(self):
        """Leave the new environment if it is ready, else the one that stepped aside for it, if any."""
        finished = self.ready.exists()
        shutil.rmtree(str(self.aside if finished else self.place), ignore_errors=True)
        if self.aside.exists() and not self.place.exists():
            self.aside.rename(self.place)

    def create(self):
        """Create the environment and mark it ready at the very end; what fails changes nothing."""
        begin, count, (base, way) = time.time(), self.locked_packages(), self.way()
        tell(
            f"Creating .venv from requirements.txt ({count} packages) with {base.path} …"
        )
        try:
            self.make_empty(way)
            self.install("-r", self.lock)
            self.install("--no-deps", "--no-build-isolation", "--editable", self.root)
            tell("  compiling them to bytecode …")
            parts = ["-m", "compileall", "-q", "-j", "0", str(self.place)]
            # Some files are examples of what Python cannot read.
            with contextlib.suppress(subprocess.CalledProcessError):
                packages.output_of([str(self.python), *parts])
            self.ready.write_text(self.fingerprint(base), encoding="utf-8")
        finally:
            self.settle()
        tell(f"The environment is ready after {time.time() - begin:.0f} s.")


@command(
    {"--python": {"help": "the Python to make it with, such as python3.12"}},
    lock="environment",
    kept="The same command creates the environment from the start.",
)
def main(root, python):
    """Create the environment unless the one that is there is up to date; return the path of its Python."""
    environment = Environment(root, pythons.named(python) if python else None)
    if environment.aside.exists():  # this was killed
        environment.settle()
    if not environment.is_ready():
        environment.create()
    return environment.python


if __name__ == "__main__":
    main()
