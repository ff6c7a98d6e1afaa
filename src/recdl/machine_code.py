"""Compile the training of one kind of model once, and train every model of the kind with it.

XLA needs a second or two for a model, and never gives back the memory of what it made: ten megabytes for each
NeuMF of a notebook that trains one seed after another. Yet two models of one class and one size need the same
machine code: they differ in their numbers only.
"""

import threading
from collections.abc import Callable, Iterable

from recdl.quiet import no_startup_notes

with no_startup_notes():
    import keras

_TWINS = {}  # for each kind of model, the one to which its machine code belongs
_IN_USE = threading.RLock()  # a twin has the numbers of one model at a time


def shared(
    compiled: Callable,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
) -> Callable[[Iterable[tuple]], list]:
    """Return a function that trains the model on some batches and returns the loss of each.

    It does what ``compiled(model, optimizer)`` does to one batch after another. The machine code belongs to a
    twin of the model, which has the model's numbers, and those of its optimizer, for the time of a call.

    Parameters
    ----------
    compiled : callable
        From a model and an optimizer to a function that trains on one batch, such as
        `recdl.training.compiled_epoch`.
    model : keras.Model
        One of another package, or one that somebody has changed by hand, gets machine code of its own.
    optimizer : keras.optimizers.Optimizer
        A new one.
    """
    if not model.trainable_variables:
        raise ValueError("All layers are frozen: the model has nothing to train.")
    if type(model).__module__.startswith("recdl."):
        kind = _kind(compiled, model, optimizer)
        with _IN_USE:
            if kind not in _TWINS:
                _TWINS[kind] = _Twin(compiled, model, optimizer)
            if _TWINS[kind].made_of == _made_of(model):
                return _TWINS[kind].trainer(model, optimizer)
    train = compiled(model, optimizer)
    return lambda batches: [train(*batch) for batch in batches]


def _kind(compiled, model, optimizer):
    numbers = ("seed", "name", "learning_rate")  # what machine code does not depend on
    told = model.settings | optimizer.get_config()
    settings = {name: value for name, value in told.items() if name not in numbers}
    shapes = [tuple(variable.shape) for variable in model.variables]
    return compiled, type(model), type(optimizer), repr((settings, shapes))


def _made_of(model):
    """Return all that a model computes with but its numbers: classes, code, and settings of its layers."""
    parts = [variable.trainable for variable in model.variables]
    for layer in model._flatten_layers():
        code = {n: getattr(v, "__code__", None) for n, v in vars(layer).items()}
        plain = {n: v for n, v in vars(layer).items() if isinstance(v, int | float)}
        plain.pop("seed", None)
        parts.append((type(layer), type(layer).call, code, plain))
    return parts


class _Twin:
    """A model and an optimizer that lend their machine code to others of their kind."""

    def __init__(self, compiled, model, optimizer):
        self.model = type(model).from_config(model.get_config())
        self.optimizer = type(optimizer).from_config(optimizer.get_config())
        self.made_of = _made_of(self.model)
        self.train = compiled(self.model, self.optimizer)
        self.at_first = _numbers(self.optimizer.variables)

    def trainer(self, model, optimizer):
        """Return the function that `shared` promises."""
        _put(self.optimizer.variables, self.at_first)
        self.optimizer.learning_rate = float(optimizer.learning_rate)
        state = _numbers(self.optimizer.variables)

        def train(batches):
            nonlocal state
            with _IN_USE:
                _put(self.model.variables, _numbers(model.variables))
                _put(self.optimizer.variables, state)
                losses = [self.train(*batch) for batch in batches]
                state = _numbers(self.optimizer.variables)
                _put(model.variables, _numbers(self.model.variables))
            return losses

        return train


def _numbers(variables):
    return [variable.numpy() for variable in variables]


def _put(variables, numbers):
    for variable, value in zip(variables, numbers, strict=True):
        variable.assign(value)
