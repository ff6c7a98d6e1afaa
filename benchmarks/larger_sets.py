"""Measure how time and memory grow on generated ratings of the shape of MovieLens' larger sets.

    .venv/bin/python benchmarks/larger_sets.py         # 1m, 10m and 32m: some minutes, 1 GB of disk, 8 GB
    .venv/bin/python benchmarks/larger_sets.py --sets 1m --to /tmp                    # a trial of 10 s

Writes benchmarks/larger_sets.csv, a row for each set, and prints the exponents of growth: 1 means that ten
times the ratings take ten times as long. It needs the extra `scale`.

The ratings are invented. What they share with the set are its layout, its numbers of users, films and
ratings (nearly: films that nobody chose drop out), half stars, and rows that stand by user and film. Films
have a long tail, each user rates at least 20, all within one sitting, many in the same second.

Each set is measured in a process of its own. A column that ends in `_peak_gb` is the highest memory that the
process had needed by the end of that phase (1 GB is 10^9 bytes). The phases:

- read and split: `recdl.large`, from the file to training and test; hash: that of the training pairs.
- interactions: from the training table to `Interactions`; relevant: from the test table to `Relevant`.
- negatives: those of one epoch, four for each positive.
- lists: the best 10 for 1,000 random users among all films, by random factors of 16 numbers.
- hits: those of these lists. The whole table of metrics is the phase metrics.
- leave_one_out: a film and 100 negatives for every user with a test film.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd
import polars as pl

from growth import exponents, measured
from recdl import large, large_draws, large_lists
from recdl.interactions import Interactions

SHAPES = {  # ratings, users, films rated, the greatest identifier of a film
    "1m": (1_000_209, 6_040, 3_706, 3_952),
    "10m": (10_000_054, 69_878, 10_677, 65_133),
    "20m": (20_000_263, 138_493, 26_744, 131_262),
    "25m": (25_000_095, 162_541, 59_047, 209_171),
    "32m": (32_000_204, 200_948, 84_432, 292_757),
}
OLDER = ("1m", "10m")  # with :: between fields
STARS = [0.02, 0.03, 0.02, 0.07, 0.05, 0.19, 0.13, 0.27, 0.09, 0.13]  # 0.5 to 5


def pairs(n_ratings, n_users, n_films, rng):
    """Return positions of users and films, about so many different pairs, by user and film."""
    extra = rng.lognormal(sigma=1.3, size=n_users)
    for _ in range(50):  # nobody rates fewer than 20, or more than a third of all
        extra = np.minimum(
            extra * (n_ratings - 20 * n_users) / extra.sum(), n_films / 3
        )
    wanted = np.rint(20 + extra).astype("int64")
    tail = rng.lognormal(sigma=2.2, size=n_films).cumsum()
    codes = np.empty(0, dtype="int64")
    for _ in range(20):  # who drew a film twice draws again
        missing = wanted - np.bincount(codes // n_films, minlength=n_users)
        if missing.sum() < n_ratings / 1000:
            break
        users = np.repeat(np.arange(n_users), missing)
        films = tail.searchsorted(rng.random(len(users)) * tail[-1], side="right")
        codes = np.append(codes, users * n_films + films)
        codes.sort()
        codes = codes[np.append(True, codes[1:] != codes[:-1])]
    return np.divmod(codes, n_films)


def write(name, path, rng):
    """Write the file of a set: CSV with a heading, or for the older ones the layout of ratings.dat."""
    n_ratings, n_users, n_films, greatest = SHAPES[name]
    users, films = pairs(n_ratings, n_users, n_films, rng)
    ids = np.sort(rng.choice(greatest, n_films, replace=False)) + 1
    begins = rng.integers(820_000_000, 1_690_000_000, n_users)
    waits = np.floor(rng.exponential(900, len(users))).astype("int64")
    columns = {
        "userId": users + 1,
        "movieId": ids[films],
        "rating": (rng.choice(10, len(users), p=STARS) + 1) / 2,
        "timestamp": begins[users] + waits,
    }
    table = pl.DataFrame(columns)
    if name == "1m":  # whole stars
        table = table.with_columns(pl.col("rating").ceil().cast(pl.Int8))
    if name not in OLDER:
        table.write_csv(path)
        return
    text = table.write_csv(include_header=False, separator="|").encode()
    path.write_bytes(text.replace(b"|", b"::"))


class RandomFactors:
    """A model that knows nothing: scores are products of random numbers."""

    def __init__(self, positives, rng):
        sizes = (positives.n_users, positives.n_items)
        self.users, self.items = (rng.random((n, 16), dtype="float32") for n in sizes)

    def scores(self, users):
        """Return the scores of all items for these users."""
        return self.users[users] @ self.items.T


def measure(path):
    """Return the row of one file."""
    row, rng = {}, np.random.default_rng(1)
    with measured(row, "read"):
        table = large.read(path)
    sizes = {"ratings": len(table), "users": table["userID"].nunique()}
    sizes["films"] = table["itemID"].nunique()
    with measured(row, "split"):
        split = large.course_split(table)
    del table
    with measured(row, "hash"):
        digest = large.pairs_sha256(split.train)
    with measured(row, "leave_one_out"):
        large_draws.leave_one_out_test(split, rng=rng)
    with measured(row, "interactions"):
        positives = Interactions(split.train)
    with measured(row, "relevant"):
        relevant = large_lists.Relevant(split.test, positives)
    del split
    users, model = (
        rng.permutation(positives.n_users)[:1000],
        RandomFactors(positives, rng),
    )
    with measured(row, "lists"):
        top = large_lists.top_k(model, positives, 10, users=users)
    with measured(row, "hits"):
        large_lists.hits(top, relevant, users=users)
    with measured(row, "metrics"):
        large_lists.evaluate(top, relevant, users=users)
    with measured(row, "negatives"):
        large_draws.sample_negatives(positives, rng=rng)
    return sizes | row | {"train_sha256": digest}


def main():
    """Write each file in this process, and measure in another, whose memory is its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sets", choices=SHAPES, nargs="+", default=["1m", "10m", "32m"]
    )
    parser.add_argument(
        "--to", type=pathlib.Path, default=pathlib.Path(__file__).parent
    )
    parser.add_argument("--measure", type=pathlib.Path, help="a file; print JSON")
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    rows = []
    for name in options.sets:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "ratings." + ("csv", "dat")[name in OLDER])
            write(name, path, np.random.default_rng(1))
            print(f"{name}: {path.stat().st_size:,} bytes", file=sys.stderr)
            command = [sys.executable, __file__, "--measure", str(path)]
            done = subprocess.run(
                command, stdout=subprocess.PIPE, text=True, check=True
            )
        rows.append({"shape": name} | json.loads(done.stdout.splitlines()[-1]))
    table = pd.DataFrame(rows)
    table.to_csv(
        options.to / "larger_sets.csv",
        index=False,
        float_format="%.3f",
        lineterminator="\n",
    )
    print(table.round(3).T.to_string(header=False))
    if len(table) > 1:
        print("Exponents of growth:", exponents(table, "ratings").to_string(), sep="\n")


if __name__ == "__main__":
    main()
