"""Run one handed-in notebook in this process, and note what its checks say; `tools.grade` starts it.

    python -m tools.answers job.json notes.jsonl

It runs the code of whoever wrote the notebook, with all rights of whoever runs this. Each note is a line of
JSON: that a cell begins, that it stopped and why, what `check` got and said, that all cells are done. They
are written at once, so what ends this process leaves the notes until then.
"""

import itertools
import json
import re
import sys
import textwrap
from collections.abc import Callable

from IPython.core.interactiveshell import InteractiveShell

from recdl.course import exercises

SHOWN = 200  # characters of an answer or an error
MOST_CHECKS = 500  # of one notebook


def short(describe: Callable[[], str]) -> str:
    """Return a text of foreign code in one line; making it may fail in any way."""
    try:
        return textwrap.shorten(str(describe()), SHOWN, placeholder=" …")
    except Exception as error:
        return f"(no text: {type(error).__name__})"


def noting(note: Callable) -> Callable:
    """Return a `check` that notes its verdict in place of showing it."""
    judge, numbers = exercises.judge, itertools.count(1)

    def check(number, answer):
        if next(numbers) > MOST_CHECKS:
            raise RuntimeError(f"check was called more than {MOST_CHECKS} times")
        verdict = judge(number, answer)
        note(
            check=short(lambda: number),
            open=answer is None or answer is Ellipsis,
            right=verdict.right,
            said=verdict.text,
            answer=re.sub(r" at 0x\w+", "", short(lambda: repr(answer))),
        )

    return check


def a_shell() -> InteractiveShell:
    """Return what runs cells as Jupyter does, without a history, and without commands of the system."""
    shell = InteractiveShell.instance(history_length=0)
    shell.history_manager.enabled = False

    def refuse(command):
        raise PermissionError(f"Commands of the system are not run here: {command}")

    shell.ask_exit = lambda: None  # of quit(), which Jupyter has, too
    shell.system = shell.system_piped = shell.system_raw = shell.getoutput = refuse
    return shell


def run(sources: list[str], parameters: dict, behind: int, note: Callable):
    """Run all cells, whatever they do; behind one of them come the parameters of this run."""
    exercises.check = noting(note)
    shell = a_shell()
    for number, source in enumerate(sources, start=1):
        note(begins=number)
        done = shell.run_cell(source, store_history=False)
        error = done.error_before_exec or done.error_in_exec
        if error is not None:
            kind = type(error).__name__
            note(stopped=number, why=f"{kind}: {short(lambda e=error: e)}")
        if number == behind:
            shell.user_ns.update(parameters)
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
    note(done=True)


def main(job: str, notes: str):
    """Read the cells, run them, and write the notes."""
    sys.argv = [""]  # what runs here need not know where the notes are
    with open(job, encoding="utf-8") as file:
        wanted = json.load(file)
    with open(notes, "a", encoding="utf-8") as file:

        def note(**said):
            print(json.dumps(said), file=file, flush=True)

        run(**wanted, note=note)


if __name__ == "__main__":
    main(*sys.argv[1:])
