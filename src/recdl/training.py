"""Training a Keras model of `recdl.models`: an epoch as one compiled function, early stopping, progress.

Paper section IV.E; the settings stand in `recdl.paper`.
"""

import contextlib
import dataclasses
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from recdl import evaluation, splits
from recdl.checks import (
    check_at_least,
    check_kind,
    check_positive,
    check_validation,
    is_number,
)
from recdl.interactions import Interactions, check_batch, check_sizes, epoch_samples
from recdl.machine_code import shared
from recdl.models import NeuMF
from recdl.paper import SETTINGS, Settings
from recdl.progress import Progress
from recdl.quiet import no_startup_notes

with no_startup_notes():
    import keras
    import tensorflow as tf


def adam(
    learning_rate: float = SETTINGS.learning_rate, weight_decay: float = 0.0
) -> keras.optimizers.Adam:
    """Return Adam as the library sets it: TensorFlow 1's epsilon is 1e-8, that of Keras 1e-7.

    With `weight_decay`, each step also shrinks every weight by learning_rate * weight_decay times itself
    (AdamW, Loshchilov and Hutter 2019). The paper has none.
    """
    check_positive(learning_rate=learning_rate)
    if not is_number(weight_decay) or not 0 <= weight_decay < math.inf:
        raise ValueError(f"weight_decay must be 0 or more; received {weight_decay!r}.")
    return keras.optimizers.Adam(
        float(learning_rate), epsilon=1e-8, weight_decay=weight_decay or None
    )


log_loss = keras.losses.BinaryCrossentropy(from_logits=True)  # mean over the batch


def compiled_epoch(
    model: keras.Model, optimizer: keras.optimizers.Optimizer
) -> Callable:
    """Return a function that trains on all batches of an epoch, compiled as a whole by XLA.

    Keras' own `fit` returns to Python after each batch, which for a model this small costs more than the
    arithmetic. Here the loop over batches becomes one piece of machine code: a function from users, items and
    labels, each of shape (n_batches, batch_size), to the mean loss.

    Adam treats every number of the model alike, so all of them stand in one long vector here. Besides, a
    processor gets through one long vector faster than through nine tables and layers.
    """
    weights = model.trainable_variables
    sizes = [math.prod(weight.shape) for weight in weights]
    vector = keras.Variable(_end_to_end(weights))
    optimizer.build([vector])

    @tf.function(jit_compile=True, autograph=False)
    def train(users, items, labels):
        vector.assign(_end_to_end(weights))
        n_batches = tf.shape(labels)[0]

        def one_batch(batch, total):
            with tf.GradientTape() as tape:
                loss = log_loss(labels[batch], model((users[batch], items[batch])))
            gradients = tape.gradient(loss, weights)
            optimizer.apply([_end_to_end(gradients)], [vector])
            for weight, numbers in zip(weights, tf.split(vector, sizes), strict=True):
                weight.assign(tf.reshape(numbers, weight.shape))
            return batch + 1, total + loss

        begin = (tf.constant(0), tf.constant(0.0))
        _, total = tf.while_loop(lambda batch, _: batch < n_batches, one_batch, begin)
        return total / tf.cast(n_batches, tf.float32)

    return train


def _end_to_end(tensors):
    # A user who is twice in a batch has two rows of gradients, which this adds up, as Adam wants it and the
    # library does it. Given the rows, Keras' Adam would square them first and then add.
    return tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], axis=0)


@dataclasses.dataclass
class History:
    """What happened in each epoch: mean training loss, validation (higher is better), seconds."""

    losses: list[float] = dataclasses.field(default_factory=list)
    validation: list[float] = dataclasses.field(default_factory=list)
    seconds: list[float] = dataclasses.field(default_factory=list)
    interrupted: bool = False

    @property
    def best_epoch(self) -> int:
        """The epoch, counted from 1, with the best validation; the last one without validation."""
        if not self.validation:
            return len(self.losses)
        return int(np.argmax(self.validation)) + 1


