"""Lists and hits for millions of interactions: what `recdl.ranking` and `recdl.evaluation` give, sooner.

Neither sorts all interactions anew for each call. `Seen` sorts the training pairs once, and a block of users
takes its own rows; `Relevant` sorts the test pairs once, and a list is looked up in them by halving.
"""

import copy

import numpy as np
import pandas as pd

from recdl import evaluation
from recdl.checks import as_array, check_at_least, check_kind
from recdl.interactions import Interactions
from recdl.ranking import _best, blocks, distinct_users, scores_of


class Seen:
    """Which items each user has in training, sorted by user once; `begins` has where each user's begin."""

    def __init__(self, positives: Interactions):
        check_kind(Interactions, positives=positives)
        users, self.items = positives.users, positives.items
        if (users[1:] < users[:-1]).any():  # a split by time stands by user already
            self.items = self.items[np.argsort(users, kind="stable")]
        counts = np.bincount(users, minlength=positives.n_users)
        self.begins = np.append(0, counts.cumsum())
        self.n_items = positives.n_items

    def of(self, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the places in `users`, and the items, of all that these users have seen."""
        begins = self.begins[users]
        counts = self.begins[users + 1] - begins
        rows = np.repeat(np.arange(len(users)), counts)
        shifts = begins - (counts.cumsum() - counts)
        return rows, self.items[np.arange(len(rows)) + shifts[rows]]


def top_k(
    model,
    positives: Interactions,
    k: int,
    *,
    users=None,
    block: int | None = None,
    seen: Seen | None = None,
) -> np.ndarray:
    """Return the lists of `recdl.ranking.top_k`; `seen`, of the same positives, saves making it anew."""
    check_at_least(1, k=k)
    check_kind(Interactions, positives=positives)
    users = distinct_users(users, positives.n_users)
    seen = Seen(positives) if seen is None else seen
    top = np.empty((len(users), int(k)), dtype=int)
    for here in blocks(len(users), positives, block):
        scores = scores_of(model, users[here], positives)
        is_seen = np.zeros(scores.shape, dtype=bool)
        is_seen[seen.of(users[here])] = True
        top[here] = _best(scores, is_seen, int(k))
    return top


class Relevant(evaluation.Relevant):
    """Every user's test items: `recdl.evaluation.Relevant`, with its `codes` sorted as `ordered`."""

    def __init__(self, test: pd.DataFrame, positives: Interactions):
        super().__init__(test, positives)
        self.ordered = np.sort(self.codes)


def hits(top: np.ndarray, relevant: evaluation.Relevant, *, users=None) -> np.ndarray:
    """Tell which places of the lists hold a test item of their user: `recdl.evaluation.hits`."""
    # Without test pairs everything is refused or False, and the other function says which.
    none = copy.copy(relevant)
    none.codes = np.empty(0, dtype=int)
    found = evaluation.hits(top, none, users=users)
    if not found.size or not len(relevant.codes):
        return found
    top, codes = as_array("top", top), _codes(top, relevant, users)
    ordered = (
        relevant.ordered if isinstance(relevant, Relevant) else np.sort(relevant.codes)
    )
    places = np.minimum(np.searchsorted(ordered, codes), len(ordered) - 1)
    return (top >= 0) & (ordered[places] == codes)


def _codes(top, relevant, users):
    users = distinct_users(users, len(relevant.user_ids))
    return users[:, None] * relevant.n_items + as_array("top", top)


def evaluate(
    top: np.ndarray,
    relevant: evaluation.Relevant,
    ks: tuple[int, ...] = (10,),
    *,
    users=None,
) -> pd.DataFrame:
    """Return all metrics of each user: `recdl.evaluation.evaluate`."""
    hit = hits(top, relevant, users=users)
    only = copy.copy(relevant)  # of the test pairs, no others matter to these lists
    only.codes = _codes(top, relevant, users)[hit] if hit.size else relevant.codes[:0]
    return evaluation.evaluate(top, only, ks, users=users)
