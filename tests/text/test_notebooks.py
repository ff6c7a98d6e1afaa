"""The committed notebooks: valid, without outputs, figures described; dependencies, what students get."""

import json
import pathlib
import re
import types

import nbformat
import pytest

from recdl import provenance
from recdl.experiments import plan
from tools import bundle, run
from tools.project import COURSE

NOTEBOOKS = COURSE.notebooks()
CELLS = [(n.name, cell) for n in NOTEBOOKS for cell in n.content()["cells"]]
CODE = [(name, cell) for name, cell in CELLS if cell["cell_type"] == "code"]


def ids(pairs):
    return [cell["id"] for _, cell in pairs]


def test_the_three_chapters_of_the_experiment_are_there():
    assert {"04_dataset", "05_training", "06_evaluation"} <= {n.name for n in NOTEBOOKS}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.name)
def test_a_notebook_is_valid_and_has_one_cell_of_parameters(notebook):
    nbformat.validate(nbformat.read(notebook.path, as_version=4))
    tags = [
        tag
        for c in notebook.content()["cells"]
        for tag in c["metadata"].get("tags", [])
    ]
    assert tags.count("parameters") == 1


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.name)
def test_a_notebook_is_committed_without_outputs(notebook):
    cells = [cell for name, cell in CODE if name == notebook.name]
    assert cells
    assert [cell["id"] for cell in cells if cell["outputs"]] == []
    assert {cell["execution_count"] for cell in cells} == {None}


FIGURES = [
    (name, cell)
    for name, cell in CODE
    if re.search(r"\bfigures\.(?!use_style)\w+\(|\bplt\.", "".join(cell["source"]))
]


@pytest.mark.parametrize("cell", [cell for _, cell in FIGURES], ids=ids(FIGURES))
def test_a_figure_has_a_name_a_caption_and_a_description(cell):
    about = cell["metadata"]["mystnb"]
    assert about["figure"]["name"].startswith("fig-")
    assert about["figure"]["caption"].endswith(".")
    assert len(about["image"]["alt"]) > 60


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.name)
def test_quick_parameters_are_parameters_of_the_notebook(notebook):
    cells = notebook.content()["cells"]
    (parameters,) = (
        "".join(c["source"])
        for c in cells
        if "parameters" in c["metadata"].get("tags", [])
    )
    for name in notebook.parameters("quick"):
        assert f"{name} = " in parameters


# What a notebook depends on


def notebook(name):
    (found,) = (n for n in COURSE.notebooks() if n.name.startswith(name))
    return found


def test_a_notebook_depends_on_all_modules_of_its_own_chapter_and_on_no_other():
    for book in COURSE.notebooks():
        own = f"recdl.course.chapter_{book.chapter}"
        chapters = {
            m for m, _ in run.reached(book) if m.startswith("recdl.course.chapter_")
        }
        assert provenance.modules_of(own) <= run.reached(book)
        assert chapters == {module for module, _ in provenance.modules_of(own)}


def test_chapters_depend_on_the_tables_of_experiments_that_they_read(tmp_path):
    """Chapter 10, too: 10 is more than 7, though "10" is less than "7"."""
    tables = set(pathlib.Path(plan.__file__).parent.glob("tables/*.csv"))
    assert tables
    for name, reads in (("01", False), ("06", False), ("07", True), ("09", True)):
        assert (tables <= provenance.files(run.reached(notebook(name)))) == reads, name
    cell = {
        "cell_type": "code",
        "source": "from recdl.experiments import plan\nplan.load('seeds')",
    }
    path = tmp_path / "10_more.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": {}}))
    tenth = type(notebook("01"))(path, tmp_path)
    assert tenth.chapter == 10
    assert tables <= provenance.files(run.reached(tenth))


# What students get


def test_student_notebooks_are_without_outputs_and_solutions():
    notebook = COURSE.notebooks()[0]
    content = notebook.content()
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = (
                [{"text": "7\t8\t5\t880000001\n"}],
                3,
            )
    one = types.SimpleNamespace(path=notebook.path, content=lambda: content)
    [text] = bundle.notebooks(types.SimpleNamespace(notebooks=lambda: [one])).values()
    cells = json.loads(text)["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code
    assert all(c["outputs"] == [] and c["execution_count"] is None for c in code)
    assert any(cell["metadata"].get("tags") == ["hole"] for cell in code)
    assert not any("solution" in cell["metadata"].get("tags", []) for cell in cells)