def repeat(
    model: keras.Model,
    an_epoch: Callable[[], float],
    n_epochs: int,
    validate: Callable[[keras.Model], float] | None = None,
    patience: int = 10,
) -> History:
    """Train for `n_epochs`, or until validation has not improved for `patience` of them.

    `an_epoch` trains the model for one epoch and returns the mean loss; the rest is as in `fit`. A ValueError
    ends the training when the loss or a weight is no longer finite, or `validate` returns no finite number.
    """
    if validate is not None:
        check_kind(Callable, validate=validate)
    history, best = History(), None
    weights = {0: model.get_weights()}  # after the last two epochs, for Ctrl-C
    with Progress(n_epochs, type(model).__name__, "epochs") as progress:
        try:
            for epoch in range(1, n_epochs + 1):
                begin = time.perf_counter()
                loss = an_epoch()
                weights = {epoch - 1: weights[epoch - 1], epoch: model.get_weights()}
                _check_finite(model, loss, weights[epoch], epoch)
                history.losses.append(loss)
                history.seconds.append(time.perf_counter() - begin)
                progress.step(f"loss {loss:.4f}")
                if validate:
                    history.validation.append(validate(model))
                    check_validation(history.validation[-1])
                    if history.best_epoch == epoch:
                        best = weights[epoch]
                    elif epoch - history.best_epoch >= patience:
                        break
        except KeyboardInterrupt:
            history.interrupted = True
            model.set_weights(weights[len(history.losses)])
    if best is not None:
        model.set_weights(best)
    return history


def _check_finite(model, loss, weights, epoch):
    if not all(np.isfinite(numbers).all() for numbers in (loss, *weights)):
        raise ValueError(
            f"In epoch {epoch} the training of {type(model).__name__} diverged: its loss is {loss}, or a "
            "weight is NaN or infinite. Make a new model and use a smaller learning rate."
        )


def fit(
    model: keras.Model,
    positives: Interactions,
    settings: Settings = SETTINGS,
    *,
    weight_decay: float = 0.0,
    validate: Callable[[keras.Model], float] | None = None,
    patience: int = 10,
) -> History:
    """Train a model of `recdl.models`; negatives are drawn anew in each epoch.

    Parameters
    ----------
    model, positives
    settings : Settings
        Epochs, batch, learning rate, negatives, seed. As in the library, the last, partial batch is dropped.
    weight_decay : float
        0 or more; see `adam`.
    validate : callable, optional
        From the model to a number, higher being better, asked after each epoch; see `hold_out`. The weights
        of the best epoch are restored at the end.
    patience : int
        With `validate`: stop after so many epochs without a better value.

    Returns
    -------
    History
        After Ctrl-C, of the completed epochs; the model has the weights of the last one, or of the best.
    """
    check_at_least(1, patience=patience)
    _check_fits(model, positives, settings)
    optimizer = adam(settings.learning_rate, weight_decay)
    train = shared(compiled_epoch, model, optimizer)
    n_epochs = settings.n_epochs
    with contextlib.closing(_epochs(positives, settings)) as epochs:
        losses = (float(train([epoch])[0]) for epoch in epochs)
        return repeat(model, lambda: next(losses), n_epochs, validate, patience)


def _check_fits(model, positives, settings):
    check_kind(NeuMF, model=model)
    check_kind(Settings, settings=settings)
    if not model.trainable_variables:
        raise ValueError(
            "All layers of the model are frozen: there is nothing to train."
        )
    check_sizes(model, model.settings["n_users"], model.settings["n_items"], positives)
    check_batch(positives, settings.n_negatives, settings.batch_size)


def _epochs(positives, settings):
    """Yield the samples of each epoch in batches; the next are drawn while TensorFlow trains on these."""
    rng = np.random.default_rng(settings.seed)

    def draw():
        samples = epoch_samples(positives, settings.n_negatives, rng=rng)
        return _in_batches(samples, settings.batch_size)

    with ThreadPoolExecutor(1) as other:
        drawing = other.submit(draw)
        for left in reversed(range(settings.n_epochs)):
            drawn = drawing.result()
            if left:
                drawing = other.submit(draw)
            yield drawn


def _in_batches(samples, batch_size):
    kept = len(samples[0]) // batch_size * batch_size
    return [tf.constant(part[:kept].reshape(-1, batch_size)) for part in samples]


def hold_out(
    train: pd.DataFrame, k: int = 10
) -> tuple[Interactions, Callable[[keras.Model], float]]:
    """Cut a validation part from the training data, in the way the test part was cut from all data.

    Parameters
    ----------
    train : DataFrame
        The training ratings; the test part is never seen here.
    k : int

    Returns
    -------
    positives : Interactions
        The first 75 % of each user's training ratings, to train on.
    validate : callable
        From a model to its mean NDCG@k on the other 25 %, for `fit`.
    """
    part = splits.course_split(train)
    positives = Interactions(part.train)
    relevant = evaluation.Relevant(part.test, positives)
    return positives, evaluation.mean_ndcg(positives, relevant, k)
