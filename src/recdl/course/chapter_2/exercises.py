"""The exercises of chapter 2."""

import functools
import itertools

import numpy as np

from recdl import movielens, splits, toy
from recdl.course.exercises import But, Exercise

FILMS = ["Die Hard", "Casablanca", "E.T.", "Brazil"]
STEPS = (10, 100, 1_000, 10_000)


def _sums(bias=-0.5):
    genres = toy.MOVIES.set_index("title")["genres"].str.get_dummies()
    return genres.loc[FILMS, ["Drama", "Sci-Fi"]].to_numpy() @ [2, -1] + bias


def _outputs(bias=-0.5, bias_after=0.0):
    return np.maximum(0, _sums(bias)) + bias_after


STARS = toy.RATINGS.loc[toy.RATINGS["userID"] == 5, "rating"].to_numpy()


def _slope(factor=2, whole=np.mean):
    return factor * whole(1.0 - STARS)


def _one_step(factor=2, whole=np.mean):
    return 1.0 - 0.25 * _slope(factor, whole)


def _n_parameters(sizes, bias=1):
    return sum((before + bias) * here for before, here in itertools.pairwise(sizes))


def _sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


@functools.cache
def _user_17():
    split = splits.course_split(movielens.load_ratings())
    genres = movielens.load_movies().set_index("itemID")["genres"].str.get_dummies()
    parts = []
    for part in split:
        part = part[part["userID"] == 17]
        parts += [genres.loc[part["itemID"]].to_numpy(float), part["rating"] >= 4]
    return [np.asarray(part, float) for part in parts]


@functools.cache
def _neurons():
    x, targets, _, _ = _user_17()
    weights, bias, kept = np.zeros(x.shape[1]), 0.0, []
    for step in range(1, max(STEPS) + 1):
        to_logit = (_sigmoid(x @ weights + bias) - targets) / len(targets)
        weights = weights - 0.5 * x.T @ to_logit
        bias -= 0.5 * to_logit.sum()
        if step in STEPS:
            kept.append((weights, bias))
    return kept


def _losses(*, on_test=True, accuracy=False, mean_square=False):
    x, targets = _user_17()[2:] if on_test else _user_17()[:2]
    values = []
    for weights, bias in _neurons():
        logits = x @ weights + bias
        if accuracy:
            values.append(np.mean((logits > 0) == targets))
        elif mean_square:
            values.append(np.mean((targets - _sigmoid(logits)) ** 2))
        else:
            values.append(np.mean(np.logaddexp(0, logits) - targets * logits))
    return values


EXERCISES = [
    Exercise("2.1", "a list of four numbers, for Die Hard, Casablanca, E.T. and Brazil", _outputs, {
        _sums: "These are the sums. One of the three operations is still missing.",
        But(bias=0): "You left out the bias. It is added to the sum before the activation.",
        But(bias=0, bias_after=-0.5): "The bias belongs inside: first add it, then activate.",
        (lambda: (_sums() > 0).astype(float)):
            "These are the answers of a step. ReLU passes a positive sum on as it is.",
        (lambda: _sigmoid(_sums())): "These are the answers of a sigmoid. The activation here is ReLU.",
    }),
    Exercise("2.2", "one number, the guess after one step", _one_step, {
        But(factor=-2): "That is uphill. The step goes against the slope.",
        But(factor=1): "A factor is missing in the slope: differentiate the square.",
        But(whole=np.sum): "You added the slopes of all five films. MSE is a mean.",
        -_slope(): "That is the slope. The step is the learning rate times the slope, taken from c.",
        STARS.mean(): "That is where many steps lead in the end. One step goes only a part of the way.",
    }),
    Exercise("2.3", "a function of a list of sizes that returns a whole number", _n_parameters, {
        But(bias=0): "You counted the weights. Each neuron has one number more.",
        (lambda sizes: _n_parameters(sizes) + sizes[0]): "The inputs are not neurons: they have no bias.",
        (lambda sizes: _n_parameters(sizes, bias=0) + len(sizes) - 1):
            "That is one bias for a whole layer. Each neuron of it has its own.",
        sum: "You counted the neurons. Ask how many numbers each of them learns.",
    }, calls=[([2, 8, 1],), ([1, 1],), ([16, 8, 4, 1],), ([43, 32, 1],)]),
    Exercise("2.4", "a list of four log losses on the test films, for 10 to 10,000 steps", _losses, {
        But(on_test=False):
            "These are the losses on the training films. Ask about films that it has not seen.",
        But(accuracy=True): "These are shares of right answers. Use the log loss.",
        But(mean_square=True): "These are mean squared errors. Use the log loss.",
    }),
    Exercise("2.5", "one letter, A, B, C or D", "C", {
        "A": "More epochs help a loss that still falls. This one does not.",
        "B": "A larger step helps if the loss crawls. Ask whether 0.62 is a special number.",
        "D": "Even a constant answer reaches 0.500 here, without any hidden layer.",
    }),
]  # fmt: skip
