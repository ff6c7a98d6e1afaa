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
    found = measured.exponents(table)
    assert found.to_dict() == pytest.approx({"square": 2, "line": 1})


def test_what_was_measured_is_whole():
    before, after = measured.seconds("before"), measured.seconds("larger_sets")
    assert list(before.columns) == list(after.columns) == list(measured.PHASES)
    assert list(before.index) == list(after.index)
    for table in (before, after, measured.epochs(), measured.workers()):
        assert (table > 0).all(axis=None)
    assert measured.hours_of_the_paper() > 1
    assert "cores" in measured.machine()


def test_at_the_size_of_movielens_32m_no_part_needs_more_than_it_may():
    """As it was measured, on two cores: seconds, gigabytes, and how the parts grow."""
    row = measured.table("larger_sets").set_index("set").loc["32m"]
    assert row[["read_s", "split_s", "hash_s"]].sum() <= 20
    assert row[["read_peak_gb", "split_peak_gb", "hash_peak_gb"]].max() <= 3
    seconds = {
        "negatives_s": 40,
        "epoch_s": 150,
        "hits_s": 0.1,
        "lists_s": 6,
        "leave_one_out_s": 120,
    }
    assert {name: row[name] for name, s in seconds.items() if row[name] > s} == {}
    assert row["negatives_peak_gb"] <= 4
    assert measured.exponents(measured.seconds("larger_sets")).max() <= 1.3


def test_before_and_after_split_alike():
    of_both = [measured.table(n)["train_sha256"] for n in ("before", "larger_sets")]
    assert list(of_both[0]) == list(of_both[1])
    assert measured.table("workers")["train_sha256"].nunique() == 1


def test_the_parts_of_a_step_take_some_time():
    table = measured.step({8, 4}, Interactions(toy.RATINGS), times=2)
    assert list(table.index) == [4, 8]
    assert ((table > 0) & (table < 10_000)).all(axis=None)
    assert 0 < measured.exchange(10, times=3) < 10_000
