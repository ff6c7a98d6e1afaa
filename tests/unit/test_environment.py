import signal
import subprocess
import sys

import pytest

from processes import has_ended, wait_for
from tools import environment


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return a project folder with a lock and no environment."""
    (tmp_path / "requirements.txt").write_text(
        "# comment\n--only-binary :all:\nnumpy==2.0\nPillow==11.0\n"
    )
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "LOCK", tmp_path / "requirements.txt")
    monkeypatch.setattr(environment, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(environment, "READY", tmp_path / ".venv" / "ready")
    monkeypatch.setattr(environment, "exit_on_signals", lambda: None)
    return tmp_path


@pytest.fixture
def created(place, monkeypatch):
    """Return the list of times that the environment was created."""
    calls = []

    def create():
        calls.append(1)
        environment.ENVIRONMENT.mkdir(exist_ok=True)
        environment.READY.write_text(environment.fingerprint())

    monkeypatch.setattr(environment, "create", create)
    return calls


@pytest.mark.parametrize("version", [(3, 10), (3, 13), (2, 7)])
def test_a_python_too_old_or_too_new_is_refused_with_a_sentence(version, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (*version, 0))
    with pytest.raises(
        SystemExit, match=r"needs Python 3.11 or 3.12.*make PYTHON=python3.12"
    ):
        environment.check_python()


def test_an_environment_is_created_once(created):
    environment.main()
    environment.main()
    assert len(created) == 1


def test_a_changed_lock_creates_it_again(created, place):
    environment.main()
    (place / "requirements.txt").write_text("numpy==2.1\n")
    environment.main()
    assert len(created) == 2


def test_an_interrupted_creation_is_not_taken_for_an_environment(place, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "pip", interrupt)
    with pytest.raises(KeyboardInterrupt):
        environment.create()
    assert environment.ENVIRONMENT.exists()
    assert not environment.READY.exists()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interrupt_ends_pip_too(tmp_path, name):
    pip, pid = tmp_path / "python", tmp_path / "pid"
    pip.write_text(f"#!/bin/sh\necho $$ > '{pid}'\nexec sleep 60\n")
    pip.chmod(0o755)
    (tmp_path / "requirements.txt").write_text("numpy==2.0\n")
    code = f"""
import pathlib
import signal
from recdl.course import as, e
from tools import environment
e.ROOT = root = pathlib.Path({str(tmp_path)!r})
e.LOCK, e.READY = root / "requirements.txt", root / "ready"
e.python, e.create = lambda: root / "python", lambda: e.pip("install")
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a script started us with &
e.main()
"""
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    wait_for(lambda: pid.exists() and pid.read_text().strip())
    process.send_signal(getattr(signal, name))
    _, told = process.communicate(timeout=10)
    assert process.returncode != 0
    assert told.decode().startswith(
        {"SIGINT": "Interrupted. The same"}.get(name, "Stop")
    )
    wait_for(lambda: has_ended(pid.read_text().strip()))


def test_two_processes_do_not_work_at_once(place, capfd):
    code = (
        "import pathlib, sys, time; from recdl.course import environment as e;"
        f"e.ROOT = pathlib.Path({str(place)!r})\n"
        "with e.alone('run'): print(time.time(), flush=True); time.sleep(0.7); print(time.time())"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        begin = float(first.stdout.readline())
        second = subprocess.run(command, capture_output=True, text=True, check=True)
        end = float(first.stdout.read())
    assert begin < end <= float(second.stdout.split()[0])
    assert "Another make is at work in this folder" in second.stderr


def test_a_failing_pip_stops_with_its_own_words(place, monkeypatch, capfd):
    monkeypatch.setattr(environment, "python", lambda: sys.executable)
    with pytest.raises(SystemExit, match="pip could not install"):
        environment.pip("install", "--no-index", "a-package-that-does-not-exist")
    assert "a-package-that-does-not-exist" in capfd.readouterr().err


def test_a_python_without_venv_is_told_what_to_install(place, monkeypatch):
    failed = subprocess.CompletedProcess([], returncode=1)
    monkeypatch.setattr(environment.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        environment.create()


def test_locked_packages_are_counted(place):
    assert environment.locked_packages() == 2
