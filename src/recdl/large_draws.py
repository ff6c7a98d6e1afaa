"""Negatives for millions of interactions: the draws of `recdl.interactions` and `recdl.sampled`, bit for bit.

An epoch's negatives go block by block into arrays of their final size, and several workers can share the
blocks. Leave-one-out makes no table for each user; which film is number i of those that the user never rated
is found by halving.
"""

import itertools

import numpy as np
import pandas as pd

from recdl import sampled
from recdl.checks import check_at_least, check_generator, check_kind
from recdl.interactions import Interactions, _draw_untaken, negatives_by_user
from recdl.large import has_pairs
from recdl.large_lists import Seen
from recdl.ratings import PAIR
from recdl.splits import Split


def sample_negatives(
    positives: Interactions,
    n_negatives: int = 4,
    *,
    rng: np.random.Generator,
    block: int = 256,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the negatives of `recdl.interactions.sample_negatives`; positions as int32."""
    check_at_least(0, n_negatives=n_negatives)
    check_at_least(1, block=block)
    check_generator(rng)
    n_drawn = negatives_by_user(positives, n_negatives).sum()
    users, items = (np.empty(n_drawn, dtype="int32") for _ in range(2))
    end, seed = 0, int(rng.integers(2**63))
    for part in blocks_of_negatives(positives, n_negatives, seed=seed, block=block):
        begin, end = end, end + len(part[0])
        users[begin:end], items[begin:end] = part
    return users, items


def blocks_of_negatives(
    positives: Interactions,
    n_negatives: int = 4,
    *,
    seed: int,
    block: int = 256,
    numbers=None,
    first: int = 0,
):
    """Yield users and items of the negatives block by block; workers may share the blocks.

    Block number i has the users from ``i * block`` on. `numbers` are those of the blocks to draw, all if left
    out. `seed` is what `sample_negatives` takes from its generator, ``rng.integers(2**63)``. Where the
    positives are a part of others, `first` is the number of their first block among all blocks.
    """
    check_at_least(0, n_negatives=n_negatives, seed=seed, first=first)
    check_at_least(1, block=block)
    wanted = negatives_by_user(positives, n_negatives)
    block, seen = int(block), Seen(positives)
    all_of_them = range(-(-positives.n_users // block))
    for number in all_of_them if numbers is None else numbers:
        if number not in all_of_them:
            raise ValueError(
                f"numbers must lie between 0 and {all_of_them[-1]}; received {number!r}."
            )
        users = np.arange(number * block, min((number + 1) * block, positives.n_users))
        taken = np.zeros((len(users), positives.n_items), dtype=bool)
        taken[seen.of(users)] = True
        own = np.random.default_rng([seed, first + number])
        rows, items = _draw_untaken(taken, wanted[users], own)
        yield rows + users[0], items


def epoch_samples(
    positives: Interactions, n_negatives: int = 4, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the samples of `recdl.interactions.epoch_samples`, in the same order, in half the memory."""
    drawn = sample_negatives(positives, n_negatives, rng=rng)
    order = rng.permutation(len(positives) + len(drawn[0]))
    users, items = (
        np.concatenate([known.astype("int32"), others])[order]
        for known, others in zip((positives.users, positives.items), drawn, strict=True)
    )
    return users, items, (order < len(positives)).astype("float32")


def leave_one_out_test(
    split: Split, n_negatives: int = 100, *, rng: np.random.Generator
) -> pd.DataFrame:
    """Return each user's last test film among films that the user never rated.

    The table of `recdl.sampled.leave_one_out_test`, which draws for one user after the other from one
    generator; so does this.
    """
    check_at_least(0, n_negatives=n_negatives)
    check_generator(rng)
    check_kind(Split, split=split)
    if not all(has_pairs(part) for part in split):
        return sampled.leave_one_out_test(split, n_negatives, rng=rng)
    train, test = (part[PAIR] for part in split)
    rated = pd.concat([train, test])
    if not has_pairs(rated):
        return sampled.leave_one_out_test(split, n_negatives, rng=rng)
    films = np.sort(train["itemID"].unique())
    last = test.groupby("userID")["itemID"].last()
    negatives = _among_unrated(films, last.index, rated, n_negatives, rng)
    sizes = np.array([1 + len(drawn) for drawn in negatives])
    is_positive = np.zeros(sizes.sum(), dtype=bool)
    is_positive[sizes.cumsum() - sizes] = True
    items = np.empty(len(is_positive), dtype=films.dtype)
    items[is_positive], items[~is_positive] = last, films[np.concatenate(negatives)]
    columns = {
        "userID": np.repeat(last.index.to_numpy(), sizes),
        "itemID": items,
        "rating": is_positive.astype(float),
        "test_batch": np.repeat(np.arange(len(last)), sizes),
    }
    return pd.DataFrame(columns)


def _among_unrated(films, users, rated, n_negatives, rng):
    """Draw for each user positions of films: numbers among those left, turned into positions by halving."""
    rows = users.get_indexer(rated["userID"])
    places = pd.Index(films).get_indexer(rated["itemID"])
    here = (rows >= 0) & (places >= 0)
    codes = np.sort(rows[here] * len(films) + places[here])
    own = codes % len(films)
    ends = np.searchsorted(codes, np.arange(len(users) + 1) * len(films))
    drawn = []
    for begin, end in itertools.pairwise(ends):
        n_left = len(films) - (end - begin)
        numbers = rng.choice(n_left, size=min(n_negatives, n_left), replace=False)
        left_before = own[begin:end] - np.arange(end - begin)
        drawn.append(numbers + np.searchsorted(left_before, numbers, side="right"))
    return drawn
