"""The corrections for many comparisons, and what a study of some size can find, against values by hand."""

import numpy as np
import pytest
from scipy import stats

from recdl.comparisons import family, holm, smallest_difference
from recdl.uncertainty import crossed_difference


def test_the_correction_of_four_comparisons_is_that_by_hand():
    # In order: .01 x 4, .02 x 3, .03 x 2 and .2 x 1.
    assert holm([0.2, 0.01, 0.03, 0.02]) == pytest.approx([0.2, 0.04, 0.06, 0.06])


def test_no_value_ends_below_that_of_a_smaller_one_or_above_one():
    # .02 x 3 = .06, then .025 x 2 = .05, which is raised to .06; .9 stays.
    assert holm([0.02, 0.025, 0.9]) == pytest.approx([0.06, 0.06, 0.9])
    assert holm([0.6, 0.7]) == pytest.approx([1, 1])


def test_a_single_comparison_needs_no_correction():
    assert holm([0.04]) == pytest.approx([0.04])
    assert len(holm([])) == 0


def test_a_table_without_any_difference_has_a_false_alarm_in_one_of_twenty():
    """Fifteen comparisons, two thousand tables; without the correction it is more than every second one."""
    tables = np.random.default_rng(0).random((2000, 15))
    assert np.mean(tables.min(axis=1) < 0.05) == pytest.approx(0.54, abs=0.03)
    alarms = [holm(table).min() < 0.05 for table in tables]
    assert np.mean(alarms) == pytest.approx(0.05, abs=0.015)


def test_the_smallest_difference_of_paired_users_is_that_by_hand():
    # (1.960 + 0.842) x 0.17 / sqrt(943): 2.802 x 0.00554
    assert smallest_difference(0.17, 943) == pytest.approx(0.01551, abs=5e-6)
    assert smallest_difference(1, 3, 3) == pytest.approx(2.802 * 0.8165, abs=1e-3)


@pytest.mark.parametrize("sizes", [(100,), (40, 60)])
def test_the_smallest_difference_is_found_in_80_of_100_studies(sizes):
    rng, n_studies = np.random.default_rng(1), 4000
    means = [rng.normal(0, 2, (n_studies, n)).mean(axis=1) for n in sizes]
    found = means[0] - sum(means[1:]) + smallest_difference(2, *sizes)
    error = 2 * np.sqrt(sum(1 / n for n in sizes))
    assert np.mean(found > 1.96 * error) == pytest.approx(0.8, abs=0.02)


def _pairs():
    rng = np.random.default_rng(3)
    a, b = rng.normal(0.03, 0.1, (3, 200)), rng.normal(0, 0.1, (2, 200))
    return {"a - b": (a, b), "b - b": (b, b[:1]), "a - 0": (a, np.zeros((1, 200)))}


def test_a_family_is_its_comparisons_one_by_one_corrected_together():
    pairs = _pairs()
    table = family(pairs, n_resamples=200)
    assert list(table) == ["mean", "low", "high", "p", "p_holm", "least"]
    assert list(table.index) == list(pairs)
    for name, (a, b) in pairs.items():
        alone = crossed_difference(a, b, rng=np.random.default_rng(0), n_resamples=200)
        assert tuple(table.loc[name, ["mean", "low", "high"]]) == alone[:3]
        normal = 2 * stats.norm.sf(abs(alone.mean) / alone.error)
        assert table.loc[name, "p"] == pytest.approx(max(alone.p, normal))
        assert table.loc[name, "least"] == pytest.approx(2.802 * alone.error, rel=1e-3)
    assert list(table["p_holm"]) == list(holm(table["p"]))


def test_three_seeds_of_which_one_failed_are_no_sure_difference():
    """Of the resamples hardly one has another sign, though the three seeds say little."""
    users = np.random.default_rng(0).normal(0, 0.01, 500)
    a = users + np.array([[0.09], [0.16], [0.166]])
    b = np.full((1, 500), 0.195)
    resampled = crossed_difference(a, b, rng=np.random.default_rng(0))
    assert resampled.p < 0.005
    assert family({"a - b": (a, b)}).loc["a - b", "p"] > 0.015


def test_a_row_of_a_family_is_the_same_whatever_stands_beside_it_but_for_the_correction():
    pairs = _pairs()
    alone = family({"a - 0": pairs["a - 0"]}, n_resamples=200).loc["a - 0"]
    among = family(pairs, n_resamples=200).loc["a - 0"]
    assert alone.drop("p_holm").equals(among.drop("p_holm"))
    assert alone["p_holm"] == alone["p"] < among["p_holm"]
    other = family(pairs, n_resamples=200, seed=1).loc["a - 0"]
    assert other["low"] != among["low"]


def test_a_family_of_none_is_an_empty_table_and_a_wrong_seed_is_refused():
    assert len(family({})) == 0
    with pytest.raises(ValueError, match="seed must be a whole number and at least 0"):
        family(_pairs(), seed=-1)


def test_the_smallest_difference_over_seeds_and_users_is_found_in_80_of_100_studies():
    rng, found, least = np.random.default_rng(5), 0, []
    truth = 2.802 * np.sqrt(1 / 100 + 0.05**2 / 10 + 0.05**2 / 10)
    for _ in range(300):
        seeds = rng.normal(0, 0.05, (2, 10, 1))
        a, b = rng.normal(truth, 1, 100) + seeds[0], np.zeros(100) + seeds[1]
        row = family({"": (a, b)}, n_resamples=300).iloc[0]
        found += row["low"] > 0
        least.append(row["least"])
    assert found / 300 == pytest.approx(0.8, abs=0.06)
    assert np.mean(least) == pytest.approx(truth, rel=0.03)
