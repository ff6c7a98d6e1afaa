"""Figures of chapters 5 and 5b."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from recdl.course.figures import GREY, PAPER, RUN

MARKERS, DASHES = ["o", "^", "s", "D"], ["-", "--", ":", "-."]


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
        1, len(steps), sharex=True, sharey=True, figsize=(7.0, 3.6)
    )
    for ax, (name, after) in zip(panels, steps.items(), strict=True):
        for row, start, end in zip(
            before.index, before.to_numpy(), after.to_numpy(), strict=True
        ):
            line = {"arrowstyle": "-|>", "color": PAPER, "shrinkA": 0, "shrinkB": 0}
            ax.annotate("", end, start, arrowprops=line | {"linewidth": 2})
            away = -10 * (end - start) / np.hypot(*(end - start))  # behind the arrow
            ax.annotate(
                row,
                start,
                xytext=away,
                textcoords="offset points",
                ha="center" if abs(away[0]) < 5 else "left" if away[0] > 0 else "right",
                va="bottom" if away[1] > 0 else "top",
                fontsize="small",
            )
        ax.scatter(*before.to_numpy().T, color=RUN, zorder=3)
        ax.set(title=name, xlabel="first number", xlim=(-0.3, 1.4), ylim=(-0.05, 1.3))
    panels[0].set(ylabel="second number")
    sns.despine(left=True)
    return panels[0]


def mark_levels(ax, levels: dict[str, float]):
    """Add horizontal lines for losses that need no training, each with its name above it."""
    for (name, level), style in zip(levels.items(), DASHES[2:], strict=False):
        ax.axhline(level, color=GREY, linestyle=style)
        ax.annotate(
            name,
            (0.98, level),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            fontsize="small",
            color=GREY,
        )
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
    ax.axhline(np.mean(test), color=GREY, linestyle="--")
    ax.annotate(
        "mean of all",
        (0.01, np.mean(test)),
        xycoords=("axes fraction", "data"),
        xytext=(0, 4),
        textcoords="offset points",
        fontsize="small",
        color=GREY,
    )
    for (name, epoch), marker in zip(chosen.items(), ["s", "^"], strict=False):
        ax.scatter(
            validation[epoch - 1],
            test[epoch - 1],
            s=110,
            marker=marker,
            facecolor="none",
            edgecolor=PAPER,
            linewidth=2.5,
            label=name,
        )
    ax.set(xlabel="NDCG@10 on the validation part", ylabel="NDCG@10 on the test part")
    ax.legend()
    sns.despine(left=True)
    return ax


def probabilities(groups: dict[str, np.ndarray]):
    """Draw a person's probabilities over the epochs: a thin line for a film, a thick one for a group's mean.

    Parameters
    ----------
    groups : dict
        By the name of a group of films, an array of shape (n_epochs, n_films).
    """
    _, ax = plt.subplots(figsize=(7.0, 4.2))
    colours = [RUN, PAPER, GREY]
    for (name, values), colour, style, marker in zip(
        groups.items(), colours, DASHES, MARKERS, strict=False
    ):
        epochs = np.arange(1, len(values) + 1)
        ax.plot(epochs, values, color=colour, linewidth=0.8, alpha=0.35)
        ax.plot(
            epochs,
            values.mean(axis=1),
            style,
            color=colour,
            linewidth=3,
            marker=marker,
            markevery=max(1, len(epochs) // 8),
            label=name,
        )
    ax.set(xlabel="epoch", ylabel="probability", ylim=(0, 1))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize="small")
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
    _, (left, right) = plt.subplots(1, 2, figsize=(7.4, 3.8))
    for (name, history), style, marker in zip(
        histories.items(), DASHES, MARKERS, strict=False
    ):
        options = {"linewidth": 2, "marker": marker, "markersize": 5, "label": name}
        for ax, values in ((left, history.losses), (right, history.validation)):
            epochs = np.arange(1, len(values) + 1)
            ax.plot(
                epochs, values, style, markevery=max(1, len(epochs) // 6), **options
            )
    right.axhline(popularity, color=GREY, linestyle="-.")
    right.annotate(
        "popularity",
        (0.98, popularity),
        xycoords=("axes fraction", "data"),
        xytext=(0, -4),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize="small",
        color=GREY,
    )
    left.set(xlabel="epoch", ylabel="mean training loss")
    right.set(xlabel="epoch", ylabel="validation NDCG@10")
    left.legend(title=title, fontsize="small", title_fontsize="small")
    sns.despine(left=True)
    plt.tight_layout()
    return right


def looked_at(test: list[float], marks: dict[str, int]):
    """Draw the test NDCG of each epoch, and mark epochs, counted from 1, by name."""
    _, ax = plt.subplots()
    ax.plot(np.arange(1, len(test) + 1), test, color=RUN, linewidth=2)
    for (name, epoch), marker in zip(marks.items(), ["s", "^", "o"], strict=False):
        ax.scatter(
            epoch,
            test[epoch - 1],
            s=110,
            marker=marker,
            facecolor="none",
            edgecolor=PAPER,
            linewidth=2.5,
            zorder=3,
            label=name,
        )
    ax.set(xlabel="epoch", ylabel="NDCG@10 on the test part")
    ax.legend(loc="lower right")
    sns.despine(left=True)
    return ax


def loss_curve(losses: list[float]):
    """Draw the training loss of each epoch, with the paper's final loss as a line (the paper's Fig. 7)."""
    _, ax = plt.subplots()
    ax.plot(
        np.arange(1, len(losses) + 1),
        losses,
        color=RUN,
        marker="o",
        markersize=3,
        label="this run",
    )
    ax.axhline(
        paper.RESULTS["train_loss"],
        color=PAPER,
        linestyle="--",
        label="the paper after 100 epochs",
    )
    ax.set(xlabel="epoch", ylabel="mean training loss")
    ax.legend()
    sns.despine(left=True)
    return ax


def loss_curves(curves: dict[str, list[float]]):
    """Draw several training losses over the epochs, one line each, told apart by colour and by dashes."""
    _, ax = plt.subplots()
    for (name, losses), style in zip(
        curves.items(), ["-", "--", ":", "-."], strict=False
    ):
        ax.plot(np.arange(1, len(losses) + 1), losses, style, label=name, linewidth=2)
    ax.set(xlabel="epoch", ylabel="mean training loss")
    ax.legend()
    sns.despine(left=True)
    return ax


def validation_curve(losses: list[float], validation: list[float], best_epoch: int):
    """Draw the training loss and, below it, the validation NDCG of each epoch, and mark the best epoch."""
    _, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(7.0, 4.6))
    epochs = np.arange(1, len(losses) + 1)
    above.plot(epochs, losses, color=PAPER)
    above.set(ylabel="training loss")
    below.plot(epochs, validation, color=RUN)
    below.set(xlabel="epoch", ylabel="validation NDCG@10")
    for ax in (above, below):
        ax.axvline(best_epoch, color=GREY, linestyle="--")
    sns.despine(left=True)
    return below
