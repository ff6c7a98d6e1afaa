"""The invented book club has the form of own data, something to be learnt, and nothing of anybody."""

import numpy as np
import pandas as pd
import pytest

from recdl import baselines, splits, tables
from recdl.course import book_club
from recdl.evaluation import Relevant, mean_ndcg
from recdl.interactions import Interactions

COLUMNS = {"user": "reader", "item": "isbn", "rating": "stars", "time": "when"}


def test_its_columns_are_what_the_chapter_says():
    table = book_club.ratings()
    assert table["reader"].str.fullmatch(r"\d{4}").all()
    assert table["reader"].str.startswith("0").any()
    assert table["isbn"].str.fullmatch(r"0{3}\d{6}[\dX]").all()
    assert 0 < table["isbn"].str.endswith("X").mean() < 0.2
    assert set(table["stars"] * 2) == set(range(1, 11))
    assert table["when"].is_monotonic_increasing
    assert not table.duplicated(["reader", "isbn"]).any()


def test_the_same_seed_gives_the_same_club():
    pd.testing.assert_frame_equal(book_club.ratings(20), book_club.ratings(20))
    assert not book_club.ratings(20, seed=2).equals(book_club.ratings(20))


def judged(table):
    """Return the NDCG@10 of neighbours and of popularity."""
    split = splits.course_split(tables.read(table, **COLUMNS))
    positives = Interactions(split.train)
    ndcg = mean_ndcg(positives, Relevant(split.test, positives))
    models = baselines.ItemKNN(positives, 100), baselines.Popularity(positives)
    return [ndcg(model) for model in models]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_taste_is_to_be_learnt_and_turns_with_the_time(seed):
    """The second exercise of chapter A1: shuffled times help whoever learns taste, and no other."""
    table = book_club.ratings(seed=seed)
    neighbours, popularity = judged(table)
    assert neighbours > 1.1 * popularity
    rng = np.random.default_rng(0)
    shuffled = judged(table.assign(when=rng.permutation(table["when"])))
    assert shuffled[0] > 1.1 * neighbours
    assert abs(shuffled[1] - popularity) < 0.02


def test_a_book_of_many_readers_is_not_read_sooner():
    table = book_club.ratings()
    readers = table.groupby("isbn")["reader"].transform("size")
    place = table.groupby("reader").cumcount()
    place /= table.groupby("reader")["reader"].transform("size")
    assert abs(np.corrcoef(readers, place)[0, 1]) < 0.03
