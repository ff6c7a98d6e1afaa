"""The parts of a table: some users each, as files that any worker can read; and what to do with one of them.

Every function here works on one part, reads files of the folder and writes others. It may run twice: what is
there already is left as it is, and what comes out depends on the part alone.
"""

import pathlib

import numpy as np
import pandas as pd

from recdl import evaluation, interactions, large, large_draws, ranking
from recdl.baselines import Popularity
from recdl.columns import lookup
from recdl.files import replacing
from recdl.ratings import PAIR


def file_of(folder, what: str, number: int) -> pathlib.Path:
    """Return the path of something of one part, such as its training rows."""
    return pathlib.Path(folder) / what / f"{number:04}.npz"


def save(path, columns: dict) -> None:
    """Write some arrays into a file that is whole or absent. Texts are stored as NumPy's own, not pickled."""
    plain = {n: _plain(values) for n, values in columns.items()}
    with replacing(path) as unfinished, open(unfinished, "wb") as file:
        np.savez(file, **plain)


def _plain(values):
    values = np.asarray(values)
    return values.astype(str) if values.dtype == object else values


def load(path) -> dict:
    """Return the arrays of a file; texts are Python's again, as pandas has them."""
    # Of a damaged file, np.load would leave open what it has opened itself.
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
        found = {name: stored[name] for name in stored.files}
    return {n: v.astype(object) if v.dtype.kind == "U" else v for n, v in found.items()}


def table(path) -> pd.DataFrame:
    """Return the table of a file."""
    return pd.DataFrame(load(path))


class Part(interactions.Interactions):
    """The training pairs of some users, the first at the position `begin`; items are those of all users."""

    def __init__(self, train: pd.DataFrame, item_ids: np.ndarray, begin: int):
        super().__init__(train)
        self.items = lookup(train["itemID"], item_ids)
        self.item_ids, self.begin = item_ids, begin


class Counted(Popularity):
    """`recdl.baselines.Popularity` from counts that several workers have added up."""

    def __init__(self, n_users: int, n_users_of: np.ndarray):
        self.n_users, self.n_users_of = n_users, n_users_of


class OfPart:
    """A model of all users, asked for the users of a part."""

    def __init__(self, model, begin: int):
        self.model, self.begin = model, begin

    def scores(self, users):
        """Return the scores (n, n_items) of all items for n users of the part."""
        return self.model.scores(users + self.begin)


# What a worker does with a part


def split(folder, number: int, ratio: float) -> tuple[int, np.ndarray]:
    """Cut a part in time; return the number of its users, and its training items as they first appear."""
    train, test = (file_of(folder, what, number) for what in ("train", "late"))
    if not (train.exists() and test.exists()):
        ratings = table(file_of(folder, "ratings", number))
        cut = large.chronological_split(ratings, ratio)
        save(train, cut.train)
        save(test, cut.test)
    rows = table(train)
    return rows["userID"].nunique(), pd.unique(rows["itemID"])


def place(folder, number: int, begin: int) -> tuple[np.ndarray, bytes, bytes]:
    """Leave items out that nobody trains on, and write positions.

    Returned are how many users each item has here, and the pairs of both sides as `recdl.splits.pairs_sha256`
    reads them.
    """
    item_ids = load(pathlib.Path(folder) / "items.npz")["itemID"]
    train, late = (table(file_of(folder, w, number)) for w in ("train", "late"))
    part = Part(train, item_ids, begin)
    test = late[lookup(late["itemID"], item_ids) >= 0]
    positions = {"users": part.users + begin, "items": part.items}
    save(file_of(folder, "positions", number), positions)
    save(file_of(folder, "test", number), test)
    counts = np.bincount(part.items, minlength=part.n_items)
    return counts, _as_text(train), _as_text(test)


def _as_text(rows):
    if large.has_pairs(rows):
        return b"".join(large.pairs_as_text(rows))
    pairs = rows[PAIR].sort_values(PAIR)
    return pairs.to_csv(index=False, header=False, lineterminator="\n").encode()


def part_of(folder, number: int, begin: int) -> Part:
    """Return the training pairs of a part."""
    item_ids = load(pathlib.Path(folder) / "items.npz")["itemID"]
    return Part(table(file_of(folder, "train", number)), item_ids, begin)


def negatives(
    folder, number: int, begin: int, n_negatives: int, seed: int, block: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw what `recdl.interactions.sample_negatives` draws for these users; `seed` is its first number."""
    part = part_of(folder, number, begin)
    drawn = large_draws.blocks_of_negatives(
        part, n_negatives, seed=seed, block=block, first=begin // block
    )
    users, items = (np.concatenate(side) for side in zip(*drawn, strict=True))
    return (users + begin).astype("int32"), items.astype("int32")


def judge(folder, number: int, begin: int, model, k: int) -> pd.DataFrame:
    """Return the metrics of each user of a part; without columns if none of them has a test item."""
    part = part_of(folder, number, begin)
    test = table(file_of(folder, "test", number))
    if test.empty:
        return pd.DataFrame(index=pd.Index(part.user_ids, name="userID"))
    top = ranking.top_k(OfPart(model, begin), part, k)
    return evaluation.evaluate(top, evaluation.Relevant(test, part), ks=(k,))
