"""From scores to lists, from lists to metrics, from metrics to intervals.

Everything works on positions, as in `recdl.prepare.Interactions`, and ranks the whole catalogue: metrics on a
sample of it can turn the order of two models round (Krichene and Rendle, KDD 2020). In three lines::

    top = top_k(score, positives, k=10)               # positions of items, the best first
    table = evaluate(top, Relevant(test, positives))  # a row per user, a column per metric
    table.mean()                                      # what a table of results shows

The means are those of ``recommenders.evaluation.python_evaluation`` (version 1.2.1), with four exceptions:

- Nobody has test items: the library says 0, here it is NaN.
- A user has test items but not one prediction: the library counts a 0 in ``ndcg_at_k`` and leaves the user
  out of the rest. Here a row of `top` counts in every metric, an empty list as 0; a user without row in none.
- A test pair occurs twice: the library counts it twice, here it is an error.
- A prediction is NaN: the library ranks it last, here it is an error.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from recdl.checks import check_at_least, check_fraction, check_pairs
from recdl.prepare import Interactions


def top_k(
    score: Callable[[np.ndarray], np.ndarray],
    seen: Interactions,
    k: int,
    *,
    users: np.ndarray | None = None,
    block: int | None = None,
) -> np.ndarray:
    """Return the k items with the highest scores for each user, without those seen in training.

    Of items with equal scores the one with the lower position comes first: the one that appears earlier in
    the training table, as in `recdl.library.prediction_list`.

    Parameters
    ----------
    score : callable
        Gets positions of users, (n,), and returns the scores of all items for them, (n, n_items).
    seen : Interactions
        The training data: its items are the catalogue, its pairs are never recommended.
    k : int
        Length of a list, at least 1; it may be longer than the catalogue.
    users : ndarray, optional
        Positions of the users who get a list, each once; all users if left out.
    block : int, optional
        Users handled at once; if left out, as many as have half a million scores. Memory grows with
        ``block * n_items`` and with the interactions.

    Returns
    -------
    ndarray of int, shape (n_users, k)
        Positions of items. A user with fewer than k unseen items gets all of them, then -1.

    Raises
    ------
    ValueError
        If k or block is not a whole number of at least 1, a user is unknown or given twice, or scores are
        NaN, no numbers or of another shape.
    """
    block = max(1, 2**19 // seen.n_items) if block is None else block
    check_at_least(1, k=k, block=block)
    k, block = int(k), int(block)  # a NumPy integer can overflow
    users = _positions_of(users, seen.n_users)
    # Sort the interactions by row of the result; users without a row go behind the last.
    row_of_user = np.full(seen.n_users, len(users))
    row_of_user[users] = np.arange(len(users))
    rows = row_of_user[seen.users]
    order = np.argsort(rows, kind="stable")
    rows, items = rows[order], seen.items[order]
    top = np.empty((len(users), k), dtype=int)
    for begin in range(0, len(users), block):
        batch = users[begin : begin + block]
        scores = _check_scores(np.asarray(score(batch)), batch, seen)
        here = slice(*np.searchsorted(rows, [begin, begin + len(batch)]))
        is_seen = np.zeros(scores.shape, dtype=bool)
        is_seen[rows[here] - begin, items[here]] = True
        top[begin : begin + len(batch)] = _best(scores, is_seen, k)
    return top


def _best(scores, is_seen, k):
    # Find each row's k-th highest score, keep what reaches it (more than k with ties), sort only that.
    unseen = np.where(is_seen, -np.inf, scores)
    kth = min(k, scores.shape[1])
    threshold = np.partition(unseen, -kth, axis=1)[:, -kth]
    # An unseen item may score -inf too: only the mask tells it from a seen one.
    rows, items = np.nonzero((unseen >= threshold[:, None]) & ~is_seen)
    # By row, then by score; lexsort is stable, so equal scores keep the order of positions.
    order = np.lexsort((-unseen[rows, items], rows))
    rows, items = rows[order], items[order]
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)  # 0 for a row's first
    best = np.full((len(scores), k), -1)
    best[rows[rank < k], rank[rank < k]] = items[rank < k]
    return best


def _are_positions(array, low, high):
    if array.size == 0:
        return True  # [] has no dtype of its own: NumPy makes it float
    return array.dtype.kind in "iu" and low <= array.min() and array.max() <= high


def _positions_of(users, n_users):
    users = np.arange(n_users) if users is None else np.asarray(users)
    if (
        users.ndim != 1
        or not _are_positions(users, 0, n_users - 1)
        or len(np.unique(users)) < len(users)
    ):
        raise ValueError(
            f"users must be positions from 0 to {n_users - 1}, each at most once; received {users}."
        )
    return users.astype(int)


def _check_scores(scores, batch, seen):
    if scores.shape != (len(batch), seen.n_items):
        raise ValueError(
            f"score must return the shape (users, items), here {(len(batch), seen.n_items)}; "
            f"received {scores.shape}."
        )
    if not _are_numbers(scores):
        raise ValueError(f"score must return numbers; received {scores.dtype}.")
    rows, items = np.nonzero(np.isnan(scores))
    if len(rows):
        user, item = seen.user_ids[batch[rows[0]]], seen.item_ids[items[0]]
        raise ValueError(
            f"The score of user {user} for item {item} is NaN and has no rank. Did the training diverge?"
        )
    return scores


def _are_numbers(array):
    return np.can_cast(array.dtype, float, "same_kind")


class Relevant:
    """Every user's test items, as positions: what a good list contains.

    Parameters
    ----------
    test : DataFrame
        Columns ``userID`` and ``itemID``, each pair once. A pair that is in training too counts as relevant,
        though no list can contain it.
    known : Interactions
        The training data, which decides the positions.

    Attributes
    ----------
    codes : ndarray of shape (n_pairs,)
        Each pair as one number, ``user * n_items + item``: a lookup without a users x items matrix.
    n_relevant : ndarray of shape (n_users,)
        How many test items each user has; a user with 0 cannot be judged.

    Raises
    ------
    ValueError
        If the table fails `recdl.checks.check_pairs`, a user or an item never occurs in training, or a pair
        occurs twice.
    """

    def __init__(self, test: pd.DataFrame, known: Interactions):
        pairs = check_pairs(test)
        users = _lookup(pairs["userID"], known.user_ids)
        items = _lookup(pairs["itemID"], known.item_ids)
        if pairs.duplicated().any():
            raise ValueError(
                "The test has a pair twice: drop_duplicates(['userID', 'itemID']) first."
            )
        self.user_ids, self.n_items = known.user_ids, known.n_items
        self.codes = users * known.n_items + items
        self.n_relevant = np.bincount(users, minlength=known.n_users)


def _lookup(column, identifiers):
    positions = pd.Index(identifiers).get_indexer(column)
    if (positions < 0).any():
        raise ValueError(
            f"The {column.name} {column.iloc[positions.argmin()]} of the test never occurs in training. "
            "Remove such rows with recdl.prepare.drop_unseen."
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
    users = _positions_of(users, len(relevant.user_ids))
    top = _check_top(top, relevant.n_items)
    if len(users) != len(top):
        raise ValueError(
            f"top has {len(top)} rows for {len(users)} users: pass the users that top_k was given."
        )
    codes = users[:, None] * relevant.n_items + top
    return (top >= 0) & np.isin(codes, relevant.codes)


def _check_top(top, n_items):
    top = np.asarray(top)
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
    """
    users = _positions_of(users, len(relevant.user_ids))
    hit, n_relevant = hits(top, relevant, users=users), relevant.n_relevant[users]
    lengths = np.asarray(ks)
    if (
        lengths.ndim != 1
        or not lengths.size
        or not _are_positions(lengths, 1, hit.shape[1])
    ):
        raise ValueError(
            f"ks must be a list of whole numbers between 1 and {hit.shape[1]}, the width of top; "
            f"received {ks!r}."
        )
    columns = {"map": average_precision(hit[:, : max(ks)], n_relevant)}
    for k in ks:
        for name, metric in METRICS.items():
            columns[f"{name}_at_{k}"] = metric(hit[:, :k], n_relevant)
    index = pd.Index(relevant.user_ids[users], name="userID")
    return pd.DataFrame(columns, index=index)


def item_coverage(top: np.ndarray, n_items: int) -> float:
    """Return the share of the catalogue that occurs in at least one list.

    A ValueError tells if top is not what `top_k` returns for a catalogue of `n_items`, which is at least 1.
    """
    check_at_least(1, n_items=n_items)
    top = _check_top(top, n_items)
    return len(np.unique(top[top >= 0])) / n_items


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
        n_resamples is not a whole number of at least 1, or level does not lie between 0 and 1.
    """
    check_at_least(1, n_resamples=n_resamples)
    check_fraction(level=level)
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
    values = values if isinstance(values, pd.Series) else np.asarray(values)
    plain = np.asarray(values)
    if plain.ndim != 1 or not _are_numbers(plain) or np.isinf(plain).any():
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
