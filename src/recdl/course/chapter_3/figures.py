"""The figures of chapter 3: from matrix factorisation to NeuMF.

They are narrow, so that their labels can still be read on a telephone.
"""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from recdl.course.figures import (
    GREY,
    PAPER,
    RUN,
    WIDTH,
    arrow,
    box,
    legend_above,
    light,
    write,
)

GMF, MLP = light(RUN), light(PAPER)  # the colours of the two towers


def factorisation(
    people: pd.DataFrame, films: pd.DataFrame, marked: tuple[str, str] | None = None
):
    """Draw two tables of vectors and their product: films above it, people to its left.

    Parameters
    ----------
    people, films : DataFrame
        A row for each person or film, a column for each factor; both have the same columns.
    marked : (person, film), optional
        Frames this cell of the product, and the row and the column that it is made of.
    """
    tables = {(0, 1): films.T, (1, 0): people, (1, 1): people @ films.T}
    names = {(0, 1): "films", (1, 0): "people", (1, 1): "scores"}
    widths, heights = (films.shape[1], len(films)), (films.shape[1], len(people))
    figure, axes = plt.subplots(
        2, 2, figsize=(WIDTH, 4.4), width_ratios=widths, height_ratios=heights
    )
    axes[0, 0].axis("off")
    for place, table in tables.items():
        ax = axes[place]
        sns.heatmap(
            table, ax=ax, annot=True, fmt="g", cmap="Blues", vmin=0, vmax=6, cbar=False,
            linewidths=1, linecolor="white",
        )  # fmt: skip
        ax.set_title(names[place], weight="bold")
        ax.tick_params(length=0, labelrotation=0, labelsize="small")
    axes[0, 1].set_xticklabels([])
    axes[1, 1].set_yticklabels([])
    axes[1, 1].tick_params(axis="x", labelrotation=45)
    if marked:
        row, column = people.index.get_loc(marked[0]), films.index.get_loc(marked[1])
        n_factors = films.shape[1]
        frames = [((1, 0), 0, row, n_factors, 1), ((0, 1), column, 0, 1, n_factors)]
        for place, x, y, width, height in [*frames, ((1, 1), column, row, 1, 1)]:
            frame = plt.Rectangle((x, y), width, height, fill=False, clip_on=False)
            frame.set(edgecolor=PAPER, linewidth=2.5)
            axes[place].add_patch(frame)
    figure.tight_layout()
    return axes[1, 1]


def imitations(grid: np.ndarray, surfaces: dict[str, np.ndarray]):
    """Draw what several models make of two numbers, each as a map over the two.

    Parameters
    ----------
    grid : ndarray of shape (n,)
        The values of either number.
    surfaces : dict of four ndarrays of shape (n, n)
        The models' results by name; brighter is higher.
    """
    figure, axes = plt.subplots(
        2, 2, figsize=(WIDTH - 0.2, 4.6), sharex=True, sharey=True, layout="constrained"
    )
    levels = np.linspace(-1, 1, 12)  # none at 0, where rounding would draw a line
    for ax, (name, surface) in zip(axes.flat, surfaces.items(), strict=True):
        drawn = ax.contourf(grid, grid, surface, levels, cmap="cividis", extend="both")
        ax.set_title(name, fontsize="medium")
        ax.set(aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
        ax.tick_params(labelsize="small")
        ax.grid(False)
    figure.supxlabel("user's number", fontsize="medium")
    figure.supylabel("film's number", fontsize="medium")
    bar = figure.colorbar(drawn, ax=axes, ticks=[-1, 0, 1], shrink=0.75)
    bar.set_label("result", fontsize="medium")
    return axes[0, 0]


def products(user: np.ndarray, film: np.ndarray, weights: np.ndarray, name: str):
    """Draw how the GMF tower turns two vectors into one number, factor by factor.

    Parameters
    ----------
    user, film, weights : ndarray of shape (n_factors,)
        Two embeddings, and the weights of the last neuron for their products.
    name : str
        The film's title.
    """
    weighted = user * film * weights
    rows = {"user 17": user, name: film, "product": user * film, "weight": weights}
    rows[f"product\n× weight\nsum {weighted.sum():+.2f}"] = weighted
    figure, axes = plt.subplots(5, 1, figsize=(WIDTH - 0.9, 5.6), sharex=True)
    places = np.arange(1, len(user) + 1)
    for ax, (label, values) in zip(axes, rows.items(), strict=True):
        ax.bar(places, values, color=RUN if "product" in label else GREY)
        ax.axhline(0, color="0.2", linewidth=0.8)
        ax.set_ylabel(label, rotation=0, ha="right", va="center", fontsize="small")
        ax.tick_params(labelsize="small")
        ax.grid(axis="x", visible=False)
    axes[-1].set(xlabel="factor", xticks=places[::3])
    sns.despine(left=True)
    figure.align_ylabels(axes)
    return axes[-1]


def score_strips(scores: dict[str, pd.DataFrame], k: int = 10):
    """Draw all films by score, one strip for each user, and where the first k of the list begin.

    Parameters
    ----------
    scores : dict of DataFrame
        By user: columns ``logit`` and ``part``, which is "training", "test" or "neither".
    k : int
        Length of the list, at least 1.
    """
    marks = {
        "neither": {"color": "0.72", "s": 8, "marker": "o", "alpha": 0.6},
        "training": {"facecolor": "white", "edgecolor": RUN, "s": 28, "marker": "o"},
        "test": {"color": PAPER, "s": 42, "marker": "^"},
    }
    labels = {"neither": "other films", "training": "rated in training"}
    labels["test"] = "rated in the test part"
    figure, axes = plt.subplots(len(scores), 1, figsize=(WIDTH, 4.8), sharex=True)
    rng = np.random.default_rng(0)  # only spreads the marks in height
    for ax, (user, table) in zip(axes, scores.items(), strict=True):
        height = pd.Series(rng.uniform(-1, 1, len(table)), table.index)
        for part, style in marks.items():
            own = table["part"] == part
            ax.scatter(
                table["logit"][own], height[own], label=labels[part], **style, zorder=2
            )
        unseen = table["logit"][table["part"] != "training"]
        ax.axvline(unseen.nlargest(k).iloc[-1], color="0.2", linestyle="--")
        ax.set(ylabel=user, yticks=[], ylim=(-1.3, 1.3))
    axes[-1].set_xlabel(f"logit (dashed: the list of {k} begins here)")
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="upper center", ncols=2, fontsize="small")
    sns.despine(left=True)
    return axes[-1]


