"""From a metric of each user to an interval: how much a mean would vary with other users.

Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from recdl.checks import as_array, check_at_least, check_fraction, check_generator


class Interval(NamedTuple):
    """A mean and the interval around it."""

    mean: float
    low: float
    high: float


def bootstrap_interval(
    values, *, rng: np.random.Generator, n_resamples: int = 2000, level: float = 0.95
) -> Interval:
    """Return the mean over users and its percentile bootstrap interval (Efron and Tibshirani 1993).

    It tells how much the mean would vary with other users, not with another seed or another split. `values`,
    shape (n_users,), is one metric; NaN is left out, and at least two other values are needed. `level` is the
    part of the resampled means that lies inside, above 0 and below 1.

    Raises
    ------
    ValueError
        If values are not finite numbers in one dimension, or fewer than two of them are not NaN; if
        n_resamples is not a whole number of at least 1, level does not lie between 0 and 1, or rng is no
        generator.
    """
    check_at_least(1, n_resamples=n_resamples)
    check_fraction(level=level)
    check_generator(rng)
    tails = [(1 - float(level)) / 2, (1 + float(level)) / 2]
    values = np.asarray(_one_per_user(values))
    defined = values[~np.isnan(values)]
    n = len(defined)
    if n < 2:
        raise ValueError(
            f"An interval needs at least two values that are not NaN; received {n}."
        )
    block = max(1, 2**20 // n)  # resamples at once: 8 MB of positions
    means = [
        defined[rng.integers(n, size=(min(block, n_resamples - begin), n))].mean(axis=1)
        for begin in range(0, n_resamples, block)
    ]
    low, high = np.quantile(np.concatenate(means), tails)
    return Interval(float(defined.mean()), float(low), float(high))


def _one_per_user(values):
    values = values if isinstance(values, pd.Series) else as_array("values", values)
    plain = np.asarray(values)
    if (
        plain.ndim != 1
        or not np.can_cast(plain.dtype, float, "same_kind")
        or np.isinf(plain).any()
    ):
        raise ValueError(
            "values must be one finite number per user, NaN where there is none; received "
            f"{plain.dtype} in the shape {plain.shape}."
        )
    return values.astype(float)


def paired_difference(a, b, **options) -> Interval:
    """Return the mean of a - b over the users who have both, and its bootstrap interval.

    Two models judged on the same users share the luck of these users; the differences do not contain it, so
    this interval can be far narrower than those of the two means. `a` and `b`, shape (n_users,), are a metric
    of two models; columns of `evaluate` are matched by userID. The options are those of `bootstrap_interval`.

    Raises
    ------
    ValueError
        If a and b differ in length, two columns cannot be matched as a user occurs twice, or
        `bootstrap_interval` refuses the values or an option.
    """
    a, b = _one_per_user(a), _one_per_user(b)
    if len(a) != len(b):
        raise ValueError(
            f"a and b must have the same users; received {a.shape} and {b.shape} values."
        )
    if isinstance(a, pd.Series) and isinstance(b, pd.Series):
        unique = a.index.is_unique and b.index.is_unique
        if not unique and not a.index.equals(b.index):
            raise ValueError(
                "a and b cannot be matched, as a user occurs twice: keep one value each."
            )
    return bootstrap_interval(a - b, **options)


def with_interval(mean_low_high, form: str = ".4f") -> str:
    """Return a mean with its interval, to be read: ``0.2227 [0.2094, 0.2363]``.

    A line of a page may end before the brackets, not within them.
    """
    mean, low, high = mean_low_high
    return f"{mean:{form}} [{low:{form}},\N{NO-BREAK SPACE}{high:{form}}]"
