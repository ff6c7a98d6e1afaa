"""Two models, one list: scores put on a common scale, then mixed."""

from collections.abc import Callable, Iterable

import numpy as np

from recdl.checks import check_kind, check_model, check_validation, is_number
from recdl.ranking import as_table, scores_of


def standardised(scores: np.ndarray) -> np.ndarray:
    """Shift and stretch each user's scores, (n, n_items), to mean 0 and standard deviation 1.

    The order of a user's items stays; a user whose scores are all equal gets zeros. A score of -inf, of an
    item that must not be shown, plays no part and stays what it is.
    """
    scores = as_table(scores)
    shown = np.isfinite(scores)
    finite, counted = scores, True
    if not shown.all():
        finite = np.where(shown, scores, 0.0)
        counted = shown | ~shown.any(
            axis=1, keepdims=True
        )  # of nothing there is no mean
    centred = finite - finite.mean(axis=1, keepdims=True, where=counted)
    spread = centred.std(axis=1, keepdims=True, where=counted)
    flat = np.where(shown, 0.0, scores)
    return np.divide(centred, spread, out=flat, where=shown & (spread > 0))


class Blend:
    """The weighted sum of the standardised scores of two models.

    Parameters
    ----------
    first, second : objects with ``scores(users)``
        Made from the same `recdl.interactions.Interactions`.
    weight : float
        That of the first, from 0 to 1; the second has the rest. A model with the weight 0 is not asked.
    """

    def __init__(self, first, second, weight: float):
        if not is_number(weight) or not 0 <= weight <= 1:
            raise ValueError(f"weight must lie between 0 and 1; received {weight!r}.")
        check_model(first, second)
        self.first, self.second, self.weight = first, second, weight

    def scores(self, users):
        """Return the scores (n, n_items) of all items for n users, given by position."""
        weights = ((self.first, self.weight), (self.second, 1 - self.weight))
        parts = [
            weight * standardised(scores_of(model, users).astype(float))
            for model, weight in weights
            if weight
        ]
        return sum(_of_the_same_items(parts))


def _of_the_same_items(parts):
    shapes = {part.shape for part in parts}
    if len(shapes) > 1:
        raise ValueError(
            "The models must score the same items; received the shapes "
            f"{' and '.join(map(str, sorted(shapes)))}."
        )
    return parts


class Mean:
    """The mean of the standardised scores of several models, such as one model trained with several seeds.

    Parameters
    ----------
    models : sequence of objects with ``scores(users)``
        At least one, all made from the same `recdl.interactions.Interactions`.
    """

    def __init__(self, models):
        self.models = list(models)
        if not self.models:
            raise ValueError("models must hold at least one model.")
        check_model(*self.models)

    def scores(self, users):
        """Return the scores (n, n_items) of all items for n users, given by position."""
        parts = [
            standardised(scores_of(model, users).astype(float)) for model in self.models
        ]
        return sum(_of_the_same_items(parts)) / len(parts)


def best_weight(first, second, validate: Callable[[Blend], float], weights) -> float:
    """Return the one of `weights` with the highest `validate(Blend(first, second, weight))`.

    Raises
    ------
    ValueError
        If there are no weights, one does not lie between 0 and 1, or `validate` returns for one of them what
        is not a finite number.
    """
    check_kind(Callable, validate=validate)
    check_kind(Iterable, weights=weights)
    blends, values = [Blend(first, second, weight) for weight in weights], {}
    if not blends:
        raise ValueError("weights must hold at least one weight, such as 0.5.")
    for blend in blends:
        values[blend.weight] = validate(blend)
        check_validation(values[blend.weight])
    return max(values, key=values.get)
