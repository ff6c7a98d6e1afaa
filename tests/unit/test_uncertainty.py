"""Intervals around the mean of a metric: textbooks, the bootstrap step by step, and any input."""

import math
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_input import (
    attempt,
    fractions,
    is_refused,
    lists,
    whole,
    wrong_fractions,
    wrong_numbers,
)
from recdl import uncertainty


def test_interval_contains_the_true_mean_as_often_as_it_says():
    rng = np.random.default_rng(11)
    for level in (0.95, 0.5):
        intervals = [
            uncertainty.bootstrap_interval(
                rng.exponential(size=80), rng=rng, n_resamples=400, level=level
            )
            for _ in range(400)
        ]
        share = np.mean([low < 1 < high for _, low, high in intervals])
        assert share == pytest.approx(level, abs=0.05)


def test_interval_of_seed_42_has_2000_resamples_and_level_95_if_left_out():
    values = np.sqrt(np.arange(50))
    by_default = uncertainty.bootstrap_interval(values, rng=np.random.default_rng(42))
    spelt_out = uncertainty.bootstrap_interval(
        values, rng=np.random.default_rng(42), n_resamples=2000, level=0.95
    )
    assert by_default == spelt_out
    quoted = (4.6392946558331065, 4.14604054718322, 5.111733280120035)
    assert by_default == pytest.approx(quoted, abs=1e-12)


def test_interval_draws_as_many_resamples_as_it_is_told_to():
    values, n = np.arange(200_000.0), 200_000  # five resamples at once
    _, low, high = uncertainty.bootstrap_interval(
        values, rng=np.random.default_rng(0), n_resamples=7, level=0.5
    )
    rng = np.random.default_rng(0)
    means = sorted(values[rng.integers(n, size=n)].mean() for _ in range(7))
    assert [low, high] == pytest.approx(
        [(means[1] + means[2]) / 2, (means[4] + means[5]) / 2]
    )


def test_interval_of_many_users_is_the_textbooks():
    values = np.random.default_rng(1).normal(size=2000)
    mean, low, high = uncertainty.bootstrap_interval(
        values, rng=np.random.default_rng(2)
    )
    error = values.std() / np.sqrt(2000)
    assert mean == values.mean()
    assert [low, high] == pytest.approx(
        [mean - 1.96 * error, mean + 1.96 * error], abs=0.15 * error
    )


def test_interval_leaves_nan_out_and_follows_the_seed():
    values = np.array([0.1, 0.5, 0.2, 0.9, 0.4])

    def interval(values, seed):
        return uncertainty.bootstrap_interval(
            values, rng=np.random.default_rng(seed), n_resamples=50
        )

    with_nan = np.insert(values, [0, 3], np.nan)
    assert interval(with_nan, 1) == interval(values, 1)
    assert interval(values, 1) != interval(values, 2)


def test_paired_interval_is_narrower_and_ignores_users_without_both():
    rng = np.random.default_rng(5)
    luck = rng.random(300)
    a, b = luck + 0.02 + rng.normal(0, 0.02, 300), luck + rng.normal(0, 0.02, 300)
    a[0], b[1] = np.nan, np.nan
    paired = uncertainty.paired_difference(a, b, rng=np.random.default_rng(0))
    assert paired.mean == pytest.approx((a - b)[2:].mean())
    assert 0 < paired.low < paired.mean < paired.high
    alone = [
        uncertainty.bootstrap_interval(x, rng=np.random.default_rng(0)) for x in (a, b)
    ]
    assert alone[0].low < alone[1].high  # the two intervals overlap all the same
    assert paired.high - paired.low < min(x.high - x.low for x in alone) / 3


def test_paired_columns_are_matched_by_user():
    a = pd.Series([1.0, 2.0, 5.0], index=[1, 2, 3])
    options = {"n_resamples": 10}
    paired = uncertainty.paired_difference(
        a, a.iloc[::-1] - 1, rng=np.random.default_rng(0), **options
    )
    assert paired == (1, 1, 1)


def test_one_side_may_be_a_column_and_the_other_a_list():
    a, b = [1.0, 2.0, 5.0], [0.0, 1.0, 3.0]
    expected = uncertainty.paired_difference(a, b, rng=np.random.default_rng(0))
    for sides in ((pd.Series(a, index=[1, 1, 2]), b), (a, pd.Series(b))):
        assert (
            uncertainty.paired_difference(*sides, rng=np.random.default_rng(0))
            == expected
        )


