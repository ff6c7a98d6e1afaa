import subprocess
import sys

import pytest

from processes import has_ended, send, start, wait_for, wait_for_pid
from tools import environment, packages
from tools.environment import Environment


@pytest.fixture
def place(tmp_path):
    """Return an environment that is not there yet, in a project with a lock."""
    (tmp_path / "requirements.txt").write_text(
        "# comment\n--only-binary :all:\nnumpy==2.0\nPillow==11.0\n"
    )
    return Environment(tmp_path)


@pytest.fixture
def created(monkeypatch):
    """Return the list of times that the environment was created."""
    calls = []

    def create(self):
        calls.append(1)
        self.place.mkdir(exist_ok=True)
        self.ready.write_text(self.fingerprint())

    monkeypatch.setattr(Environment, "create", create)
    return calls


@pytest.mark.parametrize("version", [(3, 10), (3, 13), (2, 7)])
def test_a_python_too_old_or_too_new_is_refused_with_a_sentence(version, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (*version, 0))
    with pytest.raises(
        SystemExit, match=r"needs Python 3.11 or 3.12.*make PYTHON=python3.12"
    ):
        environment.check_python()


def test_an_environment_is_created_once(created, place):
    environment.main([], place.root)
    environment.main([], place.root)
    assert len(created) == 1


def test_a_changed_lock_creates_it_again(created, place):
    environment.main([], place.root)
    place.lock.write_text("numpy==2.1\n")
    environment.main([], place.root)
    assert len(created) == 2


def test_an_interrupted_creation_is_not_taken_for_an_environment(place, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Environment, "install", interrupt)
    monkeypatch.setattr(environment.subprocess, "call", lambda _: place.place.mkdir())
    with pytest.raises(SystemExit, match=r"Interrupted\. The same command creates"):
        environment.main([], place.root)
    assert place.place.exists()
    assert not place.ready.exists()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interrupt_ends_pip_too(place, name):
    pip, pid = place.root / "python", place.root / "pid"
    pip.write_text(f"#!/bin/sh\necho $$ > '{pid}'\nexec sleep 60\n")
    pip.chmod(0o755)
    process = start(f"""
import pathlib
from tools.environment import Environment, main
Environment.python = {str(pip)!r}
Environment.__setattr__ = lambda self, name, value: name == "python" or object.__setattr__(self, name, value)
Environment.create = lambda self: self.install("numpy")
main([], pathlib.Path({str(place.root)!r}))
""")
    number = wait_for_pid(pid)
    said = send(process, name)
    assert said.startswith({"SIGINT": "Interrupted. The same"}.get(name, "Stopped."))
    wait_for(lambda: has_ended(number))


def test_a_failing_pip_stops_with_its_own_words(place, capfd, monkeypatch):
    place.python = sys.executable
    (place.root / "pip.py").write_text("import sys; sys.exit(f'no {sys.argv[-1]}')")
    monkeypatch.setenv("PYTHONPATH", str(place.root))
    with pytest.raises(SystemExit, match="pip could not install"):
        place.install("a-package-that-does-not-exist")
    assert "no a-package-that-does-not-exist" in capfd.readouterr().err


def test_pip_tells_how_many_packages_it_has_found(tmp_path, capfd):
    lines = "\n".join(
        ["Collecting a"] * 60 + ["Installing collected packages: a, b, c"]
    )
    (tmp_path / "pip.py").write_text(f"print({lines!r})")
    packages.pip(sys.executable, "install", total=70, PYTHONPATH=str(tmp_path))
    assert capfd.readouterr().err.splitlines() == [
        "  about 25 of 70 packages found",
        "  about 50 of 70 packages found",
        "  installing them, one to two minutes …",
    ]


def test_a_python_without_venv_is_told_what_to_install(place, monkeypatch):
    monkeypatch.setattr(environment.subprocess, "call", lambda _: 1)
    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        place.create()


def test_locked_packages_are_counted(place):
    assert place.locked_packages() == 2


def test_an_environment_begins_with_the_standard_library_alone():
    """It runs before anything is installed, so also without this package."""
    code = "import sys; from tools import environment; environment.check_python()"
    command = [sys.executable, "-E", "-S", "-c", code]
    done = subprocess.run(command, cwd=environment.ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
