"""Self-attention in NumPy. What it shares with other models is tested in test_next_item.py."""

import numpy as np
import pytest

import walks
from later import Later

sequence = Later("recdl.sequence")


def test_attention_in_numpy():
    rng = np.random.default_rng(0)
    queries, keys, values = rng.normal(size=(3, 2, 2, 4, 3)).astype("float32")
    allowed = np.tril(np.ones((4, 4), dtype=bool))
    found = np.array(sequence.attend(queries, keys, values, allowed))
    for batch in range(2):
        for head in range(2):
            for place in range(4):
                fit = (
                    keys[batch, head, : place + 1]
                    @ queries[batch, head, place]
                    / np.sqrt(3)
                )
                weights = np.exp(fit) / np.exp(fit).sum()
                expected = weights @ values[batch, head, : place + 1]
                np.testing.assert_allclose(
                    found[batch, head, place], expected, rtol=1e-4
                )


def test_the_whole_model_in_numpy():
    small = walks.small()
    model = walks.self_attention(small, 3, width=4, n_heads=2)
    walks.fill(model)
    films = model.history[:1]
    block = model.blocks[0]

    def norm(x, layer):
        gamma, beta = layer.get_weights()
        centred = x - x.mean(axis=-1, keepdims=True)
        return (
            centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-6) * gamma
            + beta
        )

    def dense(x, layer):
        kernel, bias = layer.get_weights()
        return x @ kernel + bias

    table, places = model.films.get_weights()[0], model.places.get_weights()[0]
    x = table[films[0]] * 2 + places
    before = norm(x, block.norms[0])
    parts = [
        dense(before, layer) for layer in (block.queries, block.keys, block.values)
    ]
    seen = np.zeros((3, 4))
    for head in range(2):
        queries, keys, values = (part[:, 2 * head : 2 * head + 2] for part in parts)
        fit = np.where(
            np.tril(np.ones((3, 3))) > 0, queries @ keys.T / np.sqrt(2), -np.inf
        )
        weights = np.exp(fit) / np.exp(fit).sum(axis=1, keepdims=True)
        seen[:, 2 * head : 2 * head + 2] = weights @ values
    x = x + dense(seen, block.mix)
    hidden = np.maximum(dense(norm(x, block.norms[1]), block.hidden), 0)
    x = x + dense(hidden, block.back)
    expected = norm(x, model.norm) @ table[: small.n_items].T + model.bias.numpy()
    np.testing.assert_allclose(
        np.array(model(films))[0], expected, rtol=2e-3, atol=2e-3
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": 10, "n_heads": 3}, "multiple of n_heads"),
        ({"n_blocks": 0}, "n_blocks must be"),
        ({"n_heads": 0}, "n_heads must be"),
    ],
)
def test_senseless_sizes_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        walks.self_attention(walks.small(), **options)
