"""The bug museum of chapter 4: a sort that forgets the order of ties, and zeros that know the test."""

import numpy as np
import pandas as pd

from recdl import interactions, splits, toy
from recdl.course.museum import Exhibit, permalink


def split_by_an_unstable_sort(ratings, ratio=0.75):
    """Give the earliest part of every user's ratings to training, with the bug."""
    ordered = ratings.sort_values("timestamp")
    users = ordered.groupby("userID")["itemID"]
    is_train = users.cumcount() < np.round(ratio * users.transform("size"))
    return splits.Split(ordered[is_train], ordered[~is_train])


def split_by_a_stable_sort(ratings, ratio=0.75):
    """Give the earliest part of every user's ratings to training."""
    ordered = ratings.sort_values("timestamp", kind="stable")
    users = ordered.groupby("userID")["itemID"]
    is_train = users.cumcount() < np.round(ratio * users.transform("size"))
    return splits.Split(ordered[is_train], ordered[~is_train])


def check_split(split):
    """Stop a function that loses the order of the table where times are equal.

    The toy world 300 times over: small tables are sorted in a way that happens to be stable.
    """
    copies = [
        toy.RATINGS.assign(userID=toy.RATINGS["userID"] + 10 * copy)
        for copy in range(300)
    ]
    train, _ = split(pd.concat(copies, ignore_index=True), ratio=0.5)
    of_eva = train[train["userID"] % 10 == 5].groupby("userID")["itemID"].agg(set)
    wrong = sum(films != {103, 101} for films in of_eva)
    assert wrong == 0, f"{wrong} of 300 copies of Eva have another first half."


def negatives_that_avoid_the_test(split, n_negatives, rng):
    """Draw one epoch of negatives, as positions of users and films, with the bug."""
    seen = interactions.Interactions(split.train)
    rated = pd.concat([split.train, split.test])
    lots = rng.random((seen.n_users, seen.n_items))
    lots[
        pd.Index(seen.user_ids).get_indexer(rated["userID"]),
        pd.Index(seen.item_ids).get_indexer(rated["itemID"]),
    ] = np.inf  # never drawn
    n_free = np.isfinite(lots).sum(axis=1)
    wanted = np.minimum(n_negatives * np.bincount(seen.users), n_free)
    is_drawn = np.arange(seen.n_items) < wanted[:, None]
    return np.nonzero(is_drawn)[0], np.argsort(lots, axis=1)[is_drawn]


def negatives_that_know_training_only(split, n_negatives, rng):
    """Draw one epoch of negatives, as positions of users and films."""
    seen = interactions.Interactions(split.train)
    return interactions.sample_negatives(seen, n_negatives, rng=rng)


def check_negatives(draw):
    """Stop a function that never draws test films, or that draws training films."""
    split = splits.drop_unseen(splits.chronological_split(toy.RATINGS, 0.5))
    seen, rng = interactions.Interactions(split.train), np.random.default_rng(1)
    drawn = {
        (int(seen.user_ids[user]), int(seen.item_ids[item]))
        for _ in range(50)
        for user, item in zip(*draw(split, 1, rng), strict=True)
    }
    train, test = (
        set(part[["userID", "itemID"]].itertuples(index=False, name=None))
        for part in split
    )
    assert not train & drawn, f"{len(train & drawn)} positives were drawn."
    spared = len(test - drawn)
    assert not spared, (
        f"{spared} of {len(test)} test films were not drawn in 50 epochs."
    )


EXHIBITS = [
    Exhibit(
        title="An unstable sort where times are equal",
        source=permalink(
            "recommenders-team/recommenders",
            "recommenders/datasets/python_splitters.py#L95",
            at="1.1.1",
        ),
        broken=split_by_an_unstable_sort,
        mended=split_by_a_stable_sort,
        check=check_split,
    ),
    Exhibit(
        title="Training negatives that avoid the test films",
        source=permalink(
            "yihong-chen/neural-collaborative-filtering", "src/data.py#L76"
        ),
        broken=negatives_that_avoid_the_test,
        mended=negatives_that_know_training_only,
        check=check_negatives,
    ),
]
