"""Figures of chapter 8."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from recdl.course.figures import LOOKS, WIDTH, legend_above, write


def scattered(table: pd.DataFrame, x: str, xlabel: str, *, log: bool = False):
    """Draw NDCG@10 against another property of each system, each point with its name.

    Parameters
    ----------
    table : DataFrame
        Index: the system. Columns ``kind, mean`` and `x`.
    """
    _, ax = plt.subplots(figsize=(WIDTH, 4.2))
    for kind, (colour, marker) in LOOKS.items():
        rows = table[table["kind"] == kind]
        ax.scatter(rows[x], rows["mean"], color=colour, marker=marker, s=42, label=kind)
    if log:
        ax.set_xscale("log")
    ax.margins(x=0.25, y=0.1)
    _names(ax, table.index, table[x].to_numpy(), table["mean"].to_numpy())
    ax.set(xlabel=xlabel, ylabel="NDCG@10")
    legend_above(ax, ncols=2)
    sns.despine(left=True)
    return ax


def _names(ax, names, x, y):
    # Each name goes to the first of four corners in which it covers no other name and no point.
    figure = ax.figure
    figure.canvas.draw()
    points = ax.transData.transform(np.column_stack([x, y]))
    taken = []
    corners = ((7, 0), "left", "center"), ((-7, 0), "right", "center")
    corners += ((0, 8), "center", "bottom"), ((0, -8), "center", "top")
    for name, place in zip(names, zip(x, y, strict=True), strict=True):
        for offset, ha, va in corners:
            text = write(ax, name, place, offset, ha=ha, va=va)
            box = text.get_window_extent()
            free = not any(box.overlaps(other) for other in taken)
            if free and not any(box.contains(*point) for point in points):
                break
            if offset != corners[-1][0]:
                text.remove()
        taken.append(box)


def sampled_curves(curves: pd.DataFrame, base: str):
    """Draw HR@10 of several systems, divided by that of one of them, by the number of sampled negatives.

    Parameters
    ----------
    curves : DataFrame
        Index: the number of negatives, the last row being all candidates. A column for each system.
    base : str
        The system whose line is 1.
    """
    _, ax = plt.subplots(figsize=(WIDTH, 4.2))
    lines = "o-", "s--", "D-.", "^:", "v-", "P--"
    looks = zip(lines, sns.color_palette("colorblind"), strict=False)
    for name, (line, colour) in zip(curves, looks, strict=False):
        share = curves[name] / curves[base]
        ax.plot(curves.index, share, line, color=colour, label=name)
    ax.set_xscale("log")
    ax.set_xticks(curves.index, [*map(str, curves.index[:-1]), "all"])
    ax.minorticks_off()
    ax.set(xlabel="sampled negatives (logarithmic)")
    ax.set(ylabel=f"HR@10, divided by that of {base}")
    legend_above(ax, ncols=2)
    sns.despine(left=True)
    return ax
