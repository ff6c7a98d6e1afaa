"""The figures of chapter 4: who rates what, when, and where the data are cut.

They are narrow, so that their labels can still be read on a telephone.
"""

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from recdl import toy
from recdl.course.figures import GREY, PAPER, RUN, WIDTH, legend_above, write

DAY = 86_400


def users(ratings: pd.DataFrame, marked: tuple[int, ...] = ()):
    """Draw how many films each user rated, and how many stars each gave on average.

    Parameters
    ----------
    ratings : DataFrame
        Columns ``userID`` and ``rating``.
    marked : tuple of int
        Users whose own values are marked by lines.
    """
    table = ratings.groupby("userID")["rating"].agg(["size", "mean"])
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 3.2), sharey=False)
    sns.histplot(table["size"], log_scale=True, bins=24, color=RUN, ax=axes[0])
    sns.histplot(table["mean"], binwidth=0.2, color=RUN, ax=axes[1])
    axes[0].set_xticks([20, 60, 200, 600], ["20", "60", "200", "600"])
    axes[0].minorticks_off()
    axes[0].set(xlabel="ratings of a user", ylabel="number of users")
    axes[1].set(xlabel="mean rating (stars)", ylabel="")
    for ax, column in zip(axes, table, strict=True):
        for user, style in zip(marked, ("--", ":", "-."), strict=False):
            value = table.loc[user, column]
            ax.axvline(value, color="black", linestyle=style, label=f"user {user}")
    sns.despine(left=True)
    figure.tight_layout()
    if marked:
        legend_above(axes[0], x=1.1, ncols=len(marked))
    return axes


def films(ratings: pd.DataFrame):
    """Draw each film by the number and the mean of its ratings."""
    table = ratings.groupby("itemID")["rating"].agg(["size", "mean"])
    _, ax = plt.subplots(figsize=(WIDTH, 3.8))
    sns.scatterplot(
        table, x="size", y="mean", color=RUN, s=18, alpha=0.45, linewidth=0, ax=ax
    )
    mean = ratings["rating"].mean()
    ax.axhline(mean, color="black", linestyle="--", label="mean of all ratings")
    legend_above(ax)
    ax.set_xscale("log")
    ax.set_xticks([1, 3, 10, 30, 100, 300], ["1", "3", "10", "30", "100", "300"])
    ax.minorticks_off()
    ax.set(xlabel="number of ratings of a film", ylabel="mean rating (stars)")
    sns.despine(left=True)
    return ax


def genres(ratings: pd.DataFrame, movies: pd.DataFrame):
    """Draw for each genre its share of the films and its share of the ratings.

    Parameters
    ----------
    ratings : DataFrame
        Column ``itemID``.
    movies : DataFrame
        Columns ``itemID`` and ``genres``, such as "Action|Comedy": a film counts in each of its genres.
    """
    of_film = movies.set_index("itemID")["genres"].str.get_dummies()
    of_film = of_film.drop(columns="unknown", errors="ignore")
    shares = pd.DataFrame(
        {"films": of_film.mean(), "ratings": of_film.loc[ratings["itemID"]].mean()}
    ).sort_values("ratings")
    _, ax = plt.subplots(figsize=(WIDTH - 0.5, 4.8), layout="constrained")
    ax.hlines(shares.index, shares["films"], shares["ratings"], color="0.7", zorder=1)
    looks = {
        "films": {"facecolor": "white", "edgecolor": PAPER, "marker": "s"},
        "ratings": {"facecolor": RUN, "edgecolor": RUN, "marker": "o"},
    }
    for column, look in looks.items():
        ax.scatter(
            shares[column], shares.index, s=45, zorder=2, label=f"share of the {column}",
            **look,
        )  # fmt: skip
    ax.set(xlabel="share (a film can have several genres)", xlim=(0, None))
    ax.xaxis.set_major_formatter("{x:.0%}")
    ax.tick_params(axis="y", labelsize="small")
    ax.legend(loc="lower right")
    sns.despine(left=True)
    return ax


