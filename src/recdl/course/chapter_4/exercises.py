"""The exercises of chapter 4: two splits, the cap on negatives, another threshold, a choice of split."""

import functools

import numpy as np

from recdl import movielens, splits, toy
from recdl.course.exercises import But, Exercise

# 4.1: the toy world, three quarters to training.


def toy_test_films(rounded=np.round, *, filtered=True, of_training=False):
    """Return the number of test films of each person; the arguments are the places to go wrong."""
    ordered = toy.RATINGS.sort_values(["userID", "timestamp"], kind="stable")
    users = ordered.groupby("userID")["itemID"]
    is_train = users.cumcount() < rounded(0.75 * users.transform("size"))
    split = splits.Split(ordered[is_train], ordered[~is_train])
    split = splits.drop_unseen(split) if filtered else split
    counts = split[0 if of_training else 1]["userID"].value_counts()
    return counts.reindex(list(toy.USERS), fill_value=0).tolist()


# 4.2: one moment for everybody.


@functools.cache
def _ratings():
    return movielens.load_ratings()


def cut_at_one_moment(filtered=("userID", "itemID"), *, per_user=False):
    """Return the sizes of a split: training rows, test rows, test users."""
    if per_user:
        train, test = splits.chronological_split(_ratings(), 0.75)
    else:
        ordered = _ratings().sort_values("timestamp", kind="stable")
        cut = round(0.75 * len(ordered))
        train, test = ordered.iloc[:cut], ordered.iloc[cut:]
    for column in filtered:
        test = test[test[column].isin(train[column])]
    return [len(train), len(test), test["userID"].nunique()]


# 4.3: from how many training films on there are too few others.


def first_capped(n_items=1597, *, own=1):
    """Return the least number of training films for which four times as many others do not exist."""
    n_seen = np.arange(n_items)
    return int(np.argmax(4 * n_seen > n_items - own * n_seen))


# 4.4: a film counts from four stars on.


def sizes_from(stars=4, fewer_than=10, *, with_empty_users=True):
    """Return the ones that are left, the users with few of them, and the films without any."""
    ratings = _ratings()
    ones = ratings[ratings["rating"] >= stars]
    per_user = ones["userID"].value_counts()
    if with_empty_users:
        per_user = per_user.reindex(ratings["userID"].unique(), fill_value=0)
    n_lost = ratings["itemID"].nunique() - ones["itemID"].nunique()
    return [len(ones), int((per_user < fewer_than).sum()), n_lost]


EXERCISES = [
    Exercise("4.1", "five whole numbers, for Ana, Ben, Chloe, Dan and Eva", toy_test_films, {
        But(filtered=False):
            "One person's only test film occurs in no one's training part. The filter removes it.",
        But(np.floor):
            "You cut off the decimals. 1.5 and 3.75 are rounded: to the nearest, a half to the even one.",
        But(np.ceil): "You rounded up. 2.25 is nearer to 2.",
        But(of_training=True): "These are the training films. The test has the others.",
    }),
    Exercise("4.2",
             "three whole numbers: training rows, test rows after the filter, test users after the filter",
             cut_at_one_moment, {
        But(filtered=()): "Test users and films that training does not know have to go.",
        But(filtered=("itemID",)):
            "You removed unknown films only. There are unknown users as well, many of them.",
        But(filtered=("userID",)): "You removed unknown users only. A few films are unknown as well.",
        But(per_user=True): "These are the numbers of the paper's split, which cuts each user separately.",
    }, tolerance=1e-9),
    Exercise("4.3", "one whole number", first_capped, {
        But(own=0): "The films that the user has seen cannot be drawn: subtract them from 1,597.",
        first_capped() - 1: "With this number there are still just enough.",
        But(n_items=1682): "Negatives are drawn from the films of the training part, not from all 1,682.",
        But(own=2): "You subtracted the user's own films twice. 4n films are wanted, 1,597 - n are there.",
    }, tolerance=1e-9),
    Exercise("4.4",
             "three whole numbers: ones, users with fewer than ten of them, films without any",
             sizes_from, {
        But(5): "Four stars count as well: the condition is `>= 4`.",
        But(with_empty_users=False):
            "Count the users without a single one too. They are missing from `value_counts`.",
        But(fewer_than=11): "Fewer than ten means nine at most.",
    }, tolerance=1e-9),
    Exercise("4.5", 'one letter, "A", "B", "C" or "D"', "C", {
        "A": "Would the model then learn from purchases that were made after the ones it predicts?",
        "B": "Look at the figure with the calendar: what had not happened yet at the dashed line?",
        "D": "It hides one purchase of each customer. Which purchases of the others are in training?",
    }),
]  # fmt: skip
