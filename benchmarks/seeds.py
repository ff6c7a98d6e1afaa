"""Repeat the paper's experiment with ten seeds by the library's NCF.

    .venv/bin/python benchmarks/seeds.py      # twelve minutes on two cores

Writes src/recdl/paper_seeds.csv, from which `recdl.paper` takes how much a result moves with the seed. For
the Keras model that is an experiment of chapter 7: `make experiments`. Each row is written as soon as it is
measured, so an interrupted call loses one seed, and the same call continues. Rows that are there are kept;
remove them to measure anew.
"""

import importlib.metadata
import os
import platform
import sys
import time

import pandas as pd

from recdl import (
    evaluation,
    models,
    movielens,
    paper,
    prediction_table,
    ranking,
    recommenders_ncf,
    splits,
    training,
)
from recdl.files import write_csv
from recdl.interactions import Interactions

PACKAGES = ("tensorflow", "keras", "recommenders", "numpy", "pandas")
N_SEEDS = 10


def train_library(split, seed):
    """Train and evaluate the library's NCF once."""
    settings = paper.Settings(seed=seed)
    data = recommenders_ncf.NCFData(split.train, settings.n_negatives, seed=seed)
    model = recommenders_ncf.build(data, settings)
    loss = recommenders_ncf.fit(model, data)[-1]
    predictions = prediction_table.prediction_list(model, split.train)
    metrics = prediction_table.evaluate(split.test, predictions)
    return {"train_loss": loss} | metrics


def train_keras(split, settings, change=lambda model: None):
    """Train and evaluate recdl's NeuMF once; `change` may alter the model before its training."""
    positives = Interactions(split.train)
    model = models.NeuMF(positives.n_users, positives.n_items, seed=settings.seed)
    change(model)
    history = training.fit(model, positives, settings)
    top = ranking.top_k(model, positives, k=10)
    means = evaluation.evaluate(top, evaluation.Relevant(split.test, positives)).mean()
    return {"train_loss": history.losses[-1]} | means.to_dict()


def measured():
    """Return the rows that are there already."""
    if paper.SEEDS.exists():
        return pd.read_csv(paper.SEEDS).to_dict("records")
    return []


def write(rows):
    """Write all rows, sorted, whole or not at all."""
    table = pd.DataFrame(rows).sort_values("seed")
    write_csv(table.round(dict.fromkeys(paper.RESULTS, 6)), paper.SEEDS)


def main():
    """Measure the seeds that are missing."""
    split = splits.course_split(movielens.load_ratings())
    rows = measured()
    done = {row["seed"] for row in rows}
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    for seed in [seed for seed in range(1, N_SEEDS + 1) if seed not in done]:
        print(f"seed {seed} of {N_SEEDS}", file=sys.stderr)
        begin = time.perf_counter()
        results = train_library(split, seed)
        rows.append(
            {"seed": seed}
            | {key: results[key] for key in paper.RESULTS}
            | {"seconds": round(time.perf_counter() - begin, 1)}
            | {"cores": os.cpu_count(), "python": platform.python_version()}
            | versions
        )
        write(rows)


if __name__ == "__main__":
    main()
