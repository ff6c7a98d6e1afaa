"""What chapters 7 to 9 say beside many comparisons, and beside a difference that was not found."""

import numpy as np
from scipy import stats


def holm(p_values) -> np.ndarray:
    """Return the p-values of several comparisons, corrected for their number.

    The smallest of n is multiplied by n, the next by n - 1, and so on; none ends below the one before it. If
    all below 0.05 are believed, at most one table in twenty has a false alarm.

    Source: Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    p_values = np.asarray(p_values, dtype=float)
    order = np.argsort(p_values)
    factors = np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.maximum.accumulate(factors * p_values[order]).clip(max=1)
    return corrected


def smallest_difference(sd: float, *sizes: int) -> float:
    """Return how large a difference must be for 80 of 100 studies to find it, with intervals of 95 %.

    `sd` is the standard deviation of one value. With one size, the values are paired differences, of so many
    users; with two, they are runs, so many of each of two models.
    """
    standard_error = sd * np.sqrt(sum(1 / n for n in sizes))
    return float(sum(stats.norm.ppf([0.975, 0.8])) * standard_error)
