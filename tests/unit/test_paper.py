"""The check of the results accepts the paper's experiment and rejects what is not: measured runs of both.

The right runs of the library stand in src/recdl/paper_seeds.csv, made by benchmarks/seeds.py; the wrong ones
in benchmarks/wrong_runs.csv, made by benchmarks/wrong_runs.py. Those of the Keras model need MovieLens:
notebooks/test_experiments.py. Here some invented runs stand for any other.
"""

import math
import pathlib

import numpy as np
import pandas as pd
import pytest

from recdl import paper

TABLE = pathlib.Path(__file__).parents[2] / "benchmarks" / "wrong_runs.csv"
WRONG = pd.read_csv(TABLE, index_col="run").to_dict("index")
RIGHT = paper.seed_runs().to_dict("records")
# Ten runs around the paper's results, with a standard deviation of two per cent.
STEPS = np.linspace(-1, 1, 10) / np.linspace(-1, 1, 10).std(ddof=1)
INVENTED = pd.DataFrame(
    {
        name: value * (1 + 0.02 * np.roll(STEPS, shift))
        for shift, (name, value) in enumerate(paper.RESULTS.items())
    }
)
BOTH = pytest.mark.parametrize(
    "runs", [None, INVENTED], ids=["the library's", "invented"]
)


@BOTH
def test_the_papers_own_numbers_pass(runs):
    assert paper.objections(paper.RESULTS, runs) == []


@pytest.mark.parametrize("run", RIGHT)
def test_the_same_experiment_with_another_seed_passes(run):
    assert paper.objections(run) == []


@BOTH
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_experiment_is_rejected(runs, name):
    assert paper.objections(WRONG[name], runs)


def test_ten_seeds_and_every_wrong_run_were_measured():
    assert len(RIGHT) == 10
    assert set(WRONG) == {
        "popularity instead of the model",
        "users and films swapped",
        "seen films left in",
        "n_factors 4",
        "layers [64, 32, 16]",
        "stopped at epoch 12",
    }


def test_each_run_says_its_seed_its_seconds_and_its_versions():
    table = pd.read_csv(paper.SEEDS)
    columns = ["seconds", "cores", "python", "tensorflow", "keras", "recommenders"]
    assert {*columns, "numpy", "pandas"} <= set(table)
    assert table.notna().all(axis=None)
    assert table["seed"].tolist() == list(range(1, 11))
    assert table["train_loss"].nunique() == 10


def test_seed_runs_are_the_five_results_by_seed():
    runs = paper.seed_runs()
    assert runs.index.tolist() == list(range(1, 11))
    assert list(runs) == list(paper.RESULTS)


@BOTH
@pytest.mark.parametrize("name", paper.RESULTS)
def test_the_spread_is_that_of_the_ten_runs(runs, name):
    table, found = paper.seed_runs() if runs is None else runs, paper.spread(runs)
    values = table[name].tolist()
    mean = sum(values) / 10
    sd = math.sqrt(sum((value - mean) ** 2 for value in values) / 9)
    distance = (paper.RESULTS[name] - mean) / sd
    assert found.loc[name].tolist() == pytest.approx([mean, sd, distance])


@BOTH
def test_what_is_allowed_fits_the_spread_over_seeds(runs):
    """At most four standard deviations on either side of our mean, and one and a half at least."""
    allowed, seeds = paper.allowed(runs), paper.spread(runs)
    for bound, sign in (("low", -1), ("high", 1)):
        distance = sign * (allowed[bound] - seeds["mean"]) / seeds["sd"]
        assert (distance <= paper.DEVIATIONS + 1e-9).all()
        assert (distance > 1.5).all()


@BOTH
def test_what_is_allowed_is_near_the_paper(runs):
    off = paper.allowed(runs).div(pd.Series(paper.RESULTS), axis="index") - 1
    assert (off.abs().max(axis="columns") <= pd.Series(paper.TOLERANCE) + 1e-9).all()


