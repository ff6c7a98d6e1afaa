"""The frame of every command: arguments, one process at a time, and a sentence in place of a traceback.

Commands that run with the system's Python, before anything is installed, have it too. So it uses the standard
library only and syntax that Python 3.6 can still read.
"""

import argparse
import contextlib
import errno
import functools
import signal
import sys
import time

from tools import ROOT

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

    fcntl = None

EXPECTED = {  # errors whose message says what to do; by name, as their modules may not be there yet
    "recdl.columns.DataError",
    "recdl.download.DataUnavailable",
    "recdl.experiments.tables.TableError",
}


def tell(text):
    """Print progress on standard error, which leaves standard output to results."""
    print(text, file=sys.stderr, flush=True)


def command(arguments=(), *, lock=None, kept="The same command begins anew."):
    """Make a command of a function that gets the project's folder, and what the command line says by name.

    Parameters
    ----------
    arguments : dict
        From the name of an argument to its options, as `argparse` has them.
    lock : str, optional
        Of commands with the same lock, one at a time is at work in a project.
    kept : str
        What an interrupt leaves, and how to go on.
    """

    def frame(function):
        @functools.wraps(function)
        def main(words=None, root=ROOT):
            parser = argparse.ArgumentParser(description=function.__doc__)
            for name, options in dict(arguments).items():
                parser.add_argument(name, **options)
            given = vars(parser.parse_args(words))
            try:
                with _ending_on_signals(), alone(lock, root):
                    return function(root, **given)
            except KeyboardInterrupt:
                sys.exit("Interrupted. " + kept)
            except Exception as error:
                if not EXPECTED.intersection(map(_name, type(error).__mro__)):
                    raise
                sys.exit(str(error))

        return main

    return frame


def _name(kind):
    return kind.__module__ + "." + kind.__qualname__


@contextlib.contextmanager
def _ending_on_signals():
    """Let a closed terminal or a `kill` end this process as Ctrl-C does: with what it started."""
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {getattr(signal, name): None for name in names}  # Windows has no SIGHUP
    try:
        for number in before:
            before[number] = signal.signal(number, lambda *_: sys.exit("Stopped."))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def alone(name, root=ROOT):
    """Let one process at a time do a piece of work in this project; another waits, and says so."""
    if name is None:
        yield
        return
    try:
        (root / "_build").mkdir(exist_ok=True)
        lock = open(str(root / "_build" / (name + ".lock")), "a")  # noqa: SIM115
    except OSError as error:
        sys.exit(
            f"Nothing can be written into {root} ({error.strerror}). Copy the course into a folder in "
            "which you may write, and try again there."
        )
    with lock:
        if not _is_mine(lock):
            tell("Another make is at work in this folder; waiting for it …")
            while not _is_mine(lock):
                time.sleep(0.2)
        yield


@contextlib.contextmanager
def undisturbed(root=ROOT):
    """Do something while no command with a lock is at work in this project."""
    with contextlib.ExitStack() as stack:
        for path in sorted((root / "_build").glob("*.lock")):
            stack.enter_context(alone(path.stem, root))
        yield


def _is_mine(lock):
    """Lock a file until this process closes it or ends, unless another one has; tell whether it is locked."""
    try:
        if fcntl:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            raise
        return False
    return True
