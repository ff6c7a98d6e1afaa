"""The figures of the book, one function each.

Captions and alternative texts stand in the metadata of the cell that shows the figure. Colours are those of
seaborn's colour-blind palette; every figure can also be read in grey.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from recdl import paper

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


def rating_counts(ratings: pd.DataFrame):
    """Draw how often each rating from 1 to 5 was given."""
    ax = sns.countplot(x=ratings["rating"].astype(int), color=RUN)
    ax.bar_label(ax.containers[0], fmt="{:,.0f}")
    ax.set(xlabel="rating (stars)", ylabel="number of ratings")
    sns.despine(left=True)
    return ax


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


def activity(ratings: pd.DataFrame):
    """Draw how long each user was active: the time between the first and the last rating."""
    times = ratings.groupby("userID")["timestamp"]
    days = (times.max() - times.min()) / 86_400
    edges = [0, 1 / 24, 1, 7, 30, np.inf]
    names = ["under an hour", "under a day", "under a week", "under 30 days", "longer"]
    share = pd.cut(
        days, edges, labels=names, include_lowest=True, right=False
    ).value_counts(normalize=True)
    ax = sns.barplot(x=share.reindex(names), y=names, color=RUN)
    ax.bar_label(ax.containers[0], fmt="{:.0%}", padding=3)
    ax.set(xlabel="share of users", ylabel="first to last rating", xlim=(0, 0.62))
    ax.xaxis.set_major_formatter("{x:.0%}")
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


def against_paper(run: dict[str, float]):
    """Draw how far each of the five results lies from the paper's, with the allowed range."""
    names = list(paper.RESULTS)[::-1]
    off = paper.deviations(run)
    reach = max(0.2, 1.1 * max(abs(value) for value in off.values()))
    _, ax = plt.subplots(figsize=(7.0, 2.9))
    for y, name in enumerate(names):
        ax.plot(
            [-paper.TOLERANCE[name], paper.TOLERANCE[name]],
            [y, y],
            color="0.8",
            linewidth=9,
            solid_capstyle="butt",  # a round end would show a wider range than is allowed
            zorder=1,
        )
        ax.scatter(off[name], y, color=RUN, s=55, zorder=3)
        ax.annotate(
            f"{off[name]:+.1%}", (off[name], y), xytext=(0, 8), textcoords="offset points", ha="center",
            fontsize="small",
        )  # fmt: skip
    ax.axvline(0, color=PAPER, linestyle="--", zorder=2)
    ax.set_yticks(range(len(names)), [paper.LABELS[name] for name in names])
    ax.set(
        xlabel="difference from the paper",
        xlim=(-reach, reach),
        ylim=(-0.6, len(names) - 0.3),
    )
    ax.xaxis.set_major_formatter("{x:+.0%}")
    sns.despine(left=True)
    return ax
