"""One entry of the classroom's challenge that is a program: run here, in a process of its own.

    python -m recdl.own.entry train.csv entry.py 10 folder

`recdl.own.challenge` starts it, with a time limit. Into the folder it writes the lists, as positions, or if
the entry fails the reason. The entry is free to do what its author likes: so it is with
programs.
"""

import pathlib
import runpy
import sys
import traceback

import numpy as np

from recdl.interactions import Interactions
from recdl.own.challenge import LISTS, REASON, read_part
from recdl.ranking import top_k


def lists_of(entry: str, train, k: int) -> np.ndarray:
    """Run an entry's file, call its ``model(train)``, and return the top lists of all users.

    A ValueError tells if there is no such function, or `recdl.ranking.scores_of` refuses the scores.
    """
    make = runpy.run_path(entry).get("model")
    if not callable(make):
        raise ValueError(
            "There is no function model(train) in this file; chapter A1 has an example."
        )
    return top_k(make(train.copy()), Interactions(train), k)


def reason(error: BaseException, entry: str) -> str:
    """Say in one line what went wrong, and in which line of the entry."""
    if isinstance(error, SyntaxError):
        return f"SyntaxError in line {error.lineno}: {error.msg}"
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == entry
    ]
    where = f" in line {lines[-1]}" if lines else ""
    return f"{type(error).__name__}{where}: {error}"


def main(train: str, entry: str, k: str, folder: str):
    """Write the lists of an entry, or the reason why it has none, into a folder."""
    try:
        top = lists_of(entry, read_part(train), int(k))
    except (Exception, SystemExit) as error:  # a program of somebody else: anything
        said = reason(error, entry).encode("utf-8", "backslashreplace")  # half a letter
        pathlib.Path(folder, REASON).write_bytes(said)
        sys.exit(1)
    np.save(pathlib.Path(folder, LISTS), top, allow_pickle=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
