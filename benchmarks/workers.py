"""Measure the same work by pandas in one process, by `recdl.large`, and by one and two workers of Dask.

    .venv/bin/python benchmarks/workers.py                       # the shape of 10m: some minutes
    .venv/bin/python benchmarks/workers.py --set 32m --ways large 2 --epochs 0 --to /tmp

Writes workers.csv of chapter 10, a row for each way, and prints how much faster each is than the one before.
The ratings are generated (`shapes.py`). It needs the extra `scale`. Each way runs in a process of its own:

- small: `recdl.splits`, `recdl.interactions`, `recdl.ranking` and `recdl.evaluation`, by pandas.
- large: `recdl.large` and its siblings.
- 1 and 2: `recdl.distributed` with so many workers, which read and write files.

And the phases: split, from the table in memory to numbered training pairs and their hash; negatives, those of
an epoch; judge, the metrics of every user for the most popular films; epoch, one of NeuMF with batches of
16,384 (the workers add up their gradients), without starting and compiling. `peak_gb` is the highest memory,
before the training, of the process that needed most; of the workers, not of the one that gives them work. All
ways must give one hash.
"""

import argparse
import itertools
import json
import pathlib
import resource
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

from growth import measured
from larger_sets import TABLES
from recdl import (
    baselines,
    evaluation,
    interactions,
    large,
    large_draws,
    large_lists,
    ranking,
    splits,
)
from recdl.paper import Settings
from shapes import OLDER, SHAPES, write

WAYS = ("small", "large", "1", "2")
BATCH = 16_384


def peak_gb():
    """Return the highest memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e9


def in_one_process(table, row, modules, n_epochs):
    """Measure a way without workers; `modules` split, number, draw, rank and judge."""
    split_by, number_by, draw_by, rank_by, judge_by = modules
    with measured(row, "split"):
        split = split_by.course_split(table)
        positives = number_by(split.train)
        row["train_sha256"] = split_by.pairs_sha256(split.train)
    with measured(row, "negatives"):
        draw_by.sample_negatives(positives, rng=np.random.default_rng(1))
    with measured(row, "judge"):
        relevant = judge_by.Relevant(split.test, positives)
        model = baselines.Popularity(positives)
        top = rank_by.top_k(model, positives, 10)
        row["ndcg_at_10"] = judge_by.evaluate(top, relevant)["ndcg_at_10"].mean()
    row["peak_gb"] = peak_gb()
    if n_epochs:
        row["epoch_s"] = an_epoch(positives, n_epochs)


def an_epoch(positives, n_epochs):
    """Return the seconds of an epoch in one process; the first, which compiles, is left out."""
    from recdl import large_training, models

    model = models.NeuMF(positives.n_users, positives.n_items)
    settings = Settings(batch_size=BATCH, n_epochs=1 + n_epochs)
    return np.mean(large_training.fit(model, positives, settings).seconds[1:])


def by_workers(table, row, n_workers, folder, n_epochs):
    """Measure recdl.distributed."""
    from recdl.distributed import data, train, workers

    with workers.Workers(n_workers) as pool:
        with measured(row, "split"):
            n_parts = data.cut(table, folder)
            here = data.Distributed(pool, folder, n_parts)
            row["train_sha256"] = here.sha256["train"]
        del table
        with measured(row, "negatives"):
            here.negatives(rng=np.random.default_rng(1))
        with measured(row, "judge"):
            model = here.most_popular()
            row["ndcg_at_10"] = here.evaluate(model)["ndcg_at_10"].mean()
        row["peak_gb"] = max(pool.client.run(peak_gb).values())
        if n_epochs:
            settings = Settings(batch_size=BATCH, n_epochs=1 + n_epochs)
            training = train.Training(here, settings)
            training.run()
            row["epoch_s"] = np.mean(training.seconds[1:])  # the first compiles


def measure(way, path, n_epochs):
    """Return the row of one way."""
    row, table = {}, large.read(path)
    if way == "small":
        numbers = interactions.Interactions
        modules = splits, numbers, interactions, ranking, evaluation
        in_one_process(table, row, modules, n_epochs)
    elif way == "large":
        modules = large, large.interactions, large_draws, large_lists, large_lists
        in_one_process(table, row, modules, n_epochs)
    else:
        with tempfile.TemporaryDirectory() as folder:
            by_workers(table, row, int(way), folder, n_epochs)
    return row


def main():
    """Write the file, measure each way in a process of its own, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", choices=SHAPES, default="10m")
    parser.add_argument("--ways", choices=WAYS, nargs="+", default=WAYS)
    told = "timed ones, after the first; 0 leaves the training out (default: 2)"
    parser.add_argument("--epochs", type=int, default=2, help=told)
    parser.add_argument("--to", type=pathlib.Path, default=TABLES)
    parser.add_argument("--measure", nargs=2, help="a way and a file; print JSON")
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(*options.measure, options.epochs)))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "ratings." + ("csv", "dat")[options.set in OLDER])
        write(options.set, path, np.random.default_rng(1))
        for way in options.ways:
            print(f"{options.set}, {way}", file=sys.stderr)
            command = [sys.executable, __file__, "--epochs", str(options.epochs)]
            command += ["--measure", way, str(path)]
            done = subprocess.run(
                command, stdout=subprocess.PIPE, text=True, check=True
            )
            about = {"way": way, "set": options.set}
            rows.append(about | json.loads(done.stdout.splitlines()[-1]))
    table = pd.DataFrame(rows)
    if table["train_sha256"].nunique() > 1:
        sys.exit(f"The ways give different training data:\n{table}")
    target = options.to / "workers.csv"
    table.to_csv(target, index=False, float_format="%.3f", lineterminator="\n")
    print(table.round(3).T.to_string(header=False))
    by_way = table.set_index("way").filter(regex="_s$")
    for first, second in itertools.pairwise(by_way.index):
        for phase, ratio in (by_way.loc[first] / by_way.loc[second]).items():
            print(f"{phase}: {second} against {first} x{ratio:.2f}")


if __name__ == "__main__":
    main()
