"""The classical methods: what a recommender can do without a neural network.

All of them read the same table, with a row for each user, a column for each item, and a 1 for each
interaction. `Popularity` adds up the columns. `UserKNN` compares the rows. The other three are one formula,
``scores = history @ item_to_item``, and differ in what they write into that square matrix: `ItemKNN` the
cosines of columns, `PureSVD` a projection, `EASE` the solution of a regression. `recency_weights` tell them
which part of a history is fresh.

Every model has ``scores(users)``, as those of `recdl.models` have, and nothing is random. Memory grows with
the interactions and, from `ItemKNN` on, with the square of the items, never with users times items. A matrix
of 1,597 x 1,597 items takes 20 MB, one of 20,000 x 20,000 takes 3.2 GB; building it takes four times that.
"""

import numbers

import numpy as np
import pandas as pd
import scipy.linalg
from scipy import sparse

from recdl.checks import as_array, check_at_least, check_kind, is_number
from recdl.interactions import Interactions, check_users


def as_rows(positives: Interactions, weights=None) -> sparse.csr_array:
    """Return the interactions as a sparse table, float (n_users, n_items).

    `weights`, shape (n_interactions,), are written into the cells that are not empty; 1 if left out. A
    ValueError tells if they are not one finite number for each interaction.
    """
    check_kind(Interactions, positives=positives)
    weights = np.ones(len(positives)) if weights is None else weights
    weights = as_array("weights", weights)
    fit = weights.shape == (len(positives),) and weights.dtype.kind in "biuf"
    if not fit or not np.isfinite(weights).all():
        raise ValueError(
            f"weights must be {len(positives)} finite numbers, one for each interaction; received "
            f"the shape {weights.shape}. Were they made from the same Interactions?"
        )
    return sparse.csr_array(
        (weights.astype(float), (positives.users, positives.items)),
        shape=(positives.n_users, positives.n_items),
    )


class Popularity:
    """The same list for everybody: an item's score is the number of its users.

    Of items with equally many users, that which comes first in the training table is ranked first. A split
    sorts the rows by user, so other names of users can move a metric: on MovieLens-100k by less than 0.001,
    in a small table by more.
    """

    def __init__(self, positives: Interactions):
        check_kind(Interactions, positives=positives)
        self.n_users = positives.n_users
        self.n_users_of = np.bincount(positives.items)

    def scores(self, users):
        """Return the scores (n, n_items) of all items for n users, given by position."""
        users = check_users(users, self.n_users)
        return np.tile(self.n_users_of.astype(float), (len(users), 1))


def cosine(common, n_left, n_right, shrinkage) -> np.ndarray:
    """Return how alike the rows of two tables of zeros and ones are: common / √(n_left · n_right).

    Row i on the left has ``n_left[i]`` ones, row j on the right ``n_right[j]``, and they share
    ``common[i, j]``, a sparse array. Two rows that share their only one have the cosine 1, on weak evidence:
    `shrinkage`, added to the root, makes such cosines smaller than those that rest on many ones.
    """
    alike = common.toarray() / (np.sqrt(np.outer(n_left, n_right)) + shrinkage)
    return alike.round(12)  # equal on paper, equal here: 1 / √3 and 3 / √27


def keep_nearest(similarity: np.ndarray, k: int) -> np.ndarray:
    """Return the matrix with only the k largest numbers of each row, and 0 elsewhere.

    Numbers equal to the k-th stay too: no neighbour is left out because of its position. A row of no more
    than k numbers stays as it is.
    """
    kth = max(similarity.shape[1] - k, 0)  # its place in ascending order
    smallest_kept = np.partition(similarity, kth, axis=1)[:, [kth]]
    return np.where(similarity >= smallest_kept, similarity, 0)


class UserKNN:
    """Ask the people most like you: each of the k nearest users votes for its items with its cosine.

    Resnick et al. (1994), for ones in place of stars. Nothing is learnt in advance: the neighbours of n users
    are looked for when their scores are asked for, which takes memory for n x n_users cosines.

    Parameters
    ----------
    positives : Interactions
        The training data.
    k : int
        Neighbours of a user, at least 1; nobody is their own neighbour. See `keep_nearest` for ties.
    shrinkage : float
        See `cosine`; 0, the plain cosine, or more.

    Raises
    ------
    ValueError
        If k is below 1 or shrinkage below 0.
    """

    def __init__(self, positives: Interactions, k: int = 50, shrinkage: float = 0.0):
        _check_neighbourhood(k, shrinkage)
        self.k, self.shrinkage = k, shrinkage
        self.rows = as_rows(positives)
        self.n_items_of = np.bincount(positives.users)

    def scores(self, users):
        """Return the scores (n, n_items) of all items for n users, given by position."""
        users = check_users(users, len(self.n_items_of))
        common = self.rows[users] @ self.rows.T
        alike = cosine(common, self.n_items_of[users], self.n_items_of, self.shrinkage)
        alike[np.arange(len(users)), users] = 0
        return keep_nearest(alike, self.k) @ self.rows


class ItemToItem:
    """What the next three have in common: ``scores = history @ item_to_item``.

    Parameters
    ----------
    positives : Interactions
        The training data.
    weights : ndarray of shape (n_interactions,), optional
        How much each interaction counts in the history of its user, for example `recency_weights`; 1 if left
        out. They play no part in `item_to_item`, which is learnt from zeros and ones.

    Attributes
    ----------
    history : csr_array of shape (n_users, n_items)
        The weights.
    item_to_item : ndarray of shape (n_items, n_items)
        Row i, column j: what item i in a history adds to the score of item j.
    """

    def __init__(self, positives: Interactions, weights=None):
        self.history = as_rows(positives, weights)

    def scores(self, users):
        """Return the scores (n, n_items) of all items for n users, given by position."""
        users = check_users(users, self.history.shape[0])
        return self.history[users] @ self.item_to_item


