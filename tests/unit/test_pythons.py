"""Where this Python does not fit, another one is found or fetched, or a sentence says how to get one."""

import json
import os
import sys
import types

import pytest

from tools import pythons
from tools.pythons import Python

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="the stand-ins are programs of a shell"
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return the one folder of PATH; there is no uv."""
    folder = tmp_path / "Prögramme hier"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(pythons.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(sys, "platform", "linux")
    return folder


def program(path, *lines):
    """Write a program that has no other ones to call."""
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def python(path, version, bits=64):
    """Write a stand-in for a Python, which says this of itself."""
    said = json.dumps([str(path), f"{version} (main, May 9 2026) [GCC 12.2.0]", bits])
    return program(path, f"echo '{said}'")


@pytest.fixture
def started_by(monkeypatch):
    """Return a function that lets this Python be of another version."""

    def be(version, bits=64):
        mine = Python("/usr/bin/python3", f"{version} (main)\n[GCC]", bits)
        monkeypatch.setattr(pythons, "this", lambda: mine)
        return mine

    return be


def test_this_python_is_taken_if_it_fits(place, started_by):
    python(place / "python3.13", "3.13.1")
    mine = started_by("3.11.2")
    assert pythons.fitting() == mine


def test_the_python_behind_an_environment_is_the_one_to_name():
    assert pythons.ask([sys.executable]) == pythons.this()
    assert (
        not pythons.this().path.startswith(sys.prefix) or sys.prefix == sys.base_prefix
    )


@pytest.mark.parametrize("version", ["3.6.15", "3.10.13", "3.14.0"])
def test_the_newest_that_works_is_found_on_the_path(version, place, started_by):
    started_by(version)
    program(
        place / "python3.13", "echo 'pyenv: python3.13: command not found'", "exit 127"
    )
    python(place / "python3.12", "3.12.1")
    python(place / "python3.11", "3.11.7")
    assert pythons.fitting().path == str(place / "python3.12")


def test_what_stands_first_on_the_path_does_not_hide_one_that_works(
    place, started_by, monkeypatch, tmp_path
):
    started_by("3.10.13")
    (tmp_path / "shims").mkdir()
    program(tmp_path / "shims" / "python3.12", "exit 127")
    python(place / "python3.12", "3.12.1")
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "shims"), str(place)]))
    assert pythons.fitting().path == str(place / "python3.12")


def test_another_python3_is_found_by_that_name(place, started_by):
    started_by("3.10.13")
    python(place / "python3", "3.12.1")
    assert pythons.fitting().path == str(place / "python3")


@pytest.mark.parametrize(
    ("version", "bits"),
    [("3.9.1", 64), ("3.13.0", 32), ("3.13.0 experimental free-threading build", 64)],
)
def test_a_python_without_packages_is_passed_over(version, bits, place, started_by):
    started_by("3.10.13")
    python(place / "python3.13", version, bits)
    with pytest.raises(SystemExit, match=r"needs Python 3\.11, 3\.12 or 3\.13"):
        pythons.fitting()
    started_by(version, bits)
    with pytest.raises(
        SystemExit, match=rf"is Python {version.split()[0]} of {bits} bits"
    ) as stopped:
        pythons.fitting()
    assert ("free-threaded" in str(stopped.value)) == ("free" in version)


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("3.10.13", r"python3 is Python 3\.10\.13 of 64 bits\. Install one of them"),
        ("3.14.2", r"3\.14\.2 of 64 bits, too new: there is no finished TensorFlow"),
    ],
)
def test_where_there_is_none_one_sentence_says_how_to_get_one(
    version, why, place, started_by
):
    started_by(version)
    with pytest.raises(SystemExit, match=why) as stopped:
        pythons.fitting()
    assert "install uv, which fetches one by itself (pip install uv" in str(
        stopped.value
    )


@pytest.mark.parametrize("version", ["3.10.13", "3.13.0 free-threading build", None])
def test_a_python_that_is_named_fits_or_is_refused(version, place):
    path = str(place / "py thon")
    if version:
        python(place / "py thon", version)
    with pytest.raises(
        SystemExit, match=r"^PYTHON=.*py thon does not start Python 3\.11"
    ):
        pythons.named(path)
    python(place / "py thon", "3.12.1")
    assert pythons.named("py thon").path == path


def test_a_python_of_uv_is_taken_and_none_fetched(place, started_by, tmp_path):
    started_by("3.14.0")
    own = python(tmp_path / "python", "3.12.5")
    program(
        place / "uv",
        'if [ "$*" != "python find --system 3.12" ]; then exit 2; fi',
        'if [ "$UV_PYTHON_DOWNLOADS" != never ]; then exit 2; fi',
        f"echo '{own}'",
    )
    assert pythons.fitting().path == str(own)


def test_uv_fetches_the_newest_where_there_is_none(place, started_by, tmp_path, capfd):
    started_by("3.10.13")
    own = python(tmp_path / "python", "3.13.5")
    program(
        place / "uv",
        f"case \"$*\" in 'python install 3.13') : > '{tmp_path}/fetched' ;; *)",
        f"if [ ! -e '{tmp_path}/fetched' ]; then exit 2; fi; echo '{own}' ;; esac",
    )
    assert pythons.fitting().path == str(own)
    assert "Fetching Python 3.13 with uv" in capfd.readouterr().err


def test_uv_that_cannot_fetch_one_is_heard(place, started_by, capfd):
    started_by("3.10.13")
    program(place / "uv", "echo 'error: failed to connect' >&2", "exit 2")
    with pytest.raises(SystemExit, match=r"did not fetch Python 3\.13.*HTTPS_PROXY"):
        pythons.fitting()
    assert "error: failed to connect" in capfd.readouterr().err


def test_windows_has_a_launcher(place, monkeypatch):
    windows = types.SimpleNamespace(name="nt", get_exec_path=os.get_exec_path)
    monkeypatch.setattr(pythons, "os", windows)
    launcher = program(place / "py", "exit 0")
    assert launcher.exists()
    found = list(pythons.commands())
    assert found == [["py", "-3.13"], ["py", "-3.12"], ["py", "-3.11"]]


def test_macos_has_no_packages_for_the_oldest(place, started_by, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    started_by("3.11.7")
    with pytest.raises(SystemExit, match=r"needs Python 3\.12 or 3\.13, with"):
        pythons.fitting()
    python(place / "python3.12", "3.12.1")
    assert pythons.fitting().path == str(place / "python3.12")
