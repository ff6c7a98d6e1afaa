"""Execute one notebook with papermill, in a process of its own; `recdl.course.run` starts it."""

import json
import os
import pathlib
import sys

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from recdl.progress import STATUS_VARIABLE

CELL_TIMEOUT = 1200  # seconds; the training cell takes one to three minutes
START_TIMEOUT = 120


def execute(source: pathlib.Path, target: pathlib.Path, parameters: dict) -> str | None:
    """Execute a notebook in the target's folder.

    Returns
    -------
    str or None
        What went wrong (the notebook, the cell and the traceback), or None. In either case the target holds
        the notebook as far as it got.
    """
    status = pathlib.Path(os.environ[STATUS_VARIABLE])
    total = len(nbformat.read(source, as_version=4).cells) + bool(parameters)
    position = 0

    def note_cell(cell, cell_index, **_):
        nonlocal position
        position = cell_index
        status.write_text(f"cell {cell_index + 1} of {total}", encoding="utf-8")

    try:
        papermill.execute_notebook(
            str(source),
            str(target),
            parameters=parameters,
            kernel_name="python3",
            language="python",
            cwd=str(target.parent),
            progress_bar=False,
            start_timeout=START_TIMEOUT,
            execution_timeout=CELL_TIMEOUT,
            on_cell_start=note_cell,
        )
    except papermill.PapermillExecutionError as error:
        return f"{source.name}, cell {error.cell_index + 1}:\n{error}"
    except CellTimeoutError:
        return f"{source.name}, cell {position + 1}: it ran longer than {CELL_TIMEOUT} s and was stopped."
    except DeadKernelError:
        return (
            f"{source.name}, cell {position + 1}: its Python process died. Most often memory ran out: "
            "close other programs and try again."
        )
    return None


if __name__ == "__main__":
    problem = execute(
        pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), json.loads(sys.argv[3])
    )
    sys.exit(problem)
