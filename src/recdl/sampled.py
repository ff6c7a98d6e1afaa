"""Leave-one-out: one held-out item per user, its rank, and what becomes of it among sampled negatives.

He et al. (2017), section 4.1, hold out each user's last item and rank it among a few negatives, drawn at
random. Krichene and Rendle (2020) show what that does to a metric. Everything here starts from the *exact*
rank among all candidates, so what a draw would give on average needs no draw: it is a sum.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from recdl.checks import (
    as_array,
    check_at_least,
    check_generator,
    check_kind,
    check_positive,
)
from recdl.columns import DataError
from recdl.evaluation import Relevant
from recdl.interactions import Interactions
from recdl.ranking import Seen, blocks, scores_of
from recdl.ratings import check_pairs
from recdl.splits import Split


def leave_one_out_test(
    split: Split, n_negatives: int = 100, *, rng: np.random.Generator
) -> pd.DataFrame:
    """Return each user's last test film among films that the user never rated.

    The protocol of He et al. (2017), section 4.1, on the test part of a split. The negatives leave out
    everything the user rated in training *and* test: a film that the user did rate is not a negative.

    `n_negatives` are drawn for each user with `rng`, without replacement, from the films in training.

    Returns
    -------
    DataFrame
        Columns ``userID, itemID, rating, test_batch``: for each user with test ratings one row of rating 1,
        then `n_negatives` rows of rating 0 (fewer when fewer are left); `test_batch` counts the users.

    Raises
    ------
    ValueError
        If a part has no rows or fails `recdl.ratings.check_pairs`, they share a pair, or an option is wrong.
    """
    check_at_least(0, n_negatives=n_negatives)
    check_generator(rng)
    check_kind(Split, split=split)
    train, test = (check_pairs(part) for part in split)
    if train.empty or test.empty:
        raise DataError(
            f"There are {len(train)} training and {len(test)} test ratings; both parts need some. "
            "Split with another ratio."
        )
    rated = check_pairs(pd.concat([train, test])).groupby("userID")["itemID"].agg(set)
    films = np.sort(train["itemID"].unique())
    last = test.groupby("userID")["itemID"].last()
    tables = [
        _among_unrated(films, user, positive, rated[user], n_negatives, rng).assign(
            test_batch=batch
        )
        for batch, (user, positive) in enumerate(last.items())
    ]
    return pd.concat(tables, ignore_index=True)


def _among_unrated(films, user, positive, rated, n_negatives, rng):
    unrated = films[~np.isin(films, list(rated))]
    negatives = rng.choice(unrated, size=min(n_negatives, len(unrated)), replace=False)
    items = np.append(positive, negatives)
    labels = np.append(1.0, np.zeros(len(negatives)))
    return pd.DataFrame({"userID": user, "itemID": items, "rating": labels})


def exact_ranks(
    model, positives: Interactions, test: pd.DataFrame, *, block: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rank of each held-out item among all items that its user has not seen in training.

    Of items with equal scores the one with the lower position comes first, as in `recdl.ranking.top_k`.

    Parameters
    ----------
    model : object with ``scores(users)``; see `recdl.ranking.scores_of`
    positives : Interactions
        The training data.
    test : DataFrame
        Columns ``userID`` and ``itemID``; at most one row for each user, none of which is in training.
    block : int, optional
        Users handled at once; see `recdl.ranking.blocks`.

    Returns
    -------
    ranks, n_candidates : ndarray of int, shape (n_test,)
        In the order of the rows; rank 1 is the best, and the held-out item is one of the candidates.

    Raises
    ------
    recdl.columns.DataError
        If the test is empty, `recdl.evaluation.Relevant` refuses it, a user has two test items, or one is in
        training.
    """
    users, items = np.divmod(Relevant(test, positives).codes, positives.n_items)
    _check_held_out(users, items, positives)
    seen, parts = Seen(positives, users), [np.empty((2, 0), dtype=int)]
    for here in blocks(len(users), positives, block):
        scores = scores_of(model, users[here], positives)
        parts.append(_ranks(scores, seen.within(here), items[here]))
    return tuple(np.concatenate(parts, axis=1))


def _check_held_out(users, items, positives):
    if not len(users):
        raise DataError("The test is empty: leave-one-out needs a held-out item.")
    if len(np.unique(users)) < len(users):
        user = positives.user_ids[np.bincount(users).argmax()]
        raise DataError(
            f"Leave-one-out has one test row for each user; user {user} has more. Keep the last one."
        )
    seen = positives.users * positives.n_items + positives.items
    leaked = np.isin(users * positives.n_items + items, seen)
    if leaked.any():
        user, item = users[leaked][0], items[leaked][0]
        raise DataError(
            f"User {positives.user_ids[user]}'s held-out item {positives.item_ids[item]} is in the training "
            "part too, so it is no candidate. Remove it from one of the two."
        )


def _ranks(scores, is_seen, held_out):
    own = scores[np.arange(len(scores)), held_out][:, None]
    earlier = np.arange(scores.shape[1]) < held_out[:, None]
    before = ~is_seen & ((scores > own) | ((scores == own) & earlier))
    return np.array([before.sum(axis=1) + 1, (~is_seen).sum(axis=1)])


