"""An object of the wrong kind gets the package's own sentence at every door, and never a result."""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
import pytest

from any_input import attempt
from recdl import (
    baselines,
    blend,
    evaluation,
    from_libraries,
    interactions,
    prediction_table,
    ranking,
    sampled,
    splits,
    toy,
)
from recdl.checks import KINDS
from recdl.evaluation import Relevant
from recdl.interactions import Interactions
from recdl.own import challenge, compare, contenders, judging, page
from recdl.ratings import check_pairs, check_ratings

TABLE = toy.RATINGS
SPLIT = splits.leave_one_out_split(TABLE)
POSITIVES = Interactions(SPLIT.train)
RELEVANT = Relevant(SPLIT.test, POSITIVES)
MODEL = baselines.Popularity(POSITIVES)
TOP = ranking.top_k(MODEL, POSITIVES, 2)
LIKELY = {
    "None": None,
    "a path": "ratings.csv",
    "a number": 3,
    "a table": TABLE,
    "a column": TABLE["userID"],
    "an array": TABLE.to_numpy(),
    "a split": SPLIT,
    "two parts": tuple(SPLIT),
    "a list": [SPLIT.train],
    "positives": POSITIVES,
    "relevant": RELEVANT,
    "a model": MODEL,
    "a class": baselines.ItemKNN,
    "a function": MODEL.scores,
}


class Library:
    def predict(self, users, items, is_list):
        return [0.5] * len(users)


def half(model):
    return 0.5


RNG = np.random.default_rng(0)
DOORS = {
    pd.DataFrame: {
        "ratings": [
            Interactions,
            compare.compare,
            judging.cut,
            lambda table: challenge.split(table, "no folder"),
            check_ratings,
            splits.chronological_split,
            splits.course_split,
            splits.fig_8_split,
            splits.global_time_split,
            splits.leave_one_out_split,
            splits.active_days,
            lambda table: splits.shuffled_ties_split(table, RNG),
            lambda table: splits.random_split(table, RNG),
        ],
        "table": [check_pairs, splits.pairs_sha256],
        "test": [
            lambda table: Relevant(table, POSITIVES),
            lambda table: sampled.exact_ranks(MODEL, POSITIVES, table),
            lambda table: prediction_table.evaluate(table, toy.PREDICTIONS),
        ],
        "train": [lambda table: prediction_table.prediction_list(Library(), table)],
        "predictions": [
            lambda table: prediction_table.recommend(table, 1),
            lambda table: prediction_table.evaluate(TABLE, table),
        ],
    },
    Interactions: {
        "positives": [
            lambda p: Relevant(SPLIT.test, p),
            lambda p: ranking.top_k(MODEL, p, 2),
            lambda p: sampled.exact_ranks(MODEL, p, SPLIT.test),
            lambda p: evaluation.mean_ndcg(p, RELEVANT),
            lambda p: interactions.sample_negatives(p, rng=RNG),
            lambda p: interactions.epoch_samples(p, rng=RNG),
            lambda p: interactions.check_sizes(MODEL, 5, 6, p),
            lambda p: interactions.check_batch(p, 4, 2),
            lambda p: baselines.recency_weights(p, 3.0),
            baselines.as_rows,
            baselines.common_users,
            baselines.Popularity,
            baselines.UserKNN,
            baselines.ItemKNN,
            baselines.PureSVD,
            baselines.EASE,
            from_libraries.SLIM,
            from_libraries.IALS,
            from_libraries.BPR,
        ]
    },
    Relevant: {
        "relevant": [
            lambda relevant: evaluation.hits(TOP, relevant),
            lambda relevant: evaluation.evaluate(TOP, relevant),
            lambda relevant: evaluation.mean_ndcg(POSITIVES, relevant),
        ]
    },
    splits.Split: {
        "split": [
            lambda split: sampled.leave_one_out_test(split, rng=RNG),
            splits.drop_unseen,
            judging.part_of,
            judging.validation_of,
        ]
    },
    compare.Comparison: {
        "result": [
            page.as_text,
            lambda result: page.as_page(result, ""),
            lambda result: page.write(result, "no folder"),
        ]
    },
    Callable: {
        "metric": [
            lambda metric: sampled.expected(metric, [1], [4], 2),
            lambda metric: sampled.corrected(metric, 4, 2),
        ],
        "validate": [lambda f: blend.best_weight(MODEL, MODEL, f, [0.5])],
    },
    Iterable: {"weights": [lambda w: blend.best_weight(MODEL, MODEL, half, w)]},
}
ALL = [
    (kind, argument, door)
    for kind, arguments in DOORS.items()
    for argument, doors in arguments.items()
    for door in doors
]


