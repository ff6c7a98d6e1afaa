"""Figures of chapter 7."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import MultipleLocator

from recdl import paper
from recdl.course.figures import GREY, PAPER, RUN, WIDTH, legend_above, write


def among_seeds(runs: pd.DataFrame):
    """Draw each result of all runs as a stroke, in per cent of their mean, with the paper's as a diamond.

    Parameters
    ----------
    runs : DataFrame
        A row for each seed, a column for each result named as in `recdl.paper.RESULTS`.
    """
    names = [name for name in paper.RESULTS if name in runs][::-1]
    _, ax = plt.subplots(figsize=(WIDTH, 2.9), layout="constrained")
    for y, name in enumerate(names):
        mean = runs[name].mean()
        seeds, target = runs[name] / mean - 1, paper.RESULTS[name] / mean - 1
        heights = np.full(len(runs), y)
        labels = ("a seed", "the paper") if y == 0 else (None, None)
        ax.scatter(seeds, heights, color=RUN, marker="|", s=130, label=labels[0])
        look = {"color": PAPER, "marker": "D", "s": 45, "zorder": 3}
        ax.scatter(target, y, label=labels[1], **look)
    ax.axvline(0, color=GREY, linestyle="--", zorder=0)
    ax.set_yticks(range(len(names)), [paper.LABELS[name] for name in names])
    ax.set(xlabel="difference from the mean over the seeds")
    ax.set(ylim=(-0.6, len(names) - 0.4))
    ax.xaxis.set_major_locator(MultipleLocator(0.04))
    ax.xaxis.set_major_formatter("{x:+.0%}")
    legend_above(ax, ncols=2)
    ax.grid(axis="y", visible=False)
    sns.despine(left=True)
    return ax


def resampled_means(means: np.ndarray, mean: float, low: float, high: float):
    """Draw the means of many resamples as a histogram, with the interval that holds 95 % of them."""
    _, ax = plt.subplots()
    ax.hist(means, bins=40, color=RUN, alpha=0.6)
    for value, dashes in ((low, "--"), (mean, "-"), (high, "--")):
        ax.axvline(value, color=GREY, linestyle=dashes)
        top = {"xycoords": ("data", "axes fraction")}
        write(ax, f"{value:.3f}", (value, 1), (3, -10), **top)
    ax.set(xlabel="mean NDCG@10 of a resample of users", ylabel="number of resamples")
    ax.grid(axis="x", visible=False)
    sns.despine(left=True)
    return ax


def by_epoch(curves: dict[str, np.ndarray], losses: np.ndarray):
    """Draw the training loss and, below it, NDCG@10 after each epoch: means over seeds, with their range.

    Parameters
    ----------
    curves : dict
        From a name to an array of shape (n_seeds, n_epochs).
    losses : ndarray of shape (n_seeds, n_epochs)
    """
    _, (above, below) = plt.subplots(
        2, 1, sharex=True, figsize=(WIDTH, 5.0), height_ratios=(2, 3)
    )
    epochs = np.arange(1, losses.shape[1] + 1)
    above.plot(epochs, losses.mean(axis=0), color=GREY)
    _range(above, epochs, losses, GREY)
    above.set(ylabel="training loss")
    for (name, values), colour, dashes in zip(
        curves.items(), (RUN, PAPER), ("-", "--"), strict=True
    ):
        mean = values.mean(axis=0)
        below.plot(epochs, mean, dashes, color=colour, label=name)
        _range(below, epochs, values, colour)
        best = int(mean.argmax())
        place = epochs[best], mean[best]
        below.scatter(*place, color=colour, zorder=3)
        write(below, f"epoch {epochs[best]}", place, (4, 8))
    below.set(xlabel="epoch", ylabel="NDCG@10")
    below.legend(loc="lower center", ncols=2)
    below.margins(y=0.15)
    sns.despine(left=True)
    return below


def _range(ax, epochs, values, colour):
    lowest, highest = values.min(axis=0), values.max(axis=0)
    ax.fill_between(epochs, lowest, highest, color=colour, alpha=0.2)


def dots(groups: dict[str, pd.DataFrame], baseline: float, label: str):
    """Draw the runs of several variants as dots, a block for each group, and the mean of the default.

    Parameters
    ----------
    groups : dict
        From the name of a group to a table with a row for each variant, in order, and a column for each way
        to stop; each cell holds the list of NDCG@10 over the seeds.
    baseline : float
        The mean of the default setting, drawn as a line.
    label : str
        What the line is.
    """
    sizes = [len(table) for table in groups.values()]
    figure, axes = plt.subplots(
        len(groups),
        1,
        sharex=True,
        figsize=(WIDTH, 1.2 + 0.42 * sum(sizes)),
        height_ratios=sizes,
        layout="constrained",
    )
    for ax, (group, table) in zip(axes, groups.items(), strict=True):
        looks = (RUN, "o", 0.14), (PAPER, "s", -0.14)
        for column, (colour, marker, up) in zip(table, looks, strict=True):
            look = {"color": colour, "marker": marker, "s": 26, "alpha": 0.75}
            for y, values in enumerate(table[column]):
                heights = np.full(len(values), y + up)
                name = column if y == 0 else None
                ax.scatter(values, heights, **look, label=name)
        ax.set_yticks(range(len(table)), table.index)
        ax.set_ylim(len(table) - 0.5, -0.5)
        ax.set_title(group, loc="left", fontsize="small", color=GREY)
        ax.axvline(baseline, color=GREY, linestyle="--", zorder=0)
        ax.grid(axis="y", visible=False)
    axes[-1].set(xlabel=f"NDCG@10 (dashed: {label})")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False)
    sns.despine(left=True)
    return axes[-1]