def common_users(positives: Interactions) -> sparse.csr_array:
    """Return how many users each two items have in common, (n_items, n_items): the Gram matrix."""
    rows = as_rows(positives)
    return rows.T @ rows


class ItemKNN(ItemToItem):
    """Items that go together: a score adds up the cosines with those k nearest items that the user has.

    Sarwar et al. (2001). Deshpande and Karypis (2004) write it as one matrix of items; they keep the k
    nearest items of each item in the history, here it is the k nearest of each candidate.

    Parameters
    ----------
    positives, weights
        See `ItemToItem`.
    k : int
        Neighbours of an item, at least 1; no item is its own neighbour. See `keep_nearest` for ties.
    shrinkage : float
        See `cosine`; 0, the plain cosine, or more.

    Raises
    ------
    ValueError
        If k is below 1, shrinkage below 0, or the weights do not fit.
    """

    def __init__(self, positives: Interactions, k=50, shrinkage=0.0, weights=None):
        super().__init__(positives, weights)
        _check_neighbourhood(k, shrinkage)
        common = common_users(positives)
        n_users_of = common.diagonal()
        alike = cosine(common, n_users_of, n_users_of, shrinkage)
        np.fill_diagonal(alike, 0)
        self.item_to_item = keep_nearest(alike, k).T


class PureSVD(ItemToItem):
    """Matrix factorisation that takes every empty cell for a 0: Cremonesi, Koren and Turrin (2010).

    Of all tables made of `rank` numbers per user and per item, the nearest to a table X of zeros and ones is
    ``X @ V @ V.T``. V holds X's first right singular vectors: the eigenvectors of the Gram matrix with the
    largest eigenvalues. Their signs are arbitrary and cancel. If the last eigenvalue kept equals the first
    one left out, the choice between the two is arbitrary as well.

    Parameters
    ----------
    positives, weights
        See `ItemToItem`.
    rank : int
        Numbers per user and per item, from 1 to the smaller of n_users and n_items.

    Raises
    ------
    ValueError
        If rank lies outside, or the weights do not fit.
    """

    def __init__(self, positives: Interactions, rank: int = 16, weights=None):
        super().__init__(positives, weights)
        whole = is_number(rank, numbers.Integral)
        if not whole or not 1 <= rank <= min(self.history.shape):
            raise ValueError(
                f"rank must lie between 1 and {min(self.history.shape)}, the smaller number of users "
                f"and items; received {rank}."
            )
        n_items = positives.n_items
        gram = common_users(positives).toarray()
        _, largest = scipy.linalg.eigh(
            gram, subset_by_index=[n_items - rank, n_items - 1]
        )
        self.item_to_item = largest @ largest.T


class EASE(ItemToItem):
    """EASE^R: predict each item from all *other* items, by a regression in closed form. Steck (2019).

    With X the table of zeros and ones, B minimises ``|X - X B|² + l2 |B|²`` under the condition that its
    diagonal is 0; without it, every item would predict itself. The solution: let P be the inverse of the Gram
    matrix with l2 added to its diagonal; then ``B[i, j] = -P[i, j] / P[j, j]``. Its time grows with the cube
    of the items.

    Parameters
    ----------
    positives, weights
        See `ItemToItem`.
    l2 : float
        Steck's λ: how much large entries of B cost. Try 100 to 1000.

    Raises
    ------
    ValueError
        If l2 is not positive, or so small that rounding errors drown the inverse, or the weights do not fit.
    """

    def __init__(self, positives: Interactions, l2: float = 300.0, weights=None):
        super().__init__(positives, weights)
        smallest = 1e-9 * len(positives)  # no eigenvalue is above n_interactions
        if not is_number(l2) or not smallest <= l2 < np.inf:
            raise ValueError(
                f"l2 must be positive, and at least {smallest:.0e} for an exact inverse of this table; "
                f"received {l2}. Try 100 to 1000."
            )
        gram = common_users(positives).toarray()
        gram[np.diag_indices_from(gram)] += l2
        inverse = np.linalg.inv(gram)
        self.item_to_item = inverse / -inverse.diagonal()  # column by column
        np.fill_diagonal(self.item_to_item, 0)


def recency_weights(positives: Interactions, tau: float) -> np.ndarray:
    """Return how much each interaction counts if old ones fade: exp(-rank / tau).

    The rank is the number of later interactions of the same user: 0 for the most recent, 1 for the one before
    it. Only the order counts, not the clock.

    Parameters
    ----------
    positives : Interactions
        Made from a table in which each user's rows stand in order of time, as those of
        `recdl.splits.chronological_split` do. `Interactions` keeps the order of the rows, and no times.
    tau : float
        Above 0: after so many later interactions a weight has fallen to 1/e, 37 %. Infinity gives all ones.

    Returns
    -------
    ndarray of shape (n_interactions,)
        From 0 to 1, in the order of the interactions.

    Raises
    ------
    ValueError
        If tau is not positive, or the rows did not stand in order of time.
    """
    check_kind(Interactions, positives=positives)
    if not is_number(tau) or not tau > 0:
        raise ValueError(f"tau must be positive, for example 10; received {tau!r}.")
    positives.check_time_order()
    users = pd.Series(positives.users)
    rank = users.groupby(users).cumcount(ascending=False).to_numpy()
    return np.exp(-1 / float(tau)) ** rank


def _check_neighbourhood(k, shrinkage):
    check_at_least(1, **{"k, the number of neighbours,": k})
    if not is_number(shrinkage) or not 0 <= shrinkage < np.inf:
        raise ValueError(
            f"shrinkage must be 0, the plain cosine, or a positive number; received {shrinkage!r}."
        )
