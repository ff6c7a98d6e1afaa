"""Make what is missing in the tables of the experiments, row by row.

python -m recdl.experiments                # make experiments; an interrupt loses the row in hand
python -m recdl.experiments --only seeds   # one experiment
python -m recdl.experiments --list         # what is there, what is missing, what it cost
"""

import argparse
import gc
import sys
import time

import numpy as np

from recdl import download, ratings
from tools.environment import alone, exit_on_signals
from recdl.experiments import plan, tables
from tools.run import tell


def overview(name: str) -> tuple[list[tables.Row], list[dict]]:
    """Return the rows of an experiment that are still to be made, and those that are there."""
    rows = tables.fresh(name, plan.code_of)
    there = {tables.key_of(row) for row in rows}
    planned = list(plan.EXPERIMENTS[name].rows())
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
        row, begin = missing[0], time.time()
        found = plan.EXPERIMENTS[name].make(row)
        tables.add(name, row, found, plan.code_of(name, row.system))
        _forget()
        n_made += 1
        missing, rows = overview(name)
        seconds = {}
        for other in rows:
            seconds.setdefault(other["system"], []).append(float(other["seconds"]))
        left = sum(np.mean(seconds.get(r.system, 0)) for r in missing) / 60
        tell(
            f"{name}: {row.system}, seed {row.seed}, {row.split}: {time.time() - begin:.0f} s; "
            f"{len(missing)} rows left, {'at least ' if n_made < 10 else ''}{left:.0f} min"
        )
    tell(f"{name}: complete, {len(rows)} rows.")


def _forget():
    # Keras keeps every model's graph otherwise, and memory grows with the rows.
    if "keras" in sys.modules:
        sys.modules["keras"].backend.clear_session()
    gc.collect()


def main():
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description="Make the tables of the experiments.")
    parser.add_argument("--only", choices=plan.EXPERIMENTS, help="one experiment")
    parser.add_argument("--list", action="store_true", help="say what is there")
    arguments = parser.parse_args()
    names = [arguments.only] if arguments.only else list(plan.EXPERIMENTS)
    if arguments.list:
        show(names)
        return
    exit_on_signals()
    for name in plan.EXPERIMENTS:  # now, as the files may change while this runs
        for system in plan.SYSTEMS:
            plan.code_of(name, system.name)
    try:
        with alone("experiments"):
            for name in names:
                make(name)
    except (tables.TableError, download.DataUnavailable, ratings.DataError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted. Finished rows are kept; the same command continues.")


if __name__ == "__main__":
    main()
