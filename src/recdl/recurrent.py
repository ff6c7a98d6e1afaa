"""A recurrent network over a history: GRU4Rec (Hidasi et al. 2016).

It reads one film after another and keeps in a *state* of fixed size what it has understood so far. A gated
recurrent unit (Cho et al. 2014) decides at each film how much of the state to replace.
"""

from recdl.next_item import NextItem, seeds_from
from recdl.quiet import no_startup_notes

with no_startup_notes():
    import keras
    from keras import layers


@keras.saving.register_keras_serializable("recdl")
class GRU4Rec(NextItem):
    """Gated recurrent units, compared with the table of films that reads the input.

    The article trains on sampled films with losses of its own; here the loss is one of `recdl.losses`, as it
    is for self-attention.

    Parameters
    ----------
    history, n_items, width, dropout, seed
        See `recdl.next_item.NextItem`.
    n_layers : int
        Layers of units; each reads the states of the one before.
    """

    def __init__(self, history, n_items, width=64, n_layers=1, dropout=0.4, seed=42):
        super().__init__(history, n_items, width, dropout, seed, n_layers=n_layers)
        seeds = iter(seeds_from(seed, 3 * n_layers, purpose=1))
        self.units = [_unit(self.width, seeds) for _ in range(n_layers)]
        self.drops = [
            layers.Dropout(dropout, seed=next(seeds)) for _ in range(n_layers)
        ]
        self(self.history[:1])  # makes the weights

    def states(self, films, training=False):
        """Return what the model knows at each place, (batch, length, width), from films (batch, length)."""
        there = films != self.n_items  # at the padding a state stays what it was
        x = self.drop(self.read(films), training=training)
        for unit, drop in zip(self.units, self.drops, strict=True):
            x = drop(unit(x, mask=there), training=training)
        return x


def _unit(width, seeds):
    uniform = keras.initializers.GlorotUniform(seed=next(seeds))
    orthogonal = keras.initializers.Orthogonal(seed=next(seeds))
    return layers.GRU(
        width,
        kernel_initializer=uniform,
        recurrent_initializer=orthogonal,
        return_sequences=True,
    )
