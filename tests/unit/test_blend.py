"""Two models, one list."""

import numpy as np
import pandas as pd
import pytest

from recdl.baselines import Popularity
from recdl.blend import Blend, Mean, best_weight, standardised
from recdl.interactions import Interactions
from recdl.ranking import ScoreTable

FIRST = ScoreTable([[1, 2, 3], [5, 5, 5]])
SECOND = ScoreTable([[300, 100, 200], [1, 2, 6]])


def test_standardised_by_hand():
    found = standardised(np.array([[1.0, 2, 3], [4, 4, 4]]))
    root = np.sqrt(1.5)
    np.testing.assert_allclose(found, [[-root, 0, root], [0, 0, 0]])


@pytest.mark.parametrize(("weight", "model"), [(1, FIRST), (0, SECOND)])
def test_at_both_ends_there_is_one_model(weight, model):
    scores = Blend(FIRST, SECOND, weight).scores([0, 1])
    np.testing.assert_allclose(scores, standardised(model.table.astype(float)))


def test_the_scale_of_a_model_does_not_matter():
    larger = ScoreTable(1000 * SECOND.table)
    np.testing.assert_allclose(
        Blend(FIRST, SECOND, 0.3).scores([0, 1]),
        Blend(FIRST, larger, 0.3).scores([0, 1]),
    )


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan"), "0.5", None])
def test_a_weight_lies_between_0_and_1(weight):
    with pytest.raises(ValueError, match="weight must lie"):
        Blend(FIRST, SECOND, weight)


def test_a_mean_of_two_is_a_blend_in_equal_parts():
    np.testing.assert_allclose(
        Mean([FIRST, SECOND]).scores([1, 0]), Blend(FIRST, SECOND, 0.5).scores([1, 0])
    )


def test_a_mean_by_hand():
    third = ScoreTable([[2, 3, 1], [0, 0, 0]])
    root = np.sqrt(1.5)
    expected = np.array([[-1 + 1 + 0, 0 - 1 + 1, 1 + 0 - 1], [0, 0, 0]]) * root / 3
    others = [FIRST, SECOND, third]
    np.testing.assert_allclose(
        Mean(others).scores([0]), expected[:1], atol=1e-15, rtol=0
    )


def test_a_mean_needs_models_of_the_same_items():
    with pytest.raises(ValueError, match="at least one model"):
        Mean([])
    with pytest.raises(TypeError, match="A model is an object"):
        Mean([FIRST, "second"])
    with pytest.raises(ValueError, match="must score the same items"):
        Mean([FIRST, SECOND, ScoreTable([[1, 2]])]).scores([0])


def test_the_best_weight_is_that_of_the_best_validation():
    best = best_weight(
        FIRST, SECOND, lambda blend: -((blend.weight - 0.4) ** 2), [0, 0.5, 1]
    )
    assert best == 0.5


def test_the_best_of_no_weights_is_refused():
    with pytest.raises(ValueError, match="at least one weight"):
        best_weight(FIRST, SECOND, lambda blend: 1.0, [])


@pytest.mark.parametrize(
    "values", [[0.1, np.nan, 0.3], [np.nan] * 3, [0.1, np.inf, 0.3], [None]]
)
def test_a_validation_that_is_no_finite_number_is_refused(values):
    answers = iter(values)
    words = "validate returned (NaN|inf|None): nothing to judge"
    with pytest.raises(ValueError, match=words):
        best_weight(FIRST, SECOND, lambda blend: next(answers), [0, 0.5, 1])


def test_models_of_different_items_do_not_mix():
    for other in (ScoreTable(np.ones((2, 2))), ScoreTable(np.ones((2, 1)))):
        for pair in ((FIRST, other), (other, FIRST)):
            with pytest.raises(ValueError, match="must score the same items"):
                Blend(*pair, 0.5).scores([0, 1])


# An item that must not be shown


def test_minus_infinity_stays_and_plays_no_part_in_the_scale():
    hidden = np.array([[1.0, -np.inf, 2, 3], [4, 4, -np.inf, 4], [-np.inf] * 4])
    found, root = standardised(hidden), np.sqrt(1.5)
    expected = [[-root, -np.inf, 0, root], [0, 0, -np.inf, 0], [-np.inf] * 4]
    np.testing.assert_allclose(found, expected)


def test_the_argument_stays_as_it_is():
    scores = np.array([[1.0, -np.inf, 2]])
    standardised(scores)
    assert scores.tolist() == [[1.0, -np.inf, 2.0]]


@pytest.mark.parametrize("weight", [0.01, 0.5, 0.99])
@pytest.mark.parametrize("swapped", [False, True])
def test_an_item_that_one_model_hides_is_last_in_the_blend(weight, swapped):
    """The model hides the favourite of everybody; the rest of a blend is as if that item were not there."""
    users = np.repeat(np.arange(8), 7)
    items = np.tile(np.arange(7), 8)
    rows = pd.DataFrame({"userID": users, "itemID": items})
    positives = Interactions(rows[(users == 0) | (items <= users % 5)])
    popularity, favourite = Popularity(positives), 0
    assert (np.argmax(popularity.scores(range(8)), axis=1) == favourite).all()
    table = np.random.default_rng(0).random((8, 7))
    table[:, favourite] = -np.inf
    models = [ScoreTable(table), popularity]
    weights = [weight, 1 - weight]
    blend = Blend(*(models[::-1] if swapped else models), weights[swapped])
    scores = blend.scores(range(8))
    assert (scores[:, favourite] == -np.inf).all()
    others = np.delete(np.arange(7), favourite)
    shown = standardised(table[:, others]), standardised(popularity.scores(range(8)))
    expected = weight * shown[0] + (1 - weight) * shown[1][:, others]
    np.testing.assert_allclose(scores[:, others], expected)
    assert (np.argsort(-scores, axis=1)[:, -1] == favourite).all()
