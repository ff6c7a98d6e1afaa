"""Repeat the paper's experiment with ten seeds, by the library's NCF and by recdl's Keras model.

    .venv/bin/python benchmarks/seeds.py library      # twelve minutes on two cores
    .venv/bin/python benchmarks/seeds.py keras        # two minutes

Writes src/recdl/paper_seeds.csv, from which `recdl.paper` takes how much a result moves from seed to seed.
Each row is written as soon as it is measured, so an interrupted call loses one seed, and the same call
continues. Rows that are there are kept; remove them to measure anew.
"""

import argparse
import importlib.metadata
import os
import platform
import sys
import time

import pandas as pd

from recdl import evaluation, files, interactions, models, movielens, paper, predictions, ranking, recommenders_ncf, splits, training

PACKAGES = ("tensorflow", "keras", "recommenders", "numpy", "pandas")
N_SEEDS = 10


def train_library(split, seed, n_epochs):
    """Train and evaluate the library's NCF once."""
    settings = paper.Settings(seed=seed, n_epochs=n_epochs)
    data = recommenders_ncf.NCFData(split.train, settings.n_negatives, seed=seed)
    model = recommenders_ncf.build(data, settings)
    loss = recommenders_ncf.fit(model, data)[-1]
    predictions = predictions.prediction_list(model, split.train)
    return {"train_loss": loss} | predictions.evaluate(split.test, predictions)


def train_keras(split, seed, n_epochs, change=lambda model: None):
    """Train and evaluate recdl's NeuMF once; `change` may alter the model before its training."""
    positives = interactions.Interactions(split.train)
    model = models.NeuMF(positives.n_users, positives.n_items, seed=seed)
    change(model)
    history = training.fit(model, positives, n_epochs=n_epochs, seed=seed)
    top = ranking.top_k(model.scores, positives, k=10)
    means = evaluation.evaluate(top, evaluation.Relevant(split.test, positives)).mean()
    return {"train_loss": history.losses[-1]} | means.to_dict()


def measured():
    """Return the rows that are there already."""
    if paper.SEEDS.exists():
        return pd.read_csv(paper.SEEDS).to_dict("records")
    return []


def write(rows):
    """Write all rows, sorted, whole or not at all."""
    table = pd.DataFrame(rows).sort_values(["implementation", "seed"])
    files.write_csv(table.round(dict.fromkeys(paper.RESULTS, 6)), paper.SEEDS)


def main():
    """Measure the seeds that are missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    # One at a time: importing the library's NCF switches off what the Keras models need.
    parser.add_argument("implementation", choices=("library", "keras"))
    name = parser.parse_args().implementation

    training.tf.get_logger().setLevel(
        "ERROR"
    )  # each training compiles anew, as it should
    train = {"library": train_library, "keras": train_keras}[name]
    split = splits.course_split(movielens.load_ratings())
    rows = measured()
    done = {row["seed"] for row in rows if row["implementation"] == name}
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    for seed in [seed for seed in range(1, N_SEEDS + 1) if seed not in done]:
        print(f"{name}, seed {seed} of {N_SEEDS}", file=sys.stderr)
        begin = time.perf_counter()
        results = train(split, seed, n_epochs=100)
        rows.append(
            {"implementation": name, "seed": seed}
            | {key: results[key] for key in paper.RESULTS}
            | {"seconds": round(time.perf_counter() - begin, 1)}
            | {"cores": os.cpu_count(), "python": platform.python_version()}
            | versions
        )
        write(rows)


if __name__ == "__main__":
    main()
