"""The running mean of a network's weights over its epochs, often better than the weights of any one epoch.

Every batch pulls a network in another direction, so after each epoch it stands somewhere else around the
place that it is looking for. The mean of these places lies nearer to the middle (Izmailov et al. 2018).
"""

from collections.abc import Callable

import numpy as np

from recdl.checks import check_kind, is_number
from recdl.quiet import no_startup_notes

with no_startup_notes():
    import keras

SHARE = 0.2  # of the newest weights; chosen on validation


class RunningMean:
    """Follow a model through its training, and average its weights; the training itself does not notice.

    It stands in the place of `validate`::

        mean = RunningMean(validate)
        next_item.fit(model, positives, validate=mean)
        model.set_weights(mean.weights)

    Parameters
    ----------
    validate : callable, optional
        From a model to a number, higher being better; it is asked about the mean. Without it the last epoch
        counts as the best one: give `fit` the number of epochs.
    share : float
        Above 0, at most 1: how far the mean goes towards the newest weights. With 1 there is no mean.

    Attributes
    ----------
    weights : list of ndarray, or None
        The mean after the best epoch, for ``model.set_weights``. None before the first epoch.
    """

    def __init__(
        self,
        validate: Callable[[keras.Model], float] | None = None,
        share: float = SHARE,
    ):
        if validate is not None:
            check_kind(Callable, validate=validate)
        if not is_number(share) or not 0 < share <= 1:
            raise ValueError(
                f"share must be above 0 and at most 1; received {share!r}."
            )
        self.validate, self.share = validate, share
        self.weights, self._mean, self._values = None, None, []

    def __call__(self, model: keras.Model) -> float:
        """Take the weights of one more epoch into the mean, and return how good the mean is."""
        newest = model.get_weights()
        self._mean = [
            _moved(old, new, self.share)
            for old, new in zip(self._mean or newest, newest, strict=True)
        ]
        value = self._judged(model, newest)
        if not self._values or value > max(self._values):
            self.weights = self._mean
        self._values.append(value)
        return value

    def _judged(self, model, newest):
        if self.validate is None:
            return float(len(self._values))
        model.set_weights(self._mean)
        try:
            return self.validate(model)
        finally:
            model.set_weights(newest)  # from here the training goes on


def _moved(old, new, share):
    # The state of a generator, as dropout has one, is a whole number and has no mean.
    return old + share * (new - old) if np.issubdtype(new.dtype, np.floating) else new
