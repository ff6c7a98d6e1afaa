"""Training: an epoch against NumPy, early stopping, interrupts, the validation part, weight decay."""

import dataclasses
import functools

import numpy as np
import pandas as pd
import pytest

from later import Later
from recdl import evaluation, ranking
from recdl.interactions import Interactions, epoch_samples
from recdl.paper import Settings
from recdl.ranking import ScoreTable
from recdl.ratings import PAIR
from small_tables import even_and_odd

models, training = Later("recdl.models"), Later("recdl.training")

FAST = Settings(batch_size=200, learning_rate=0.02)  # one batch in an epoch


def for_epochs(n_epochs, settings=FAST):
    return dataclasses.replace(settings, n_epochs=n_epochs)


RATINGS = even_and_odd()
POSITIVES = Interactions(RATINGS)


def new_model(seed=1):
    return models.NeuMF(12, 20, n_factors=3, layer_sizes=(4, 2), seed=seed)


def assert_same_weights(model, other):
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


# The compiled epoch against a loop in NumPy


class NumPyAdam:
    """Adam as TensorFlow 1 writes it (Kingma and Ba 2015, end of section 2), epsilon 1e-8."""

    def __init__(self, weights, learning_rate):
        self.weights = [w.astype(float) for w in weights]
        self.m = [np.zeros_like(w) for w in self.weights]
        self.v = [np.zeros_like(w) for w in self.weights]
        self.learning_rate, self.t = learning_rate, 0

    def step(self, gradients):
        self.t += 1
        rate = self.learning_rate * np.sqrt(1 - 0.999**self.t) / (1 - 0.9**self.t)
        for w, m, v, g in zip(self.weights, self.m, self.v, gradients, strict=True):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            w -= rate * m / (np.sqrt(v) + 1e-8)


def loss_and_gradients(model, users, items, labels):
    with training.tf.GradientTape() as tape:
        logits = model((users, items))
        loss = training.tf.reduce_mean(
            training.tf.math.softplus(logits) - labels * logits
        )
    gradients = tape.gradient(loss, model.trainable_variables)
    return float(loss), [training.tf.convert_to_tensor(g).numpy() for g in gradients]


def epoch_step_by_step(model, adam, batches):
    losses = []
    for users, items, labels in zip(*batches, strict=True):
        loss, gradients = loss_and_gradients(model, users, items, labels)
        adam.step(gradients)
        model.set_weights(adam.weights)
        losses.append(loss)
    return np.mean(losses)


def random_batches(seed, shape=(3, 8)):
    rng = np.random.default_rng(seed)
    users, items = (rng.integers(n, size=shape).astype("int32") for n in (12, 20))
    return users, items, rng.integers(2, size=shape).astype("float32")


def test_two_compiled_epochs_are_six_plain_steps():
    """Users and items occur several times in a batch: Adam squares the sum of their gradients.

    Weights that are set after the compilation, or between two epochs, are the ones that are trained.
    """
    compiled, plain = new_model(), new_model(seed=9)
    train = training.compiled_epoch(compiled, training.adam(0.01))
    compiled.set_weights(plain.get_weights())
    adam = NumPyAdam(plain.get_weights(), 0.01)
    for seed in (1, 2):
        batches = random_batches(seed)
        loss = float(train(*batches))
        assert loss == pytest.approx(epoch_step_by_step(plain, adam, batches), rel=1e-6)
        for ours, expected in zip(compiled.get_weights(), adam.weights, strict=True):
            np.testing.assert_allclose(ours, expected, rtol=0, atol=2e-6)
        adam.weights = [w + 0.01 for w in adam.weights]
        for model in (compiled, plain):
            model.set_weights(adam.weights)


