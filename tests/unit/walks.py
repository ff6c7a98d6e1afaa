"""Small worlds in which the order matters, and small models of the next film for them."""

import functools

import numpy as np
import pandas as pd

from later import Later
from recdl import interactions

next_item, sequence = Later("recdl.next_item"), Later("recdl.sequence")
recurrent = Later("recdl.recurrent")

HISTORIES = {0: [1, 2, 3], 1: [4], 2: [0, 3, 2, 1, 4]}


def in_order(rows):
    """Return interactions whose rows (user, item) stand in order of time."""
    table = pd.DataFrame(rows, columns=["userID", "itemID"])
    return interactions.Interactions(table, in_time_order=True)


@functools.cache
def small():
    """Return the interactions of `HISTORIES`."""
    return in_order([(u, i) for u, items in HISTORIES.items() for i in items])


@functools.cache
def cycle():
    """Return 60 users who walk round 12 films, each from a place of their own."""
    rows = [(u, (u + step) % 12) for u in range(60) for step in range(4 + u % 5)]
    return in_order(rows)


def identifiers(rows, world):
    """Return items instead of their positions, and -1 for the padding."""
    return np.append(world.item_ids, -1)[rows].tolist()


def self_attention(world, length=6, **options):
    options = {"width": 16, "n_blocks": 1, "dropout": 0.0, "seed": 1} | options
    history = next_item.histories(world, length)
    return sequence.SelfAttention(history, world.n_items, **options)


def gru(world, length=6, **options):
    options = {"width": 16, "dropout": 0.0, "seed": 1} | options
    history = next_item.histories(world, length)
    return recurrent.GRU4Rec(history, world.n_items, **options)


def fill(model):
    """Give a model weights that are far from 0, so that each of them counts."""
    for weight in model.weights:
        if "seed" not in weight.name:
            weight.assign(np.random.default_rng(1).normal(size=weight.shape))


KINDS = {"SelfAttention": self_attention, "GRU4Rec": gru}
