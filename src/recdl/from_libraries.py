"""Three classical methods without a closed form, from libraries that keep them well: SLIM, iALS and BPR.

SLIM is scikit-learn's ElasticNet, once for each item. iALS and BPR are those of ``implicit``, with one thread
and a seed, so that the same seed gives the same numbers. All have ``scores(users)``, as `recdl.baselines`.
"""

import numpy as np
import threadpoolctl
from scipy import sparse

from recdl.baselines import ItemToItem, as_rows, common_users
from recdl.checks import check_at_least, check_positive, is_number
from recdl.interactions import Interactions, check_users


class SLIM(ItemToItem):
    """Sparse linear method, Ning and Karypis (2011): EASE with few entries, none of them negative.

    Column j of `item_to_item` minimises ``|x_j - X w|² / 2 + l2 |w|² / 2 + l1 Σ|w|`` with ``w >= 0`` and
    ``w_j = 0``, where X is the table of zeros and ones and x_j its column j.

    Parameters
    ----------
    positives, weights
        See `recdl.baselines.ItemToItem`.
    l1, l2 : float
        What entries cost; both positive. A larger l1 leaves fewer entries.
    """

    def __init__(self, positives: Interactions, l1=1.0, l2=100.0, weights=None):
        from sklearn.linear_model import ElasticNet

        check_positive(l1=l1, l2=l2)
        super().__init__(positives, weights)
        n_users, n_items = self.history.shape
        regression = ElasticNet(  # it divides the squared error by the number of users
            alpha=(l1 + l2) / n_users,
            l1_ratio=l1 / (l1 + l2),
            positive=True,
            fit_intercept=False,
            copy_X=False,
            tol=1e-4,
        )
        table = np.asfortranarray(as_rows(positives).toarray())
        gram = np.ascontiguousarray(common_users(positives).toarray())
        self.item_to_item = np.zeros((n_items, n_items))
        for item in range(n_items):
            column, products = table[:, item].copy(), gram[item].copy()
            table[:, item] = gram[item] = gram[:, item] = 0  # no item predicts itself
            regression.precompute = gram
            self.item_to_item[:, item] = regression.fit(table, column).coef_
            table[:, item], gram[item], gram[:, item] = column, products, products


class _Factors:
    """Scores are products of two vectors of numbers, one of the user and one of the item."""

    def __init__(self, method, positives, **options):
        from implicit.recommender_base import ModelFitError

        diverged = (
            f"The training of {type(self).__name__} diverged: a factor is NaN or infinite. Use a larger l2 "
            "or, where there is one, a smaller learning_rate."
        )
        rows = sparse.csr_matrix(as_rows(positives), dtype="float32")
        with threadpoolctl.threadpool_limits(1, "blas"):  # as implicit asks, for speed
            trained = method(num_threads=1, **options)
            try:
                trained.fit(rows, show_progress=False)
            except ModelFitError as error:
                raise ValueError(diverged) from error
        self.users, self.items = trained.user_factors, trained.item_factors
        if not (np.isfinite(self.users).all() and np.isfinite(self.items).all()):
            raise ValueError(diverged)

    def scores(self, users):
        """Return the scores (n, n_items) of all items for n users, given by position."""
        return self.users[check_users(users, len(self.users))] @ self.items.T


class IALS(_Factors):
    """Matrix factorisation of the whole table, empty cells too: Hu, Koren and Volinsky (2008).

    An interaction weighs `alpha`, an empty cell 1. Users and items take turns: with the one side fixed, the
    other is a regression. Each turn goes three steps of conjugate gradients towards its solution, from where
    it stands (Takács, Pilászy and Tikk 2011): with many factors a fraction of the time of solving it.

    Parameters
    ----------
    positives : Interactions
    n_factors, n_epochs : int
        Numbers per user and item; turns.
    l2, alpha : float
        What large factors cost; the weight of an interaction.
    seed : int
        Of the first factors.
    """

    def __init__(
        self, positives, n_factors=64, l2=10.0, alpha=5.0, n_epochs=15, seed=42
    ):
        from implicit.cpu.als import AlternatingLeastSquares

        check_at_least(1, n_factors=n_factors, n_epochs=n_epochs)
        check_at_least(0, seed=seed)
        check_positive(l2=l2, alpha=alpha)
        super().__init__(
            AlternatingLeastSquares,
            positives,
            factors=n_factors,
            regularization=l2,
            alpha=alpha,
            iterations=n_epochs,
            dtype=np.float64,
            use_cg=True,
            random_state=seed,
        )


class BPR(_Factors):
    """Bayesian personalised ranking, Rendle et al. (2009): a positive should beat a drawn negative.

    Parameters
    ----------
    positives : Interactions
    n_factors, n_epochs : int
    learning_rate, l2 : float
        The step of the stochastic gradient descent; what large factors cost.
    seed : int
        Of the first factors and of all draws.
    """

    def __init__(
        self,
        positives,
        n_factors=64,
        learning_rate=0.05,
        l2=0.01,
        n_epochs=100,
        seed=42,
    ):
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        check_at_least(1, n_factors=n_factors, n_epochs=n_epochs)
        check_at_least(0, seed=seed)
        check_positive(learning_rate=learning_rate)
        if not is_number(l2) or not 0 <= l2 < np.inf:
            raise ValueError(f"l2 must be 0 or a positive number; received {l2!r}.")
        super().__init__(
            BayesianPersonalizedRanking,
            positives,
            factors=n_factors,
            learning_rate=learning_rate,
            regularization=l2,
            iterations=n_epochs,
            random_state=seed,
        )
