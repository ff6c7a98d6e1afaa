"""Two models, one list: scores put on a common scale, then mixed."""

from collections.abc import Callable

import numpy as np


def standardised(scores: np.ndarray) -> np.ndarray:
    """Shift and stretch each user's scores, (n, n_items), to mean 0 and standard deviation 1.

    The order of a user's items stays; a user whose scores are all equal gets zeros.
    """
    centred = scores - scores.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    return np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)


class Blend:
    """The weighted sum of the standardised scores of two models.

    Parameters
    ----------
    first, second : objects with ``scores(users)``
        Made from the same `recdl.prepare.Interactions`.
    weight : float
        That of the first, from 0 to 1; the second has the rest.
    """

    def __init__(self, first, second, weight: float):
        if not 0 <= weight <= 1:
            raise ValueError(f"weight must lie between 0 and 1; received {weight}.")
        self.first, self.second, self.weight = first, second, weight

    def scores(self, users):
        """Return the scores (n, n_items) of all items for n users, given by position."""
        first, second = (
            standardised(np.asarray(model.scores(users), dtype=float))
            for model in (self.first, self.second)
        )
        return self.weight * first + (1 - self.weight) * second


def best_weight(first, second, validate: Callable[[Blend], float], weights) -> float:
    """Return the one of `weights` with the highest `validate(Blend(first, second, weight))`."""
    return max(weights, key=lambda weight: validate(Blend(first, second, weight)))
