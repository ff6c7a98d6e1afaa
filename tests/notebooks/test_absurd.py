"""A chapter that is run with an absurd parameter stops at once, with a sentence."""

import ast
import time

import papermill
import pytest

from tools import run

SEED_BELOW_ALL, NOTHING = -1, 0


def parameters(notebook):
    """Return the names that the notebook's cell of parameters sets."""
    (cell,) = (
        cell
        for cell in notebook.content()["cells"]
        if "parameters" in cell["metadata"].get("tags", [])
    )
    body = ast.parse("".join(cell["source"])).body
    return [node.targets[0].id for node in body]


CASES = [(n, name) for n in run.notebooks() for name in parameters(n)]


@pytest.mark.parametrize(
    ("notebook", "name"), CASES, ids=[f"{n.name}-{name}" for n, name in CASES]
)
def test_an_absurd_parameter_stops_the_chapter_with_a_sentence(
    notebook, name, tmp_path
):
    begin = time.monotonic()
    with pytest.raises(papermill.PapermillExecutionError) as stopped:
        papermill.execute_notebook(
            notebook.path,
            tmp_path / "executed.ipynb",
            parameters={name: SEED_BELOW_ALL if name == "SEED" else NOTHING},
            cwd=tmp_path,
            progress_bar=False,
            execution_timeout=60,
        )
    assert stopped.value.ename == "ValueError"
    assert stopped.value.evalue.startswith(f"{name} must be at least")
    assert stopped.value.cell_index < 12  # before anything long
    assert time.monotonic() - begin < 60
