"""What a reader of the comparison must know about the cut: how it was made, and whether the times are any."""

import unicodedata

import numpy as np
import pandas as pd

from recdl.own.judging import few_users
from recdl.ratings import PAIR

DAY = 86_400
YEAR = 365.25 * DAY
NEAR_1970, FROM_2100 = 2 * YEAR + DAY, 4_102_444_800  # seconds


def on_the_cut(ratings: pd.DataFrame, split, about: dict) -> list[str]:
    """Return the notes on a cut; `about` is that of `recdl.own.compare.Comparison.split`."""
    notes = few_users(about["users judged"]) + on_names(ratings)
    if about["how"] == "at random":
        notes += [
            f"Column {name} looks like a time and was not used; name it with --time, in Python time='...'."
            for name in ratings.attrs.get("unused_times", [])
        ]
        notes += [
            "There are no times, so the test part was drawn at random. Training then holds ratings from "
            "after the test, which no recommender in use has: expect less there.",
            "Another seed, or another order of the rows, gives another split; its luck is not in the "
            "intervals.",
        ]
        return notes
    both = pd.concat(split)
    notes += _on_times(both) + _on_ties(split, both)
    notes.append(
        "Each user was cut alone, so training also holds ratings of other users from after a test, which no "
        "recommender in use has."
    )
    return notes


def on_names(ratings: pd.DataFrame) -> list[str]:
    """Return a note where names of users, or of items, are so alike that they may be meant as one."""
    notes = []
    for column, what in zip(PAIR, ["user", "item"], strict=True):
        names = pd.Series(ratings[column].unique().tolist(), dtype=object)
        if not isinstance(names.iloc[0], str):
            continue
        plain = names.map(_without_what_is_overlooked)
        alike = names[plain.duplicated(keep=False)]
        if len(alike):
            such = names[plain == plain[alike.index[0]]]
            notes.append(
                f"{len(alike):,} {what} names differ from another one only by blanks, capitals or how "
                f"é is stored, such as {' and '.join(map(ascii, sorted(such)[:2]))}. They were taken for "
                "different ones; if they are not, mend the table."
            )
    return notes


def _without_what_is_overlooked(name):
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def on_equal_counts(top: np.ndarray, positives) -> list[str]:
    """Return a note where popularity's lists, (n_users, k + 1) with a place more, often end among equals."""
    n_users_of = np.bincount(positives.items)
    last, beyond = top[:, -2], top[:, -1]
    tied = int(((beyond >= 0) & (n_users_of[last] == n_users_of[beyond])).sum())
    if tied <= 0.1 * len(top):
        return []
    return [
        f"For {tied:,} of {len(top):,} users several items are equally popular where the list ends. The one "
        "that comes first in the training part is in the list, so other names of users, or another order of "
        "the rows, can move the numbers of popularity a little."
    ]


def _on_times(ratings):
    times = ratings["timestamp"].to_numpy()
    if not ((np.abs(times) <= NEAR_1970) | (times >= FROM_2100)).all():
        return []
    return [
        "Read as seconds since 1970, all times lie before 1972 or after 2099: are they years, or numbers of "
        "rows? Only their order was used. See that it is the order in which the ratings were made."
    ]


def _on_ties(split, both):
    times = both.groupby("userID")["timestamp"]
    several = times.size() > 1
    at_once = int((several & (times.max() == times.min())).sum())
    if at_once > 0.5 * several.sum():
        return [
            f"{at_once:,} of {several.sum():,} users have all their ratings at one and the same time, so the "
            "order of the rows has decided what is training and what is test. To draw it at random instead, "
            "leave the times out: --no-time, in Python time=False."
        ]
    last = split.train.groupby("userID")["timestamp"].max()
    first = split.test.groupby("userID")["timestamp"].min()
    tied = int((last.reindex(first.index) == first).sum())
    if tied <= 0.1 * len(first):
        return []
    return [
        f"For {tied:,} of {len(first):,} users the cut falls between ratings of the same time: there the "
        "order of the rows has decided what is training and what is test."
    ]