def rating_counts(ratings: pd.DataFrame):
    """Draw how often each rating from 1 to 5 was given."""
    _, ax = plt.subplots()
    sns.countplot(x=ratings["rating"].astype(int), color=RUN, ax=ax)
    ax.bar_label(ax.containers[0], fmt="{:,.0f}")
    ax.set(xlabel="rating (stars)", ylabel="number of ratings")
    sns.despine(left=True)
    return ax


def weeks(ratings: pd.DataFrame):
    """Draw the number of ratings week by week, split into a user's first day and all later days."""
    started = ratings.groupby("userID")["timestamp"].transform("min")
    first_day = ratings["timestamp"] - started < DAY
    table = pd.DataFrame(
        {
            "date": pd.to_datetime(ratings["timestamp"], unit="s"),
            "given": np.where(first_day, "on the user's first day", "later"),
        }
    )
    _, ax = plt.subplots()
    sns.histplot(
        table, x="date", hue="given", hue_order=["later", "on the user's first day"],
        palette=[PAPER, RUN], multiple="stack", binwidth=7, alpha=0.9, ax=ax,
    )  # fmt: skip
    for bar in ax.containers[1]:  # told apart in grey too
        bar.set_hatch("//")
    ax.get_legend().legend_handles[0].set_hatch("//")
    sns.move_legend(
        ax, "lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, title="", frameon=False
    )
    ax.set(xlabel="", ylabel="ratings in a week")
    _months(ax)
    ax.yaxis.set_major_formatter("{x:,.0f}")
    sns.despine(left=True)
    return ax


def _months(ax):
    """Write the months below an axis of dates, short enough for a narrow figure."""
    ax.xaxis.set_major_locator(mdates.MonthLocator())
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%b\n%Y"))
    ax.tick_params(axis="x", labelsize="small")


def activity(ratings: pd.DataFrame):
    """Draw how long each user was active: the time between the first and the last rating."""
    times = ratings.groupby("userID")["timestamp"]
    days = (times.max() - times.min()) / DAY
    edges = [0, 1 / 24, 1, 7, 30, np.inf]
    names = ["under an hour", "under a day", "under a week", "under 30 days", "longer"]
    share = pd.cut(
        days, edges, labels=names, include_lowest=True, right=False
    ).value_counts(normalize=True)
    _, ax = plt.subplots(figsize=(WIDTH - 0.8, 3.0))
    sns.barplot(x=share.reindex(names), y=names, color=RUN, ax=ax)
    ax.bar_label(ax.containers[0], fmt="{:.0%}", padding=3)
    ax.set(xlabel="share of users", ylabel="first to last rating", xlim=(0, 0.62))
    ax.xaxis.set_major_formatter("{x:.0%}")
    sns.despine(left=True)
    return ax


def agreement(real: np.ndarray, shuffled: np.ndarray):
    """Draw how often users rated pairs of films in the same order, and how often with orders drawn by lot."""
    bins = np.linspace(0.5, 1.0, 26)
    _, ax = plt.subplots()
    sns.histplot(
        real, bins=bins, stat="percent", color=RUN, ax=ax, label="as it happened"
    )
    sns.histplot(
        shuffled, bins=bins, stat="percent", element="step", fill=False, color=PAPER,
        linestyle="--", linewidth=2, ax=ax, label="each user's order drawn by lot",
    )  # fmt: skip
    ax.set(
        xlabel="share of users who rated the two films\nin the more frequent order",
        ylabel="pairs of films",
    )
    ax.xaxis.set_major_formatter("{x:.0%}")
    ax.yaxis.set_major_formatter("{x:.0f} %")
    ax.legend()
    sns.despine(left=True)
    return ax


