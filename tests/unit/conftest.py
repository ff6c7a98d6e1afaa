"""The unit tests need neither network nor MovieLens: this makes sure that they use neither."""

import socket

import numpy as np
import pytest

from invented_movielens import ROWS, WHEEL, ZIP, sha256
from recdl import splits, toy


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
    """Make movielens expect the invented data, from an empty cache, without any source."""
    monkeypatch.setattr(movielens, "SIZE", "4 ratings of 2 users and 3 items")
    monkeypatch.setattr(
        movielens, "RATINGS_SHA256", sha256(np.array(ROWS, "<f8").tobytes())
    )
    monkeypatch.setattr(movielens, "N_USERS", 2)
    monkeypatch.setattr(movielens, "N_ITEMS", 3)
    monkeypatch.setattr(movielens, "GROUPLENS_SHA256", sha256(ZIP))
    monkeypatch.setattr(movielens, "RECBOLE_SHA256", sha256(WHEEL))
    monkeypatch.setenv("RECDL_GROUPLENS_URL", "http://127.0.0.1:9/ml-100k.zip")

    def pip_that_fails(_requirement, _output_file, _pooch):
        raise OSError("pip ended with code 1: no index")

    monkeypatch.setattr(movielens, "_pip_download", pip_that_fails)


@pytest.fixture
def wheel(invented_movielens, monkeypatch):
    """Let the stand-in for pip deliver the wheel; the list counts the calls."""
    calls = []

    def download(requirement, output_file, _pooch):
        calls.append(requirement)
        with open(output_file, "wb") as file:
            file.write(WHEEL)

    monkeypatch.setattr(movielens, "_pip_download", download)
    return calls
