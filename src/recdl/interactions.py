"""Positives and negatives: implicit feedback in the form in which a model reads it (paper section IV.D).

A table of ratings becomes `Interactions`, which hold positions instead of identifiers; those of the training
part are called *positives* everywhere. From them come the negatives, and the samples of an epoch.
"""

import numbers

import numpy as np
import pandas as pd

from recdl.checks import as_array, check_at_least, check_generator, check_kind
from recdl.columns import DataError, seconds
from recdl.ratings import check_pairs


class Interactions:
    """Who interacted with what, as positions.

    Parameters
    ----------
    ratings : DataFrame
        Columns ``userID`` and ``itemID``, each pair once. The rating itself plays no part: implicit feedback
        only knows that there was one.
    in_time_order : bool, optional
        Whether each user's rows stand in order of time; if left out, the column ``timestamp`` tells.

    Attributes
    ----------
    user_ids, item_ids : ndarray
        The identifier at each position, in the order of first appearance.
    users, items : ndarray of shape (n_interactions,)
        The positions of each interaction's user and item.
    in_time_order : bool or None
        None where there are no timestamps, and you did not say it.
    tied : ndarray of bool, shape (n_interactions,)
        True where the user's row before has the same timestamp, so that nobody knows which of the two came
        first. False everywhere if there are no timestamps.

    Raises
    ------
    recdl.columns.DataError
        If the table fails `recdl.ratings.check_pairs`, or has no row.
    """

    def __init__(self, ratings: pd.DataFrame, *, in_time_order: bool | None = None):
        check_kind(pd.DataFrame, ratings=ratings)
        if not isinstance(in_time_order, bool | np.bool_ | None):
            raise ValueError(
                f"in_time_order must be True, False or None; received {in_time_order!r}."
            )
        pairs = check_pairs(ratings)
        if pairs.empty:
            raise DataError(
                "There are no interactions: the table of ratings is empty. It needs at least one row."
            )
        self.users, self.user_ids = pd.factorize(pairs["userID"].to_numpy())
        self.items, self.item_ids = pd.factorize(pairs["itemID"].to_numpy())
        waited = _seconds_since_the_row_before(ratings, self.users)
        if in_time_order is None and waited is not None:
            in_time_order = not (waited < 0).any()
        self.in_time_order = in_time_order
        self.tied = np.zeros(len(self), bool) if waited is None else waited == 0

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
        return position_of(user, self.user_ids)

    def check_time_order(self):
        """Stop whoever needs the order in which things happened, where these rows do not have it.

        Raises
        ------
        recdl.columns.DataError
            If they stood in another order, or nobody knows in which.
        """
        if self.in_time_order is None:
            raise DataError(
                "These interactions come from a table without timestamps, so nobody knows whether the rows "
                "of each user stand in order of time. If they do: Interactions(table, in_time_order=True)."
            )
        if not self.in_time_order:
            raise DataError(
                "These interactions come from a table whose rows do not stand in order of time. Sort it "
                "first: table.sort_values(['userID', 'timestamp'], kind='stable')."
            )


def _seconds_since_the_row_before(table, users):
    # Of the same user, float (n_rows,); for a user's first row infinity. None where the table does not say.
    if list(table.columns).count("timestamp") != 1:
        return None
    try:
        times = seconds(table["timestamp"]).to_numpy()
    except DataError:  # only the pairs were asked for; whoever needs the order will say that there is none
        return None
    order = np.argsort(users, kind="stable")
    waited = np.full(len(order), np.inf)
    same_user = np.diff(users[order]) == 0
    waited[order[1:]] = np.where(same_user, np.diff(times[order]), np.inf)
    return waited


def position_of(user, user_ids: np.ndarray) -> int:
    """Return the place of a user's identifier among others.

    Raises
    ------
    KeyError
        If it is not there, or is a text where they are numbers, or the reverse: "1" is not 1.
    """
    is_one = isinstance(user, str | numbers.Real) and not isinstance(user, bool)
    found = np.flatnonzero(pd.Series(user_ids).isin([user] if is_one else []))
    if not len(found):
        known = user_ids.tolist()  # 7, not np.int64(7)
        user = user.item() if isinstance(user, np.generic) else user
        mixed = isinstance(user, str) != isinstance(known[0], str)
        hint = " A text is no number: use the same kind." if mixed else ""
        raise KeyError(
            f"There is no user {user!r} in this table. Its {len(known)} users have the identifiers "
            f"{min(known)!r} to {max(known)!r}.{hint}"
        )
    return int(found[0])


