"""Figures of chapter 10."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

from recdl.course.figures import PAPER, RUN, WIDTH


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
        figsize=(WIDTH - 0.25, 1.75 * n_rows),
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
