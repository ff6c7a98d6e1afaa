"""What functions ask of their options, before any work is done."""

import numbers


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
