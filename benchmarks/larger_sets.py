"""Take MovieLens' larger sets through the course: read, split, train, rank, judge; a row of numbers for each.

    RECDL_MOVIELENS=ml-32m.zip make scale                # the zip of GroupLens
    make scale                                           # generated ratings: 1m, 10m and 32m
    .venv/bin/python benchmarks/larger_sets.py --sets 1m --to /tmp      # a trial of a minute

Writes the rows of these sets into larger_sets.csv of chapter 10, beside those that are there, and prints the
exponents of growth from the first set to the last: 1 means that ten times the ratings take ten times as long.
It needs the extra `scale`. The column `data` says which rows are of generated ratings (`shapes.py`).

Each set is measured in a process of its own, and its row stays in _build/scale until all are there: after an
interrupt the same command goes on with the next set, and until then the table is the old one. A column that
ends in `_peak_gb` is the highest memory that the process had needed by the end of that phase (1 GB is 10^9
bytes; TensorFlow is in it from `epoch` on). The phases:

- read and split: `recdl.large`, from the file to training and test; hash: that of the training pairs.
- leave_one_out: a film and 100 negatives for every user with a test film.
- interactions: from the training table to positions; relevant: from the test table to `Relevant`.
- negatives: those of one epoch, four for each positive.
- lists: the best 10 for 1,000 random users among all films, by random factors of 16 numbers.
- hits: those of these lists. The whole table of metrics is the phase metrics.
- ease: on the 10,000 most popular films; item_knn too. Which share of the ratings they cover is `coverage`.
- epoch: NeuMF of the paper's size with batches of 16,384, from drawing the samples to the last batch.
- neumf: its lists for the 1,000 users.

Three columns are NDCG@10 of these users: what the most popular films, EASE, and NeuMF after so many epochs
reach. Of generated ratings they mean nothing but that the lists are judged.
"""

import argparse
import hashlib
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import psutil

from growth import exponents, measured, processor
from recdl import baselines, large, large_draws, large_items, large_lists, paper
from recdl.files import replacing
from shapes import OLDER, SHAPES, ZIPS, write

HERE = pathlib.Path(__file__).parent
TABLES = HERE.parent / "src" / "recdl" / "course" / "chapter_10"  # which shows them
WORK = HERE.parent / "_build" / "scale"
KEY = ["set", "data", "epochs"]
BATCH, N_POPULAR, N_JUDGED = 16_384, 10_000, 1000
BYTES_A_RATING, GB, GB_A_MILLION = 30, 1.2, 0.2  # on the disk; in memory, as measured


class RandomFactors:
    """A model that knows nothing: scores are products of random numbers."""

    def __init__(self, positives, rng):
        sizes = (positives.n_users, positives.n_items)
        self.users, self.items = (rng.random((n, 16), dtype="float32") for n in sizes)

    def scores(self, users):
        """Return the scores of all items for these users."""
        return self.users[users] @ self.items.T


def prepared(path, row, rng):
    """Measure what comes before any model; return the training data and the test pairs."""
    with measured(row, "read"):
        table = large.read(path)
    row |= {"ratings": len(table), "users": table["userID"].nunique()}
    row["films"] = table["itemID"].nunique()
    with measured(row, "split"):
        split = large.course_split(table)
    del table
    with measured(row, "hash"):
        row["train_sha256"] = large.pairs_sha256(split.train)
    with measured(row, "leave_one_out"):
        large_draws.leave_one_out_test(split, rng=rng)
    with measured(row, "interactions"):
        positives = large.interactions(split.train)
    with measured(row, "relevant"):
        relevant = large_lists.Relevant(split.test, positives)
    return positives, relevant


def judged(row, name, model, positives, relevant, users, seen):
    """Measure the lists of a model, and note their NDCG@10."""
    with measured(row, name):
        top = large_lists.top_k(model, positives, 10, users=users, seen=seen)
    table = large_lists.evaluate(top, relevant, users=users)
    row[f"{name}_ndcg_at_10"] = table["ndcg_at_10"].mean()
    return top


def measure(path, n_epochs):
    """Return the row of one file."""
    row, rng = {}, np.random.default_rng(1)
    positives, relevant = prepared(path, row, rng)
    with measured(row, "negatives"):
        large_draws.sample_negatives(positives, rng=rng)
    users = np.sort(rng.permutation(positives.n_users)[:N_JUDGED])
    seen = large_lists.Seen(positives)
    given = positives, relevant, users, seen
    model = RandomFactors(positives, rng)
    with measured(row, "lists"):
        top = large_lists.top_k(model, positives, 10, users=users)
    with measured(row, "hits"):
        large_lists.hits(top, relevant, users=users)
    with measured(row, "metrics"):
        large_lists.evaluate(top, relevant, users=users)
    judged(row, "popular", baselines.Popularity(positives), *given)
    for name, make in (("item_knn", large_items.ItemKNN), ("ease", large_items.EASE)):
        with measured(row, name):
            model = large_items.OnMostPopular(make, positives, N_POPULAR)
    row["coverage"] = model.coverage
    judged(row, "ease_lists", model, *given)
    del model

    from recdl import (
        large_scores,
        large_training,
        models,
    )  # late: TensorFlow takes memory of its own

    settings = paper.Settings(batch_size=BATCH, n_epochs=n_epochs)
    model = models.NeuMF(positives.n_users, positives.n_items)
    with measured(row, "epoch"):
        history = large_training.fit(model, positives, settings)
    if history.interrupted:
        raise KeyboardInterrupt
    row["epoch_s"] /= n_epochs
    row["train_loss"] = history.losses[-1]
    judged(row, "neumf", large_scores.Factored(model), *given)
    return row


