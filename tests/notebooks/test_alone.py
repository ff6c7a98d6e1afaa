"""Each chapter runs alone, in an empty folder, with just the package: what it does not find, it makes."""

import shutil

import papermill
import pytest

from recdl import paper
from recdl.course import record, run


@pytest.mark.parametrize("notebook", run.notebooks(), ids=lambda n: n.name)
def test_a_chapter_runs_alone_in_an_empty_folder(notebook, tmp_path):
    folder = tmp_path / "an empty folder"
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
    found = record.read(executed)
    assert found
    assert all(
        found[name] == count for name, count in paper.COUNTS.items() if name in found
    )