def toy_split(train: pd.DataFrame, test: pd.DataFrame):
    """Draw the ratings of the toy world on a line of time for each person: training filled, test hollow."""
    titles = toy.MOVIES.set_index("itemID")["title"]
    parts = pd.concat([train.assign(part="train"), test.assign(part="test")])
    tied = parts.duplicated(["userID", "timestamp"], keep=False)
    parts = parts.sort_values(["userID", "timestamp"], kind="stable")
    gap = parts.groupby("userID")["timestamp"].diff()
    below = gap.le(12)  # no room beside the title before
    _, ax = plt.subplots(figsize=(WIDTH, 4.6))
    ax.hlines(list(toy.USERS), 97, 198, color="0.85", zorder=1)
    for row in parts.itertuples():
        is_train = row.part == "train"
        shift = (-0.13 if is_train else 0.13) if tied[row.Index] else 0
        ax.scatter(
            row.timestamp, row.userID + shift, s=55, zorder=2,
            marker="o" if is_train else "s", edgecolor=RUN if is_train else PAPER,
            facecolor=RUN if is_train else "white", linewidth=1.8,
        )  # fmt: skip
        up, va = (-7, "top") if below[row.Index] else (7, "bottom")
        place = row.timestamp, row.userID + shift
        write(ax, titles[row.itemID], place, (0, up), ha="center", va=va)
    ax.scatter([], [], s=55, marker="o", facecolor=RUN, edgecolor=RUN, label="training")
    ax.scatter(
        [], [], s=55, marker="s", facecolor="white", edgecolor=PAPER, label="test"
    )
    ax.set_yticks(list(toy.USERS), list(toy.USERS.values()))
    ax.set(xlabel="time (seconds)", ylim=(5.7, 0.3), xlim=(93, 202))
    ax.grid(visible=False)
    legend_above(ax, ncols=2)
    sns.despine(left=True)
    return ax


def calendar(split, moment: int, name: str, n_users: int = 36):
    """Draw the training and test ratings of some users on one calendar, and mark a moment.

    Parameters
    ----------
    split : recdl.splits.Split
        Training and test ratings.
    moment : int
        A timestamp; what lies right of it had not happened yet.
    name : str
        What happened at that moment.
    n_users : int
        So many users are drawn, evenly taken from all, sorted by their first rating.
    """
    first = split.train.groupby("userID")["timestamp"].min().sort_values(kind="stable")
    chosen = first.index[np.linspace(0, len(first) - 1, n_users).astype(int)]
    place = pd.Series(np.arange(n_users), index=chosen)
    _, ax = plt.subplots(figsize=(WIDTH, 3.9))
    looks = (("training", RUN, "o", 0), ("test", PAPER, "^", 0.5))
    for (label, colour, marker, up), part in zip(looks, split, strict=True):
        part = part[part["userID"].isin(chosen)]
        ax.scatter(
            pd.to_datetime(part["timestamp"], unit="s"), part["userID"].map(place) + up,
            color=colour, marker=marker, s=16, linewidth=0, label=label,
        )  # fmt: skip
    moment = pd.to_datetime(moment, unit="s")
    ax.axvline(moment, color="black", linestyle="--")
    text = f"{name}:\nall to the right is still to come"
    ax.grid(axis="x", visible=False)  # its lines would cross the text
    write(ax, text, (moment, n_users - 1), (-6, -2), ha="right", va="top")
    ax.set(ylabel=f"{n_users} users, by first rating", yticks=[], xlabel="")
    _months(ax)
    legend_above(ax, ncols=2)
    sns.despine(left=True)
    return ax


def leak(curves: dict[str, pd.Series], popularity: float, best: float):
    """Draw the precision of a rule that reads nothing but the negatives, over the epochs.

    Parameters
    ----------
    curves : dict of Series
        From a name to Precision@10 by epoch.
    popularity, best : float
        The Precision@10 of popularity, and the highest one possible.
    """
    _, ax = plt.subplots(figsize=(WIDTH, 3.6))
    looks = (PAPER, "^-"), (RUN, "o--")
    for (name, curve), (colour, line) in zip(curves.items(), looks, strict=True):
        ax.plot(curve.index, curve, line, color=colour, label=name)
    for value, name in ((popularity, "popularity"), (best, "best possible")):
        ax.axhline(value, color=GREY, linestyle=":")
        write(ax, name, (curve.index[-1], value), (0, 3), ha="right", color=GREY)
    ax.set(xlabel="epochs of negatives seen", ylabel="Precision@10", ylim=(0, 1))
    ax.legend(loc="upper left", bbox_to_anchor=(0.02, 0.85))
    sns.despine(left=True)
    return ax
