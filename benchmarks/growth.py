"""Measure how recdl's time and memory grow: 10^5, 10^6 and 10^7 interactions.

    .venv/bin/python benchmarks/growth.py                       # one to two minutes on two cores
    .venv/bin/python benchmarks/growth.py --sizes 100000 --to /tmp                 # a trial of 10 s

Writes benchmarks/growth.csv, a row for each size. The data are generated: 100,000 interactions have
MovieLens' 943 users and 1,682 items, and each step of ten multiplies both by the square root of ten, which
keeps MovieLens' density of 6.3 %. Activity of users and popularity of items have its long tail: the Gini
coefficients are 0.45 and 0.61 at 10^5, those of MovieLens-100k 0.47 and 0.63. Items that nobody chose drop
out.

The last lines are the exponents of growth from the second size to the last: 1 means that ten times the data
take ten times as long. `larger_sets.py` measures the shapes of MovieLens' larger sets.

Each size runs in a process of its own. A column that ends in `_peak_gb` is the highest memory that the
process had needed by the end of that phase, with Python, the table of interactions and, from the epoch on,
TensorFlow (1 GB is 10^9 bytes). The phases:

- interactions: from the table to `Interactions`.
- negatives: those of one epoch, four for each positive.
- samples: negatives and positives in random order, drawn while the samples of another epoch are held in
  memory.
- epoch: a NeuMF of the paper's size. The first 5,000 batches of 256 are timed, after compiling, and the
  time is multiplied up to all batches of an epoch. `training.fit` draws the next epoch's samples meanwhile.
- ranking: `top_k` for 1,000 random users (for all 943 at 10^5) among all items.
"""

import argparse
import json
import pathlib
import platform
import resource
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pandas as pd

from recdl import ranking
from recdl.interactions import Interactions, epoch_samples, sample_negatives

SIZES = (10**5, 10**6, 10**7)
BATCH_SIZE, TIMED_BATCHES = 256, 5_000


def generate(n_interactions, rng):
    """Return a table with about so many different pairs of users and items."""
    factor = np.sqrt(n_interactions / 100_000)
    n_users, n_items = round(943 * factor), round(1_682 * factor)
    popularity = rng.lognormal(sigma=1.5, size=n_items).astype("float32")
    extra, n_extra = (
        rng.lognormal(sigma=1.15, size=n_users),
        n_interactions - 20 * n_users,
    )
    for _ in range(50):  # nobody has fewer than 20 items, or more than half of all
        extra = np.minimum(extra * n_extra / extra.sum(), n_items / 2 - 20)
    activity = np.rint(20 + extra).astype(int)

    def choose(n):
        # Let every item arrive after a random time, popular ones sooner: the first n are a draw
        # without replacement.
        arrivals = rng.standard_exponential(n_items, dtype="float32") / popularity
        return np.argpartition(arrivals, n)[:n].astype("int32")

    items = np.concatenate([choose(n) for n in activity])
    users = np.repeat(np.arange(n_users, dtype="int32"), activity)
    return pd.DataFrame({"userID": users, "itemID": items})


@contextmanager
def measured(row, phase, unit="s"):
    """Note the seconds of the block, and the highest memory so far."""
    begin = time.perf_counter()
    yield
    row[f"{phase}_{unit}"] = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak *= 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    row[f"{phase}_peak_gb"] = peak / 1e9
    seconds = row[f"{phase}_{unit}"]
    print(f"  {phase} {seconds:.2f} s, {peak / 1e9:.2f} GB", file=sys.stderr)


def measure(n_interactions):
    """Return the row of one size."""
    rng = np.random.default_rng(1)
    ratings, row = generate(n_interactions, rng), {}
    with measured(row, "interactions"):
        positives = Interactions(ratings)
    with measured(row, "negatives"):
        sample_negatives(positives, rng=rng)

    from recdl import models, training  # late: TensorFlow takes memory of its own

    model = models.NeuMF(positives.n_users, positives.n_items)
    train = training.compiled_epoch(model, training.adam())
    samples = epoch_samples(positives, rng=rng)
    n_batches = len(samples[0]) // BATCH_SIZE
    n_timed = min(TIMED_BATCHES, n_batches)
    with measured(row, "samples"):
        epoch_samples(positives, rng=rng)
    first = [part[: n_timed * BATCH_SIZE].reshape(n_timed, -1) for part in samples]
    first = [training.tf.constant(part) for part in first]
    float(train(*first))  # compiles
    with measured(row, "epoch", unit="s_from_5000_batches"):
        float(train(*first))
    row["epoch_s_from_5000_batches"] *= n_batches / n_timed

    users = rng.permutation(positives.n_users)[:1000]
    with measured(row, "ranking"):
        ranking.top_k(model, positives, k=10, users=users)
    sizes = {"n_users": positives.n_users, "n_items": positives.n_items}
    return {"interactions": len(positives), **sizes, "batches": n_batches, **row}


def processor():
    """Return the name of this machine's processor."""
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor()


def exponents(table, size):
    """Return how each column of seconds grows with the size: its slope between logarithms, last two decades.

    That is from the second row to the last; the first is mostly the time of calls. Of two rows it is from one
    to the other.
    """
    seconds = [name for name in table if name.endswith(("_s", "_batches"))]
    ends = table[[size, *seconds]].iloc[[1 if len(table) > 2 else 0, -1]]
    steps = np.log(ends.astype(float)).diff().iloc[-1]
    return (steps[seconds] / steps[size]).round(2)


def main():
    """Measure every size in a process of its own and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument(
        "--to", type=pathlib.Path, default=pathlib.Path(__file__).parent
    )
    parser.add_argument("--measure", type=int, help="measure this size; print JSON")
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return

    rows = []
    for size in options.sizes:
        print(f"{size:,} interactions", file=sys.stderr)
        command = [sys.executable, __file__, "--measure", str(size)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
    table = pd.DataFrame(rows)
    table.to_csv(
        options.to / "growth.csv", index=False, float_format="%.3f", lineterminator="\n"
    )
    print(table.round(3).T.to_string(header=False))
    if len(table) > 1:
        print(
            "Exponents of growth:",
            exponents(table, "interactions").to_string(),
            sep="\n",
        )


if __name__ == "__main__":
    main()
