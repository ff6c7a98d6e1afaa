"""Run a program of somebody else: an entry of a challenge, a handed-in notebook."""

import contextlib
import os
import signal
import subprocess


def run_alone(command, folder, limit_s: float, variables=None) -> int | None:
    """Run a program that says nothing, and end all that it has started; return its exit status.

    None tells that it took longer than `limit_s` seconds. It runs in `folder`, with the environment's
    variables or with those that are given in their place.
    """
    silent = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    own = {"start_new_session": True}  # its own group of processes; Windows has none
    with subprocess.Popen(
        command, cwd=folder, env=variables, **silent, **own
    ) as process:
        try:
            return process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if hasattr(os, "killpg"):
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()
