"""Take the larger sets through the program of chapters 4 to 6, as it was before `recdl.large`.

    .venv/bin/python benchmarks/as_before.py             # generated 1m, 10m and 32m: twelve minutes, 8 GB
    .venv/bin/python benchmarks/as_before.py --sets 1m --to /tmp        # a trial of a minute

Writes before.csv beside larger_sets.csv, a row for each set, from the same generated files; the column
`train_sha256` must be the same in both. Each set is measured in a process of its own. The phases:

- read: `recdl.tables.read`; split: `recdl.splits.course_split`; hash: that of the training pairs.
- negatives: those of one epoch. lists: the best 10 for 1,000 random users; hits: those of these lists.
- leave_one_out: for 5,000 users, multiplied up to all of them.
- epoch_256 and so on: a NeuMF of the paper's size with batches of that size, by Adam and by lazy Adam. Up to
  1,000 batches are timed, after compiling, and the time is multiplied up to all batches of an epoch.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time

import numpy as np
import pandas as pd

from growth import measured
from larger_sets import N_JUDGED, TABLES, WORK, RandomFactors, file_of, machine
from recdl import evaluation, interactions, ranking, sampled, splits, tables
from recdl.files import replacing
from recdl.splits import Split
from shapes import SHAPES

N_USERS, N_BATCHES = 5_000, 1_000


def leave_one_out(split, rng):
    """Return the seconds for all users who have a test film, from those of some of them."""
    known = split.test["userID"].unique()
    some = rng.permutation(known)[:N_USERS]
    part = Split(*(table[table["userID"].isin(some)] for table in split))
    # All films are candidates, whoever rated them.
    others = split.train.drop_duplicates("itemID")
    part = Split(pd.concat([part.train, others]).drop_duplicates(), part.test)
    begin = time.perf_counter()
    sampled.leave_one_out_test(part, rng=rng)
    return (time.perf_counter() - begin) * len(known) / len(some)


def epoch(positives, batch_size, lazy):
    """Return the seconds of an epoch, from those of some batches."""
    from recdl import large_training, models, training

    model = models.NeuMF(positives.n_users, positives.n_items)
    if lazy:
        train = large_training.LazyAdam(model, batch_size, 0.001)
    else:
        train = training.compiled_epoch(model, training.adam(0.001))
    n_of_epoch = 5 * len(positives.users) // batch_size
    size = min(N_BATCHES, n_of_epoch), batch_size
    rng = np.random.default_rng(1)
    users, items = (
        side[rng.integers(len(side), size=size)].astype("int32")
        for side in (positives.users, positives.items)
    )
    labels = rng.integers(2, size=size).astype("float32")
    float(train(users, items, labels))  # compiles, for this number of batches
    begin = time.perf_counter()
    float(train(users, items, labels))
    return (time.perf_counter() - begin) * n_of_epoch / len(users)


def measure(path):
    """Return the row of one file."""
    row, rng = {}, np.random.default_rng(1)
    with measured(row, "read"):
        table = tables.read(path)
    row["ratings"] = len(table)
    with measured(row, "split"):
        split = splits.course_split(table)
    del table
    with measured(row, "hash"):
        row["train_sha256"] = splits.pairs_sha256(split.train)
    row["leave_one_out_s"] = leave_one_out(split, rng)
    positives = interactions.Interactions(split.train)
    relevant = evaluation.Relevant(split.test, positives)
    del split
    with measured(row, "negatives"):
        interactions.sample_negatives(positives, rng=rng)
    users = np.sort(rng.permutation(positives.n_users)[:N_JUDGED])
    with measured(row, "lists"):
        top = ranking.top_k(RandomFactors(positives, rng), positives, 10, users=users)
    with measured(row, "hits"):
        evaluation.hits(top, relevant, users=users)
    for batch_size in (256, 16_384):
        row[f"epoch_{batch_size}_s"] = epoch(positives, batch_size, lazy=False)
        row[f"epoch_{batch_size}_lazy_s"] = epoch(positives, batch_size, lazy=True)
    return row


def main():
    """Measure each set in another process, whose memory is its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sets = ["1m", "10m", "32m"]
    parser.add_argument("--sets", choices=SHAPES, nargs="+", default=sets)
    parser.add_argument("--to", type=pathlib.Path, default=TABLES)
    parser.add_argument("--measure", type=pathlib.Path, help="a file; print JSON")
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    rows = []
    for name in options.sets:
        command = [sys.executable, __file__, "--measure", str(file_of(name, WORK))]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        rows.append({"set": name} | found | {"machine": machine()})
    table = pd.DataFrame(rows)
    with replacing(options.to / "before.csv") as unfinished:
        table.to_csv(unfinished, index=False, float_format="%.4f", lineterminator="\n")
    print(table.round(3).T.to_string(header=False))


if __name__ == "__main__":
    main()
