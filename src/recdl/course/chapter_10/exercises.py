"""Exercises of chapter 10: growth, shares of a batch, hits by halving, when a second worker pays."""

import numpy as np

from recdl.course.exercises import But, Exercise


def growth(*, times=False, once=False):
    """Return the exponent from 3 s at 1 million to 48 s at 4 million, and the seconds at 16 million."""
    exponent = np.log(48 / 3) / np.log(4)
    later = 48 * (4 if once else 4**exponent)
    return np.array([48 / 3 if times else exponent, later])


A, B = np.array([1.0, 2.0, 6.0]), np.array([7.0])


def shares():
    """Return the gradient of the whole batch, and the mean of the workers' means."""
    return np.array([np.concatenate([A, B]).mean(), (A.mean() + B.mean()) / 2])


def among(wanted, ordered, *, side="left"):
    """Tell which of the wanted numbers are in the ordered ones, found by halving."""
    places = np.searchsorted(ordered, wanted, side=side)
    places = np.minimum(places, len(ordered) - 1)
    return ordered[places] == wanted


def only_beside(wanted, ordered):
    """Tell which of the wanted numbers lie between the least and the greatest of the ordered ones."""
    return (wanted >= ordered[0]) & (wanted <= ordered[-1])


LISTS = [
    (np.array([5, 8, 9]), np.array([2, 5, 9, 14])),
    (np.array([14, 15, 1]), np.array([2, 5, 9, 14])),
    (np.array([[3, 4], [4, 7]]), np.array([4])),
]

EXERCISES = [
    Exercise("10.1", "a list of two numbers: the exponent, and the seconds for 16 million rows", growth, {
        But(times=True):
            "The first number says how many times as long it takes. By which power of 4?",
        But(once=True):
            "Four times as long would be an exponent of 1. Here four times the rows took 16 times as long.",
    }),
    Exercise("10.2", "a list of two numbers: the gradient of the batch, the mean of the means", shares, {
        (lambda: shares()[::-1]): "The other way round: the gradient of the whole batch first.",
        (16.0, 5.0): "The first number is the sum over the four samples. The loss of a batch is a mean.",
        (4.0, 4.0): "The two differ here, since one worker has three samples and the other has one.",
    }),
    Exercise("10.3", "a function of wanted and ordered that returns truth values", among, {
        But(side="right"):
            "With `side=\"right\"` the place is the one behind the number. Leave `side` out.",
        only_beside: "That says whether the number lies between the ends. Is it one of them?",
    }, calls=LISTS),
    Exercise("10.4", "one of the letters a, b, c and d", "c", {
        "a": "Half of the computing, yes. And what is new in each step?",
        "b": "For this batch, yes. Which of the two times grows with the batch?",
        "d": "The gradient is as long as before, and now four wait for it.",
    }),
]  # fmt: skip
