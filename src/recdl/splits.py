"""Other ways to cut the data in two, to see how much of a result comes from the split.

The paper's split, `recdl.prepare.paper_split`, cuts each user's ratings by time, and where a user has rated
several films in one second, by the order of the table. So another order of the rows is another split.
"""

import os
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

from recdl.checks import check_fraction
from recdl.movielens import check_ratings
from recdl.prepare import Split, drop_unseen, paper_split


def with_shuffled_ties(ratings: pd.DataFrame, rng: np.random.Generator) -> Split:
    """Return the paper's split with ratings of the same user and second in a random order.

    For 467 of MovieLens-100k's 943 users the cut falls inside such a tie.
    """
    return paper_split(ratings.iloc[rng.permutation(len(ratings))])


def of_the_paper(ratings: pd.DataFrame) -> Split:
    """Return the split that explains the paper's Fig. 8 (chapter 4): ties in the order of a plain quicksort.

    Until 2022 the library sorted all ratings by time with NumPy's quicksort, which leaves ties in an order of
    its own; since NumPy 1.25 that order depends on the processor. Another Python, in which NumPy may not use
    the processor's special instructions, gives the old one.
    """
    features = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    code = "import numpy as np; np.save('order', np.argsort(np.load('times.npy')))"
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/times", ratings["timestamp"])
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=folder,
            env=os.environ | {"NPY_DISABLE_CPU_FEATURES": " ".join(features)},
            capture_output=True,
            check=True,
        )
        order = np.load(f"{folder}/order.npy")
    return paper_split(ratings.iloc[order])


def at_random(ratings: pd.DataFrame, rng: np.random.Generator) -> Split:
    """Return a split with 75 % of each user's ratings, drawn at random, for training.

    Training then holds ratings from after the test: no recommender has that. The column ``timestamp`` of both
    parts holds the random order, so that nothing can be learnt from the true one.
    """
    any_time = rng.permutation(len(ratings))
    return paper_split(ratings.assign(timestamp=any_time))


def by_global_time(ratings: pd.DataFrame, ratio: float = 0.75) -> Split:
    """Return everything until one moment for training, and everything after it for the test.

    Nothing is learnt from the future, as in a real system. Only users with ratings on both sides can be
    judged.

    Raises
    ------
    ValueError
        If ratio is not between 0 and 1.
    recdl.movielens.DataError
        If the table fails `recdl.movielens.check_ratings`.
    """
    check_fraction(ratio=ratio)
    checked = check_ratings(ratings)
    ordered = checked.iloc[np.lexsort((checked["timestamp"], checked["userID"]))]
    moment = ordered["timestamp"].quantile(ratio)
    is_train = ordered["timestamp"] <= moment
    return drop_unseen(Split(ordered[is_train], ordered[~is_train]))


def active_days(ratings: pd.DataFrame) -> pd.Series:
    """Return on how many days (of universal time) each user has rated; index ``userID``."""
    days = ratings["timestamp"] // 86_400
    return days.groupby(ratings["userID"]).nunique().rename("active_days")
