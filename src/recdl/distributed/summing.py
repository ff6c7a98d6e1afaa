"""Add up arrays of several processes, so that all of them get the same bits.

Rank 0 listens, the others connect; it adds in the order of the ranks and sends the sum back. TensorFlow's own
`MultiWorkerMirroredStrategy` would do it too, but its server listens on all networks of the machine, whatever
address it is given, and trusts everybody.
"""

import contextlib
import hmac
import json
import pathlib
import socket
import time

import numpy as np

from recdl.files import replacing

SECONDS_OF_SILENCE = 20


class RankLostError(OSError):
    """Another rank has ended, or is silent."""


class Sum:
    """The place of one rank in the sum; call it with an array.

    Parameters
    ----------
    rank, n_ranks : int
    folder : path
        All ranks see it; rank 0 writes there where it listens.
    host : str
        The address on which rank 0 listens, and no other.
    token : str
        What all ranks know and nobody else.
    patience : float
        Seconds for all ranks to come.
    """

    def __init__(self, rank, n_ranks, folder, host, token, patience=120):
        self.rank, self.n_ranks, self.token = rank, n_ranks, bytes.fromhex(token)
        place = pathlib.Path(folder) / "rank-0.json"
        end = time.monotonic() + patience
        self.others = {}  # the connections, by rank; of rank 0 alone more than one
        if n_ranks == 1:
            return
        try:
            if rank == 0:
                self._listen(place, host, end)
            else:
                self.others[0] = self._connect(place, end)
        except OSError as error:
            raise RankLostError(
                f"Not all {n_ranks} training ranks came within {patience} s ({error})."
            ) from error
        for other in self.others.values():
            other.settimeout(SECONDS_OF_SILENCE)
            other.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _listen(self, place, host, end):
        with socket.create_server((host, 0)) as server:
            with replacing(place) as unfinished:
                unfinished.write_text(json.dumps(server.getsockname()[:2]))
            while len(self.others) < self.n_ranks - 1:
                server.settimeout(max(0.1, end - time.monotonic()))
                other, _ = server.accept()
                other.settimeout(5)
                try:
                    *token, rank = _read(other, len(self.token) + 1)
                except OSError:
                    other.close()
                    continue
                known = hmac.compare_digest(bytes(token), self.token)
                if known and 0 < rank < self.n_ranks and rank not in self.others:
                    self.others[rank] = other
                else:
                    other.close()

    def _connect(self, place, end):
        while not place.exists():
            if time.monotonic() > end:
                raise TimeoutError("rank 0 is not there")
            time.sleep(0.05)
        server = tuple(json.loads(place.read_text()))
        other = socket.create_connection(server, max(0.1, end - time.monotonic()))
        other.sendall(self.token + bytes([self.rank]))
        return other

    def close(self):
        """Leave the others."""
        for other in self.others.values():
            other.close()

    def __call__(self, array: np.ndarray, patience: float = SECONDS_OF_SILENCE):
        """Return the sum of the arrays of all ranks, which have one shape and dtype.

        Raises
        ------
        RankLostError
            If a rank has ended, or says nothing for `patience` seconds.
        """
        array, total = np.ascontiguousarray(array), array
        for rank in sorted(self.others) if self.rank == 0 else []:
            total = total + self._of(rank, array, patience)
        for rank, other in self.others.items():
            with _naming(rank):
                other.sendall((total if self.rank == 0 else array).tobytes())
        return total if self.rank == 0 else self._of(0, array, patience)

    def _of(self, rank, like, patience):
        with _naming(rank):
            self.others[rank].settimeout(patience)
            received = _read(self.others[rank], like.nbytes)
        return np.frombuffer(received, like.dtype).reshape(like.shape)


def _read(connection, n_bytes):
    received, view = bytearray(n_bytes), 0
    while view < n_bytes:
        n = connection.recv_into(memoryview(received)[view:])
        if not n:
            raise ConnectionResetError("the connection was closed")
        view += n
    return received


@contextlib.contextmanager
def _naming(rank):
    try:
        yield
    except OSError as error:
        raise RankLostError(
            f"Training rank {rank} does not answer ({error})."
        ) from error
