import json
import subprocess
import sys

import pytest

from tools import environment, versions

[OTHER] = {"3.11", "3.12"} - {versions.HERE}


class Machine:
    """Stands for the commands: keeps what they were asked, and fails where a test wants it."""

    def __init__(self):
        self.asked, self.downloads = [], set()
        self.other, self.failing = f"/usr/bin/python{OTHER}\n", "nothing"

    def run(self, command, env=None, **_):
        words = " ".join(map(str, command))
        self.asked.append(words)
        if "-m uv " in words:
            self.downloads.add(env["UV_PYTHON_DOWNLOADS"])
        if self.failing is KeyboardInterrupt and "-m pytest" in words:
            raise KeyboardInterrupt
        if " venv " in words:
            (versions.ROOT / "_build" / words.rsplit("/", 1)[1]).mkdir(parents=True)
        found = json.dumps([{"name": "numpy", "version": "2.0.0"}])
        answer = self.other if " find " in words else found
        failed = isinstance(self.failing, str) and self.failing in words
        return subprocess.CompletedProcess(command, int(failed), answer, "")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["numpy>=2.0,<2.5"]\n'
        '[project.optional-dependencies]\ndev = ["tf-slim>=1.1"]\n'
    )
    here = Machine()
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(versions, "ROOT", tmp_path)
    monkeypatch.setattr(versions, "exit_on_signals", lambda: None)
    monkeypatch.setattr(versions.subprocess, "run", here.run)
    monkeypatch.setattr(sys, "argv", ["versions", "lowest"])
    return here


def test_every_python_is_tried_and_the_table_says_what_with(machine, capsys):
    versions.main()
    printed = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    rows = [[word.strip() for word in line if word.strip()] for line in printed]
    assert rows == [
        ["lowest", "allowed", "Python 3.11", "Python 3.12"],
        ["numpy", ">=2.0,<2.5", "2.0.0", "2.0.0"],
        ["tf-slim", ">=1.1", "–", "–"],
        ["unit tests", "passed", "passed"],
    ]


def test_a_python_that_is_not_here_is_named(machine, capsys):
    machine.other = ""
    versions.main()
    said = f"Python {OTHER} is not installed here and was not tried.\n"
    assert capsys.readouterr().out.endswith(said)
    assert sum("-m pytest" in words for words in machine.asked) == 1


@pytest.mark.parametrize(
    ("failing", "verdict"),
    [("-m pytest", "failed"), ("--all-extras", "not installed")],
)
def test_a_failure_on_one_python_is_a_failure_and_the_other_is_tried(
    machine, capsys, failing, verdict, monkeypatch
):
    def run(command, **options):
        here = str(versions.ROOT / "_build" / "lowest-3.11") in str(command)
        machine.failing = failing if here else "nothing"
        return machine.run(command, **options)

    monkeypatch.setattr(versions.subprocess, "run", run)
    with pytest.raises(SystemExit, match="Not passed"):
        versions.main()
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.split() == ["unit", "tests", *verdict.split(), "passed"]
    left = [place.name for place in (versions.ROOT / "_build").glob("*/")]
    assert left == ["lowest-3.11"]


def test_uv_may_not_download_a_python(machine):
    versions.main()
    assert machine.downloads == {"never"}


@pytest.mark.parametrize(
    ("which", "resolution"), [("lowest", "lowest-direct"), ("newest", "highest")]
)
def test_versions_come_from_pyproject_and_not_from_the_lock(
    machine, which, resolution, monkeypatch
):
    monkeypatch.setattr(sys, "argv", ["versions", which])
    versions.main()
    chosen = [words for words in machine.asked if "--resolution" in words]
    assert len(chosen) == 2
    for words in chosen:
        assert f"--upgrade --resolution {resolution} " in words
        assert words.endswith(f"-r {versions.ROOT / 'pyproject.toml'}")


def test_an_interrupt_ends_with_a_sentence(machine):
    machine.failing = KeyboardInterrupt
    with pytest.raises(SystemExit, match=r"^Interrupted\. The same command"):
        versions.main()


def test_every_package_of_the_project_has_a_lower_bound():
    allowed = versions.named()
    assert {"numpy", "tensorflow", "jupyter-book", "pytest"} <= allowed.keys()
    assert all(">=" in versions for versions in allowed.values())
