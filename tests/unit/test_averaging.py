"""The running mean of weights: by hand, against a slow loop, and that the training does not notice it."""

import numpy as np
import pytest

import walks
from recdl import next_item
from recdl.averaging import RunningMean
from recdl.experiments import fits

WORLD = walks.cycle()
OPTIONS = {"n_epochs": 4, "batch_size": 4, "seed": 1}
TUNED = {
    "width": 8,
    "dropout": 0.2,
    "length": 6,
    "batch_size": 4,
    "learning_rate": 0.01,
    "n_epochs": 99,
}


class Numbers:
    """As much of a model as the mean needs: weights that one may take out and put in."""

    def __init__(self, *weights):
        self.weights = [np.array(weight) for weight in weights]

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights


def test_two_steps_by_hand():
    """After 1, 3 and 8, a quarter of the newest: 1; 1 + (3 - 1) / 4 = 1.5; 1.5 + (8 - 1.5) / 4 = 3.125."""
    mean = RunningMean(share=0.25)
    for weight in (1.0, 3.0, 8.0):
        mean(Numbers([weight]))
    assert mean.weights[0].tolist() == [3.125]


def test_a_whole_number_has_no_mean():
    """Dropout keeps the state of its generator among the weights."""
    mean = RunningMean()
    for state in (7, 9):
        mean(Numbers(np.array([state], dtype="uint32"), [1.0]))
    state, _ = mean.weights
    assert state.dtype == "uint32"
    assert state.tolist() == [9]


def test_the_best_mean_is_kept_and_the_first_of_equals():
    values = iter([0.1, 0.3, 0.3, 0.2])
    mean = RunningMean(lambda _: next(values), share=1)
    for weight in (1.0, 2.0, 3.0, 4.0):
        mean(Numbers([weight]))
    assert mean.weights[0].tolist() == [2]


def test_validation_sees_the_mean_and_training_its_own_weights():
    seen, model = [], Numbers([1.0])
    mean = RunningMean(lambda model: seen.append(model.get_weights()[0][0]) or 0, 0.5)
    for weight in (1.0, 3.0):
        model.set_weights([np.array([weight])])
        mean(model)
        assert model.weights[0].tolist() == [weight]
    assert seen == [1, 2]


def test_a_validation_that_fails_leaves_the_weights_of_the_training():
    def fail(model):
        raise KeyboardInterrupt

    mean, model = RunningMean(), Numbers([1.0])
    mean(model)
    mean.validate = fail
    model.set_weights([np.array([3.0])])
    with pytest.raises(KeyboardInterrupt):
        mean(model)
    assert model.weights[0].tolist() == [3]


def test_the_training_does_not_notice():
    """The mean of a slow loop over the weights that plain trainings of 1, 2, 3 and 4 epochs end with."""
    ends = []
    for n_epochs in range(1, 5):
        model = walks.self_attention(WORLD, dropout=0.3)
        plain = next_item.fit(model, WORLD, **OPTIONS | {"n_epochs": n_epochs})
        ends.append(model.get_weights())
    expected = ends[0]
    for end in ends[1:]:
        expected = [
            0.8 * old + 0.2 * new for old, new in zip(expected, end, strict=True)
        ]
    model, mean = walks.self_attention(WORLD, dropout=0.3), RunningMean()
    history = next_item.fit(model, WORLD, validate=mean, **OPTIONS)
    assert history.losses == plain.losses
    for found, slow in zip(mean.weights, expected, strict=True):
        if found.dtype.kind == "f":
            np.testing.assert_allclose(found, slow, rtol=1e-5, atol=1e-7)


def test_the_epochs_that_validation_chose_give_the_model_that_it_saw():
    fit, everybody = fits.fit_averaged_gru4rec, np.arange(WORLD.n_users)
    values = iter([0.1, 0.2, 0.5, *[0.3] * 10])
    chosen = fit(WORLD, 1, lambda _: next(values), tuned=TUNED)
    assert chosen.chosen == {"n_epochs": 3}
    again = fit(WORLD, 1, tuned=TUNED, n_epochs=3)
    assert (again.chosen, len(again.losses)) == ({}, 3)
    scores = chosen.model.scores(everybody)
    np.testing.assert_array_equal(again.model.scores(everybody), scores)
    plain = fits.fit_gru4rec(WORLD, 1, **TUNED | {"n_epochs": 3})
    assert np.abs(plain.model.scores(everybody) - scores).max() > 1e-3


@pytest.mark.parametrize("share", [0, -0.1, 1.1, float("nan"), "0.2", True, None])
def test_a_senseless_share_is_refused(share):
    with pytest.raises(ValueError, match="share must be above 0"):
        RunningMean(share=share)


def test_a_validation_that_is_none_is_refused():
    with pytest.raises(TypeError, match="validate"):
        RunningMean(0.3)
