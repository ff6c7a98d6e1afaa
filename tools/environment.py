"""Create the course's environment: a virtual environment with exactly what requirements.txt locks.

    python3 -m tools.environment        # python3 course.py env; does nothing when it is up to date

Runs with the system's Python before anything is installed, so it uses the standard library only and syntax
that Python 3.6 can still read. Where that Python does not fit, `tools.pythons` finds another one.
"""

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
    """The virtual environment of a project, in its folder .venv, and the Python that it is made with."""

    def __init__(self, root, base=None):
        self.root, self.base = root, base or pythons.this()
        self.lock, self.place = root / "requirements.txt", root / ".venv"
        self.ready, self.python = self.place / "ready", pythons.inside(self.place)

    def fingerprint(self):
        """Return what the environment depends on, as one hash: the lock, the interpreter, and the place."""
        # The place, because a virtual environment cannot be moved.
        place = os.fsencode(str(self.root))
        parts = [self.lock.read_bytes(), self.base.version.encode(), place]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def is_ready(self):
        """Tell whether the environment is there, whole, and up to date."""
        if not (self.ready.exists() and self.python.exists()):
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
            sentence = (
                "pip could not install the environment; its last lines stand above. "
            )
            if NO_NETWORK.search(error.output):
                sentence += (
                    "It did not reach its packages: look at the network and, where a proxy leads to it, "
                    "set HTTPS_PROXY=http://name:port. "
                )
            packages.stop(sentence + AGAIN, error.output)

    def way(self):
        """Return the command that makes an empty environment, or stop with what this Python lacks."""
        base = str(self.base.path)
        parts = [base, "-c", "import ensurepip, venv"]
        if subprocess.call(parts, stderr=subprocess.DEVNULL) == 0:
            return [base, "-m", "venv", "--clear", str(self.place)]
        uv = pythons.uv()
        if uv:
            return [*uv, "venv", "--quiet", "--seed", "--python", base, str(self.place)]
        sys.exit(
            f"{base} lacks venv or ensurepip, so it cannot make an environment. On Debian or Ubuntu install "
            "them: sudo apt-get install python3-venv. Elsewhere install uv, which does without "
            f"(pip install uv, or {pythons.UV_PAGE}). {AGAIN}"
        )

    def make_empty(self, way):
        """Make the environment without packages, or stop."""
        if way[-2] != "--clear":  # uv asks before it does so, or knows no such word
            shutil.rmtree(str(self.place), ignore_errors=True)
        if subprocess.call(way):
            sys.exit(
                f"{self.place} could not be made; the reason stands above. If it speaks of permission: close "
                "what runs in the old one, or copy the course into a folder that is yours. "
                + AGAIN
            )

    def create(self):
        """Create the environment and mark it ready at the very end; what fails leaves nothing."""
        begin, count, way = time.time(), self.locked_packages(), self.way()
        tell(
            f"Creating .venv from requirements.txt ({count} packages) with {self.base.path} …"
        )
        try:
            self.make_empty(way)
            self.install("-r", self.lock)
            self.install("--no-deps", "--no-build-isolation", "--editable", self.root)
            tell("  compiling them to bytecode …")
            parts = ["-m", "compileall", "-q", "-j", "0", str(self.place)]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            subprocess.call([str(self.python), *parts], **quiet)
            self.ready.write_text(self.fingerprint(), encoding="utf-8")
        except BaseException:
            shutil.rmtree(str(self.place), ignore_errors=True)
            raise
        tell(f"The environment is ready after {time.time() - begin:.0f} s.")


@command(
    lock="environment",
    kept="The same command creates the environment from the start.",
)
def main(root):
    """Create the environment unless the one that is there is up to date; return the path of its Python."""
    environment = Environment(root, pythons.fitting())
    if not environment.is_ready():
        environment.create()
    return environment.python


if __name__ == "__main__":
    main()