def test_every_kind_has_a_door():
    deep = {
        "NeuMF",
        "NextItem",
        "Loss",
        "Settings",
    }  # in the tests of training, sequence
    assert {kind.__name__ for kind in DOORS} == KINDS.keys() - deep


@pytest.mark.parametrize(("kind", "argument", "door"), ALL)
def test_what_is_of_another_kind_is_named_with_the_right_one(kind, argument, door):
    called, remedy = KINDS[kind.__name__]
    for name, thing in LIKELY.items():
        if not isinstance(thing, kind):
            with pytest.raises(TypeError) as refused:
                door(thing)
            begin, end = f"{argument} must be {called}; received ", f". {remedy}"
            said = str(refused.value)
            assert said.startswith(begin), name
            assert said.endswith(end), name
            assert len(said) < 250, name


@pytest.mark.parametrize(
    "door",
    [
        lambda model: ranking.top_k(model, POSITIVES, 2),
        lambda model: ranking.scores_of(model, np.array([0])),
        lambda model: sampled.exact_ranks(model, POSITIVES, SPLIT.test),
        lambda model: evaluation.mean_ndcg(POSITIVES, RELEVANT)(model),
        lambda model: blend.Blend(model, MODEL, 0.5),
        lambda model: blend.best_weight(MODEL, model, half, [0.5]),
        lambda model: prediction_table.prediction_list(model, TABLE),
    ],
)
def test_what_is_no_model_is_refused_a_class_too(door):
    for name, thing in (LIKELY | {"Blend": blend.Blend, "Library": Library}).items():
        if thing is not MODEL:
            with pytest.raises(TypeError, match=r"^A model is an object with ") as said:
                door(thing)
            assert len(str(said.value)) < 250, name


@pytest.mark.parametrize("user", [True, False, None, [1], (1,), TABLE, {1: 1}, 1j])
def test_what_is_no_identifier_has_no_position(user):
    positives = Interactions(TABLE.assign(userID=TABLE["userID"] - 1))  # 0 and 1 are
    assert attempt(positives.user_position, user, error=KeyError) is None


@pytest.mark.parametrize("value", [True, False, np.True_])
def test_a_truth_value_is_no_number(value):
    for door in (
        lambda: ranking.top_k(MODEL, POSITIVES, value),
        lambda: baselines.EASE(POSITIVES, l2=value),
        lambda: baselines.PureSVD(POSITIVES, rank=value),
        lambda: baselines.ItemKNN(POSITIVES, shrinkage=value),
        lambda: baselines.recency_weights(POSITIVES, tau=value),
        lambda: from_libraries.BPR(POSITIVES, l2=value),
        lambda: blend.Blend(MODEL, MODEL, value),
        lambda: compare.compare(TABLE, k=value),
        lambda: compare.compare(TABLE, seed=value),
    ):
        with pytest.raises(ValueError, match=f"received .*{value}"):
            door()


@pytest.mark.parametrize(
    "door",
    [
        lambda ragged: evaluation.hits(ragged, RELEVANT),
        lambda ragged: evaluation.item_coverage(ragged, 6),
        lambda ragged: evaluation.evaluate(TOP, RELEVANT, ragged),
        lambda ragged: ranking.top_k(MODEL, POSITIVES, 2, users=ragged),
        lambda ragged: baselines.as_rows(POSITIVES, ragged),
        lambda ragged: sampled.hit_at(ragged),
        ranking.ScoreTable,
        blend.standardised,
    ],
)
def test_lists_of_different_lengths_are_no_array(door):
    with pytest.raises(ValueError, match=r"must be an array, or lists of one length\."):
        door([[1], [1, 2]])


@pytest.mark.parametrize("door", [ranking.ScoreTable, blend.standardised])
@pytest.mark.parametrize("scores", [None, "x", 3, [1, 2], [["a"]], np.zeros((1, 1, 1))])
def test_scores_are_numbers_in_rows(door, scores):
    with pytest.raises(ValueError, match="scores must be numbers, a row for each user"):
        door(scores)


def test_one_rank_may_be_a_number_alone():
    alone = sampled.expected(sampled.hit_at, 3, 40, 5)
    assert alone == sampled.expected(sampled.hit_at, [3], [40], 5)


def test_predictions_without_their_columns_are_refused():
    with pytest.raises(ValueError, match="needs each of the columns"):
        prediction_table.recommend(TABLE, 1)


@pytest.mark.parametrize("models", [3, baselines.EASE, MODEL, TABLE, [TABLE], [None]])
def test_systems_are_asked_for_by_their_names(models):
    with pytest.raises(ValueError, match=r"models must be a list|There is no system"):
        contenders.asked_for(models)


def test_entries_are_a_list():
    with pytest.raises(ValueError, match=r"^entries must be a list of paths"):
        challenge._by_name("entries")
