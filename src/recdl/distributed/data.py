"""Ratings on several workers: the course's split, positions, negatives, and every user's metrics.

Every number is the one that a single process computes: the hash that `recdl.splits.pairs_sha256` returns of
`recdl.splits.course_split`, the positions of `recdl.interactions.Interactions`, the negatives of
`recdl.interactions.sample_negatives`, and the table of `recdl.evaluation.evaluate`.
"""

import hashlib
import itertools
import json
import pathlib

import numpy as np
import pandas as pd

from recdl import large
from recdl.checks import check_at_least
from recdl.columns import DataError
from recdl.distributed import parts
from recdl.distributed.workers import Workers
from recdl.files import replacing
from recdl.ratings import PAIR, check_ratings

RATIO = 0.75  # of the course's split
MOST_PARTS = 64


def cut(ratings: pd.DataFrame, folder, block: int = 256) -> int:
    """Write a table of ratings as parts of whole blocks of users, and return their number.

    A folder that has parts already must have them of the same table.

    Raises
    ------
    recdl.columns.DataError
        If the table fails `recdl.ratings.check_ratings`, or the folder has another one.
    """
    check_at_least(1, block=block)
    usual = large.has_pairs(ratings) and large.has_times(ratings)
    checked = (ratings if usual else check_ratings(ratings))[[*PAIR, "timestamp"]]
    folder = pathlib.Path(folder)
    codes, known = pd.factorize(checked["userID"].to_numpy(), sort=True)
    n_blocks = -(-len(known) // block)
    of_part = codes // (block * -(-n_blocks // MOST_PARTS))
    about = {"rows": _sha256(checked), "block": block, "parts": int(of_part.max()) + 1}
    if _is_new(folder / "about.json", about):
        order = np.argsort(of_part, kind="stable")
        ends = np.searchsorted(of_part[order], np.arange(about["parts"] + 1))
        for number, (begin, end) in enumerate(itertools.pairwise(ends)):
            rows = checked.iloc[order[begin:end]]
            parts.save(parts.file_of(folder, "ratings", number), rows)
        with replacing(folder / "about.json") as unfinished:
            unfinished.write_text(json.dumps(about), encoding="utf-8")
    return about["parts"]


def _sha256(table):
    return hashlib.sha256(pd.util.hash_pandas_object(table).to_numpy()).hexdigest()


def _is_new(path, about):
    if not path.exists():
        return True
    if json.loads(path.read_text(encoding="utf-8")) != about:
        raise DataError(
            f"{path.parent} holds the work on another table, or on other blocks of users. Name another "
            "folder, or delete this one."
        )
    return False


class Distributed:
    """Ratings, split and numbered by workers.

    Parameters
    ----------
    workers : Workers
    folder : path
        What `cut` has written to; all workers must see it under this path.
    n_parts : int
        What `cut` has returned.
    block : int
        As given to `cut`.

    Attributes
    ----------
    sha256 : dict of str
        Of the pairs of ``train`` and of ``test``.
    begins : list of int
        The position of each part's first user.
    item_ids : ndarray
    n_users, n_items, n_positives : int
    popularity : ndarray of int, shape (n_items,)
        How many users each item has in training.
    """

    def __init__(self, workers: Workers, folder, n_parts: int, block: int = 256):
        self.workers, self.folder, self.block = workers, pathlib.Path(folder), block
        self.numbers = range(n_parts)
        given = [(str(folder), number, RATIO) for number in self.numbers]
        users, items = zip(*workers.each(parts.split, given), strict=True)
        self.item_ids = pd.unique(np.concatenate(items))
        parts.save(self.folder / "items.npz", {"itemID": self.item_ids})
        *self.begins, self.n_users = np.cumsum([0, *users]).tolist()
        self._place()

    @property
    def n_items(self) -> int:
        """The number of items that occur in training."""
        return len(self.item_ids)

    def _given(self, *more):
        places = zip(self.numbers, self.begins, strict=True)
        return [(str(self.folder), number, begin, *more) for number, begin in places]

    def _place(self):
        hashes = hashlib.sha256(), hashlib.sha256()
        self.popularity = np.zeros(self.n_items, dtype=int)
        n_test = 0
        for counts, *texts in self.workers.each(parts.place, self._given()):
            self.popularity += counts
            n_test += len(texts[1])
            for found, text in zip(hashes, texts, strict=True):
                found.update(text)
        self.sha256 = {
            name: found.hexdigest()
            for name, found in zip(("train", "test"), hashes, strict=True)
        }
        self.n_positives = int(self.popularity.sum())
        if not n_test:
            raise DataError(
                "Nothing is left to judge on: no item of the test occurs in training. Use more ratings."
            )

    def positions(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of each training pair's user and item."""
        files = (parts.file_of(self.folder, "positions", n) for n in self.numbers)
        found = [parts.load(file) for file in files]
        users, items = ([of[name] for of in found] for name in ("users", "items"))
        return np.concatenate(users), np.concatenate(items)

    def negatives(
        self, n_negatives: int = 4, *, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return what `recdl.interactions.sample_negatives` draws with the same `rng`."""
        check_at_least(0, n_negatives=n_negatives)
        given = self._given(n_negatives, int(rng.integers(2**63)), self.block)
        users, items = zip(*self.workers.each(parts.negatives, given), strict=True)
        return np.concatenate(users), np.concatenate(items)

    def evaluate(self, model, k: int = 10) -> pd.DataFrame:
        """Return the metrics of each user, as `recdl.evaluation.evaluate` does.

        `model` has ``scores(users)``; it goes to the workers, so it should be small.
        """
        check_at_least(1, k=k)
        return pd.concat(self.workers.each(parts.judge, self._given(model, k)))

    def most_popular(self) -> parts.Counted:
        """Return the model that ranks items by the number of their users."""
        return parts.Counted(self.n_users, self.popularity)
