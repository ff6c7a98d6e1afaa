"""A newcomer's vector, learnt while the vectors of the films stay as they are; for the panel of chapter 9.

The model is a GMF whose last weights are all 1: a logit is the product of two vectors, number by number,
added up. Both tables are learnt by turns, each by the steps that a newcomer's vector takes later.
"""

import numpy as np

SEED, SMALL, DIGITS = 42, 0.5, 4


def log_loss(vectors: np.ndarray, others: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the mean log loss of each vector over all of the others; wanted are ones and zeros."""
    logits = vectors @ others.T
    return (np.logaddexp(0, logits) - wanted * logits).mean(axis=-1)


def fastest(others: np.ndarray) -> float:
    """Return the highest rate at which no step can raise the log loss, whatever is wanted."""
    return float(4 * len(others) / np.linalg.eigvalsh(others.T @ others)[-1])


def moved(vectors, others, wanted, rate: float) -> np.ndarray:
    """Return the vectors after one step down their own log loss."""
    answers = (1 + np.tanh(vectors @ others.T / 2)) / 2
    return vectors - rate * (answers - wanted) @ others / len(others)


def gmf(ones: np.ndarray, width: int, n_passes: int) -> dict:
    """Return what a newcomer needs of a small GMF, as lists: films' vectors, the users' mean, and a rate.

    `ones` (n_users, n_films) are 1 where a user has a film; in each pass all users move, then all films.
    """
    rng = np.random.default_rng(SEED)
    users, films = (rng.uniform(-SMALL, SMALL, (n, width)) for n in ones.shape)
    for _ in range(n_passes):
        users = moved(users, films, ones, fastest(films))
        films = moved(films, users, ones.T, fastest(users))
    # The same logits from other numbers: the columns of the films are at right angles and of one length. Then
    # few steps are enough: there is no direction in which they are much too short.
    films, turned = np.linalg.qr(films)
    size = np.sqrt(len(films))
    films = (size * films).round(DIGITS)
    mean = (users.mean(axis=0) @ turned.T / size).round(DIGITS)
    return {"items": films.tolist(), "mean": mean.tolist(), "rate": fastest(films)}
