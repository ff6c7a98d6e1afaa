"""The house: who may import whom, how long anything may be, and that what is imported is declared."""

import ast
import functools
import importlib.metadata
import json
import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import recdl
from recdl import provenance, tables
from tools import ROOT
from tools.project import COURSE

LONGEST_FUNCTION, LONGEST_MODULE, LONGEST_IN_THE_CORE, LONGEST_PACKAGE = (
    40,
    350,
    300,
    18_550,
)
FIRST_WITH_EXPERIMENTS, FIRST_WITH_WORKERS = 7, 10  # the chapters
FOLDERS = ("src", "tools", "tests", "benchmarks")


def name_of(path):
    """Return the name of a module in src or tools, such as ``recdl.course.notebook`` or ``tools.run``."""
    place = path.relative_to(ROOT / "src" if ROOT / "src" in path.parents else ROOT)
    return ".".join(place.with_suffix("").parts).removesuffix(".__init__")


MODULES = {
    name_of(p): p for f in ("src", "tools") for p in sorted((ROOT / f).rglob("*.py"))
}


@functools.cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(code):
    """Yield what is imported anywhere in a piece of code, also within functions, as full names."""
    for node in ast.walk(code):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "a relative import"
            for alias in node.names:
                assert alias.name != "*"
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


def own_imports(name):
    """Return the modules of src and tools that a module imports."""
    return {other for other in imports(tree(MODULES[name])) if other in MODULES} - {
        name
    }


# Who may import whom


def storey(name):
    """Return where a module lives: core, own, experiments, distributed, course, or tools."""
    first, *rest = name.split(".")
    if first == "tools":
        return "tools"
    if name == "recdl.__main__":
        return "own"
    upper = ("own", "experiments", "distributed", "course")
    return rest[0] if rest and rest[0] in upper else "core"


def chapter(name):
    """Return the number of the chapter that a module belongs to, or None."""
    found = re.match(r"recdl\.course\.chapter_(\d+)", name)
    return int(found[1]) if found else None


def may_import(name, other):
    """Tell whether one module may import another: only what lives below it, or beside it."""
    below = {
        "core": {"core"},
        "own": {"core", "own"},
        "experiments": {"core", "experiments"},
        "distributed": {"core", "distributed"},
        "course": {"core", "course"},
        "tools": {"core", "own", "experiments", "distributed", "course", "tools"},
    }[storey(name)]
    if (chapter(name) or 0) >= FIRST_WITH_EXPERIMENTS:
        below = below | {"experiments"}
    if (chapter(name) or 0) >= FIRST_WITH_WORKERS:
        below = below | {"distributed"}
    return storey(other) in below and chapter(other) in (None, chapter(name))


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_what_lives_below_or_beside_it(name):
    assert [other for other in own_imports(name) if not may_import(name, other)] == []


def test_other_arrows_would_be_noticed():
    allowed = [
        ("recdl.course.chapter_10.figures", "recdl.experiments.plan"),
        ("recdl.course.chapter_10.figures", "recdl.distributed.workers"),
        ("tools.run", "recdl.paper"),
    ]
    assert all(may_import(*pair) for pair in allowed)
    refused = [
        ("recdl.toy", "recdl.course.quiz"),
        ("recdl.toy", "recdl.experiments.plan"),
        ("recdl.toy", "recdl.own.compare"),
        ("recdl.toy", "recdl.distributed.data"),
        ("recdl.course.quiz", "recdl.own.compare"),
        ("recdl.paper", "tools.run"),
        ("recdl.experiments.plan", "recdl.course.quiz"),
        ("recdl.course.quiz", "recdl.experiments.plan"),
        ("recdl.course.chapter_6.figures", "recdl.experiments.plan"),
        ("recdl.course.chapter_9.figures", "recdl.distributed.workers"),
        ("recdl.course.chapter_6.figures", "recdl.course.chapter_5.figures"),
        ("recdl.course.quiz", "recdl.course.chapter_5.figures"),
    ]
    assert not any(may_import(*pair) for pair in refused)


def circle(edges):
    """Return the names that are left when all that import nothing that is left are taken away."""
    left = {name: set(others) for name, others in edges.items()}
    while leaves := {name for name, others in left.items() if not others & left.keys()}:
        left = {name: others for name, others in left.items() if name not in leaves}
    return sorted(left)


def test_no_modules_import_each_other_in_a_circle():
    assert circle({name: own_imports(name) for name in MODULES}) == []
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["a", "b", "c"]


# How long anything may be


