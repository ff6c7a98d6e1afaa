import os
import pathlib
import signal
import subprocess
import sys
import time

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
    """Return the versions of the Pythons that the environment was created with, by a stand-in."""
    calls = []

    def create(self):
        base = self.named or pythons.fitting()
        calls.append(base.version)
        self.python.parent.mkdir(parents=True, exist_ok=True)
        self.python.write_text(base.version)
        self.ready.write_text(self.fingerprint(base))

    def ask(command):
        """Return the Python that the stand-in or a name such as python3.12 stands for."""
        if command[0].startswith("python3."):
            version = command[0][len("python") :] + ".1 (main)"
            return pythons.this()._replace(version=version)
        path = pathlib.Path(command[0])
        return path.exists() and pythons.this()._replace(version=path.read_text())

    monkeypatch.setattr(Environment, "create", create)
    monkeypatch.setattr(pythons, "ask", ask)
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


@pytest.mark.parametrize(
    "version", ["3.12.99 (main)", "3.13.1 (main)", "3.14.0 (main)"]
)
def test_another_python_that_starts_it_leaves_it(created, place, monkeypatch, version):
    environment.main([], place.root)
    other = pythons.this()._replace(version=version)
    monkeypatch.setattr(pythons, "this", lambda: other)
    assert environment.main([], place.root) == place.python
    assert len(created) == 1


def test_a_python_that_is_named_is_the_one_until_another_is_named(created, place):
    for words in (["--python", "python3.12"], [], ["--python", "python3.12"]):
        environment.main(words, place.root)
        assert created == ["3.12.1 (main)"]
    environment.main(["--python", "python3.13"], place.root)
    environment.main([], place.root)
    assert created == ["3.12.1 (main)", "3.13.1 (main)"]


def test_a_place_that_was_moved_needs_another_one(created, place, tmp_path):
    environment.main([], place.root)
    moved = tmp_path / "moved"
    moved.mkdir()
    for path in (place.lock, place.place):
        path.rename(moved / path.name)
    environment.main([], moved)
    assert len(created) == 2


def test_an_environment_whose_python_was_removed_is_created_again(created, place):
    environment.main([], place.root)
    place.python.unlink()
    environment.main([], place.root)
    assert len(created) == 2


@pytest.mark.parametrize("named", [True, False])
def test_it_is_made_with_the_python_that_is_named_or_fits(place, monkeypatch, named):
    other = pythons.Python("/opt/python3.12", "3.12.1 (main)", 64)
    monkeypatch.setattr(
        pythons, "found", lambda: iter([pythons.this() if named else other])
    )
    monkeypatch.setattr(environment.subprocess, "call", lambda *_, **__: 0)
    base, way = Environment(place.root, other if named else None).way()
    assert (base, way[:3]) == (other, ["/opt/python3.12", "-m", "venv"])


def half_made(place, monkeypatch, error):
    """Let the creation begin, and an error stop it."""

    def stop(*_):
        (place.place / "half").touch()
        raise error

    monkeypatch.setattr(Environment, "install", stop)
    monkeypatch.setattr(packages, "output_of", lambda _: place.place.mkdir())


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyboardInterrupt(), r"Interrupted\. The same command creates"),
        (SystemExit("pip's words"), r"pip's words"),
    ],
)
@pytest.mark.parametrize("before", [[], ["ready", "old"], ["somebody's own"]])
def test_a_creation_that_was_stopped_leaves_what_was_there(
    error, said, before, place, monkeypatch
):
    half_made(place, monkeypatch, error)
    for name in before:
        place.place.mkdir(exist_ok=True)
        (place.place / name).touch()
    for _ in range(2):
        with pytest.raises(SystemExit, match=said):
            environment.main([], place.root)
        left = place.place.iterdir() if place.place.exists() else []
        assert sorted(path.name for path in left) == sorted(before)
        assert not place.aside.exists()


@pytest.mark.parametrize("finished", [True, False])
def test_after_a_kill_one_of_the_two_is_left(finished, place, created):
    """The one that stepped aside if the other is not ready, and the other if it is."""
    environment.main([], place.root)
    if finished:
        place.aside.mkdir()
    else:
        place.place.rename(place.aside)
        place.place.mkdir()
    assert environment.main([], place.root) == place.python
    assert len(created) == 1
    assert place.ready.exists()
    assert not place.aside.exists()


def test_the_old_one_goes_when_the_new_one_is_ready(place, monkeypatch):
    place.place.mkdir()
    place.ready.write_text("of another lock")
    monkeypatch.setattr(Environment, "install", lambda *_: None)
    place.create()
    assert place.is_ready()
    assert [path.name for path in place.root.iterdir() if path.is_dir()] == [
        ".venv",
        "_build",
    ]
    assert not place.aside.exists()


