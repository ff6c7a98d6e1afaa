"""A fixture for tests that need neither network nor MovieLens: it makes sure that they use neither."""

import itertools
import socket

import pytest

counter = itertools.count()


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path_factory):
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
    # Not in tmp_path: to make that folder takes longer than most tests.
    cache = tmp_path_factory.getbasetemp() / f"cache-{next(counter)}"
    monkeypatch.setenv("RECDL_CACHE", str(cache))
    monkeypatch.delenv("RECDL_MOVIELENS", raising=False)
