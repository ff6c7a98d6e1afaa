"""Chapter 4's panel: a GMF of two numbers learns from the ones of the toy world, and from drawn zeros."""

import functools
from collections.abc import Iterator

import numpy as np
import pandas as pd

from recdl import toy
from recdl.course.panels import Panel, number

N_FACTORS, SMALL, RATE = (
    2,
    0.01,
    1.0,
)  # small first numbers, as the models of the course have
Weights = list[np.ndarray]


@functools.cache
def ones() -> np.ndarray:
    """Return the toy table: 1 where a person (row) rated a film (column), else 0."""
    return toy.as_matrix(toy.RATINGS).notna().to_numpy(int)


def zeros(n_negatives: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often each gap is drawn: for each 1, so many of its person's gaps, as He et al. draw.

    A gap may be drawn more than once. One random number for each 1 is enough: times the number of gaps, its
    whole part names a gap, and the rest is a random number again.
    """
    people = np.nonzero(ones())[0]
    n_gaps = (ones() == 0).sum(axis=1)
    gaps = np.argsort(ones(), axis=1, kind="stable")  # of each person, first the gaps
    drawn, rest = np.zeros(ones().shape, dtype=int), rng.random(len(people))
    for _ in range(n_negatives):
        rest *= n_gaps[people]
        which = rest.astype(int)
        rest -= which
        np.add.at(drawn, (people, gaps[people, which]), 1)
    return drawn


def new_weights(rng: np.random.Generator) -> Weights:
    """Return first weights: two numbers for each person and each film, and those of the last neuron."""
    n_people, n_films = ones().shape
    tables = [(n_people, N_FACTORS), (n_films, N_FACTORS)]
    return [*(rng.uniform(-SMALL, SMALL, size) for size in tables), np.ones(N_FACTORS)]


def logits(weights: Weights) -> np.ndarray:
    """Return a logit for each person and film."""
    people, films, last = weights
    return (people * last) @ films.T


def log_loss(weights: Weights, drawn: np.ndarray) -> float:
    """Return the mean log loss of the ones and the drawn zeros."""
    z, n_examples = logits(weights), (ones() + drawn).sum()
    total = (ones() + drawn) * np.logaddexp(0, z) - ones() * z
    return float(total.sum() / n_examples)


def slopes(weights: Weights, drawn: np.ndarray) -> Weights:
    """Return the slope of the log loss at each weight."""
    people, films, last = weights
    answers = (1 + np.tanh(logits(weights) / 2)) / 2
    to_logit = (ones() + drawn) * answers - ones()
    to_logit = to_logit / (ones() + drawn).sum()
    to_people = to_logit @ films
    return [
        to_people * last,
        to_logit.T @ (people * last),
        (to_people * people).sum(axis=0),
    ]


def learning(seed: int, n_negatives: int) -> Iterator[tuple[Weights, np.ndarray]]:
    """Yield the weights after 0, 1, 2 … steps, and the zeros drawn for the next step."""
    rng = np.random.default_rng(seed)
    weights = new_weights(rng)
    while True:
        drawn = zeros(n_negatives, rng)
        yield weights, drawn
        pairs = zip(weights, slopes(weights, drawn), strict=True)
        weights = [w - RATE * slope for w, slope in pairs]


def negatives() -> Panel:
    """Return the panel in which readers choose how many zeros are drawn; it begins with none."""
    state = {"negatives": 0, "seed": 42}
    weights, drawn = next(learning(state["seed"], state["negatives"]))
    answers, films = (1 + np.tanh(logits(weights) / 2)) / 2, toy.MOVIES["title"]
    table = pd.DataFrame({"person": toy.USERS.values()})
    for i, film in enumerate(films):
        marks = np.where(ones()[:, i], " ●", "")
        table[film] = [
            number(a) + mark for a, mark in zip(answers[:, i], marks, strict=True)
        ]
    means = [number(answers[ones() == value].mean()) for value in (1, 0)]
    caption = (
        f"Negatives for each one: {state['negatives']}; seed {state['seed']}; after 0 steps: "
        f"loss {number(log_loss(weights, drawn), 4)}, mean answer {means[0]} for the {ones().sum()} ones, "
        f"{means[1]} for the {(ones() == 0).sum()} gaps"
    )
    state |= {"people": list(toy.USERS.values()), "films": films.tolist()}
    state |= {"ones": ones().tolist(), "small": SMALL, "rate": RATE}
    return Panel("A model of ones and zeros", state, caption, table)


PANELS = {"negatives": negatives}
