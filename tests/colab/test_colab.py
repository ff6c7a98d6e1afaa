"""The chapters in an imitation of Colab, and with the base package alone: `make colab`, about ten minutes.

Colab is imitated by a Python 3.12 with the versions of requirements.txt and a stand-in for `google.colab`.
Each chapter begins in a folder with nothing but the uploaded package, with a copy of the environment that no
other chapter has changed; one takes the package from a repository instead, a snapshot of this folder to which
git maps an address. This needs the package index.
"""

import hashlib
import importlib.metadata
import json
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest

from tools import ROOT, bundle, repository
from tools.command import alone
from tools.project import COURSE, Notebook
from tools.versions import pythons

SHIPPED = pathlib.Path(__file__).with_name("requirements.txt")
BUILD = COURSE.build / "colab"
PYTHON_312 = os.environ.get("UV_PYTHON") or pythons()["3.12"]
STAND_IN = '''"""Stands in for the module that Colab's kernel loads, as this one is."""


def load_ipython_extension(shell):
    pass
'''
SETUP_S = 90
PUBLIC = "https://other.example.net/owner/course"
CHAPTERS = pytest.mark.parametrize("notebook", COURSE.notebooks(), ids=lambda n: n.name)
BASE = pytest.mark.parametrize(
    "notebook",
    [n for n in COURSE.notebooks() if n.name[:2] in ("01", "04")],
    ids=lambda n: n.name,
)


def uv(*arguments, **options):
    command = [sys.executable, "-m", "uv", *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, f"{done.stderr}\nThis needs the package index."


def new_environment(place):
    assert PYTHON_312, (
        "Python 3.12, which Colab has, was not found here. Install it, or name its place: "
        "UV_PYTHON=/path/to/python3.12 make colab"
    )
    shutil.rmtree(place, ignore_errors=True)
    uv("venv", "--quiet", "--python", PYTHON_312, place)


def python(machine):
    return machine / "bin" / "python"


def versions(machine):
    """Return the version of each package that is installed there."""
    (packages,) = machine.glob("lib/python3.*/site-packages")
    found = importlib.metadata.distributions(path=[str(packages)])
    return {distribution.name: distribution.version for distribution in found}


@pytest.fixture(scope="session")
def shipped():
    """Return the environment that imitates Colab's; it is made once, and kept."""
    place, ready = BUILD / "shipped", BUILD / "shipped" / "ready"
    parts = SHIPPED.read_bytes() + STAND_IN.encode() + PYTHON_312.encode()
    fingerprint = hashlib.sha256(parts).hexdigest()
    with alone("colab"):
        if not ready.exists() or ready.read_text() != fingerprint:
            new_environment(place)
            options = ["--quiet", "--no-deps", "--compile-bytecode"]
            uv("pip", "install", *options, "--python", python(place), "-r", SHIPPED)
            (packages,) = place.glob("lib/python3.12/site-packages")
            (packages / "google" / "colab").mkdir()
            (packages / "google" / "colab" / "__init__.py").write_text(STAND_IN)
            ready.write_text(fingerprint)
    return place


@pytest.fixture
def machine(shipped):
    """Return a fresh copy of that environment, which a test may change."""
    place = BUILD / f"machine-{os.getpid()}"
    shutil.copytree(shipped, place, symlinks=True, copy_function=os.link)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def wheel():
    """Return the package as it is now, as the book offers it for uploading."""
    return bundle.own_wheel(COURSE)


@pytest.fixture
def visit():
    """Return the variables of a process on a machine that nobody has used."""
    kept = {n: v for n, v in os.environ.items() if n != "MPLBACKEND"}
    return kept | {"PIP_NO_CACHE_DIR": "1"}


@pytest.fixture
def published(tmp_path):
    """Return a copy of this folder, as it is now, with the address of a repository that has just this."""
    copy = tmp_path / "published"
    who = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]
    commit = [*who, "commit", "--quiet", "--no-gpg-sign", "--all", "--message=Snapshot"]
    # In a repository of its own, so the project's index stays untouched, and changes need not be committed.
    subprocess.run(["git", "init", "--quiet", copy], check=True)
    git = ["git", f"--git-dir={copy / '.git'}", f"--work-tree={ROOT}"]
    subprocess.run([*git, "add", "--all"], check=True, cwd=ROOT)
    subprocess.run([*git, *commit], check=True, cwd=ROOT)
    subprocess.run(["git", "reset", "--quiet", "--hard"], check=True, cwd=copy)
    assert "_config.yml" in repository.change(PUBLIC, copy)
    subprocess.run(["git", *commit], check=True, cwd=copy)
    return copy


