"""What a result depends on: the code that can be reached from it, and no other; a layout is no code."""

import importlib.util
import pathlib
import subprocess
import sys

import pytest

from recdl import evaluation, provenance
from tools import packages

# A small package: what a result uses stands in `used`, and at the end what it does not use.
USED = '''
import numpy as np
from recdl import other
from recdl.effects import REGISTRY
from recdl.other import helper as by_another_name

PAPER = {"n_epochs": 100}
SPLITS = {"first": other.first, "second": other.second}
LIST = [other.in_a_list]
LIMIT = other.LIMIT
if LIMIT > 3:
    CHOSEN = other.chosen
else:
    CHOSEN = None
for name in ("a", "b"):
    LIST += [name, other.in_a_loop]


class Model:
    """A class attribute names other classes."""

    towers_of = (other.Tower, other.Tree)

    def scores(self, users):
        """Compute."""
        if users:
            total = np.sum(users)
            return total
        return by_another_name("a b", f"{users!r:>10} {LIMIT} c")


@other.decorated
def result():
    from recdl.inner import deep

    return Model, PAPER, SPLITS, LIST, CHOSEN, deep, "recdl.elsewhere", other.again(1)


def unused():
    return other.unused()
'''
OTHER = """
from recdl.third import passed_on as again

LIMIT = 4


class Tower:
    size = 1


class Tree(Tower):
    pass


def first(): return 1
def second(): return 2
def in_a_list(): return 3
def in_a_loop(): return 4
def chosen(): return 5
def helper(*texts): return texts
def decorated(function): return function
def unused(): return 6
"""
FILES = {
    "__init__": "",
    "used": USED,
    "other": OTHER,
    "inner": "def deep(): return 1\n\n\ndef shallow(): return 2\n",
    "third": "def passed_on(x): return x\n",
    "effects": "REGISTRY = {}\nREGISTRY.update(a=1)\n",
    "elsewhere": "if __name__ == '__main__':\n    print(1)\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a function that writes the package, with one text replaced, and returns the result's hash."""
    monkeypatch.setattr(provenance, "HERE", tmp_path)

    def write(module="used", old="", new=""):
        for name, text in FILES.items():
            (tmp_path / f"{name}.py").write_text(text)
        text = FILES[module]
        assert old in text
        (tmp_path / f"{module}.py").write_text(text.replace(old, new, 1))
        provenance.forget()
        found = provenance.reached({("recdl.used", "result")})
        return [(*d, provenance.essence(provenance.source(d))) for d in sorted(found)]

    yield write
    provenance.forget()


CHANGES = {
    "a statement moves into an if": (
        "used", "            return total\n        return by", "        return total\n        return by"),
    "a blank inside a text": ("used", '"a b"', '"a  b"'),
    "a blank inside an f-string": ("used", "{LIMIT} c", "{LIMIT}  c"),
    "the format of an f-string": ("used", ":>10", ":>11"),
    "a dictionary of numbers": ("used", "100", "200"),
    "a function in a dictionary": ("other", "def first(): return 1", "def first(): return 7"),
    "another function in it": ("used", '"second": other.second', '"second": other.first'),
    "a function in a list": ("other", "return 3", "return 7"),
    "a list that grows in a loop": ("other", "return 4", "return 7"),
    "what the loop is over": ("used", '"a", "b"', '"a"'),
    "a constant": ("other", "LIMIT = 4", "LIMIT = 5"),
    "a condition at the top": ("used", "LIMIT > 3", "LIMIT > 4"),
    "its other branch": ("used", "CHOSEN = None", "CHOSEN = 1"),
    "what a branch names": ("other", "return 5", "return 7"),
    "a class in a class attribute": ("other", "(Tower):\n    pass", "(Tower):\n    size = 2"),
    "its base": ("other", "size = 1", "size = 3"),
    "a method": ("used", "np.sum(users)", "np.max(users)"),
    "what is imported by another name": ("other", "return texts", "return texts[0]"),
    "what the other name means": ("used", "helper as by", "first as by"),
    "which library a name is from": ("used", "import numpy as np", "import math as np"),
    "a decorator": ("other", "return function", "return None"),
    "that there is one": ("used", "@other.decorated\n", ""),
    "what a function imports": ("inner", "def deep(): return 1", "def deep(): return 3"),
    "what another module passes on": ("third", "return x", "return -x"),
    "what happens when a module is imported": ("effects", "a=1", "a=2"),
    "a module that runs in another process": ("elsewhere", "print(1)", "print(2)"),
    "a default": ("other", "def helper(*texts)", "def helper(*texts, n=1)"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_reached_counts(package, change):
    before = package()
    assert package(*change) != before


SAME = {
    "a comment": ("used", "return total", "return total  # all"),
    "a docstring": ("used", '"""Compute."""', '"""Compute: more\n\n        of it."""'),
    "no docstring": ("used", '        """Compute."""\n', ""),
    "line breaks and brackets": ("used", "LIST = [other.in_a_list]", "LIST = [\n    (other.in_a_list),\n]"),
    "a trailing comma": ("used", "np.sum(users)", "np.sum(\n                users,\n            )"),
    "quotes": ("used", '"a b"', "'a b'"),
    "a deeper block": ("inner", "def deep(): return 1", "def deep():\n        return 1"),
    "a function that nobody calls": ("used", "return other.unused()", "return 7"),
    "what that calls": ("other", "return 6", "return 7"),
    "another function of a module": ("inner", "return 2", "return 7"),
    "a new import": ("used", "import numpy as np", "import math\nimport numpy as np"),
    "another name of the same import": ("used", "from recdl import other", "from recdl import inner, other"),
}  # fmt: skip


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_what_changes_no_result_does_not_count(package, change):
    before = package()
    assert package(*change) == before


def test_a_module_without_an_attribute_counts_as_a_whole(package):
    package()
    code = "from recdl import other\ngetattr(other, 'first')"
    assert provenance.named_in(code) == {("recdl.other", provenance.WHOLE)}
    reached = provenance.reached(provenance.named_in(code))
    assert "def unused" in "".join(map(provenance.source, reached))


@pytest.mark.parametrize(
    "code",
    [
        "from recdl import other\nother.first()",
        "from recdl import other as o\no.first()",
        "from recdl.other import first\nfirst()",
        "from recdl.other import first as f\nf()",
        "def inner():\n    from recdl.other import first\n    return first",
    ],
)
def test_a_name_is_followed_however_it_is_imported(package, code):
    package()
    assert provenance.named_in(code) == {("recdl.other", "first")}


def test_an_import_of_a_submodule_by_its_full_name_counts(package):
    package()
    code = "import recdl.other\nrecdl.other.first()"
    reached = provenance.reached(provenance.named_in(code))
    assert "def first" in "".join(map(provenance.source, reached))


def test_files_are_those_of_the_modules_and_the_data_beside_them(package, tmp_path):
    package()
    (tmp_path / "tables").mkdir()
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "__init__.py").touch()
    for name in ("a.csv", "a.md", "tables/b.csv", "course/quiz.toml"):
        (tmp_path / name).touch()
    names = {
        p.relative_to(tmp_path).as_posix()
        for p in provenance.files({("recdl.inner", "deep")})
    }
    assert names == {"inner.py", "a.csv", "tables/b.csv"}
    assert provenance.modules_of("recdl.course") == {("recdl.course", provenance.WHOLE)}
    assert provenance.modules_of("recdl.nothing") == set()


def test_a_class_or_function_has_a_fingerprint_with_all_it_reaches_and_without_what_is_apart():
    whole = provenance.fingerprint(evaluation.evaluate)
    assert len(whole) == 64
    apart = [("recdl.evaluation", "ndcg")]
    assert provenance.fingerprint(evaluation.evaluate, apart=apart) != whole
    assert provenance.fingerprint(evaluation.ndcg) != whole


# The same in every Python


def pythons():
    """Return the Pythons that are found here, from 3.11 on, by their version."""
    versions = ("3.11", "3.12", "3.13", "3.14")
    finding = [packages.uv("python", "find", v, capture_output=True) for v in versions]
    places = [found.stdout.strip() for found in finding]
    return {v: place for v, place in zip(versions, places, strict=True) if place}


def test_the_same_fingerprint_in_every_python(package):
    f_strings = '''f"a {b:.{c}f} {d!r:>10} {e=} {{}}" "b" f'{"x" + "y"}' rf"\\d{f}" f"""
        {g:%H}""" f"{h:}"'''
    package("used", '"a b", f"{users', f'{f_strings}, "a b", f"{{users')
    code = "from recdl import provenance as p; print(p.fingerprint(p.sha256, p.reached, p.essence));"
    code += f"print(p.sha256(p.essence({pathlib.Path(provenance.HERE, 'used.py').read_text()!r})))"
    source = pathlib.Path(importlib.util.find_spec("recdl").origin).parents[1]
    said = {
        name: subprocess.run(
            [python, "-S", "-c", code],
            env={"PYTHONPATH": str(source)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for name, python in ({"this": sys.executable} | pythons()).items()
    }
    assert len(set(said.values())) == 1, said
