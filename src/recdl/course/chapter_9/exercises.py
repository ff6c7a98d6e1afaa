"""Exercises of chapter 9: fading weights by hand, attention in code, the last film only, a control."""

import functools

import numpy as np

from recdl import baselines
from recdl.course.exercises import Exercise


def weights_of_four(tau=2.0):
    """Return the weights of four films, the most recent one last."""
    return np.exp(-np.array([3, 2, 1, 0]) / tau)


def attention_weights(Q, K, *, scaled=True, mask=np.tril, axis=1):  # noqa: N803
    """Return the causal attention weights of queries and keys, (places, places)."""
    fit = Q @ K.T / (np.sqrt(Q.shape[1]) if scaled else 1)
    fit = np.where(mask(np.ones(fit.shape, dtype=bool)), fit, -np.inf)
    weights = np.exp(fit - fit.max(axis=axis, keepdims=True))
    return weights / weights.sum(axis=axis, keepdims=True)


def _attention_with(**mistake):
    return lambda: lambda Q, K: attention_weights(Q, K, **mistake)  # noqa: N803


def _masked_afterwards(Q, K):  # noqa: N803
    return np.tril(attention_weights(Q, K, mask=lambda everywhere: everywhere))


def _queries():
    rng = np.random.default_rng(9)
    return [
        (rng.normal(size=(3, 4)), rng.normal(size=(3, 4))),
        (np.eye(2), 2 * np.eye(2)),
    ]


@functools.cache
def only_the_last(split="validation", *, first=False, all_films=False):
    """Return the NDCG@10 of EASE that reads one film of each history."""
    from recdl.experiments import plan

    positives, _ = plan.judged_on(split)
    weights = (baselines.recency_weights(positives, 1.0) == 1).astype(float)
    if first:
        weights = np.append(True, positives.users[1:] != positives.users[:-1]).astype(
            float
        )
    if all_films:
        weights = None
    return plan.ndcg_on(split)(baselines.EASE(positives, 1000, weights=weights))


EXERCISES = [
    Exercise(
        number="9.1",
        wanted="a list of four numbers, the weight of the most recent film last",
        answer=weights_of_four,
        mistakes={
            "The order: the most recent film comes last in the list.": lambda: (
                weights_of_four()[::-1]
            ),
            "The most recent film has the rank 0, and so the weight 1.": lambda: (
                weights_of_four() * np.exp(-1 / 2)
            ),
            "That is τ = 1. Divide the rank by 2.": lambda: weights_of_four(1.0),
            "That is exp(-2 · rank). τ divides the rank.": lambda: weights_of_four(0.5),
        },
    ),
    Exercise(
        number="9.2",
        wanted="a function of Q and K that returns weights, (places, places)",
        answer=lambda: attention_weights,
        calls=_queries,
        mistakes={
            "Divide by the root of the width before the softmax.": _attention_with(
                scaled=False
            ),
            "A place may look back, not ahead: the mask is upside down.": _attention_with(
                mask=np.triu
            ),
            "Mask before the softmax, so that the rows still add up to 1.": lambda: (
                _masked_afterwards
            ),
            "Nobody may look ahead: the mask is missing.": _attention_with(
                mask=lambda everywhere: everywhere
            ),
            "The softmax runs over the places that are looked at, along a row.": _attention_with(
                axis=0
            ),
        },
    ),
    Exercise(
        number="9.3",
        wanted="a number, the NDCG@10 on validation",
        answer=only_the_last,
        mistakes={
            "That is the test part. Judge on validation.": lambda: only_the_last(
                "paper"
            ),
            "That is with each person's *first* film. Take the most recent one.": lambda: (
                only_the_last(first=True)
            ),
            "That is with the whole history. Only the last film counts.": lambda: (
                only_the_last(all_films=True)
            ),
        },
        tolerance=1e-5,
    ),
    Exercise(
        number="9.4",
        wanted="one of the letters a, b, c and d",
        answer=lambda: "c",
        mistakes={
            "Far outside of an interval, yes. But what would the gain be worth if it is the page?": lambda: (
                "a"
            ),
            "A gain that may come from the page grows with nothing that a listener would notice.": lambda: (
                "b"
            ),
            "They say something if the right controls are made. Which one is missing here?": lambda: (
                "d"
            ),
        },
    ),
]