def test_memory_of_the_bootstrap_does_not_grow_with_the_resamples():
    tracemalloc.start()
    uncertainty.bootstrap_interval(
        np.arange(20_000.0), rng=np.random.default_rng(0), n_resamples=400
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30e6  # all positions at once are 64 MB


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"values": [0.5, np.nan]}, "at least two"),
        (
            {"values": np.ones((3, 2))},
            r"^values must .*, NaN where there is none; received float64 .* shape \(3, 2\)",
        ),
        ({"level": 1}, "level must be .* between 0 and 1, such as 0.75; received 1"),
        ({"level": 95}, "received 95"),
        ({"n_resamples": 0}, "n_resamples must be .* at least 1; received 0"),
        ({"rng": 42}, "rng must be a numpy.random.Generator"),
        ({"rng": np.random.RandomState(42)}, "rng must be a numpy.random.Generator"),
    ],
)
def test_bootstrap_refuses(options, words):
    options = {"values": [0.0, 1.0], "rng": np.random.default_rng(0)} | options
    with pytest.raises(ValueError, match=words):
        uncertainty.bootstrap_interval(**options)


def test_paired_difference_refuses_other_users():
    with pytest.raises(ValueError, match=r"received \(2,\) and \(1,\)"):
        uncertainty.paired_difference([1.0, 2.0], [1.0], rng=np.random.default_rng(0))


def test_paired_difference_refuses_a_user_with_two_values():
    a = pd.Series([0.1, 0.2, 0.3], index=[1, 1, 2])
    b = pd.Series([0.1, 0.2, 0.3], index=[1, 2, 3])
    with pytest.raises(ValueError, match=r"^a and b cannot be matched, as a user"):
        uncertainty.paired_difference(a, b, rng=np.random.default_rng(0))


def crossed(a, b, seed=0, **options):
    return uncertainty.crossed_difference(
        a, b, rng=np.random.default_rng(seed), **options
    )


def test_crossed_difference_of_one_seed_each_is_the_paired_one_in_every_digit():
    a, b = np.random.default_rng(3).random((2, 700))
    a[3] = b[8] = np.nan
    paired = uncertainty.paired_difference(a, b, rng=np.random.default_rng(0))
    assert crossed([a], [b])[:3] == paired


def test_crossed_difference_draws_users_once_and_the_seeds_of_each_system():
    """The same draws, one resample after the other, with the deviations of the seeds widened."""
    data = np.random.default_rng(4)
    a, b, n_resamples = data.random((3, 6)), data.random((2, 6)), 50
    found = crossed(a, b, 9, n_resamples=n_resamples)
    rng = np.random.default_rng(9)
    users = rng.integers(6, size=(n_resamples, 6))
    of_a = rng.integers(3, size=(n_resamples, 3))
    of_b = rng.integers(2, size=(n_resamples, 2))
    drawn = []
    for i in range(n_resamples):
        sides = []
        for rows, seeds in ((a, of_a[i]), (b, of_b[i])):
            by_seed = [math.fsum(row[u] for u in users[i]) / 6 for row in rows.tolist()]
            middle = sum(by_seed) / len(rows)
            picked = sum(by_seed[s] for s in seeds) / len(rows)
            widened = (picked - middle) * math.sqrt(len(rows) / (len(rows) - 1))
            sides.append(middle + widened)
        drawn.append(sides[0] - sides[1])
    fewer = min(sum(d <= 0 for d in drawn), sum(d >= 0 for d in drawn))
    expected = [
        a.mean() - b.mean(),
        *np.quantile(drawn, [0.025, 0.975]),
        min(1, 2 * (1 + fewer) / 51),
        np.std(drawn),
    ]
    assert found == pytest.approx(expected, abs=1e-12)


def test_a_certain_difference_has_the_smallest_p_value_and_none_the_largest():
    a, b = [[1.0, 1.0, 1.0]], [[0.25, 0.25, 0.25]] * 2
    assert crossed(a, b, n_resamples=99) == (0.75, 0.75, 0.75, 0.02, 0)
    assert crossed(b, a, n_resamples=99).p == 0.02
    thirds = np.full((3, 4), 0.1)  # their mean is not 0.1 in floating point
    assert crossed(thirds, thirds[:1], n_resamples=99).p == 1


def test_p_value_is_small_where_the_interval_leaves_zero_out():
    data = np.random.default_rng(8)
    for shift in data.normal(0, 0.1, 60):
        a, b = data.normal(shift, 0.5, (3, 60)), data.normal(0, 0.5, (2, 60))
        found = crossed(a, b, n_resamples=999)
        if (
            abs(found.p - 0.05) > 0.003
        ):  # a tail of 24.95 resamples ends between two of them
            assert (found.p < 0.05) == (found.low > 0 or found.high < 0)


def simulated(rng, n_seeds, of_user, of_seed):
    """Two systems without a difference: users have luck that only one of them feels, seeds have luck, too."""
    luck = rng.normal(0, of_user, 80)
    seeds = rng.normal(0, of_seed, (2, n_seeds, 1)) + rng.normal(
        0, 0.3 * of_user, (2, n_seeds, 80)
    )
    return luck + seeds[0], seeds[1]


