"""On several processes, every number is that of one; what was killed is told, and ends or is done again."""

import contextlib
import dataclasses
import errno
import gzip
import logging
import os
import signal
import socket
import sys
import threading
import time

import numpy as np
import pandas as pd
import psutil
import pytest

from processes import wait_for
from recdl import evaluation, interactions, ranking, splits, toy
from recdl.baselines import Popularity
from recdl.columns import DataError
from recdl.distributed import __main__ as command
from recdl.distributed import data, parts, summing, workers
from recdl.distributed.train import Training
from recdl.paper import Settings

SETTINGS = Settings(n_factors=2, layer_sizes=(4, 2), n_epochs=9999, batch_size=8)


def larger(as_texts=False):
    """Return ratings of 90 users, many in the same second, in a random order."""
    rng = np.random.default_rng(3)
    users, items = np.nonzero(rng.random((90, 60)) < 0.2)
    table = pd.DataFrame({"userID": users * 7, "itemID": items + 100})
    table["timestamp"] = rng.integers(40, size=len(table))
    table = table.sample(frac=1, random_state=1)
    if as_texts:
        table = table.astype({"userID": str, "itemID": str})
        table["itemID"] = "film " + table["itemID"]
    return table


TABLES = {
    "toy": (toy.RATINGS, 2),
    "larger": (larger(), 16),
    "texts": (larger(as_texts=True), 16),
}


@pytest.fixture(scope="module")
def said():
    return []


@pytest.fixture(scope="module")
def pool(said):
    """Two workers for all tests of this module."""
    with workers.Workers(2, tell=said.append) as started:
        yield started
    logging.getLogger("distributed").setLevel(logging.NOTSET)


def placed(pool, folder, table, block):
    return data.Distributed(pool, folder, data.cut(table, folder, block), block)


def numbers(pool, folder, table, block):
    """Return all that the workers compute."""
    here = placed(pool, folder, table, block)
    drawn = here.negatives(3, rng=np.random.default_rng(5))
    judged = here.evaluate(here.most_popular(), k=4)
    return here.sha256, here.item_ids, here.positions(), drawn, judged


def as_one_process(table, block):
    """Return the same from the rest of the package."""
    split = splits.course_split(table)
    positives = interactions.Interactions(split.train)
    sha256 = {name: splits.pairs_sha256(getattr(split, name)) for name in split._fields}
    rng = np.random.default_rng(5)
    drawn = interactions.sample_negatives(positives, 3, rng=rng, block=block)
    top = ranking.top_k(Popularity(positives), positives, 4)
    judged = evaluation.evaluate(
        top, evaluation.Relevant(split.test, positives), ks=(4,)
    )
    positions = positives.users, positives.items
    return sha256, positives.item_ids, positions, drawn, judged


def assert_same(found, expected):
    assert found[0] == expected[0]
    for some, others in zip(found[1:4], expected[1:4], strict=True):
        np.testing.assert_array_equal(some, others)
    pd.testing.assert_frame_equal(found[4], expected[4], check_exact=True)


@pytest.mark.parametrize("name", TABLES)
def test_one_worker_two_workers_and_none_compute_the_same(pool, tmp_path, name):
    expected = as_one_process(*TABLES[name])
    assert_same(numbers(pool, tmp_path / "two", *TABLES[name]), expected)
    pool.only = pool.addresses()[:1]
    try:
        assert_same(numbers(pool, tmp_path / "one", *TABLES[name]), expected)
    finally:
        pool.only = None


def test_workers_say_how_far_they_are(pool, said, monkeypatch):
    monkeypatch.setattr(workers, "SECONDS_BETWEEN_LINES", 0)
    said.clear()
    assert list(pool.each(abs, [(-1,), (2,)])) == [1, 2]
    assert said == ["1 of 2 parts are done.", "2 of 2 parts are done."]


class Slow:
    """A model that takes its time, so that there is some to kill its worker."""

    def __init__(self, n_items):
        self.n_items = n_items

    def scores(self, users):
        time.sleep(0.3)
        return np.arange(len(users) * self.n_items).reshape(len(users), -1) % 17


