"""What the tables say: by user and seed, pooled over splits, compared with each other."""

import numpy as np
import pandas as pd
import pytest

from recdl import uncertainty
from recdl.evaluation import Relevant
from recdl.experiments import plan, summary, tables
from recdl.interactions import Interactions


def judged_on(split):
    """At the first moment users 7 and 9 are judged, at the second 8 and 7."""
    users = {"one": [9, 7], "two": [8, 7]}[split]
    known = Interactions(
        pd.DataFrame({"userID": [*users, *users], "itemID": [1, 1, 2, 3]})
    )
    return known, Relevant(pd.DataFrame({"userID": users, "itemID": [3, 2]}), known)


@pytest.fixture
def pooled(monkeypatch):
    """Return rows of two systems on two splits: one with two seeds, and one without chance."""
    monkeypatch.setattr(summary, "judged_on", judged_on)
    rows = [
        ("deep", 1, "one", [1, 0]), ("deep", 1, "two", [1, 0]),
        ("deep", 2, "one", [0, 0]), ("deep", 2, "two", [0, 1]),
        ("sums", 1, "one", [0, 1]), ("sums", 1, "two", [0, 1]),
    ]  # fmt: skip
    hits = [
        (
            *row,
            tables.encode_hits(np.pad(np.array(first)[:, None], ((0, 0), (0, 9))) > 0),
        )
        for *row, first in rows
    ]
    return pd.DataFrame(hits, columns=["system", "seed", "split", "hits"])


def test_a_user_who_is_judged_twice_counts_once(pooled):
    found = summary.by_seed(pooled, "precision_at_10")
    assert found["deep"].to_dict() == {
        1: {9: 0.1, 7: 0.0, 8: 0.1},
        2: {9: 0.0, 7: 0.05, 8: 0.0},
    }
    assert found["sums"][1].to_dict() == {9: 0.0, 7: 0.1, 8: 0.0}


def test_by_user_is_the_mean_over_seeds(pooled):
    found = summary.by_user(pooled, "precision_at_10")
    assert found.loc[[9, 7, 8], "deep"].tolist() == [0.05, 0.025, 0.05]
    one = summary.by_user(pooled.query("split == 'one'"), "precision_at_10")
    assert one.to_dict() == {"deep": {9: 0.05, 7: 0.0}, "sums": {9: 0.0, 7: 0.1}}


def test_systems_are_compared_over_seeds_and_users_together(pooled, monkeypatch):
    monkeypatch.setattr(plan, "PRIMARY", [("deep", "sums")])
    monkeypatch.setattr(summary, "answers", lambda question: pooled)
    (row,) = summary.primary("a question").itertuples()
    seeds = summary.by_seed(pooled)
    expected = uncertainty.crossed_difference(
        seeds["deep"].T, seeds["sums"].T, rng=np.random.default_rng(0)
    )
    assert row.Index == "deep − sums"
    assert (row.mean, row.low, row.high, row.p) == expected[:4]
    assert row.p_holm == row.p


def test_a_comparison_that_was_not_named_before_is_marked_and_has_no_p_value(
    pooled, monkeypatch
):
    monkeypatch.setattr(plan, "PRIMARY", [("deep", "sums")])
    found = summary.against(pooled, [("deep", "sums"), ("sums", "deep")])
    assert found["comparison"].tolist() == ["primary", "exploratory"]
    assert found.columns.tolist() == ["mean", "low", "high", "least", "comparison"]
    assert (found["mean"].iloc[0], found["low"].iloc[0]) == (
        -found["mean"].iloc[1],
        -found["high"].iloc[1],
    )
