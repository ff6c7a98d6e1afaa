"""Exercises of chapters 5 and 5b: losses, steps of gradient descent and of Adam, when to stop."""

import numpy as np

from recdl.course.exercises import But, Exercise


def best_constant_loss(n_negatives):
    """Return the lowest log loss of a model that always gives the same answer."""
    share = 1 / (1 + n_negatives)
    return -(share * np.log(share) + (1 - share) * np.log(1 - share))


P = 1 / (1 + 9)  # the share of the positives in exercise 5.1


ANA = np.array([1.0, 0.5])
BRAZIL, FARGO = np.array([0.5, -1.0]), np.array([-0.2, 0.4])


def ana_after_a_step(films=(BRAZIL, FARGO), labels=(1, 0), n_examples=2, sign=-1.0):
    """Return Ana's vector after a step of gradient descent with learning rate 1 on two films."""
    predicted = 1 / (1 + np.exp(-np.array(films) @ ANA))
    slopes = (predicted - labels) / n_examples
    return ANA + sign * slopes @ np.array(films)


def _ana_with_adam():
    return ANA + np.sign(ana_after_a_step() - ANA)


def adam_position(
    gradients,
    learning_rate,
    *,
    keep=0.9,
    keep_squares=0.999,
    correct=True,
    root=True,
    sign=-1.0,
):
    """Return the value of a number that begins at 0 and moves by Adam, given its gradient at every step."""
    position = mean = squares = 0.0
    for t, gradient in enumerate(gradients, 1):
        mean = keep * mean + (1 - keep) * gradient
        squares = keep_squares * squares + (1 - keep_squares) * gradient**2
        m = mean / (1 - keep**t) if correct else mean
        v = squares / (1 - keep_squares**t) if correct else squares
        position += sign * learning_rate * m / ((np.sqrt(v) if root else v) + 1e-8)
    return position


GRADIENTS = [
    ([0.2], 1.0),
    ([0.5, 0.5, 0.5], 1.0),
    ([1.0, -0.4, 0.3], 1.0),
    ([2.0, 0.0, 0.0, 0.0], 1.0),
    ([-0.1, -3.0], 1.0),
    ([0.5, 0.5, 0.5, 0.5], 3.0),
]


def stop_at(validation, patience):
    """Return the last epoch that is trained and the epoch that is kept, both counted from 1."""
    best = 0
    for epoch in range(len(validation)):
        if validation[epoch] > validation[best]:
            best = epoch
        elif epoch - best >= patience:
            return epoch + 1, best + 1
    return len(validation), best + 1


def _from_zero(validation, patience):
    return tuple(epoch - 1 for epoch in stop_at(validation, patience))


def _at_the_first_fall(validation, patience):
    for epoch in range(1, len(validation)):
        if validation[epoch] <= validation[epoch - 1]:
            return epoch + 1, epoch
    return len(validation), len(validation)


def _best_of_all(validation, patience):
    best = int(np.argmax(validation)) + 1
    return min(best + patience, len(validation)), best


def _keeps_the_last(validation, patience):
    last, _ = stop_at(validation, patience)
    return last, last


def _lowest(validation, patience):
    return stop_at([-v for v in validation], patience)


VALIDATIONS = [
    ([0.10, 0.15, 0.14, 0.13, 0.20], 2),
    ([0.10, 0.15, 0.14, 0.16, 0.15, 0.12, 0.11, 0.30], 3),
    ([0.10, 0.12, 0.13], 5),
    ([0.20, 0.20, 0.20, 0.20], 2),
]


EXERCISES = [
    Exercise("5.1", "one number, a loss in natural logarithms, to three decimals", best_constant_loss(9), {
        -(P * np.log2(P) + (1 - P) * np.log2(1 - P)):
            "That is the loss in bits: the logarithm is the natural one.",
        -np.log(P):
            "That is the loss of one positive. Nine of ten examples are negatives, and the loss is a mean.",
        -P * np.log(P): "That is the part that the positives add. The negatives have a loss, too.",
        -(np.log(1 / 9) / 9 + 8 / 9 * np.log(8 / 9)):
            "One positive among nine negatives: count again how many examples that makes.",
        best_constant_loss(4): "That is the number for the four negatives of the paper's run.",
    }),
    Exercise("5.2", "Ana's two numbers after the step", ana_after_a_step, {
        But(sign=1.0):
            "You went uphill: a step of gradient descent is *minus* the learning rate times the gradient.",
        But(n_examples=1): "The loss is a mean over two examples, so each slope is divided by 2.",
        But(labels=(1, 1)): "You treated both films as positives. Fargo's label is 0.",
        But([BRAZIL], labels=[1]): "Both films pull at Ana's vector; you used Brazil alone.",
        _ana_with_adam: "That is Adam's first step, in which only the sign of the gradient counts.",
    }),
    Exercise("5.3", "a function of the gradients and the learning rate that returns one number",
             adam_position, {
        (lambda gradients, learning_rate: -learning_rate * sum(gradients)):
            "That is plain gradient descent: each gradient times the learning rate.",
        But(correct=False):
            "The correction is missing: divide the running means by `1 - 0.9**t` and `1 - 0.999**t`.",
        But(root=False): "You divide by the mean square itself. Adam divides by its square root.",
        But(sign=1.0): "It goes the wrong way: the step is subtracted.",
        But(keep=0.0):
            "The gradient of this step alone is not enough: Adam moves by the running mean of all of them.",
    }, calls=GRADIENTS),
    Exercise("5.4", "one letter", "c", {
        "a": "Better at what? Look at the last column of the table.",
        "b": "A loss is a mean over examples. No number of weights enters into it.",
        "d": "Seeds move the loss, but how far? Compare the first two rows with the distance to the third.",
    }),
    Exercise("5.5", "a function that returns two epochs, the last trained and the one kept", stop_at, {
        _from_zero: "Count the epochs from 1, as `history.best_epoch` does.",
        _at_the_first_fall: "You stop at the first epoch without improvement. Patience allows more.",
        _best_of_all: "You looked at the whole list. Training that has stopped never sees its end.",
        _keeps_the_last: "The kept weights are those of the best epoch, not of the last.",
        _lowest: "Higher is better: the list holds an NDCG, not a loss.",
    }, calls=VALIDATIONS),
    Exercise("5.6", "one letter", "b", {
        "a": "The interval describes other users. It knows nothing of the nineteen rejected values.",
        "c": "A seed makes the choice repeatable. It is still made on the test set.",
        "d": "A lower training loss says that the model fits the training data better, and no more.",
    }),
]  # fmt: skip
