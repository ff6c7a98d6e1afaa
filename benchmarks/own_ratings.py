"""Time reading and splitting a table of the size of MovieLens-32M: 32,000,204 ratings in ratings.csv.

    .venv/bin/python benchmarks/own_ratings.py              # two minutes; 1 GB in the temporary folder
    .venv/bin/python benchmarks/own_ratings.py --rows 1000000                         # a trial of 10 s

The rows are invented: as many films as in MovieLens-32M and nearly as many users, half stars, times of 28
years. They are read and cut in a process of its own, which prints for each step its seconds, those of the
processor (fewer if other programs wanted it, too), and the highest memory so far, with Python (1 GB is 10^9
bytes). Making the file is not timed.
"""

import argparse
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager

import numpy as np
import pandas as pd

from recdl import splits, tables

N_ROWS, N_USERS, N_ITEMS, LARGEST_ITEM = 32_000_204, 200_948, 84_432, 292_757
FIRST_S, LAST_S = 789_652_004, 1_697_164_147


def write(path, n_rows, rng):
    """Write invented ratings, sorted by user and film as MovieLens' are, each pair once."""
    films = np.sort(rng.permutation(LARGEST_ITEM)[:N_ITEMS] + 1)
    gaps = rng.integers(1, int(1.9 * N_USERS * N_ITEMS / n_rows), size=n_rows)
    pairs = np.cumsum(gaps)  # ends at 19 of 20 users
    table = pd.DataFrame(
        {"userId": pairs // N_ITEMS + 1, "movieId": films[pairs % N_ITEMS]}
    )
    table["rating"] = rng.integers(1, 11, size=n_rows) / 2
    table["timestamp"] = rng.integers(FIRST_S, LAST_S, size=n_rows)
    table.to_csv(path, index=False)


@contextmanager
def told(step):
    """Print the seconds of the block, and the highest memory so far."""
    clocks = (time.perf_counter, time.process_time)
    begin = [clock() for clock in clocks]
    yield
    seconds, of_processor = (
        clock() - b for clock, b in zip(clocks, begin, strict=True)
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak *= 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    print(
        f"{step}: {seconds:.1f} s ({of_processor:.1f} of the processor), {peak / 1e9:.2f} GB",
        flush=True,
    )


def measure(path):
    """Read the file and cut it in two."""
    with told("together"):
        with told("read"):
            ratings = tables.read(path)
        with told("chronological_split"):
            splits.chronological_split(ratings)


def main():
    """Write the file, and measure in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=N_ROWS)
    parser.add_argument("--measure", help="measure with this file")
    options = parser.parse_args()
    if options.measure:
        measure(options.measure)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "ratings.csv"
        write(path, options.rows, np.random.default_rng(1))
        print(f"{options.rows:,} rows, {path.stat().st_size / 1e9:.2f} GB", flush=True)
        subprocess.run([sys.executable, __file__, "--measure", str(path)], check=True)


if __name__ == "__main__":
    main()
