"""Make what is missing in the tables of the experiments, row by row.

python -m tools.experiments                # make experiments; an interrupt loses the rows in hand
python -m tools.experiments --only seeds   # one experiment
python -m tools.experiments --workers 1    # one row at a time instead of two
python -m tools.experiments --list         # what is there, what is missing, what it cost
python -m tools.experiments ml-1m.zip      # make experiments-1m: chapters 8 and 9 on a second data set
"""

import contextlib
import gc
import itertools
import multiprocessing
import os
import signal
import sys
import time
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool

import numpy as np

from recdl.experiments import movielens_1m, plan, questions, tables
from recdl.experiments.systems import by_name
from tools.command import alone, command, tell

WORKERS = {
    "type": int,
    "default": 2,
    "choices": range(1, 9),
    "help": "rows made at once: 2",
}


def overview(name: str) -> tuple[list[tables.Row], list[dict]]:
    """Return the rows of an experiment that are still to be made, and those that are there."""
    there = tables.fresh(name, plan.code_of)
    planned = {tables.key_of(row): row for row in plan.named(name).rows()}
    missing = [row for key, row in planned.items() if key not in there]
    return missing, [row for key, row in there.items() if key in planned]


def show(names):
    """Print what is there and what is missing."""
    total = 0.0
    for name in names:
        try:
            missing, rows = overview(name)
        except tables.TableError as error:
            print(f"{name:<14} {error}")
            continue
        seconds = sum(float(row["seconds"]) for row in rows)
        total += seconds
        print(
            f"{name:<14} {len(rows):3d} rows, {seconds / 60:5.1f} min of training; {len(missing)} missing"
        )
    print(f"{'together':<14} {total / 60:14.1f} min of training")


def make(name: str, workers: int):
    """Make the missing rows of one experiment, several at a time, each written as soon as it is there."""
    missing, rows = overview(name)
    tables.write(name, rows) if rows else None  # rows that nobody asks for any more go
    in_hand, n_made = {}, 0
    with processes(workers) as pool:
        while missing:
            while len(in_hand) < workers and (row := next_of(name, missing, in_hand)):
                in_hand[pool.submit(make_row, name, row)] = row, time.monotonic()
            done, _ = futures.wait(in_hand, return_when=futures.FIRST_COMPLETED)
            for future in done:
                row, begin = in_hand.pop(future)
                code = plan.code_of(name, row.system, row.split)
                tables.add(name, row, future.result(), code)
                n_made += 1
                missing, rows = overview(name)
                tell(
                    f"{name}: {row.system}, seed {row.seed}, {row.split}: "
                    f"{time.monotonic() - begin:.0f} s; {len(missing)} rows left, "
                    f"{'at least ' if n_made < 10 else ''}{left(missing, rows) / workers:.0f} min"
                )
    tell(f"{name}: complete, {len(rows)} rows.")


def is_timed(name, row) -> bool:
    """Tell whether chapter 8 compares the seconds of a row: it is made while no other is."""
    return name in ("seeds", "finals") and not by_name(row.system).ordered


def next_of(name, missing, in_hand):
    """Return a missing row that can be begun beside those in hand, or None.

    Of a search one trial at a time: whether there is another depends on what the trials before it cost.
    """
    taken = [row for row, _ in in_hand.values()]
    if any(is_timed(name, row) for row in taken):
        return None
    searching = {row.system for row in taken} if name == "tuning" else ()
    keys = {tables.key_of(row) for row in taken}
    free = (r for r in missing if tables.key_of(r) not in keys)
    if taken:
        free = (row for row in free if not is_timed(name, row))
    return next((row for row in free if row.system not in searching), None)


def left(missing, rows):
    """Return how many minutes of training are missing, as far as the rows that are there tell."""
    seconds = {}
    for row in rows:
        seconds.setdefault(row["system"], []).append(float(row["seconds"]))
    return sum(np.mean(seconds.get(row.system, 0)) for row in missing) / 60


def make_row(name, row):
    """Make one row; this is what a worker does."""
    found = plan.make(name, row)
    forget()
    return found


class Here(futures.Executor):
    """What makes rows in this process, one after the other."""

    def submit(self, call, *arguments):
        """Do it now."""
        future = futures.Future()
        future.set_result(call(*arguments))
        return future


@contextlib.contextmanager
def processes(workers: int):
    """Give an executor of so many processes, which end when the block does, also by an interrupt."""
    if workers == 1:
        yield Here()
        return
    # Begun afresh, not as copies: TensorFlow's threads do not survive a fork.
    pool = futures.ProcessPoolExecutor(
        workers,
        multiprocessing.get_context("spawn"),
        signal.signal,
        (signal.SIGINT, signal.SIG_IGN),  # Ctrl-C is for the process that writes
    )
    try:
        yield pool
    except BrokenProcessPool:
        raise tables.TableError(
            "A process that made a row was ended from outside, perhaps for lack of memory. Finished rows are "
            "kept. python -m tools.experiments --workers 1 makes one row at a time."
        ) from None
    finally:
        for worker in multiprocessing.active_children():
            worker.terminate()
        pool.shutdown(cancel_futures=True)


def forget():
    """Let go of the models that were trained: Keras keeps every graph otherwise, and memory grows."""
    if "keras" in sys.modules:
        sys.modules["keras"].backend.clear_session()
    gc.collect()


def make_second(place: str, workers: int):
    """Make the missing rows of the second data set, of which there is a copy at a place."""
    if place:
        os.environ[movielens_1m.VARIABLE] = place
    mine = movielens_1m.name_and_hash()
    plan.load("tuning")  # of it all settings are chosen
    with movielens_1m.telling_how():
        for name in plan.SECOND_EXPERIMENTS:
            movielens_1m.refuse_other_data(tables.read(name), mine)
        for name in plan.SECOND_EXPERIMENTS:
            make(name, workers)


@command(
    {
        "second": {"nargs": "?", "help": "a copy of MovieLens-1M, to be asked instead"},
        "--only": {"choices": list(plan.EXPERIMENTS), "help": "one experiment"},
        "--workers": WORKERS,
        "--list": {"action": "store_true", "dest": "listing", "help": "what is there"},
    },
    kept="Finished rows are kept; the same command continues.",
)
def main(root, second: str | None, only: str | None, workers: int, listing: bool):
    """Make the tables of the experiments, what is missing of them, row by row."""
    names = [only] if only else list(plan.EXPERIMENTS)
    if second is not None:
        names = list(plan.SECOND_EXPERIMENTS)
    if listing:
        show(names)
        return
    for name, system, split in itertools.product(
        [*plan.EXPERIMENTS, *names], plan.SYSTEMS, questions.SPLITS
    ):
        plan.code_of(
            name, system.name, split
        )  # now, as the files may change while this runs
    with alone("experiments", root):
        if second is not None:
            make_second(second, workers)
            return
        for name in names:
            make(name, workers)


if __name__ == "__main__":
    main()
