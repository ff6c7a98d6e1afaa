"""Worker processes, of this machine or of a cluster, and the gate through which work is given to them."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator

from recdl.checks import check_at_least

LOOPBACK = "127.0.0.1"
SECONDS_TO_ANSWER = 10
SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_BETWEEN_LINES = 2
SECONDS_WITHOUT_WORKERS = 60
TOPIC = "recdl"  # under which workers say how far they are
MISSING = 'Dask is missing, which gives out the work. First run: pip install "dask[distributed]"'


def tell_nobody(line: str) -> None:
    """Say nothing."""


class WorkLostError(OSError):
    """Work cannot go on: its process has ended, or no worker is left."""


class Workers:
    """Some worker processes; a context that ends those that it has started.

    Parameters
    ----------
    n_workers : int
        Processes to start on this machine. They listen on 127.0.0.1 only.
    address : str, optional
        Of the scheduler of a cluster, such as ``tcp://10.0.0.1:8786``; then nothing is started here.
    tell : callable
        Gets a line when a worker is lost.

    Raises
    ------
    ImportError
        If Dask is missing.
    OSError
        If nobody answers at the address.
    """

    def __init__(
        self,
        n_workers: int = 2,
        address: str | None = None,
        tell: Callable[[str], None] = tell_nobody,
    ):
        check_at_least(1, n_workers=n_workers)
        self.address, self.tell, self.messages = address, tell, queue.Queue()
        try:
            import distributed
        except ImportError as error:
            raise ImportError(MISSING) from error
        self.dask, self.local = distributed, None
        self.client = self._reach() if address else self._start(n_workers)
        self.client.subscribe_topic(TOPIC, lambda event: self.messages.put(event[1]))
        self.known = set(self.addresses())
        self.only = None  # the workers that get work; None for all
        self.watch = None  # what to call while waiting

    def _start(self, n_workers):
        import dask

        # A lost worker is told in one line; what Dask and tornado log about it takes fifty.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        # Giving memory back after each little array, as Dask does, slows ranking by 1.7.
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), 1)
        with dask.config.set({"distributed.nanny.pre-spawn-environ": one_thread}):
            self.local = self.dask.LocalCluster(
                n_workers=n_workers,
                threads_per_worker=1,
                host=LOOPBACK,
                dashboard_address=f"{LOOPBACK}:0",
                silence_logs=logging.CRITICAL,
            )
        return self.dask.Client(self.local)

    def _reach(self):
        found = queue.Queue()

        def ask():
            try:
                found.put(self.dask.Client(self.address, timeout=SECONDS_TO_ANSWER))
            except (OSError, ValueError) as error:
                found.put(error)

        # Dask waits for ever where somebody takes the call and says nothing.
        threading.Thread(target=ask, daemon=True).start()
        try:
            client = found.get(timeout=SECONDS_TO_ANSWER + 1)
        except queue.Empty as error:
            client = error
        if isinstance(client, Exception):
            raise OSError(
                f"No scheduler answers at {self.address} within {SECONDS_TO_ANSWER} s. Start one there, dask "
                "scheduler, and workers, dask worker ADDRESS; or leave --address out."
            ) from client
        if not client.nthreads():
            client.close()
            raise OSError(
                f"The scheduler at {self.address} has no workers. Start some: dask worker {self.address}."
            )
        return client

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self) -> None:
        """Leave the workers; those that were started here end."""
        self.client.close()
        if self.local:
            self.local.close()

    def addresses(self) -> list[str]:
        """Return the addresses of the workers that are there now."""
        return sorted(self.client.nthreads())

    def lost(self) -> set[str]:
        """Return the workers that are gone since the last call, and say so."""
        now = set(self.addresses())
        gone, self.known = self.known - now, now
        for address in sorted(gone):
            self.tell(
                f"The worker at {address} is lost; workers left: {len(now)}. Others do its part again: the "
                "result will be the same."
            )
        return gone

    def each(self, function: Callable, arguments: Iterable[tuple]) -> Iterator:
        """Yield ``function(*arguments)`` of each, in their order, whichever worker is ready first.

        Raises
        ------
        WorkLostError
            If workers end again and again.
        """
        futures = [
            self.client.submit(function, *given, pure=False, workers=self.only)
            for given in arguments
        ]
        told = time.monotonic()
        try:
            for number, future in enumerate(futures, start=1):
                yield self._result(future)
                future.release()
                if time.monotonic() - told > SECONDS_BETWEEN_LINES:
                    told = time.monotonic()
                    self.tell(f"{number} of {len(futures)} parts are done.")
            self.lost()
        finally:
            self.client.cancel(futures)

    def _result(self, future):
        looked = time.monotonic()
        while not future.done():
            time.sleep(0.01)
            if time.monotonic() - looked > SECONDS_BETWEEN_LOOKS:
                looked = time.monotonic()
                if self.watch:
                    self.watch()
                self._wait_for_a_worker()
        try:
            return future.result()
        except self.dask.KilledWorker as error:
            raise WorkLostError(
                "A part of the work has ended its worker several times; is there too little memory? "
                "What is done stays, and the same command goes on from there."
            ) from error

    def _wait_for_a_worker(self):
        end = time.monotonic() + SECONDS_WITHOUT_WORKERS
        while self.lost() or not self.known:  # those of this machine are started again
            if time.monotonic() > end:
                raise WorkLostError(
                    f"No worker is left since {SECONDS_WITHOUT_WORKERS} s. What is done stays, and the same "
                    "command goes on from there."
                )
            time.sleep(0.2)
