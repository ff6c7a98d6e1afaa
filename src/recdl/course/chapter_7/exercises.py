"""Exercises of chapter 7: paired differences, early stopping, few seeds, the best of several."""

import numpy as np

from recdl.course.exercises import Exercise

A, B = np.array([0.9, 0.1, 0.5, 0.3, 0.7]), np.array([0.8, 0.0, 0.4, 0.2, 0.6])


def differences(*, ddof=0):
    """Return the mean and the standard deviation of the differences, and the latter of the first model."""
    return np.array([(A - B).mean(), (A - B).std(ddof=ddof), A.std(ddof=ddof)])


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


def three_of_twenty(*, ddof=1, n=3, relative=False):
    """Return how far the mean of the first seeds lies from that of all, in standard deviations."""
    from recdl.experiments import plan, summary

    seeds = plan.load("seeds")
    ndcg = summary.by_run(seeds)["ndcg_at_10"]
    off = ndcg[seeds["seed"] <= n].mean() - ndcg.mean()
    return off / (1 if relative else ndcg.std(ddof=ddof))


EXERCISES = [
    Exercise(
        number="7.1",
        wanted="a list of three numbers: mean and standard deviation of A - B, and standard deviation of A",
        answer=differences,
        mistakes={
            "These standard deviations divide by 4. The exercise asks for the divisor 5.": lambda: (
                np.array([*differences()[:2], differences(ddof=1)[2]])
            ),
            "The mean of the differences is A minus B, not B minus A.": lambda: (
                differences() * (-1, 1, 1)
            ),
            "The second number is about the *differences*: how far apart are they from each other?": lambda: (
                np.array([0.1, A.std(), A.std()])
            ),
        },
    ),
    Exercise(
        number="7.2",
        wanted="a function of validation and patience that returns an epoch, counted from 1",
        answer=lambda: stop_at,
        calls=lambda: CURVES,
        mistakes={
            "Training may end before the best epoch of all is reached: mind the patience.": lambda: (
                best_of_all
            ),
            "Epochs are counted from 1.": lambda: (
                lambda validation, patience: stop_at(validation, patience) - 1
            ),
            "That is the epoch at which training ended. The weights of the best one are kept.": lambda: (
                lambda validation, patience: stop_at(validation, patience, last=True)
            ),
            "Equal is not better: an epoch that only repeats the best value does not count as a new best.": (
                lambda: (
                    lambda validation, patience: stop_at(
                        validation, patience, improve=False
                    )
                )
            ),
        },
    ),
    Exercise(
        number="7.3",
        wanted="a number: the distance in standard deviations",
        answer=three_of_twenty,
        mistakes={
            "That is the standard deviation with the divisor 20. Take pandas' `std()`.": lambda: (
                three_of_twenty(ddof=0)
            ),
            "That is the difference itself. Divide it by the standard deviation of the twenty.": lambda: (
                three_of_twenty(relative=True)
            ),
            "The other way round: the mean of the three minus the mean of all.": lambda: (
                -three_of_twenty()
            ),
            "These are two seeds. Take 1, 2 and 3.": lambda: three_of_twenty(n=2),
        },
    ),
    Exercise(
        number="7.4",
        wanted="one of the letters a, b, c and d",
        answer=lambda: "b",
        mistakes={
            "The interval is wide, yes. But there is a flaw that more users would not mend.": lambda: (
                "a"
            ),
            "Perhaps, but she could say the same of NeuMF. What is unequal between the two?": lambda: (
                "c"
            ),
            "The metrics move together. Chosen in the same way, MAP would have the same flaw.": lambda: (
                "d"
            ),
        },
    ),
]
