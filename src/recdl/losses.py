"""What a model of the next film is trained for: a loss compares its logits with the films that came.

A loss is a small object. Two with the same options are equal, so models that are trained for them share their
machine code; see `recdl.machine_code`.
"""

import dataclasses

import numpy as np

from recdl.checks import check_at_least, is_number
from recdl.quiet import no_startup_notes

with no_startup_notes():
    import tensorflow as tf

FADING = 0.8  # each further film of the future counts so many times as much as the one before


class Loss:
    """What the losses have in common: a call returns one number for a batch, to be made small."""

    n_next = 1  # films of the future that it looks at, at each place

    def answers(self, next_films, n_items, rng):
        """Return what a call needs beside the logits; of a random loss, drawn from `rng`."""
        return (next_films,)

    def __call__(self, logits, next_films):
        """Return the mean over all places that have a next film.

        `logits` has the shape (batch, length, n_items); `next_films`, int (batch, length, n_next), holds
        n_items where no film comes any more.
        """
        raise NotImplementedError


@dataclasses.dataclass(frozen=True)
class CrossEntropy(Loss):
    """The softmax over the catalogue against the next `n_next` films (Klenitskiy and Vasilev 2023 for one).

    Parameters
    ----------
    n_next : int
        How many films of the future are to be foreseen at each place. Their shares of the whole fall like 1,
        0.8, 0.64, …; where fewer films come, these have it all.
    smoothing : float
        The part of the whole that is spread evenly over the catalogue (Szegedy et al. 2016), from 0 to below
        1.
    """

    n_next: int = 1
    smoothing: float = 0.0

    def __post_init__(self):
        check_at_least(1, n_next=self.n_next)
        if not is_number(self.smoothing) or not 0 <= self.smoothing < 1:
            raise ValueError(
                f"smoothing must be from 0 to below 1; received {self.smoothing!r}."
            )

    def __call__(self, logits, next_films):
        """Return the mean over all places that have a next film; shapes as in `Loss`."""
        n_items = logits.shape[-1]
        wanted = tf.add_n(
            [
                FADING**k * tf.one_hot(next_films[..., k], n_items)  # of n_items: 0
                for k in range(self.n_next)
            ]
        )
        total = tf.reduce_sum(wanted, axis=-1, keepdims=True)
        wanted = tf.math.divide_no_nan(wanted, total)
        if self.smoothing:
            wanted = (1 - self.smoothing) * wanted + self.smoothing / n_items
        costs = tf.nn.softmax_cross_entropy_with_logits(wanted, logits)
        return _mean(costs, next_films, n_items)


NEXT_FILM = CrossEntropy()  # and no film behind it


@dataclasses.dataclass(frozen=True)
class GBCE(Loss):
    """The next film against drawn ones, each for itself: gBCE of gSASRec (Petrov and Macdonald 2023).

    Where few negatives are drawn, a model that is trained to tell them from the next film becomes too sure.
    The log-probability of the next film therefore counts `beta` times, less than once.

    Parameters
    ----------
    n_negatives : int
        Films that are drawn at each place, each of all but the next film, with replacement.
    t : float
        From 0, where beta is 1, plain binary cross-entropy, to 1, where it is the share of the films that is
        drawn, and the model's probabilities are those of the softmax.
    """

    n_negatives: int = 128
    t: float = 0.75

    def __post_init__(self):
        check_at_least(1, n_negatives=self.n_negatives)
        if not is_number(self.t) or not 0 <= self.t <= 1:
            raise ValueError(f"t must lie between 0 and 1; received {self.t!r}.")

    def answers(self, next_films, n_items, rng):
        """Return the next films and, (batch, length, n_items), how many times each film was drawn."""
        if self.n_negatives >= n_items:
            raise ValueError(
                f"n_negatives must be smaller than the catalogue of {n_items} films; received "
                f"{self.n_negatives}."
            )
        places = next_films[..., 0].ravel()
        drawn = rng.integers(n_items - 1, size=(len(places), self.n_negatives))
        drawn += drawn >= places[:, None]  # steps over the next film
        drawn += np.arange(len(places))[:, None] * n_items
        times = np.bincount(drawn.ravel(), minlength=len(places) * n_items)
        return next_films, times.reshape(*next_films.shape[:2], -1).astype("float32")

    def __call__(self, logits, next_films, times):
        """Return the mean over all places that have a next film; shapes as in `Loss`."""
        n_items = logits.shape[-1]
        alpha = self.n_negatives / (n_items - 1)
        beta = alpha * (self.t * (1 - 1 / alpha) + 1 / alpha)
        came = tf.one_hot(next_films[..., 0], n_items)
        # -log sigmoid(x) is softplus(x) - x, and -log(1 - sigmoid(x)) is softplus(x).
        parts = (beta * came + times) * tf.nn.softplus(logits) - beta * came * logits
        costs = tf.reduce_sum(parts, axis=-1) / (1 + self.n_negatives)
        return _mean(costs, next_films, n_items)


def _mean(costs, next_films, n_items):
    has_next = tf.cast(next_films[..., 0] != n_items, tf.float32)
    return tf.reduce_sum(costs * has_next) / tf.reduce_sum(has_next)
