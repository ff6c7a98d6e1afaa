"""GMF, MLP and NeuMF in Keras: He et al. (2017), with the arguments of the ``recommenders`` library.

From positions of users and items (`recdl.interactions.Interactions`) to *logits*, whose sigmoid is the
probability that this user interacts with this item. Ranking uses logits: 32-bit
probabilities tie near 0 and 1.
"""

import numpy as np

from recdl.checks import check_at_least, check_layers, check_truth, is_number
from recdl.interactions import check_users
from recdl.paper import SETTINGS
from recdl.quiet import no_startup_notes, start_tensorflow

with no_startup_notes():
    import keras
    from keras import layers, ops


class GMFTower(layers.Layer):
    """Generalised matrix factorisation: two vectors, multiplied number by number (eq. 9)."""

    def __init__(self, n_users, n_items, n_factors, layer_sizes, seeds):
        super().__init__(name="gmf")
        self.user = _table(n_users, n_factors, next(seeds))
        self.item = _table(n_items, n_factors, next(seeds))

    def call(self, users, items):
        """Return (batch, n_factors) from two (batch,) arrays of positions."""
        return self.user(users) * self.item(items)


class MLPTower(layers.Layer):
    """Two other vectors, one behind the other, sent through layers of neurons (eq. 10)."""

    def __init__(self, n_users, n_items, n_factors, layer_sizes, seeds):
        super().__init__(name="mlp")
        self.user = _table(n_users, layer_sizes[0] // 2, next(seeds))
        self.item = _table(n_items, layer_sizes[0] // 2, next(seeds))
        self.hidden = [_dense(size, next(seeds), "relu") for size in layer_sizes[1:]]

    def call(self, users, items):
        """Return (batch, layer_sizes[-1]) from two (batch,) arrays of positions."""
        vector = ops.concatenate([self.user(users), self.item(items)], axis=-1)
        for layer in self.hidden:
            vector = layer(vector)
        return vector


def _table(n_rows, n_columns, seed):
    small = keras.initializers.TruncatedNormal(stddev=0.01, seed=seed)
    return layers.Embedding(n_rows, n_columns, embeddings_initializer=small)


def _dense(size, seed, activation=None, use_bias=True):
    uniform = keras.initializers.GlorotUniform(seed=seed)
    return layers.Dense(size, activation, use_bias, kernel_initializer=uniform)


@keras.saving.register_keras_serializable("recdl")
class NeuMF(keras.Model):
    """Neural matrix factorisation: both towers, and a last neuron that reads them (eq. 12).

    `layer_sizes` are the MLP's: its input (even: half for the user's vector, half for the item's), then
    each layer. Every table and layer draws its first numbers from a seed of its own. The last neuron has a
    bias in He et al.'s code, and none in the library.
    """

    towers_of = (GMFTower, MLPTower)

    def __init__(
        self,
        n_users,
        n_items,
        n_factors=SETTINGS.n_factors,
        layer_sizes=SETTINGS.layer_sizes,
        use_bias=False,
        seed=SETTINGS.seed,
        **keras_options,
    ):
        start_tensorflow()
        super().__init__(**keras_options)
        sizes = {"n_users": n_users, "n_items": n_items, "n_factors": n_factors}
        check_at_least(1, **sizes)
        check_at_least(0, seed=seed)
        check_layers(layer_sizes)
        check_truth(use_bias=use_bias)
        sizes = {name: int(size) for name, size in sizes.items()}  # JSON has no NumPy's
        sizes["layer_sizes"] = [int(size) for size in layer_sizes]
        self.settings = sizes | {"use_bias": bool(use_bias), "seed": int(seed)}
        states = np.random.SeedSequence(seed).generate_state(len(layer_sizes) + 4)
        seeds = iter(states.tolist())
        self.towers = [tower(**sizes, seeds=seeds) for tower in self.towers_of]
        self.last = _dense(1, next(seeds), use_bias=use_bias)
        self((np.zeros(1, "int32"), np.zeros(1, "int32")))  # makes the weights

    def call(self, inputs):
        """Return logits (batch,) for users (batch,) and items (batch,)."""
        vectors = [tower(*inputs) for tower in self.towers]
        return self.last(ops.concatenate(vectors, axis=-1))[..., 0]

    def scores(self, users):
        """Return the logits (n, n_items) of all items for n users, for `recdl.ranking.top_k`."""
        n_items = self.settings["n_items"]
        users = check_users(users, self.settings["n_users"]).astype("int32")
        items = np.tile(np.arange(n_items, dtype="int32"), len(users))
        logits = self((np.repeat(users, n_items), items))
        return ops.convert_to_numpy(logits).reshape(len(users), n_items)

    def get_config(self):
        """Return the arguments, so that Keras can save and load the model."""
        return super().get_config() | self.settings


@keras.saving.register_keras_serializable("recdl")
class GMF(NeuMF):
    """The first tower alone; `layer_sizes` plays no part."""

    towers_of = (GMFTower,)


@keras.saving.register_keras_serializable("recdl")
class MLP(NeuMF):
    """The second tower alone; `n_factors` plays no part."""

    towers_of = (MLPTower,)


def pretrained(gmf: GMF, mlp: MLP, alpha: float = 0.5) -> NeuMF:
    """Return a NeuMF that begins with a trained GMF and a trained MLP (He et al., section 3.4.1).

    The towers are copied. The last neuron gets the weights ``alpha * gmf`` and ``(1 - alpha) * mlp``, and the
    bias, where there is one, is mixed alike: its logit is ``alpha * gmf's + (1 - alpha) * mlp's``.
    """
    if not is_number(alpha) or not 0 <= alpha <= 1:
        raise ValueError(f"alpha must lie between 0 and 1; received {alpha}.")
    same = ("n_users", "n_items", "use_bias")
    if not (isinstance(gmf, GMF) and isinstance(mlp, MLP)):
        raise TypeError("pretrained takes a GMF and an MLP, in this order.")
    if any(gmf.settings[name] != mlp.settings[name] for name in same):
        raise ValueError(f"GMF and MLP must agree in {', '.join(same)}.")
    model = NeuMF(**mlp.settings | {"n_factors": gmf.settings["n_factors"]})
    model.towers[0].set_weights(gmf.towers[0].get_weights())
    model.towers[1].set_weights(mlp.towers[0].get_weights())
    first = [alpha * weights for weights in gmf.last.get_weights()]
    second = [(1 - alpha) * weights for weights in mlp.last.get_weights()]
    biases = [a + b for a, b in zip(first[1:], second[1:], strict=True)]
    model.last.set_weights([np.vstack([first[0], second[0]]), *biases])
    return model


def dead_units(model: NeuMF) -> list[np.ndarray]:
    """Tell which neurons of each hidden layer of the MLP are 0 for every pair of user and item.

    A ReLU that is 0 everywhere has no gradient: it never wakes up, and what is behind it never hears of it.

    Returns
    -------
    list of ndarray of bool, each of shape (layer size,)

    Raises
    ------
    ValueError
        If a weight is NaN or infinite: with NaN, every neuron would look dead.
    """
    if not all(np.isfinite(weights).all() for weights in model.get_weights()):
        raise ValueError("A weight is NaN or infinite. Did the training diverge?")
    tower = model.towers[-1]
    users, items = tower.user.get_weights()[0], tower.item.get_weights()[0]
    alive = [np.zeros(layer.units, dtype=bool) for layer in tower.hidden]
    for user in users:
        vectors = np.hstack([np.broadcast_to(user, items.shape), items])
        for layer, is_alive in zip(tower.hidden, alive, strict=True):
            weights, bias = layer.get_weights()
            vectors = np.maximum(vectors @ weights + bias, 0)
            is_alive |= (vectors > 0).any(axis=0)
    return [~is_alive for is_alive in alive]