@pytest.mark.parametrize("name", paper.RESULTS)
@pytest.mark.parametrize("value", [0.0, math.nan, -1.0, math.inf])
def test_a_single_senseless_result_is_rejected(name, value):
    found = paper.objections(paper.RESULTS | {name: value})
    assert len(found) == 1
    assert paper.LABELS[name] in found[0]


def test_swapped_columns_are_rejected():
    swapped = paper.RESULTS | {
        "precision_at_10": paper.RESULTS["recall_at_10"],
        "recall_at_10": paper.RESULTS["precision_at_10"],
    }
    assert len(paper.objections(swapped)) == 2


@pytest.mark.parametrize("name", paper.RESULTS)
def test_a_missing_result_is_rejected_by_name(name):
    run = {key: value for key, value in paper.RESULTS.items() if key != name}
    assert name in paper.objections(run)[0]


@BOTH
@pytest.mark.parametrize("name", paper.RESULTS)
def test_the_bounds_hold_in_both_directions(runs, name):
    low, high = paper.allowed(runs).loc[name]
    step = (high - low) / 100
    for value, is_allowed in ((low - step, False), (low + step, True)):
        run = paper.RESULTS | {name: value}
        assert (paper.objections(run, runs) == []) == is_allowed
    for value, is_allowed in ((high - step, True), (high + step, False)):
        run = paper.RESULTS | {name: value}
        assert (paper.objections(run, runs) == []) == is_allowed


def test_other_runs_allow_other_results():
    narrow = INVENTED.mean() + (INVENTED - INVENTED.mean()) / 10
    run = paper.RESULTS | {"map": 1.03 * paper.RESULTS["map"]}
    assert paper.objections(run, INVENTED) == []
    [sentence] = paper.objections(run, narrow)
    assert sentence.startswith("MAP is")


def test_deviation_is_relative_to_the_paper():
    off = paper.deviations(paper.RESULTS | {"map": 2 * paper.RESULTS["map"]})
    assert off["map"] == pytest.approx(1.0)
    assert off["ndcg_at_10"] == 0


# The settings


def test_the_defaults_are_the_papers():
    settings = paper.Settings()
    assert settings == paper.SETTINGS
    assert (settings.n_factors, settings.n_epochs, settings.batch_size) == (
        16,
        100,
        256,
    )
    assert settings.learning_rate == 0.001
    assert settings.layer_sizes == (16, 8, 4)
    assert (settings.n_negatives, settings.seed) == (4, 42)


def test_settings_cannot_be_changed_afterwards():
    with pytest.raises(AttributeError):
        paper.SETTINGS.n_epochs = 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"n_factors": 0}, "n_factors must be .* at least 1; received 0"),
        ({"n_epochs": 0}, "n_epochs must be .* at least 1; received 0"),
        ({"n_epochs": 2.5}, "n_epochs must be a whole number .*; received 2.5"),
        ({"n_epochs": "8"}, "n_epochs must be a whole number"),
        ({"batch_size": 0}, "batch_size must be"),
        ({"n_negatives": -1}, "n_negatives must be"),
        ({"n_negatives": 0}, "n_negatives must be"),
        ({"learning_rate": 0.0}, "learning_rate must be positive.*; received 0.0"),
        ({"learning_rate": -0.1}, "learning_rate must be positive"),
        ({"learning_rate": math.nan}, "learning_rate must be positive.*received nan"),
        ({"learning_rate": math.inf}, "learning_rate must be positive.*received inf"),
        ({"seed": -1}, "seed must be .* at least 0; received -1"),
        ({"seed": 0.5}, "seed must be a whole number"),
        ({"layer_sizes": (15, 8)}, r"even number.*; received \[15, 8\]"),
        ({"layer_sizes": ()}, r"even number.*; received \[\]"),
        ({"layer_sizes": (16, 0)}, "layer_sizes must be .* at least 1; received 0"),
        ({"layer_sizes": (16, 2.5)}, "layer_sizes must be a whole number"),
    ],
)
def test_absurd_settings_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        paper.Settings(**settings)
