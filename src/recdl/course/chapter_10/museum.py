"""Chapter 10: draws that several workers share, and a split that does not round."""

import numpy as np

from recdl.course.museum import Exhibit, permalink


def the_same_seed_everywhere(n_workers, n_draws, seed):
    """Return what each worker draws (a row each); the bug: all of them begin with the same seed."""
    return np.stack(
        [np.random.default_rng(seed).random(n_draws) for _ in range(n_workers)]
    )


def a_seed_for_each(n_workers, n_draws, seed):
    """Return what each worker draws (a row each)."""
    generators = (np.random.default_rng([seed, number]) for number in range(n_workers))
    return np.stack([own.random(n_draws) for own in generators])


def check_draws(draws):
    """Ask three workers for four numbers each."""
    drawn = draws(3, 4, seed=7)
    n_different = len(np.unique(drawn))
    assert n_different == 12, f"12 draws, and {n_different} different numbers"
    assert (drawn == draws(3, 4, seed=7)).all(), "the same seed, other numbers"


def kept_by_comparing(n_ratings, ratio):
    """Return how many ratings are for training; the bug: nothing is ever rounded up."""
    ranks = np.arange(1, n_ratings + 1) / n_ratings
    return int((ranks <= ratio).sum())


def kept_by_rounding(n_ratings, ratio):
    """Return how many ratings are for training."""
    return round(n_ratings * ratio)


def check_kept(kept):
    """Ask for three quarters of 23 ratings, which are 17.25, and of 21, which are 15.75."""
    assert kept(23, 0.75) == 17
    assert kept(21, 0.75) == 16, f"of 21 ratings, {kept(21, 0.75)} are kept, not 16"


EXHIBITS = [
    Exhibit(
        title="The same seed on every worker",
        source="[pytorch/pytorch, issue 5059](https://github.com/pytorch/pytorch/issues/5059), "
        "of 5 February 2018",
        broken=the_same_seed_everywhere,
        mended=a_seed_for_each,
        check=check_draws,
    ),
    Exhibit(
        title="A split that never rounds up",
        source=permalink(
            "recommenders-team/recommenders",
            "recommenders/datasets/spark_splitters.py#L140",
        ),
        broken=kept_by_comparing,
        mended=kept_by_rounding,
        check=check_kept,
    ),
]
