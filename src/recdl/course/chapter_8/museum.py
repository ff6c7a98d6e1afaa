"""Chapter 8: evaluations among sampled candidates that make results better than they are."""

import numpy as np

from recdl.course.museum import Exhibit, permalink


def candidates_with_repeats(positive, seen, n_items, n, rng):
    """Return the positive and n negatives; the bug: some are drawn twice, and a set keeps one of each."""
    unseen = [item for item in range(n_items) if item not in seen | {positive}]
    return {positive, *rng.choice(unseen, size=n).tolist()}


def candidates_without_repeats(positive, seen, n_items, n, rng):
    """Return the positive and n different negatives."""
    unseen = [item for item in range(n_items) if item not in seen | {positive}]
    return {positive, *rng.choice(unseen, size=n, replace=False).tolist()}


def check_candidates(candidates):
    """Ask for eight candidates in a catalogue of twelve films, many times."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        found = candidates(0, {1, 2}, 12, 7, rng)
        assert len(found) == 8, f"{len(found)} candidates instead of 8: easier to win"


def negatives_with_the_positive(positive, seen, n_items, n, rng):
    """Return n different negatives; the bug: the positive may be one of them."""
    unseen = [item for item in range(n_items) if item not in seen]
    return rng.choice(unseen, size=n, replace=False).tolist()


def negatives_without_the_positive(positive, seen, n_items, n, rng):
    """Return n different negatives."""
    unseen = [item for item in range(n_items) if item not in seen | {positive}]
    return rng.choice(unseen, size=n, replace=False).tolist()


def check_negatives(negatives):
    """Ask for seven negatives in a catalogue of twelve films, many times."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        found = negatives(0, {1, 2}, 12, 7, rng)
        assert 0 not in found, "the positive competes with itself as a negative"


EXHIBITS = [
    Exhibit(
        title="Test negatives drawn twice",
        source=permalink("mlcommons/training", "recommendation/pytorch/convert.py#L98"),
        broken=candidates_with_repeats,
        mended=candidates_without_repeats,
        check=check_candidates,
    ),
    Exhibit(
        title="The positive among its own negatives",
        source=permalink("mlcommons/training", "recommendation/pytorch/convert.py#L94")
        + "; "
        + permalink(
            "hexiangnan/neural_collaborative_filtering", "Data/ml-1m.test.negative"
        ),
        broken=negatives_with_the_positive,
        mended=negatives_without_the_positive,
        check=check_negatives,
    ),
]
