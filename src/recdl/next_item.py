"""What all models share that read in which order a user watched films, and predict the next one.

At each place of a history such a model tells which film comes next: a softmax over the whole catalogue, which
is small enough to need no sampled negatives (Klenitskiy and Vasilev 2023).

A history of the last `length` films stands at the right end of a row; places before it hold the *padding*,
one position behind the last film of the catalogue. A model must not let it have a say.
"""

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from recdl.checks import (
    check_at_least,
    check_generator,
    check_kind,
    check_positive,
    check_truth,
)
from recdl.interactions import Interactions, check_sizes, check_users
from recdl.losses import NEXT_FILM, Loss
from recdl.machine_code import shared
from recdl.quiet import no_startup_notes, start_tensorflow
from recdl.training import History, repeat

with no_startup_notes():
    import keras
    import tensorflow as tf
    from keras import layers, ops


def histories(positives: Interactions, length: int) -> np.ndarray:
    """Return each user's last films, int (n_users, length), the most recent one at the right end.

    `positives` must be made from a table in order of time, such as a part of a chronological split; an error
    tells otherwise. Films of the same second stand as in the table. Places without a film hold
    ``positives.n_items``, the padding.
    """
    check_at_least(1, length=length)
    order, _, n_after = _places(positives)
    recent = order[n_after < length]
    rows = np.full((positives.n_users, length), positives.n_items, dtype="int32")
    column = length - 1 - n_after[n_after < length]
    rows[positives.users[recent], column] = positives.items[recent]
    return rows


def _places(positives):
    # The interactions sorted by user, each user's in order; how many came before each, and how many after it.
    check_kind(Interactions, positives=positives)
    positives.check_time_order()
    order = np.argsort(positives.users, kind="stable")
    n_films = np.bincount(positives.users)
    n_before = np.arange(len(order)) - np.repeat(np.cumsum(n_films) - n_films, n_films)
    return order, n_before, np.repeat(n_films, n_films) - 1 - n_before


