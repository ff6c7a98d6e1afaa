"""What `recdl.prepare` and `recdl.ranking` ask of their inputs, before any work is done."""

import numbers

import pandas as pd

PAIR = ["userID", "itemID"]


def check_pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Check the identifiers of a table: every row needs a user and an item.

    Identifiers are whole numbers or strings. The float 3.0 counts as 3: that is what pandas makes of whole
    numbers where one was missing.

    Returns
    -------
    DataFrame
        The columns ``userID`` and ``itemID`` alone, whole numbers as integers, the rows numbered from 0.

    Raises
    ------
    ValueError
        If a column is missing or there twice, an identifier is missing, or a column holds something else.
    """
    if any(list(table.columns).count(column) != 1 for column in PAIR):
        raise ValueError(
            f"The table needs each of the columns {PAIR} once; it has {list(table)}. Rename them."
        )
    columns = [pd.Series(table[name].to_numpy(), name=name) for name in PAIR]
    lacking = columns[0].isna() | columns[1].isna()
    if lacking.any():
        raise ValueError(
            f"Row {lacking.argmax()} (counted from 0) lacks a user or an item: dropna() first."
        )
    return pd.DataFrame({x.name: _whole_numbers_or_strings(x) for x in columns})


def _whole_numbers_or_strings(column):
    kind = pd.api.types.infer_dtype(column)
    if kind in ("string", "empty") or column.dtype.kind == "i":
        return column
    if kind == "floating":
        column = column.astype("float64")
    if kind in ("integer", "floating"):
        fits = column.between(-(2**63), 2**63, inclusive="left")
        if (fits & (column % 1 == 0)).all():
            return column.astype("int64")
    raise ValueError(
        f"Column {column.name} must hold whole numbers (of 64 bits) or strings; received {kind} values "
        f"{column.tolist()[:5]}. Number them with pd.factorize."
    )


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
