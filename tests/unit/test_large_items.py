"""EASE and item-kNN on many films: the small ones' numbers where all films fit, and honest ones where not."""

import types

import numpy as np
import pandas as pd
import psutil
import pytest

from recdl import baselines, large_items, ranking
from recdl.interactions import Interactions
from small_tables import even_and_odd


def larger():
    """Return 300 users and 60 items of different popularity, in a random order."""
    rng = np.random.default_rng(2)
    users, items = np.nonzero(rng.random((300, 60)) < rng.random(60) ** 2 * 0.5 + 0.02)
    table = pd.DataFrame({"userID": users, "itemID": items})
    return table.sample(frac=1, random_state=1)


POSITIVES = [Interactions(even_and_odd()), Interactions(larger())]
EVERYBODY = [np.arange(positives.n_users) for positives in POSITIVES]
both = pytest.mark.parametrize(
    ("positives", "users"), list(zip(POSITIVES, EVERYBODY, strict=True))
)


@both
@pytest.mark.parametrize("block", [1, 7, None])
@pytest.mark.parametrize(("k", "shrinkage"), [(1, 0.0), (5, 10.0), (1000, 0.0)])
def test_item_knn_in_blocks_gives_the_same_bits(positives, users, block, k, shrinkage):
    weights = np.random.default_rng(1).random(len(positives))
    given = positives, k, shrinkage, weights
    ours = large_items.ItemKNN(*given, block=block)
    expected = baselines.ItemKNN(*given)
    assert ours.item_to_item.nnz == np.count_nonzero(expected.item_to_item)
    np.testing.assert_array_equal(ours.scores(users), expected.scores(users))


@both
@pytest.mark.parametrize("l2", [1, 300])
def test_ease_in_32_bits_gives_the_same_numbers(positives, users, l2):
    ours, expected = (
        module.EASE(positives, l2=l2) for module in (large_items, baselines)
    )
    assert ours.item_to_item.dtype == "float32"
    np.testing.assert_allclose(
        ours.item_to_item, expected.item_to_item, rtol=0, atol=2e-6
    )
    found = ours.scores(users)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, expected.scores(users), rtol=0, atol=2e-5)


@pytest.mark.parametrize("l2", [0, -1, np.nan, np.inf, "much"])
def test_a_weight_that_is_not_positive_is_refused(l2):
    with pytest.raises(ValueError, match="l2 must be"):
        large_items.EASE(POSITIVES[0], l2=l2)


def test_a_weight_too_small_for_32_bits_is_refused():
    twins = pd.DataFrame({"userID": [1, 1, 2, 2], "itemID": [5, 6, 5, 6]})
    with pytest.raises(ValueError, match="too small"):
        large_items.EASE(Interactions(twins), l2=1e-9)
    with pytest.raises(ValueError, match="too small"):
        large_items._inverse(np.array([[1, 2], [2, 1]], "float32"))  # no Gram matrix


def test_too_little_memory_is_said_before_work_begins_with_what_would_fit(monkeypatch):
    room = types.SimpleNamespace(available=16 * 30**2)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: room)
    with pytest.raises(MemoryError, match=r"60 items needs .* with 30 items would fit"):
        large_items.EASE(POSITIVES[1])
    large_items.OnMostPopular(large_items.EASE, POSITIVES[1], 30)


MODELS = {
    "EASE": baselines.EASE,
    "EASE in 32 bits": large_items.EASE,
    "ItemKNN": baselines.ItemKNN,
    "ItemKNN in blocks": large_items.ItemKNN,
}


@both
@pytest.mark.parametrize("name", MODELS)
def test_with_room_for_all_items_the_model_is_the_whole_one(positives, users, name):
    whole = MODELS[name](positives)
    for room in (positives.n_items, 10_000):
        model = large_items.OnMostPopular(MODELS[name], positives, room)
        assert model.coverage == 1
        np.testing.assert_array_equal(model.scores(users), whole.scores(users))


def test_only_the_most_popular_are_known_and_the_others_come_last():
    positives, users = POSITIVES[1], EVERYBODY[1]
    model = large_items.OnMostPopular(large_items.EASE, positives, 20)
    counts = np.bincount(positives.items)
    assert set(model.items) == set(np.argsort(-counts, kind="stable")[:20])
    assert model.coverage == np.sort(counts)[-20:].sum() / len(positives)
    table = larger()
    part = table[table["itemID"].isin(positives.item_ids[model.items])]
    small = Interactions(part)
    assert small.n_users == positives.n_users  # here nobody has the rare ones only
    expected = baselines.EASE(small).item_to_item
    of_ours = pd.Index(small.item_ids).get_indexer(positives.item_ids[model.items])
    np.testing.assert_allclose(
        model.model.item_to_item, expected[np.ix_(of_ours, of_ours)], atol=2e-6, rtol=0
    )
    top = ranking.top_k(model, positives, positives.n_items)
    is_known = np.isin(top, model.items)
    n_unseen = (top >= 0).sum(axis=1)
    for row in users:
        n_known = is_known[row].sum()
        assert is_known[row, :n_known].all()
        assert not is_known[row, n_known : n_unseen[row]].any()


@pytest.mark.parametrize("n_items", [0, -1, 1.5, "all"])
def test_a_wrong_number_of_items_is_refused(n_items):
    with pytest.raises(ValueError, match="n_items"):
        large_items.OnMostPopular(large_items.EASE, POSITIVES[0], n_items)
