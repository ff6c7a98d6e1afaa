"""Chapter 6's panel: a list of the toy world in any order, and four metrics with their terms."""

from itertools import count

import numpy as np
import pandas as pd

from recdl import evaluation, splits, toy
from recdl.course.panels import Panel, number

FIRST, K = "Chloe", 2  # one hit, and it is not in the first place
METRICS = {
    "Precision": evaluation.precision,
    "Recall": evaluation.recall,
    "average precision": evaluation.average_precision,
    "NDCG": evaluation.ndcg,
}


def lists() -> dict[str, list[dict]]:
    """Return each person's candidates, the highest prediction first, and which of them are relevant."""
    test = splits.drop_unseen(splits.chronological_split(toy.RATINGS, ratio=0.5)).test
    pairs = set(zip(test["userID"], test["itemID"], strict=True))
    titles = toy.MOVIES.set_index("itemID")["title"]
    best_first = toy.PREDICTIONS.sort_values("prediction", ascending=False)
    return {
        toy.USERS[user]: [
            {"title": titles[item], "relevant": (user, item) in pairs}
            for item in films["itemID"]
        ]
        for user, films in best_first.groupby("userID")
    }


def values(hit: list[bool], n_relevant: int, k: int) -> dict[str, float]:
    """Return the metrics of one list at k; they are NaN if nothing is relevant."""
    places = (list(hit) + [False] * k)[:k]
    row, n = np.array([places]), np.array([n_relevant])
    return {name: float(metric(row, n)[0]) for name, metric in METRICS.items()}


def terms(hit: list[bool], n_relevant: int, k: int) -> dict[str, str]:
    """Return how each metric of a list at k is computed, with its numbers."""
    ranks = [rank for rank, is_hit in enumerate(hit[:k], start=1) if is_hit]
    noted = [f"{n}/{rank}" for n, rank in zip(count(1), ranks, strict=False)]
    gains = [_gain(rank) for rank in ranks]
    best = [_gain(rank) for rank in range(1, min(k, n_relevant) + 1)]
    return {
        "Precision": f"{len(ranks)} / {k}",
        "Recall": f"{len(ranks)} / {n_relevant}",
        "average precision": f"{_sum(noted)} / {n_relevant}",
        "NDCG": f"{_sum(gains)} / {_sum(best)}",
    }


def _gain(rank):
    return number(1 / np.log2(rank + 1), 3) if rank > 1 else "1"


def _sum(parts):
    text = " + ".join(parts) or "0"
    return f"({text})" if len(parts) > 1 or "/" in text else text


def metrics() -> Panel:
    """Return the panel in which readers order a list; it begins with one of the chapter's lists."""
    films = lists()[FIRST]
    hit = [film["relevant"] for film in films]
    value, how = values(hit, sum(hit), K), terms(hit, sum(hit), K)
    table = pd.DataFrame(
        {
            "metric": list(value),
            "how": how.values(),
            "value": [number(v, 3) for v in value.values()],
        }
    )
    marked = [f["title"] + (" ✓" if f["relevant"] else "") for f in films]
    shown, rest = ", ".join(marked[:K]), ", ".join(marked[K:])
    return Panel(
        "A list in any order",
        {"lists": lists(), "person": FIRST, "k": K},
        f"{FIRST}, k = {K}. Shown: {shown}. Not shown: {rest}.",
        table,
    )


PANELS = {"metrics": metrics}
