"""Self-attention over a history: a model that reads in which order a user watched films.

SASRec (Kang and McAuley 2018) predicts, at each place of a history, the film that comes next. It looks back
at all films before that place and decides with *self-attention* which of them matter. Here the prediction is
a softmax over the whole catalogue, without sampled negatives (Klenitskiy and Vasilev 2023): it is small.

A history of the last `length` films stands at the right end of a row; places before it hold the *padding*,
one position behind the last film of the catalogue. The model never lets them have a say.
"""

import math
from collections.abc import Callable

import numpy as np

from recdl.checks import check_at_least, check_generator, check_kind, check_positive
from recdl.interactions import Interactions, check_sizes, check_users
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
    tells otherwise. Places without a film hold ``positives.n_items``, the padding.
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
    positives: Interactions, length: int, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Cut all histories into windows and return their films, and the film that follows each of them.

    Where a user's first window begins is drawn anew at each call, so that over the epochs each film is seen
    with a long past and with a short one. Every film but a user's first is a target exactly once.

    Returns
    -------
    films, next_films : ndarray of int, shape (n_windows, length)
        Padding wherever there is no film.
    """
    check_at_least(1, length=length)
    check_generator(rng)
    order, n_before, n_after = _places(positives)
    items, users = positives.items[order], positives.users[order]
    shift = rng.integers(length, size=positives.n_users)[users]
    place = n_before + shift
    window = users * len(order) + place // length  # a number for each window
    has_next = n_after > 0
    _, row = np.unique(window[has_next], return_inverse=True)
    films = np.full((row.max(initial=-1) + 1, length), positives.n_items, dtype="int32")
    next_films = films.copy()
    column = place[has_next] % length
    films[row, column] = items[has_next]
    next_films[row, column] = items[1:][has_next[:-1]]
    return films, next_films


def attend(queries, keys, values, allowed):
    """Return for each place a mean of the values, weighted by how well its query fits the keys.

    Queries, keys and values have the shape (batch, heads, places, width). `allowed`, (batch, 1, places,
    places), is true where a place (row) may look at another one (column). This is
    ``softmax(Q K^T / sqrt(width)) V`` of Vaswani et al. (2017), section 3.2.1.
    """
    fit = queries @ ops.swapaxes(keys, -1, -2) / math.sqrt(queries.shape[-1])
    fit = ops.where(allowed, fit, -1e9)  # after the softmax: 0
    return ops.softmax(fit, axis=-1) @ values


class Block(layers.Layer):
    """Self-attention, then two dense layers at each place; both add to what was there."""

    def __init__(self, width, n_heads, dropout, seeds):
        super().__init__()
        self.n_heads = n_heads
        self.queries, self.keys, self.values, self.mix, self.back = (
            _dense(width, next(seeds)) for _ in range(5)
        )
        self.hidden = _dense(width, next(seeds), "relu")
        self.norms = [layers.LayerNormalization(epsilon=1e-6) for _ in range(2)]
        self.drops = [layers.Dropout(dropout, seed=next(seeds)) for _ in range(2)]

    def call(self, x, allowed, training=False):
        """Return (batch, places, width) from the same shape."""
        before = self.norms[0](x)
        queries, keys, values = (
            self._heads(layer(before))
            for layer in (self.queries, self.keys, self.values)
        )
        seen = ops.swapaxes(attend(queries, keys, values, allowed), 1, 2)
        seen = self.mix(ops.reshape(seen, ops.shape(x)))
        x = x + self.drops[0](seen, training=training)
        thought = self.back(self.hidden(self.norms[1](x)))
        return x + self.drops[1](thought, training=training)

    def _heads(self, x):
        batch, places, width = ops.shape(x)
        parts = ops.reshape(x, (batch, places, self.n_heads, width // self.n_heads))
        return ops.swapaxes(parts, 1, 2)


def _dense(size, seed, activation=None):
    uniform = keras.initializers.GlorotUniform(seed=seed)
    return layers.Dense(size, activation, kernel_initializer=uniform)


def _table(n_rows, n_columns, seed):
    small = keras.initializers.TruncatedNormal(stddev=0.02, seed=seed)
    return layers.Embedding(n_rows, n_columns, embeddings_initializer=small)


@keras.saving.register_keras_serializable("recdl")
class SelfAttention(keras.Model):
    """From films in the order in which a user saw them to logits of the next one.

    Parameters
    ----------
    history : ndarray of int, shape (n_users, length)
        From `histories`: what `scores` reads. Training does not use it. A saved model contains it.
    n_items : int
        The size of the catalogue.
    width : int
        Numbers per film, place and neuron layer; a multiple of `n_heads`.
    n_blocks, n_heads : int
        Blocks one behind the other; independent attentions in each.
    dropout : float
        The part of the numbers that training sets to 0, from 0 to below 1.
    seed : int
        Of the first weights and of dropout.
    """

    def __init__(
        self, history, n_items, width=64, n_blocks=2, n_heads=1, dropout=0.4, seed=42
    ):
        start_tensorflow()
        super().__init__()
        check_at_least(
            1, n_items=n_items, width=width, n_blocks=n_blocks, n_heads=n_heads
        )
        check_at_least(0, seed=seed)
        if width % n_heads:
            raise ValueError(
                f"width must be a multiple of n_heads; received {width} and {n_heads}."
            )
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be from 0 to below 1; received {dropout}.")
        n_items, width, n_heads = int(n_items), int(width), int(n_heads)  # not NumPy's
        self.history = _checked(history, n_items)
        self.n_items, self.width = n_items, width
        self.settings = {"n_items": n_items, "width": width, "n_blocks": int(n_blocks)}
        self.settings |= {"n_heads": n_heads, "dropout": dropout, "seed": int(seed)}
        states = np.random.SeedSequence(seed).generate_state(3 + 8 * n_blocks)
        seeds = iter(states.tolist())
        self.films = _table(n_items + 1, width, next(seeds))  # one row for the padding
        self.places = _table(self.history.shape[1], width, next(seeds))
        self.drop = layers.Dropout(dropout, seed=next(seeds))
        self.blocks = [Block(width, n_heads, dropout, seeds) for _ in range(n_blocks)]
        self.norm = layers.LayerNormalization(epsilon=1e-6)
        self.bias = self.add_weight(shape=(n_items,), initializer="zeros", name="bias")
        self(self.history[:1])  # makes the weights

    def states(self, films, training=False):
        """Return what the model knows at each place, (batch, length, width), from films (batch, length)."""
        length = films.shape[1]
        earlier = np.tril(np.ones((length, length), dtype=bool))  # or the place itself
        allowed = ops.logical_and(earlier, (films != self.n_items)[:, None, None, :])
        x = self.films(films) * math.sqrt(self.width) + self.places(np.arange(length))
        x = self.drop(x, training=training)
        for block in self.blocks:
            x = block(x, allowed, training=training)
        return self.norm(x)

    def logits(self, states):
        """Compare states (..., width) with all films, in the table that reads the input: (..., n_items)."""
        table = self.films.embeddings[: self.n_items]
        return states @ ops.transpose(table) + self.bias

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


def _checked(history, n_items):
    history = np.asarray(history)
    whole = history.ndim == 2 and history.dtype.kind in "iu" and history.size
    if not whole or not 0 <= history.min() <= history.max() <= n_items:
        raise ValueError(
            f"history must be a table of whole numbers from 0 to n_items, here {n_items}, as histories makes "
            f"it; received {history.dtype} in the shape {history.shape}. Use the same Interactions for both."
        )
    return history.astype("int32", copy=False)


def compiled_step(
    model: SelfAttention, optimizer: keras.optimizers.Optimizer
) -> Callable:
    """Return a function that trains on one batch of `windows`, compiled by XLA, and returns its loss.

    The loss is the mean cross-entropy between the softmax over the catalogue and the film that came, over all
    places that have a next film.
    """
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=True, autograph=False)
    def step(films, next_films):
        with tf.GradientTape() as tape:
            has_next = tf.cast(next_films != model.n_items, tf.float32)
            costs = tf.nn.sparse_softmax_cross_entropy_with_logits(
                tf.minimum(next_films, model.n_items - 1), model(films, training=True)
            )
            loss = tf.reduce_sum(costs * has_next) / tf.reduce_sum(has_next)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    return step


def fit(
    model: SelfAttention,
    positives: Interactions,
    *,
    n_epochs: int = 30,
    batch_size: int = 64,
    learning_rate: float = 3e-3,
    seed: int = 42,
    validate: Callable[[SelfAttention], float] | None = None,
    patience: int = 10,
) -> History:
    """Train on windows that are cut anew in each epoch; a batch holds `batch_size` of them.

    The other arguments, the result, and what an interrupt leaves are those of `recdl.training.fit`.
    """
    check_at_least(1, n_epochs=n_epochs, batch_size=batch_size, patience=patience)
    check_at_least(0, seed=seed)
    check_positive(learning_rate=learning_rate)
    check_kind(SelfAttention, model=model)
    check_sizes(model, len(model.history), model.n_items, positives)
    _check_batch(positives, model.history.shape[1], batch_size)
    rng = np.random.default_rng(seed)
    optimizer = keras.optimizers.Adam(float(learning_rate))
    train = shared(compiled_step, model, optimizer)

    def an_epoch():
        return float(np.mean(train(_batches(model, positives, batch_size, rng))))

    return repeat(model, an_epoch, n_epochs, validate, patience)


def _check_batch(positives, length, batch_size):
    n_films = np.bincount(positives.users)
    fewest = ((n_films[n_films > 1] - 2) // length + 1).sum()
    if fewest < batch_size:
        raise ValueError(
            f"A batch of {batch_size} is larger than all {fewest} windows of an epoch. Use a smaller one."
        )


def _batches(model, positives, batch_size, rng):
    films, next_films = windows(positives, model.history.shape[1], rng=rng)
    order = rng.permutation(len(films))
    kept = len(films) // batch_size * batch_size  # the last, partial batch is dropped
    for rows in order[:kept].reshape(-1, batch_size):
        yield tf.constant(films[rows]), tf.constant(next_films[rows])
