"""What chapter 10 counts and measures: the weights of its model, exponents, the time of a step."""

import numpy as np
import pandas as pd
import pytest

from recdl import models, toy
from recdl.course.chapter_10 import measured
from recdl.interactions import Interactions


@pytest.mark.parametrize("sizes", [(3, 5), (20, 7)])
def test_the_weights_are_those_of_the_model(sizes):
    model = models.NeuMF(*sizes)
    assert measured.n_weights(*sizes) == model.count_params()


def test_each_set_has_the_weights_of_its_size():
    table = measured.sets()
    assert table.loc["100k", "weights"] == measured.n_weights(943, 1_682)
    assert table["weights"].is_monotonic_increasing


def test_an_exponent_is_that_of_the_power():
    rows = np.array([1e6, 1e7, 3.2e7])
    table = pd.DataFrame({"square": 3e-12 * rows**2, "line": 2e-6 * rows}, index=rows)
    table.loc[3.2e7, "line"] = np.nan  # not measured
    found = measured.exponents(table)
    assert found.to_dict() == pytest.approx({"square": 2, "line": 1})


def test_what_was_measured_is_whole():
    before, after = measured.seconds("before"), measured.seconds("after")
    assert list(before.columns) == list(after.columns)
    assert (before.index == after.index).all()
    assert after.notna().all(axis=None)
    assert (measured.rows()["seconds"] > 0).all()
    assert measured.epochs().shape == (len(measured.EPOCHS), len(after))
    assert list(measured.workers().columns) == ["one worker", "two workers"]
    assert measured.hours_of_the_paper() > 1
    assert "cores" in measured.machine()


def test_a_step_takes_some_time():
    positives = Interactions(toy.RATINGS)
    assert 0 < measured.step(positives, 8, n_batches=2) < 10_000
