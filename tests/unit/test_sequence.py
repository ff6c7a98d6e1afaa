"""Self-attention: windows by hand, attention in NumPy, no look ahead, a pattern that can be learnt."""

import itertools

import numpy as np
import pandas as pd
import pytest

from later import Later
from recdl import interactions, ranking
from recdl.columns import DataError

sequence = Later("recdl.sequence")

HISTORIES = {0: [1, 2, 3], 1: [4], 2: [0, 3, 2, 1, 4]}


def in_order(rows):
    """Return interactions whose rows (user, item) stand in order of time."""
    table = pd.DataFrame(rows, columns=["userID", "itemID"])
    return interactions.Interactions(table, in_time_order=True)


@pytest.fixture
def small():
    rows = [(u, i) for u, items in HISTORIES.items() for i in items]
    return in_order(rows)


@pytest.fixture(scope="module")
def cycle():
    """Return 60 users who walk round 12 films, each from a place of their own."""
    rows = [(u, (u + step) % 12) for u in range(60) for step in range(4 + u % 5)]
    return in_order(rows)


def identifiers(rows, world):
    names = np.append(world.item_ids, -1)
    return names[rows].tolist()


def make(world, length=6, **options):
    options = {"width": 16, "n_blocks": 1, "dropout": 0.0, "seed": 1} | options
    history = sequence.histories(world, length)
    return sequence.SelfAttention(history, world.n_items, **options)


@pytest.mark.parametrize(
    "use",
    [
        lambda world: sequence.histories(world, 3),
        lambda world: sequence.windows(world, 3, rng=np.random.default_rng(0)),
    ],
    ids=["histories", "windows"],
)
@pytest.mark.parametrize(
    ("vouched", "words"), [(False, "sort_values"), (None, "knows")]
)
def test_a_history_needs_rows_in_order_of_time(use, vouched, words):
    table = pd.DataFrame({"userID": [1, 1, 2], "itemID": [1, 2, 1]})
    with pytest.raises(DataError, match=words):
        use(interactions.Interactions(table, in_time_order=vouched))


@pytest.mark.parametrize("length", [0, -1, 2.5])
def test_a_length_is_a_number_of_films(small, length):
    with pytest.raises(ValueError, match="length must be"):
        sequence.histories(small, length)
    with pytest.raises(ValueError, match="length must be"):
        sequence.windows(small, length, rng=np.random.default_rng(0))


def test_histories_stand_at_the_right_end(small):
    found = identifiers(sequence.histories(small, 4), small)
    assert found == [[-1, 1, 2, 3], [-1, -1, -1, 4], [3, 2, 1, 4]]


def test_windows_hold_each_film_and_the_one_after_it(small):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        films, next_films = sequence.windows(small, 3, rng=rng)
        assert films.shape == next_films.shape
        there = films != small.n_items
        np.testing.assert_array_equal(there, next_films != small.n_items)
        found = zip(
            small.item_ids[films[there]], small.item_ids[next_films[there]], strict=True
        )
        expected = [p for h in HISTORIES.values() for p in itertools.pairwise(h)]
        assert sorted(found) == sorted(expected)


def test_a_window_keeps_the_order_of_a_history(small):
    films, next_films = sequence.windows(small, 8, rng=np.random.default_rng(0))
    whole = [[f for f in row if f >= 0] for row in identifiers(films, small)]
    assert [3, 2, 1] in [row[1:4] for row in whole] or [0, 3] in [
        row[:2] for row in whole
    ]
    for row, following in zip(films, next_films, strict=True):
        at = np.flatnonzero(row != small.n_items)
        np.testing.assert_array_equal(np.diff(at), 1)
        np.testing.assert_array_equal(row[at[1:]], following[at[:-1]])


def test_windows_begin_elsewhere_in_the_next_epoch(cycle):
    rng = np.random.default_rng(0)
    first, second = (sequence.windows(cycle, 3, rng=rng)[0] for _ in range(2))
    assert first.shape != second.shape or (first != second).any()


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


def test_the_whole_model_in_numpy(small):
    model = make(small, 3, width=4, n_heads=2)
    for weight in model.weights:
        if "seed" not in weight.name:
            weight.assign(np.random.default_rng(1).normal(size=weight.shape))
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


def test_no_place_looks_ahead(cycle):
    model = make(cycle, n_blocks=2)
    films = model.history[[4]]
    other = films.copy()
    other[0, -2] = (other[0, -2] + 5) % cycle.n_items
    before, after = np.array(model(films))[0], np.array(model(other))[0]
    np.testing.assert_array_equal(before[:-2], after[:-2])
    assert (np.abs(before[-2:] - after[-2:]).max(axis=1) > 1e-4).all()


def test_padding_has_no_say(cycle):
    model = make(cycle, length=8, n_blocks=2)
    films = model.history[[0]]
    there = films[0] != cycle.n_items
    assert not there.all()
    before = np.array(model(films))[0, there]
    table = model.films.get_weights()[0]
    table[-1] += 3
    model.films.set_weights([table])
    np.testing.assert_array_equal(np.array(model(films))[0, there], before)


@pytest.fixture(scope="module")
def trained(cycle):
    model = make(cycle)
    history = sequence.fit(model, cycle, n_epochs=30, batch_size=16, learning_rate=0.02)
    return model, history


