"""Two models, one list."""

import numpy as np
import pytest

from recdl.blend import Blend, best_weight, standardised


class Fixed:
    def __init__(self, *rows):
        self.table = np.array(rows)

    def scores(self, users):
        return self.table[users]


FIRST, SECOND = Fixed([1, 2, 3], [5, 5, 5]), Fixed([300, 100, 200], [1, 2, 6])


def test_standardised_by_hand():
    found = standardised(np.array([[1.0, 2, 3], [4, 4, 4]]))
    root = np.sqrt(1.5)
    np.testing.assert_allclose(found, [[-root, 0, root], [0, 0, 0]])


@pytest.mark.parametrize(("weight", "model"), [(1, FIRST), (0, SECOND)])
def test_at_both_ends_there_is_one_model(weight, model):
    scores = Blend(FIRST, SECOND, weight).scores([0, 1])
    np.testing.assert_allclose(scores, standardised(model.table.astype(float)))


def test_the_scale_of_a_model_does_not_matter():
    larger = Fixed(*(1000 * SECOND.table))
    np.testing.assert_allclose(
        Blend(FIRST, SECOND, 0.3).scores([0, 1]),
        Blend(FIRST, larger, 0.3).scores([0, 1]),
    )


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_a_weight_lies_between_0_and_1(weight):
    with pytest.raises(ValueError, match="weight must lie"):
        Blend(FIRST, SECOND, weight)


def test_the_best_weight_is_that_of_the_best_validation():
    best = best_weight(
        FIRST, SECOND, lambda blend: -((blend.weight - 0.4) ** 2), [0, 0.5, 1]
    )
    assert best == 0.5