@pytest.mark.parametrize(
    ("n_seeds", "of_user", "of_seed", "share"),
    [
        (5, 1.0, 0.02, 0.955),  # users decide
        (3, 1.0, 0.02, 0.955),
        (5, 0.1, 0.1, 0.90),  # seeds decide: too narrow, as the docstring says
        (3, 0.1, 0.1, 0.87),
        (20, 0.1, 0.1, 0.94),
    ],
)
def test_crossed_interval_contains_the_truth_as_often_as_it_says(
    n_seeds, of_user, of_seed, share
):
    rng = np.random.default_rng(6)
    found = [
        uncertainty.crossed_difference(
            *simulated(rng, n_seeds, of_user, of_seed), rng=rng, n_resamples=300
        )
        for _ in range(500)
    ]
    assert np.mean([d.low < 0 < d.high for d in found]) == pytest.approx(
        share, abs=0.03
    )


@pytest.mark.parametrize(("n_seeds", "share"), [(3, 0.80), (5, 0.86)])
def test_an_interval_that_few_seeds_of_one_system_decide_is_as_narrow_as_it_says(
    n_seeds, share
):
    rng = np.random.default_rng(1)
    found = [
        uncertainty.crossed_difference(
            rng.normal(size=(n_seeds, 1)) + np.zeros(3),
            np.zeros((1, 3)),
            rng=rng,
            n_resamples=200,
        )
        for _ in range(1500)
    ]
    assert np.mean([d.low < 0 < d.high for d in found]) == pytest.approx(
        share, abs=0.025
    )


def test_users_alone_would_be_believed_too_often_where_seeds_decide():
    rng, alarms = np.random.default_rng(7), {"crossed": 0, "users": 0}
    for _ in range(300):
        a, b = simulated(rng, 5, 0.1, 0.1)
        crossed_p = uncertainty.crossed_difference(a, b, rng=rng, n_resamples=300).p
        users = uncertainty.paired_difference(
            a.mean(axis=0), b.mean(axis=0), rng=rng, n_resamples=300
        )
        alarms["crossed"] += crossed_p < 0.05
        alarms["users"] += users.low > 0 or users.high < 0
    assert alarms["crossed"] < 45 < 180 < alarms["users"]


def test_the_error_of_a_difference_is_that_of_its_parts():
    """In numbers: the variance of users / n, plus that of the seeds of each system / so many of them."""
    rng = np.random.default_rng(2)
    a = rng.normal(0, 1, 4000) + rng.normal(0, 0.02, (5, 1))
    b = rng.normal(0, 0.03, (4, 1)) + np.zeros(4000)
    by_hand = a.mean(axis=0).var() / 4000
    by_hand += a.mean(axis=1).var(ddof=1) / 5 + b.mean(axis=1).var(ddof=1) / 4
    assert crossed(a, b, n_resamples=20_000).error == pytest.approx(
        math.sqrt(by_hand), rel=0.02
    )


def test_memory_of_seeds_does_not_grow_with_the_resamples():
    rows = np.random.default_rng(0).random((6, 20_000))
    tracemalloc.start()
    crossed(rows, rows[:3], n_resamples=300)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"a": [0.1, 0.2]}, r"^a must have a row for each seed .* shape \(2,\)"),
        ({"b": [[0.1, 0.2], [0.3]]}, "^b must be an array, or lists of one length"),
        ({"b": np.ones((0, 2))}, r"^b must have a row .* shape \(0, 2\)"),
        ({"a": [["0.1", "0.2"]]}, "^a must have a row for each seed"),
        ({"a": [[0.1, np.inf]]}, "^a must have a row for each seed and a finite"),
        ({"b": [[0.1, 0.2, 0.3]]}, r"same users; received \(1, 2\) and \(1, 3\)"),
        ({"a": [[0.1, np.nan]]}, "at least two"),
        ({"rng": 42}, "rng must be a numpy.random.Generator"),
        ({"level": 95}, "received 95"),
        ({"n_resamples": 0}, "n_resamples must be .* at least 1; received 0"),
    ],
)
def test_crossed_difference_refuses(options, words):
    good = {"a": [[0.1, 0.2]], "b": [[0.3, 0.4]], "rng": np.random.default_rng(0)}
    with pytest.raises(ValueError, match=words):
        uncertainty.crossed_difference(**(good | options))


@pytest.mark.parametrize(
    ("values", "form", "text"),
    [
        ((0.22271, 0.20939, 0.2363), ".4f", "0.2227 [0.2094,\N{NO-BREAK SPACE}0.2363]"),
        (
            uncertainty.Interval(0.03, -0.1, 0.2),
            "+.2f",
            "+0.03 [-0.10,\N{NO-BREAK SPACE}+0.20]",
        ),
    ],
)
def test_an_interval_stands_behind_its_mean(values, form, text):
    assert uncertainty.with_interval(values, form) == text