def execute(notebook, machine, variables, place, *options):
    """Execute a chapter with that machine's Python in /content; return its seconds, cell by cell."""
    folder, kernel = place / "content", place / "jupyter" / "kernels" / "python3"
    folder.mkdir(exist_ok=True)
    kernel.mkdir(parents=True)
    start = [str(python(machine)), "-m", "ipykernel_launcher", "-f"]
    spec = {
        "display_name": "Python 3",
        "language": "python",
        "argv": [*start, "{connection_file}", *options],
        "env": {"PYTHONPATH": ""},
    }
    (kernel / "kernel.json").write_text(json.dumps(spec))
    target = folder / notebook.path.name
    done = subprocess.run(
        [sys.executable, "-m", "tools.execute", notebook.path, target, folder, "{}"],
        cwd=ROOT,
        env=variables
        | {
            "JUPYTER_PATH": str(place / "jupyter"),
            "IPYTHONDIR": str(place / "ipython"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    cells = json.loads(target.read_text(encoding="utf-8"))["cells"]
    return [cell["metadata"]["papermill"]["duration"] or 0 for cell in cells]


def run_in_colab(notebook, machine, visit, tmp_path, capsys):
    before = versions(machine)
    seconds = execute(notebook, machine, visit, tmp_path, "--ext=google.colab")
    setup, rest = seconds[1], sum(seconds[2:])
    with capsys.disabled():
        print(f"\n{notebook.name:<24} set-up {setup:3.0f} s   run {rest:4.0f} s")
    after = versions(machine)
    assert {name: after.get(name) for name in before} == before, "a version moved"
    assert set(after) - set(before) == {"recdl", "recommenders"}
    assert setup < SETUP_S


@CHAPTERS
def test_a_chapter_runs_in_colab(notebook, machine, visit, wheel, tmp_path, capsys):
    (tmp_path / "content").mkdir()
    second = f"{wheel.stem} (1).whl"  # as a browser names a second download
    shutil.copy(wheel, tmp_path / "content" / second)
    run_in_colab(notebook, machine, visit, tmp_path, capsys)


def test_a_chapter_runs_in_colab_from_a_repository(
    published, machine, visit, tmp_path, capsys
):
    (chapter,) = (published / "book").glob("04_*.ipynb")
    git = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{published}.insteadOf",
        "GIT_CONFIG_VALUE_0": PUBLIC,
    }
    notebook = Notebook(chapter, BUILD)
    run_in_colab(notebook, machine, visit | git, tmp_path, capsys)
    (installed,) = machine.glob("lib/python3.*/site-packages/recdl-*.dist-info")
    came = json.loads((installed / "direct_url.json").read_text(encoding="utf-8"))
    assert (came["url"], came["vcs_info"]["vcs"]) == (PUBLIC, "git")


def set_up(machine, visit, wheel, code):
    """Install recdl as the set-up cell does, then run this code; return the process and the versions."""
    pip = [python(machine), "-m", "pip"]
    install = [*pip, "install", "--quiet", "--no-deps", wheel]
    variables = visit | {"PYTHONPATH": ""}
    subprocess.run(install, env=variables, check=True)
    command = [python(machine), "-c", f"from recdl.course import colab\n{code}"]
    done = subprocess.run(
        command, env=variables, capture_output=True, text=True, check=False
    )
    return done, versions(machine)


def test_what_colab_no_longer_ships_is_installed_and_nothing_moves(
    machine, visit, wheel
):
    gone = ["pooch", "tf-slim"]
    uv("pip", "uninstall", "--quiet", "--python", python(machine), *gone)
    before = versions(machine)
    done, after = set_up(machine, visit, wheel, "colab.install()")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert {name: after.get(name) for name in before} == before
    added = {name.replace("_", "-") for name in set(after) - set(before)}
    assert added == {"recdl", "recommenders", *gone}


def test_it_refuses_rather_than_moves_a_version(machine, visit, wheel, tmp_path):
    with zipfile.ZipFile(tmp_path / "demo-1.0-py3-none-any.whl", "w") as demo:
        told = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: numpy<2"
        demo.writestr("demo-1.0.dist-info/METADATA", f"{told}\n")
        tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        demo.writestr("demo-1.0.dist-info/WHEEL", tags)
        demo.writestr("demo-1.0.dist-info/RECORD", "")
    before = versions(machine)
    done, after = set_up(
        machine,
        visit | {"PIP_FIND_LINKS": str(tmp_path)},
        wheel,
        "colab.needed = lambda: [colab.Requirement('demo')]; colab.install()",
    )
    assert (
        "RuntimeError: pip could not install demo. Run this cell again" in done.stderr
    )
    assert set(after) - set(before) == {"recdl"}
    assert {name: after[name] for name in before} == before


@pytest.fixture(scope="session")
def base(wheel):
    """Return an environment with the package without extras, and a kernel."""
    place = BUILD / "base"
    new_environment(place)
    options = ["--quiet", "--python", python(place), "--refresh-package", "recdl"]
    uv("pip", "install", *options, wheel, "ipykernel")
    return place


@BASE
def test_chapters_1_and_4_need_the_base_package_alone(notebook, base, visit, tmp_path):
    assert not {"tensorflow", "keras", "recommenders"} & set(versions(base))
    execute(notebook, base, visit, tmp_path)
