"""A chapter that is run with an absurd parameter stops at once, with a sentence.

No kernel is needed to see that: each chapter first hands all its parameters to `check_parameters`.
"""

import ast

import pytest

from recdl.course.notebook import check_parameters
from tools.project import COURSE

NOTEBOOKS = COURSE.notebooks()
EACH = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.name)
SEED_BELOW_ALL, NOTHING = -1, 0


def code(notebook):
    """Return the code cells from the cell of parameters on, each as its place among all cells and a tree."""
    cells = list(enumerate(notebook.content()["cells"]))
    (begin,) = (n for n, c in cells if "parameters" in c["metadata"].get("tags", []))
    kept = [(n, c) for n, c in cells[begin:] if c["cell_type"] == "code"]
    return [(n, ast.parse("".join(cell["source"]))) for n, cell in kept]


def parameters(notebook):
    """Return the names that the notebook's cell of parameters sets, with their values."""
    (_, cell), *_ = code(notebook)
    return {node.targets[0].id: ast.literal_eval(node.value) for node in cell.body}


def calls_in(tree):
    """Return the names of the functions that a cell calls at its top level, in order, and the calls."""
    values = [node.value for node in tree.body if isinstance(node, ast.Expr)]
    calls = [value for value in values if isinstance(value, ast.Call)]
    return [(ast.unparse(call.func), call) for call in calls]


@EACH
def test_a_chapter_checks_all_its_parameters_before_anything_long(notebook):
    place, tree = code(notebook)[1]
    assert place < 12
    done = calls_in(tree)
    names = [name for name, _ in done]
    assert set(names[: names.index("check_parameters")]) <= {"use_style"}
    (call,) = (call for name, call in done if name == "check_parameters")
    handed = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    assert handed == {name: name for name in parameters(notebook)}
    assert call.args == []
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    (home,) = (
        i.module for i in imports for a in i.names if a.name == "check_parameters"
    )
    assert home == check_parameters.__module__
    others = [
        n
        for n in tree.body
        if not isinstance(n, ast.Import | ast.ImportFrom | ast.Expr)
    ]
    assert len(others) <= 1  # the paper's settings, made of the parameters


CASES = [(n, name) for n in NOTEBOOKS for name in parameters(n)]


@pytest.mark.parametrize(
    ("notebook", "name"), CASES, ids=[f"{n.name}-{name}" for n, name in CASES]
)
def test_an_absurd_parameter_stops_the_chapter_with_a_sentence(notebook, name):
    sensible = parameters(notebook)
    check_parameters(**sensible)
    check_parameters(**sensible | notebook.parameters("quick"))
    absurd = SEED_BELOW_ALL if name == "SEED" else NOTHING
    with pytest.raises(
        ValueError, match=f"^{name} must be at least .*received {absurd}"
    ):
        check_parameters(**sensible | {name: absurd})
