"""Compare ten seeds of recdl's NeuMF with ten of the library's, and look for causes of a difference.

    .venv/bin/python benchmarks/parity.py                  # a second
    .venv/bin/python benchmarks/parity.py --causes         # ten minutes on two cores
    .venv/bin/python benchmarks/parity.py --causes --seeds 2 --epochs 2 --to /tmp     # a trial

Writes benchmarks/parity_difference.csv: recdl's mean minus that of the library with Welch's 95 % interval,
from the runs that benchmarks/seeds.py and `make experiments` made.

With --causes it trains with ten seeds as recdl does, and with the same seeds and one thing changed, and
writes benchmarks/parity_causes.csv: the mean of each such variant minus recdl's, with the 95 % interval of
the paired differences. The variants are what a reader may suspect when two implementations differ:

- tables share a seed: as in the library, where all four tables begin with the same random numbers;
- epsilon 1e-7: Adam with the number that Keras uses where the library has 1e-8;
- last batch kept: the 18 samples that are left over after the last full batch are trained on, too;
- squared, then added: Keras' Adam as `compile` and `fit` use it. Where a user or an item occurs several
  times in a batch, it squares the parts of its gradient before adding them up.
"""

import argparse
import pathlib
import sys
from contextlib import nullcontext
from unittest import mock

import numpy as np
import pandas as pd
from scipy import stats

from recdl import models, movielens, paper, splits, training
from recdl.experiments import summary
from seeds import train_keras

HERE = pathlib.Path(__file__).parent
RESULTS = list(paper.RESULTS)


def share_numbers(model):
    """Fill all four tables from one sequence of numbers, each from its beginning."""
    seed = model.settings["seed"]
    tables = [table for tower in model.towers for table in (tower.user, tower.item)]
    longest = max(np.size(table.embeddings) for table in tables)
    small = models.keras.initializers.TruncatedNormal(stddev=0.01, seed=seed)
    numbers = np.asarray(small((longest,)))
    for table in tables:
        shape = table.embeddings.shape
        table.set_weights([numbers[: np.prod(shape)].reshape(shape)])


def keep_last_batch():
    """Let `training.fit` train on the samples that are left over, as one more, smaller batch."""
    in_batches, compiled_epoch = training._in_batches, training.compiled_epoch

    def with_rest(samples, batch_size):
        n_full = len(samples[0]) // batch_size * batch_size
        rest = in_batches([part[n_full:] for part in samples], len(samples[0]) - n_full)
        return list(zip(in_batches(samples, batch_size), rest, strict=True))

    def epoch_with_rest(model, optimizer):
        train = compiled_epoch(model, optimizer)

        def train_both(*parts):
            full, rest = zip(*parts, strict=True)
            n_batches = len(full[0])
            total = n_batches * float(train(*full)) + float(train(*rest))
            return total / (n_batches + 1)

        return train_both

    return mock.patch.multiple(
        training, _in_batches=with_rest, compiled_epoch=epoch_with_rest
    )


def keras_epsilon():
    """Let `training.fit` use Adam as Keras sets it."""
    return mock.patch.object(training, "adam", models.keras.optimizers.Adam)


def squared_then_added():
    """Let `training.fit` hand the gradients of the tables to Adam as Keras does: row by row."""

    def compiled_epoch(model, optimizer):
        tf, weights = training.tf, model.trainable_variables
        optimizer.build(weights)

        @tf.function(jit_compile=True, autograph=False)
        def train(users, items, labels):
            def one_batch(b, total):
                with tf.GradientTape() as tape:
                    loss = training.log_loss(labels[b], model((users[b], items[b])))
                optimizer.apply(tape.gradient(loss, weights), weights)
                return b + 1, total + loss

            n, begin = tf.shape(labels)[0], (tf.constant(0), tf.constant(0.0))
            _, total = tf.while_loop(lambda b, _: b < n, one_batch, begin)
            return total / tf.cast(n, tf.float32)

        return train

    return mock.patch.object(training, "compiled_epoch", compiled_epoch)


VARIANTS = {  # what is in force during the training, and arguments of `train_keras`
    "tables share a seed": (nullcontext, {"change": share_numbers}),
    "epsilon 1e-7": (keras_epsilon, {}),
    "last batch kept": (keep_last_batch, {}),
    "squared, then added": (squared_then_added, {}),
}


def train_all(name, options, split, *, around=nullcontext, **arguments):
    """Train with all seeds; return a table with a row for each."""
    rows = []
    for seed in range(1, options.seeds + 1):
        print(f"{name}, seed {seed} of {options.seeds}", file=sys.stderr)
        settings = paper.Settings(n_epochs=options.epochs, seed=seed)
        with around():
            rows.append(train_keras(split, settings, **arguments))
    return pd.DataFrame(rows)


def difference(name, test, own, other):
    """Return one result's means and their difference, own - other, also in percent of the paper's value."""
    low, high = test.confidence_interval(0.95)
    gap = own.mean() - other.mean()
    row = {"mean": own.mean(), "sd": own.std(), "other_mean": other.mean()}
    row |= {"other_sd": other.std(), "difference": gap, "low": low, "high": high}
    for part in ("difference", "low", "high"):
        row[f"{part}_percent"] = 100 * row[part] / paper.RESULTS[name]
    return row


def compare_with_library():
    """Return a row for each of the five results: recdl's seeds against the library's."""
    own, library = summary.seed_runs(), paper.seed_runs()
    rows = {
        name: difference(
            name,
            stats.ttest_ind(own[name], library[name], equal_var=False),
            own[name],
            library[name],
        )
        for name in RESULTS
    }
    table = pd.DataFrame(rows).T.rename_axis("result")
    names = {"mean": "recdl_mean", "sd": "recdl_sd"}
    names |= {"other_mean": "library_mean", "other_sd": "library_sd"}
    return table.rename(columns=names)


def compare_with_variants(runs, variants):
    """Return a row for each variant, for loss, NDCG and recall: the variant against recdl, seed by seed."""
    rows = [
        {"variant": variant, "result": name}
        | difference(
            name, stats.ttest_rel(changed[name], runs[name]), changed[name], runs[name]
        )
        for variant, changed in variants.items()
        for name in ("train_loss", "ndcg_at_10", "recall_at_10")
    ]
    names = {"other_mean": "recdl_mean", "other_sd": "recdl_sd"}
    return pd.DataFrame(rows).set_index("variant").rename(columns=names)


def write(table, path):
    """Write a table and print it."""
    table.to_csv(path, float_format="%.6f", lineterminator="\n")
    print(f"{path}\n{table.to_string(float_format='%.5f')}\n")


def main():
    """Train with all seeds, compare, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, help="at least 2")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--causes", action="store_true")
    parser.add_argument("--to", type=pathlib.Path, default=HERE)
    options = parser.parse_args()
    if options.seeds < 2:
        parser.error("an interval needs at least 2 seeds")

    write(compare_with_library(), options.to / "parity_difference.csv")
    if options.causes:
        # TensorFlow warns that functions are compiled again: once for each training, as it should be.
        training.tf.get_logger().setLevel("ERROR")
        split = splits.course_split(movielens.load_ratings())
        runs = train_all("recdl", options, split)
        variants = {
            name: train_all(name, options, split, around=around, **arguments)
            for name, (around, arguments) in VARIANTS.items()
        }
        write(compare_with_variants(runs, variants), options.to / "parity_causes.csv")


if __name__ == "__main__":
    main()
