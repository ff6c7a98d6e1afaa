"""The check of the results accepts the paper's experiment and rejects what is not: measured runs of both.

The right runs stand in src/recdl/paper_seeds.csv, made by benchmarks/seeds.py; the wrong ones in
benchmarks/wrong_runs.csv, made by benchmarks/wrong_runs.py.
"""

import math
import pathlib

import pandas as pd
import pytest

from recdl import paper

TABLE = pathlib.Path(__file__).parents[2] / "benchmarks" / "wrong_runs.csv"
WRONG = pd.read_csv(TABLE, index_col="run").to_dict("index")
RIGHT = [
    (implementation, run)
    for implementation in paper.IMPLEMENTATIONS
    for run in paper.seed_runs(implementation).to_dict("records")
]
BOTH = pytest.mark.parametrize("implementation", paper.IMPLEMENTATIONS)


@BOTH
def test_the_papers_own_numbers_pass(implementation):
    assert paper.objections(paper.RESULTS, implementation) == []


@pytest.mark.parametrize(("implementation", "run"), RIGHT)
def test_the_same_experiment_with_another_seed_passes(implementation, run):
    assert paper.objections(run, implementation) == []


@BOTH
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_experiment_is_rejected(implementation, name):
    assert paper.objections(WRONG[name], implementation)


def test_ten_seeds_of_each_and_every_wrong_run_were_measured():
    assert len(RIGHT) == 20
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
    for _, runs in table.groupby("implementation"):
        assert runs["seed"].tolist() == list(range(1, 11))
        assert runs["train_loss"].nunique() == 10


@BOTH
def test_the_spread_is_that_of_the_ten_runs(implementation):
    runs, found = paper.seed_runs(implementation), paper.spread(implementation)
    loss = runs["train_loss"].tolist()
    mean = sum(loss) / 10
    sd = math.sqrt(sum((value - mean) ** 2 for value in loss) / 9)
    distance = (paper.RESULTS["train_loss"] - mean) / sd
    assert found.loc["train_loss"].tolist() == pytest.approx([mean, sd, distance])


@BOTH
def test_the_paper_lies_within_one_standard_deviation_as_the_page_says(implementation):
    assert paper.spread(implementation)["distance"].abs().max() < 1


@BOTH
def test_what_is_allowed_fits_the_spread_over_seeds(implementation):
    """At most four standard deviations on either side of our mean, and one and a half at least."""
    allowed, seeds = paper.allowed(implementation), paper.spread(implementation)
    for bound, sign in (("low", -1), ("high", 1)):
        distance = sign * (allowed[bound] - seeds["mean"]) / seeds["sd"]
        assert (distance <= paper.DEVIATIONS + 1e-9).all()
        assert (distance > 1.5).all()


@BOTH
def test_what_is_allowed_is_near_the_paper(implementation):
    off = paper.allowed(implementation).div(pd.Series(paper.RESULTS), axis="index") - 1
    assert (off.abs().max(axis="columns") <= pd.Series(paper.TOLERANCE) + 1e-9).all()


def test_another_implementation_is_refused_by_name():
    with pytest.raises(ValueError, match=r"'library', 'keras'.*received 'torch'"):
        paper.spread("torch")


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
def test_the_bounds_hold_in_both_directions(implementation, name):
    low, high = paper.allowed(implementation).loc[name]
    step = (high - low) / 100
    for value, is_allowed in ((low - step, False), (low + step, True)):
        run = paper.RESULTS | {name: value}
        assert (paper.objections(run, implementation) == []) == is_allowed
    for value, is_allowed in ((high - step, True), (high + step, False)):
        run = paper.RESULTS | {name: value}
        assert (paper.objections(run, implementation) == []) == is_allowed


def test_deviation_is_relative_to_the_paper():
    off = paper.deviations(paper.RESULTS | {"map": 2 * paper.RESULTS["map"]})
    assert off["map"] == pytest.approx(1.0)
    assert off["ndcg_at_10"] == 0
