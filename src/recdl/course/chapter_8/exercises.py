"""Exercises of chapter 8: sampled ranks by hand, EASE in code, an honest choice, a comparison to judge."""

import functools
import math

import numpy as np

from recdl import baselines
from recdl.course.exercises import But, Exercise


def ease_matrix(X, l2, *, symmetric=False, diagonal=0.0, sign=-1, ridge=True):  # noqa: N803
    """Return EASE's matrix of films."""
    X = np.asarray(X, dtype=float)  # noqa: N806
    P = np.linalg.inv(X.T @ X + l2 * np.eye(X.shape[1]) * (1 if ridge else 0.5))  # noqa: N806
    B = sign * P / (np.diag(P)[:, None] if symmetric else np.diag(P))  # noqa: N806
    np.fill_diagonal(B, diagonal)
    return B


TABLES = [
    (np.array([[1, 1, 0], [1, 0, 1], [1, 1, 1], [0, 1, 0]]), 1.0),
    (np.array([[1, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 0]]), 10.0),
]


LAMBDAS = (10, 100, 1000, 10_000)


@functools.cache
def choose_l2(split="validation"):
    """Return the λ with the best NDCG@10 on a split, and that NDCG@10."""
    from recdl.experiments import questions

    positives, _ = questions.judged_on(split)
    ndcg = questions.ndcg_on(split)
    values = {l2: ndcg(baselines.EASE(positives, l2)) for l2 in LAMBDAS}
    best = max(values, key=values.get)
    return np.array([best, values[best]])


EXERCISES = [
    Exercise("8.1", "a probability, a number between 0 and 1", math.comb(80, 2) / math.comb(100, 2), {
        0.8**2: "That is with replacement. Without it, the second draw is among 99.",
        math.comb(79, 2) / math.comb(100, 2): "Rank 21 means that *twenty* films come before it.",
        0.8: "That is the chance for one drawn film. Both must come behind it.",
        1 - math.comb(80, 2) / math.comb(100, 2):
            "That is the chance that at least one comes before it. The question is the opposite.",
    }),
    Exercise("8.2", "a function of X and l2 that returns a matrix, (films, films)", ease_matrix, {
        But(symmetric=True): "Divide each *column* j by P[j, j], not each row.",
        But(diagonal=-1.0): "Set the diagonal to 0: no film predicts itself.",
        But(sign=1): "The sign: entries are minus P[i, j] / P[j, j].",
    }, calls=TABLES),
    Exercise("8.3", "a list of two numbers: the best λ, and its NDCG@10 on validation", choose_l2, {
        But("paper"): "That is the choice on the *test* part. Choose on validation.",
    }),
    Exercise("8.4", "one of the letters a, b, c and d", "c", {
        "a": "It would help a little. But the baselines would still be untuned.",
        "b": "More seeds narrow the interval of the network. What if the other side is too low?",
        "d": "Is the comparison fair? That comes before a better network.",
    }),
]  # fmt: skip
