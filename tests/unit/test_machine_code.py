"""One machine code for all models of a kind: each is trained as if it had its own, to the last bit."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from later import Later
from recdl.interactions import Interactions
from small_tables import even_and_odd

machine_code, models = Later("recdl.machine_code"), Later("recdl.models")
sequence, training = Later("recdl.sequence"), Later("recdl.training")
next_item = Later("recdl.next_item")

POSITIVES = Interactions(even_and_odd())


class Watched:
    """A function of TensorFlow that tells whether it was called, and so compiled."""

    def __init__(self, function):
        self.function, self.called = function, False

    def __call__(self, *batch):
        self.called = True
        return self.function(*batch)


@pytest.fixture
def compiled(monkeypatch):
    """Return the compiling of an epoch that is shared; `times()` tells how many were really compiled."""
    monkeypatch.setattr("recdl.machine_code._TWINS", {})
    compiled_epoch, made = training.compiled_epoch, []

    def watched(model, optimizer):
        made.append(Watched(compiled_epoch(model, optimizer)))
        return made[-1]

    watched.times = lambda: sum(function.called for function in made)
    return watched


def neumf(seed, kind="NeuMF"):
    return getattr(models, kind)(12, 20, n_factors=3, layer_sizes=(4, 2), seed=seed)


def epochs(seed, n_epochs=2):
    rng = np.random.default_rng(seed)
    for _ in range(n_epochs):
        users, items = (rng.integers(n, size=(3, 8)).astype("int32") for n in (12, 20))
        yield users, items, rng.integers(2, size=(3, 8)).astype("float32")


def borrowed(compiled, model, rate=0.01):
    return machine_code.shared(compiled, model, training.adam(rate))


def assert_trained_as_alone(model, losses, alone, *, seed, rate=0.01):
    train = training.compiled_epoch(alone, training.adam(rate))
    assert losses == [train(*epoch) for epoch in epochs(seed)]
    for ours, theirs in zip(model.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("rate", [0.01, 0.2])
def test_a_second_model_is_trained_as_alone(compiled, rate):
    borrowed(compiled, neumf(1))(epochs(1))
    model = neumf(2)
    losses = borrowed(compiled, model, rate)(epochs(2))
    assert compiled.times() == 1
    assert_trained_as_alone(model, losses, neumf(2), seed=2, rate=rate)


def test_models_take_turns(compiled, eagerly):
    pair, seeds = [neumf(3), neumf(4)], (3, 4)
    trains = [borrowed(compiled, model) for model in pair]
    turns = zip(epochs(3), epochs(4), strict=True)
    losses = [
        [train([e])[0] for train, e in zip(trains, turn, strict=True)] for turn in turns
    ]
    assert compiled.times() == 1
    for model, own, seed in zip(pair, zip(*losses, strict=True), seeds, strict=True):
        assert_trained_as_alone(model, list(own), neumf(seed), seed=seed)


def test_each_kind_has_its_own(compiled, eagerly):
    larger = models.NeuMF(12, 20, n_factors=4, layer_sizes=(4, 2))
    for model in (neumf(5), neumf(5, "GMF"), neumf(5, "MLP"), larger):
        borrowed(compiled, model)(epochs(5))
    assert compiled.times() == 4


def other_activation(model):
    layer = model.towers[1].hidden[0]
    layer.activation = lambda x: training.keras.ops.clip(
        x, 0, 0.02
    )  # the same at first
    return model


def frozen(model):
    model.towers[0].trainable = False
    return model


def half_the_gradient(model):
    call, stop = model.towers[0].call, training.tf.stop_gradient
    model.towers[0].call = lambda *pair: (call(*pair) + stop(call(*pair))) / 2
    return model


def without_bias(model):
    model.towers[1].hidden[0].use_bias = False
    return model


def other_for_some_users(model):
    call = model.call
    model.call = lambda inputs: call((inputs[0] // 2, inputs[1]))
    return model


@pytest.mark.parametrize(
    "change",
    [other_activation, frozen, half_the_gradient, without_bias, other_for_some_users],
)
def test_a_model_changed_by_hand_is_trained_as_it_is(compiled, eagerly, change):
    borrowed(compiled, neumf(6))
    model = change(neumf(6))
    losses = borrowed(compiled, model)(epochs(6))
    assert_trained_as_alone(model, losses, change(neumf(6)), seed=6)


def test_a_class_changed_by_hand_is_compiled_anew(compiled, eagerly, monkeypatch):
    borrowed(compiled, neumf(6))(epochs(6))
    call = models.GMFTower.call
    monkeypatch.setattr(
        "recdl.models.GMFTower.call",
        lambda self, users, items: 2 * call(self, users, items),
    )
    model = neumf(6)
    losses = borrowed(compiled, model)(epochs(6))
    assert_trained_as_alone(model, losses, neumf(6), seed=6)


def test_of_a_model_that_is_wholly_frozen_it_is_said(compiled):
    model = neumf(6)
    model.trainable = False
    with pytest.raises(ValueError, match="All layers are frozen"):
        borrowed(compiled, model)


def test_models_in_threads_do_not_disturb_each_other(compiled):
    trained = [neumf(seed) for seed in range(4)]
    trains = [borrowed(compiled, model) for model in trained]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda train: train(epochs(1, 20)), trains))
    assert compiled.times() == 1
    for seed, losses in enumerate(found):
        alone = borrowed(compiled, neumf(seed))
        assert losses == alone(epochs(1, 20)), seed


def test_a_frozen_tower_stays(compiled, eagerly):
    model = frozen(neumf(7))
    before = model.towers[0].get_weights()
    borrowed(compiled, model)(epochs(7))
    for ours, theirs in zip(model.towers[0].get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_class_of_somebody_else_is_never_shared(compiled, eagerly):
    class Own(models.NeuMF):
        pass

    for seed in (8, 9):
        model = Own(12, 20, n_factors=3, layer_sizes=(4, 2), seed=seed)
        borrowed(compiled, model)(epochs(8))
    assert compiled.times() == 2


def test_an_interrupt_leaves_the_model_as_it_was(compiled, eagerly):
    model = neumf(10)
    before = model.get_weights()

    def interrupted():
        yield next(epochs(10))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        borrowed(compiled, model)(interrupted())
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_dropout_draws_from_the_seed_of_its_own_model(eagerly):
    history = next_item.histories(POSITIVES, 4)
    three = [
        sequence.SelfAttention(history, POSITIVES.n_items, width=4, dropout=0.5, seed=s)
        for s in (1, 2, 2)
    ]
    batches = [next_item.windows(POSITIVES, 4, rng=np.random.default_rng(0))]
    compiled = next_item.CompiledStep(next_item.NEXT_FILM)
    for model in three[:2]:
        train = machine_code.shared(compiled, model, training.adam())
        losses = train(batches)
    step = compiled(three[2], training.adam())
    assert losses == [step(*batch) for batch in batches]
    for ours, theirs in zip(
        three[1].get_weights(), three[2].get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_training_one_seed_after_another_compiles_once(compiled, monkeypatch):
    monkeypatch.setattr("recdl.training.compiled_epoch", compiled)
    for seed in range(7):
        settings = training.Settings(n_epochs=1, batch_size=20)
        training.fit(neumf(seed), POSITIVES, settings)
    assert compiled.times() == 1
