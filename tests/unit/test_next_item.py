"""Models of the next film: windows by hand, ties, no look ahead, a pattern that can be learnt."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walks
from later import Later
from recdl import interactions, ranking
from recdl.columns import DataError
from recdl.ratings import by_user_and_time
from small_tables import tables
from walks import HISTORIES, identifiers

losses, next_item = Later("recdl.losses"), Later("recdl.next_item")


@pytest.fixture
def small():
    return walks.small()


@pytest.fixture(scope="module")
def cycle():
    return walks.cycle()


@pytest.fixture(scope="module", params=walks.KINDS)
def make(request):
    """Return what makes a small model, once for each class."""
    return walks.KINDS[request.param]


def drawn(positives, length, seed=0, **options):
    rng = np.random.default_rng(seed)
    return next_item.windows(positives, length, rng=rng, **options)


# Histories and windows


@pytest.mark.parametrize(
    "use",
    [lambda world: next_item.histories(world, 3), lambda world: drawn(world, 3)],
    ids=["histories", "windows"],
)
@pytest.mark.parametrize(
    ("vouched", "words"), [(False, "sort_values"), (None, "knows")]
)
def test_a_history_needs_rows_in_order_of_time(use, vouched, words):
    table = pd.DataFrame({"userID": [1, 1, 2], "itemID": [1, 2, 1]})
    with pytest.raises(DataError, match=words):
        use(interactions.Interactions(table, in_time_order=vouched))


@pytest.mark.parametrize("number", [0, -1, 2.5])
def test_a_length_is_a_number_of_films(small, number):
    with pytest.raises(ValueError, match="length must be"):
        next_item.histories(small, number)
    with pytest.raises(ValueError, match="length must be"):
        drawn(small, number)
    with pytest.raises(ValueError, match="n_next must be"):
        drawn(small, 3, n_next=number)


def test_histories_stand_at_the_right_end(small):
    found = identifiers(next_item.histories(small, 4), small)
    assert found == [[-1, 1, 2, 3], [-1, -1, -1, 4], [3, 2, 1, 4]]


@pytest.mark.parametrize("n_next", [1, 2, 3, 9])
def test_windows_hold_each_film_and_those_after_it(small, n_next):
    expected = [
        (film, [*items[at + 1 :], *[-1] * n_next][:n_next])
        for items in HISTORIES.values()
        for at, film in enumerate(items[:-1])
    ]
    for seed in range(5):
        films, next_films = drawn(small, 3, seed, n_next=n_next)
        assert next_films.shape == (*films.shape, n_next)
        assert (films.dtype, next_films.dtype) == ("int32", "int32")
        there = films != small.n_items
        assert (next_films[~there] == small.n_items).all()
        following = identifiers(next_films[there], small)
        found = zip(small.item_ids[films[there]].tolist(), following, strict=True)
        assert sorted(found) == sorted(expected)


def test_a_window_keeps_the_order_of_a_history(small):
    films, next_films = drawn(small, 8)
    for row, following in zip(films, next_films[..., 0], strict=True):
        at = np.flatnonzero(row != small.n_items)
        np.testing.assert_array_equal(np.diff(at), 1)
        np.testing.assert_array_equal(row[at[1:]], following[at[:-1]])


def test_windows_begin_elsewhere_in_the_next_epoch(cycle):
    rng = np.random.default_rng(0)
    first, second = (next_item.windows(cycle, 3, rng=rng)[0] for _ in range(2))
    assert first.shape != second.shape or (first != second).any()


@pytest.mark.parametrize("rng", [42, np.random.RandomState(42)])
def test_windows_want_a_generator(small, rng):
    with pytest.raises(ValueError, match="rng must be a numpy"):
        next_item.windows(small, 3, rng=rng)


def of_each_user(positives):
    rows = pd.DataFrame({"user": positives.users, "item": positives.items})
    return {u: part["item"].tolist() for u, part in rows.groupby("user")}


@given(tables(), st.integers(0, 99))
def test_only_films_of_one_second_change_their_places(table, seed):
    """Each window, and what follows it, is that of a history in which seconds are in order."""
    table = by_user_and_time(table)
    positives = interactions.Interactions(table)
    time_of = {
        (u, i): t
        for u, i, t in zip(
            positives.users.tolist(),
            positives.items.tolist(),
            table["timestamp"].tolist(),
            strict=True,
        )
    }
    # With a width of 1 every window is one film, in the order of the users' rows.
    films, next_films = drawn(positives, 1, seed, n_next=len(positives))
    windows = iter(zip(films[:, 0].tolist(), next_films[:, 0].tolist(), strict=True))
    for user, items in of_each_user(positives).items():
        mine = list(itertools.islice(windows, len(items) - 1))
        if not mine:
            continue
        shuffled = [mine[0][0], *mine[0][1]][: len(items)]
        assert sorted(shuffled) == sorted(items)
        times = [time_of[user, item] for item in shuffled]
        assert times == sorted(times)
        for at, (film, following) in enumerate(mine):
            there = [i for i in following if i != positives.n_items]
            assert [film, *there] == shuffled[at:]
    assert next(windows, None) is None


@given(tables(), st.integers(1, 4), st.integers(1, 3), st.integers(0, 99))
def test_without_ties_nothing_is_shuffled(table, length, n_next, seed):
    table = by_user_and_time(table)
    free = table.drop(columns="timestamp")
    free = interactions.Interactions(free, in_time_order=True)
    tied = interactions.Interactions(table)
    plain = drawn(tied, length, seed, n_next=n_next, shuffle_ties=False)
    for found in (
        drawn(free, length, seed, n_next=n_next),
        drawn(free, length, seed, n_next=n_next, shuffle_ties=False),
    ):
        for ours, theirs in zip(found, plain, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_each_order_of_a_second_is_equally_likely_and_drawn_anew():
    """600 users saw films 1, 2, 3 in one second, after film 0: six orders, each one time in six."""
    rows = [(u, i, min(i, 1)) for u in range(600) for i in range(4)]
    table = pd.DataFrame(rows, columns=["userID", "itemID", "timestamp"])
    positives, rng = interactions.Interactions(table), np.random.default_rng(3)
    counts, epochs = {}, []
    for _ in range(2):
        _, following = next_item.windows(positives, 1, rng=rng, n_next=3)
        epochs.append(following[::3, 0])
        for order in map(tuple, epochs[-1].tolist()):
            counts[order] = counts.get(order, 0) + 1
    assert (epochs[0] != epochs[1]).any()
    assert set(counts) == set(itertools.permutations([1, 2, 3]))
    assert all(abs(n - 200) < 5 * np.sqrt(1200 * 5 / 36) for n in counts.values())


def test_scores_read_the_order_of_the_table():
    rows = [(0, i, 7) for i in (3, 1, 2)]
    table = pd.DataFrame(rows, columns=["userID", "itemID", "timestamp"])
    positives = interactions.Interactions(table)
    history = identifiers(next_item.histories(positives, 3), positives)
    assert history == [[3, 1, 2]]


@pytest.mark.parametrize("wrong", [None, 1, "yes"])
def test_whether_ties_are_shuffled_is_a_truth_value(small, wrong):
    with pytest.raises(ValueError, match="shuffle_ties must be True or False"):
        drawn(small, 3, shuffle_ties=wrong)


# What a model sees


def test_no_place_looks_ahead(cycle, make):
    model = make(cycle)
    films = model.history[[4]]
    other = films.copy()
    other[0, -2] = (other[0, -2] + 5) % cycle.n_items
    before, after = np.array(model(films))[0], np.array(model(other))[0]
    np.testing.assert_array_equal(before[:-2], after[:-2])
    assert (np.abs(before[-2:] - after[-2:]).max(axis=1) > 1e-5).all()


def test_padding_has_no_say(cycle, make):
    model = make(cycle, length=8)
    films = model.history[[0]]
    there = films[0] != cycle.n_items
    assert not there.all()
    before = np.array(model(films))[0, there]
    numbers = model.films.get_weights()[0]
    numbers[-1] += 3
    model.films.set_weights([numbers])
    np.testing.assert_array_equal(np.array(model(films))[0, there], before)


# Training


@pytest.fixture(scope="module")
def trained(cycle, make):
    model, options = make(cycle), {"batch_size": 16, "learning_rate": 0.02}
    return model, next_item.fit(model, cycle, n_epochs=30, **options)


def test_what_follows_what_is_learnt(cycle, trained):
    model, history = trained
    assert history.losses[-1] < 0.5 * history.losses[0]
    best = ranking.top_k(model, cycle, k=1)[:, 0]
    last = [(u + 3 + u % 5) % 12 for u in range(60)]
    right = cycle.item_ids[best] == (np.array(last) + 1) % 12
    assert right.mean() > 0.9


@pytest.mark.parametrize("loss", ["CrossEntropy", "GBCE"])
def test_the_same_seed_gives_the_same_weights(cycle, make, eagerly, loss):
    options = {"n_next": 2} if loss == "CrossEntropy" else {"n_negatives": 3}
    loss = getattr(losses, loss)(**options)

    def train(seed):
        model = make(cycle, dropout=0.3)
        options = {"n_epochs": 1, "batch_size": 64, "seed": seed}
        next_item.fit(model, cycle, loss=loss, **options)
        return model.scores([0, 1])

    first = train(1)
    np.testing.assert_array_equal(first, train(1))
    assert not np.allclose(first, train(2))


def test_first_weights_and_dropout_follow_the_seed_of_the_model(cycle, make):
    first = make(cycle, dropout=0.3, seed=1).get_weights()
    for ours, theirs in zip(
        first, make(cycle, dropout=0.3, seed=1).get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    other = make(cycle, dropout=0.3, seed=2).get_weights()
    random = [n.dtype.kind == "u" or np.ptp(n) > 0 for n in first]
    changed = [(a != b).any() for a, b in zip(first, other, strict=True)]
    assert changed == random


def test_models_of_one_loss_share_a_compilation_and_others_do_not(
    cycle, eagerly, monkeypatch
):
    monkeypatch.setattr("recdl.machine_code._TWINS", {})
    twins = next_item.shared.__globals__["_TWINS"]

    def train(loss, borrow):
        model = walks.self_attention(cycle)
        options = {"n_epochs": 1, "batch_size": 64, "loss": loss}
        if not borrow:
            twins.clear()
        return next_item.fit(model, cycle, **options).losses

    kinds = [
        lambda: losses.CrossEntropy(),
        lambda: losses.CrossEntropy(n_next=3),
        lambda: losses.CrossEntropy(smoothing=0.1),
        lambda: losses.GBCE(n_negatives=4),
        lambda: losses.GBCE(n_negatives=5),
        lambda: losses.GBCE(n_negatives=4, t=0.5),
    ]
    alone = [train(kind(), borrow=False) for kind in kinds]
    twins.clear()
    assert [train(kind(), borrow=True) for kind in kinds] == alone
    assert len(twins) == len(kinds) == len({tuple(numbers) for numbers in alone})
    assert train(kinds[-1](), borrow=True) == alone[-1]
    assert len(twins) == len(kinds)


def test_shuffled_ties_change_the_training(eagerly):
    table = pd.DataFrame(
        [(u, (u + s) % 12, s // 2) for u in range(60) for s in range(6)],
        columns=["userID", "itemID", "timestamp"],
    )
    positives = interactions.Interactions(table)

    def train(**options):
        model = walks.self_attention(positives)
        options |= {"n_epochs": 1, "batch_size": 20}
        return next_item.fit(model, positives, **options).losses

    assert train() == train(shuffle_ties=True) != train(shuffle_ties=False)


def test_an_interrupt_keeps_the_last_complete_epoch(cycle, eagerly, monkeypatch):
    from recdl.next_item import _batches

    model, weights = walks.self_attention(cycle), []

    def interrupted(*arguments):
        weights.append(model.get_weights())
        if len(weights) == 3:
            yield next(_batches(*arguments))
            raise KeyboardInterrupt
        yield from _batches(*arguments)

    monkeypatch.setattr("recdl.next_item._batches", interrupted)
    history = next_item.fit(model, cycle, n_epochs=9, batch_size=40)
    assert history.interrupted
    assert len(history.losses) == 2
    for ours, theirs in zip(model.get_weights(), weights[2], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_best_epoch_is_kept(cycle, eagerly):
    model, values = walks.self_attention(cycle), iter([0.1, 0.5, 0.3, 0.2])
    weights = []

    def validate(model):
        weights.append(model.get_weights())
        return next(values)

    options = {"n_epochs": 9, "batch_size": 64, "validate": validate, "patience": 2}
    history = next_item.fit(model, cycle, **options)
    assert history.best_epoch == 2
    assert len(history.losses) == 4
    for ours, theirs in zip(model.get_weights(), weights[1], strict=True):
        np.testing.assert_array_equal(ours, theirs)


# Senseless input


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_epochs": 0}, "n_epochs must be"),
        ({"learning_rate": 0}, "learning_rate must be positive"),
        ({"learning_rate": np.inf}, "learning_rate must be positive"),
        ({"seed": -1}, "seed must be"),
        ({"shuffle_ties": 1}, "shuffle_ties must be"),
        ({"batch_size": 10**6}, "larger than all"),
    ],
)
def test_senseless_training_is_refused(cycle, make, options, words):
    with pytest.raises(ValueError, match=words):
        next_item.fit(make(cycle), cycle, **options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": 0}, "width must be"),
        ({"dropout": 1}, "dropout must be"),
        ({"dropout": np.nan}, "dropout must be"),
        ({"seed": 0.5}, "seed must be"),
    ],
)
def test_a_senseless_model_is_refused(cycle, make, options, words):
    with pytest.raises(ValueError, match=words):
        make(cycle, **options)


@pytest.mark.parametrize("wrong", [None, "histories", 3, np.ones((2, 2))])
def test_an_argument_of_another_kind_is_named(cycle, make, wrong):
    with pytest.raises(TypeError, match="positives must be Interactions; received"):
        next_item.histories(wrong, 3)
    with pytest.raises(TypeError, match="positives must be Interactions; received"):
        next_item.fit(make(cycle), wrong)
    with pytest.raises(TypeError, match=r"model must be a model of recdl\.sequence"):
        next_item.fit(wrong, cycle)
    with pytest.raises(TypeError, match="loss must be a loss"):
        next_item.fit(make(cycle), cycle, loss=wrong)
    if wrong is not None:
        with pytest.raises(TypeError, match="validate must be a function"):
            next_item.fit(make(cycle), cycle, validate=wrong)


def test_a_batch_is_refused_that_some_epoch_may_not_fill(cycle):
    """How many windows there are depends on where they begin: it must not show up in the tenth epoch."""
    draws = [drawn(cycle, 3, seed) for seed in range(9)]
    # A user with n films has n - 1 windows' places, and fewest windows where the first begins at 0.
    fewest = sum(-(-(n - 1) // 3) for n in np.bincount(cycle.users))
    assert fewest <= min(len(films) for films, _ in draws)
    model = walks.self_attention(cycle, 3)
    with pytest.raises(ValueError, match=f"larger than all {fewest} windows"):
        next_item.fit(model, cycle, batch_size=fewest + 1)


def test_a_model_made_for_other_data_is_refused(cycle, small, make):
    model = make(cycle)
    remedy = r"from 0 to n_items, here 5, .* same Interactions"
    with pytest.raises(ValueError, match=remedy):
        type(model)(model.history, 5)
    for wrong in (
        model.history.astype(float),
        model.history[0],
        -model.history - 1,
        "no",
    ):
        with pytest.raises(ValueError, match="history must be a table of whole"):
            type(model)(wrong, cycle.n_items)
    words = r"made for 60 users and 12 items, .* 3 users and 5"
    with pytest.raises(ValueError, match=words):
        next_item.fit(model, small, n_epochs=1, batch_size=1)


# Keras 3 hands its variables to np.array in a way that NumPy 2 calls outdated.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_saved_model_comes_back_with_its_scores(trained, tmp_path):
    model, _ = trained
    model.save(tmp_path / "x.keras")
    loaded = next_item.keras.models.load_model(tmp_path / "x.keras")
    assert type(loaded) is type(model)
    np.testing.assert_array_equal(loaded.history, model.history)
    np.testing.assert_array_equal(loaded.scores([0, 7]), model.scores([0, 7]))
