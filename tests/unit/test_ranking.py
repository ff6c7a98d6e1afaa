"""Lists: a sort of what a user has not seen; and the one gate for scores, at every door."""

import math
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_input import (
    huge,
    is_refused,
    seen_by,
    some_users,
    whole,
    works,
    worlds,
    wrong_numbers,
    wrong_users,
)
from recdl import evaluation, prediction_table, ranking, sampled, toy
from recdl.blend import Blend, best_weight
from recdl.interactions import Interactions
from recdl.ranking import ScoreTable
from small_tables import make_world, pairs_in, small_worlds, unseen_by


@given(small_worlds(), st.integers(1, 16), st.integers(1, 6))
def test_top_k_is_a_sort_of_each_users_unseen_items(world, k, block):
    positives, _, scores = world
    top = ranking.top_k(ScoreTable(scores), positives, k, block=block)
    for user in range(positives.n_users):
        unseen = unseen_by(positives, user)
        by_hand = sorted(unseen, key=lambda item: (-scores[user, item], item))[:k]
        assert top[user].tolist() == by_hand + [-1] * (k - len(by_hand))


@pytest.mark.parametrize("levels", [1, 2, 5, 10_000])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "uint8"])
def test_top_k_of_many_items_with_ties(levels, dtype):
    rng = np.random.default_rng(levels)
    positives = Interactions(pairs_in(rng.random((40, 300)) < 0.3))
    scores = rng.integers(levels, size=(40, 300)).astype(dtype)
    top = ranking.top_k(ScoreTable(scores), positives, 10, block=7)
    hidden = scores.astype(float)
    hidden[positives.users, positives.items] = -np.inf
    assert (top == np.argsort(-hidden, axis=1, kind="stable")[:, :10]).all()


def test_every_unseen_item_is_ranked_and_no_seen_one_ever_is():
    rng = np.random.default_rng(3)
    positives = Interactions(pairs_in(rng.random((30, 50)) < 0.4))
    scores = rng.choice([-np.inf, 0.0, 1e308], size=(30, 50))
    top = ranking.top_k(ScoreTable(scores), positives, k=50)
    for user, row in enumerate(top):
        assert sorted(row[row >= 0]) == unseen_by(positives, user)
    assert evaluation.item_coverage(top, 50) == 1


def test_ties_are_broken_like_in_the_papers_track(half):
    class Coarse:
        def predict(self, users, items, is_list):
            return [item % 2 for item in items]

    predictions = prediction_table.prediction_list(Coarse(), half.train)
    positives = Interactions(half.train)
    scores = np.tile(positives.item_ids % 2, (5, 1))
    top = ranking.top_k(ScoreTable(scores), positives, k=3)
    for user, row in zip(positives.user_ids, top, strict=True):
        films = prediction_table.recommend(predictions, user, k=3)["itemID"].tolist()
        assert positives.item_ids[row[row >= 0]].tolist() == films


def test_only_some_users_in_any_order():
    rng = np.random.default_rng(4)
    positives, test, scores = make_world(
        rng.random((30, 20)) < 0.3, rng.random((30, 20)) < 0.3, rng.random((30, 20))
    )
    relevant = evaluation.Relevant(test, positives)
    users = rng.permutation(30)[:11]
    everyone = ranking.top_k(ScoreTable(scores), positives, k=5)
    some = ranking.top_k(ScoreTable(scores), positives, k=5, users=users, block=4)
    assert (some == everyone[users]).all()
    table = evaluation.evaluate(some, relevant, [5], users=users)
    expected = evaluation.evaluate(everyone, relevant, [5]).loc[
        positives.user_ids[users]
    ]
    pd.testing.assert_frame_equal(table, expected)


