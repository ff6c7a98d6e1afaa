"""Figures of chapter 9."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from recdl.course.figures import GREY, PAPER, RUN, WIDTH, legend_above


def fading(taus: list[float], n: int = 40):
    """Draw how much a film counts, against how many films came after it, for several speeds of fading."""
    _, ax = plt.subplots()
    later = np.arange(n)
    for tau, colour, dashes in zip(
        taus, sns.color_palette("colorblind"), ("-", "--", ":"), strict=False
    ):
        ax.plot(later, np.exp(-later / tau), dashes, color=colour, label=f"τ = {tau}")
    ax.set(xlabel="films that came later", ylabel="weight in the history")
    ax.legend()
    sns.despine(left=True)
    return ax


def transitions(weights: np.ndarray, films: list[str]):
    """Draw how much each film (row) leads to each film (column), shape (films, films)."""
    ax = _from_row_to_column(weights, films, weights == 0)
    ax.set(xlabel="to", ylabel="from")
    return ax


def _from_row_to_column(weights, names, mask):
    _, ax = plt.subplots(figsize=(WIDTH - 0.4, 4.4), layout="constrained")
    sns.heatmap(
        weights,
        mask=mask,
        cmap="Blues",
        vmin=0,
        vmax=max(0.3, weights.max()),
        annot=True,
        fmt=".2f",
        cbar=False,
        linewidths=0.5,
        xticklabels=names,
        yticklabels=names,
        ax=ax,
    )
    ax.grid(visible=False)
    plt.setp(ax.get_xticklabels(), rotation=30, ha="right")
    plt.setp(ax.get_yticklabels(), rotation=0)
    return ax


def gains(table: pd.DataFrame):
    """Draw differences with their intervals, a row for each condition, a colour for each comparison.

    Parameters
    ----------
    table : DataFrame
        Index: the condition. Columns: two levels, the comparison, then ``mean, low, high``.
    """
    comparisons = list(dict.fromkeys(table.columns.get_level_values(0)))
    _, ax = plt.subplots(
        figsize=(WIDTH - 0.2, 1.4 + 0.55 * len(table)), layout="constrained"
    )
    looks = zip(comparisons, (RUN, PAPER, GREY), "osD", (-0.22, 0, 0.22), strict=False)
    for name, colour, marker, down in looks:
        part = table[name]
        y = np.arange(len(table)) + down
        ax.hlines(y, part["low"], part["high"], color=colour, linewidth=2)
        ax.scatter(part["mean"], y, color=colour, marker=marker, s=36, label=name)
    ax.axvline(0, color=GREY, linestyle="--", zorder=0)
    ax.set_yticks(range(len(table)), table.index)
    ax.invert_yaxis()
    ax.set(xlabel="difference of NDCG@10, with 95 % interval over users")
    legend_above(ax, 0.4, ncols=1)
    ax.grid(axis="y", visible=False)
    sns.despine(left=True)
    return ax
