"""Figures of chapter 10."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from recdl.course.figures import GREY, PAPER, RUN, WIDTH, legend_above, write


def growth(before: pd.DataFrame, after: pd.DataFrame):
    """Draw the seconds of each phase over the number of ratings, a small plot for each phase.

    Parameters
    ----------
    before, after : DataFrame
        A row for each number of ratings, a column for each phase; seconds.
    """
    n_rows = -(-len(before.columns) // 2)
    figure, axes = plt.subplots(
        n_rows,
        2,
        sharex=True,
        sharey=True,
        figsize=(WIDTH, 1.75 * n_rows),
        layout="constrained",
    )
    for ax, phase in zip(axes.flat, before, strict=False):
        for table, colour, look in ((before, PAPER, "s--"), (after, RUN, "o-")):
            if phase in table:
                ax.plot(table[phase].dropna(), look, color=colour, markersize=4)
        ax.set(xscale="log", yscale="log")
        ax.set_title(phase, loc="left", fontsize="small")
    for ax in axes.flat[len(before.columns) :]:
        ax.set_visible(False)
    figure.supxlabel("ratings", fontsize="medium")
    figure.supylabel("seconds", fontsize="medium")
    names = [
        plt.Line2D([], [], color=PAPER, marker="s", linestyle="--", label="before")
    ]
    names += [plt.Line2D([], [], color=RUN, marker="o", label="after")]
    figure.legend(handles=names, loc="outside upper center", ncols=2, frameon=False)
    sns.despine()
    return axes


def pays(exchange: float, computing: dict[int, float]):
    """Draw how many times as fast a step is with two, four and eight workers, by what it has to compute.

    Parameters
    ----------
    exchange : float
        Milliseconds until all workers have the sum of the gradients.
    computing : dict
        From the size of a batch to its milliseconds of computing on one worker, drawn on the line of two.
    """
    _, ax = plt.subplots(figsize=(WIDTH, 3.4), layout="constrained")
    least = min(exchange, *computing.values()) / 2
    compute = np.geomspace(least, 100 * exchange, 200)
    for workers, dashes in ((2, "-"), (4, "--"), (8, ":")):
        faster = compute / (compute / workers + exchange)
        ax.plot(compute, faster, dashes, color=RUN, label=f"{workers} workers")
    ax.axhline(1, color=GREY, zorder=0)
    write(ax, "as fast as one worker", (compute[0], 1), (2, 4), color=GREY)
    for size, alone in computing.items():
        place = alone, alone / (alone / 2 + exchange)
        ax.scatter(*place, color=PAPER, marker="D", zorder=3)
        write(ax, f"batch {size:,}", place, (4, -13))
    ax.set(xscale="log", xlabel="milliseconds of computing in a step, on one worker")
    ax.set(ylabel="times as fast")
    legend_above(ax, ncols=3)
    sns.despine()
    return ax
