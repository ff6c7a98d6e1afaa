"""From models to lists: the one gate for scores, and the k best items that a user has not seen.

Everything works on positions, as in `recdl.interactions.Interactions`, and ranks the whole catalogue: metrics
on a sample of it can turn the order of two models round (Krichene and Rendle, KDD 2020). In three lines::

    top = ranking.top_k(model, positives, k=10)                             # the best item first
    table = evaluation.evaluate(top, evaluation.Relevant(test, positives))  # a row per user
    table.mean()                                                            # what a table of results shows
"""

import numpy as np

from recdl.checks import as_array, check_at_least, check_kind, check_model
from recdl.interactions import Interactions, check_users


def as_table(scores) -> np.ndarray:
    """Return scores as an array; a ValueError tells if they are not numbers in rows, one for each user."""
    table = as_array("scores", scores)
    if table.ndim != 2 or not np.can_cast(table.dtype, float, "same_kind"):
        raise ValueError(
            "scores must be numbers, a row for each user and a column for each item; received "
            f"{table.dtype} in the shape {table.shape}."
        )
    return table


class ScoreTable:
    """A model whose scores are known already: an array, float (n_users, n_items)."""

    def __init__(self, scores: np.ndarray):
        self.table = as_table(scores)

    def scores(self, users):
        """Return the scores (n, n_items) of all items for n users, given by position."""
        return self.table[check_users(users, len(self.table))]


def scores_of(model, users, positives: Interactions | None = None) -> np.ndarray:
    """Return what a model says of all items for these users: the one gate from models to everything else.

    Parameters
    ----------
    model : object with ``scores(users)``
        From positions of n users to scores of all items, (n, n_items), the higher the better. An item that
        must not be shown may have the score -inf.
    users : ndarray of int, shape (n,)
    positives : Interactions, optional
        The training data; where given, there must be a score for each of its items.

    Raises
    ------
    TypeError
        If model is a function or a class, or positives are no Interactions.
    ValueError
        If the scores have another shape, are no numbers, or one of them is NaN or +inf.
    """
    check_model(model)
    if positives is not None:
        check_kind(Interactions, positives=positives)
    scores = as_array("scores(users)", model.scores(users))
    n_items = positives.n_items if positives else (0, *scores.shape)[-1]
    if scores.shape != (len(users), n_items):
        raise ValueError(
            f"scores(users) must return the shape (users, items), here {(len(users), n_items)}; "
            f"received {scores.shape}."
        )
    if not np.can_cast(scores.dtype, float, "same_kind"):
        raise ValueError(f"scores(users) must return numbers; received {scores.dtype}.")
    if scores.dtype.kind in "iu" and (np.abs(scores.astype(float)) > 2.0**53).any():
        raise ValueError(
            "scores(users) returned whole numbers above 2**53, which tie as floats. Subtract their mean."
        )
    _refuse_unrankable(scores, users, positives)
    return scores


def _refuse_unrankable(scores, users, positives):
    rows, items = np.nonzero(np.isnan(scores) | (scores == np.inf))
    if len(rows):
        user, item, where = users[rows[0]], items[0], " (positions)"
        if positives:
            user, item, where = positives.user_ids[user], positives.item_ids[item], ""
        value = "NaN" if np.isnan(scores[rows[0], items[0]]) else "infinite"
        raise ValueError(
            f"The score of user {user} for item {item}{where} is {value} and has no rank. "
            "Did the training diverge?"
        )


def blocks(n: int, positives: Interactions, block: int | None = None):
    """Yield slices that cut n users into blocks; memory grows with ``block * n_items``.

    If `block` is left out, each has about half a million scores.
    """
    block = max(1, 2**19 // positives.n_items) if block is None else block
    check_at_least(1, block=block)
    for begin in range(0, n, int(block)):  # a NumPy integer can overflow
        yield slice(begin, min(begin + int(block), n))


class Seen:
    """Which items some users have in training, looked up block by block, without a users x items matrix."""

    def __init__(self, positives: Interactions, users: np.ndarray):
        # Sort the interactions by row of the result; users without a row go behind the last.
        row_of_user = np.full(positives.n_users, len(users))
        row_of_user[users] = np.arange(len(users))
        rows = row_of_user[positives.users]
        order = np.argsort(rows, kind="stable")
        self.rows, self.items = rows[order], positives.items[order]
        self.n_items = positives.n_items

    def within(self, block: slice) -> np.ndarray:
        """Return for a block of the users, bool (n, n_items), which items they have seen."""
        here = slice(*np.searchsorted(self.rows, [block.start, block.stop]))
        seen = np.zeros((block.stop - block.start, self.n_items), dtype=bool)
        seen[self.rows[here] - block.start, self.items[here]] = True
        return seen


def top_k(
    model, positives: Interactions, k: int, *, users=None, block: int | None = None
) -> np.ndarray:
    """Return the k items with the highest scores for each user, without those seen in training.

    Of items with equal scores the one with the lower position comes first: the one that appears earlier in
    the training table, as in `recdl.prediction_table.prediction_list`.

    Parameters
    ----------
    model : object with ``scores(users)``; see `scores_of`
    positives : Interactions
        The training data: its items are the catalogue, its pairs are never recommended.
    k : int
        Length of a list, at least 1; it may be longer than the catalogue.
    users : ndarray, optional
        Positions of the users who get a list, each once; all users if left out.
    block : int, optional
        Users handled at once; see `blocks`.

    Returns
    -------
    ndarray of int, shape (n_users, k)
        Positions of items. A user with fewer than k unseen items gets all of them, then -1.

    Raises
    ------
    ValueError
        If k or block is not a whole number of at least 1, a user is unknown or given twice, or
        `scores_of` refuses the scores.
    """
    check_at_least(1, k=k)
    check_kind(Interactions, positives=positives)
    users = distinct_users(users, positives.n_users)
    seen = Seen(positives, users)
    top = np.empty((len(users), int(k)), dtype=int)
    for here in blocks(len(users), positives, block):
        scores = scores_of(model, users[here], positives)
        top[here] = _best(scores, seen.within(here), int(k))
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


def distinct_users(users, n_users: int) -> np.ndarray:
    """Return positions of users, each at most once; all of them for None. A ValueError tells otherwise."""
    users = check_users(np.arange(n_users) if users is None else users, n_users)
    if len(np.unique(users)) < len(users):
        raise ValueError(f"Each user must be given at most once; received {users}.")
    return users
