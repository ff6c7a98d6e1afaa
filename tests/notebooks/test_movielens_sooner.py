"""MovieLens-100k on the way of the larger sets: the same table, the same split, the same hash."""

import pytest
from pandas.testing import assert_frame_equal

from recdl import large, movielens, splits, tables

pytest.importorskip("polars")


def test_movielens_100k_is_read_and_split_the_same(tmp_path):
    path, ratings = tmp_path / "u.data", movielens.load_ratings()
    whole = ratings.astype({"rating": int})
    whole.to_csv(path, sep="\t", header=False, index=False)
    ours, small = large.read(path), tables.read(path)
    assert ours["userID"].dtype == "int32"  # not left to the small path
    assert_frame_equal(ours, small, check_dtype=False)
    assert_frame_equal(ours, ratings, check_dtype=False)
    split = splits.course_split(ratings)
    for part, expected in zip(large.course_split(ours), split, strict=True):
        assert_frame_equal(part, expected, check_dtype=False)
        assert large.pairs_sha256(part) == splits.pairs_sha256(expected)
