"""The set-up cell of the chapters, and what it installs in Colab; `make colab` runs the chapters so."""

import ast
import contextlib
import importlib.metadata
import importlib.util
import io
import os
import pathlib
import re
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement

from recdl.course import colab
from recdl.pip import PipError
from tools import ROOT
from tools.project import COURSE

NOTEBOOKS = COURSE.notebooks()
SHIPPED = ROOT / "tests" / "colab" / "requirements.txt"


def code_cells(notebook):
    cells = notebook.content()["cells"]
    return ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]


# The cell


def test_every_chapter_begins_with_the_same_set_up_cell():
    assert len({code_cells(notebook)[0] for notebook in NOTEBOOKS}) == 1
    for notebook in NOTEBOOKS:
        assert "google.colab" not in "\n".join(code_cells(notebook)[1:])


def test_outside_colab_the_cell_does_nothing():
    assert "google.colab" not in sys.modules
    cell = re.sub(
        r"^( *)%pip.*$", r"\1raise SystemExit", code_cells(NOTEBOOKS[0])[0], flags=re.M
    )
    assert "raise SystemExit" in cell
    said, modules = io.StringIO(), set(sys.modules)
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        exec(cell, {})
    assert set(sys.modules) == modules  # so it takes no time either
    assert said.getvalue() == ""


@pytest.fixture
def taken(tmp_path, monkeypatch):
    """Return a function that runs the cell as Colab would, and returns what pip is to install."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "google.colab", object())
    monkeypatch.setattr(colab, "install", lambda: None)

    def run(source):
        cell = code_cells(NOTEBOOKS[0])[0]
        cell, places = re.subn(
            r'^SOURCE = ".*?"', f'SOURCE = "{source}"', cell, flags=re.M
        )
        cell, calls = re.subn(
            r'%pip .* "{package}"$', "ASKED = package", cell, flags=re.M
        )
        assert (places, calls) == (1, 1)
        names = {}
        exec(cell, names)
        return names["ASKED"]

    return run


FROM_GIT = f"git+{'https://h.example.org/a/b'}"
WHEEL = "recdl-0.{}.0-py3-none-any{}.whl"


def upload(wheel, second=0):
    pathlib.Path(wheel).write_text(wheel)
    os.utime(wheel, (second, second))


def test_an_uploaded_wheel_goes_before_the_repository(taken):
    assert taken(FROM_GIT) == FROM_GIT
    upload(WHEEL.format(1, ""))
    assert taken(FROM_GIT) == taken("") == WHEEL.format(1, "")


@pytest.mark.parametrize("again", [" (1)", "(1)", "-1", " 2"])
def test_a_second_download_gets_the_name_that_pip_takes(taken, again):
    second = WHEEL.format(1, again)
    upload(second)
    assert taken(FROM_GIT) == taken("") == WHEEL.format(1, "")
    upload(second, 1)
    assert taken("") == WHEEL.format(1, "")
    assert pathlib.Path(WHEEL.format(1, "")).read_text() == second


def test_of_several_wheels_the_newest_is_taken(taken):
    upload(WHEEL.format(9, ""), 1)
    upload(WHEEL.format(10, ""), 2)
    assert taken("") == WHEEL.format(10, "")
    upload(WHEEL.format(9, " (1)"), 3)
    assert taken("") == WHEEL.format(9, "")
    assert pathlib.Path(WHEEL.format(9, "")).read_text() == WHEEL.format(9, " (1)")


def test_without_wheel_and_address_the_cell_says_what_to_do(taken):
    pathlib.Path("other-0.1.0-py3-none-any.whl").touch()
    with pytest.raises(FileNotFoundError, match="Upload the course's package, recdl-"):
        taken("")


# What is missing


@pytest.fixture
def pyproject(monkeypatch):
    """Take the bounds from pyproject.toml; an environment may have been made before they changed."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    project = tomllib.loads(text)["project"]
    stated = list(project["dependencies"])
    for extra, requirements in project["optional-dependencies"].items():
        stated += [f'{requirement}; extra == "{extra}"' for requirement in requirements]
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: stated)


@pytest.fixture
def shipped(pyproject, monkeypatch):
    """Pretend that what Colab ships is all that is installed; return it, and what pip is asked for."""
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    there = dict(line.split("==") for line in lines if not line.startswith("#"))
    asked = []
    monkeypatch.setattr(colab, "installed", lambda: there)
    monkeypatch.setattr(colab, "_install", lambda what, *how: asked.append((what, how)))
    return there, asked


def test_of_what_the_course_needs_colab_lacks_recommenders_alone(shipped, capsys):
    _, asked = shipped
    colab.install()
    (alone, options), (others, _) = asked
    assert ([r.name for r in alone], options) == (["recommenders"], ("--no-deps",))
    assert others == []
    # Nor is anything that Colab ships outside the bounds of pyproject.toml.
    assert capsys.readouterr().out == ""