def architecture(n_factors: int, layer_sizes: list[int]):
    """Draw NeuMF from the bottom up: embeddings, two towers, the last neuron (the paper's Fig. 5)."""
    _, ax = plt.subplots(figsize=(6.6, 4.8))
    ax.set(xlim=(0, 10), ylim=(-0.4, 6.9))
    ax.axis("off")
    half, top = layer_sizes[0] // 2, 4.5
    levels = np.linspace(2.1, top, len(layer_sizes) + 1)[1:]
    for x, name, towers in ((2.3, "user", (1.2, 5.6)), (6.9, "film", (3.4, 8.2))):
        box(ax, x, 0, name, pad=0.25)
        for to_x, size in zip(towers, (n_factors, half), strict=True):
            colour, goal = (GMF, (2.3, top)) if to_x < 5 else (MLP, (6.9, levels[0]))
            box(ax, to_x, 1.2, f"{name} vector\n{size} numbers", colour, pad=0.25)
            _rise(ax, x, 0, to_x, 1.2, arrive=0.45)
            _rise(ax, to_x, 1.2, *goal, leave=0.45)
    texts = [f"one behind the other: {layer_sizes[0]}"]
    texts += [f"layer of {size} neurons, ReLU" for size in layer_sizes[1:]]
    for y, text in zip(levels, texts, strict=True):
        box(ax, 6.9, y, text, MLP, pad=0.25)
    for below, above in itertools.pairwise(levels):
        _rise(ax, 6.9, below, 6.9, above)
    box(ax, 2.3, top, f"number times number: {n_factors}", GMF, pad=0.25)
    both = f"one behind the other: {n_factors + layer_sizes[-1]}"
    box(ax, 4.6, 5.6, both, pad=0.25)
    box(ax, 4.6, 6.5, "last neuron, sigmoid: prediction", pad=0.25)
    _rise(ax, 2.3, top, 4.2, 5.6)
    _rise(ax, 6.9, top, 5.0, 5.6)
    _rise(ax, 4.6, 5.6, 4.6, 6.5)
    ax.text(0.1, 2.9, "GMF", color=RUN, weight="bold")
    ax.text(9.3, 2.9, "MLP", color=PAPER, weight="bold")
    return ax


def _rise(ax, x, y, to_x, to_y, leave=0.27, arrive=0.27):
    """Draw an arrow from the top of one box to the bottom of another."""
    arrow(ax, x, y + leave, to_x, to_y - arrive)


def film_map(
    vectors: np.ndarray, films: pd.DataFrame, also: list[str], since: int = 1997
):
    """Draw the two principal components of film vectors; some of the outer films and a few more have numbers.

    Parameters
    ----------
    vectors : ndarray of shape (n_films, n_factors)
        The learnt vectors.
    films : DataFrame of n_films rows
        Columns ``title`` and ``year``.
    also : list of str
        The titles of at most eight films that get the first numbers wherever they lie.
    since : int
        Films from this year on are drawn with another marker.
    """
    centred = vectors - vectors.mean(axis=0)
    places = centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T
    titles = films["title"].to_numpy()
    new = (films["year"] >= since).fillna(False).to_numpy(dtype=bool)
    _, ax = plt.subplots(figsize=(WIDTH, 4.4))
    ax.scatter(*places[~new].T, color=RUN, s=14, alpha=0.6, label=f"before {since}")
    look = {"color": PAPER, "s": 20, "marker": "^", "alpha": 0.8}
    ax.scatter(*places[new].T, **look, label=f"{since} and later")
    others = [film for film in _outermost(places, 8) if titles[film] not in also]
    named = [int(np.flatnonzero(titles == title)[0]) for title in also] + others
    for number, film in enumerate(named[:8], start=1):
        outwards = 9 * places[film] / np.hypot(*places[film])
        look = {"ha": "center", "va": "center", "weight": "bold"}
        write(ax, f"{number}", places[film], outwards, **look)
        x, y = (0.0, 0.52)[(number - 1) // 4], -0.24 - 0.075 * ((number - 1) % 4)
        text = f"{number}  {titles[film]}"
        ax.text(x, y, text, transform=ax.transAxes, fontsize="small")
    ax.set(xlabel="first principal component", ylabel="second principal component")
    ax.margins(x=0.08, y=0.08)
    legend_above(ax, ncols=2)
    sns.despine(left=True)
    return ax


def _outermost(places, most):
    """Return the points farthest from the middle, without those too close to one that is taken."""
    room, taken = np.ptp(places, axis=0) * (0.2, 0.15), []
    for point in np.argsort(-np.hypot(*places.T)):
        if all((np.abs(places[point] - places[other]) > room).any() for other in taken):
            taken.append(point)
    return taken[:most]
