"""From lists to metrics: which recommendations were in the test part, and what that is worth.

The means of `evaluate` are those of ``recommenders.evaluation.python_evaluation`` (version 1.2.1), with four
exceptions:

- Nobody has test items: the library says 0, here it is an error; a single user without any has NaN.
- A user has test items but not one prediction: the library counts a 0 in ``ndcg_at_k`` and leaves the user
  out of the rest. Here a row of `top` counts in every metric, an empty list as 0; a user without row in none.
- A test pair occurs twice: the library counts it twice, here it is an error.
- A prediction is NaN: the library ranks it last, here it is an error.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from recdl.checks import as_array, check_at_least, check_kind
from recdl.columns import DataError, lookup, refuse_look_alikes
from recdl.interactions import Interactions
from recdl.ranking import distinct_users, top_k
from recdl.ratings import check_pairs


class Relevant:
    """Every user's test items, as positions: what a good list contains.

    Parameters
    ----------
    test : DataFrame
        Columns ``userID`` and ``itemID``, each pair once. A pair that is in training too counts as relevant,
        though no list can contain it.
    positives : Interactions
        The training data, which decides the positions.

    Attributes
    ----------
    codes : ndarray of shape (n_pairs,)
        Each pair as one number, ``user * n_items + item``: a lookup without a users x items matrix.
    n_relevant : ndarray of shape (n_users,)
        How many test items each user has; a user with 0 cannot be judged.
    user_ids, item_ids : ndarray
        Those of `positives`.

    Raises
    ------
    recdl.columns.DataError
        If the table fails `recdl.ratings.check_pairs`, or a user or an item never occurs in training.
    """

    def __init__(self, test: pd.DataFrame, positives: Interactions):
        check_kind(pd.DataFrame, test=test)
        check_kind(Interactions, positives=positives)
        pairs = check_pairs(test)
        users = _lookup(pairs["userID"], positives.user_ids)
        items = _lookup(pairs["itemID"], positives.item_ids)
        self.user_ids, self.item_ids = positives.user_ids, positives.item_ids
        self.n_items = positives.n_items
        self.codes = users * positives.n_items + items
        self.n_relevant = np.bincount(users, minlength=positives.n_users)


def _lookup(column, identifiers):
    positions = lookup(column, identifiers)
    if (positions < 0).any():
        refuse_look_alikes(column, identifiers)
        raise DataError(
            f"The {column.name} {column.iloc[positions.argmin()]} of the test never occurs in training. "
            "Remove such rows with recdl.splits.drop_unseen."
        )
    return positions


def hits(top: np.ndarray, relevant: Relevant, *, users=None) -> np.ndarray:
    """Tell which places of the lists hold a test item of their user; -1 never does.

    `top`, int of shape (n_users, k), comes from `top_k`, and `users` is what that was given. The result is
    bool, of the same shape.

    Raises
    ------
    ValueError
        If top is not what `top_k` returns for these users, or if a user is unknown or given twice.
    """
    users = _distinct(users, relevant)
    top = _check_top(top, relevant.n_items)
    if len(users) != len(top):
        raise ValueError(
            f"top has {len(top)} rows for {len(users)} users: pass the users that top_k was given."
        )
    codes = users[:, None] * relevant.n_items + top
    return (top >= 0) & np.isin(codes, relevant.codes)


def _distinct(users, relevant):
    check_kind(Relevant, relevant=relevant)
    return distinct_users(users, len(relevant.user_ids))


def _are_positions(array, low, high):
    if array.size == 0:
        return True  # [] has no dtype of its own: NumPy makes it float
    return array.dtype.kind in "iu" and low <= array.min() and array.max() <= high


def _check_top(top, n_items):
    top = as_array("top", top)
    if top.ndim == 2 and _are_positions(top, -1, n_items - 1):
        ordered = np.sort(top, axis=1)
        twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
        if not twice.any():
            return top.astype(int)
    raise ValueError(
        f"top must have a row of positions for each user, from 0 to {n_items - 1} and none twice, with -1 in "
        f"empty places, as top_k returns it; received {top}."
    )


# The metrics turn `hit`, bool (n_users, k), and `n_relevant`, int (n_users,), into float (n_users,).
# A list has k places, filled or not. Without relevant items a user has no value: NaN.


def precision(hit, n_relevant):
    """Return hits / k, also where the list has fewer than k items: hits 1, 0, 1 give 2/3."""
    return _divide(hit.sum(axis=1), hit.shape[1], n_relevant)


def recall(hit, n_relevant):
    """Return hits / relevant items: hits 1, 0, 1 of four relevant items give 2/4."""
    return _divide(hit.sum(axis=1), n_relevant, n_relevant)


def average_precision(hit, n_relevant, *, capped=False):
    """Return the mean of the precision at each relevant item's rank, 0 for those outside the list.

    Hits 1, 0, 1 of four relevant items give (1/1 + 2/3) / 4: the library's ``map``. With `capped`, its
    ``map_at_k``, the divisor is min(k, relevant items), here 3, so that k hits give 1.
    """
    k = hit.shape[1]
    precision_at_rank = hit.cumsum(axis=1) / np.arange(1, k + 1)
    divisor = np.minimum(n_relevant, k) if capped else n_relevant
    return _divide((hit * precision_at_rank).sum(axis=1), divisor, n_relevant)


def ndcg(hit, n_relevant):
    """Return the sum of 1 / log2(1 + rank) over the hits, divided by that of the best possible list.

    Hits 1, 0, 1 of four relevant items give (1 + 1/2) / (1 + 1/log2(3) + 1/2).
    """
    k = hit.shape[1]
    gain = 1 / np.log2(1 + np.arange(1, k + 1))
    ideal = np.append(0, gain.cumsum())[np.minimum(n_relevant, k)]
    return _divide((hit * gain).sum(axis=1), ideal, n_relevant)


def hit_rate(hit, n_relevant):
    """Return 1 where the list has a hit, else 0."""
    return _divide(hit.any(axis=1), 1, n_relevant)


def reciprocal_rank(hit, n_relevant):
    """Return 1 / rank of the first hit, 0 without a hit: hits 0, 1, 1 give 1/2."""
    ranks = np.arange(1, hit.shape[1] + 1)
    return _divide((hit / ranks).max(axis=1), 1, n_relevant)


def _divide(total, divisor, n_relevant):
    undefined = np.full(len(n_relevant), np.nan)
    return np.divide(total, divisor, out=undefined, where=n_relevant > 0)


METRICS = {
    "map": partial(average_precision, capped=True),
    "ndcg": ndcg,
    "precision": precision,
    "recall": recall,
    "hr": hit_rate,
    "mrr": reciprocal_rank,
}


def evaluate(
    top: np.ndarray, relevant: Relevant, ks: tuple[int, ...] = (10,), *, users=None
) -> pd.DataFrame:
    """Return all metrics of each user; the ``.mean()`` of a column leaves NaN out.

    Parameters
    ----------
    top : ndarray of shape (n_users, width)
        From `top_k`; give the same `users` here.
    relevant : Relevant
        The test items.
    ks : sequence of int
        Lengths of list to judge, from 1 to the width of `top`.

    Returns
    -------
    DataFrame
        Index ``userID``. Column ``map`` (divided by all relevant items; for the longest of `ks`), and for
        each k ``map_at_k`` (by at most k), ``ndcg_at_k, precision_at_k, recall_at_k, hr_at_k, mrr_at_k``.

    Raises
    ------
    ValueError
        If `hits` refuses top or users, or if ks are not whole numbers from 1 to the width of top.
    recdl.columns.DataError
        If none of the users has a test item.
    """
    users = _distinct(users, relevant)
    hit, n_relevant = hits(top, relevant, users=users), relevant.n_relevant[users]
    _check_lengths(ks, hit.shape[1])
    _check_somebody(n_relevant)
    columns = {"map": average_precision(hit[:, : max(ks)], n_relevant)}
    for k in ks:
        for name, metric in METRICS.items():
            columns[f"{name}_at_{k}"] = metric(hit[:, :k], n_relevant)
    index = pd.Index(relevant.user_ids[users], name="userID")
    return pd.DataFrame(columns, index=index)


def _check_lengths(ks, width):
    lengths = as_array("ks", ks)
    if lengths.ndim != 1 or not lengths.size or not _are_positions(lengths, 1, width):
        raise ValueError(
            f"ks must be a list of whole numbers between 1 and {width}, the width of top; received {ks!r}."
        )


def _check_somebody(n_relevant):
    if not n_relevant.any():
        raise DataError(
            f"None of the {len(n_relevant)} users has a test item, so there is nothing to judge, and a mean "
            "over nothing is no result. Split with another ratio, or pass other users."
        )


def mean_ndcg(positives: Interactions, relevant: Relevant, k: int = 10) -> Callable:
    """Return a function from a model to its mean NDCG@k, by which epochs, settings and weights are chosen.

    Raises
    ------
    ValueError
        If k is not a whole number of at least 1, or relevant was made with other positives.
    recdl.columns.DataError
        If nobody has a test item.
    """
    check_at_least(1, k=k)
    check_kind(Interactions, positives=positives)
    check_kind(Relevant, relevant=relevant)
    same = np.array_equal(relevant.user_ids, positives.user_ids) and np.array_equal(
        relevant.item_ids, positives.item_ids
    )
    if not same:
        raise ValueError(
            "relevant has other positions than positives: make it as Relevant(test, positives)."
        )
    _check_somebody(relevant.n_relevant)

    def validate(model):
        table = evaluate(top_k(model, positives, k), relevant, ks=(k,))
        return float(table[f"ndcg_at_{k}"].mean())

    return validate


def item_coverage(top: np.ndarray, n_items: int) -> float:
    """Return the share of the catalogue that occurs in at least one list.

    A ValueError tells if top is not what `top_k` returns for a catalogue of `n_items`, which is at least 1.
    """
    check_at_least(1, n_items=n_items)
    top = _check_top(top, n_items)
    return len(np.unique(top[top >= 0])) / n_items
