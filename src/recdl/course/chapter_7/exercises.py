"""Exercises of chapter 7: paired differences, early stopping, few seeds, the best of several."""

import numpy as np

from recdl.course.exercises import But, Exercise

A, B = np.array([0.9, 0.1, 0.5, 0.3, 0.7]), np.array([0.8, 0.0, 0.4, 0.2, 0.6])


def differences():
    """Return the mean and the standard deviation of the differences, and the latter of the first model."""
    return np.array([(A - B).mean(), (A - B).std(), A.std()])


def stop_at(validation, patience, *, last=False, first_is_one=True, improve=True):
    """Return the epoch that early stopping keeps, counted from 1."""
    best, epoch = 0, 0
    for epoch in range(len(validation)):
        better = validation[epoch] > validation[best]
        if better or (not improve and validation[epoch] == validation[best]):
            best = epoch
        elif epoch - best >= patience:
            break
    return (epoch if last else best) + first_is_one


def best_of_all(validation, patience):
    """Return the best epoch, also if training would have ended before it."""
    return int(np.argmax(validation)) + 1


CURVES = [
    ([0.1, 0.3, 0.2, 0.25, 0.4], 2),
    ([0.1, 0.3, 0.2, 0.25, 0.4], 3),
    ([0.5, 0.4, 0.3], 5),
    ([0.2, 0.2, 0.2, 0.3], 2),
    ([0.1, 0.2, 0.3], 1),
]


def three_of_twenty(*, ddof=1, n=3, relative=False, sign=1):
    """Return how far the mean of the first seeds lies from that of all, in standard deviations."""
    from recdl.experiments import plan, summary

    seeds = plan.load("seeds")
    ndcg = summary.by_run(seeds)["ndcg_at_10"]
    off = ndcg[seeds["seed"] <= n].mean() - ndcg.mean()
    return sign * off / (1 if relative else ndcg.std(ddof=ddof))


EXERCISES = [
    Exercise("7.1",
             "a list of three numbers: mean and standard deviation of A - B, and standard deviation of A",
             differences, {
        (*differences()[:2], A.std(ddof=1)):
            "These standard deviations divide by 4. The exercise asks for the divisor 5.",
        (lambda: differences() * (-1, 1, 1)):
            "The mean of the differences is A minus B, not B minus A.",
        (0.1, A.std(), A.std()):
            "The second number is about the *differences*: how far apart are they from each other?",
    }),
    Exercise("7.2", "a function of validation and patience that returns an epoch, counted from 1", stop_at, {
        best_of_all: "Training may end before the best epoch of all is reached: mind the patience.",
        But(first_is_one=False): "Epochs are counted from 1.",
        But(last=True): "That is the epoch at which training ended. The weights of the best one are kept.",
        But(improve=False):
            "Equal is not better: an epoch that only repeats the best value does not count as a new best.",
    }, calls=CURVES),
    Exercise("7.3", "a number: the distance in standard deviations", three_of_twenty, {
        But(ddof=0): "That is the standard deviation with the divisor 20. Take pandas' `std()`.",
        But(relative=True):
            "That is the difference itself. Divide it by the standard deviation of the twenty.",
        But(sign=-1): "The other way round: the mean of the three minus the mean of all.",
        But(n=2): "These are two seeds. Take 1, 2 and 3.",
    }),
    Exercise("7.4", "one of the letters a, b, c and d", "b", {
        "a": "The interval is wide, yes. But there is a flaw that more users would not mend.",
        "c": "Perhaps, but she could say the same of NeuMF. What is unequal between the two?",
        "d": "The metrics move together. Chosen in the same way, MAP would have the same flaw.",
    }),
]  # fmt: skip
