"""Make what is missing in the tables of the experiments, row by row.

python -m tools.experiments                # make experiments; an interrupt loses the row in hand
python -m tools.experiments --only seeds   # one experiment
python -m tools.experiments --list         # what is there, what is missing, what it cost
python -m tools.experiments ml-1m.zip      # make experiments-1m: chapters 8 and 9 on a second data set
"""

import gc
import itertools
import os
import sys
import time

import numpy as np

from recdl.experiments import movielens_1m, plan, questions, tables
from tools.command import alone, command, tell


def overview(name: str) -> tuple[list[tables.Row], list[dict]]:
    """Return the rows of an experiment that are still to be made, and those that are there."""
    rows = tables.fresh(name, plan.code_of)
    there = {tables.key_of(row) for row in rows}
    planned = list(plan.named(name).rows())
    wanted = {tables.key_of(row) for row in planned}
    missing = [row for row in planned if tables.key_of(row) not in there]
    return missing, [row for row in rows if tables.key_of(row) in wanted]


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


def make(name: str):
    """Make the missing rows of one experiment, each written as soon as it is there."""
    missing, rows = overview(name)
    tables.write(name, rows) if rows else None  # rows that nobody asks for any more go
    n_made = 0
    while missing:
        row, begin = missing[0], time.monotonic()
        found = plan.make(name, row)
        tables.add(name, row, found, plan.code_of(name, row.system, row.split))
        forget()
        n_made += 1
        missing, rows = overview(name)
        seconds = {}
        for other in rows:
            seconds.setdefault(other["system"], []).append(float(other["seconds"]))
        left = sum(np.mean(seconds.get(r.system, 0)) for r in missing) / 60
        tell(
            f"{name}: {row.system}, seed {row.seed}, {row.split}: {time.monotonic() - begin:.0f} s; "
            f"{len(missing)} rows left, {'at least ' if n_made < 10 else ''}{left:.0f} min"
        )
    tell(f"{name}: complete, {len(rows)} rows.")


def forget():
    """Let go of the models that were trained: Keras keeps every graph otherwise, and memory grows."""
    if "keras" in sys.modules:
        sys.modules["keras"].backend.clear_session()
    gc.collect()


def make_second(place: str):
    """Make the missing rows of the second data set, of which there is a copy at a place."""
    if place:
        os.environ[movielens_1m.VARIABLE] = place
    mine = movielens_1m.name_and_hash()
    plan.load("tuning")  # of it all settings are chosen
    with movielens_1m.telling_how():
        for name in plan.SECOND_EXPERIMENTS:
            movielens_1m.refuse_other_data(tables.read(name), mine)
        for name in plan.SECOND_EXPERIMENTS:
            make(name)


@command(
    {
        "second": {"nargs": "?", "help": "a copy of MovieLens-1M, to be asked instead"},
        "--only": {"choices": list(plan.EXPERIMENTS), "help": "one experiment"},
        "--list": {"action": "store_true", "dest": "listing", "help": "what is there"},
    },
    kept="Finished rows are kept; the same command continues.",
)
def main(root, second: str | None, only: str | None, listing: bool):
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
            make_second(second)
            return
        for name in names:
            make(name)


if __name__ == "__main__":
    main()
