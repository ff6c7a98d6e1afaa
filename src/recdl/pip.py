"""Running pip, the one way in which this package installs or fetches other packages."""

import subprocess
import sys


class PipError(OSError):
    """pip ended with an error; the message has its code and its reason."""


def pip(*arguments: str, limit_s: float | None = None) -> None:
    """Run pip of this Python, quietly.

    Raises
    ------
    PipError
        If it ends with an error.
    subprocess.TimeoutExpired
        If it takes longer than `limit_s` seconds.
    """
    command = [sys.executable, "-m", "pip", arguments[0], "--quiet", *arguments[1:]]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=limit_s, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        reason = " ".join([line for line in said if "ERROR:" in line] or said)
        raise PipError(f"pip ended with code {done.returncode}: {reason[-500:]}")
