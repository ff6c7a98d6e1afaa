"""What the figures of all chapters share: the style, and a figure that several of them show.

The other figures stand in the chapters' folders, one function each. Captions and alternative texts stand in
the metadata of the cell that shows the figure. Colours are those of seaborn's colour-blind palette; every
figure can also be read in grey.
"""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

RUN, PAPER = sns.color_palette("colorblind")[:2]
GREY = "0.35"
WIDTH = 5.6  # inches; on a telephone the smallest label, "small", is then 9 pixels high
LOOKS = {"classical": (RUN, "o"), "deep": (PAPER, "D")}  # of a system, by its kind


def use_style():
    """Set fonts, grid and size for every figure of a notebook."""
    sns.set_theme(style="whitegrid", palette="colorblind", font_scale=1.05)
    plt.rcParams.update(
        {"figure.figsize": (WIDTH, 3.4), "figure.dpi": 120, "axes.titlesize": "medium"}
    )


# Parts of figures


def light(colour):
    """Return a colour mixed with white, to write on."""
    return tuple(0.3 * channel + 0.7 for channel in colour)


def write(ax, text: str, place, offset, **look):
    """Write a small text so many points away from a place."""
    look = {"fontsize": "small"} | look
    return ax.annotate(text, place, xytext=offset, textcoords="offset points", **look)


def legend_above(ax, x: float = 0.5, **options):
    """Put the legend above the axes, its middle at this share of their width."""
    place = {"loc": "lower center", "bbox_to_anchor": (x, 1.0)}
    ax.legend(**place, frameon=False, **options)


def box(ax, x, y, text: str, colour="white", pad: float = 0.35, **look):
    """Draw a small text in a box."""
    style = {"facecolor": colour, "edgecolor": GREY, "boxstyle": f"round,pad={pad}"}
    ax.text(x, y, text, ha="center", va="center", bbox=style | look, fontsize="small")


def arrow(ax, x, y, to_x, to_y, **look):
    """Draw an arrow."""
    style = {"arrowstyle": "-|>", "color": GREY, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (to_x, to_y), (x, y), arrowprops=style | look)


# A figure


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
    size = (WIDTH - 0.2, 0.9 + 0.32 * len(table))
    _, ax = plt.subplots(figsize=size, layout="constrained")
    for y, row in enumerate(table.itertuples()):
        colour, marker = LOOKS[row.kind]
        ax.plot([row.low, row.high], [y, y], color=colour, linewidth=2)
        ax.scatter(row.mean, y, color=colour, marker=marker, s=42, zorder=3)
        behind = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # hides the line
        write(ax, f"{row.mean:.3f}", (row.high, y), (5, 0), va="center", bbox=behind)
    handles = [
        ax.scatter([], [], color=colour, marker=marker, label=kind)
        for kind, (colour, marker) in LOOKS.items()
    ]
    if paper is not None:
        handles.append(ax.axvline(paper, color=GREY, linestyle="--", zorder=0))
        handles[-1].set_label("the paper")
    legend_above(ax, 0.2, handles=handles, ncols=3)
    ax.set_yticks(range(len(table)), table.index)
    ax.set(xlabel="NDCG@10 and\n95 % interval over users")
    ax.margins(x=0.09)
    ax.grid(axis="y", visible=False)
    sns.despine(left=True)
    return ax
