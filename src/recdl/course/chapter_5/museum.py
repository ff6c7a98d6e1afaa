"""Exhibits of chapter 5: a test set that chooses, a sum that is printed as a mean."""

import numpy as np

from recdl.course.museum import Exhibit, permalink


def best_so_far(validation, test):
    """Return the epoch that is kept, and the result that is reported for it."""
    kept, best = None, -np.inf
    for epoch, result in enumerate(test, start=1):
        if result > best:  # saves the weights whenever the test result is a record
            kept, best = epoch, result
    return kept, best


def best_on_validation(validation, test):
    """Return the epoch that is kept, and the result that is reported for it."""
    kept = int(np.argmax(validation)) + 1
    return kept, test[kept - 1]


def check_choice(choose):
    """Change only the test results: the kept epoch must stay the same."""
    validation = [0.10, 0.30, 0.20]
    kept = [choose(validation, test)[0] for test in ([0.5, 0.4, 0.3], [0.3, 0.4, 0.5])]
    assert kept[0] == kept[1], (
        f"other test results, and epoch {kept[1]} is kept instead of {kept[0]}"
    )


def running_loss(losses, sizes):
    """Return the loss of an epoch from the mean loss and the size of each batch."""
    so_far = total = 0.0
    for loss, size in zip(losses, sizes, strict=True):
        so_far += loss * size  # all examples since the epoch began …
        total += so_far  # … are added once more with every batch
    return total / sum(sizes)


def mean_loss(losses, sizes):
    """Return the loss of an epoch from the mean loss and the size of each batch."""
    return float(np.average(losses, weights=sizes))


def check_loss(epoch_loss):
    """Give every batch the same loss: then that is the loss of the epoch, too."""
    for n_batches in (1, 3, 100):
        loss = epoch_loss([0.5] * n_batches, [4] * n_batches)
        assert abs(loss - 0.5) < 1e-12, (
            f"{n_batches} batches of 4 examples, a loss of 0.5 in each, "
            f"and the epoch's loss is {loss:g}"
        )
    mixed = epoch_loss([1.0, 0.0], [1, 3])
    assert abs(mixed - 0.25) < 1e-12, (
        f"one loss of 1 and three of 0 have the mean 0.25, not {mixed:g}"
    )


EXHIBITS = [
    Exhibit(
        "the best epoch chosen on the test set",
        permalink("hexiangnan/neural_collaborative_filtering", "NeuMF.py#L227"),
        best_so_far,
        best_on_validation,
        check_choice,
    ),
    Exhibit(
        "a running sum printed as the loss",
        permalink("d2l-ai/d2l-en", "chapter_recommender-systems/neumf.md#L196"),
        running_loss,
        mean_loss,
        check_loss,
    ),
]
