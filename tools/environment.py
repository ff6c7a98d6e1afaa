"""Create the course's environment: a virtual environment with exactly what requirements.txt locks.

Runs with the system's Python before anything is installed, so it uses the standard library only and
syntax that Python 3.6 can still read, in order to say that it is too old.

    python3 src/recdl/course/environment.py        # does nothing when the environment is up to date
"""

import contextlib
import hashlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
ENVIRONMENT = ROOT / ".venv"
LOCK = ROOT / "requirements.txt"
READY = ENVIRONMENT / "ready"
SUPPORTED = ((3, 11), (3, 12))


def say(text):
    """Print a line of progress on standard error, which leaves standard output to results."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def alone(name):
    """Let one process at a time do a piece of work in this project; another waits, and says so."""
    (ROOT / "_build").mkdir(exist_ok=True)
    with open(ROOT / "_build" / (name + ".lock"), "w") as lock:
        try:
            import fcntl
        except ImportError:  # Windows
            yield
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another make is at work in this folder; waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def exit_on_signals():
    """Let a closed terminal or a `kill` end this process as Ctrl-C does: with what it started."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: sys.exit("Stopped."))


def check_python():
    """Stop with one sentence when this Python is too old or too new."""
    if sys.version_info[:2] not in SUPPORTED:
        sys.exit(
            "This course needs Python 3.11 or 3.12, and {} is Python {}.{}. "
            "Name another one: make PYTHON=python3.12 …".format(
                sys.executable, *sys.version_info[:2]
            )
        )


def fingerprint():
    """Return what the environment depends on, as one hash: the lock, the interpreter, and the place."""
    # The place, because a virtual environment cannot be moved.
    parts = [LOCK.read_bytes(), sys.version.encode(), str(ROOT).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def python():
    """Return the path of the environment's Python."""
    return ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def locked_packages():
    """Count the packages that the lock names."""
    return len(
        re.findall(
            r"^[a-z0-9][\w.-]*==", LOCK.read_text(encoding="utf-8"), flags=re.M | re.I
        )
    )


def pip(*arguments):
    """Run pip in the environment and show each package as it arrives; stop with pip's words if it fails."""
    command = [str(python()), "-m", "pip", "--disable-pip-version-check", *arguments]
    total, count, output = locked_packages(), 0, []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            for line in process.stdout:
                output.append(line)
                if line.startswith(("Collecting ", "Processing ")):
                    count += 1
                    if count % 25 == 0:
                        say(f"  about {count} of {total} packages found")
                elif (
                    line.startswith("Installing collected packages: ")
                    and line.count(",") > 1
                ):
                    say("  installing them, one to two minutes …")
        except BaseException:
            process.terminate()  # it must not go on writing when this process has ended
            raise
    if process.returncode:
        say("".join(output[-30:]))
        sys.exit(
            "pip could not install the environment; its last lines stand above. Try again: make env"
        )


def create():
    """Create the environment from nothing and mark it ready at the very end."""
    begin = time.time()
    say(f"Creating .venv from requirements.txt ({locked_packages()} packages) …")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=False
    )
    if made.returncode:
        sys.exit(
            "Python could not create a virtual environment. On Debian or Ubuntu install what it lacks:\n"
            "    sudo apt-get install python3-venv"
        )
    pip("install", "--no-compile", "--progress-bar", "off", "-r", str(LOCK))
    pip("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    say("  compiling them to bytecode …")
    jobs = [str(python()), "-m", "compileall", "-q", "-j", "0", str(ENVIRONMENT)]
    subprocess.run(
        jobs, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    READY.write_text(fingerprint(), encoding="utf-8")
    say(f"The environment is ready after {time.time() - begin:.0f} s.")


def main():
    """Create the environment unless the one that is there is up to date."""
    check_python()
    exit_on_signals()
    try:
        with alone("environment"):
            if not READY.exists() or READY.read_text(encoding="utf-8") != fingerprint():
                create()
    except KeyboardInterrupt:
        sys.exit(
            "Interrupted. The same command creates the environment from the start."
        )


if __name__ == "__main__":
    main()
