"""From ratings to training data: the split, the three CSV files, and negative sampling.

Paper section IV.D. A table of ratings has the columns ``userID, itemID, rating, timestamp`` of the paper's
Fig. 6 until it becomes `Interactions`, which hold positions instead of identifiers.
"""

import hashlib
import os
import pathlib
from typing import NamedTuple

import numpy as np
import pandas as pd

from recdl.checks import PAIR, check_at_least, check_fraction, check_pairs
from recdl.movielens import check_ratings


class Split(NamedTuple):
    """A table of ratings cut in two; both parts keep the columns and the index of the whole."""

    train: pd.DataFrame
    test: pd.DataFrame


def chronological_split(ratings: pd.DataFrame, ratio: float = 0.75) -> Split:
    """Give the earliest part of every user's ratings to training and the rest to the test.

    The same rows as ``recommenders.datasets.python_splitters.python_chrono_split`` (paper section IV.D).
    Ratings of one user in the same second keep the order of the table: in MovieLens-100k the boundary falls
    inside such a tie for 467 of 943 users, so without that rule the split would be a matter of luck.

    Parameters
    ----------
    ratings : DataFrame
        Columns ``userID, itemID, rating, timestamp``.
    ratio : float
        Part of each user's ratings that goes to training, above 0 and below 1. A user with n ratings keeps
        ``round(ratio * n)`` of them, a half being rounded to the even neighbour.

    Returns
    -------
    Split
        Both parts sorted by user and time.

    Raises
    ------
    ValueError
        If ratio is not between 0 and 1.
    recdl.movielens.DataError
        If the table fails `recdl.movielens.check_ratings`.
    """
    check_fraction(ratio=ratio)
    checked = check_ratings(ratings)
    # lexsort is stable; unlike sort_values, it does not mind an index that is called userID too.
    ordered = checked.iloc[np.lexsort((checked["timestamp"], checked["userID"]))]
    users = ordered["itemID"].groupby(ordered["userID"].to_numpy())
    is_train = users.cumcount() < np.round(float(ratio) * users.transform("size"))
    return Split(ordered[is_train], ordered[~is_train])


def drop_unseen(split: Split) -> Split:
    """Remove test rows whose user or film never occurs in training (paper section IV.D).

    Raises
    ------
    ValueError
        If a part fails `recdl.checks.check_pairs`.
    """
    train, test = (check_pairs(part) for part in split)
    known = test["userID"].isin(train["userID"]) & test["itemID"].isin(train["itemID"])
    return Split(split.train, split.test[known.to_numpy()])


def paper_split(ratings: pd.DataFrame) -> Split:
    """Return the split of the paper's experiment: 75 % by time, without unseen users and films.

    Raises
    ------
    recdl.movielens.DataError
        If the table fails `recdl.movielens.check_ratings`.
    """
    return drop_unseen(chronological_split(ratings, 0.75))


def pairs_sha256(ratings: pd.DataFrame) -> str:
    """Return the SHA-256 of the (user, film) pairs, whatever the order of the rows.

    Two splits with equal counts can hold different rows; two different sets of pairs have different hashes.
    Hashed is one line ``userID,itemID`` for each pair, sorted by user and film as numbers.

    Raises
    ------
    ValueError
        If the table fails `recdl.checks.check_pairs`.
    """
    pairs = check_pairs(ratings).sort_values(PAIR)
    return hashlib.sha256(
        pairs.to_csv(index=False, header=False, lineterminator="\n").encode()
    ).hexdigest()


