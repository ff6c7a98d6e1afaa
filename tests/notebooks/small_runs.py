"""Executing a chapter in quick mode, alone in a folder."""

import shutil

import papermill

from recdl.course import notebook


def execute(notebook, folder):
    """Execute a copy of a notebook in a new folder; return what it recorded."""
    folder.mkdir()
    copy = shutil.copy(notebook.path, folder)
    executed = folder / "executed.ipynb"
    papermill.execute_notebook(
        copy,
        executed,
        parameters=notebook.parameters(quick=True),
        cwd=folder,
        progress_bar=False,
        execution_timeout=300,
    )
    return notebook.read(executed)


def without_times(results):
    """Return the results that a seed fixes: all but seconds."""
    return {name: value for name, value in results.items() if "seconds" not in name}
