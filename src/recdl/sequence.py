"""Self-attention over a history: SASRec (Kang and McAuley 2018).

At each place of a history the model looks back at all films before that place and decides with
*self-attention* which of them matter. What it has in common with other models of the next film, and how it is
trained, stands in `recdl.next_item`.
"""

import math

import numpy as np

from recdl.next_item import NextItem, seeds_from, table
from recdl.quiet import no_startup_notes

with no_startup_notes():
    import keras
    from keras import layers, ops


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


@keras.saving.register_keras_serializable("recdl")
class SelfAttention(NextItem):
    """Blocks of self-attention, compared with the table of films that reads the input.

    Parameters
    ----------
    history, n_items, width, dropout, seed
        See `recdl.next_item.NextItem`; the width is a multiple of `n_heads`.
    n_blocks, n_heads : int
        Blocks one behind the other; independent attentions in each.
    """

    def __init__(
        self, history, n_items, width=64, n_blocks=2, n_heads=1, dropout=0.4, seed=42
    ):
        sizes = {"n_blocks": n_blocks, "n_heads": n_heads}
        super().__init__(history, n_items, width, dropout, seed, **sizes)
        if width % n_heads:
            raise ValueError(
                f"width must be a multiple of n_heads; received {width} and {n_heads}."
            )
        width, n_heads = self.width, self.settings["n_heads"]
        seeds = iter(seeds_from(seed, 1 + 8 * n_blocks, purpose=1))
        self.places = table(self.history.shape[1], width, next(seeds))
        self.blocks = [Block(width, n_heads, dropout, seeds) for _ in range(n_blocks)]
        self.norm = layers.LayerNormalization(epsilon=1e-6)
        self(self.history[:1])  # makes the weights

    def states(self, films, training=False):
        """Return what the model knows at each place, (batch, length, width), from films (batch, length)."""
        length = films.shape[1]
        earlier = np.tril(np.ones((length, length), dtype=bool))  # or the place itself
        allowed = ops.logical_and(earlier, (films != self.n_items)[:, None, None, :])
        x = self.read(films) + self.places(np.arange(length))
        x = self.drop(x, training=training)
        for block in self.blocks:
            x = block(x, allowed, training=training)
        return self.norm(x)
