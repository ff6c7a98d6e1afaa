"""What chapters 7 to 9 say beside many comparisons, and beside a difference that was not found."""

import numpy as np
import pandas as pd
from scipy import stats

from recdl.checks import check_at_least
from recdl.uncertainty import Difference, crossed_difference


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
    users; with two, they are runs, so many of each of two models. Seeds and users together: `sd` is the
    `error` of `recdl.uncertainty.crossed_difference`, and the size 1, for one such difference. With very few
    seeds that error is itself a rough guess.
    """
    standard_error = sd * np.sqrt(sum(1 / n for n in sizes))
    return float(sum(stats.norm.ppf([0.975, 0.8])) * standard_error)


def family(pairs: dict, *, seed: int = 0, **options) -> pd.DataFrame:
    """Return a table of comparisons that are believed together, a row for each.

    Parameters
    ----------
    pairs : dict
        From the name of a comparison to what `recdl.uncertainty.crossed_difference` compares: two tables, of
        shapes (n_seeds_a, n_users) and (n_seeds_b, n_users).
    seed : int
        Each comparison starts from it anew: a row is the same whatever rows stand beside it.
    **options
        n_resamples and level, see `recdl.uncertainty.crossed_difference`.

    Returns
    -------
    DataFrame
        The mean of a - b, low, high, p; p_holm, corrected by `holm` for all comparisons of the table; least,
        the `smallest_difference` that so many users and seeds show in 80 of 100 studies. p is that of
        `crossed_difference` or, if larger, that of a normal distribution with the same error: of three seeds,
        the most extreme resample is one of them three times, and hardly an extreme.

    Raises
    ------
    ValueError
        If seed is no whole number of at least 0, or as `recdl.uncertainty.crossed_difference` does.
    """
    check_at_least(0, seed=seed)
    rows = {
        name: crossed_difference(a, b, rng=np.random.default_rng(seed), **options)
        for name, (a, b) in pairs.items()
    }
    table = pd.DataFrame(
        rows.values(), index=list(rows), columns=list(Difference._fields)
    )
    table = table.astype(float)
    error = table.pop("error")
    least = error.map(lambda error: smallest_difference(error, 1))
    with np.errstate(divide="ignore", invalid="ignore"):  # two equal systems: no error
        table["p"] = np.fmax(table["p"], 2 * stats.norm.sf(abs(table["mean"]) / error))
    return table.assign(p_holm=holm(table["p"]), least=least)