def check_users(users, n_users: int) -> np.ndarray:
    """Return positions of users as an array of int; every model asks this of the users that it is given.

    Raises
    ------
    ValueError
        If one of them is no position from 0 to ``n_users - 1``: -1 is not the last user.
    """
    users = as_array("users", users)
    if users.size == 0:
        users = users.astype(int)  # [] has no dtype of its own: NumPy makes it float
    whole = users.ndim == 1 and users.dtype.kind in "iu"
    if not whole or (users.size and not 0 <= users.min() <= users.max() < n_users):
        raise ValueError(
            f"Users are given by their positions, 0 to {n_users - 1}; received {users}. "
            "Interactions.user_position turns an identifier into one; a model of other data has other users."
        )
    return users.astype(int)


def check_sizes(model, n_users: int, n_items: int, positives: Interactions) -> None:
    """Raise ValueError unless a model was made for as many users and items as there are here.

    Compiled by XLA, a model that is too small would read and train other rows without a word.
    """
    check_kind(Interactions, positives=positives)
    if (n_users, n_items) != (positives.n_users, positives.n_items):
        raise ValueError(
            f"{type(model).__name__} was made for {n_users} users and {n_items} items, and the data have "
            f"{positives.n_users} users and {positives.n_items} items. Make it from the same Interactions."
        )


def sample_negatives(
    positives: Interactions,
    n_negatives: int = 4,
    *,
    rng: np.random.Generator,
    block: int = 256,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw items that each user did not interact with: `n_negatives` for every positive.

    Every set of unseen items is equally likely for a user, and no item is drawn twice for the same user. A
    user with too few unseen items gets all of them. That is the distribution of the ``recommenders`` library
    (`NegativeSampler` in its ``models/ncf/dataset.py``); He et al. (2017) draw with replacement.

    `rng` is the source of randomness; call again with the same one for the next epoch. `block` users are
    handled at once: memory grows with the interactions and ``block * n_items``. Each block has a generator of
    its own, so it draws the same whoever draws it, and when; blocks of another size draw others. Returned are
    the positions of the negatives' users and items, block by block. A ValueError tells if n_negatives is not
    a whole number of at least 0, block not one of at least 1, or rng no generator.
    """
    check_at_least(0, n_negatives=n_negatives)
    check_at_least(1, block=block)
    check_generator(rng)
    wanted = negatives_by_user(positives, n_negatives)
    block = int(block)  # a NumPy integer can overflow
    n_users, n_items = positives.n_users, positives.n_items
    by_user = np.argsort(positives.users, kind="stable")
    n_seen = np.bincount(positives.users)
    drawn, seed = [], rng.integers(2**63)
    for number, begin in enumerate(range(0, n_users, block)):
        rows = by_user[n_seen[:begin].sum() : n_seen[: begin + block].sum()]
        taken = np.zeros((min(block, n_users - begin), n_items), dtype=bool)
        taken[positives.users[rows] - begin, positives.items[rows]] = True
        own = np.random.default_rng([seed, number])
        users, items = _draw_untaken(taken, wanted[begin : begin + block], own)
        drawn.append((users + begin, items))
    users, items = (np.concatenate(part) for part in zip(*drawn, strict=True))
    return users, items


def negatives_by_user(positives: Interactions, n_negatives: int = 4) -> np.ndarray:
    """Return how many negatives `sample_negatives` draws for each user, int (n_users,)."""
    check_kind(Interactions, positives=positives)
    n_items, n_seen = positives.n_items, np.bincount(positives.users)
    # Nobody has more than n_items unseen items, and n_negatives * n_seen could exceed 64 bits.
    return np.minimum(min(n_negatives, n_items) * n_seen, n_items - n_seen)


def check_batch(positives: Interactions, n_negatives: int, batch_size: int) -> None:
    """Raise ValueError unless the samples of an epoch fill a batch: partial ones are dropped."""
    n_samples = negatives_by_user(positives, n_negatives).sum() + len(positives)
    if n_samples < batch_size:
        raise ValueError(
            f"A batch of {batch_size} is larger than all {n_samples} samples. Use a smaller batch_size."
        )


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
    positives: Interactions, n_negatives: int = 4, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return one epoch of training samples in random order: all positives, and negatives drawn for it.

    Returns
    -------
    users, items, labels : ndarray
        Positions, and 1 for a positive, 0 for a negative; each of shape (n_positives + n_drawn,).

    Raises
    ------
    ValueError
        If n_negatives is not a whole number of at least 0, or rng no generator.
    """
    users, items = sample_negatives(positives, n_negatives, rng=rng)
    order = rng.permutation(len(positives) + len(users))
    labels = np.append(
        np.ones(len(positives), "float32"), np.zeros(len(users), "float32")
    )
    users = np.append(positives.users, users).astype("int32")
    items = np.append(positives.items, items).astype("int32")
    return users[order], items[order], labels[order]
