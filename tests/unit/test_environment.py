import os
import subprocess
import sys

import pytest

from processes import has_ended, send, signals, start, wait_for, wait_for_pid
from tools import ROOT, environment, packages, pythons
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
        self.python.parent.mkdir(parents=True, exist_ok=True)
        self.python.touch()
        self.ready.write_text(self.fingerprint())

    monkeypatch.setattr(Environment, "create", create)
    return calls


def test_an_environment_is_created_once(created, place):
    environment.main([], place.root)
    environment.main([], place.root)
    assert len(created) == 1


def test_a_changed_lock_creates_it_again(created, place):
    environment.main([], place.root)
    place.lock.write_text("numpy==2.1\n")
    environment.main([], place.root)
    assert len(created) == 2


def test_another_python_creates_it_again(created, place, monkeypatch):
    environment.main([], place.root)
    other = pythons.this()._replace(version="3.12.99 (main)")
    monkeypatch.setattr(pythons, "fitting", lambda: other)
    for _ in range(2):
        assert environment.main([], place.root) == place.python
    assert len(created) == 2


def test_an_environment_whose_python_was_removed_is_created_again(created, place):
    environment.main([], place.root)
    place.python.unlink()
    environment.main([], place.root)
    assert len(created) == 2


def test_it_is_made_with_the_python_that_fits(place, monkeypatch):
    other, taken = pythons.Python("/opt/python3.12", "3.12.1 (main)", 64), []
    monkeypatch.setattr(pythons, "fitting", lambda: other)
    monkeypatch.setattr(environment.subprocess, "call", lambda *_, **__: 0)
    monkeypatch.setattr(Environment, "create", lambda self: taken.extend(self.way()))
    environment.main([], place.root)
    assert taken[:3] == ["/opt/python3.12", "-m", "venv"]


def half_made(place, monkeypatch, error):
    """Let the creation begin, and an error stop it."""

    def stop(*_):
        (place.place / "half").touch()
        raise error

    monkeypatch.setattr(Environment, "install", stop)
    monkeypatch.setattr(
        Environment, "make_empty", lambda self, _: self.place.mkdir(exist_ok=True)
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyboardInterrupt(), r"Interrupted\. The same command creates"),
        (SystemExit("pip's words"), r"pip's words"),
    ],
)
def test_a_creation_that_was_stopped_leaves_nothing(error, said, place, monkeypatch):
    half_made(place, monkeypatch, error)
    with pytest.raises(SystemExit, match=said):
        environment.main([], place.root)
    assert not place.place.exists()


@signals
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


@pytest.fixture
def pip(place, monkeypatch):
    """Return a function that lets pip fail with some words."""

    def be(words):
        place.python = sys.executable
        (place.root / "pip.py").write_text(f"import sys; sys.exit({words!r})")
        monkeypatch.setenv("PYTHONPATH", str(place.root))

    return be


def test_a_failing_pip_stops_with_its_own_words(place, pip, capfd):
    pip("no such package")
    with pytest.raises(
        SystemExit, match=r"pip could not install.*course\.py env"
    ) as stopped:
        place.install("a-package-that-does-not-exist")
    assert "no such package" in capfd.readouterr().err
    assert "network" not in str(stopped.value)


@pytest.mark.parametrize(
    "words",
    [
        "NewConnectionError: Failed to establish a new connection: [Errno 111] Connection refused",
        "NameResolutionError: Failed to resolve: [Errno -3] Temporary failure in name resolution",
        "[Errno 11001] getaddrinfo failed",
        "ProxyError('Cannot connect to proxy.', RemoteDisconnected())",
        "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate'))",
        "ConnectTimeoutError: Connection to h timed out. (connect timeout=15)",
    ],
)
def test_without_network_the_proxy_is_named_below_what_pip_says(
    words, place, pip, capfd
):
    pip(words)
    with pytest.raises(
        SystemExit, match="where a proxy leads to it, set HTTPS_PROXY=http"
    ):
        place.install("numpy")
    assert words in capfd.readouterr().err


def test_without_network_nothing_half_made_is_left(place, monkeypatch):
    """With a real environment, in a folder with blanks and an umlaut, and the real pip in it."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv(
        "PIP_RETRIES", "1"
    )  # with none at all, pip does not say why it failed
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    root = place.root / "Kurs [neu] Übung"
    root.mkdir()
    (root / "requirements.txt").write_text("a-package-of-nobody==1.0\n")
    with pytest.raises(SystemExit, match="HTTPS_PROXY"):
        Environment(root).create()
    assert [path.name for path in root.iterdir()] == ["requirements.txt"]


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


@pytest.fixture
def without_venv(place):
    """Let the Python be one of Debian without python3-venv."""
    lacking = place.root / "python"
    lacking.write_text("#!/bin/sh\nexit 1\n")
    lacking.chmod(0o755)
    place.base = place.base._replace(path=str(lacking))


shell = pytest.mark.skipif(
    os.name == "nt", reason="the stand-ins are programs of a shell"
)


@shell
def test_a_python_without_venv_is_told_what_to_install(
    place, without_venv, monkeypatch
):
    monkeypatch.setattr(pythons, "uv", lambda: None)
    place.place.mkdir()
    (place.place / "old one").touch()
    with pytest.raises(
        SystemExit, match=r"apt-get install python3-venv.*pip install uv"
    ):
        place.create()
    assert (place.place / "old one").exists()


@shell
def test_uv_does_without_venv(place, without_venv, monkeypatch):
    uv = place.root / "uv"
    uv.write_text(
        f"#!/bin/sh\nmkdir '{place.place}' && echo \"$@\" > '{place.place}/said'\n"
    )
    uv.chmod(0o755)
    monkeypatch.setattr(pythons, "uv", lambda: [str(uv)])
    place.place.mkdir()
    place.make_empty(place.way())
    options = f"--seed --python {place.base.path} {place.place}"
    assert (place.place / "said").read_text() == f"venv --quiet {options}\n"


def test_a_place_that_cannot_be_written_is_named(place, capfd):
    place.place.write_text("a file")
    with pytest.raises(
        SystemExit, match=r"\.venv could not be made; the reason stands above"
    ):
        place.make_empty(place.way())
    assert "Error" in capfd.readouterr().err


def test_locked_packages_are_counted(place):
    assert place.locked_packages() == 2


def test_an_environment_begins_with_the_standard_library_alone():
    """It runs before anything is installed, so also without this package."""
    code = "from tools import environment, pythons; pythons.fitting()"
    command = [sys.executable, "-E", "-S", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