def windows(
    positives: Interactions,
    length: int,
    *,
    rng: np.random.Generator,
    n_next: int = 1,
    shuffle_ties: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """Cut all histories into windows and return their films, and the films that follow each of them.

    Where a user's first window begins is drawn anew at each call, so that over the epochs each film is seen
    with a long past and with a short one. Every film but a user's last has its place in one window. The
    `n_next` films that follow it may lie behind the end of the window.

    With `shuffle_ties`, films that a user rated in the same second come in a random order, another one at
    each call: in which order they were rated nobody knows, so a model should not learn that of the table.

    Returns
    -------
    films : ndarray of int, shape (n_windows, length)
    next_films : ndarray of int, shape (n_windows, length, n_next)
        Padding wherever there is no film.
    """
    check_at_least(1, length=length, n_next=n_next)
    check_generator(rng)
    check_truth(shuffle_ties=shuffle_ties)
    order, n_before, n_after = _places(positives)
    if shuffle_ties:
        order = _shuffled(order, positives.tied[order], rng)
    shift = rng.integers(length, size=positives.n_users)[positives.users[order]]
    return _laid_out(positives, length, n_next, order, n_before + shift, n_after)


def _laid_out(positives, length, n_next, order, place, n_after):
    # A film's place, counted from where the user's first window begins, says in which window it stands.
    items, users = positives.items[order], positives.users[order]
    window = users * len(order) + place // length  # a number for each window
    has_next = n_after > 0
    _, row = np.unique(window[has_next], return_inverse=True)
    n_windows, column = row.max(initial=-1) + 1, place[has_next] % length
    films = np.full((n_windows, length), positives.n_items, dtype="int32")
    next_films = np.full((n_windows, length, n_next), positives.n_items, dtype="int32")
    films[row, column] = items[has_next]
    for k in range(n_next):
        there = n_after[has_next] > k
        behind = np.flatnonzero(n_after > k) + k + 1
        next_films[row[there], column[there], k] = items[behind]
    return films, next_films


def _shuffled(order, tied, rng):
    # A moment is a number for all rows of one user and one second; within it, chance decides.
    if not tied.any():
        return order
    moment = np.cumsum(~tied)
    return order[np.lexsort((rng.random(len(order)), moment))]


class NextItem(keras.Model):
    """From films in the order in which a user saw them to logits of the next one; a class adds `states`.

    Parameters
    ----------
    history : ndarray of int, shape (n_users, length)
        From `histories`: what `scores` reads. Training does not use it. A saved model contains it.
    n_items : int
        The size of the catalogue.
    width : int
        Numbers per film, and of what the model knows at a place.
    dropout : float
        The part of the numbers that training sets to 0, from 0 to below 1.
    seed : int
        Of the first weights and of dropout.
    **sizes : int
        Further options of a class, each at least 1.
    """

    def __init__(self, history, n_items, width, dropout, seed, **sizes):
        start_tensorflow()
        super().__init__()
        sizes = {"n_items": n_items, "width": width} | sizes
        check_at_least(1, **sizes)
        check_at_least(0, seed=seed)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be from 0 to below 1; received {dropout}.")
        self.settings = {name: int(size) for name, size in sizes.items()}  # not NumPy's
        self.settings |= {"dropout": dropout, "seed": int(seed)}
        self.n_items, self.width = self.settings["n_items"], self.settings["width"]
        self.history = _checked(history, self.n_items)
        first, second = seeds_from(seed, 2, purpose=0)
        self.films = table(
            self.n_items + 1, self.width, first
        )  # one row for the padding
        self.drop = layers.Dropout(dropout, seed=second)
        self.bias = self.add_weight(
            shape=(self.n_items,), initializer="zeros", name="bias"
        )

    def states(self, films, training=False):
        """Return what the model knows at each place, (batch, length, width), from films (batch, length)."""
        raise NotImplementedError

    def read(self, films):
        """Return the numbers of films, in a size of about 1: (..., width)."""
        return self.films(films) * math.sqrt(self.width)

    def logits(self, states):
        """Compare states (..., width) with all films, in the table that reads the input: (..., n_items)."""
        films = self.films.embeddings[: self.n_items]
        return states @ ops.transpose(films) + self.bias

    def call(self, films, training=False):
        """Return logits (batch, length, n_items) of the film after each place of films (batch, length)."""
        return self.logits(self.states(films, training=training))

    def scores(self, users):
        """Return logits (n, n_items) of the film after the whole history of n users, given by position."""
        users = check_users(users, len(self.history))
        last = self.states(self.history[users])[:, -1]
        return ops.convert_to_numpy(self.logits(last))

    def get_config(self):
        """Return the arguments, so that Keras can save and load the model."""
        return {"history": self.history.tolist()} | self.settings


def seeds_from(seed: int, n: int, purpose: int) -> list[int]:
    """Return n seeds made of one; for another purpose, others."""
    return np.random.SeedSequence([seed, purpose]).generate_state(n).tolist()


def table(n_rows: int, n_columns: int, seed: int) -> layers.Embedding:
    """Return a table of numbers, one row for each film or place."""
    small = keras.initializers.TruncatedNormal(stddev=0.02, seed=seed)
    return layers.Embedding(n_rows, n_columns, embeddings_initializer=small)


def _checked(history, n_items):
    history = np.asarray(history)
    whole = history.ndim == 2 and history.dtype.kind in "iu" and history.size
    if not whole or not 0 <= history.min() <= history.max() <= n_items:
        raise ValueError(
            f"history must be a table of whole numbers from 0 to n_items, here {n_items}, as histories makes "
            f"it; received {history.dtype} in the shape {history.shape}. Use the same Interactions for both."
        )
    return history.astype("int32", copy=False)


@dataclasses.dataclass(frozen=True)
class CompiledStep:
    """From a model and an optimizer to a step of training for one loss, compiled by XLA.

    Those of equal losses are equal, which `recdl.machine_code.shared` asks of whatever compiles.
    """

    loss: Loss

    def __call__(
        self, model: NextItem, optimizer: keras.optimizers.Optimizer
    ) -> Callable:
        """Return a function that trains on one batch, films and the loss's answers, and returns its loss."""
        optimizer.build(model.trainable_variables)

        @tf.function(jit_compile=True, autograph=False)
        def step(films, *answers):
            with tf.GradientTape() as tape:
                loss = self.loss(model(films, training=True), *answers)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply(gradients, model.trainable_variables)
            return loss

        return step


def fit(
    model: NextItem,
    positives: Interactions,
    *,
    loss: Loss = NEXT_FILM,
    shuffle_ties: bool = True,
    n_epochs: int = 30,
    batch_size: int = 64,
    learning_rate: float = 3e-3,
    seed: int = 42,
    validate: Callable[[NextItem], float] | None = None,
    patience: int = 10,
) -> History:
    """Train on windows that are cut anew in each epoch; a batch holds `batch_size` of them.

    `loss` is one of `recdl.losses`, and `shuffle_ties` is explained at `windows`. The other arguments, the
    result, and what an interrupt leaves are those of `recdl.training.fit`.
    """
    check_at_least(1, n_epochs=n_epochs, batch_size=batch_size, patience=patience)
    check_at_least(0, seed=seed)
    check_positive(learning_rate=learning_rate)
    check_truth(shuffle_ties=shuffle_ties)
    check_kind(NextItem, model=model)
    check_kind(Loss, loss=loss)
    check_sizes(model, len(model.history), model.n_items, positives)
    _check_batch(positives, model.history.shape[1], batch_size)
    rng = np.random.default_rng(seed)
    optimizer = keras.optimizers.Adam(float(learning_rate))
    train = shared(CompiledStep(loss), model, optimizer)

    def an_epoch():
        batches = _batches(model, positives, loss, shuffle_ties, batch_size, rng)
        return float(np.mean(train(batches)))

    return repeat(model, an_epoch, n_epochs, validate, patience)


def _check_batch(positives, length, batch_size):
    n_films = np.bincount(positives.users)
    fewest = ((n_films[n_films > 1] - 2) // length + 1).sum()
    if fewest < batch_size:
        raise ValueError(
            f"A batch of {batch_size} is larger than all {fewest} windows of an epoch. Use a smaller one."
        )


def _batches(model, positives, loss, shuffle_ties, batch_size, rng):
    options = {"n_next": loss.n_next, "shuffle_ties": shuffle_ties, "rng": rng}
    films, next_films = windows(positives, model.history.shape[1], **options)
    order = rng.permutation(len(films))
    kept = len(films) // batch_size * batch_size  # the last, partial batch is dropped
    for rows in order[:kept].reshape(-1, batch_size):
        answers = loss.answers(next_films[rows], model.n_items, rng)
        yield tuple(map(tf.constant, (films[rows], *answers)))
