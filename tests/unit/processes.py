"""What tests of interrupts need: another process, and whether it has ended."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tools import ROOT

signals = pytest.mark.skipif(
    os.name == "nt", reason="Windows has no signals that a program can meet"
)


def start(code, **options):
    """Start Python code in a process of its own, in which Ctrl-C works and `tools` can be imported."""
    # Ctrl-C is ignored where a script started us with &.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        + code
    )
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, **options
    )


def has_ended(pid):
    """Tell whether a process has ended."""
    return not psutil.pid_exists(int(pid))


def wait_for(condition, n_times=2400):
    """Wait until something has happened; fail if it does not."""
    for _ in range(n_times):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def wait_for_pid(path):
    """Wait until a process has written its number into a file, and return it."""
    wait_for(lambda: path.exists() and path.read_text().strip())
    return path.read_text().strip()


def send(process, name):
    """Send a signal to a process, wait for its end, and return what it had said on standard error."""
    process.send_signal(getattr(signal, name))
    _, said = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "Traceback" not in said
    return said
