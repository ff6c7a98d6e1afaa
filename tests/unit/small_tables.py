"""Small tables of ratings, and small worlds of positives, test pairs and scores, for several modules."""

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recdl.interactions import Interactions


def films_of(table, user):
    return table.loc[table["userID"] == user, "itemID"].tolist()


@st.composite
def tables(draw):
    """Ratings of a few users and films, each pair once, with many equal timestamps."""
    pairs = draw(
        st.lists(
            st.tuples(st.integers(1, 6), st.integers(1, 12)), min_size=1, unique=True
        )
    )
    times = draw(st.lists(st.integers(0, 4), min_size=len(pairs), max_size=len(pairs)))
    table = pd.DataFrame(pairs, columns=["userID", "itemID"])
    return table.assign(rating=3.0, timestamp=times)


def even_and_odd():
    """Return ratings of 12 users, who like items that are even or odd as they are; user 0 likes most."""
    rng = np.random.default_rng(7)
    users, items = np.arange(12)[:, None], np.arange(20)
    often = np.where(users % 2 == items % 2, 0.6, 0.05)
    likes = rng.random((12, 20)) < np.where(users == 0, 0.8, often)
    likes[np.arange(20) % 12, np.arange(20)] = True  # every item occurs
    table = pd.DataFrame(np.argwhere(likes), columns=["userID", "itemID"])
    table = table.assign(rating=4.0, timestamp=rng.permutation(len(table)))
    return table.sort_values("timestamp", ignore_index=True)


def pairs_in(table):
    """Return the rows of a users x items table of booleans as userID 1, 2, … and itemID 101, 102, …"""
    users, items = np.nonzero(table)
    return pd.DataFrame({"userID": users + 1, "itemID": items + 101})


def make_world(train, test, scores, shuffle=0):
    """Return positives, a test table without unseen users and items, and the scores of all positions."""
    train = pairs_in(train).sample(frac=1, random_state=shuffle)
    test = pairs_in(test)
    test = test[
        test["userID"].isin(train["userID"]) & test["itemID"].isin(train["itemID"])
    ]
    positives = Interactions(train)
    return positives, test, scores[: positives.n_users, : positives.n_items]


@st.composite
def small_worlds(draw):
    """Small worlds: ties, users without test items or without unseen items, pairs in training and test."""
    shape = draw(st.tuples(st.integers(1, 5), st.integers(2, 14)))
    train, test = (
        draw(arrays(bool, shape, elements=st.sampled_from(often), fill=st.nothing()))
        for often in ([False, True, False, False], [True, False])
    )
    train[0, 0] = True
    train[-1] |= draw(st.booleans())  # all of the catalogue
    elements = draw(
        st.sampled_from(
            [st.sampled_from([-np.inf, 0.0, 1.0]), st.floats(-9, 9), st.just(0.5)]
        )
    )
    scores = draw(arrays(float, shape, elements=elements, fill=st.nothing()))
    return make_world(train, test, scores, shuffle=draw(st.integers(0, 99)))


def unseen_by(positives, user):
    seen = positives.items[positives.users == user]
    return [item for item in range(positives.n_items) if item not in seen]
