"""Predictions as a table: the paper's list, its ten best, and its Table I, in the toy world."""

import numpy as np
import pandas as pd
import pytest

from recdl import prediction_table, splits, toy
from recdl.columns import DataError
from recdl.prediction_table import prediction_list, recommend


class FixedModel:
    """Stand-in for a trained NCF whose prediction tells which pair it is for."""

    def predict(self, users, items, is_list):
        assert is_list
        return [user + item / 1000 for user, item in zip(users, items, strict=True)]


def test_prediction_list_has_every_unseen_film_once(half, monkeypatch):
    # Several blocks, the last one not full.
    monkeypatch.setattr(prediction_table, "PREDICTION_BLOCK", 3)
    predictions = prediction_list(FixedModel(), half.train)
    assert len(predictions) == 5 * 5 - len(half.train)
    assert predictions.merge(half.train, on=["userID", "itemID"]).empty
    assert (
        predictions["prediction"].tolist()
        == (predictions["userID"] + predictions["itemID"] / 1000).tolist()
    )


def test_prediction_list_is_ordered_and_numbered_like_the_papers(half):
    predictions = prediction_list(FixedModel(), half.train)
    assert predictions.index.tolist() == list(
        range(9, 25)
    )  # it begins behind the training rows
    anas = predictions.loc[predictions["userID"] == 1, "itemID"].tolist()
    assert anas == [103, 105, 104]  # as they first appear in training


def test_metrics_of_the_toy_world_by_hand(half):
    """Ana hits first of two, Chloe second of one, Dan nothing, Eva both of three; Ben cannot be judged."""
    result = prediction_table.evaluate(
        splits.drop_unseen(half).test, toy.PREDICTIONS, k=2
    )
    first, second = 1.0, 1 / np.log2(3)
    assert result["precision_at_2"] == pytest.approx(
        (1 / 2 + 1 / 2 + 0 + 1) / 4, abs=1e-12
    )
    assert result["recall_at_2"] == pytest.approx(
        (1 / 2 + 1 + 0 + 2 / 3) / 4, abs=1e-12
    )
    assert result["map"] == pytest.approx((1 / 2 + 1 / 2 + 0 + 2 / 3) / 4, abs=1e-12)
    ndcg = (first / (first + second) + second + 0 + 1) / 4
    assert result["ndcg_at_2"] == pytest.approx(ndcg, abs=1e-12)


def test_recommend_gives_the_best_first():
    assert recommend(toy.PREDICTIONS, user=1, k=2)["itemID"].tolist() == [
        104,
        105,
    ]


def test_recommend_breaks_ties_by_the_order_of_the_table():
    tied = toy.PREDICTIONS.assign(prediction=0.5)
    assert recommend(tied, user=3, k=3)["itemID"].tolist() == [101, 102, 103]


def test_recommend_names_an_unknown_user_and_the_known_ones():
    with pytest.raises(KeyError, match=r"user 99.* 1 to 5"):
        recommend(toy.PREDICTIONS, user=99)
    with pytest.raises(KeyError, match=r"user '1' .* 1 to 5\. A text is no number"):
        recommend(toy.PREDICTIONS, user="1")


def test_nobody_can_choose_from_an_empty_table():
    with pytest.raises(DataError, match="table of predictions is empty"):
        recommend(toy.PREDICTIONS.head(0), user=1)


def test_who_has_seen_everything_gets_an_empty_prediction_list():
    everything = pd.DataFrame({"userID": [1, 1, 2, 2], "itemID": [1, 2, 1, 2]})
    predictions = prediction_list(FixedModel(), everything)
    assert predictions.empty
    assert predictions.columns.tolist() == ["userID", "itemID", "prediction"]
    assert predictions["prediction"].dtype.kind == "f"


@pytest.mark.parametrize(
    "judge", [prediction_table.evaluate, lambda test, p, k: recommend(p, 1, k)]
)
def test_an_empty_list_cannot_be_judged(half, judge):
    with pytest.raises(ValueError, match="at least 1; received 0"):
        judge(half.test, toy.PREDICTIONS, k=0)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_prediction_without_a_rank_is_refused(half, wrong):
    """The library would rank NaN last, and say nothing."""
    table = toy.PREDICTIONS.copy()
    table.loc[3, "prediction"] = wrong
    user, item = table.loc[3, ["userID", "itemID"]].astype(int)
    words = (
        f"for user {user} and item {item} is NaN or infinite. Did the training diverge"
    )
    with pytest.raises(DataError, match=words):
        prediction_table.evaluate(splits.drop_unseen(half).test, table)
    with pytest.raises(DataError, match=words):
        recommend(table, user)
    model = type("Diverged", (), {"predict": lambda *_, **__: [wrong] * 3})()
    with pytest.raises(DataError, match="is NaN or infinite"):
        prediction_list(model, pd.DataFrame({"userID": [1, 2, 2], "itemID": [1, 2, 3]}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda test: test.head(0), "None of the 0 users of the test has predictions"),
        (lambda test: test.assign(userID=test["userID"] + 50), "None of the 4 users"),
        (lambda test: test.astype({"userID": str}), "texts, such as .* whole numbers"),
        (lambda test: test.drop(columns="rating"), "needs each of the columns"),
    ],
)
def test_a_test_that_judges_no_prediction_is_refused(half, change, words):
    """The library would say 0."""
    with pytest.raises(DataError, match=words):
        prediction_table.evaluate(
            change(splits.drop_unseen(half).test), toy.PREDICTIONS
        )


def test_predictions_that_are_texts_are_refused(half):
    table = toy.PREDICTIONS.astype({"prediction": str})
    with pytest.raises(DataError, match="predictions must be numbers"):
        prediction_table.evaluate(splits.drop_unseen(half).test, table)


@pytest.mark.parametrize("side", ["test", "predictions"])
def test_a_pair_twice_is_refused(half, side):
    """The library would count it twice."""
    tables = {"test": splits.drop_unseen(half).test, "predictions": toy.PREDICTIONS}
    tables[side] = pd.concat([tables[side], tables[side].tail(1)])
    with pytest.raises(DataError, match="has this user in a row before"):
        prediction_table.evaluate(**tables)


def test_map_is_the_librarys_map_whatever_k(half):
    """`map` divides by all relevant films, `map_at_k` by at most k: with k = 1 they differ for Eva."""
    result = prediction_table.evaluate(
        splits.drop_unseen(half).test, toy.PREDICTIONS, 1
    )
    assert list(result) == ["map", "ndcg_at_1", "precision_at_1", "recall_at_1"]
    assert result["map"] == pytest.approx((1 / 2 + 0 + 0 + 1 / 3) / 4, abs=1e-12)
