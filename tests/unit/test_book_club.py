"""The invented book club has the form of own data, something to be learnt, and nothing of anybody."""

import pandas as pd

from recdl import baselines, splits, tables
from recdl.course import book_club
from recdl.evaluation import Relevant, mean_ndcg
from recdl.interactions import Interactions

COLUMNS = {"user": "reader", "item": "isbn", "rating": "stars", "time": "when"}


def test_its_columns_are_what_the_chapter_says():
    table = book_club.ratings()
    assert table["reader"].str.fullmatch(r"\d{4}").all()
    assert table["reader"].str.startswith("0").any()
    assert table["isbn"].str.fullmatch(r"\d{9}X").all()
    assert set(table["stars"] * 2) == set(range(1, 11))
    assert table["when"].is_monotonic_increasing
    assert not table.duplicated(["reader", "isbn"]).any()


def test_the_same_seed_gives_the_same_club():
    pd.testing.assert_frame_equal(book_club.ratings(20), book_club.ratings(20))
    assert not book_club.ratings(20, seed=2).equals(book_club.ratings(20))


def test_neighbours_learn_more_than_popularity_does():
    split = splits.course_split(tables.read(book_club.ratings(), **COLUMNS))
    positives = Interactions(split.train)
    ndcg = mean_ndcg(positives, Relevant(split.test, positives))
    assert ndcg(baselines.ItemKNN(positives, 100)) > 1.1 * ndcg(
        baselines.Popularity(positives)
    )
