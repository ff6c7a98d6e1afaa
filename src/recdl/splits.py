"""All ways in which the course cuts ratings in two: a part to learn from, and a part to be judged on.

The course's split, `course_split`, is that of the paper's experiment. It cuts each user's ratings by time
and, where a user has rated several films in one second, by the order of the table; so another order of the
rows is another split. The others show how much of a result comes from the split.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from typing import NamedTuple

import numpy as np
import pandas as pd

from recdl.checks import check_fraction, check_generator, check_kind, is_number
from recdl.columns import DataError, lookup, refuse_look_alikes
from recdl.ratings import PAIR, by_user_and_time, check_pairs, check_ratings


class Split(NamedTuple):
    """A table of ratings cut in two; both parts keep the columns and the index of the whole."""

    train: pd.DataFrame
    test: pd.DataFrame


def chronological_split(ratings: pd.DataFrame, ratio: float = 0.75) -> Split:
    """Give the earliest part of every user's ratings to training and the rest to the test.

    The same rows as ``recommenders.datasets.python_splitters.python_chrono_split`` (paper section IV.D).

    Parameters
    ----------
    ratings : DataFrame
        Columns ``userID, itemID, timestamp``. Rows of the same time keep their order.
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
    recdl.columns.DataError
        If the table fails `recdl.ratings.check_ratings`.
    """
    check_fraction(ratio=ratio)
    ordered = by_user_and_time(check_ratings(ratings))
    users = ordered["itemID"].groupby(ordered["userID"].to_numpy())
    is_train = users.cumcount() < np.round(float(ratio) * users.transform("size"))
    return Split(ordered[is_train], ordered[~is_train])


def drop_unseen(split: Split) -> Split:
    """Remove test rows whose user or film never occurs in training (paper section IV.D).

    Raises
    ------
    recdl.columns.DataError
        If a part fails `recdl.ratings.check_pairs`; if one has texts as identifiers and the other numbers, or
        "7" where the other has "007"; if nothing is left of the test.
    """
    check_kind(Split, split=split)
    train, test = (check_pairs(part) for part in split)
    for name in PAIR:
        refuse_look_alikes(test[name], train[name].unique())
    return _without_unseen(split, train, test)


def _without_unseen(split, train=None, test=None):
    """Do it without the search for look-alikes: in one table, "007" and "7" are two."""
    if train is None:
        train, test = (check_pairs(part) for part in split)
    known = [lookup(test[name], train[name].unique()) >= 0 for name in PAIR]
    left = split.test[known[0] & known[1]]
    if left.empty:
        raise DataError(
            f"Nothing is left to judge on: of {len(test):,} test rows none has a user and an item that "
            f"occur in the {len(train):,} rows of training. Use more ratings a user, or another split."
        )
    return Split(split.train, left)


def course_split(ratings: pd.DataFrame) -> Split:
    """Return the split of the course: 75 % by time, without unseen users and films (paper section IV.D).

    The errors are those of `chronological_split`.
    """
    return _without_unseen(chronological_split(ratings, 0.75))


def fig_8_split(ratings: pd.DataFrame) -> Split:
    """Return the split that explains the paper's Fig. 8 (chapter 4): ties in the order of a plain quicksort.

    All releases of the library up to 1.1.1 (July 2022) sort by time with NumPy's quicksort, which leaves ties
    in an order of its own; since NumPy 1.25 that order depends on the processor. Another Python, in which
    NumPy may not use the processor's special instructions, gives the old one.
    """
    features = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    code = "import numpy as np; np.save('order', np.argsort(np.load('times.npy')))"
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/times", check_ratings(ratings)["timestamp"])
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=folder,
            env=os.environ | {"NPY_DISABLE_CPU_FEATURES": " ".join(features)},
            capture_output=True,
            check=True,
        )
        order = np.load(f"{folder}/order.npy")
    return course_split(ratings.iloc[order])


def shuffled_ties_split(ratings: pd.DataFrame, rng: np.random.Generator) -> Split:
    """Return the course's split with ratings of the same user and second in a random order.

    For 467 of MovieLens-100k's 943 users the cut falls inside such a tie.
    """
    check_kind(pd.DataFrame, ratings=ratings)
    return course_split(ratings.iloc[check_generator(rng).permutation(len(ratings))])


def random_split(ratings: pd.DataFrame, rng: np.random.Generator) -> Split:
    """Return a split with 75 % of each user's ratings, drawn at random, for training.

    Training then holds ratings from after the test: no recommender has that. The column ``timestamp`` of both
    parts holds the random order, so that nothing can be learnt from the true one; the table needs no times.
    """
    check_kind(pd.DataFrame, ratings=ratings)
    any_time = check_generator(rng).permutation(len(ratings))
    return course_split(ratings.assign(timestamp=any_time))


def global_time_split(
    ratings: pd.DataFrame, ratio: float = 0.75, until: float = 1.0
) -> Split:
    """Return everything until one moment for training, and everything after it for the test.

    Nothing is learnt from the future, as in a real system. Only users with ratings on both sides can be
    judged. `ratio` is the part of all ratings that lie before the moment. With `until` below 1, the test ends
    at a second moment, before which that part of them lies; what comes later is in neither part.

    Raises
    ------
    ValueError
        If ratio does not lie between 0 and 1, or until is not above ratio and at most 1.
    recdl.columns.DataError
        As of `chronological_split`.
    """
    check_fraction(ratio=ratio)
    if not is_number(until) or not ratio < until <= 1:
        raise ValueError(
            f"until must be above ratio, here {ratio}, and at most 1; received {until!r}."
        )
    ordered = by_user_and_time(check_ratings(ratings))
    times = ordered["timestamp"]
    begin, end = times.quantile([ratio, until])
    is_test = (times > begin) & (times <= end)
    return _without_unseen(Split(ordered[times <= begin], ordered[is_test]))


def leave_one_out_split(ratings: pd.DataFrame) -> Split:
    """Give each user's last rating to the test and the others to training, without unseen users and films.

    A user with a single rating keeps it in training. The errors are those of `recdl.ratings.check_ratings`.
    """
    ordered = by_user_and_time(check_ratings(ratings))
    left = ordered.groupby(ordered["userID"].to_numpy()).cumcount(ascending=False)
    is_last = (left == 0) & ordered.duplicated("userID").to_numpy()
    return _without_unseen(Split(ordered[~is_last], ordered[is_last]))


def pairs_sha256(ratings: pd.DataFrame) -> str:
    """Return the SHA-256 of the (user, film) pairs, whatever the order of the rows.

    Two splits with equal counts can hold different rows; two different sets of pairs have different hashes.
    Hashed is one line ``userID,itemID`` for each pair, sorted by user and film.

    Raises
    ------
    recdl.columns.DataError
        If the table fails `recdl.ratings.check_pairs`.
    """
    pairs = check_pairs(ratings).sort_values(PAIR)
    text = pairs.to_csv(index=False, header=False, lineterminator="\n")
    return hashlib.sha256(text.encode()).hexdigest()


def active_days(ratings: pd.DataFrame) -> pd.Series:
    """Return on how many days (of universal time) each user has rated; index ``userID``."""
    checked = check_ratings(ratings)
    days = checked["timestamp"] // 86_400
    return days.groupby(checked["userID"]).nunique().rename("active_days")
