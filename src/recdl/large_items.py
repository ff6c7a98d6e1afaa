"""The classical methods on many films: EASE and item-kNN, whose table of all films by all films is too large.

With 84,432 films such a table has seven thousand million numbers, 57 GB. `OnMostPopular` gives a method only
the films that most people know, and says which share of the ratings they cover. `EASE` needs a fifth of the
memory of `recdl.baselines.EASE`. `ItemKNN` makes the table block by block and keeps the neighbours alone.
"""

import copy
import math
from collections.abc import Callable

import numpy as np
import psutil
from scipy import sparse
from scipy.linalg import lapack

from recdl import baselines
from recdl.baselines import as_rows, cosine, keep_nearest
from recdl.checks import check_at_least, check_kind, check_positive
from recdl.interactions import Interactions

BYTES = 16  # for each two items, of which most have a user in common
TOO_SMALL = "l2 is too small for an inverse in numbers of 32 bits."


class OnMostPopular:
    """A method on the most popular items; all others come behind them in everybody's list.

    Parameters
    ----------
    make : callable
        From `Interactions` to a model, such as ``lambda positives: EASE(positives, l2=300)``.
    positives : Interactions
    n_items : int
        How many; of equally popular ones, those that come first in the training table. All if it has fewer.

    Attributes
    ----------
    model : object
        What `make` has returned. Its item number i is number ``items[i]`` of `positives`.
    items : ndarray of int
    coverage : float
        The share of the interactions that are with these items.
    """

    def __init__(self, make: Callable, positives: Interactions, n_items: int = 10_000):
        check_kind(Callable, make=make)
        check_kind(Interactions, positives=positives)
        check_at_least(1, n_items=n_items)
        counts = np.bincount(positives.items)
        self.items = np.sort(np.argsort(-counts, kind="stable")[: int(n_items)])
        self.coverage = float(counts[self.items].sum() / len(positives))
        self.n_items = positives.n_items
        places = np.full(self.n_items, -1)
        places[self.items] = np.arange(len(self.items))
        part, is_known = copy.copy(positives), places[positives.items] >= 0
        part.users, part.tied = positives.users[is_known], positives.tied[is_known]
        part.items = places[positives.items[is_known]]
        part.item_ids = positives.item_ids[self.items]
        self.model = make(part)

    def scores(self, users):
        """Return the scores (n, n_items) of all items for n users, given by position."""
        known = self.model.scores(users)
        lowest = known.min(initial=0) - 1
        scores = np.full((len(known), self.n_items), lowest, dtype=known.dtype)
        scores[:, self.items] = known
        return scores


class EASE(baselines.ItemToItem):
    """`recdl.baselines.EASE` in numbers of 32 bits, inverted in place by Cholesky's method.

    Parameters as there. A ValueError tells if l2 is not positive, or too small for 32 bits; a MemoryError,
    before the work begins, if there is too little memory, and how many items would fit.
    """

    def __init__(self, positives: Interactions, l2: float = 300.0, weights=None):
        super().__init__(positives, weights)
        check_positive(l2=l2)
        _check_memory(positives.n_items)
        self.history = self.history.astype("float32")
        rows = as_rows(positives).astype("float32")
        gram = (rows.T @ rows).toarray()
        smallest = 1e-6 * gram.sum(axis=0).max()  # no eigenvalue is above such a sum
        if l2 < smallest:
            raise ValueError(f"{TOO_SMALL} Use at least {smallest:.0e}.")
        gram[np.diag_indices_from(gram)] += l2
        self.item_to_item = inverse = _inverse(gram)
        inverse /= -inverse.diagonal()  # column by column
        np.fill_diagonal(inverse, 0)


def _check_memory(n_items):
    free = psutil.virtual_memory().available
    if BYTES * n_items**2 > free:
        raise MemoryError(
            f"EASE on {n_items:,} items needs about {BYTES * n_items**2 / 1e9:.1f} GB of memory, and "
            f"{free / 1e9:.1f} GB are free. OnMostPopular with {math.isqrt(free // BYTES):,} items would fit."
        )


def _inverse(matrix):
    """Turn a symmetric matrix into its inverse."""
    # A symmetric matrix is its own transpose, and that lies in memory as LAPACK wants it.
    matrix, failed = lapack.spotrf(matrix.T, lower=True, overwrite_a=True)
    if not failed:
        matrix, failed = lapack.spotri(matrix, lower=True, overwrite_c=True)
    if failed:
        raise ValueError(f"{TOO_SMALL} Try 100 to 1000.")
    for row in range(len(matrix)):  # LAPACK computes one half
        matrix[row, row + 1 :] = matrix[row + 1 :, row]
    return matrix.T


class ItemKNN(baselines.ItemToItem):
    """`recdl.baselines.ItemKNN`, with its numbers; of each item, only the neighbours are stored.

    Parameters as there, and `block`: for how many items the cosines are computed at once. If it is left out,
    they take 130 MB, and what is made of them some times as much.
    """

    def __init__(
        self, positives: Interactions, k=50, shrinkage=0.0, weights=None, *, block=None
    ):
        super().__init__(positives, weights)
        baselines._check_neighbourhood(k, shrinkage)
        block = max(1, 2**24 // positives.n_items) if block is None else block
        check_at_least(1, block=block)
        rows = as_rows(positives)
        columns, n_users_of = rows.T.tocsr(), np.bincount(positives.items)
        kept = []
        for begin in range(0, positives.n_items, int(block)):
            here = slice(begin, begin + int(block))
            common = columns[here] @ rows
            alike = cosine(common, n_users_of[here], n_users_of, shrinkage)
            own = np.arange(len(alike))
            alike[own, begin + own] = 0
            kept.append(sparse.csr_array(keep_nearest(alike, k)))
        self.item_to_item = sparse.vstack(kept).T.tocsr()

    def scores(self, users):
        """Return the scores (n, n_items) of all items for n users, given by position."""
        return super().scores(users).toarray()