class Recording:
    """A model that notes which users it is asked for at once."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def scores(self, users):
        self.asked.append(users.tolist())
        return self.answer(users)


def test_scores_are_asked_for_in_blocks_and_left_as_they_are(half):
    positives, kept = Interactions(half.train), np.ones((5, 5))
    model = Recording(
        lambda users: kept[users[0] : users[-1] + 1]
    )  # a view, not a copy
    ranking.top_k(model, positives, k=2, block=2)
    assert model.asked == [[0, 1], [2, 3], [4]]
    assert (kept == 1).all()


def test_block_is_as_many_users_as_have_half_a_million_scores():
    n_items = 2**17
    table = pd.DataFrame({"userID": 0, "itemID": range(n_items)})
    others = pd.DataFrame({"userID": range(1, 9), "itemID": 0})
    positives = Interactions(pd.concat([table, others]))
    model = Recording(lambda users: np.zeros((len(users), n_items)))
    ranking.top_k(model, positives, k=1)
    assert [len(users) for users in model.asked] == [4, 4, 1]


def test_memory_grows_with_the_block_only():
    train = np.zeros((1000, 2000), dtype=bool)
    train[0], train[:, 0] = True, True
    positives, row = Interactions(pairs_in(train)), np.arange(2000.0)
    model = Recording(lambda users: np.tile(row, (len(users), 1)))
    tracemalloc.start()
    ranking.top_k(model, positives, 5, block=20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3e6  # all scores at once are 16 MB


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"k": 0}, "k must be a whole number and at least 1; received 0"),
        ({"block": 0}, "block must be a whole number and at least 1"),
        ({"users": [0, 5]}, "positions, 0 to 4; received"),
        ({"users": [-1]}, "positions, 0 to 4; received"),
        ({"users": [2, 2]}, "at most once"),
    ],
)
def test_top_k_refuses(half, options, words):
    model, positives = ScoreTable(np.zeros((5, 5))), Interactions(half.train)
    with pytest.raises(ValueError, match=words):
        ranking.top_k(model, positives, **{"k": 2} | options)


# The one gate: whoever asks a model for scores refuses the same answers

POSITIVES = Interactions(toy.RATINGS)  # 5 users, 6 items
N_USERS, N_ITEMS = 5, 6
TEST = pd.DataFrame(
    {"userID": [4, 2, 5], "itemID": [101, 105, 106]}
)  # nobody has seen them
RELEVANT = evaluation.Relevant(TEST, POSITIVES)
GOOD = ScoreTable(np.arange(30.0).reshape(5, 6))
EVERYONE = np.arange(N_USERS)
DOORS = {
    "scores_of": lambda model: ranking.scores_of(model, EVERYONE, POSITIVES),
    "top_k": lambda model: ranking.top_k(model, POSITIVES, 3),
    "exact_ranks": lambda model: sampled.exact_ranks(model, POSITIVES, TEST),
    "mean_ndcg": evaluation.mean_ndcg(POSITIVES, RELEVANT),
    "first of a Blend": lambda model: Blend(model, GOOD, 0.9).scores(EVERYONE),
    "second of a Blend": lambda model: Blend(GOOD, model, 0.9).scores(EVERYONE),
    "best_weight": lambda model: best_weight(
        model, GOOD, evaluation.mean_ndcg(POSITIVES, RELEVANT), [0, 0.5, 1]
    ),
}
every_door = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)


class Answering:
    """A model that answers with the good scores, changed in some way."""

    def __init__(self, change):
        self.change = change

    def scores(self, users):
        return self.change(GOOD.scores(users).copy())


def with_value(value):
    def change(scores):
        scores[:, 2] = value  # whoever is asked for
        return scores

    return change


REFUSED = {
    "NaN": (
        with_value(np.nan),
        r"^The score of user \d+ .* is NaN and has no rank\. Did",
    ),
    "+inf": (
        with_value(np.inf),
        r"^The score of user \d+ .* is infinite and has no rank",
    ),
    "an item too few": (
        lambda s: s[:, 1:],
        r"\(\d, 6\).*received \(\d, 5\)|same items",
    ),
    "a single column": (
        lambda s: s[:, :1],
        r"\(\d, 6\).*received \(\d, 1\)|same items",
    ),
    "a user too many": (
        lambda s: np.vstack([s, s[:1]]),
        r"shape .*; received \(\d, 6\)",
    ),
    "one dimension": (lambda s: s[:, 0], r"shape .*; received \(\d,\)"),
    "three dimensions": (lambda s: s[:, :, None], r"shape .*; received \(\d, 6, 1\)"),
    "a number": (lambda s: 1.0, r"shape .*; received \(\)"),
    "nothing": (lambda s: None, r"shape .*; received \(\)"),
    "texts": (lambda s: s.astype(str), "must return numbers; received <U"),
    "objects": (lambda s: s.astype(object), "must return numbers; received object"),
    "complex numbers": (lambda s: s * 1j, "must return numbers; received complex"),
}


def refuse(door, change, words):
    with pytest.raises(ValueError, match=words):
        door(Answering(change))


@every_door
def test_every_door_refuses_an_answer_that_has_no_rank(door):
    for change, words in REFUSED.values():
        refuse(door, change, words)


@every_door
def test_every_door_wants_the_model_and_not_its_function(door):
    for function in (GOOD.scores, np.sum, lambda users: None):
        with pytest.raises(
            TypeError, match=r"object with scores\(users\).*ScoreTable\(scores\)"
        ):
            door(function)


@every_door
def test_every_door_takes_scores_of_any_number_and_items_that_must_not_be_shown(door):
    for dtype in (
        "float64",
        "float32",
        "float16",
        "longdouble",
        "int64",
        "uint8",
        "bool",
    ):
        door(Answering(lambda scores, dtype=dtype: scores.astype(dtype)))
    door(Answering(with_value(-np.inf)))


def test_a_score_without_a_rank_is_named_by_identifiers_where_they_are_known(half):
    scores = np.zeros((5, 5))
    scores[3, 2] = np.nan
    positives, model = Interactions(half.train), ScoreTable(scores)
    with pytest.raises(ValueError, match="user 4 for item 103 is NaN"):
        ranking.top_k(model, positives, k=1, block=2)
    with pytest.raises(ValueError, match=r"user 3 for item 2 \(positions\) is NaN"):
        ranking.scores_of(model, np.array([1, 3]))


# Any scores


def list_by_hand(positives, scores, user, k):
    seen = {i for u, i in seen_by(positives) if u == user}
    unseen = [item for item in range(positives.n_items) if item not in seen]
    best = sorted(unseen, key=lambda item: (-scores[user][item], item))[:k]
    return best + [-1] * (k - len(best))


@given(worlds(), whole(1, 9), st.none() | whole(1, 5) | huge, st.data())
def test_list_is_a_sort_of_the_unseen_items(world, k, block, data):
    positives, _, _, scores = world
    floats, others = ["float64", "float16", "longdouble"], ["int64", "uint8", "bool"]
    dtype = data.draw(st.sampled_from(floats + others))
    scores = scores if dtype in floats else np.clip(scores, 0, 2)
    with np.errstate(over="ignore"):  # -1e300 becomes -inf
        scores = scores.astype(dtype)
    users, numbers = data.draw(some_users(positives.n_users))
    top = works(
        ranking.top_k, ScoreTable(scores), positives, k, users=users, block=block
    )
    scores = scores.astype(float).tolist()
    assert top.dtype.kind == "i"
    assert top.shape == (len(numbers), k)
    for row, user in zip(top.tolist(), numbers, strict=True):
        assert row == list_by_hand(positives, scores, user, int(k))


@given(worlds(), wrong_numbers | st.just(0), st.data())
def test_no_list_of_a_wrong_length_or_for_a_wrong_user(world, k, data):
    positives, relevant, _, scores = world
    score, users = ScoreTable(scores), data.draw(wrong_users(positives.n_users))
    assert is_refused(ranking.top_k, score, positives, k)
    assert is_refused(ranking.top_k, score, positives, 2, users=users)
    top = ranking.top_k(score, positives, 2)[:1]
    assert is_refused(evaluation.hits, top, relevant, users=users)
    assert is_refused(evaluation.evaluate, top, relevant, (1,), users=users)


@given(worlds(), st.data())
def test_scores_must_be_numbers_for_all_items(world, data):
    positives, _, _, scores = world
    user = data.draw(st.integers(0, positives.n_users - 1))
    item = data.draw(st.integers(0, positives.n_items - 1))
    without_rank = scores.copy()
    without_rank[user, item] = data.draw(st.sampled_from([math.nan, math.inf]))
    wrong = [None, 1.0, "scores", scores[0], scores[:, :, None], scores[:, 1:]]
    wrong += [scores.astype(dtype) for dtype in (str, object, complex)] + [without_rank]
    model = Recording(lambda users: answer)
    answer = data.draw(st.sampled_from(wrong))
    assert is_refused(ranking.top_k, model, positives, 2, block=10)


@given(worlds(), wrong_numbers | st.just(0))
def test_no_block_is_smaller_than_a_user(world, block):
    positives, _, _, scores = world
    if block is not None:
        model = ScoreTable(scores)
        assert is_refused(ranking.top_k, model, positives, 3, block=block)