# A metric of one rank: hit rate and NDCG, which with one relevant item needs no ideal.


def hit_at(ranks, k: int = 10) -> np.ndarray:
    """Return 1 where a rank is among the first k, else 0."""
    return (_checked(ranks, k) <= k).astype(float)


def ndcg_at(ranks, k: int = 10) -> np.ndarray:
    """Return 1 / log2(1 + rank) where a rank is among the first k, else 0."""
    ranks = _checked(ranks, k)
    return np.where(ranks <= k, 1 / np.log2(1 + ranks), 0.0)


def _checked(ranks, k=1):
    check_at_least(1, k=k)
    ranks = as_array("ranks", ranks)
    if ranks.size and not (ranks.dtype.kind in "iuf" and (ranks >= 1).all()):
        raise ValueError(
            f"Ranks must be numbers from 1 on, the best; received {ranks}."
        )
    return ranks


def sampled_rank_distribution(
    rank, n_candidates, m: int, *, replace: bool, n_ranks: int | None = None
) -> np.ndarray:
    """Return how likely each rank among `m` sampled negatives is, for items of known exact rank.

    Of the ``n_candidates - 1`` negatives, ``rank - 1`` stand before the item. How many of those a draw
    contains is hypergeometric, or with replacement binomial, as in Krichene and Rendle (2020), section 4.

    Parameters
    ----------
    rank, n_candidates : array_like of int, shape (n,)
    m : int
        Negatives drawn, at least 1. Without replacement, a user with fewer keeps all. Where the item is the
        only candidate, its rank is 1.
    n_ranks : int, optional
        How many of the ``m + 1`` possible ranks to return; all if left out.

    Returns
    -------
    ndarray of shape (n, n_ranks)
        Column j: the probability of the sampled rank j + 1.

    Raises
    ------
    ValueError
        If m is below 1, or a rank does not lie between 1 and its number of candidates.
    """
    check_at_least(1, m=m)
    rank, n_candidates = (np.atleast_1d(_checked(n)) for n in (rank, n_candidates))
    if (rank > n_candidates).any():
        raise ValueError(
            f"A rank must lie between 1 and its number of candidates; received {rank} of {n_candidates}."
        )
    before = rank[:, None] - 1
    others = np.maximum(n_candidates[:, None] - 1, 1)
    ahead = np.arange(m + 1 if n_ranks is None else n_ranks)
    if replace:
        return stats.binom.pmf(ahead, m, before / others)
    return stats.hypergeom.pmf(ahead, others, before, np.minimum(m, others))


def expected(
    metric, rank, n_candidates, m: int, *, replace: bool = False
) -> np.ndarray:
    """Return what a metric of the sampled rank is on average over all draws of `m` negatives, (n,)."""
    check_at_least(1, m=m)
    values = _values(metric, np.arange(1, m + 2))
    n_ranks = 1 + np.flatnonzero(values).max(
        initial=0
    )  # behind these, all values are 0
    chances = sampled_rank_distribution(
        rank, n_candidates, m, replace=replace, n_ranks=n_ranks
    )
    return chances @ values[:n_ranks]


def _values(metric, ranks):
    check_kind(Callable, metric=metric)
    values = np.asarray(metric(ranks))
    if values.shape != ranks.shape or not np.isfinite(values).all():
        raise ValueError(
            f"metric must return a finite number for each rank; received {values}."
        )
    return values


def spread_out(sampled_ranks, n_candidates: int, m: int) -> np.ndarray:
    """Return the exact rank that a sampled rank stands for: ``1 + (n - 1) (r - 1) / m``, rounded down.

    Krichene and Rendle (2020), section 5.1: the position in the sample, stretched to the whole catalogue.
    """
    check_at_least(1, n_candidates=n_candidates, m=m)
    return 1 + (n_candidates - 1) * (_checked(sampled_ranks) - 1) // m


def corrected(metric, n_candidates: int, m: int, gamma: float = 0.1) -> np.ndarray:
    """Return the value that each sampled rank should count, so that the mean comes near the exact metric.

    Krichene and Rendle (2020), section 5.3: the values minimise the squared bias plus `gamma` times the
    variance, when every exact rank is equally likely; `gamma` near 0 trusts many test items, a large one few.

    Returns
    -------
    ndarray of shape (m + 1,)
        Index j is for the sampled rank j + 1.
    """
    # With two candidates the sampled rank is 1 or m + 1: there is nothing to solve for the others.
    check_at_least(3, n_candidates=n_candidates)
    check_positive(gamma=gamma)
    every_rank = np.arange(1, n_candidates + 1)
    chances = sampled_rank_distribution(
        every_rank, np.full(n_candidates, n_candidates), m, replace=True
    )
    share = chances.sum(axis=0)
    system = (1 - gamma) * chances.T @ chances + gamma * np.diag(share)
    return np.linalg.solve(system, chances.T @ _values(metric, every_rank))
