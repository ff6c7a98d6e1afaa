"""Figures of chapter 6."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.patches import Patch

from recdl import evaluation, paper
from recdl.course.figures import (
    GREY,
    PAPER,
    RUN,
    WIDTH,
    box,
    legend_above,
    light,
    write,
)


def lists(top: Mapping[str, list[str]], relevant: Mapping[str, list[str]]):
    """Draw each person's list of two films, hits coloured, beside the films that the person rated later."""
    _, ax = plt.subplots(figsize=(WIDTH, 2.7))
    ax.set(xlim=(0, 5.4), ylim=(-5.5, 0.5))
    ax.axis("off")
    for x, title in ((1.35, "place 1"), (2.55, "place 2"), (4.3, "relevant films")):
        ax.text(x, 0, title, ha="center", va="center", fontsize="small", color=GREY)
    for y, (name, films) in enumerate(top.items(), start=1):
        ax.text(0, -y, name, va="center")
        for x, film in zip((1.35, 2.55), films, strict=True):
            hit = film in relevant[name]
            box(ax, x, -y, f"{film} ✓" if hit else film, light(RUN) if hit else "white")
        found = "\n".join([", ".join(relevant[name][:2]), *relevant[name][2:]])
        ax.text(4.3, -y, found or "none", ha="center", va="center", fontsize="small")
    return ax


def single_hit(k: int = 10):
    """Draw the four metrics of a user with one relevant film, against the place of this film in the list."""
    hit, one = np.eye(k, dtype=bool), np.ones(k, dtype=int)
    lines = {
        "Recall": (evaluation.recall, "^:", GREY),
        "NDCG": (evaluation.ndcg, "o-", RUN),
        "MAP": (evaluation.average_precision, "s--", PAPER),
        "Precision": (evaluation.precision, "v-.", GREY),
    }
    _, ax = plt.subplots()
    for name, (metric, line, colour) in lines.items():
        places, values = np.arange(1, k + 1), metric(hit, one)
        ax.plot(places, values, line, color=colour, label=name)
    ax.set(xlabel="place of the hit", ylabel="value of the metric", ylim=(0, 1.08))
    ax.set_xticks(range(1, k + 1))
    ax.legend(loc="center right", bbox_to_anchor=(1.0, 0.68))
    sns.despine(left=True)
    return ax


def hits_per_user(network: pd.Series, popularity: pd.Series):
    """Draw how many users have how many hits in their list, two recommenders side by side.

    Parameters
    ----------
    network, popularity : Series of int or float
        The number of hits of each user.
    """
    most = round(max(network.max(), popularity.max()))
    _, ax = plt.subplots(figsize=(WIDTH, 3.2))
    for name, hits, shift, colour, hatch in (
        ("network", network, -0.2, RUN, None),
        ("popularity", popularity, 0.2, PAPER, "//"),
    ):
        n_users = np.bincount(hits.round().astype(int), minlength=most + 1)
        look = {"color": colour, "hatch": hatch, "edgecolor": "white", "label": name}
        ax.bar(np.arange(most + 1) + shift, n_users, width=0.38, **look)
    ax.set(xlabel="hits in the list of ten", ylabel="number of users")
    ax.set_xticks(range(most + 1))
    ax.grid(axis="x", visible=False)
    ax.legend()
    sns.despine(left=True)
    return ax


def within_limits(
    best: Mapping[str, float],
    network: Mapping[str, float],
    popularity: Mapping[str, float],
):
    """Draw each metric of two recommenders on a bar that ends at its best possible value."""
    names = list(network)[::-1]
    _, ax = plt.subplots(figsize=(WIDTH - 0.5, 2.9), layout="constrained")
    for y, name in enumerate(names):
        ax.barh(y, best[name], height=0.62, color="0.85", zorder=1)
        ax.barh(y, network[name], height=0.36, color=RUN, zorder=2)
        ax.scatter(popularity[name], y, marker="D", s=34, color=PAPER, zorder=3)
        write(ax, f"{best[name]:.2f}", (best[name], y), (4, 0), va="center")
    handles = [
        Patch(color="0.85", label="best possible"),
        Patch(color=RUN, label="network"),
        ax.scatter([], [], marker="D", color=PAPER, label="popularity"),
    ]
    legend_above(ax, 0.45, handles=handles, ncols=3)
    ax.set_yticks(range(len(names)), [paper.LABELS[name] for name in names])
    ax.set(xlabel="value of the metric", xlim=(0, 1.2))
    ax.set_xticks(np.arange(0, 1.01, 0.2))
    ax.grid(axis="y", visible=False)
    sns.despine(left=True)
    return ax


def sampled(curve: pd.DataFrame):
    """Draw hit ratios against the number of films that the relevant film has to beat.

    Parameters
    ----------
    curve : DataFrame
        Index: the number of sampled films, the last row being all of them. A column for each recommender.
    """
    _, ax = plt.subplots()
    looks = ("o-", RUN, 7), ("s--", PAPER, -7)  # the two ends lie close together
    for name, (line, colour, up) in zip(curve, looks, strict=True):
        ax.plot(curve.index, curve[name], line, color=colour, label=name)
        last = curve.index[-1], curve[name].iloc[-1]
        write(ax, f"{last[1]:.2f}", last, (7, up), va="center")
    ax.set_xscale("log")
    ax.set_xticks(curve.index, [*map(str, curve.index[:-1]), "all"])
    ax.minorticks_off()
    ax.axvline(100, color=GREY, linestyle=":", zorder=1)
    write(ax, "leave-one-out test", (100, 1.0), (5, 0), va="top", color=GREY)
    ax.set(xlabel="films to beat (logarithmic scale)", xlim=(17, 2300))
    ax.set(ylabel="HR@10", ylim=(0, 1.02))
    ax.legend(loc="upper right", bbox_to_anchor=(1.0, 0.9))
    sns.despine(left=True)
    return ax


def against_paper(run: dict[str, float]):
    """Draw how far each of the five results lies from the paper's, with our ten seeds and what is allowed."""
    names = list(paper.RESULTS)[::-1]
    off = paper.deviations(run)
    allowed, seeds = paper.allowed(), paper.seed_runs()
    reach = max(0.2, 1.1 * max(abs(value) for value in off.values()))
    _, ax = plt.subplots(figsize=(WIDTH - 0.5, 2.9), layout="constrained")
    for y, name in enumerate(names):
        target = paper.RESULTS[name]
        ax.plot(
            allowed.loc[name] / target - 1,
            [y, y],
            color="0.8",
            linewidth=9,
            solid_capstyle="butt",  # a round end would show a wider range than is allowed
            zorder=1,
        )
        others = seeds[name] / target - 1
        heights = np.full(len(others), y)
        ax.scatter(others, heights, color=GREY, marker="|", s=70, zorder=2)
        ax.scatter(off[name], y, color=RUN, s=55, zorder=3)
        write(ax, f"{off[name]:+.1%}", (reach, y), (4, 0), va="center")
    ax.axvline(0, color=PAPER, linestyle="--", zorder=2)
    ax.set_yticks(range(len(names)), [paper.LABELS[name] for name in names])
    ax.set(xlabel="difference from the paper", xlim=(-reach, reach))
    ax.set(ylim=(-0.6, len(names) - 0.3))
    ax.locator_params(axis="x", nbins=5)
    ax.xaxis.set_major_formatter("{x:+.0%}")
    sns.despine(left=True)
    return ax
