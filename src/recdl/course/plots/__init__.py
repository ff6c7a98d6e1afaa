"""The figures of the book, one function each.

Captions and alternative texts stand in the metadata of the cell that shows the figure. Colours are those of
seaborn's colour-blind palette; every figure can also be read in grey.
"""

import itertools

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
    """Draw how far each of the five results lies from the paper's, with our ten seeds and what is allowed."""
    names = list(paper.RESULTS)[::-1]
    off = paper.deviations(run)
    allowed, seeds = paper.allowed(), paper.seed_runs()
    reach = max(0.2, 1.1 * max(abs(value) for value in off.values()))
    _, ax = plt.subplots(figsize=(7.0, 2.9))
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
        ax.scatter(
            others, np.full(len(others), y), color=GREY, marker="|", s=70, zorder=2
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


def architecture(n_factors: int, layer_sizes: list[int]):
    """Draw NeuMF from the bottom up: embeddings, two towers, the last neuron (the paper's Fig. 5)."""
    _, ax = plt.subplots(figsize=(7.0, 4.8))
    ax.set(xlim=(0, 10), ylim=(-0.4, 6.9))
    ax.axis("off")
    light = [
        tuple(0.3 * channel + 0.7 for channel in colour) for colour in (RUN, PAPER)
    ]
    half, top = layer_sizes[0] // 2, 4.5
    levels = np.linspace(2.1, top, len(layer_sizes) + 1)[1:]

    def box(x, y, text, colour="white"):
        style = {"boxstyle": "round,pad=0.25", "facecolor": colour, "edgecolor": GREY}
        ax.text(x, y, text, ha="center", va="center", bbox=style, fontsize="small")

    def arrow(x, y, to_x, to_y, leave=0.27, arrive=0.27):
        line = {"arrowstyle": "-|>", "color": GREY, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (to_x, to_y - arrive), (x, y + leave), arrowprops=line)

    for x, name, towers in ((2.3, "user", (1.2, 5.6)), (6.9, "film", (3.4, 8.2))):
        box(x, 0, name)
        for to_x, size in zip(towers, (n_factors, half), strict=True):
            box(to_x, 1.2, f"{name} vector\n{size} numbers", light[to_x > 5])
            arrow(x, 0, to_x, 1.2, arrive=0.45)
            arrow(
                to_x, 1.2, *((6.9, levels[0]) if to_x > 5 else (2.3, top)), leave=0.45
            )
    texts = [f"one behind the other: {layer_sizes[0]}"]
    texts += [f"layer of {size} neurons, ReLU" for size in layer_sizes[1:]]
    for y, text in zip(levels, texts, strict=True):
        box(6.9, y, text, light[1])
    for below, above in itertools.pairwise(levels):
        arrow(6.9, below, 6.9, above)
    box(2.3, top, f"number times number: {n_factors}", light[0])
    box(4.6, 5.6, f"one behind the other: {n_factors + layer_sizes[-1]}")
    box(4.6, 6.5, "last neuron, sigmoid: prediction")
    arrow(2.3, top, 4.2, 5.6)
    arrow(6.9, top, 5.0, 5.6)
    arrow(4.6, 5.6, 4.6, 6.5)
    ax.text(0.1, 2.9, "GMF", color=RUN, weight="bold")
    ax.text(9.3, 2.9, "MLP", color=PAPER, weight="bold")
    return ax


def film_map(vectors: np.ndarray, films: pd.DataFrame, since: int = 1997):
    """Draw the two principal components of film vectors, and name some of the outer films.

    Parameters
    ----------
    vectors : ndarray of shape (n_films, n_factors)
        The learnt vectors.
    films : DataFrame of n_films rows
        Columns ``title`` and ``year``.
    since : int
        Films from this year on are drawn with another marker.
    """
    centred = vectors - vectors.mean(axis=0)
    places = centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T
    new = (films["year"] >= since).fillna(False).to_numpy(dtype=bool)
    _, ax = plt.subplots(figsize=(7.0, 4.6))
    ax.scatter(*places[~new].T, color=RUN, s=14, alpha=0.6, label=f"before {since}")
    ax.scatter(
        *places[new].T,
        color=PAPER,
        s=20,
        marker="^",
        alpha=0.8,
        label=f"{since} and later",
    )
    room, named = np.ptp(places, axis=0) * (0.35, 0.09), []
    for film in np.argsort(-np.hypot(*places.T)):
        if all((np.abs(places[film] - places[other]) > room).any() for other in named):
            named.append(film)
            ax.annotate(
                films["title"].iloc[film],
                places[film],
                fontsize="small",
                ha="center",
                va="bottom",
            )
        if len(named) == 14:
            break
    ax.set(xlabel="first principal component", ylabel="second principal component")
    ax.margins(x=0.15, y=0.1)
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
