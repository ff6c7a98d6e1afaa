"""The figures of chapter 1: the family tree, the table with holes, the cold start, six methods compared."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import MaxNLocator

from recdl.course.figures import GREY, PAPER, RUN, box, light, write

COLUMNS = 0.95, 3.5, 6.05, 8.75  # of the family tree, from left to right
LOOKS = {
    "family": {},
    "built": {"facecolor": light(RUN), "edgecolor": RUN},
    "paper": {"facecolor": light(PAPER), "linestyle": "--"},
}
TREE = [  # column and height of the parent, then of the child, its name and kind
    (0, 3.6, 1, 7.4, "content-based", "family"),
    (0, 3.6, 1, 3.6, "collaborative", "family"),
    (0, 3.6, 1, -0.1, "hybrid", "family"),
    (1, 3.6, 2, 5.2, "memory-based", "family"),
    (1, 3.6, 2, 2.0, "model-based", "family"),
    (1, 7.4, 3, 7.4, "genres", "built"),
    (2, 5.2, 3, 5.9, "user-kNN", "built"),
    (2, 5.2, 3, 4.6, "item-kNN", "built"),
    (2, 2.0, 3, 2.9, "matrix\nfactorisation", "built"),
    (2, 2.0, 3, 1.3, "neural networks", "paper"),
    (1, -0.1, 3, -0.1, "item-kNN + genres", "built"),
]


def taxonomy():
    """Draw the families of recommender systems from left to right (the paper's Fig. 1)."""
    _, ax = plt.subplots(figsize=(7.0, 4.6))
    ax.set(xlim=(0, 10), ylim=(-3.0, 8.0))
    ax.axis("off")
    box(ax, COLUMNS[0], 3.6, "recommender\nsystems")
    for column, y, to_column, to_y, name, kind in TREE:
        x, bend, to_x = COLUMNS[column], COLUMNS[column] + 1.28, COLUMNS[to_column]
        line = [x, bend, bend, to_x], [y, y, to_y, to_y]
        ax.plot(*line, color=GREY, linewidth=1, zorder=1)
        box(ax, to_x, to_y, name, **LOOKS[kind])
    box(ax, COLUMNS[3], -1.6, "popularity", **LOOKS["built"])
    middle = {"ha": "center", "va": "center", "fontsize": "small"}
    ax.text(COLUMNS[2], -1.6, "not personal:", **middle)
    note = "filled: built in this chapter      dashed: the paper's method, from chapter 3 on"
    ax.text(5, -2.8, note, color=GREY, **middle)
    return ax


def rating_table(ratings: pd.DataFrame):
    """Draw the table of users and films, the busiest first on both sides, dark where there is a rating."""
    places = [
        ratings[column].map(
            {key: n for n, key in enumerate(ratings[column].value_counts().index)}
        )
        for column in ("userID", "itemID")
    ]
    filled = np.zeros([place.max() + 1 for place in places])
    filled[tuple(place.to_numpy() for place in places)] = 1
    _, ax = plt.subplots(figsize=(7.0, 4.0))
    # Fewer pixels than cells: averaging shows how dense the table is, where dots would hide each other.
    ax.imshow(
        filled, cmap="Blues", aspect="auto", interpolation="antialiased", vmax=0.7
    )
    ax.set(xlabel="films, by number of ratings", ylabel="users, by number of ratings")
    ax.grid(visible=False)
    return ax


def cold_start(curves: pd.DataFrame, popularity: float, k: int):
    """Draw the quality of the lists against the number of known films.

    Parameters
    ----------
    curves : DataFrame
        Index: films known of each user; a column of mean NDCG per method.
    popularity : float
        The mean NDCG of popularity, which needs no history.
    k : int
        The length of the lists, for the label.
    """
    _, ax = plt.subplots()
    looks = ("o-", RUN), ("s--", PAPER), ("^:", "black"), ("D-.", GREY)
    for name, (line, colour) in zip(curves, looks, strict=False):
        ax.plot(curves.index, curves[name], line, color=colour, label=name)
    ax.axhline(popularity, color=GREY, linestyle=(0, (6, 3)))
    place = curves.index[0], popularity
    write(ax, "popularity", place, (0, 5), color=GREY, fontsize=None)
    ax.set(
        xlabel="films known of each user",
        ylabel=f"NDCG@{k}",
        ylim=(0, 1.2 * max(curves.max().max(), popularity)),
        xticks=curves.index,
    )
    ax.legend(loc="lower right")
    sns.despine(left=True)
    return ax


def miniatures(comparison: pd.DataFrame, intervals: dict):
    """Draw three columns of a comparison side by side, a row per method.

    Parameters
    ----------
    comparison : DataFrame
        A row per method; its first three columns are drawn, the third one in per cent.
    intervals : dict
        From the name of a column to a dict from methods to `recdl.uncertainty.Interval`.
    """
    names = list(comparison.index)[::-1]
    _, axes = plt.subplots(1, 3, sharey=True, figsize=(7.0, 3.4))
    for ax, metric in zip(axes, comparison.columns[:3], strict=True):
        for y, name in enumerate(names):
            if metric in intervals:
                _, low, high = intervals[metric][name]
                ax.plot(
                    [low, high], [y, y], color="0.7", linewidth=9,
                    solid_capstyle="butt", zorder=2,
                )  # fmt: skip
            ax.scatter(comparison.loc[name, metric], y, color=RUN, s=22, zorder=3)
        ax.set(xlabel=metric, ylim=(-0.6, len(names) - 0.4))
        ax.set_xlim(0, 1.2 * comparison[metric].max())
        ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes[2].xaxis.set_major_formatter("{x:.0%}")
    axes[0].set_yticks(range(len(names)), names)
    sns.despine(left=True)
    plt.tight_layout()
    return axes