@pytest.mark.usefixtures("eagerly")
def test_one_step_of_a_gmf_by_hand():
    """Gradients so small that Keras' own epsilon, 1e-7, would shorten the step by a half."""
    model = models.GMF(1, 1, n_factors=2)
    p, q, h = 1e-3 * np.array([[[2, 3]], [[5, 2]], [[2, 1]]])
    model.set_weights([p, q, h.T])
    slope = 1 / (1 + np.exp(-(p * q * h).sum())) - 1  # sigmoid(logit) - label
    adam = NumPyAdam([p, q, h.T], 1e-3)
    adam.step([slope * q * h, slope * p * h, slope * (p * q).T])
    pair = np.zeros((1, 1), "int32")
    training.compiled_epoch(model, training.adam())(pair, pair, np.ones((1, 1), "f"))
    for ours, expected in zip(model.get_weights(), adam.weights, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5)


# Fit


@pytest.fixture(scope="module")
def runs():
    """Return (model, history) of two runs with the same seed, compiled."""
    settings = Settings(n_epochs=8, batch_size=8, learning_rate=0.02, seed=5)
    trained = [new_model(), new_model()]
    return [(model, training.fit(model, POSITIVES, settings)) for model in trained]


def test_the_loss_falls(runs):
    losses = runs[0][1].losses
    assert losses[0] == pytest.approx(np.log(2), abs=0.05)  # it begins knowing nothing
    assert losses[-1] < 0.8 * losses[0]


def test_the_history_has_a_number_for_each_epoch(runs):
    history = runs[0][1]
    assert len(history.losses) == len(history.seconds) == history.best_epoch == 8
    assert min(history.seconds) > 0
    assert history.validation == []
    assert not history.interrupted


def test_the_same_seed_gives_the_same_weights_and_losses_to_the_last_bit(runs):
    (first, history), (again, history_again) = runs
    assert history.losses == history_again.losses
    assert_same_weights(first, again)


@pytest.mark.usefixtures("eagerly")
def test_another_seed_gives_other_weights_and_losses():
    losses, models = [], [new_model(), new_model()]
    for model, seed in zip(models, (5, 6), strict=True):
        settings = dataclasses.replace(FAST, n_epochs=1, seed=seed)
        losses.append(training.fit(model, POSITIVES, settings).losses[0])
    assert losses[0] != losses[1]
    for a, b in zip(*(model.get_weights() for model in models), strict=True):
        assert (a != b).any()


@pytest.mark.parametrize(
    ("argument", "wrong", "words"),
    [
        ("model", "NeuMF", "a model of recdl.models; received 'NeuMF'"),
        ("model", ScoreTable([[1.0]]), "a model of recdl.models; received a Score"),
        ("positives", RATINGS, "Interactions; received a DataFrame"),
        ("settings", {"n_epochs": 1}, "Settings; received a dict"),
        ("validate", 0.5, "a function; received 0.5"),
    ],
)
def test_an_argument_of_another_kind_is_named(argument, wrong, words):
    right = {"model": new_model(), "positives": POSITIVES, "settings": FAST}
    with pytest.raises(TypeError, match=f"^{argument} must be {words}"):
        training.fit(**right | {argument: wrong})


def test_a_class_is_no_model():
    with pytest.raises(TypeError, match=r"received the class NeuMF, not an object"):
        training.fit(models.NeuMF, POSITIVES, FAST)


@pytest.fixture
def recorded(monkeypatch):
    """Return a list that collects what `fit` hands to the training step, which does nothing."""
    seen = []

    def compiled_epoch(model, optimizer):
        seen.append(optimizer)
        return lambda *batches: seen.append(batches) or 0.0

    monkeypatch.setattr("recdl.training.compiled_epoch", compiled_epoch)
    return seen


def test_the_last_partial_batch_is_dropped(recorded):
    settings = Settings(n_epochs=1, batch_size=100, n_negatives=2, seed=0)
    training.fit(new_model(), POSITIVES, settings)
    samples = epoch_samples(POSITIVES, 2, rng=np.random.default_rng(0))
    n_batches = len(samples[0]) // 100
    assert len(samples[0]) % 100
    for batches, whole in zip(recorded[1], samples, strict=True):
        expected = whole[: n_batches * 100].reshape(n_batches, 100)
        np.testing.assert_array_equal(batches, expected)


