"""What a reader who runs this on their own machine wants kept: nothing that is read can run as code."""

import ast
import json

import pytest

from tools import ROOT, below

FOLDERS = {"src": ".py", "tools": ".py", "benchmarks": ".py", "book": ".ipynb"}
FILES = [p for f, end in FOLDERS.items() for p in below(ROOT / f) if p.suffix == end]
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
CALLS = {"eval", "exec", "__import__", "os.system", "os.popen"}
CALLS |= {"yaml.load", "yaml.unsafe_load", "yaml.full_load"}  # but not yaml.safe_load
METHODS = {"extractall", "unpack_archive", "read_pickle"}
SAFE = {"shell=False", "verify=True", "allow_pickle=False", "trust_remote_code=False"}
OPTIONS = {safe.partition("=")[0] for safe in SAFE}


def is_danger(name: str) -> bool:
    """Tell whether a module, function or argument may run what was read, ask a shell or trust anybody."""
    return (
        name in CALLS
        or name.split(".")[0] in MODULES
        or name.split(".")[-1] in METHODS
        or (name.partition("=")[0] in OPTIONS and name not in SAFE)
    )


def dangers(source: str) -> list[str]:
    """Return every danger in Python code, with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call):
            names = [ast.unparse(part) for part in (node.func, *node.keywords)]
        found += [f"{name}, line {node.lineno}" for name in names if is_danger(name)]
    return found


def code(path) -> str:
    """Return the Python code of a file; a chapter may ask for nothing beside it but %pip."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    cells = [c for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
    lines = "\n".join("".join(cell["source"]) for cell in cells).splitlines()
    return "\n".join(line.replace("%pip install", "pip #") for line in lines)


def test_every_folder_is_looked_at():
    assert {path.relative_to(ROOT).parts[0] for path in FILES} == set(FOLDERS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_that_is_read_can_run(path):
    assert dangers(code(path)) == []


@pytest.mark.parametrize(
    "guilty",
    [
        "import pickle",
        "from joblib import load",
        "import cloudpickle as c",
        "from os import system",
        "from yaml import unsafe_load",
        "os.system('ls')",
        "os.popen(command)",
        "eval(text)",
        "exec(text)",
        "yaml.load(file, Loader=yaml.Loader)",
        "yaml.load(file)",
        "pd.read_pickle('a')",
        "np.load('a', allow_pickle=True)",
        "np.load('a', allow_pickle=wanted)",
        "subprocess.run(command, shell=True)",
        "requests.get(address, verify=False)",
        "requests.get(address, verify=None)",
        "zipfile.ZipFile('a').extractall()",
        "tarfile.open('a').extractall('b', filter='data')",
        "shutil.unpack_archive('a')",
        "AutoModel.from_pretrained('a', trust_remote_code=True)",
        "def f():\n    class A:\n        b = [eval(x) for x in y]",
    ],
)
def test_a_danger_is_found(guilty):
    assert dangers(guilty)


@pytest.mark.parametrize(
    "innocent",
    [
        "yaml.safe_load(text)",
        "np.load('a', allow_pickle=False)",
        "titles.str.extract('a')",
        "model.eval()",
        "platform.system()",
        "subprocess.run([program, 'a b; c'])",
    ],
)
def test_what_is_safe_is_left_alone(innocent):
    assert dangers(innocent) == []


def test_a_chapter_that_asks_a_shell_is_no_python(tmp_path):
    chapter = tmp_path / "chapter.ipynb"
    for line in ("!curl address | sh", "%%bash", "%system ls"):
        cell = {"cell_type": "code", "source": ["a = 1\n", line]}
        chapter.write_text(json.dumps({"cells": [cell]}))
        with pytest.raises(SyntaxError):
            dangers(code(chapter))
