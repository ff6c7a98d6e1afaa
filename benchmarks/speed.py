"""Time the library's cheapest path to the paper's results against recdl's, side by side.

    .venv/bin/python benchmarks/speed.py                      # ten minutes on two quiet cores
    .venv/bin/python benchmarks/speed.py --epochs 2 --repeats 1 --to /tmp      # a trial of half a minute

Writes benchmarks/speed.csv, a row for each phase, and benchmarks/speed_machine.json. The last lines on
standard output are the ratios, the library's median time divided by recdl's. The two take turns, each run
in a process of its own, because importing the library's NCF switches eager execution off. Reading the
ratings and importing are not timed; compiling is. What a phase holds:

- preparation: from the ratings to what training and metrics read. The library's data object needs files; it
  gets one test row for each user, because it draws 100 negatives for every test row, which no result here
  uses.
- training: from an untrained model to the last of 100 epochs.
- scoring: a score for every user and every film of the training part; the library as in its own notebook.
- metrics: from these scores to MAP, NDCG, precision and recall, all at 10. recdl computes three more beside
  them.
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd

from growth import processor
from recdl import (
    evaluation,
    movielens,
    paper,
    prediction_table,
    ranking,
    recommenders_ncf,
    splits,
)
from recdl.interactions import Interactions
from recdl.quiet import no_startup_notes

PHASES = ["preparation", "training", "scoring", "metrics"]
SEED = 42


@contextmanager
def timed(seconds, phase):
    """Note how long the block takes."""
    begin = time.perf_counter()
    yield
    seconds[phase] = time.perf_counter() - begin
    print(f"  {phase} {seconds[phase]:.2f} s", file=sys.stderr)


def library_side(ratings, n_epochs):
    """Run everything with the library; return the seconds of each phase and the results."""
    # The library splits tables in a way that pandas wants to give up.
    warnings.filterwarnings("ignore", message=".*swapaxes", category=FutureWarning)
    with no_startup_notes():
        from recommenders.datasets.python_splitters import python_chrono_split
        from recommenders.evaluation import python_evaluation  # noqa: F401
        from recommenders.models.ncf.dataset import Dataset
        from recommenders.models.ncf.ncf_singlenode import NCF  # noqa: F401
    seconds, settings = {}, paper.Settings(n_epochs=n_epochs, seed=SEED)
    # A new folder each time: a file left by an earlier run would be used again.
    with tempfile.TemporaryDirectory() as folder:
        train_file, test_file = f"{folder}/train.csv", f"{folder}/last.csv"
        with timed(seconds, "preparation"):
            train, test = python_chrono_split(ratings, 0.75)
            for name in ("userID", "itemID"):
                test = test[test[name].isin(train[name].unique())]
            train.to_csv(train_file, index=False)
            last = test.groupby("userID").last().reset_index()
            last.to_csv(test_file, index=False)
            data = Dataset(train_file, test_file=test_file, n_neg=4, seed=SEED)
        with timed(seconds, "training"):  # reads the file again in every epoch
            model = recommenders_ncf.build(data, settings)
            losses = recommenders_ncf.fit(model, data)
    with timed(seconds, "scoring"):
        users, items, scores = [], [], []
        films = list(train["itemID"].unique())
        for user in train["userID"].unique():
            same_user = [user] * len(films)
            users.extend(same_user)
            items.extend(films)
            scores.extend(model.predict(same_user, films, is_list=True))
        pairs = pd.DataFrame({"userID": users, "itemID": items, "prediction": scores})
        merged = pd.merge(train, pairs, on=["userID", "itemID"], how="outer")
        predictions = merged[merged["rating"].isnull()].drop("rating", axis=1)
    with timed(seconds, "metrics"):
        results = prediction_table.evaluate(
            test, predictions
        )  # calls the library's functions
    return seconds, {"train_loss": losses[-1], **results}


def recdl_side(ratings, n_epochs):
    """Run everything with recdl; return the seconds of each phase and the results."""
    from recdl import large_scores, models, training

    seconds = {}
    with timed(seconds, "preparation"):
        split = splits.course_split(ratings)
        positives = Interactions(split.train)
        relevant = evaluation.Relevant(split.test, positives)
    with timed(seconds, "training"):
        model = models.NeuMF(positives.n_users, positives.n_items, seed=SEED)
        history = training.fit(
            model, positives, paper.Settings(n_epochs=n_epochs, seed=SEED)
        )
    with timed(seconds, "scoring"):
        users = np.arange(positives.n_users)
        scores = large_scores.Factored(model).scores(users)
    with timed(seconds, "metrics"):
        top = ranking.top_k(ranking.ScoreTable(scores), positives, k=10)
        means = evaluation.evaluate(top, relevant).mean()
    results = {"train_loss": history.losses[-1], **means}
    return seconds, {name: float(results[name]) for name in paper.RESULTS}


SIDES = {"library": library_side, "recdl": recdl_side}


def run(side, n_epochs):
    """Run one side in a new process; return its seconds and results."""
    command = [sys.executable, __file__, "--side", side, "--epochs", str(n_epochs)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def table_of(runs):
    """Return a row for each phase and the whole: medians, their ratio, and the range of the repeats."""
    columns = {}
    for side in SIDES:
        seconds = pd.DataFrame([run["seconds"] for run in runs[side]])[PHASES]
        seconds["pipeline"] = seconds.sum(axis=1)
        columns[f"{side}_s"] = seconds.median()
        columns[f"{side}_min_s"], columns[f"{side}_max_s"] = (
            seconds.min(),
            seconds.max(),
        )
    table = pd.DataFrame(columns).rename_axis("phase")
    table.insert(0, "ratio", table["library_s"] / table["recdl_s"])
    first = ["library_s", "recdl_s", "ratio"]
    return table[first + [name for name in table if name not in first]]


def machine():
    """Describe what the times depend on."""
    packages = ["recommenders", "tensorflow", "keras", "numpy", "pandas"]
    return {
        "cores": os.cpu_count(),
        "processor": processor(),
        "load_at_start": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        **{package: importlib.metadata.version(package) for package in packages},
    }


def main():
    """Run both sides in turn, write the table and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--to", type=pathlib.Path, default=pathlib.Path(__file__).parent
    )
    parser.add_argument("--side", choices=SIDES, help="run this one; print JSON")
    options = parser.parse_args()
    if options.side:
        ratings = movielens.load_ratings()
        seconds, results = SIDES[options.side](ratings, options.epochs)
        print(json.dumps({"seconds": seconds, "results": results}))
        return

    described = machine() | {"epochs": options.epochs, "repeats": options.repeats}
    runs, objections = {side: [] for side in SIDES}, []
    for repeat in range(1, options.repeats + 1):
        for side, done in runs.items():
            print(f"{side}, run {repeat} of {options.repeats}", file=sys.stderr)
            done.append(run(side, options.epochs))
            if options.epochs == 100:  # the paper's number: then the results are known
                found = paper.objections(done[-1]["results"])
                objections += [f"{side}, run {repeat}: {text}" for text in found]

    table = table_of(runs)
    table.to_csv(options.to / "speed.csv", float_format="%.4f", lineterminator="\n")
    (options.to / "speed_machine.json").write_text(
        json.dumps(described, indent=1) + "\n"
    )
    print(", ".join(f"{name} {value}" for name, value in described.items()))
    print(table.round(3).to_string(), end="\n\n")
    for phase, ratio in table["ratio"].items():
        print(f"{phase} x{ratio:.1f}")
    if objections:
        sys.exit("These runs did not do the paper's work:\n" + "\n".join(objections))


if __name__ == "__main__":
    main()
