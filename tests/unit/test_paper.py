"""The check of the results accepts the paper's experiment and rejects what is not: measured runs of both.

The runs stand in benchmarks/wrong_runs.csv, made by benchmarks/wrong_runs.py.
"""

import math
import pathlib

import pandas as pd
import pytest

from recdl import paper

TABLE = pathlib.Path(__file__).parents[2] / "benchmarks" / "wrong_runs.csv"
RUNS = pd.read_csv(TABLE, index_col="run").to_dict("index")
RIGHT = {name: run for name, run in RUNS.items() if name.startswith("right")}
WRONG = {name: run for name, run in RUNS.items() if name not in RIGHT}


def test_the_papers_own_numbers_pass():
    assert paper.objections(paper.RESULTS) == []


@pytest.mark.parametrize("name", RIGHT)
def test_the_same_experiment_with_another_seed_passes(name):
    assert paper.objections(RIGHT[name]) == []


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_experiment_is_rejected(name):
    assert paper.objections(WRONG[name])


def test_ten_right_runs_and_every_wrong_one_were_measured():
    assert len(RIGHT) == 10
    assert set(WRONG) == {
        "popularity instead of the model",
        "users and films swapped",
        "seen films left in",
        "n_factors 4",
        "layers [64, 32, 16]",
        "stopped at epoch 12",
    }


@pytest.mark.parametrize("name", paper.RESULTS)
def test_the_bounds_fit_the_spread_over_seeds(name):
    """Two and a half standard deviations of our own runs at least, six at most."""
    values = pd.DataFrame(RIGHT).loc[name]
    relative = values.std() / paper.RESULTS[name]
    assert 2.5 * relative <= paper.TOLERANCE[name] <= 6 * relative


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


@pytest.mark.parametrize("name", paper.RESULTS)
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_bounds_hold_in_both_directions(name, sign):
    target, allowed = paper.RESULTS[name], paper.TOLERANCE[name]
    assert not paper.objections(
        paper.RESULTS | {name: target * (1 + sign * allowed * 0.99)}
    )
    assert paper.objections(
        paper.RESULTS | {name: target * (1 + sign * allowed * 1.01)}
    )


def test_deviation_is_relative_to_the_paper():
    off = paper.deviations(paper.RESULTS | {"map": 2 * paper.RESULTS["map"]})
    assert off["map"] == pytest.approx(1.0)
    assert off["ndcg_at_10"] == 0
