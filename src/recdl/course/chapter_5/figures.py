"""Figures of chapters 5 and 5b. They are narrow, so that their labels can still be read on a telephone."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from recdl import paper
from recdl.course.figures import GREY, PAPER, RUN, WIDTH, arrow, legend_above, write

MARKERS, DASHES = ["o", "^", "s", "D"], ["-", "--", ":", "-."]


def _epochs(values):
    return np.arange(1, len(values) + 1)


def _level(ax, value, name, dashes="--", x=0.98, up=4, **look):
    """Draw a horizontal line and write its name above it, or below."""
    ax.axhline(value, color=GREY, linestyle=dashes)
    place = {"xycoords": ("axes fraction", "data"), "color": GREY}
    write(ax, name, (x, value), (0, up), **place, **look)


def _mark(ax, places, **look):
    """Draw a large open mark at each place, given by its name."""
    look |= {"s": 110, "facecolor": "none", "edgecolor": PAPER, "linewidth": 2.5}
    for (name, place), marker in zip(places.items(), ["s", "^", "o"], strict=False):
        ax.scatter(*place, marker=marker, label=name, **look)


def pencil_step(before: pd.DataFrame, steps: dict[str, pd.DataFrame]):
    """Draw how far each vector of two numbers moves, one panel for each kind of step.

    Parameters
    ----------
    before : DataFrame
        A row for each vector, two columns.
    steps : dict
        The same table after a step, by the name of the method.
    """
    _, panels = plt.subplots(
        1, len(steps), sharex=True, sharey=True, figsize=(WIDTH, 3.4)
    )
    for ax, (name, after) in zip(panels, steps.items(), strict=True):
        for row, start, end in zip(
            before.index, before.to_numpy(), after.to_numpy(), strict=True
        ):
            arrow(ax, *start, *end, color=PAPER, linewidth=2)
            away = -10 * (end - start) / np.hypot(*(end - start))  # behind the arrow
            ha = "center" if abs(away[0]) < 5 else "left" if away[0] > 0 else "right"
            write(ax, row, start, away, ha=ha, va="bottom" if away[1] > 0 else "top")
        ax.scatter(*before.to_numpy().T, color=RUN, zorder=3)
        ax.set(title=name, xlabel="first number", xlim=(-0.3, 1.4), ylim=(-0.05, 1.3))
    panels[0].set(ylabel="second number")
    sns.despine(left=True)
    return panels[0]


def loss_curve(losses: list[float]):
    """Draw the training loss of each epoch, with the paper's final loss as a line (the paper's Fig. 7)."""
    _, ax = plt.subplots()
    ax.plot(_epochs(losses), losses, "o-", color=RUN, markersize=3, label="this run")
    line = {"color": PAPER, "linestyle": "--", "label": "the paper after 100 epochs"}
    ax.axhline(paper.RESULTS["train_loss"], **line)
    ax.set(xlabel="epoch", ylabel="mean training loss")
    ax.legend()
    sns.despine(left=True)
    return ax


def mark_levels(ax, levels: dict[str, float]):
    """Add horizontal lines for losses that need no training, each with its name above it."""
    for (name, level), dashes in zip(levels.items(), DASHES[2:], strict=False):
        _level(ax, level, name, dashes, up=3, ha="right")
    ax.set_ylim(top=1.08 * max(ax.get_ylim()[1], *levels.values()))
    ax.legend(loc="upper right", bbox_to_anchor=(1, 0.5))
    return ax


def separation(samples: pd.DataFrame):
    """Draw how the predictions of ones and of zeros are spread, each as shares of its own group.

    Parameters
    ----------
    samples : DataFrame
        Columns ``label`` (1 or 0) and ``prediction`` (0 to 1).
    """
    _, ax = plt.subplots()
    edges = np.linspace(0, 1, 21)
    for label, name, colour, style in (
        (0, "zeros: films drawn as negatives", PAPER, "--"),
        (1, "ones: films that the user rated", RUN, "-"),
    ):
        own = samples.loc[samples["label"] == label, "prediction"]
        share = np.histogram(own, edges)[0] / len(own)
        ax.stairs(share, edges, color=colour, alpha=0.25, fill=True)
        ax.stairs(share, edges, color=colour, linestyle=style, linewidth=2, label=name)
    ax.set(xlabel="prediction of the trained model", ylabel="share of the group")
    ax.set(xlim=(0, 1))
    ax.yaxis.set_major_formatter("{x:.0%}")
    ax.legend(loc="upper right")
    sns.despine(left=True)
    return ax


def choices(validation: list[float], test: list[float], chosen: dict[str, int]):
    """Draw each epoch's test result against its validation result, and mark the chosen epochs.

    Parameters
    ----------
    validation, test : list of float
        One value for each epoch.
    chosen : dict
        Epochs, counted from 1, by the name of who chose them.
    """
    _, ax = plt.subplots()
    ax.scatter(validation, test, color=RUN, alpha=0.6, s=25)
    _level(ax, np.mean(test), "mean of all", x=0.01)
    places = list(zip(validation, test, strict=True))
    _mark(ax, {name: places[epoch - 1] for name, epoch in chosen.items()})
    ax.set(xlabel="NDCG@10 on the validation part", ylabel="NDCG@10 on the test part")
    ax.legend()
    sns.despine(left=True)
    return ax


def loss_curves(curves: dict[str, list[float]]):
    """Draw several training losses over the epochs, one line each, told apart by colour and by dashes."""
    _, ax = plt.subplots()
    for (name, losses), dashes in zip(curves.items(), DASHES, strict=False):
        ax.plot(_epochs(losses), losses, dashes, label=name, linewidth=2)
    ax.set(xlabel="epoch", ylabel="mean training loss")
    ax.legend()
    sns.despine(left=True)
    return ax


def validation_curve(losses: list[float], validation: list[float], best_epoch: int):
    """Draw the training loss and, below it, the validation NDCG of each epoch, and mark the best epoch."""
    _, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(WIDTH, 4.6))
    above.plot(_epochs(losses), losses, color=PAPER)
    above.set(ylabel="training loss")
    below.plot(_epochs(losses), validation, color=RUN)
    below.set(xlabel="epoch", ylabel="validation NDCG@10")
    for ax in (above, below):
        ax.axvline(best_epoch, color=GREY, linestyle="--")
    sns.despine(left=True)
    return below


def probabilities(groups: dict[str, np.ndarray]):
    """Draw a person's probabilities over the epochs: a thin line for a film, a thick one for a group's mean.

    Parameters
    ----------
    groups : dict
        By the name of a group of films, an array of shape (n_epochs, n_films).
    """
    _, ax = plt.subplots(figsize=(WIDTH, 4.2))
    looks = zip([RUN, PAPER, GREY], DASHES, MARKERS, strict=False)
    for (name, values), (colour, dashes, marker) in zip(
        groups.items(), looks, strict=False
    ):
        epochs, every = _epochs(values), max(1, len(values) // 8)
        ax.plot(epochs, values, color=colour, linewidth=0.8, alpha=0.35)
        thick = {"linewidth": 3, "marker": marker, "markevery": every, "label": name}
        ax.plot(epochs, values.mean(axis=1), dashes, color=colour, **thick)
    ax.set(xlabel="epoch", ylabel="probability", ylim=(0, 1))
    legend_above(ax, ncols=2, fontsize="small")
    sns.despine(left=True)
    return ax


def loss_and_validation(histories: dict, popularity: float, title: str):
    """Draw the training loss and the validation NDCG of several runs, with popularity's as a line.

    Parameters
    ----------
    histories : dict
        A `recdl.training.History` with validation for each name.
    popularity : float
        The NDCG of the most rated films on the same validation part.
    title : str
        What the names in `histories` are values of.
    """
    _, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(WIDTH, 5.2))
    for (name, history), dashes, marker in zip(
        histories.items(), DASHES, MARKERS, strict=False
    ):
        look = {"linewidth": 2, "marker": marker, "markersize": 5, "label": name}
        for ax, values in ((above, history.losses), (below, history.validation)):
            every = max(1, len(values) // 6)
            ax.plot(_epochs(values), values, dashes, markevery=every, **look)
    _level(below, popularity, "popularity", "-.", up=-4, ha="right", va="top")
    above.set(ylabel="mean training loss")
    below.set(xlabel="epoch", ylabel="validation NDCG@10")
    below.margins(y=0.15)  # room for the word below the line
    legend_above(above, title=title, ncols=len(histories))
    sns.despine(left=True)
    return below


def looked_at(test: list[float], marks: dict[str, int]):
    """Draw the test NDCG of each epoch, and mark epochs, counted from 1, by name."""
    _, ax = plt.subplots()
    ax.plot(_epochs(test), test, color=RUN, linewidth=2)
    places = {name: (epoch, test[epoch - 1]) for name, epoch in marks.items()}
    _mark(ax, places, zorder=3)
    ax.set(xlabel="epoch", ylabel="NDCG@10 on the test part")
    ax.legend(loc="lower right")
    sns.despine(left=True)
    return ax