def test_what_colab_no_longer_ships_is_installed_with_all_else_fixed(shipped):
    there, asked = shipped
    del there["pooch"], there["tf-slim"], there["scikit-learn"]
    colab.install()
    names, (option, _) = asked[1]
    assert {r.name for r in names} == {"pooch", "tf-slim", "scikit-learn"}
    assert option == "--constraint"


def test_another_version_is_left_alone_and_noted(shipped, capsys):
    there, asked = shipped
    there["pandas"] = "3.1"
    colab.install()
    assert not asked[1][0]
    note = capsys.readouterr().out
    assert note.startswith(
        "Colab has pandas 3.1, and the course was tested with <3,>=2.2."
    )
    assert "Runtime version" in note


def test_packages_for_building_the_book_are_not_asked_for(pyproject):
    names = {requirement.name for requirement in colab.needed()}
    assert {"numpy", "seaborn", "recommenders", "tf-slim", "scikit-learn"} <= names
    assert not {"papermill", "jupyter-book", "pytest"} & names


def test_names_are_compared_as_pip_compares_them():
    assert colab.missing([Requirement("TF_slim")], {"tf-slim": "1.1.0"}) == []


def test_a_tool_of_the_system_with_a_strange_version_is_passed_over(monkeypatch):
    class Distribution:
        def __init__(self, name, version):
            self.name, self.version = name, version

    found = [Distribution("apt", "1.1build1"), Distribution("Some_Thing", "2.0+cu128")]
    found += [Distribution("broken", None), Distribution("some-thing", "1.0")]
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: found)
    assert colab.installed() == {"some-thing": "2.0+cu128"}


def test_a_failing_pip_stops_the_chapter_with_a_remedy_and_pips_reason(monkeypatch):
    def pip(*arguments):
        raise PipError(f"pip ended with code 1: ERROR: no {arguments[-1]}")

    monkeypatch.setattr(colab, "pip", pip)
    with pytest.raises(RuntimeError) as caught:
        colab._install([Requirement("no-such-package>=2")], "--no-deps")
    said = str(caught.value)
    assert said.startswith(
        "pip could not install no-such-package. Run this cell again;"
    )
    assert said.endswith(
        "Runtime version. pip ended with code 1: ERROR: no no-such-package>=2"
    )


# What recommenders imports on our path


def imports(tree):
    """Yield the full names of the modules that this code imports, without those that it can do without."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module
        elif not isinstance(node, ast.Try):
            yield from imports(node)


def test_the_list_is_what_recommenders_imports_where_the_course_uses_it():
    files = [p.read_text("utf-8") for p in (ROOT / "src" / "recdl").rglob("*.py")]
    cells = [
        re.sub(r"^ *%.*$", "", c, flags=re.M) for n in NOTEBOOKS for c in code_cells(n)
    ]
    ours = {name for code in [*files, *cells] for name in imports(ast.parse(code))}
    waiting = [name for name in ours if name.split(".")[0] == "recommenders"]
    assert len(waiting) > 3
    seen, outside = set(), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        # Its packages' own __init__ files are imported on the way.
        waiting += [name.rpartition(".")[0]] if "." in name else []
        path = pathlib.Path(importlib.util.find_spec(name).origin)
        for found in imports(ast.parse(path.read_text("utf-8"))):
            if found.split(".")[0] == "recommenders":
                waiting.append(found)
            elif found.split(".")[0] not in sys.stdlib_module_names:
                outside.add(found.split(".")[0])
    distributions = importlib.metadata.packages_distributions()
    names = {distributions[module][0].replace("_", "-") for module in outside}
    assert names == set(colab.IMPORTED_BY_IT)


# Without TensorFlow, and with a GPU


def test_chapters_1_and_4_import_without_tensorflow():
    code = "import sys\n"
    for name in ("tensorflow", "keras", "tf_slim", "recommenders"):
        code += f"sys.modules[{name!r}] = None\n"
    for notebook in (n for n in NOTEBOOKS if n.name[:2] in ("01", "04")):
        lines = "\n".join(code_cells(notebook)).splitlines()
        code += "\n".join(x for x in lines if x.startswith(("import ", "from "))) + "\n"
    assert "from recdl.course.chapter_1 import" in code
    assert "from recdl.course.chapter_4 import" in code
    subprocess.run([sys.executable, "-c", code], check=True)


PINS = re.compile(
    r"CUDA_VISIBLE_DEVICES|set_visible_devices|\b(tf|keras)\.device\(|device:CPU|/cpu:0",
    flags=re.I,
)


def test_nothing_pins_the_processor():
    for path in (ROOT / "src" / "recdl").rglob("*.py"):
        assert not PINS.search(path.read_text("utf-8")), path
    for notebook in NOTEBOOKS:
        assert not PINS.search("\n".join(code_cells(notebook))), notebook.name


@pytest.mark.parametrize(
    "code", ["with tf.device('/CPU:0'):", "environ['CUDA_VISIBLE_DEVICES']"]
)
def test_a_pinned_processor_would_be_noticed(code):
    assert PINS.search(code)
