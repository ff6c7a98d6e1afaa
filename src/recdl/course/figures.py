"""The figures of the book, one function each.

Captions and alternative texts stand in the metadata of the cell that shows the figure. Colours are those of
seaborn's colour-blind palette; every figure can also be read in grey.
"""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns


RUN, PAPER, GREY = (
    sns.color_palette("colorblind")[0],
    sns.color_palette("colorblind")[1],
    "0.35",
)


def use_style():
    """Set fonts, grid and size for every figure of a notebook."""
    sns.set_theme(style="whitegrid", palette="colorblind", font_scale=1.05)
    plt.rcParams.update(
        {"figure.figsize": (7.0, 3.6), "figure.dpi": 120, "axes.titlesize": "medium"}
    )


def long_tail(ratings: pd.DataFrame):
    """Draw the number of ratings of each film, the most rated first, and mark half of all ratings."""
    counts = ratings["itemID"].value_counts().to_numpy()
    half = int(np.searchsorted(counts.cumsum(), counts.sum() / 2)) + 1
    _, ax = plt.subplots()
    ax.fill_between(np.arange(1, len(counts) + 1), counts, color=RUN, alpha=0.35)
    ax.plot(np.arange(1, len(counts) + 1), counts, color=RUN)
    ax.axvline(half, color=GREY, linestyle="--")
    ax.annotate(
        f"the {half} most rated films\nhave half of all ratings",
        (half, counts[0] * 0.75),
        xytext=(8, 0),
        textcoords="offset points",
        color=GREY,
    )
    ax.set(
        xlabel="film, by number of ratings",
        ylabel="number of ratings",
        xlim=(1, len(counts)),
        ylim=(0, None),
    )
    sns.despine(left=True)
    return ax


LOOKS = {"classical": (RUN, "o"), "deep": (PAPER, "D")}  # of a system, by its kind


def standings(table: pd.DataFrame, paper: float | None = None):
    """Draw the NDCG@10 of each system with its interval over users, the best on top.

    Parameters
    ----------
    table : DataFrame
        Index: the system. Columns ``kind, mean, low, high``.
    paper : float, optional
        The paper's own number, drawn as a line.
    """
    table = table.sort_values("mean")
    _, ax = plt.subplots(figsize=(7.0, 0.9 + 0.32 * len(table)))
    for y, row in enumerate(table.itertuples()):
        colour, marker = LOOKS[row.kind]
        ax.plot([row.low, row.high], [y, y], color=colour, linewidth=2)
        ax.scatter(row.mean, y, color=colour, marker=marker, s=42, zorder=3)
        ax.annotate(
            f"{row.mean:.3f}",
            (row.high, y),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize="small",
        )
    if paper is not None:
        ax.axvline(paper, color=GREY, linestyle="--", zorder=0)
    handles = [
        ax.scatter([], [], color=colour, marker=marker, label=kind)
        for kind, (colour, marker) in LOOKS.items()
    ]
    if paper is not None:
        handles += ax.plot([], [], color=GREY, linestyle="--", label="the paper")
    ax.legend(
        handles=handles,
        loc="lower center",
        bbox_to_anchor=(0.4, 1.0),
        ncols=3,
        frameon=False,
    )
    ax.set_yticks(range(len(table)), table.index)
    ax.set(xlabel="NDCG@10 and 95 % interval over users")
    ax.margins(x=0.09)
    ax.grid(axis="y", visible=False)
    sns.despine(left=True)
    return ax
