"""The Keras models are the library's: with its weights copied in, they predict what it predicted.

make_library_weights.py trained the library's own models, in a process of its own, on invented data.
"""

import functools
import pathlib

import numpy as np
import pytest

from later import Later

models = Later("recdl.models")

KINDS = ["GMF", "MLP", "NeuMF"]


with np.load(pathlib.Path(__file__).with_name("library_weights.npz")) as file:
    STORED = dict(file)  # the library's weights and predictions, by name


@functools.cache
def copied(kind):
    """Return a Keras model with the library's weights."""

    def of(name):
        return STORED[f"{kind}/{name}"]

    (n_users, n_factors), (n_items, _) = (
        of(f"embedding/embedding_gmf_{table}").shape for table in "PQ"
    )
    scopes = ["mlp/fully_connected", "mlp/fully_connected_1"]
    layer_sizes = [len(of(f"{scopes[0]}/weights"))]
    layer_sizes += [len(of(f"{scope}/biases")) for scope in scopes]
    model = getattr(models, kind)(n_users, n_items, n_factors, layer_sizes)
    for tower in model.towers:
        tower.user.set_weights([of(f"embedding/embedding_{tower.name}_P")])
        tower.item.set_weights([of(f"embedding/embedding_{tower.name}_Q")])
        for layer, scope in zip(getattr(tower, "hidden", []), scopes, strict=False):
            layer.set_weights([of(f"{scope}/weights"), of(f"{scope}/biases")])
    model.last.set_weights([of("ncf/fully_connected/weights")])
    return model


def probabilities(model):
    users = np.arange(model.settings["n_users"])
    return 1 / (1 + np.exp(-model.scores(users).astype(float)))


@pytest.mark.parametrize("kind", KINDS)
def test_all_predictions_are_the_librarys(kind):
    ours = probabilities(copied(kind))
    np.testing.assert_allclose(ours, STORED[f"{kind}/predictions"], rtol=0, atol=1e-6)


def test_a_pretrained_neumf_predicts_as_the_librarys():
    gmf, mlp = copied("GMF"), copied("MLP")
    ours = probabilities(models.pretrained(gmf, mlp, float(STORED["alpha"])))
    np.testing.assert_allclose(
        ours, STORED["pretrained/predictions"], rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_weight_of_the_library_is_copied(kind):
    """The library makes both towers for each type; a GMF's or an MLP's other tower goes unused."""
    unused = {"GMF": "mlp", "MLP": "gmf", "NeuMF": "no tower"}[kind]
    theirs = [
        values.size
        for name, values in STORED.items()
        if name.startswith(f"{kind}/")
        and unused not in name
        and "predictions" not in name
    ]
    assert copied(kind).count_params() == sum(theirs)


@pytest.mark.parametrize("kind", [*KINDS, "pretrained"])
def test_the_stored_model_was_trained(kind):
    predicted = STORED[f"{kind}/predictions"]
    positive = np.zeros(predicted.shape, dtype=bool)
    positive[STORED["users"], STORED["items"]] = True
    higher = predicted[positive][:, None] > predicted[~positive]
    assert higher.mean() > 0.75  # of all pairs of a positive and a negative
    assert predicted.std() > 0.1


def test_the_stored_hidden_layers_work():
    """A ReLU that always or never fires, or a bias of 0, would hide a wrong copy."""
    for kind in ("MLP", "NeuMF"):
        tower = copied(kind).towers[-1]
        inputs = np.arange(30).repeat(40), np.tile(np.arange(40), 30)
        assert 0.1 < (tower(*inputs).numpy() > 0).mean() < 0.9
        assert all((layer.bias.numpy() != 0).any() for layer in tower.hidden)
