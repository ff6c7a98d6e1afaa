"""Importing the core costs nothing that is not asked for."""

import ast
import pathlib
import subprocess
import sys

import pytest

import recdl

PACKAGE = pathlib.Path(recdl.__file__).parent
CORE = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")
CORE += ["tables"]
DEEP = [
    "averaging",
    "large_scores",
    "large_training",
    "losses",
    "machine_code",
    "models",
    "next_item",
    "recurrent",
    "sequence",
    "training",
]
HEAVY = ["tensorflow", "keras", "recommenders", "sklearn", "implicit", "matplotlib"]


def test_only_the_deep_models_import_tensorflow_and_nothing_else_that_is_heavy():
    light = [f"recdl.{name}" for name in CORE if name not in DEEP]
    light += ["recdl.experiments.plan", "recdl.experiments.summary"]
    code = f"import sys, {', '.join(light)}; print(*sys.modules.keys() & {HEAVY})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def plain(node):
    """Tell whether a statement at the top of a module only imports, defines, or names a constant."""
    if isinstance(node, ast.With):
        [held] = node.items
        return ast.unparse(held.context_expr) == "no_startup_notes()" and all(
            isinstance(inner, ast.Import | ast.ImportFrom) for inner in node.body
        )
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    definitions = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
    return isinstance(node, definitions | ast.Assign)


@pytest.mark.parametrize("name", DEEP)
def test_importing_a_model_does_nothing_but_import(name):
    """That no operation of TensorFlow runs meanwhile, library_in_process.py tests."""
    tree = ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))
    assert [ast.unparse(node) for node in tree.body if not plain(node)] == []
