"""The exercises of chapter 2."""

import functools
import itertools

import numpy as np

from recdl import movielens, splits, toy
from recdl.course.exercises import Exercise

FILMS = ["Die Hard", "Casablanca", "E.T.", "Brazil"]
STEPS = (10, 100, 1_000, 10_000)


def _sums(bias=-0.5):
    genres = toy.MOVIES.set_index("title")["genres"].str.get_dummies()
    return genres.loc[FILMS, ["Drama", "Sci-Fi"]].to_numpy() @ [2, -1] + bias


def _one_step(slope_of, rate=0.25, start=1.0):
    stars = toy.RATINGS.loc[toy.RATINGS["userID"] == 5, "rating"].to_numpy()
    return start - rate * slope_of(start - stars)


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
    Exercise(
        number="2.1",
        wanted="a list of four numbers, for Die Hard, Casablanca, E.T. and Brazil",
        answer=lambda: np.maximum(0, _sums()),
        mistakes={
            "These are the sums. One of the three operations is still missing.": _sums,
            "You left out the bias. It is added to the sum before the activation.": (
                lambda: np.maximum(0, _sums(bias=0))
            ),
            "The bias belongs inside: first add it, then activate.": (
                lambda: np.maximum(0, _sums(bias=0)) - 0.5
            ),
            "These are the answers of a step. ReLU passes a positive sum on as it is.": (
                lambda: (_sums() > 0).astype(float)
            ),
            "These are the answers of a sigmoid. The activation here is ReLU.": (
                lambda: _sigmoid(_sums())
            ),
        },
    ),
    Exercise(
        number="2.2",
        wanted="one number, the guess after one step",
        answer=lambda: _one_step(lambda error: 2 * error.mean()),
        mistakes={
            "That is uphill. The step goes against the slope.": (
                lambda: _one_step(lambda error: -2 * error.mean())
            ),
            "A factor is missing in the slope: differentiate the square.": (
                lambda: _one_step(lambda error: error.mean())
            ),
            "You added the slopes of all five films. MSE is a mean.": (
                lambda: _one_step(lambda error: 2 * error.sum())
            ),
            "That is the slope. The step is the learning rate times the slope, taken from c.": (
                lambda: (
                    _one_step(lambda error: 2 * error.mean(), rate=1, start=1.0) - 1.0
                )
            ),
            "That is where many steps lead in the end. One step goes only a part of the way.": (
                lambda: toy.RATINGS.loc[toy.RATINGS["userID"] == 5, "rating"].mean()
            ),
        },
    ),
    Exercise(
        number="2.3",
        wanted="a function of a list of sizes that returns a whole number",
        answer=lambda: _n_parameters,
        mistakes={
            "You counted the weights. Each neuron has one number more.": (
                lambda: lambda sizes: _n_parameters(sizes, bias=0)
            ),
            "The inputs are not neurons: they have no bias.": (
                lambda: lambda sizes: _n_parameters(sizes) + sizes[0]
            ),
            "That is one bias for a whole layer. Each neuron of it has its own.": (
                lambda: lambda sizes: _n_parameters(sizes, bias=0) + len(sizes) - 1
            ),
            "You counted the neurons. Ask how many numbers each of them learns.": (
                lambda: lambda sizes: sum(sizes)
            ),
        },
        calls=lambda: [([2, 8, 1],), ([1, 1],), ([16, 8, 4, 1],), ([43, 32, 1],)],
    ),
    Exercise(
        number="2.4",
        wanted="a list of four log losses on the test films, for 10 to 10,000 steps",
        answer=_losses,
        mistakes={
            "These are the losses on the training films. Ask about films that it has not seen.": (
                lambda: _losses(on_test=False)
            ),
            "These are shares of right answers. Use the log loss.": (
                lambda: _losses(accuracy=True)
            ),
            "These are mean squared errors. Use the log loss.": (
                lambda: _losses(mean_square=True)
            ),
        },
    ),
    Exercise(
        number="2.5",
        wanted="one letter, A, B, C or D",
        answer=lambda: "C",
        mistakes={
            "More epochs help a loss that still falls. This one stands.": lambda: "A",
            "A larger step helps if the loss crawls. Ask whether 0.62 is a special number.": (
                lambda: "B"
            ),
            "Even a constant answer reaches 0.500 here, without any hidden layer.": (
                lambda: "D"
            ),
        },
    ),
]