def n_lines(path):
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("name", MODULES)
def test_a_module_and_its_functions_are_short(name):
    path = MODULES[name]
    assert n_lines(path) <= (
        LONGEST_IN_THE_CORE if storey(name) == "core" else LONGEST_MODULE
    )
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    functions = [node for node in ast.walk(tree(path)) if isinstance(node, kinds)]
    lengths = {f.name: f.end_lineno - f.lineno + 1 for f in functions}
    assert {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION} == {}


def test_the_package_is_short():
    paths = [path for name, path in MODULES.items() if storey(name) != "tools"]
    assert sum(map(n_lines, paths)) < LONGEST_PACKAGE


def test_the_package_names_every_module_of_its_core():
    core = [name.split(".") for name in MODULES if storey(name) == "core"]
    named = set(re.findall(r"`(\w+)`", recdl.__doc__))
    assert {rest[0] for _, *rest in core if rest} <= named
    inner = {name for _, *rest in core for name in rest[1:]}
    assert inner == set(re.findall(r"`(\w+)`", tables.__doc__)) & inner


def dangling(text):
    """Return the names of this package in backquotes that nothing has."""
    wrong = []
    for name in re.findall(r"`(recdl(?:\.\w+)+)`", text):
        module, rest = name, []
        while module not in MODULES:
            module, _, last = module.rpartition(".")
            rest.insert(0, last)
        if rest and not provenance.source((module, rest[0])):
            wrong.append(name)
    return wrong


@pytest.mark.parametrize("name", MODULES)
def test_what_a_docstring_names_is_there(name):
    assert dangling(MODULES[name].read_text(encoding="utf-8")) == []


def test_a_name_that_is_gone_would_be_noticed():
    found = dangling("`recdl.ranking.top_k`, `recdl.ranking.top`, `recdl.nowhere.top`")
    assert found == ["recdl.ranking.top", "recdl.nowhere.top"]


# What is imported is declared


def cells_of(notebook):
    """Return the code of a notebook as one piece; the set-up cell is no Python outside Jupyter."""
    return ast.parse("\n".join(notebook.code()))


def declared():
    """Return the packages of pyproject.toml by where it names them."""
    about = COURSE.about()
    groups = {"": about["dependencies"], **about["optional-dependencies"]}
    return {
        extra: {Requirement(line).name.lower() for line in lines}
        for extra, lines in groups.items()
    }


@functools.cache
def packages():
    """Return the installed packages by the modules that they hold."""
    return importlib.metadata.packages_distributions()


@functools.cache
def ours():
    """Return what is no package: modules of this project, of Python, and of Colab."""
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    return (
        {path.stem for path in paths}
        | {"recdl", "tools", "course", "google"}
        | set(sys.stdlib_module_names)
    )


def foreign(code):
    """Return the packages, by the names of pyproject.toml, of which a piece of code imports modules."""
    modules = {name.partition(".")[0] for name in imports(code)} - ours()
    assert modules <= packages().keys(), modules - packages().keys()
    return {packages()[module][0].lower().replace("_", "-") for module in modules}


def needed(folder):
    codes = [tree(path) for path in (ROOT / folder).rglob("*.py")]
    return set().union(*map(foreign, codes))


@pytest.mark.parametrize(
    ("folder", "extras"),
    [
        ("src/recdl", ["", "train", "experiments", "scale"]),
        ("tools", ["", "train", "experiments", "book"]),
        ("tests", ["", "train", "experiments", "book", "dev", "scale"]),
        ("benchmarks", ["", "train", "experiments", "book", "dev", "scale"]),
    ],
)
def test_every_package_that_is_imported_is_declared(folder, extras):
    known = set().union(*(declared()[extra] for extra in extras))
    assert needed(folder) - known == set()


@pytest.mark.parametrize("notebook", COURSE.notebooks(), ids=lambda n: n.name)
def test_every_package_that_a_chapter_imports_is_declared(notebook):
    known = declared()[""] | declared()["train"]
    assert foreign(cells_of(notebook)) - known == set()


def test_an_import_that_is_not_declared_would_be_noticed(tmp_path):
    assert foreign(ast.parse("import os, mistune\nfrom yaml import safe_load")) == {
        "mistune",
        "pyyaml",
    }
    with pytest.raises(AssertionError):
        foreign(ast.parse("import a_module_of_nobody"))
    with pytest.raises(AssertionError):
        list(imports(ast.parse("from . import toy")))
    cell = {"cell_type": "code", "source": ["def f():\n    import mistune"]}
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": [cell]}))
    notebook = type(COURSE.notebooks()[0])(Path(path), tmp_path)
    assert foreign(cells_of(notebook)) == {"mistune"}
