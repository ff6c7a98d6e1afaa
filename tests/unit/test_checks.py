"""What is asked of options: whole numbers, fractions, sources of randomness; and of a validation."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from recdl.checks import (
    check_at_least,
    check_fraction,
    check_generator,
    check_positive,
    check_validation,
)


@pytest.mark.parametrize("value", [2, np.int8(2), 10**30])
def test_a_whole_number_from_the_least_on_passes(value):
    check_at_least(2, k=value)


@pytest.mark.parametrize("value", [1, 2.0, "2", None, math.nan, np.float64(3), [2], 1j])
def test_all_else_is_named_with_the_least_that_passes(value):
    with pytest.raises(ValueError, match=r"^k must be .* at least 2; received .+\.$"):
        check_at_least(2, block=3, k=value)


@pytest.mark.parametrize("value", [0.75, np.float32(0.5), Fraction(2, 3), 5e-324])
def test_a_number_between_0_and_1_passes(value):
    check_fraction(ratio=value)


@pytest.mark.parametrize(
    "value", [0, 1, 0.0, 1.0, -0.5, 75, 10**400, math.nan, "0.5", None, Decimal("0.5")]
)
def test_what_is_no_fraction_is_named_with_an_example(value):
    with pytest.raises(
        ValueError, match=r"^ratio must .*such as 0\.75; received .+\.$"
    ):
        check_fraction(ratio=value)


@pytest.mark.parametrize("value", [1, 0.5, np.float32(2), 5e-324])
def test_a_positive_number_passes(value):
    check_positive(l2=value)


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, "1", None, 1j])
def test_what_is_not_positive_is_named(value):
    with pytest.raises(ValueError, match=r"^l2 must be positive.*; received .+\.$"):
        check_positive(l2=value)


def test_a_generator_comes_back():
    rng = np.random.default_rng(0)
    assert check_generator(rng) is rng


@pytest.mark.parametrize("rng", [42, None, np.random, np.random.RandomState(42)])
def test_what_is_no_generator_is_refused_with_an_example(rng):
    with pytest.raises(
        ValueError, match=r"^rng must be .*default_rng\(42\); received "
    ):
        check_generator(rng)


@pytest.mark.parametrize("value", [0, -2.5, np.float32(0.5), np.int64(3)])
def test_a_validation_of_a_number_passes(value):
    check_validation(value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (math.nan, "NaN"),
        (np.float32("nan"), "NaN"),
        (-math.inf, "-inf"),
        (None, "None"),
        ("1", "'1'"),
    ],
)
def test_a_validation_of_anything_else_is_refused(value, shown):
    with pytest.raises(
        ValueError, match=f"^validate returned {shown}: nothing to judge"
    ):
        check_validation(value)
