"""Chapter 2's panels: a neuron to set by hand, and a network that learns XOR or does not."""

import functools

import numpy as np
import pandas as pd

from recdl import toy
from recdl.course.panels import Panel, number

FILMS = ["Die Hard", "Casablanca", "E.T.", "Brazil"]  # all combinations of two genres
WISHES = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "xor": [0, 1, 1, 0]}


@functools.cache
def inputs() -> np.ndarray:
    """Return for each of the films whether it is a drama, and whether it is science fiction."""
    genres = toy.MOVIES.set_index("title").loc[FILMS, "genres"].str.get_dummies()
    return genres[["Drama", "Sci-Fi"]].to_numpy()


def _films():
    x = inputs().tolist()
    return [{"title": title, "x": row} for title, row in zip(FILMS, x, strict=True)]


def _table(wanted, answers, columns):
    """Lay out the films and what is wanted and answered, between them other columns."""
    x = inputs()
    right = np.asarray(answers) == wanted
    return right.sum(), pd.DataFrame(
        {
            "film": FILMS,
            "drama": x[:, 0].astype(str),
            "sci-fi": x[:, 1].astype(str),
            "wanted": np.asarray(wanted).astype(str),
            **columns,
            "right?": np.where(right, "✓", "✗"),
        }
    )


# A neuron by hand


def sums(w1: float, w2: float, b: float) -> np.ndarray:
    """Return the sum of a neuron with these weights and this bias, for each film."""
    x = inputs()
    return w1 * x[:, 0] + w2 * x[:, 1] + b


def neuron() -> Panel:
    """Return the panel in which readers set the weights of a perceptron; it begins like the chapter's."""
    start = {"w1": 0.0, "w2": 0.0, "b": -0.5}
    wish, total = "or", sums(**start)
    answers = (total > 0).astype(int)
    columns = {
        "sum": [number(value, 1) for value in total],
        "answer": answers.astype(str),
    }
    right, table = _table(WISHES[wish], answers, columns)
    weights = (number(value, 1) for value in start.values())
    told = ", ".join(
        f"{name} = {w}" for name, w in zip(("w₁", "w₂", "b"), weights, strict=True)
    )
    return Panel(
        "A neuron by hand",
        {"films": _films(), "wishes": WISHES, "wish": wish, **start},
        f"{told}, wish “{wish}”: {right} of 4 right",
        table,
    )


# A network with one hidden layer, as in the chapter

Weights = list[np.ndarray]


def new_weights(seed: int, n_hidden: int) -> Weights:
    """Return first weights: inputs to hidden (2, n), biases (n,), hidden to output (n,), bias (1,)."""
    rng = np.random.default_rng(seed)
    small, smaller = 1 / np.sqrt(2), 1 / np.sqrt(n_hidden)
    shapes = [(small, (2, n_hidden)), (small, n_hidden), (smaller, n_hidden)]
    return [rng.uniform(-s, s, size) for s, size in [*shapes, (smaller, 1)]]


def forward(weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs of the hidden neurons, (4, n), and the logits of the films, (4,)."""
    w_in, b_in, w_out, b_out = weights
    hidden = np.maximum(0, inputs() @ w_in + b_in)
    return hidden, hidden @ w_out + b_out


def log_loss(weights: Weights) -> float:
    """Return the mean log loss of the four films for the wish "xor"."""
    logits = forward(weights)[1]
    return float(np.mean(np.logaddexp(0, logits) - WISHES["xor"] * logits))


def backward(weights: Weights) -> Weights:
    """Return the slope of the log loss at each weight."""
    hidden, logits = forward(weights)
    answers = (1 + np.tanh(logits / 2)) / 2
    to_logit = (answers - WISHES["xor"]) / len(FILMS)
    to_sum = np.outer(to_logit, weights[2]) * (hidden > 0)
    to_output = [hidden.T @ to_logit, to_logit.sum(keepdims=True)]
    return [inputs().T @ to_sum, to_sum.sum(axis=0), *to_output]


def trained(weights: Weights, rate: float, n_steps: int) -> Weights:
    """Return the weights after some steps of gradient descent."""
    for _ in range(n_steps):
        pairs = zip(weights, backward(weights), strict=True)
        weights = [w - rate * slope for w, slope in pairs]
    return weights


def mlp() -> Panel:
    """Return the panel in which readers train the chapter's network, before its first step."""
    state = {"width": 8, "seed": 42, "rate": 0.5}
    weights, wanted = new_weights(state["seed"], state["width"]), WISHES["xor"]
    logits = forward(weights)[1]
    answers = [number(value, 3) for value in (1 + np.tanh(logits / 2)) / 2]
    right, table = _table(wanted, logits > 0, {"answer": answers})
    caption = (
        f"{state['width']} hidden neurons, seed {state['seed']}, learning rate {state['rate']:g}, "
        f"after 0 steps: log loss {number(log_loss(weights), 4)}, {right} of 4 right"
    )
    state |= {"films": _films(), "wanted": wanted}
    return Panel("XOR, to be learnt", state, caption, table)


PANELS = {"neuron": neuron, "mlp": mlp}