@signals
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interrupt_ends_all_that_was_started_and_removes_what_it_left(place, name):
    """As venv starts ensurepip, the stand-in starts a child, which writes when its parent has died."""
    base, pid, temporary = (place.root / n for n in ("python", "pid", "temporary"))
    temporary.mkdir()
    base.write_text(f"""#!/bin/sh
if [ "$1" = -c ]; then exit; fi
mkdir '{place.place}' && touch "$TMPDIR/pip-unpack" && echo Traceback >&2
(echo $$ > '{pid}'; sleep 1; mkdir -p '{place.place}/late'; sleep 30)
""")
    base.chmod(0o755)
    process = start(
        f"""
import pathlib
from tools import pythons
from tools.environment import main
pythons.found = lambda: iter([pythons.this()._replace(path={str(base)!r})])
main([], pathlib.Path({str(place.root)!r}))
""",
        env=os.environ | {"TMPDIR": str(temporary)},
        start_new_session=True,
    )
    number = wait_for_pid(pid)
    if name == "SIGINT":  # as a terminal does it
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=20)[1]
    else:
        said = send(process, name)
    begin, end = said.splitlines()
    assert begin.startswith("Creating .venv")
    assert end.startswith({"SIGINT": "Interrupted. The same"}.get(name, "Stopped."))
    wait_for(lambda: has_ended(number))
    time.sleep(1.2)  # for the child
    assert not place.place.exists()
    assert not list(temporary.iterdir())


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
    words, place, pip, capfd, monkeypatch
):
    pip(words)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(
        SystemExit, match=r"It did .* where a proxy leads to it, set HTTPS_PROXY=http"
    ):
        place.install("numpy")
    assert words in capfd.readouterr().err
    monkeypatch.setenv("HTTPS_PROXY", "http://anna:secret@proxy.example:1")
    with pytest.raises(
        SystemExit, match=r"HTTPS_PROXY, which is http://…@proxy.example:1\. Then"
    ):
        place.install("numpy")


@pytest.mark.parametrize("retries", ["0", "1"])
def test_without_network_nothing_half_made_is_left(place, monkeypatch, retries, capfd):
    """With a real environment, in a folder with blanks and an umlaut, and the real pip in it."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", retries)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    root = place.root / "Kurs [neu] Übung"
    root.mkdir()
    (root / "requirements.txt").write_text(
        "a-package-of-nobody==1.0\ncolorama==0.4.6 ; python_version < '3'\n"
    )
    # With no second try, pip does not say why it failed.
    it = {"0": "Perhaps it", "1": "It"}[retries]
    with pytest.raises(SystemExit, match=rf"above\. {it} did not .* HTTPS_PROXY"):
        Environment(root).create()
    assert "Ignoring colorama" not in capfd.readouterr().err
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
def without_venv(place, monkeypatch):
    """Let the only Python be one of Debian without python3-venv; return it."""
    lacking = place.root / "python"
    lacking.write_text("#!/bin/sh\nexit 1\n")
    lacking.chmod(0o755)
    base = pythons.this()._replace(path=str(lacking))
    monkeypatch.setattr(pythons, "found", lambda: iter([base]))
    return base


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
def test_another_python_that_has_venv_is_taken(place, without_venv, monkeypatch):
    both = [without_venv, pythons.this()]
    monkeypatch.setattr(pythons, "found", lambda: iter(both))
    assert place.way()[0] == pythons.this()
    place.named = without_venv
    monkeypatch.setattr(pythons, "uv", lambda: None)
    with pytest.raises(SystemExit, match=f"{without_venv.path} lacks venv"):
        place.way()


@shell
def test_uv_does_without_venv(place, without_venv, monkeypatch):
    uv = place.root / "uv"
    uv.write_text(
        f"#!/bin/sh\nmkdir '{place.place}' && echo \"$@\" > '{place.place}/said'\n"
    )
    uv.chmod(0o755)
    monkeypatch.setattr(pythons, "uv", lambda: [str(uv)])
    place.place.mkdir()
    base, way = place.way()
    place.make_empty(way)
    options = f"--seed --python {base.path} {place.place}"
    assert (place.place / "said").read_text() == f"venv --quiet {options}\n"


def test_a_place_that_cannot_be_written_is_named(place, capfd):
    place.place.write_text("a file")
    with pytest.raises(
        SystemExit, match=r"\.venv could not be made; the reason stands above"
    ):
        place.make_empty(place.way()[1])
    assert "Error" in capfd.readouterr().err


def test_locked_packages_are_counted(place):
    assert place.locked_packages() == 2


def test_an_environment_begins_with_the_standard_library_alone():
    """It runs before anything is installed, so also without this package."""
    code = "from tools import environment, pythons; pythons.fitting()"
    command = [sys.executable, "-E", "-S", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
