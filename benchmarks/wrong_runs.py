"""Measure what the results check must reject: runs of the paper's experiment with one thing wrong.

    .venv/bin/python benchmarks/wrong_runs.py        # five minutes on two cores

Writes benchmarks/wrong_runs.csv, which the unit tests of the check read (tests/unit/test_paper.py). The runs
that it must accept are the seeds in src/recdl/paper_seeds.csv.
"""

import pathlib
import time

import numpy as np
import pandas as pd

from recdl import movielens, paper, prediction_table, recommenders_ncf, splits

TABLE = pathlib.Path(__file__).with_suffix(".csv")


def train(split, **changes):
    """Train with some settings changed; return the model, its final loss and its metrics."""
    settings = paper.Settings(**changes)
    data = recommenders_ncf.NCFData(
        split.train, settings.n_negatives, seed=settings.seed
    )
    model = recommenders_ncf.build(data, settings)
    loss = recommenders_ncf.fit(model, data)[-1]
    predictions = prediction_table.prediction_list(model, split.train)
    return (
        model,
        predictions,
        {"train_loss": loss, **prediction_table.evaluate(split.test, predictions)},
    )


def all_pairs(model, train_part):
    """Predict every pair of user and film, those seen in training included: the bug of the seen items."""
    users, films = train_part["userID"].unique(), train_part["itemID"].unique()
    pairs = pd.DataFrame(
        {"userID": np.repeat(users, len(films)), "itemID": np.tile(films, len(users))}
    )
    blocks = np.array_split(pairs, 8)
    scores = [
        model.predict(b["userID"].tolist(), b["itemID"].tolist(), is_list=True)
        for b in blocks
    ]
    return pairs.assign(prediction=np.concatenate(scores))


def main():
    """Make all runs and write the table."""
    split = splits.course_split(movielens.load_ratings())
    rows, begin = {}, time.time()
    model, predictions, right = train(split)

    popular = predictions.assign(
        prediction=predictions["itemID"].map(split.train["itemID"].value_counts())
    )
    rows["popularity instead of the model"] = right | prediction_table.evaluate(
        split.test, popular
    )
    swapped = predictions.rename(columns={"userID": "itemID", "itemID": "userID"})
    rows["users and films swapped"] = right | prediction_table.evaluate(
        split.test, swapped
    )
    rows["seen films left in"] = right | prediction_table.evaluate(
        split.test, all_pairs(model, split.train)
    )
    rows["n_factors 4"] = train(split, n_factors=4)[2]
    rows["layers [64, 32, 16]"] = train(split, layer_sizes=(64, 32, 16))[2]
    rows["stopped at epoch 12"] = train(split, n_epochs=12)[2]

    pd.DataFrame(rows).T.rename_axis("run").to_csv(
        TABLE, float_format="%.6f", lineterminator="\n"
    )
    print(f"Wrote {TABLE} after {time.time() - begin:.0f} s")


if __name__ == "__main__":
    main()
