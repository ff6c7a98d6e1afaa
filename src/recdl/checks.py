"""What functions ask of their options, before any work is done."""

import math
import numbers

import numpy as np


def check_at_least(least: int, **options) -> None:
    """Raise ValueError unless all options are whole numbers of at least `least`."""
    for name, value in options.items():
        if not isinstance(value, numbers.Integral) or value < least:
            raise ValueError(
                f"{name} must be a whole number and at least {least}; received {value!r}."
            )


def check_fraction(**options) -> None:
    """Raise ValueError unless all options are numbers above 0 and below 1."""
    for name, value in options.items():
        if not isinstance(value, numbers.Real) or not 0 < value < 1:
            raise ValueError(
                f"{name} must be a number between 0 and 1, such as 0.75; received {value!r}."
            )


def check_positive(**options) -> None:
    """Raise ValueError unless all options are finite numbers above 0."""
    for name, value in options.items():
        if not isinstance(value, numbers.Real) or not 0 < value < math.inf:
            raise ValueError(
                f"{name} must be positive, a finite number above 0; received {value!r}."
            )


def check_validation(value) -> None:
    """Raise ValueError unless what `validate` returned is a finite number: of others none is the highest."""
    if not isinstance(value, numbers.Real) or not math.isfinite(value):
        shown = "NaN" if value != value else repr(value)
        raise ValueError(
            f"validate returned {shown}: nothing to judge? It must return a finite number."
        )


def check_generator(rng) -> np.random.Generator:
    """Return `rng`, or raise ValueError unless it is a generator: a number would draw the same each time."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            "rng must be a numpy.random.Generator, such as np.random.default_rng(42); "
            f"received {rng!r}."
        )
    return rng
