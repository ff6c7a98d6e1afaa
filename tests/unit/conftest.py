"""The unit tests need neither network nor MovieLens, nor the texts of the book: here they get none of them.

What takes time to import is imported where it is needed; the process that shares out the tests needs none.
"""

import os
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import settings

from later import Later
from offline import offline  # noqa: F401
from tools import ROOT
from tools.unit_tests import READ

# Every run tries the same few examples: a test that turns red has found a fault of the change at hand, not
# one that luck had hidden so far. Those are looked for with: pytest --hypothesis-profile=many tests/unit
settings.register_profile("same", max_examples=30, derandomize=True, deadline=None)
settings.register_profile("many", max_examples=2000, deadline=None)
settings.load_profile("same")


def only_what_is_named(event, arguments):
    """Refuse to open a file of the project that `make test` does not look at to see whether we must run."""
    if (
        not running
        or event != "open"
        or not isinstance(arguments[0], str | os.PathLike)
    ):
        return
    if arguments[1] is None:  # os.open: a folder, or a name below one that is not told
        return
    path = Path(os.path.abspath(arguments[0]))
    if path.is_relative_to(ROOT):
        name = path.relative_to(ROOT).as_posix()
        fine = path.is_dir() or name.startswith((".", "_build/"))
        assert fine or name.startswith(READ), f"{name} is not in tools.unit_tests.READ"


running = []  # the unit test that runs now: other tests may read anything
sys.addaudithook(only_what_is_named)


@pytest.fixture(autouse=True)
def is_running(request):
    running.append(request.node)
    yield
    running.pop()


def pytest_collection_modifyitems(items):
    """Let tests of TensorFlow come first: one process runs them all, and the other steals from its end."""

    def uses_tensorflow(item):
        return any(isinstance(thing, Later) for thing in vars(item.module).values())

    items.sort(key=lambda item: not uses_tensorflow(item))


@pytest.fixture
def half():
    """Return the toy world, split in half by time, as chapter 4 does it by hand."""
    from recdl import splits, toy

    return splits.chronological_split(toy.RATINGS, 0.5)


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """Return the folder for downloads; there is none yet."""
    monkeypatch.setenv("RECDL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def invented_movielens(monkeypatch, cache):
    """Make the package expect the invented data, from an empty cache, without any source."""
    import numpy as np

    from invented_movielens import ROWS, WHEEL, ZIP, sha256
    from recdl import download, movielens

    known = {"SIZE": "4 ratings of 2 users and 3 items", "N_USERS": 2, "N_ITEMS": 3}
    known["RATINGS_SHA256"] = sha256(np.array(ROWS, "<f8").tobytes())
    for name, value in known.items():
        monkeypatch.setattr(movielens, name, value)
    monkeypatch.setattr(download, "GROUPLENS_SHA256", sha256(ZIP))
    monkeypatch.setattr(download, "RECBOLE_SHA256", sha256(WHEEL))
    monkeypatch.setenv("RECDL_GROUPLENS_URL", "http://127.0.0.1:9/ml-100k.zip")

    def pip_that_fails(_requirement, _output_file, _pooch):
        raise OSError("pip ended with code 1: no index")

    monkeypatch.setattr(download, "_pip_download", pip_that_fails)


@pytest.fixture
def wheel(invented_movielens, monkeypatch):
    """Let the stand-in for pip deliver the wheel; the list counts the calls."""
    from invented_movielens import WHEEL

    calls = []

    def fetch(requirement, output_file, _pooch):
        calls.append(requirement)
        with open(output_file, "wb") as file:
            file.write(WHEEL)

    monkeypatch.setattr("recdl.download._pip_download", fetch)
    return calls


@pytest.fixture
def grouplens(invented_movielens, monkeypatch):
    """Start the stand-in for GroupLens' server and let the package download from it."""
    from stand_in import StandIn

    with StandIn() as server:
        address = f"http://127.0.0.1:{server.server_port}/ml-100k.zip"
        monkeypatch.setenv("RECDL_GROUPLENS_URL", address)
        monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.go_on.set()
        server.shutdown()


@pytest.fixture
def eagerly():
    """Spare a test the seconds of compiling; the steps of training are the same."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