def machine():
    """Describe in a line what the times depend on."""
    memory = psutil.virtual_memory().total / 1e9
    return (
        f"{os.cpu_count()} cores ({processor()}), {memory:.0f} GB, "
        f"Python {platform.python_version()}, load at the end {os.getloadavg()[0]:.1f}"
    )


def named_zip(path):
    """Return which set a zip of GroupLens is, or stop with a sentence."""
    try:
        with open(path, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        sys.exit(f"RECDL_MOVIELENS names {path}: {error.strerror}.")
    for name, digest in ZIPS.items():
        if digest == found:
            return name
    sys.exit(
        f"{path} is none of the zips ml-{', ml-'.join(ZIPS)} of GroupLens, or it is damaged: its SHA-256 is "
        f"{found}. Download it again, or leave RECDL_MOVIELENS out for generated ratings."
    )


def check_room(names, data, work):
    """Stop with a sentence, before anything is done, where memory or the disk are too small."""
    millions = {name: SHAPES[name][0] / 1e6 for name in SHAPES}
    memory = psutil.virtual_memory().available / 1e9
    needed = {name: GB + GB_A_MILLION * m for name, m in millions.items()}
    largest = max(names, key=needed.get)
    if needed[largest] > memory:
        fits = [name for name, gb in needed.items() if gb <= memory]
        sys.exit(
            f"The set {largest} needs about {needed[largest]:.1f} GB of memory, and {memory:.1f} GB are "
            + (
                f"free. What would fit: {', '.join(fits)}."
                if fits
                else "free: too little for any."
            )
        )
    disk = shutil.disk_usage(work).free / 1e9
    wanted = BYTES_A_RATING * millions[largest] / 1e3
    if data == "generated" and wanted > disk:
        sys.exit(
            f"The file of {largest} needs {wanted:.1f} GB in {work}, and {disk:.1f} GB are free there."
        )


def code():
    """Return a hash of the code on which a row depends."""
    paths = [*HERE.glob("*.py"), *(HERE.parent / "src" / "recdl").glob("*.py")]
    parts = (path.read_bytes() for path in sorted(paths))
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def file_of(name, work):
    """Return the path of the generated file of a set; write it unless it is there."""
    path = work / f"generated-{name}" / ("ratings." + ("csv", "dat")[name in OLDER])
    if not path.exists():
        print(f"{name}: generating the ratings …", file=sys.stderr)
        with replacing(path) as unfinished:
            write(name, unfinished, np.random.default_rng(1))
    return path


def row_of(name, data, path, n_epochs, work):
    """Return the row of a set, measured in another process, or by an earlier call that was interrupted."""
    kept = work / f"{name}-{data}-{n_epochs}-{code()}.json"
    if not kept.exists():
        path = path or file_of(name, work)
        print(f"{name}: {path.stat().st_size:,} bytes", file=sys.stderr)
        command = [sys.executable, __file__, "--epochs", str(n_epochs)]
        command += ["--measure", str(path)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if done.returncode < 0:
            ended = signal.Signals(-done.returncode).name
            sys.exit(f"The process that measured {name} was ended by {ended}.")
        if done.returncode:
            sys.exit(f"{name} was not measured; the reason stands above.")
        with replacing(kept) as unfinished:
            unfinished.write_text(done.stdout.splitlines()[-1])
    return kept, json.loads(kept.read_text())


def merged(old, rows):
    """Return the table with these rows in place of those of the same sets, in the order of size."""
    table = pd.DataFrame(rows)
    if old.exists():
        before = pd.read_csv(old)
        theirs = before.set_index(KEY).index
        before = before[~theirs.isin(table.set_index(KEY).index)]
        table = pd.concat([before, table])
    return table.sort_values(["ratings", "data"], kind="stable", ignore_index=True)


def make(options):
    """Measure the sets that are asked for, and write the table when all are there."""
    given = None if options.generated else os.environ.get("RECDL_MOVIELENS")
    path = pathlib.Path(given) if given else None
    names = [named_zip(path)] if given else options.sets
    data = path.name if given else "generated"
    options.work.mkdir(parents=True, exist_ok=True)
    check_room(names, data, options.work)
    rows, files = [], []
    for name in names:
        file, row = row_of(name, data, path, options.epochs, options.work)
        about = {"set": name, "data": data, "epochs": options.epochs}
        rows.append(about | row)
        files.append(file)
    target = options.to / "larger_sets.csv"
    table = merged(target, rows)
    with replacing(target) as unfinished:
        table.to_csv(unfinished, index=False, float_format="%.4f", lineterminator="\n")
    for file in files:
        file.unlink()
    print(table.round(3).T.to_string(header=False))
    if len(rows) > 1:
        found = exponents(pd.DataFrame(rows).iloc[[0, -1]], "ratings")
        print("Exponents of growth:", found.to_string(), sep="\n")


def main(words=None):
    """Run the command; what is expected to go wrong ends with a sentence."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sets", choices=SHAPES, nargs="+", default=["1m", "10m", "32m"]
    )
    told = "do not look at RECDL_MOVIELENS"
    parser.add_argument("--generated", action="store_true", help=told)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--to", type=pathlib.Path, default=TABLES)
    parser.add_argument("--work", type=pathlib.Path, default=WORK)
    parser.add_argument("--measure", type=pathlib.Path, help="a file; print JSON")
    options = parser.parse_args(words)
    try:
        if options.measure:
            row = measure(options.measure, options.epochs)
            print(json.dumps(row | {"machine": machine()}))
        else:
            make(options)
    except KeyboardInterrupt:
        if options.measure:
            sys.exit(130)
        print(
            "Interrupted. Sets that are done are kept; the table is the old one. The same command goes on.",
            file=sys.stderr,
        )
        sys.exit(130)
    except (ValueError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