def test_each_epoch_has_negatives_of_its_own(recorded):
    settings = Settings(n_epochs=3, batch_size=64, n_negatives=1)
    training.fit(new_model(), POSITIVES, settings)
    items = [np.sort(epoch[1], axis=None).tolist() for epoch in recorded[1:]]
    assert len(items) == 3
    assert items[0] != items[1] != items[2] != items[0]


def test_fit_uses_adam_as_the_library_does(recorded):
    training.fit(new_model(), POSITIVES, for_epochs(1))
    settings = recorded[0].get_config()
    assert type(recorded[0]).__name__ == "Adam"
    expected = {"learning_rate": 0.02, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8}
    assert {name: settings[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("settings", "options", "words"),
    [
        (FAST, {"patience": 0}, "patience must be"),
        (FAST, {"weight_decay": -0.1}, "weight_decay must be 0 or more"),
        (FAST, {"weight_decay": np.nan}, "weight_decay must be 0 or more"),
        (
            Settings(batch_size=999),
            {},
            r"A batch of 999 is larger than all \d+ samples",
        ),
    ],
)
def test_fit_refuses(settings, options, words, recorded):
    with pytest.raises(ValueError, match=words):
        training.fit(new_model(), POSITIVES, settings, **options)
    assert recorded == []  # nothing was compiled


@pytest.mark.parametrize("sizes", [(11, 20), (13, 20), (12, 19), (12, 21)])
def test_fit_refuses_a_model_that_was_made_for_other_data(sizes, recorded):
    words = (
        f"GMF was made for {sizes[0]} users and {sizes[1]} items, .* 12 users and 20"
    )
    with pytest.raises(ValueError, match=words):
        training.fit(models.GMF(*sizes, 3), POSITIVES, FAST)
    assert recorded == []


def test_a_learning_rate_is_positive():
    for wrong in (0, -1, np.nan, np.inf, "1"):
        with pytest.raises(ValueError, match="learning_rate must be positive"):
            training.adam(wrong)


def test_fit_uses_the_papers_settings_if_left_out(recorded):
    twice = [RATINGS, RATINGS.assign(userID=RATINGS["userID"] + 12)]
    positives, model = Interactions(pd.concat(twice)), models.GMF(24, 20, 3)
    training.fit(model, positives, validate=answers(1.0, 0.0), patience=1)
    samples = epoch_samples(positives, 4, rng=np.random.default_rng(42))
    for batches, whole in zip(recorded[1], samples, strict=True):
        np.testing.assert_array_equal(batches, whole[:256][None])
    assert float(recorded[0].learning_rate) == pytest.approx(1e-3)


# Early stopping


@functools.cache
def trained_for(n_epochs):
    """Return a model after exactly so many epochs, and its history."""
    model = new_model()
    return model, training.fit(model, POSITIVES, for_epochs(n_epochs))


def answers(*values):
    """Return a `validate` that gives these values, or raises them, one after each epoch."""
    remaining = iter(values)

    def validate(model):
        value = next(remaining)
        if isinstance(value, type):
            raise value
        return value

    return validate


@pytest.mark.parametrize(
    ("values", "best_epoch"),
    [
        ((0.1, 0.2, 0.5, 0.4, 0.3, 0.9), 3),
        ((0.1, 0.2, 0.5, 0.5, 0.5, 0.9), 3),  # of equal ones the first is the best
        ((0.1, 0.3, 0.2, 0.4, 0.1, 0.2, 0.9), 4),  # a pause of one epoch is allowed
        ((-3.0, -4.0, -5.0, 0.9), 1),
    ],
)
@pytest.mark.usefixtures("eagerly")
def test_two_epochs_without_a_better_value_end_the_training(values, best_epoch):
    model, options = new_model(), {"validate": answers(*values), "patience": 2}
    history = training.fit(model, POSITIVES, for_epochs(20), **options)
    assert history.best_epoch == best_epoch
    assert history.validation == list(values[:-1])
    assert len(history.losses) == len(history.seconds) == best_epoch + 2
    expected, shorter = trained_for(best_epoch)
    assert history.losses[:best_epoch] == shorter.losses
    assert_same_weights(model, expected)


@pytest.mark.usefixtures("eagerly")
def test_the_best_weights_are_restored_without_an_early_stop_too():
    model, validate = new_model(), answers(0.1, 0.3, 0.2)
    history = training.fit(
        model, POSITIVES, for_epochs(3), validate=validate, patience=9
    )
    assert len(history.losses) == 3
    assert_same_weights(model, trained_for(2)[0])


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("wrong", [np.nan, np.inf, None])
def test_a_validation_that_is_no_finite_number_is_refused(wrong):
    validate = answers(0.1, wrong)
    words = "validate returned (NaN|inf|None): nothing to judge"
    with pytest.raises(ValueError, match=words):
        training.fit(new_model(), POSITIVES, FAST, validate=validate)


@pytest.mark.usefixtures("eagerly")
def test_a_training_that_diverges_stops_at_once():
    settings, asked = dataclasses.replace(FAST, batch_size=32, learning_rate=1e30), []
    words = "In epoch 1 the training of NeuMF diverged: .* smaller learning rate"
    with pytest.raises(ValueError, match=words):
        training.fit(new_model(), POSITIVES, settings, validate=asked.append)
    assert asked == []


@pytest.mark.parametrize(("loss", "weight"), [(np.nan, 0), (np.inf, 0), (0.5, np.nan)])
def test_a_loss_or_a_weight_that_is_not_finite_ends_the_training(loss, weight):
    model = models.GMF(1, 1, n_factors=1)
    losses = iter([0.7, loss])

    def an_epoch():
        value = next(losses)
        if value == loss or value != value:
            model.set_weights([np.full_like(w, weight) for w in model.get_weights()])
        return value

    with pytest.raises(ValueError, match=f"In epoch 2 .* of GMF .* loss is {loss}"):
        training.repeat(model, an_epoch, 9)


@pytest.mark.usefixtures("eagerly")
def test_validate_gets_the_model_as_it_is_after_each_epoch():
    model, kernels = new_model(), []

    def validate(given):
        assert given is model
        kernels.append(given.last.get_weights()[0])
        return len(kernels)

    training.fit(model, POSITIVES, for_epochs(2), validate=validate)
    assert (kernels[0] == trained_for(1)[0].last.get_weights()[0]).all()
    assert (kernels[1] == model.last.get_weights()[0]).all()


# Interrupts


@pytest.mark.usefixtures("eagerly")
def test_an_interrupt_during_validation_leaves_the_best_weights():
    model, validate = new_model(), answers(0.2, 0.1, KeyboardInterrupt)
    history = training.fit(model, POSITIVES, FAST, validate=validate)
    assert history.interrupted
    assert (len(history.losses), history.validation) == (3, [0.2, 0.1])
    assert history.best_epoch == 1
    assert_same_weights(model, trained_for(1)[0])


@pytest.mark.usefixtures("eagerly")
def test_an_interrupt_without_validation_leaves_the_last_weights(monkeypatch):
    model, expected, notes = new_model(), trained_for(3)[0], []

    def step(self, note):
        notes.append(note)
        if len(notes) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(training.Progress, "step", step)
    history = training.fit(model, POSITIVES, FAST)
    assert history.interrupted
    assert notes == [f"loss {loss:.4f}" for loss in history.losses]
    assert len(history.seconds) == history.best_epoch == 3
    assert_same_weights(model, expected)
    assert np.isfinite(model.scores([0, 11])).all()


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("moment", ["after the weights", "after the loss"])
def test_weights_and_history_belong_together_after_an_interrupt_at(moment, monkeypatch):
    """Ctrl-C just before, or just after, the third epoch enters the history."""
    model, losses = new_model(), []

    class Losses(list):
        def append(self, loss):
            losses.append(loss)
            if moment == "after the loss" or len(losses) < 3:
                super().append(loss)
            if len(losses) == 3:
                raise KeyboardInterrupt

    history = functools.partial(training.History, losses=Losses())
    monkeypatch.setattr("recdl.training.History", history)
    history = training.fit(model, POSITIVES, FAST)
    completed = 3 if moment == "after the loss" else 2
    assert history.interrupted
    assert len(history.losses) == completed
    assert_same_weights(model, trained_for(completed)[0])


# A validation part


def scores_by_identifier(positives):
    """Return a stand-in for a model: the identifiers of the items are also their scores."""
    return ScoreTable(np.tile(positives.item_ids, (positives.n_users, 1)))


def pairs_of(positives):
    users = positives.user_ids[positives.users]
    items = positives.item_ids[positives.items]
    return set(zip(users, items, strict=True))


@pytest.fixture
def held_out(monkeypatch):
    """Return the positives, the validation pairs, and `validate`, of the invented ratings."""
    tables, remember = [], evaluation.Relevant.__init__

    def spy(self, test, known):
        tables.append(test)
        remember(self, test, known)

    monkeypatch.setattr(evaluation.Relevant, "__init__", spy)
    positives, validate = training.hold_out(RATINGS)
    pairs = set(tables[0][PAIR].itertuples(index=False, name=None))
    return positives, pairs, validate


def test_positives_and_validation_pairs_are_two_parts_of_train(held_out):
    positives, pairs = pairs_of(held_out[0]), held_out[1]
    assert len(positives) > len(pairs) > 0
    assert not positives & pairs
    assert positives | pairs <= pairs_of(POSITIVES)


def test_validation_pairs_are_each_users_latest(held_out):
    time = RATINGS.set_index(PAIR)["timestamp"]
    for user in range(12):
        earlier, later = (
            [time[pair] for pair in pairs if pair[0] == user]
            for pairs in (pairs_of(held_out[0]), held_out[1])
        )
        assert len(earlier) == round(0.75 * (RATINGS["userID"] == user).sum())
        assert max(earlier) < min(later, default=np.inf)


def test_the_validation_value_is_the_mean_ndcg_through_ranking(held_out):
    positives, pairs, validate = held_out
    model = scores_by_identifier(positives)
    top = ranking.top_k(model, positives, 10)
    test = pd.DataFrame(sorted(pairs), columns=PAIR)
    table = evaluation.evaluate(top, evaluation.Relevant(test, positives), (10,))
    assert validate(model) == table["ndcg_at_10"].mean()


@pytest.mark.parametrize(("k", "by_hand"), [(12, (1 / np.log2(3) + 1) / 2), (1, 1 / 2)])
def test_the_validation_value_of_two_users_by_hand(k, by_hand):
    """Of 4, 5 and 6 user 1's item comes second; of 1, 2 and 3 user 2's comes first."""
    items = {1: [1, 2, 3, 5], 2: [4, 5, 6, 3]}
    rows = [
        (user, item, 4.0, t) for user in items for t, item in enumerate(items[user])
    ]
    columns = ["userID", "itemID", "rating", "timestamp"]
    positives, validate = training.hold_out(pd.DataFrame(rows, columns=columns), k)
    value = validate(scores_by_identifier(positives))
    assert isinstance(value, float)
    assert value == pytest.approx(by_hand, abs=1e-12)


# Weight decay


def test_weight_decay_shrinks_weights_by_the_rate():
    weight = training.keras.Variable([2.0, -1.0])
    optimizer = training.adam(0.1, weight_decay=0.5)
    optimizer.build([weight])
    optimizer.apply([np.zeros(2, "float32")], [weight])
    np.testing.assert_allclose(weight, [2 * 0.95, -0.95], rtol=1e-6)


def test_training_with_weight_decay_ends_with_smaller_weights(eagerly):
    norms, settings = [], Settings(n_epochs=3, batch_size=64, learning_rate=0.02)
    for weight_decay in (0.0, 1.0):
        model = new_model()
        training.fit(model, POSITIVES, settings, weight_decay=weight_decay)
        norms.append(sum(np.square(w).sum() for w in model.get_weights()))
    assert norms[1] < 0.9 * norms[0]