def test_what_follows_what_is_learnt(cycle, trained):
    model, history = trained
    assert history.losses[-1] < 0.5 * history.losses[0]
    best = ranking.top_k(model, cycle, k=1)[:, 0]
    last = [(u + 3 + u % 5) % 12 for u in range(60)]
    right = cycle.item_ids[best] == (np.array(last) + 1) % 12
    assert right.mean() > 0.9


def test_the_same_seed_gives_the_same_weights(cycle, eagerly):
    def train(seed):
        model = make(cycle, dropout=0.3, seed=seed)
        sequence.fit(model, cycle, n_epochs=1, batch_size=64, seed=seed)
        return model.scores([0, 1])

    first = train(1)
    np.testing.assert_array_equal(first, train(1))
    assert not np.allclose(first, train(2))


def test_an_interrupt_keeps_the_last_complete_epoch(cycle, eagerly, monkeypatch):
    from recdl.sequence import _batches

    model, weights = make(cycle), []

    def interrupted(*arguments):
        weights.append(model.get_weights())
        if len(weights) == 3:
            yield next(_batches(*arguments))
            raise KeyboardInterrupt
        yield from _batches(*arguments)

    monkeypatch.setattr("recdl.sequence._batches", interrupted)
    history = sequence.fit(model, cycle, n_epochs=9, batch_size=40)
    assert history.interrupted
    assert len(history.losses) == 2
    for ours, theirs in zip(model.get_weights(), weights[2], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_best_epoch_is_kept(cycle, eagerly):
    model, values, weights = make(cycle), iter([0.1, 0.5, 0.3, 0.2]), []

    def validate(model):
        weights.append(model.get_weights())
        return next(values)

    history = sequence.fit(
        model, cycle, n_epochs=9, batch_size=64, validate=validate, patience=2
    )
    assert history.best_epoch == 2
    assert len(history.losses) == 4
    for ours, theirs in zip(model.get_weights(), weights[1], strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_epochs": 0}, "n_epochs must be"),
        ({"learning_rate": 0}, "learning_rate must be positive"),
        ({"learning_rate": np.inf}, "learning_rate must be positive"),
        ({"seed": -1}, "seed must be"),
        ({"batch_size": 10**6}, "larger than all"),
    ],
)
def test_senseless_training_is_refused(cycle, options, words):
    with pytest.raises(ValueError, match=words):
        sequence.fit(make(cycle), cycle, **options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": 10, "n_heads": 3}, "multiple of n_heads"),
        ({"n_blocks": 0}, "n_blocks must be"),
        ({"dropout": 1}, "dropout must be"),
        ({"dropout": np.nan}, "dropout must be"),
        ({"seed": 0.5}, "seed must be"),
    ],
)
def test_a_senseless_model_is_refused(cycle, options, words):
    with pytest.raises(ValueError, match=words):
        make(cycle, **options)


@pytest.mark.parametrize("wrong", [None, "histories", 3, np.ones((2, 2))])
def test_an_argument_of_another_kind_is_named(cycle, wrong):
    with pytest.raises(TypeError, match="positives must be Interactions; received"):
        sequence.histories(wrong, 3)
    with pytest.raises(TypeError, match="positives must be Interactions; received"):
        sequence.fit(make(cycle), wrong)
    with pytest.raises(TypeError, match=r"model must be a model of recdl\.sequence"):
        sequence.fit(wrong, cycle)
    if wrong is not None:
        with pytest.raises(TypeError, match="validate must be a function"):
            sequence.fit(make(cycle), cycle, validate=wrong)


@pytest.mark.parametrize("rng", [42, np.random.RandomState(42)])
def test_windows_want_a_generator(small, rng):
    with pytest.raises(ValueError, match="rng must be a numpy"):
        sequence.windows(small, 3, rng=rng)


def test_a_batch_is_refused_that_some_epoch_may_not_fill(cycle):
    """How many windows there are depends on where they begin: it must not show up in the tenth epoch."""
    draws = [sequence.windows(cycle, 3, rng=np.random.default_rng(s)) for s in range(9)]
    # A user with n films has n - 1 windows' places, and fewest windows where the first begins at 0.
    fewest = sum(-(-(n - 1) // 3) for n in np.bincount(cycle.users))
    assert fewest <= min(len(films) for films, _ in draws)
    with pytest.raises(ValueError, match=f"larger than all {fewest} windows"):
        sequence.fit(make(cycle, 3), cycle, batch_size=fewest + 1)


def test_a_model_made_for_other_data_is_refused(cycle, small):
    history = sequence.histories(cycle, 6)
    with pytest.raises(
        ValueError, match=r"from 0 to n_items, here 5, .* same Interactions"
    ):
        sequence.SelfAttention(history, 5)
    for wrong in (history.astype(float), history[0], -history - 1):
        with pytest.raises(
            ValueError, match="history must be a table of whole numbers"
        ):
            sequence.SelfAttention(wrong, cycle.n_items)
    with pytest.raises(
        ValueError, match=r"made for 60 users and 12 items, .* 3 users and 5"
    ):
        sequence.fit(make(cycle), small, n_epochs=1, batch_size=1)


# Keras 3 hands its variables to np.array in a way that NumPy 2 calls outdated.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_saved_model_comes_back_with_its_scores(cycle, trained, tmp_path):
    model, _ = trained
    model.save(tmp_path / "x.keras")
    loaded = sequence.keras.models.load_model(tmp_path / "x.keras")
    assert type(loaded) is type(model)
    np.testing.assert_array_equal(loaded.history, model.history)
    np.testing.assert_array_equal(loaded.scores([0, 7]), model.scores([0, 7]))
