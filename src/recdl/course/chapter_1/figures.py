"""The figures of chapter 1: the family tree, the table with holes, four mechanisms, six methods compared.

They are narrow, so that their labels can still be read on a telephone.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import MaxNLocator

from recdl.course.figures import GREY, PAPER, RUN, WIDTH, arrow, box, light, write

COLUMNS = 1.0, 3.7, 6.4, 8.95  # of the family tree, from left to right
LOOKS = {
    "family": {},
    "built": {"facecolor": light(RUN), "edgecolor": RUN},
    "paper": {"facecolor": light(PAPER), "linestyle": "--"},
}
TREE = [  # column and height of the parent, then of the child, its name and kind
    (0, 3.6, 1, 7.4, "content-based", "family"),
    (0, 3.6, 1, 3.6, "collaborative", "family"),
    (0, 3.6, 1, -0.7, "hybrid", "family"),
    (1, 3.6, 2, 5.2, "memory-based", "family"),
    (1, 3.6, 2, 2.0, "model-based", "family"),
    (1, 7.4, 3, 7.4, "genres", "built"),
    (2, 5.2, 3, 5.9, "user-kNN", "built"),
    (2, 5.2, 3, 4.6, "item-kNN", "built"),
    (2, 2.0, 3, 2.9, "matrix\nfactorisation", "built"),
    (2, 2.0, 3, 1.2, "neural\nnetworks", "paper"),
    (1, -0.7, 3, -0.7, "item-kNN\n+ genres", "built"),
]


def taxonomy():
    """Draw the families of recommender systems from left to right (the paper's Fig. 1)."""
    _, ax = plt.subplots(figsize=(6.6, 4.8))
    ax.set(xlim=(0, 10), ylim=(-3.9, 8.0))
    ax.axis("off")
    box(ax, COLUMNS[0], 3.6, "recommender\nsystems")
    for column, y, to_column, to_y, name, kind in TREE:
        x, bend, to_x = COLUMNS[column], COLUMNS[column] + 1.32, COLUMNS[to_column]
        line = [x, bend, bend, to_x], [y, y, to_y, to_y]
        ax.plot(*line, color=GREY, linewidth=1, zorder=1)
        box(ax, to_x, to_y, name, **LOOKS[kind])
    box(ax, COLUMNS[3], -2.2, "popularity", **LOOKS["built"])
    middle = {"ha": "center", "va": "center", "fontsize": "small"}
    ax.text(COLUMNS[2], -2.2, "not personal:", **middle)
    note = (
        "filled: built in this chapter\ndashed: the paper's method, from chapter 3 on"
    )
    ax.text(5, -3.5, note, color=GREY, **middle)
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
    _, ax = plt.subplots(figsize=(WIDTH, 3.6))
    # Fewer pixels than cells: averaging shows how dense the table is, where dots would hide each other.
    ax.imshow(
        filled, cmap="Blues", aspect="auto", interpolation="antialiased", vmax=0.7
    )
    for line, n_places in ((ax.axhline, len(filled)), (ax.axvline, filled.shape[1])):
        line(n_places / 2, color=PAPER, linewidth=0.8)  # the quarters
    ax.set(xlabel="films, by number of ratings", ylabel="users, by number of ratings")
    ax.grid(visible=False)
    return ax


# How four methods work, in the toy world


def angles(who: str, cosines: pd.Series):
    """Draw films as arrows at their true angles to a person's profile; the cosine is the arrow's shadow."""
    _, axes = plt.subplots(1, len(cosines), figsize=(WIDTH, 2.9))
    for ax, (film, cosine) in zip(axes, cosines.items(), strict=True):
        angle = np.arccos(cosine)
        x, y = cosine, np.sin(angle)
        ax.plot([0, x], [-0.035, -0.035], color=PAPER, linewidth=7, alpha=0.5)
        ax.plot([x, x], [0, y], ":", color=GREY)
        turn = np.linspace(0, angle)
        ax.plot(0.25 * np.cos(turn), 0.25 * np.sin(turn), color=GREY)
        arrow(ax, 0, 0, 1, 0, color=RUN, linewidth=2)
        arrow(ax, 0, 0, x, y, color=PAPER, linewidth=2)
        write(ax, f"{film}, {np.degrees(angle):.0f}°", (x, y), (5, -4))
        write(ax, who, (1, 0), (0, 6), ha="right")
        write(ax, f"shadow {cosine:.3f}", (0, 0), (0, -20))
        ax.set(xlim=(-0.05, 1.15), ylim=(-0.25, 1.1), aspect="equal")
        ax.axis("off")
    plt.tight_layout()
    return axes


def votes(who: str, neighbours: pd.Series, rated: pd.DataFrame):
    """Draw a person's neighbours, thick lines for the most similar, and the films that get their points.

    Parameters
    ----------
    neighbours : Series
        The similarity of each neighbour, by name.
    rated : DataFrame
        A row of zeros and ones for each neighbour, a column for each film that the person has not rated.
    """
    _, ax = plt.subplots(figsize=(WIDTH, 3.0))
    ax.set(xlim=(-0.35, 3.45), ylim=(-0.25, 1.25))
    ax.axis("off")
    heights = dict(
        zip(rated.columns, np.linspace(0.8, 0.2, rated.shape[1]), strict=True)
    )
    ordered = (
        rated.to_numpy().argmax(axis=1).argsort(kind="stable")
    )  # no lines that cross
    for y, place in zip(np.linspace(1, 0, len(ordered)), ordered, strict=True):
        name, alike = neighbours.index[place], neighbours.iloc[place]
        ax.plot([0, 1.2], [0.5, y], color=GREY, linewidth=5 * alike, zorder=1)
        box(ax, 1.2, y, f"{name}\n{alike:.2f}", light(RUN))
        for film in rated.columns[rated.loc[name] == 1]:
            arrow(ax, 1.45, y, 2.42, heights[film], linewidth=5 * alike)
    box(ax, 0, 0.5, who)
    for film, y in heights.items():
        points = neighbours[rated[film] == 1]
        terms = " + ".join(f"{point:.2f}" for point in points)
        total = f"\n= {points.sum():.2f}" if len(points) > 1 else ""
        box(ax, 2.85, y, f"{film}\n{terms}{total}", light(PAPER))
    return ax


def side_by_side(rated: pd.DataFrame, pairs: list):
    """Draw the columns of two films beside each other, with a band where a person rated both."""
    _, axes = plt.subplots(1, len(pairs), figsize=(WIDTH, 3.0), sharey=True)
    for ax, pair in zip(axes, pairs, strict=True):
        ones = rated[list(pair)].to_numpy() == 1
        for y in np.flatnonzero(ones.all(axis=1)):
            ax.axhspan(y - 0.4, y + 0.4, color=light(PAPER), zorder=0)
        for y, x in np.ndindex(ones.shape):
            face = RUN if ones[y, x] else "white"
            ax.scatter(x, y, s=180, facecolor=face, edgecolor=RUN, zorder=2)
        ax.set_xticks([0, 1], pair)
        ax.xaxis.tick_top()
        ax.set(xlim=(-0.6, 1.6), ylim=(len(ones) - 0.4, -0.6))
        ax.set_xlabel(f"{ones.all(axis=1).sum()} people in common")
        ax.grid(visible=False)
        sns.despine(ax=ax, left=True, bottom=True)
    axes[0].set_yticks(range(len(rated)), rated.index)
    plt.tight_layout()
    return axes


def factor_tables(people, films, who: str, film: str, digits: int = 2):
    """Draw a table of numbers for people and one for films, and the score of one pair added up."""
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 3.1))
    for ax, table, chosen in zip(axes, (people, films), (who, film), strict=True):
        ax.set(xlim=(-1.55, 1.6), ylim=(len(films) - 0.4, -1.5))
        ax.axis("off")
        for x, name in enumerate(table):
            ax.text(x, -1, name, ha="center", va="center", fontsize="small", color=GREY)
        for y, (name, row) in enumerate(table.iterrows()):
            if name == chosen:
                ax.axhspan(y - 0.45, y + 0.45, color=light(PAPER))
            ax.text(-1.5, y, name, va="center", fontsize="small")
            for x, value in enumerate(row):
                ax.text(
                    x,
                    y,
                    f"{value:.{digits}f}",
                    ha="center",
                    va="center",
                    fontsize="small",
                )
    pairs = list(
        zip(people.loc[who].round(digits), films.loc[film].round(digits), strict=True)
    )
    terms = " + ".join(
        " × ".join(f"({n:.{digits}f})" if n < 0 else f"{n:.{digits}f}" for n in pair)
        for pair in pairs
    )
    total = sum(a * b for a, b in pairs)
    score = f"{who} and {film}:  {terms} = {total:.2f}"
    figure.text(0.5, 0, score, ha="center", fontsize=11)
    plt.tight_layout()
    return axes


