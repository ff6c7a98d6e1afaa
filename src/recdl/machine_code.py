"""Compile the training of one kind of model once, and train every model of the kind with it.

XLA needs a second or two for a model, and never gives back the memory of what it made: ten megabytes for each
NeuMF of a notebook that trains one seed after another. Yet two models of one class and one size need the same
machine code: they differ in their numbers only.
"""

from collections.abc import Callable, Iterable

import numpy as np

from recdl.quiet import no_startup_notes

with no_startup_notes():
    import keras

_TWINS = {}  # for each kind of model, the one to which its machine code belongs


def shared(
    compiled: Callable,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    example: object,
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
    optimizer : keras.optimizers.Optimizer
        A new one.
    example
        An input of the model. If a twin makes something else of it, somebody has changed the model by hand,
        and it gets machine code of its own. So does each model of a class that is not of this package.
    """
    if type(model).__module__.startswith("recdl."):
        kind = _kind(compiled, model, optimizer)
        if kind not in _TWINS:
            _TWINS[kind] = _Twin(compiled, model, optimizer)
        if _TWINS[kind].agrees(model, example):
            return _TWINS[kind].trainer(model, optimizer)
    train = compiled(model, optimizer)
    return lambda batches: [train(*batch) for batch in batches]


def _kind(compiled, model, optimizer):
    numbers = ("seed", "name", "learning_rate")  # what machine code does not depend on
    told = model.settings | optimizer.get_config()
    settings = {name: value for name, value in told.items() if name not in numbers}
    shapes = [tuple(variable.shape) for variable in model.variables]
    return compiled, type(model), type(optimizer), repr((settings, shapes))


class _Twin:
    """A model and an optimizer that lend their machine code to others of their kind."""

    def __init__(self, compiled, model, optimizer):
        self.model = type(model).from_config(model.get_config())
        self.optimizer = type(optimizer).from_config(optimizer.get_config())
        self.train = compiled(self.model, self.optimizer)
        self.at_first = _numbers(self.optimizer.variables)

    def agrees(self, model, example):
        """Tell whether it computes and trains the same as the model, once it has the model's numbers."""
        if _trained(self.model) != _trained(model):
            return False
        _put(self.model.variables, _numbers(model.variables))
        return np.array_equal(self.model(example), model(example), equal_nan=True)

    def trainer(self, model, optimizer):
        """Return the function that `shared` promises."""
        _put(self.optimizer.variables, self.at_first)
        self.optimizer.learning_rate = float(optimizer.learning_rate)
        state = _numbers(self.optimizer.variables)

        def train(batches):
            nonlocal state
            _put(self.model.variables, _numbers(model.variables))
            _put(self.optimizer.variables, state)
            losses = [self.train(*batch) for batch in batches]
            state = _numbers(self.optimizer.variables)
            _put(model.variables, _numbers(self.model.variables))
            return losses

        return train


def _trained(model):
    return [variable.trainable for variable in model.variables]


def _numbers(variables):
    return [variable.numpy() for variable in variables]


def _put(variables, numbers):
    for variable, value in zip(variables, numbers, strict=True):
        variable.assign(value)
