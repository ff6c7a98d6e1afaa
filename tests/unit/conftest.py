"""The unit tests need neither network nor MovieLens: this makes sure that they use neither."""

import socket

import pytest

from recdl import prepare, toy


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
    return prepare.chronological_split(toy.RATINGS, 0.5)
