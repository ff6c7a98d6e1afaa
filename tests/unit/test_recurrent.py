"""GRU4Rec in NumPy, film by film. What it shares with other models is tested in test_next_item.py."""

import numpy as np
import pytest

import walks


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_the_whole_model_in_numpy():
    small = walks.small()
    model = walks.gru(small, 4, width=3, n_layers=2)
    walks.fill(model)
    films = model.history[:1]
    table = model.films.get_weights()[0]
    there = films[0] != small.n_items
    assert there.tolist() == [False, True, True, True]
    inputs = table[films[0][there]] * np.sqrt(3)
    for unit in model.units:
        kernel, recurrent, (bias, recurrent_bias) = unit.get_weights()
        state, states = np.zeros(3), []
        for x in inputs:
            update, reset, new = np.split(x @ kernel + bias, 3)
            old_update, old_reset, old = np.split(state @ recurrent + recurrent_bias, 3)
            keep = sigmoid(update + old_update)
            new = np.tanh(new + sigmoid(reset + old_reset) * old)
            state = keep * state + (1 - keep) * new
            states.append(state)
        inputs = np.array(states)
    expected = inputs @ table[: small.n_items].T + model.bias.numpy()
    found = np.array(model(films))[0, there]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_more_padding_changes_nothing():
    cycle = walks.cycle()
    model = walks.gru(cycle, 8, n_layers=2)
    longer = np.pad(model.history, ((0, 0), (5, 0)), constant_values=cycle.n_items)
    short, long = (np.array(model(films))[:, -1] for films in (model.history, longer))
    np.testing.assert_allclose(short, long, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("n_layers", [0, 1.5, True])
def test_senseless_layers_are_refused(n_layers):
    with pytest.raises(ValueError, match="n_layers must be"):
        walks.gru(walks.small(), n_layers=n_layers)
