"""Training for millions of interactions: samples in half the memory, and an Adam that leaves rows alone.

Adam moves every number of the model at each step: with 32 million ratings almost seven million, whoever is in
the batch. Two remedies. A batch of 16,384 takes 64 times fewer steps than one of 256. *Lazy Adam* moves only
the rows of users and items that are in the batch. It is another optimiser, not a faster Adam: a row that is
not in the batch keeps its momentum for the next time, where Adam would spend it now. The two agree where each
row is in each batch.
"""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from recdl import large_draws, training
from recdl.checks import check_at_least, check_truth
from recdl.interactions import Interactions
from recdl.machine_code import shared
from recdl.models import NeuMF
from recdl.paper import SETTINGS, Settings
from recdl.quiet import no_startup_notes

with no_startup_notes():
    import tensorflow as tf


def fit(
    model: NeuMF,
    positives: Interactions,
    settings: Settings = SETTINGS,
    *,
    lazy: bool = False,
) -> training.History:
    """Train as `recdl.training.fit` does, to the same bits; with `lazy`, by lazy Adam.

    The batch is that of the settings. A larger one makes fewer steps, and learns less from the same samples:
    try a larger learning rate with it.
    """
    check_truth(lazy=lazy)
    training._check_fits(model, positives, settings)
    if lazy:
        train = LazyAdam(model, settings.batch_size, settings.learning_rate)
    else:
        of_all = shared(
            training.compiled_epoch, model, training.adam(settings.learning_rate)
        )

        def train(*epoch):
            return of_all([epoch])[0]

    with contextlib.closing(_epochs(positives, settings)) as epochs:
        losses = (float(train(*epoch)) for epoch in epochs)
        return training.repeat(model, lambda: next(losses), settings.n_epochs)


def _epochs(positives, settings):
    """Yield the batches of `recdl.training.fit`; the next are drawn while TensorFlow trains on these."""
    rng = np.random.default_rng(settings.seed)

    def draw():
        samples = large_draws.epoch_samples(positives, settings.n_negatives, rng=rng)
        return training._in_batches(samples, settings.batch_size)

    with ThreadPoolExecutor(1) as other:
        drawing = other.submit(draw)
        for left in reversed(range(settings.n_epochs)):
            drawn = drawing.result()
            drawing = other.submit(draw) if left else None
            yield drawn
            del drawn  # before the next ones come


class LazyAdam:
    """Trains a model by lazy Adam; a call trains on all batches of an epoch and returns the mean loss.

    It takes what the function of `recdl.training.compiled_epoch` takes. A small model, with as many users and
    items as a batch can have, stands in for the large one: the rows of a batch are copied into it, learn, and
    are copied back. So a step takes the time of the batch, however many users and items there are.
    """

    def __init__(self, model: NeuMF, batch_size: int, learning_rate: float):
        check_at_least(1, batch_size=batch_size)
        few = {"n_users": int(batch_size), "n_items": int(batch_size)}
        self.small = type(model)(**model.settings | few)
        self.adam, self.step = training.adam(learning_rate), tf.Variable(0.0)
        self.tables, self.of_model = _tables(model), _others(model)
        self.rows, self.others = _tables(self.small), _others(self.small)
        weights = [table for table, _ in self.tables] + self.others
        self.moments = [[tf.Variable(tf.zeros_like(w)) for _ in "12"] for w in weights]
        self.train = tf.function(self._train, autograph=False)

    def __call__(self, users, items, labels):
        """Train on users, items and labels, each of shape (n_batches, batch_size)."""
        return self.train(users, items, labels)

    def _train(self, users, items, labels):
        n_batches = tf.shape(labels)[0]

        def one(batch, total):
            loss = self._batch(users[batch], items[batch], labels[batch])
            return batch + 1, total + loss

        _copy(self.of_model, self.others)
        begin = (tf.constant(0), tf.constant(0.0))
        _, total = tf.while_loop(
            lambda batch, _: batch < n_batches, one, begin, parallel_iterations=1
        )
        _copy(self.others, self.of_model)
        return total / tf.cast(n_batches, tf.float32)

    def _batch(self, users, items, labels):
        found = [tf.unique(users), tf.unique(items)]
        for (table, side), (few, _) in zip(self.tables, self.rows, strict=True):
            rows = tf.gather(table, found[side].y)
            few.assign(tf.pad(rows, [[0, few.shape[0] - tf.shape(rows)[0]], [0, 0]]))
        watched = [few for few, _ in self.rows] + self.others
        with tf.GradientTape() as tape:
            loss = training.log_loss(labels, self.small((found[0].idx, found[1].idx)))
        gradients = map(tf.convert_to_tensor, tape.gradient(loss, watched))
        rate = _rate(self.adam, self.step.assign_add(1.0))
        places = [(table, found[side].y) for table, side in self.tables]
        places += [(weight, None) for weight in self.others]
        for (weight, rows), *numbers in zip(
            places, self.moments, gradients, strict=True
        ):
            _move(self.adam, rate, weight, rows, *numbers)
        return loss


def _copy(weights, others):
    for weight, other in zip(weights, others, strict=True):
        other.assign(weight)


def _tables(model):
    """Return the tables of a model as TensorFlow's variables, each with 0 (of users) or 1 (of items)."""
    return [
        (table.embeddings.value, side)
        for tower in model.towers
        for side, table in enumerate((tower.user, tower.item))
    ]


def _others(model):
    known = {id(table) for table, _ in _tables(model)}
    weights = [weight.value for weight in model.trainable_variables]
    return [weight for weight in weights if id(weight) not in known]


def _rate(adam, step):
    """Return Adam's learning rate at a step, with what corrects the first ones."""
    first, second = (1 - tf.pow(beta, step) for beta in (adam.beta_1, adam.beta_2))
    return adam.learning_rate * tf.sqrt(second) / first


def _move(adam, rate, weight, rows, moments, gradient):
    """Make a step of Adam with some rows of a weight, or with all of it."""
    if rows is None:
        first, second = moments
    else:
        first, second = (tf.gather(moment, rows) for moment in moments)
        gradient = gradient[: tf.shape(rows)[0]]
    first = first + (gradient - first) * (1 - adam.beta_1)
    second = second + (gradient * gradient - second) * (1 - adam.beta_2)
    change = rate * first / (tf.sqrt(second) + adam.epsilon)
    pairs = [(moments[0], first), (moments[1], second)]
    if rows is None:
        weight.assign_sub(change)
        for moment, numbers in pairs:
            moment.assign(numbers)
    else:
        weight.scatter_sub(tf.IndexedSlices(change, rows))
        for moment, numbers in pairs:
            moment.scatter_update(tf.IndexedSlices(numbers, rows))
