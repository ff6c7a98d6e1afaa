"""Negatives and leave-one-out for millions of interactions are the draws of the small path, bit for bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from any_input import any_splits, attempt
from recdl import interactions, large_draws, sampled, splits
from recdl.interactions import Interactions
from small_tables import even_and_odd, pairs_in, small_worlds


@given(small_worlds(), st.integers(0, 6), st.integers(1, 4), st.integers(0, 99))
def test_negatives_are_the_same_draws(world, n_negatives, block, seed):
    positives = world[0]
    rngs = [np.random.default_rng(seed) for _ in range(2)]
    for _ in range(2):  # two epochs
        expected = interactions.sample_negatives(
            positives, n_negatives, rng=rngs[0], block=block
        )
        found = large_draws.sample_negatives(
            positives, n_negatives, rng=rngs[1], block=block
        )
        for ours, small in zip(found, expected, strict=True):
            assert ours.dtype == "int32"
            assert ours.tolist() == small.tolist()


def test_negatives_of_a_larger_table_are_the_same_draws():
    rng = np.random.default_rng(4)
    likes = rng.random((300, 900)) < rng.random(900) ** 4
    positives = Interactions(pairs_in(likes).sample(frac=1, random_state=1))
    expected = interactions.sample_negatives(positives, rng=np.random.default_rng(5))
    found = large_draws.sample_negatives(positives, rng=np.random.default_rng(5))
    assert len(expected[0]) > 100_000
    for ours, small in zip(found, expected, strict=True):
        assert np.array_equal(ours, small)


@pytest.mark.parametrize(("block", "n_blocks"), [(5, 3), (1, 12)])
def test_workers_that_share_the_blocks_draw_what_one_draws(block, n_blocks):
    positives = Interactions(even_and_odd())  # of 12 users
    seed = int(np.random.default_rng(3).integers(2**63))
    expected = interactions.sample_negatives(
        positives, rng=np.random.default_rng(3), block=block
    )
    for n_workers in (1, 2, 8):
        drawn = {}
        for worker in range(n_workers):
            numbers = list(range(worker, n_blocks, n_workers))[::-1]
            parts = large_draws.blocks_of_negatives(
                positives, seed=seed, block=block, numbers=numbers
            )
            drawn |= dict(zip(numbers, parts, strict=True))
        for place, small in enumerate(expected):
            ours = np.concatenate([drawn[number][place] for number in range(n_blocks)])
            assert ours.tolist() == small.tolist()


@pytest.mark.parametrize("number", [-1, 3, 0.5, "1"])
def test_a_block_that_is_not_there_is_refused(number):
    positives = Interactions(even_and_odd())  # of 12 users
    parts = large_draws.blocks_of_negatives(
        positives, seed=1, block=5, numbers=[0, number]
    )
    next(parts)
    with pytest.raises(ValueError, match="between 0 and 2"):
        next(parts)


@pytest.mark.parametrize(
    "options", [{"n_negatives": -1}, {"block": 0}, {"rng": 3}, {"block": True}]
)
def test_wrong_options_are_refused_in_the_same_words(options):
    positives = Interactions(even_and_odd())
    options = {"rng": np.random.default_rng(0)} | options
    with pytest.raises(ValueError, match="must be") as small:
        interactions.sample_negatives(positives, **options)
    with pytest.raises(ValueError, match="must be") as ours:
        large_draws.sample_negatives(positives, **options)
    assert str(ours.value) == str(small.value)


@pytest.mark.parametrize("n_negatives", [0, 1, 5, 100])
@pytest.mark.parametrize("kind", ["int64", "int32"])
def test_leave_one_out_draws_the_same(n_negatives, kind):
    table = even_and_odd().astype({"userID": kind, "itemID": kind})
    split = splits.chronological_split(table)
    small, ours = (
        module.leave_one_out_test(split, n_negatives, rng=np.random.default_rng(8))
        for module in (sampled, large_draws)
    )
    assert_frame_equal(ours, small, check_exact=True, check_dtype=kind == "int64")


@given(any_splits(), st.integers(0, 9))
def test_leave_one_out_of_any_split_gives_the_same_or_the_same_error(split, n):
    small, ours = (
        attempt(module.leave_one_out_test, split, n, rng=np.random.default_rng(1))
        for module in (sampled, large_draws)
    )
    if small is None:
        assert ours is None
    else:
        assert_frame_equal(ours, small, check_exact=True)
