"""Chapter 9's panel: recommendations for the reader, from one matrix, each with its reasons."""

import numpy as np
import pandas as pd

from recdl import baselines, toy
from recdl.course.panels import Panel, number
from recdl.interactions import Interactions

FIRST, L2, TAU = [101, 104], 1, 2  # Airplane!, then Die Hard
K, SHOWN = 50, 5  # neighbours of item-kNN; places of a list


def history_weights(items: list, item_ids: np.ndarray, tau: float) -> np.ndarray:
    """Return how much each film of the catalogue counts for a reader with these films, the latest last."""
    row = np.zeros(len(item_ids))
    if items:
        table = pd.DataFrame({"userID": 0, "itemID": items})
        mine = Interactions(table, in_time_order=True)
        place = {item: position for position, item in enumerate(item_ids)}
        row[[place[i] for i in items]] = baselines.recency_weights(mine, tau)
    return row


def matrices(positives: Interactions, l2: float) -> dict[str, np.ndarray]:
    """Return by method what film i (row) adds to film j (column); of popularity its scores."""
    ease = baselines.EASE(positives, l2).item_to_item
    return {
        "popularity": baselines.Popularity(positives).scores([0])[0],
        "item-kNN": baselines.ItemKNN(positives, K).item_to_item,
        "EASE": ease,
        "fading EASE": ease,
    }


def scores(made: dict, item_ids: np.ndarray, items: list, tau: float):
    """Return by method the scores of all films for a reader with these, from `matrices`."""
    plain, fading = (history_weights(items, item_ids, t) for t in (np.inf, tau))
    rows = {"item-kNN": plain, "EASE": plain, "fading EASE": fading}
    sums = {name: row @ made[name] for name, row in rows.items()}
    return {"popularity": made["popularity"]} | sums


def best(values: np.ndarray, seen: list[int]) -> list[int]:
    """Return the best films that are left, by position; of equal ones the first in the catalogue."""
    order = np.argsort(-values.round(9), kind="stable")
    return [int(i) for i in order if i not in seen][:SHOWN]


def catalogue() -> tuple[list[str], np.ndarray]:
    """Return the toy world's films, and how many people each two of them have in common."""
    positives = Interactions(toy.RATINGS)
    order = np.argsort(positives.item_ids)
    gram = baselines.common_users(positives).toarray()[np.ix_(order, order)]
    return toy.MOVIES["title"].tolist(), gram


def live() -> Panel:
    """Return the panel that recommends films of the toy world to the reader."""
    positives, (titles, gram) = Interactions(toy.RATINGS), catalogue()
    order = np.argsort(positives.item_ids)
    history = [toy.MOVIES["itemID"].tolist().index(item) for item in FIRST]
    made, columns = matrices(positives, L2), {}
    for name, values in scores(made, positives.item_ids, FIRST, TAU).items():
        digits, values = 0 if name == "popularity" else 2, values[order]
        shown = best(values, history)
        columns[name] = [f"{titles[i]} {number(values[i], digits)}" for i in shown]
    table = pd.DataFrame({"place": [str(i + 1) for i in range(len(shown))], **columns})
    state = {"titles": titles, "gram": gram.astype(int).tolist(), "history": history}
    state |= {"l2": L2, "tau": TAU, "k": K, "shown": SHOWN}
    films = ", ".join(titles[i] for i in history)
    caption = f"Your films, the latest last: {films}. λ = {L2}, τ = {TAU}"
    return Panel("Recommended to you, and why", state, caption, table)


PANELS = {"live": live}