def leave_one_out(
    split: Split, n_negatives: int = 100, *, rng: np.random.Generator
) -> pd.DataFrame:
    """Return each user's last test film among films that the user never rated.

    The protocol of He et al. (2017), section 4.1, on the paper's test set. The negatives leave out everything
    the user rated in training *and* test: a film that the user did rate is not a negative.

    Parameters
    ----------
    split : Split
        Training and test ratings.
    n_negatives : int
        Negatives for each user, drawn without replacement from the films of the training part.
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    DataFrame
        Columns ``userID, itemID, rating, test_batch``: for each user with test ratings one row of rating 1,
        then `n_negatives` rows of rating 0 (fewer when fewer are left); `test_batch` counts the users.

    Raises
    ------
    ValueError
        If a part has no rows or fails `recdl.checks.check_pairs`, or if n_negatives is not a whole number
        of at least 0.
    """
    check_at_least(0, n_negatives=n_negatives)
    train, test = (check_pairs(part) for part in split)
    if train.empty or test.empty:
        raise ValueError(
            f"There are {len(train)} training and {len(test)} test ratings; both parts need some. "
            "Split with another ratio."
        )
    rated = check_pairs(pd.concat([train, test])).groupby("userID")["itemID"].agg(set)
    films = np.sort(train["itemID"].unique())
    last = test.groupby("userID")["itemID"].last()
    tables = []
    for batch, (user, positive) in enumerate(last.items()):
        unrated = films[~np.isin(films, list(rated[user]))]
        negatives = rng.choice(
            unrated, size=min(n_negatives, len(unrated)), replace=False
        )
        tables.append(
            pd.DataFrame(
                {
                    "userID": user,
                    "itemID": np.append(positive, negatives),
                    "rating": np.append(1.0, np.zeros(len(negatives))),
                    "test_batch": batch,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def write_csv(table: pd.DataFrame, path: str | os.PathLike) -> pathlib.Path:
    """Write a table as a CSV file that is either complete or absent, and return its path."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        table.to_csv(unfinished, index=False)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


class Interactions:
    """Who interacted with what, as positions: the form in which a model reads implicit feedback.

    Parameters
    ----------
    ratings : DataFrame
        Columns ``userID`` and ``itemID``, each pair once. The rating itself plays no part: implicit feedback
        only knows that there was one.

    Attributes
    ----------
    user_ids, item_ids : ndarray
        The identifier at each position, in the order of first appearance.
    users, items : ndarray of shape (n_interactions,)
        The positions of each interaction's user and item.

    Raises
    ------
    ValueError
        If the table fails `recdl.checks.check_pairs`, if there is no interaction, or if a pair occurs twice.
    """

    def __init__(self, ratings: pd.DataFrame):
        pairs = check_pairs(ratings)
        if pairs.empty:
            raise ValueError(
                "There are no interactions: the table of ratings is empty. It needs at least one row."
            )
        twice = pairs[pairs.duplicated()]
        if len(twice):
            user, item = twice.iloc[0].tolist()
            raise ValueError(
                f"User {user} has item {item} twice: drop_duplicates(['userID', 'itemID']) first."
            )
        self.users, self.user_ids = pd.factorize(pairs["userID"].to_numpy())
        self.items, self.item_ids = pd.factorize(pairs["itemID"].to_numpy())

    @property
    def n_users(self) -> int:
        """The number of users."""
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        """The number of items."""
        return len(self.item_ids)

    def __len__(self):
        return len(self.users)

    def user_position(self, user) -> int:
        """Return the position of a user's identifier.

        Raises
        ------
        KeyError
            If the user has no interaction here.
        """
        found = np.flatnonzero(pd.Series(self.user_ids).isin([user]))
        if not len(found):
            raise KeyError(
                f"User {user} has no interaction in this table. Its {self.n_users} users have the "
                f"identifiers {self.user_ids.min()} to {self.user_ids.max()}."
            )
        return int(found[0])


def sample_negatives(
    interactions: Interactions,
    n_negatives: int = 4,
    *,
    rng: np.random.Generator,
    block: int = 256,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw items that each user did not interact with: `n_negatives` for every positive.

    Every set of unseen items is equally likely for a user, and no item is drawn twice for the same user. A
    user with too few unseen items gets all of them. That is the distribution of the ``recommenders`` library
    (`NegativeSampler` in its ``models/ncf/dataset.py``); He et al. (2017) draw with replacement.

    Parameters
    ----------
    interactions : Interactions
        The positives.
    n_negatives : int
        Negatives for each positive.
    rng : numpy.random.Generator
        The source of randomness; call again with the same generator for the next epoch.
    block : int
        Users handled at once: memory grows with the interactions and ``block * n_items``.

    Returns
    -------
    users, items : ndarray
        Positions of the negatives, block by block of users.

    Raises
    ------
    ValueError
        If n_negatives is not a whole number of at least 0, or block not one of at least 1.
    """
    check_at_least(0, n_negatives=n_negatives)
    check_at_least(1, block=block)
    block = int(block)  # a NumPy integer can overflow
    n_users, n_items = interactions.n_users, interactions.n_items
    by_user = np.argsort(interactions.users, kind="stable")
    n_seen = np.bincount(interactions.users)
    # Nobody has more than n_items unseen items, and n_negatives * n_seen could exceed 64 bits.
    wanted = np.minimum(min(n_negatives, n_items) * n_seen, n_items - n_seen)
    drawn = []
    for begin in range(0, n_users, block):
        rows = by_user[n_seen[:begin].sum() : n_seen[: begin + block].sum()]
        taken = np.zeros((min(block, n_users - begin), n_items), dtype=bool)
        taken[interactions.users[rows] - begin, interactions.items[rows]] = True
        users, items = _draw_untaken(taken, wanted[begin : begin + block], rng)
        drawn.append((users + begin, items))
    users, items = (np.concatenate(part) for part in zip(*drawn, strict=True))
    return users, items


def _draw_untaken(taken, wanted, rng):
    """Throw darts at each user's row of `taken` until `wanted` free items are hit, each once."""
    n_users, n_items = taken.shape
    wanted, drawn = wanted.copy(), []
    first = np.empty(
        taken.shape, dtype=np.int32
    )  # the number of the first dart at each place
    while wanted.any():
        free = np.maximum(n_items - taken.sum(axis=1), 1)
        n_darts = np.where(
            wanted > 0, (1.1 * wanted * n_items / free).astype(int) + 4, 0
        )
        users = np.repeat(np.arange(n_users), n_darts)
        items = rng.integers(n_items, size=len(users))
        darts = np.arange(len(users))
        first[users[::-1], items[::-1]] = darts[
            ::-1
        ]  # thrown backwards, the first one stays
        hits = ~taken[users, items] & (first[users, items] == darts)
        n_hits = np.cumsum(hits)
        n_hits_before = np.append(0, n_hits)[np.cumsum(n_darts) - n_darts]
        hits &= (
            n_hits - np.repeat(n_hits_before, n_darts) <= wanted[users]
        )  # enough is enough
        users, items = users[hits], items[hits]
        taken[users, items] = True
        wanted -= np.bincount(users, minlength=n_users)
        drawn.append((users, items))
    nothing = np.empty(0, dtype=np.intp)
    return [
        np.concatenate(part) for part in zip((nothing, nothing), *drawn, strict=True)
    ]


def epoch_samples(
    interactions: Interactions, n_negatives: int = 4, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return one epoch of training samples in random order: all positives, and negatives drawn for it.

    Returns
    -------
    users, items, labels : ndarray
        Positions, and 1 for a positive, 0 for a negative; each of shape (n_positives + n_drawn,).

    Raises
    ------
    ValueError
        If n_negatives is not a whole number of at least 0.
    """
    users, items = sample_negatives(interactions, n_negatives, rng=rng)
    order = rng.permutation(len(interactions) + len(users))
    labels = np.append(
        np.ones(len(interactions), "float32"), np.zeros(len(users), "float32")
    )
    users = np.append(interactions.users, users).astype("int32")
    items = np.append(interactions.items, items).astype("int32")
    return users[order], items[order], labels[order]
