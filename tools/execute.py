"""Execute one notebook with papermill, in a process of its own; `tools.run` starts it."""

import json
import os
import pathlib
import signal
import sys
import threading
import time

import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines

from recdl.progress import tell_status
from tools import cells

CELL_TIMEOUT = 1200  # seconds; the training cell takes one to three minutes
START_TIMEOUT = 120
EXPECTED = (papermill.PapermillExecutionError, CellTimeoutError, RuntimeError)
OUT_OF_MEMORY = {"MemoryError", "_ArrayMemoryError", "ResourceExhaustedError"}
MORE_MEMORY = "Close other programs and try again."


class WriteOnce(NBClientEngine):
    """Write the notebook when it is done or has failed; papermill's own engine does so twice a cell."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **options):
        """Execute all cells; see papermill's documentation on engines."""
        target, nb_man.output_path = nb_man.output_path, None
        try:
            super().execute_managed_notebook(nb_man, kernel_name, **options)
        finally:
            nb_man.output_path = target
            nb_man.save()


papermill_engines.register("write once", WriteOnce)


def execute(
    source: pathlib.Path, target: pathlib.Path, folder: pathlib.Path, parameters: dict
) -> str | None:
    """Execute a notebook in a folder.

    Returns
    -------
    str or None
        What went wrong (the notebook, the cell and the traceback), or None. In either case the target holds
        the notebook as far as it got.
    """
    content = cells.without_outputs(cells.read(source))
    names = _labels(content, source.name, bool(parameters))
    total, position = len(names), 0
    target.write_text(json.dumps(content), encoding="utf-8")

    def note_cell(cell, cell_index, **_):
        nonlocal position
        position = cell_index
        tell_status(f"cell {cell_index + 1} of {total}")

    try:
        papermill.execute_notebook(
            str(target),
            str(target),
            parameters=parameters,
            engine_name="write once",
            kernel_name="python3",
            language="python",
            cwd=str(folder),
            progress_bar=False,
            start_timeout=START_TIMEOUT,
            execution_timeout=CELL_TIMEOUT,
            on_cell_start=note_cell,
        )
    except EXPECTED as error:
        position = getattr(error, "cell_index", position)
        return f"{source.name}{_problem(error, names[position])}"
    return None


def _labels(content, name, has_parameters):
    """Return how to name each cell that is executed; papermill puts one with parameters among them."""
    numbered = enumerate(content["cells"], start=1)
    names = [cells.label(number, cells.source(cell)) for number, cell in numbered]
    if has_parameters:
        behind = cells.parameters_cell(content, name) + 1
        names.insert(behind, "the cell with the parameters of this run")
    return names


def _problem(error, cell):
    """Say what went wrong, to stand behind the notebook's name."""
    if isinstance(error, papermill.PapermillExecutionError):
        too_large = error.ename in OUT_OF_MEMORY
        more = f"\nThe memory did not suffice. {MORE_MEMORY}" if too_large else ""
        return f", {cell}:\n{error}{more}"
    if isinstance(error, CellTimeoutError):
        return f", {cell}: it ran longer than {CELL_TIMEOUT} s and was stopped."
    if isinstance(error, DeadKernelError):
        return f", {cell}: its Python process died. Most often memory ran out. {MORE_MEMORY}"
    # Of jupyter_client, when the kernel does not answer.
    return f": its Python process did not start ({error}). Try again."


def end_with_parent():
    """End this process, and the kernel with it, when the one that started it is killed."""
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    end_with_parent()
    *paths, words = sys.argv[1:]
    sys.exit(execute(*map(pathlib.Path, paths), json.loads(words)))
