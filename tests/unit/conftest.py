"""The unit tests need neither network nor MovieLens: this makes sure that they use neither."""

import socket
import threading

import numpy as np
import pytest
from hypothesis import settings

from invented_movielens import ROWS, WHEEL, ZIP, sha256
from later import Later
from recdl import download, movielens, splits, toy
from stand_in import StandIn

# Every run tries the same few examples: a test that turns red has found a fault of the change at hand, not
# one that luck had hidden so far. Those are looked for with: pytest --hypothesis-profile=many tests/unit
settings.register_profile("same", max_examples=30, derandomize=True, deadline=None)
settings.register_profile("many", max_examples=2000, deadline=None)
settings.load_profile("same")


def pytest_collection_modifyitems(items):
    """Let tests of TensorFlow come first: one process runs them all, and the other steals from its end."""
    items.sort(
        key=lambda item: (
            not any(isinstance(x, Later) for x in vars(item.module).values())
        )
    )


@pytest.fixture(autouse=True)
def _no_network_and_no_movielens(monkeypatch, tmp_path):
    connect = socket.socket.connect

    def connect_locally(self, address):
        if self.family != socket.AF_UNIX and address[0] not in (
            "127.0.0.1",
            "localhost",
            "::1",
        ):
            raise OSError(f"A unit test asked for the network: {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_locally)
    monkeypatch.setenv("RECDL_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("RECDL_MOVIELENS", raising=False)


@pytest.fixture
def half():
    """Return the toy world, split in half by time, as chapter 4 does it by hand."""
    return splits.chronological_split(toy.RATINGS, 0.5)


@pytest.fixture
def invented_movielens(monkeypatch):
    """Make the package expect the invented data, from an empty cache, without any source."""
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
    calls = []

    def fetch(requirement, output_file, _pooch):
        calls.append(requirement)
        with open(output_file, "wb") as file:
            file.write(WHEEL)

    monkeypatch.setattr(download, "_pip_download", fetch)
    return calls


@pytest.fixture
def grouplens(invented_movielens, monkeypatch):
    """Start the stand-in and let movielens download from it."""
    with StandIn() as server:
        address = f"http://127.0.0.1:{server.server_port}/ml-100k.zip"
        monkeypatch.setenv("RECDL_GROUPLENS_URL", address)
        monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.go_on.set()
        server.shutdown()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def eagerly():
    """Spare a test the seconds of compiling; the steps of training are the same."""
    import tensorflow as tf  # late: most tests do without

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
