"""How the comparison and the challenge cut and judge: the same split, the same users, the same words."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from recdl import evaluation, splits
from recdl.checks import check_at_least, check_kind
from recdl.columns import DataError
from recdl.interactions import Interactions
from recdl.ratings import check_ratings
from recdl.uncertainty import (
    Interval,
    bootstrap_interval,
    paired_difference,
    with_interval,
)

FEW_USERS = 50  # below it, a bootstrap interval holds the truth less often than it says


class Part(NamedTuple):
    """What to learn from, and what to be judged on."""

    positives: Interactions
    relevant: evaluation.Relevant

    @property
    def users(self) -> np.ndarray:
        """The positions of those users who can be judged."""
        return np.flatnonzero(self.relevant.n_relevant)

    def evaluate(self, top: np.ndarray, k: int) -> pd.DataFrame:
        """Return the metrics of lists, a row for each of `users`."""
        return evaluation.evaluate(top, self.relevant, (k,), users=self.users)


def check_k(k, n_items: int | None = None) -> None:
    """Raise ValueError unless lists of k items are possible; without `n_items`, what can be told so far."""
    check_at_least(1, k=k)
    if n_items is not None and k >= n_items:
        raise ValueError(
            f"k, the length of the lists (--k), must be smaller than the number of items in training, "
            f"{n_items:,}; received {k}."
        )


def cut(ratings: pd.DataFrame, seed: int = 42) -> splits.Split:
    """Cut a quarter of each user's ratings off: the latest, or random ones if there is no ``timestamp``.

    Both parts have a column ``timestamp``; without times it holds the random order, so that the training part
    can be cut again in the same way.
    """
    check_at_least(0, seed=seed)
    check_kind(pd.DataFrame, ratings=ratings)
    checked = check_ratings(ratings, timed=False)
    if "timestamp" in checked:
        return splits.course_split(checked)
    return splits.random_split(checked, np.random.default_rng(seed))


def part_of(split: splits.Split) -> Part:
    """Return a split as positions; a DataError tells if fewer than two users can be judged."""
    check_kind(splits.Split, split=split)
    positives = Interactions(split.train)
    part = Part(positives, evaluation.Relevant(split.test, positives))
    if len(part.users) < 2:
        raise DataError(
            f"Of {positives.n_users:,} users only {len(part.users)} can be judged; an interval needs two at "
            "least. A user needs three ratings or more, of items that others have rated too."
        )
    return part


def validation_of(split: splits.Split) -> Part:
    """Cut a quarter off the training part, in the same way; the test part is not looked at.

    A DataError tells if nothing is left to choose settings by.
    """
    check_kind(splits.Split, split=split)
    try:
        again = splits.course_split(split.train)
    except DataError as error:
        raise DataError(
            "There are too few ratings to choose settings on: of the training part's "
            f"{len(split.train):,} rows none is left for validation. Users need four ratings or more, of "
            "items that others have rated too."
        ) from error
    positives = Interactions(again.train)
    return Part(positives, evaluation.Relevant(again.test, positives))


def few_users(n: int) -> list[str]:
    """Return a warning where so few users are judged that the intervals are too narrow."""
    if n >= FEW_USERS:
        return []
    return [
        f"Only {n} users were judged. From fewer than {FEW_USERS} an interval is often too narrow: take "
        "it for a hint, not for a result."
    ]


def summary(values: pd.DataFrame, others: dict[str, pd.DataFrame], k, seed) -> dict:
    """Return one row of a table of results.

    ``ndcg_at_10`` (for k = 10), ``low, high``, the mean over users and its 95 % interval; ``precision_at_10,
    recall_at_10``; ``vs_name, vs_name_low, vs_name_high`` for each of the others, the mean paired difference
    in NDCG and its interval, NaN from a system to itself. `values` and the others come from
    `recdl.evaluation.evaluate`.
    """
    ndcg, names = f"ndcg_at_{k}", [f"precision_at_{k}", f"recall_at_{k}"]
    found = bootstrap_interval(values[ndcg], rng=np.random.default_rng(seed))
    row = {ndcg: found.mean, "low": found.low, "high": found.high}
    row |= values[names].mean().to_dict()
    for name, other in others.items():
        difference = Interval(*[np.nan] * 3)
        if other is not values:
            rng = np.random.default_rng(seed)
            difference = paired_difference(values[ndcg], other[ndcg], rng=rng)
        row |= dict(zip(vs(name), difference, strict=True))
    return row


def vs(name: str) -> list[str]:
    """Return the columns of `summary` with the difference from a system and the ends of its interval."""
    return [f"vs_{name}{end}" for end in ("", "_low", "_high")]


def verdict(
    name: str,
    other: str,
    difference: Interval,
    k: int = 10,
    n_users: int = FEW_USERS,
) -> str:
    """Say what a paired difference in NDCG of so many users says, and no more."""
    told = f"{with_interval(difference, '+.3f')} in NDCG@{k}"
    if n_users < FEW_USERS:
        return f"{name} and {other}: too few users for a verdict, {n_users}. The difference is {told}."
    if sign(difference):
        where = "ahead of" if sign(difference) > 0 else "behind"
        return f"{name} is {where} {other}, by {told}."
    return f"{name} and {other} cannot be told apart on these users: the difference is {told}."


def sign(difference: Interval) -> int:
    """Return 1 or -1 for a difference whose interval lies above or below 0, else 0; what rounds to 0 is 0."""
    return int(round(difference.low, 3) > 0) - int(round(difference.high, 3) < 0)


def readable(table: pd.DataFrame, k: int, differences: dict[str, str]) -> pd.DataFrame:
    """Return the NDCG of `summary` as texts; `differences` are from a heading to the name in ``vs_name``."""

    def with_ends(columns, form):
        rows = table[columns].itertuples(index=False, name=None)
        return ["–" if pd.isna(row[0]) else with_interval(row, form) for row in rows]

    columns = {f"NDCG@{k}": with_ends([f"ndcg_at_{k}", "low", "high"], ".3f")}
    for heading, name in differences.items():
        columns[heading] = with_ends(vs(name), "+.3f")
    return pd.DataFrame(columns, index=table.index).rename_axis(None)