def slowly_drawn(*given):
    time.sleep(0.3)
    return parts.negatives(*given)


def judged(here):
    return here.evaluate(Slow(here.n_items), k=4)


def drawn(here):
    with pytest.MonkeyPatch.context() as patch:  # here, and not in the workers
        patch.setattr(parts, "negatives", slowly_drawn)
        return pd.DataFrame(here.negatives(3, rng=np.random.default_rng(5)))


@pytest.mark.parametrize("work", [judged, drawn])
def test_a_killed_worker_changes_no_bit_and_is_told(pool, said, tmp_path, work):
    here = placed(pool, tmp_path, *TABLES["larger"])
    expected = work(here)
    said.clear()
    victim = next(iter(pool.client.run(os.getpid).values()))
    threading.Timer(0.4, os.kill, (victim, signal.SIGKILL)).start()
    found = work(here)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    lost = [line for line in said if "is lost" in line]
    assert len(lost) == 1
    assert "workers left: " in lost[0]  # Dask may have started another one already
    wait_for(lambda: len(pool.addresses()) == 2)
    pool.lost()


def test_a_killed_training_rank_ends_the_training_with_a_sentence(pool, said, tmp_path):
    training = Training(placed(pool, tmp_path, toy.RATINGS, 256), SETTINGS)

    def kill():
        wait_for(lambda: len(training.losses) >= 2)
        os.kill(training.pids[1], signal.SIGKILL)
        killed.append(time.monotonic())

    killed = []
    threading.Thread(target=kill, daemon=True).start()
    with pytest.raises(
        workers.WorkLostError, match="rank 1 was ended by signal 9"
    ) as e:
        training.run()
    assert time.monotonic() - killed[0] < 30
    n_kept = len(np.load(tmp_path / "checkpoint.npz")["losses"])
    assert n_kept >= 2
    assert f"Epoch {n_kept} is kept" in str(e.value)
    wait_for(lambda: not psutil.pid_exists(training.pids[0]))
    assert [line for line in said if line.startswith("rank 1: epoch 2, loss")]
    assert list(tmp_path.glob("attempt-*")) == []
    goes_on_to_the_same_bits(pool, tmp_path, n_kept + 1)


def goes_on_to_the_same_bits(pool, folder, n_epochs):
    """Go on with a training that was stopped, and compare it with one that was not."""
    settings = dataclasses.replace(SETTINGS, n_epochs=n_epochs)
    for place in (folder, folder / "whole"):
        Training(placed(pool, place, toy.RATINGS, 256), settings).run()
    after, whole = (np.load(f / "checkpoint.npz") for f in (folder, folder / "whole"))
    assert len(whole["losses"]) == n_epochs
    assert after.files == whole.files
    for name in whole.files:
        assert np.array_equal(after[name], whole[name]), name


def test_the_workers_of_a_scheduler_that_is_named_compute_the_same(pool, tmp_path):
    address = pool.client.scheduler.address
    with workers.Workers(address=address) as named:
        assert named.local is None
        assert named.addresses() == pool.addresses()
        there = placed(named, tmp_path, toy.RATINGS, 2)
        judged = there.evaluate(there.most_popular(), k=4)
    here = placed(pool, tmp_path / "here", toy.RATINGS, 2)
    assert judged.equals(here.evaluate(here.most_popular(), k=4))  # they still work


