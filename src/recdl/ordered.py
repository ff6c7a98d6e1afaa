"""Classical methods that know the order: what tends to come *after* what.

`recdl.baselines.recency_weights` let old films fade, and the matrix of EASE still is what it would be if
everybody had watched their films backwards. The two matrices of this module are not: `Transitions` counts how
often item j came after item i, and how soon; `SLIST` is a regression from what somebody had seen to what they
saw next. `VSKNN` asks the people whose histories fit yours. Nothing is random.

Time grows with the square of a user's history, for `SLIST` with its cube, and with the cube of the items;
for `VSKNN` with the square of the users. Memory grows with the square of users and items.
"""

import numpy as np

from recdl.baselines import ItemToItem, as_rows, common_users, recency_weights
from recdl.checks import check_at_least, is_number
from recdl.interactions import Interactions, check_users


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


class SLIST(ItemToItem):
    """A regression from the faded past to the faded future, and to what goes together: Choi et al. (2021).

    Cut each history at each of its places. A row of P is what came before one cut: the last item weighs 1,
    each earlier one exp(-1 / tau) times the next. The same row of F is what came after it: the next item
    weighs 1, each later one exp(-1 / horizon) times the one before. With X the table of zeros and ones,
    B minimises ``share |X - X B|² + (1 - share) |F - P B|² + l2 |B|²``; the solution is
    ``B = (share Xᵀ X + (1 - share) Pᵀ P + l2 I)⁻¹ (share Xᵀ X + (1 - share) Pᵀ F)``.

    EASE is the first part under the condition that no item predicts itself. That condition is not needed
    here: an item that predicts itself helps one that the user has already. The history is asked with the
    fading that was learnt from, `tau`.

    Parameters
    ----------
    positives : Interactions
        The training data, in order of time.
    tau, horizon : float
        How fast the past and the future fade. Above 0.
    l2 : float
        How much large entries of B cost.
    share : float
        How much counts what goes together, from 0, where only the order does, to 1.

    Raises
    ------
    ValueError
        If tau or horizon is not positive, share does not lie between 0 and 1, or l2 is not positive or so
        small that rounding errors drown the solution.
    recdl.columns.DataError
        If the rows did not stand in order of time.
    """

    def __init__(
        self, positives: Interactions, tau=15.0, horizon=2.0, l2=1000.0, share=0.3
    ):
        super().__init__(positives, recency_weights(positives, tau))
        _check_above_0(horizon=horizon)
        if not is_number(share) or not 0 <= share <= 1:
            raise ValueError(f"share must lie between 0 and 1; received {share!r}.")
        together = share * common_users(positives).toarray()
        before, after = past_and_future(positives, tau, horizon)
        before = together + (1 - share) * before
        smallest = 1e-9 * np.trace(before)  # no eigenvalue is above the trace
        if not is_number(l2) or not max(smallest, 1e-9) <= l2 < np.inf:
            raise ValueError(
                f"l2 must be positive, and at least {max(smallest, 1e-9):.0e} for an exact solution for "
                f"this table; received {l2!r}. Try 100 to 1000."
            )
        before[np.diag_indices_from(before)] += l2
        self.item_to_item = np.linalg.solve(before, together + (1 - share) * after)


def past_and_future(positives: Interactions, tau: float, horizon: float):
    """Return the two tables of order that `SLIST` solves with, Pᵀ P and Pᵀ F, float (n_items, n_items).

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


class VSKNN:
    """Ask the people whose histories fit what you have just seen, and hear what came next for them.

    The vector session kNN of Ludewig and Jannach (2018): a history is a session, its recent items weigh more,
    and the k sessions that share most of this weight are the neighbours. Of each neighbour only the items
    behind your most recent shared one are heard, each later one exp(-1 / reach) times as loud; Garg et al.
    (2019) let them fade in this way to both sides.

    Parameters
    ----------
    positives : Interactions
        The training data, in order of time.
    k : int
        Neighbours of a user, at least 1; nobody is their own neighbour.
    tau, reach : float
        How fast the user's own history fades, and what the neighbours have to say. Above 0.

    Raises
    ------
    ValueError
        If k is below 1, or tau or reach not positive.
    recdl.columns.DataError
        If the rows did not stand in order of time.
    """

    def __init__(self, positives: Interactions, k=100, tau=10.0, reach=40.0):
        check_at_least(1, k=k)
        self.history = as_rows(positives, recency_weights(positives, tau))
        _check_above_0(reach=reach)
        self.k, self.sessions = k, histories_in_order(positives)
        self.rows, n_items_of = as_rows(positives), np.bincount(positives.users)
        self.lengths = np.sqrt(n_items_of)  # of the neighbours, as vectors
        self.fading = np.exp(-np.arange(n_items_of.max()) / float(reach))

    def scores(self, users):
        """Return the scores (n, n_items) of all items for n users, given by position."""
        users = check_users(users, len(self.sessions))
        weights = self.history[users].toarray()
        alike = weights @ self.rows.T / self.lengths
        alike[np.arange(len(users)), users] = 0
        scores = np.zeros_like(weights)
        for row, user in enumerate(users):
            seen_at = np.full(scores.shape[1], -1)  # the place of each item, -1 of none
            seen_at[self.sessions[user]] = np.arange(len(self.sessions[user]))
            for other in np.argsort(-alike[row], kind="stable")[: self.k]:
                session = self.sessions[other]
                shared = seen_at[session].argmax()  # the most recent shared item
                later = session[shared + 1 :]
                scores[row, later] += alike[row, other] * self.fading[: len(later)]
        return scores


def _check_above_0(**options):
    for name, value in options.items():
        if not is_number(value) or not value > 0:
            raise ValueError(
                f"{name} must be positive, for example 10; received {value!r}."
            )
