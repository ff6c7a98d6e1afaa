"""A NeuMF's scores of many items, sooner: what depends on the user or the item alone is computed once.

The first tower multiplies two vectors number by number, and a weighted sum of that is a product of matrices.
The first layer of the second tower adds up a part of the user and a part of the item. So the model's tables
are gathered once for each user and item, and not for each pair.
"""

import numpy as np

from recdl.checks import check_kind
from recdl.interactions import check_users
from recdl.models import GMFTower, NeuMF

BLOCK = 16  # users at once: what they need stays in the processor's cache


class Factored:
    """A trained model as arrays, with its logits up to rounding; later training of the model does not show.

    Parameters
    ----------
    model : recdl.models.NeuMF
        GMF and MLP too.
    """

    def __init__(self, model: NeuMF):
        check_kind(NeuMF, model=model)
        self.n_users = model.settings["n_users"]
        kernel, *bias = (np.asarray(w) for w in model.last.get_weights())
        self.bias, self.gmf, self.mlp, begin = (bias[0] if bias else 0), None, None, 0
        for tower in model.towers:
            users, items = (np.asarray(t.embeddings) for t in (tower.user, tower.item))
            if isinstance(tower, GMFTower):
                end = begin + users.shape[1]
                self.gmf = users * kernel[begin:end, 0], np.ascontiguousarray(items.T)
            else:
                layers = [layer.get_weights() for layer in tower.hidden]
                end = begin + (layers[-1][0].shape[1] if layers else 2 * users.shape[1])
                self.mlp = _first_layer(users, items, layers, kernel[begin:end])
            begin = end

    def scores(self, users) -> np.ndarray:
        """Return the logits (n, n_items) of all items for n users."""
        users = check_users(users, self.n_users)
        n_items = (self.gmf or self.mlp)[1].shape[1]
        found = np.empty((len(users), n_items), dtype="float32")
        for begin in range(0, len(users), BLOCK):
            here = slice(begin, begin + BLOCK)
            found[here] = self._block(users[here])
        return found

    def _block(self, users):
        scores = self.bias
        if self.gmf:
            scores = scores + self.gmf[0][users] @ self.gmf[1]
        if self.mlp:
            of_users, of_items, layers, last, is_cut = self.mlp
            # A number of a layer for all pairs stands in one piece: (numbers, users, items).
            values = of_users[users].T[:, :, None] + of_items[:, None, :]
            for weights, bias in layers:
                values = np.maximum(values, 0, out=values).reshape(len(values), -1)
                values = weights.T @ values + bias[:, None]
                values = values.reshape(len(values), len(users), -1)
            if is_cut:
                values = np.maximum(values, 0, out=values)
            scores = scores + np.tensordot(last[:, 0], values, 1)
        return scores


def _first_layer(users, items, layers, last):
    """Return what the first layer adds up for each user and each item, the other layers, the last weights.

    Behind them: whether there is a layer at all, whose numbers below 0 are cut off.
    """
    half, is_cut = users.shape[1], bool(layers)
    if is_cut:
        (first, bias), *layers = layers
    else:  # the vectors go straight to the last neuron
        first, bias = np.eye(2 * half, dtype=users.dtype), 0
    of_users, of_items = users @ first[:half], items @ first[half:] + bias
    return of_users, np.ascontiguousarray(of_items.T), layers, last, is_cut
