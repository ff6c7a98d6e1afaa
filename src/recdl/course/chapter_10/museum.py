"""Chapter 10: draws that several workers share, and a split that does not round."""

import numpy as np

from recdl.course.museum import Exhibit, permalink


def the_same_seed_everywhere(n_workers, n_blocks, seed):
    """Return three draws for each block of users; the bug: each worker has a generator, all of one seed."""
    generators = [np.random.default_rng(seed) for _ in range(n_workers)]
    return np.stack(
        [generators[block % n_workers].random(3) for block in range(n_blocks)]
    )


def a_seed_for_each_block(n_workers, n_blocks, seed):
    """Return three draws for each block of users, whichever worker draws them."""
    return np.stack(
        [np.random.default_rng([seed, block]).random(3) for block in range(n_blocks)]
    )


def check_draws(draws):
    """Ask two and three workers for four blocks."""
    drawn = draws(2, 4, seed=7)
    n_different = len(np.unique(drawn))
    assert n_different == 12, f"12 draws, and {n_different} different numbers"
    assert (drawn == draws(3, 4, seed=7)).all(), "another worker, other numbers"


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
        mended=a_seed_for_each_block,
        check=check_draws,
    ),
    Exhibit(
        title="Two splits that disagree",
        source=permalink(
            "recommenders-team/recommenders",
            "recommenders/datasets/spark_splitters.py#L140",
        ),
        broken=kept_by_comparing,
        mended=kept_by_rounding,
        check=check_kept,
    ),
]
