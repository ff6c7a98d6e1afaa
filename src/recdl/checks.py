"""What functions ask of what they are given, before any work is done: its kind, and its size.

An object of another kind is a TypeError, whatever function it was given to; an option out of range a
ValueError.
"""

import math
import numbers
from collections.abc import Iterable

import numpy as np

KINDS = {  # what an object of a kind is called, and how to come to one
    "DataFrame": (
        "a DataFrame",
        "Read a file: tables.read(path); take a part of a split.",
    ),
    "Interactions": ("Interactions", "Make them from a table: Interactions(train)."),
    "Relevant": ("Relevant", "Make it from a table: Relevant(test, positives)."),
    "Split": ("a Split", "Cut a table with recdl.splits, or write Split(train, test)."),
    "Comparison": ("a Comparison", "Pass all that recdl.own.compare.compare returns."),
    "NeuMF": ("a model of recdl.models", "Make one: models.NeuMF(n_users, n_items)."),
    "NextItem": (
        "a model of recdl.sequence",
        "Make one: SelfAttention(histories(positives, length), n_items).",
    ),
    "Loss": ("a loss of recdl.losses", "Make one: CrossEntropy(n_next=5)."),
    "Settings": ("Settings", "Make them: recdl.paper.Settings(n_epochs=20)."),
    "Callable": ("a function", "Hand it over without calling it."),
    "Iterable": ("a list", "Put brackets around it."),
}
TABLE = "scores(users), such as ScoreTable(scores) is for an array"


def check_kind(kind: type, **things) -> None:
    """Raise TypeError unless all things are of this kind, one of `KINDS`, and say how to come to one."""
    called, how = KINDS[kind.__name__]
    for name, thing in things.items():
        if not isinstance(thing, kind):
            raise TypeError(
                f"{name} must be {called}; received {received(thing)}. {how}"
            )


def check_model(*models, having: str = TABLE) -> None:
    """Raise TypeError unless all of them are objects with a method."""
    for model in models:
        if isinstance(model, type) or not hasattr(model, having.partition("(")[0]):
            raise TypeError(
                f"A model is an object with {having}; received {received(model)}. Hand over the "
                "model, not its function or class."
            )


def received(thing) -> str:
    """Return what a thing is, in few words."""
    if isinstance(thing, type):
        return f"the class {thing.__name__}, not an object made from it"
    if thing is None or isinstance(thing, str | numbers.Number | np.generic):
        return repr(thing)
    name = type(thing).__name__
    return f"a{'n' * name.startswith(('A', 'E', 'I', 'O', 'nd'))} {name}"


def as_array(name: str, values) -> np.ndarray:
    """Return values as an array; a ValueError tells if they are lists of different lengths."""
    try:
        return np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"{name} must be an array, or lists of one length. Fill up what is shorter."
        ) from error


def is_number(value, kind: type = numbers.Real) -> bool:
    """Tell whether a value is a number of a kind; a truth value is none."""
    return isinstance(value, kind) and not isinstance(value, bool)


def check_at_least(least: int, **options) -> None:
    """Raise ValueError unless all options are whole numbers of at least `least`."""
    for name, value in options.items():
        if not is_number(value, numbers.Integral) or value < least:
            raise ValueError(
                f"{name} must be a whole number and at least {least}; received {received(value)}."
            )


def check_fraction(**options) -> None:
    """Raise ValueError unless all options are numbers above 0 and below 1."""
    for name, value in options.items():
        if not is_number(value) or not 0 < value < 1:
            raise ValueError(
                f"{name} must be a number between 0 and 1, such as 0.75; received {received(value)}."
            )


def check_positive(**options) -> None:
    """Raise ValueError unless all options are finite numbers above 0."""
    for name, value in options.items():
        if not is_number(value) or not 0 < value < math.inf:
            raise ValueError(
                f"{name} must be positive, a finite number above 0; received {received(value)}."
            )


def check_truth(**options) -> None:
    """Raise ValueError unless all options are True or False: any text, even "no", would count as True."""
    for name, value in options.items():
        if not isinstance(value, bool | np.bool_):
            raise ValueError(
                f"{name} must be True or False; received {received(value)}."
            )


def check_layers(layer_sizes) -> None:
    """Raise an error unless these can be the sizes of an MLP's layers: half of the first is the user's."""
    check_kind(Iterable, layer_sizes=layer_sizes)
    for size in layer_sizes:
        check_at_least(1, **{"each of layer_sizes": size})
    if not len(layer_sizes) or layer_sizes[0] % 2:
        raise ValueError(
            "layer_sizes must begin with an even number, half of it for the user and half for the item; "
            f"received {list(layer_sizes)}."
        )


def check_validation(value) -> None:
    """Raise ValueError unless what `validate` returned is a finite number: of others none is the highest."""
    if not is_number(value) or not math.isfinite(value):
        shown = "NaN" if value != value else repr(value)
        raise ValueError(
            f"validate returned {shown}: nothing to judge? It must return a finite number."
        )


def check_generator(rng) -> np.random.Generator:
    """Return `rng`, or raise ValueError unless it is a generator: a number would draw the same each time."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            "rng must be a numpy.random.Generator, such as np.random.default_rng(42); "
            f"received {received(rng)}."
        )
    return rng