def test_nothing_listens_on_anything_but_loopback(pool):
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    open_to = {
        connection.laddr.ip
        for process in family
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert open_to == {"127.0.0.1"}


def test_a_folder_of_another_table_is_refused(pool, tmp_path):
    data.cut(toy.RATINGS, tmp_path)
    assert data.cut(toy.RATINGS, tmp_path) == 1
    with pytest.raises(DataError, match="holds the work on another table"):
        data.cut(toy.RATINGS[1:], tmp_path)


def test_without_dask_or_an_answer_there_is_a_sentence(monkeypatch, tmp_path):
    words = [f"--out={tmp_path}", "--epochs=0"]
    monkeypatch.setattr(workers, "SECONDS_TO_ANSWER", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(SystemExit, match="No scheduler answers at tcp:"):
            command.main([*words, f"--address={address}"])
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SystemExit, match="Dask is missing"):
        command.main(words)


def test_too_little_memory_is_said_before_the_work_begins(monkeypatch, tmp_path):
    """Two workers and training: 0.3 + 2 * 0.7 GB, and 0.12 + 2 * 0.03 GB for each of 32 million ratings."""
    monkeypatch.setattr(command, "free_memory", lambda: 5.0)
    told = "32,000,000 ratings need about 7.5 GB .* 5.0 GB are free. About 18.3 million"
    with pytest.raises(MemoryError, match=told):
        command.check_memory(32 * 10**6, n_epochs=2, n_workers=2)
    command.check_memory(18 * 10**6, n_epochs=2, n_workers=2)
    command.check_memory(32 * 10**6, n_epochs=0, n_workers=2)
    monkeypatch.setattr(command, "free_memory", lambda: 1.0)
    monkeypatch.setattr(command, "_read", lambda _: pytest.fail("It was read."))
    text = "userId,movieId,timestamp\n1,2,3\n"
    (tmp_path / "ratings.csv").write_text(text)
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(text.encode()))
    for name in ("ratings.csv", "packed.csv.gz"):
        with pytest.raises(SystemExit, match=r"^1 ratings .* About 0.0 million"):
            command.main([f"--out={tmp_path / 'out'}", str(tmp_path / name)])
    assert not (tmp_path / "out").exists()


def test_a_full_disk_and_a_damaged_file_are_told(monkeypatch, tmp_path):
    def write(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    words = [f"--out={tmp_path / 'out'}", "--epochs=0"]
    (tmp_path / "ml-32m.zip").write_bytes(b"PK\3\4 damaged")
    with pytest.raises(SystemExit, match=r"ml-32m.zip cannot be read"):
        command.main([*words, str(tmp_path / "ml-32m.zip")])
    (tmp_path / "ratings.csv").write_text("userId,movieId,timestamp\n1,2,3\n")
    monkeypatch.setattr(data.parts, "save", write)
    with pytest.raises(SystemExit, match=r"The disk of .*out is full. What is done"):
        command.main([*words, str(tmp_path / "ratings.csv")])


# The sum


def in_threads(work, n=2):
    """Return what ``work(rank)`` returns or raises, for each rank in a thread of its own."""
    results = [None] * n

    def one(rank):
        try:
            results[rank] = work(rank)
        except Exception as error:
            results[rank] = error

    threads = [threading.Thread(target=one, args=(rank,)) for rank in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_all_ranks_get_the_same_sum(tmp_path):
    arrays = np.random.default_rng(0).normal(size=(3, 1000)).astype("float32")

    def work(rank):
        place = (tmp_path, "127.0.0.1", "ab" * 32)
        with contextlib.closing(summing.Sum(rank, 3, *place)) as total:
            return total(arrays[rank])

    found = in_threads(work, 3)
    np.testing.assert_array_equal(found, [arrays[0] + arrays[1] + arrays[2]] * 3)


def test_a_rank_that_goes_or_is_silent_is_named_and_a_stranger_is_sent_away(tmp_path):
    def work(rank):
        if rank == 1:
            time.sleep(0.5)  # so that the stranger comes first
        as_if, token = (1, "cd" * 32) if rank == 2 else (rank, "ab" * 32)
        place = (tmp_path, "127.0.0.1", token)
        with contextlib.closing(summing.Sum(as_if, 2, *place)) as total:
            if rank == 2:  # a stranger: it knows the place, and not the token
                return None
            total(np.ones(3))
            if rank == 1:
                silent.wait(20)
                return None
            with pytest.raises(summing.RankLostError, match="rank 1 does not answer"):
                total(np.ones(3), patience=0.2)
            silent.set()
            with pytest.raises(summing.RankLostError, match="rank 1 does not answer"):
                total(np.ones(3))
        return "both"

    silent = threading.Event()
    assert in_threads(work, 3) == ["both", None, None]
