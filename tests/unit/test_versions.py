import json
import pathlib
import subprocess

import pytest

from tools import packages, pythons, versions
from tools.project import COURSE

ALL = ["3.11", "3.12", "3.13"]
OTHER, LAST = sorted({*ALL} - {versions.HERE})  # LAST is not installed here


class Machine:
    """Stands for the commands: keeps what they were asked, and fails where a test wants it."""

    def __init__(self):
        self.asked, self.downloads = [], set()
        self.other, self.failing, self.on = f"/usr/bin/python{OTHER}\n", "nothing", ""

    def run(self, command, env=None, **_):
        words = " ".join(map(str, command))
        self.asked.append(words)
        if "-m uv " in words:
            self.downloads.add(env["UV_PYTHON_DOWNLOADS"])
        if self.failing is KeyboardInterrupt and "-m pytest" in words:
            raise KeyboardInterrupt
        if " venv " in words:
            pathlib.Path(command[-1]).mkdir(parents=True)
        found = json.dumps([{"name": "numpy", "version": "2.0.0"}])
        there = OTHER in words
        answer = (self.other if there else "") if " find " in words else found
        failed = str(self.failing) in words and self.on in words
        return subprocess.CompletedProcess(command, int(failed), answer, "")


@pytest.fixture
def root(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["numpy>=2.0,<2.5"]\n'
        '[project.optional-dependencies]\ndev = ["tf-slim>=1.1"]\n'
    )
    return tmp_path


@pytest.fixture
def machine(monkeypatch):
    here = Machine()
    monkeypatch.setattr(packages.subprocess, "run", here.run)
    monkeypatch.setattr(pythons, "LACKING", {})  # whatever system this is
    return here


def test_every_python_is_tried_and_the_table_says_what_with(machine, root, capsys):
    versions.main(["lowest"], root)
    printed = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    rows = [[word.strip() for word in line if word.strip()] for line in printed]
    assert rows[:-1] == [
        ["lowest", "allowed", *(f"Python {v}" for v in ALL if v != LAST)],
        ["numpy", ">=2.0,<2.5", "2.0.0", "2.0.0"],
        ["tf-slim", ">=1.1", "–", "–"],
        ["unit tests", "passed", "passed"],
    ]


def test_a_python_that_is_not_here_is_named(machine, root, capsys):
    machine.other = ""
    versions.main(["lowest"], root)
    printed = capsys.readouterr().out
    for version in (OTHER, LAST):
        assert (
            f"\nPython {version} is not installed here and was not tried.\n" in printed
        )
    assert sum("-m pytest" in words for words in machine.asked) == 1


@pytest.mark.parametrize(
    ("failing", "verdict"),
    [("-m pytest", "failed"), ("--all-extras", "not installed")],
)
def test_a_failure_on_one_python_is_a_failure_and_the_other_is_tried(
    machine, root, capsys, failing, verdict
):
    machine.failing, machine.on = failing, f"lowest-{OTHER}"
    with pytest.raises(SystemExit, match="Not passed"):
        versions.main(["lowest"], root)
    last = capsys.readouterr().out.splitlines()[-2]
    expected = {OTHER: verdict, versions.HERE: "passed"}
    words = [word for v in sorted(expected) for word in expected[v].split()]
    assert last.split() == ["unit", "tests", *words]
    left = [place.name for place in (root / "_build").glob("*/")]
    assert left == [f"lowest-{OTHER}"]


def test_uv_may_not_download_a_python(machine, root):
    versions.main(["lowest"], root)
    assert machine.downloads == {"never"}


@pytest.mark.parametrize(
    ("which", "resolution"), [("lowest", "lowest-direct"), ("newest", "highest")]
)
def test_versions_come_from_pyproject_and_not_from_the_lock(
    machine, root, which, resolution
):
    versions.main([which], root)
    chosen = [words for words in machine.asked if "--resolution" in words]
    assert len(chosen) == 2
    for words in chosen:
        assert f"--resolution {resolution} --no-build " in words
        assert words.endswith(f"--all-extras -r {root / 'pyproject.toml'} -e {root}")


def test_an_interrupt_ends_with_a_sentence(machine, root):
    machine.failing = KeyboardInterrupt
    with pytest.raises(SystemExit, match=r"^Interrupted\. The same command"):
        versions.main(["lowest"], root)


def test_every_package_of_the_project_has_a_lower_bound():
    allowed = versions.named(COURSE)
    assert {"numpy", "tensorflow", "jupyter-book", "pytest"} <= allowed.keys()
    assert all(">=" in versions for versions in allowed.values())