# Methods compared


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
    _, axes = plt.subplots(1, 3, sharey=True, figsize=(WIDTH, 3.4))
    for ax, metric in zip(axes, comparison.columns[:3], strict=True):
        for y, name in enumerate(names):
            if metric in intervals:
                _, low, high = intervals[metric][name]
                ax.plot(
                    [low, high], [y, y], color="0.7", linewidth=11,
                    solid_capstyle="butt", zorder=2,
                )  # fmt: skip
            ax.scatter(comparison.loc[name, metric], y, color=RUN, s=22, zorder=3)
        ax.set(xlabel=metric, ylim=(-0.6, len(names) - 0.4))
        ax.set_xlim(0, 1.2 * comparison[metric].max())
        ax.xaxis.set_major_locator(MaxNLocator(2, steps=[1, 2, 5, 10]))
    axes[2].xaxis.set_major_formatter("{x:.0%}")
    axes[0].set_yticks(range(len(names)), [name.replace(" ", "\n") for name in names])
    sns.despine(left=True)
    plt.tight_layout()
    return axes


def long_tail(ratings: pd.DataFrame):
    """Draw the number of ratings of each film, the most rated first, and mark half of all ratings."""
    counts = ratings["itemID"].value_counts().to_numpy()
    half = int(np.searchsorted(counts.cumsum(), counts.sum() / 2)) + 1
    _, ax = plt.subplots()
    ax.fill_between(np.arange(1, len(counts) + 1), counts, color=RUN, alpha=0.35)
    ax.plot(np.arange(1, len(counts) + 1), counts, color=RUN)
    ax.axvline(half, color=GREY, linestyle="--")
    text = f"the {half} most rated films\nhave half of all ratings"
    write(ax, text, (half, counts[0] * 0.75), (8, 0), color=GREY, fontsize=None)
    ax.set(xlabel="film, by number of ratings", ylabel="number of ratings")
    ax.set(xlim=(1, len(counts)), ylim=(0, None))
    sns.despine(left=True)
    return ax
