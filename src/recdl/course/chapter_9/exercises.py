"""Exercises of chapter 9: fading weights by hand, attention in code, the last film only, a control."""

import functools

import numpy as np

from recdl import baselines
from recdl.course.exercises import But, Exercise


def weights_of_four(tau=2.0):
    """Return the weights of four films, the most recent one last."""
    return np.exp(-np.array([3, 2, 1, 0]) / tau)


def attention_weights(Q, K, *, scaled=True, mask=np.tril, axis=1):  # noqa: N803
    """Return the causal attention weights of queries and keys, (places, places)."""
    fit = Q @ K.T / (np.sqrt(Q.shape[1]) if scaled else 1)
    fit = np.where(mask(np.ones(fit.shape, dtype=bool)), fit, -np.inf)
    weights = np.exp(fit - fit.max(axis=axis, keepdims=True))
    return weights / weights.sum(axis=axis, keepdims=True)


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
    from recdl.experiments import questions

    positives, _ = questions.judged_on(split)
    weights = (baselines.recency_weights(positives, 1.0) == 1).astype(float)
    if first:
        weights = np.append(True, positives.users[1:] != positives.users[:-1]).astype(
            float
        )
    if all_films:
        weights = None
    return questions.ndcg_on(split)(baselines.EASE(positives, 1000, weights=weights))


EXERCISES = [
    Exercise("9.1", "a list of four numbers, the weight of the most recent film last", weights_of_four, {
        (lambda: weights_of_four()[::-1]): "The order: the most recent film comes last in the list.",
        (lambda: weights_of_four() * np.exp(-1 / 2)):
            "The most recent film has the rank 0, and so the weight 1.",
        But(1.0): "That is τ = 1. Divide the rank by 2.",
        But(0.5): "That is exp(-2 · rank). τ divides the rank.",
    }),
    Exercise("9.2", "a function of Q and K that returns weights, (places, places)", attention_weights, {
        But(scaled=False): "Divide by the root of the width before the softmax.",
        But(mask=np.triu): "A place may look back, not ahead: the mask is upside down.",
        _masked_afterwards: "Mask before the softmax, so that the rows still add up to 1.",
        But(mask=lambda everywhere: everywhere): "No place may look ahead: the mask is missing.",
        But(axis=0): "The softmax runs over the places that are looked at, along a row.",
    }, calls=_queries()),
    Exercise("9.3", "a number, the NDCG@10 on validation", only_the_last, {
        But("paper"): "That is the test part. Judge on validation.",
        But(first=True): "That is with each person's *first* film. Take the most recent one.",
        But(all_films=True): "That is with the whole history. Only the last film counts.",
    }, tolerance=1e-5),
    Exercise("9.4", "one of the letters a, b, c and d", "c", {
        "a": "Far outside of an interval, yes. But what would the gain be worth if it is the page?",
        "b": "A gain that may come from the page grows with nothing that a listener would notice.",
        "d": "They say something if the right controls are made. Which one is missing here?",
    }),
]  # fmt: skip
