"""Linear methods that know the order: what tends to come *after* what, by counting and by a regression.

`recdl.baselines.recency_weights` let old films fade, and the matrix of EASE still is what it would be if
everybody had watched their films backwards. The two matrices of this module are not: `Transitions` counts how
often item j came after item i, and how soon; `SLIT` is a regression from what somebody had seen to what they
saw next. Both have ``scores = history @ item_to_item``, and nothing is random.

Time grows with the square of a user's history, for `SLIT` with its cube, and with the cube of the items.
Memory grows with the square of both.
"""

import numpy as np

from recdl.baselines import ItemToItem, recency_weights
from recdl.checks import is_number
from recdl.interactions import Interactions


def histories_in_order(positives: Interactions):
    """Return each user's items, as positions in order of time; a DataError if nobody knows their order."""
    positives.check_time_order()
    by_user = np.argsort(positives.users, kind="stable")
    ends = np.cumsum(np.bincount(positives.users))
    return np.split(positives.items[by_user], ends[:-1])


def fade(n: int, tau: float) -> np.ndarray:
    """Return how much place t (column) counts at place s (row): exp(-(s - t) / tau), 0 if t comes later."""
    places = np.arange(n)
    ago = places[:, None] - places
    return np.where(ago >= 0, np.exp(-1 / float(tau)) ** np.maximum(ago, 0), 0.0)


class Transitions(ItemToItem):
    """What comes after what: a Markov chain that looks further than one step.

    If item j comes g places after item i in somebody's history, ``item_to_item[i, j]`` grows by
    exp(-(g - 1) / reach): by 1 for the next item, by less for each later one, and by nothing for an earlier
    one. Then row i is divided by the number of its users, so that a popular item does not speak louder.

    Shani, Heckerman and Brafman (2005) have the chain of one step; Ludewig and Jannach (2018) let the weight
    fall with the distance, and call it sequential rules.

    Parameters
    ----------
    positives : Interactions
        The training data, in order of time.
    reach : float
        Above 0: so many places on, a pair counts 1/e. Infinity counts all later items alike.
    shrinkage : float
        Added to the number of users: a pair that only two people had should say little. 0 or more.
    weights : ndarray of shape (n_interactions,), optional
        See `recdl.baselines.ItemToItem`.

    Raises
    ------
    ValueError
        If reach is not positive, shrinkage below 0, or the weights do not fit.
    recdl.columns.DataError
        If the rows did not stand in order of time.
    """

    def __init__(
        self, positives: Interactions, reach=10.0, shrinkage=10.0, weights=None
    ):
        super().__init__(positives, weights)
        _check_above_0(reach=reach)
        if not is_number(shrinkage) or not 0 <= shrinkage < np.inf:
            raise ValueError(
                f"shrinkage must be 0 or a positive number; received {shrinkage!r}."
            )
        counts = np.zeros((positives.n_items, positives.n_items))
        for items in histories_in_order(positives):
            later = fade(len(items) - 1, reach).T  # row t: from place t + 1 on
            counts[np.ix_(items[:-1], items[1:])] += later
        n_users_of = np.bincount(positives.items)
        self.item_to_item = counts / (n_users_of + shrinkage)[:, None]


class SLIT(ItemToItem):
    """A regression from the faded past to the faded future: the order in Choi et al. (2021)'s SLIST.

    Cut each history at each of its places. A row of P is what came before one cut: the last item weighs 1,
    each earlier one exp(-1 / tau) times the next. The same row of F is what came after it: the next item
    weighs 1, each later one exp(-1 / horizon) times the one before. B minimises ``|F - P B|² + l2 |B|²``; the
    solution is ``B = (Pᵀ P + l2 I)⁻¹ Pᵀ F``.

    EASE has the same table on both sides, and forbids an item to predict itself. Nobody has an item on both
    sides of a cut, so that condition is not needed here. SLIST adds such a regression to one like EASE; here
    `recdl.blend.Blend` can mix the two. The history is asked with the fading that was learnt from, `tau`.

    Parameters
    ----------
    positives : Interactions
        The training data, in order of time.
    tau, horizon : float
        How fast the past and the future fade. Above 0.
    l2 : float
        How much large entries of B cost.

    Raises
    ------
    ValueError
        If tau or horizon is not positive, or l2 not positive or so small that rounding errors drown the
        solution.
    recdl.columns.DataError
        If the rows did not stand in order of time.
    """

    def __init__(self, positives: Interactions, tau=5.0, horizon=10.0, l2=300.0):
        super().__init__(positives, recency_weights(positives, tau))
        _check_above_0(horizon=horizon)
        before, after = past_and_future(positives, tau, horizon)
        smallest = 1e-9 * np.trace(before)  # no eigenvalue is above the trace
        if not is_number(l2) or not max(smallest, 1e-9) <= l2 < np.inf:
            raise ValueError(
                f"l2 must be positive, and at least {max(smallest, 1e-9):.0e} for an exact solution for "
                f"this table; received {l2!r}. Try 100 to 1000."
            )
        before[np.diag_indices_from(before)] += l2
        self.item_to_item = np.linalg.solve(before, after)


def past_and_future(positives: Interactions, tau: float, horizon: float):
    """Return the two tables that `SLIT` solves with, Pᵀ P and Pᵀ F, both float (n_items, n_items).

    P and F have a row for each cut of each history; they are made for one user at a time and never kept.
    """
    before = np.zeros((positives.n_items, positives.n_items))
    after = np.zeros_like(before)
    for items in histories_in_order(positives):
        n_cuts = len(items) - 1
        past, future = fade(n_cuts, tau), fade(n_cuts, horizon).T  # a row for each cut
        before[np.ix_(items[:-1], items[:-1])] += past.T @ past
        after[np.ix_(items[:-1], items[1:])] += past.T @ future
    return before, after


def _check_above_0(**options):
    for name, value in options.items():
        if not is_number(value) or not value > 0:
            raise ValueError(
                f"{name} must be positive, for example 10; received {value!r}."
            )
