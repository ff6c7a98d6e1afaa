"""The questions of chapters 7 to 9, as splits: some to choose on, others to read the answer on.

What a model is to be asked later decides how it is tuned now. So each question has validation splits of its
own, which lie before everything that its test splits hold. But the first search, on those of the visit, has
seen some ratings that are later than the moments of the last question.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from recdl import evaluation, movielens, splits
from recdl.experiments import movielens_1m
from recdl.interactions import Interactions

K = 10
VISIT, NEXT, LATER = "visit", "next film", "later visit"


class Question(NamedTuple):
    """The names of the splits on which settings are chosen, and of those on which the answer is read."""

    validation: tuple[str, ...]
    test: tuple[str, ...]


QUESTIONS = {
    VISIT: Question(("validation", "validation 2", "validation 3"), ("paper",)),
    NEXT: Question(("last but one",), ("leave-one-out",)),
    LATER: Question(
        ("earlier moment 1", "earlier moment 2", "earlier moment 3"),
        ("moment 1", "moment 2", "moment 3", "moment 4"),
    ),
}
# Two of them once more, on a second data set. It is ten times as large, so one cut for choosing has to do.
SECOND = {
    f"{VISIT}, MovieLens-1M": Question(
        ("validation, MovieLens-1M",), ("paper, MovieLens-1M",)
    ),
    f"{NEXT}, MovieLens-1M": Question(
        ("last but one, MovieLens-1M",), ("leave-one-out, MovieLens-1M",)
    ),
}


# The splits


def validation_split(ratings, ratio: float = 0.75):
    """Return the training part of the course's split, cut once more as that cut the whole."""
    train = splits.course_split(ratings).train
    return splits.drop_unseen(splits.chronological_split(train, ratio))


def _ties(ratings, seed):
    return splits.shuffled_ties_split(ratings, np.random.default_rng(seed))


def _random(ratings, seed):
    return splits.random_split(ratings, np.random.default_rng(seed))


def _last_but_one(ratings):
    return splits.leave_one_out_split(splits.leave_one_out_split(ratings).train)


def _of_1m(_, name):
    """Return the split of this name of MovieLens-1M, whatever the ratings are that all others get."""
    function, *arguments = SPLITS[name]
    return function(movielens_1m.load_ratings(), *arguments)


SPLITS = {  # a name: a function of the ratings, and its other arguments
    "paper": (splits.course_split,),
    "validation": (validation_split,),
    "validation 2": (validation_split, 0.65),
    "validation 3": (validation_split, 0.85),
    "Fig. 8": (splits.fig_8_split,),
    "ties 1": (_ties, 1),
    "ties 2": (_ties, 2),
    "ties 3": (_ties, 3),
    "random": (_random, 1),
    "time": (splits.global_time_split,),
    # Of all ratings by time, so much is to learn from, and what comes next, until so much, is the test.
    "earlier moment 1": (splits.global_time_split, 0.3, 0.4),
    "earlier moment 2": (splits.global_time_split, 0.4, 0.5),
    "earlier moment 3": (splits.global_time_split, 0.5, 0.6),
    "moment 1": (splits.global_time_split, 0.6, 0.7),
    "moment 2": (splits.global_time_split, 0.7, 0.8),
    "moment 3": (splits.global_time_split, 0.8, 0.9),
    "moment 4": (splits.global_time_split, 0.9, 1.0),
    "leave-one-out": (splits.leave_one_out_split,),
    "last but one": (_last_but_one,),
    "validation, MovieLens-1M": (_of_1m, "validation"),
    "paper, MovieLens-1M": (_of_1m, "paper"),
    "last but one, MovieLens-1M": (_of_1m, "last but one"),
    "leave-one-out, MovieLens-1M": (_of_1m, "leave-one-out"),
}


@functools.cache
def split_of(name: str) -> splits.Split:
    """Return the split of this name, one of `SPLITS`, of MovieLens-100k."""
    function, *arguments = SPLITS[name]
    return function(movielens.load_ratings(), *arguments)


@functools.cache
def judged_on(name: str) -> tuple[Interactions, evaluation.Relevant]:
    """Return the training part of a split as positives, and its test part as what is relevant."""
    split = split_of(name)
    positives = Interactions(split.train)
    return positives, evaluation.Relevant(split.test, positives)


def ndcg_on(name: str) -> Callable:
    """Return a function from a model to its mean NDCG@10 on the second part of a split."""
    return evaluation.mean_ndcg(*judged_on(name), K)