# Any values

finite = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, math.nan])


@st.composite
def metric_values(draw, n=None):
    """One value per user, in any form."""
    n = n or draw(st.integers(2, 12))
    values = draw(lists(finite, n))
    forms = [list, tuple, np.array, pd.Series, "float32", "bool", "int8", "Float64"]
    form = draw(st.sampled_from(forms))
    if callable(form):
        return form(values)
    values = np.nan_to_num(values) > 0.5 if form in ("bool", "int8") else values
    return pd.Series(values, dtype=float).dropna().astype(form)


WRONG_VALUES = [
    None, 1.0, "x", [], [1.0], [math.nan] * 3, [math.nan, 1.0], [1.0, math.inf], ["0.5", "1.0"], [1j, 2j],
    [None, 1.0], np.ones((3, 2)), pd.Series(["a", "b"]), pd.Series([1, 2], dtype="datetime64[ns]"),
]  # fmt: skip


@given(metric_values(), fractions, whole(1, 50), st.integers(0, 9))
def test_interval_holds_the_level_of_the_resampled_means(
    values, level, n_resamples, seed
):
    defined = [float(value) for value in values if not math.isnan(value)]
    options = {"n_resamples": n_resamples, "level": level}
    interval = attempt(
        uncertainty.bootstrap_interval,
        values,
        rng=np.random.default_rng(seed),
        **options,
    )
    assert (interval is None) == (len(defined) < 2)
    if interval is None:
        return
    mean, low, high = interval
    assert mean == pytest.approx(math.fsum(defined) / len(defined))
    assert min(defined) - 1e-6 <= low <= high <= max(defined) + 1e-6
    rng, n = np.random.default_rng(seed), len(defined)
    drawn = rng.integers(n, size=(n_resamples, n)).tolist()
    means = [math.fsum(defined[i] for i in row) / n for row in drawn]
    tails = [(1 - float(level)) / 2, (1 + float(level)) / 2]
    assert [low, high] == pytest.approx(np.quantile(means, tails), rel=1e-9, abs=1e-6)


@given(metric_values(n=6), st.integers(0, 9))
def test_interval_contains_the_mean(values, seed):
    rng = np.random.default_rng(seed)
    interval = attempt(uncertainty.bootstrap_interval, values, rng=rng)
    if interval is not None:
        assert interval.low - 1e-6 <= interval.mean <= interval.high + 1e-6


@given(st.sampled_from(WRONG_VALUES), wrong_fractions, wrong_numbers | st.just(0))
def test_no_interval_of_what_is_no_metric(values, level, n_resamples):
    rng = np.random.default_rng(0)
    for function, inputs in (
        (uncertainty.bootstrap_interval, [values]),
        (uncertainty.paired_difference, [values, values]),
    ):
        assert is_refused(function, *inputs, rng=rng)
    good = [0.0, 1.0]
    for wrong in ({"level": level}, {"n_resamples": n_resamples}):
        assert is_refused(uncertainty.bootstrap_interval, good, rng=rng, **wrong)
        assert is_refused(uncertainty.paired_difference, good, good, rng=rng, **wrong)


@given(st.data())
def test_difference_is_that_of_users_who_have_both(data):
    users = st.lists(st.sampled_from([1, 2, 3, 4, 5, 6, "a"]), min_size=4, max_size=4)
    a, b = (
        pd.Series(data.draw(lists(finite, 4)), index=data.draw(users)) for _ in range(2)
    )
    if data.draw(st.booleans()):
        b.index = a.index
    interval = attempt(
        uncertainty.paired_difference, a, b, rng=np.random.default_rng(0), n_resamples=5
    )
    by_position = a.index.equals(b.index)
    if not by_position and not (a.index.is_unique and b.index.is_unique):
        assert interval is None
        return
    matched = zip(
        a, b if by_position else [b.get(u, math.nan) for u in a.index], strict=True
    )
    differences = [x - y for x, y in matched if not math.isnan(x - y)]
    assert (interval is None) == (len(differences) < 2)
    if interval is not None:
        assert interval.mean == pytest.approx(np.mean(differences))
        assert (
            min(differences) - 1e-6
            <= interval.low
            <= interval.high
            <= max(differences) + 1e-6
        )


@given(metric_values(n=4), metric_values(n=5))
def test_difference_needs_as_many_values_on_both_sides(a, b):
    rng = np.random.default_rng(0)
    interval = attempt(uncertainty.paired_difference, list(a), list(b), rng=rng)
    assert interval is None or len(a) == len(b)
