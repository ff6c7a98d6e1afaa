"""Other ways to compare the same systems, and which pairs of them then change places.

All of it is computed from the tables of the experiments. They hold hits and ranks, and name no film.
"""

import functools
import itertools
from typing import NamedTuple

import numpy as np
import pandas as pd

from recdl import evaluation, sampled
from recdl.experiments import plan, questions, summary, tables
from recdl.experiments.systems import SYSTEMS

LAST = "last film held out"
SPLITS = {
    "the paper's": "paper",
    "ties shuffled, 1": "ties 1",
    "ties shuffled, 2": "ties 2",
    "ties shuffled, 3": "ties 3",
    "random": "random",
    "by time": "time",
    LAST: "leave-one-out",
}
METRICS = {
    "NDCG": evaluation.METRICS["ndcg"],
    "MAP": evaluation.average_precision,
    "MAP, at most k": evaluation.METRICS["map"],
    "Precision": evaluation.METRICS["precision"],
    "Recall": evaluation.METRICS["recall"],
    "HR": evaluation.METRICS["hr"],
    "MRR": evaluation.METRICS["mrr"],
}
SEEN = (
    "seen"  # the paper's split, with films in the lists that the user has in training
)
N_RESAMPLES, TAILS = 2000, (0.025, 0.975)  # those of `recdl.uncertainty`
DIGITS = 12  # numbers that agree so far are equal


class Setting(NamedTuple):
    """How systems are compared; `negatives` is None where all films are candidates."""

    split: str = "the paper's"
    metric: str = "NDCG"
    k: int = 10
    negatives: int | None = None
    seen: bool = False  # are films that the user has in training left in the lists?


FIRST = Setting()


# The rows of the tables


@functools.cache
def names() -> list[str]:
    """Return the systems that are tried on all splits."""
    return [system.name for system in SYSTEMS if system.everywhere]


@functools.cache
def hits(split: str) -> dict[str, list[np.ndarray]]:
    """Return for each system the hits of each seed, bool (n_users, 10), on a split with visits.

    Of the lists with seen films, one seed each, and none of a system that takes minutes to train.
    """
    if split == "paper":
        table = summary.finals()
    elif split == SEEN:
        table = plan.load("seen")
    else:
        table = _of_splits()
        table = table[table["split"] == split]
    return {
        name: [
            tables.decode_hits(row) for row in table["hits"][table["system"] == name]
        ]
        for name in names()
    }


@functools.cache
def _of_splits():
    return plan.load("splits")


@functools.cache
def n_relevant(split: str) -> np.ndarray:
    """Return how many test films each user has."""
    return questions.judged_on("paper" if split == SEEN else split)[1].n_relevant


ranks = functools.cache(summary.leave_one_out)


# What a setting gives


@functools.lru_cache(256)
def values(setting: Setting) -> pd.DataFrame:
    """Return the metric of each judged user (rows) for each system (columns), the mean over its seeds.

    Where a system has no rows, it is NaN.
    """
    of = _of_last if setting.split == LAST else _of_visits
    seeds = {name: of(setting, name) for name in names()}
    return pd.DataFrame(
        {name: np.mean(s, axis=0) if s else np.nan for name, s in seeds.items()}
    )


def _of_visits(setting, name):
    split = SEEN if setting.seen else SPLITS[setting.split]
    n, metric = n_relevant(split), METRICS[setting.metric]
    return [metric(hit[:, : setting.k], n)[n > 0] for hit in hits(split)[name]]


def _of_last(setting, name):
    of_system, n_candidates = ranks()[0][name], ranks()[1]

    def worth(rank):
        hit = np.asarray(rank)[:, None] == np.arange(1, setting.k + 1)
        return METRICS[setting.metric](hit, np.ones(len(hit), dtype=int))

    if setting.negatives is None:
        return [worth(rank) for rank in of_system]
    n = setting.negatives
    return [sampled.expected(worth, rank, n_candidates, n) for rank in of_system]


def means(setting: Setting) -> np.ndarray:
    """Return the mean of each system, rounded so that equal means are equal."""
    return _means(setting).round(DIGITS)


@functools.lru_cache(256)
def _means(setting):
    return values(setting).mean().to_numpy()


def order(setting: Setting) -> list[int]:
    """Return the positions of the systems, the best first."""
    return np.argsort(-means(setting), kind="stable").tolist()


# Intervals: those of `summary.interval` and `summary.difference`, for all systems at once


@functools.cache
def _drawn(n):
    """Return how often each of n users is drawn in each resample."""
    users = np.random.default_rng(0).integers(n, size=(N_RESAMPLES, n))
    return np.stack([np.bincount(row, minlength=n) for row in users]).astype(float)


@functools.lru_cache(256)
def resampled(setting: Setting) -> np.ndarray:
    """Return the mean of each system (columns) in each resample (rows)."""
    table = values(setting).to_numpy()
    return _drawn(len(table)) @ table / len(table)


@functools.cache
def interval(setting: Setting, a: int, b: int | None = None) -> tuple[float, ...]:
    """Return mean, low and high of a system, or of its difference from another one."""
    whole, drawn = _means(setting), resampled(setting)
    minus = (0, 0) if b is None else (whole[b], drawn[:, b])
    low, high = np.quantile(drawn[:, a] - minus[1], TAILS)
    return float(whole[a] - minus[0]), float(low), float(high)


def is_clear(interval: tuple[float, ...]) -> bool:
    """Tell whether an interval leaves out 0."""
    _, low, high = interval
    return low > 10**-DIGITS or high < -(10**-DIGITS)


def swapped(setting: Setting) -> list[tuple[int, int]]:
    """Return the pairs of systems whose order is another one than in the first setting."""
    pairs = itertools.combinations(range(len(names())), 2)
    before, now = means(FIRST), means(setting)
    return [(a, b) for a, b in pairs if (before[a] - before[b]) * (now[a] - now[b]) < 0]


def certain(setting: Setting) -> list[tuple[int, int]]:
    """Return the swapped pairs with both intervals of their difference clear of 0."""
    return [
        pair
        for pair in swapped(setting)
        if is_clear(interval(FIRST, *pair)) and is_clear(interval(setting, *pair))
    ]


# What is to be seen


@functools.cache
def findings() -> dict[str, int | str]:
    """Return the most pairs that settings of each kind swap, the most for certain, and who is first."""
    others = [FIRST, *(Setting(metric=m, k=k) for m in METRICS for k in range(1, 11))]
    ties = [Setting(split) for split in SPLITS if split.startswith("ties")]
    found = {"pairs": len(names()) * (len(names()) - 1) // 2}
    for name, settings in {
        "metric": others,
        "ties": ties,
        "last": [Setting(LAST)],
        "sampled": [Setting(LAST, "HR", negatives=99)],
        "random": [Setting("random")],
        "time": [Setting("by time")],
        "seen": [Setting(seen=True)],
    }.items():
        found[name] = max(len(swapped(setting)) for setting in settings)
        found[f"{name}_certain"] = max(len(certain(setting)) for setting in settings)
        found[f"{name}_first"] = names()[order(settings[0])[0]]
    return found | {"users": len(values(Setting("by time")))}
