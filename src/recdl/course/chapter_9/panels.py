"""Chapter 9's panels: recommendations with their reasons, and three films that look at each other."""

import numpy as np
import pandas as pd

from recdl import baselines, toy
from recdl.course import newcomer
from recdl.course.panels import Panel, number
from recdl.interactions import Interactions

# Recommended to you, and why

FIRST, L2, TAU = [101, 104], 1, 2  # Airplane!, then Die Hard
ANA = 1
K, SHOWN = 50, 5  # neighbours of item-kNN; places of a list
METHODS = ["popularity", "item-kNN", "EASE", "fading EASE", "GMF"]
WIDTH, N_PASSES = 2, 5  # of GMF in the toy world


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


def catalogue() -> dict:
    """Return the toy world's films, how many people each two of them have in common, and a GMF of them."""
    ones = toy.as_matrix(toy.RATINGS).notna().to_numpy().astype(int)
    titles, gmf = toy.MOVIES["title"].tolist(), newcomer.gmf(ones, WIDTH, N_PASSES)
    return {"titles": titles, "gram": (ones.T @ ones).tolist(), "gmf": gmf}


def recommended(items: list[int], methods: list[str]) -> tuple[dict, str, pd.DataFrame]:
    """Return for a reader with these films of the toy world a panel's state, its caption and its table."""
    positives, films = Interactions(toy.RATINGS), catalogue()
    order, titles, gmf = np.argsort(positives.item_ids), films["titles"], films["gmf"]
    history = [toy.MOVIES["itemID"].tolist().index(item) for item in items]
    found = scores(matrices(positives, L2), positives.item_ids, items, TAU)
    found, columns = {name: values[order] for name, values in found.items()}, {}
    found["GMF"] = np.array(gmf["items"]) @ gmf["mean"]
    for name in methods:
        digits = 0 if name == "popularity" else 2
        shown = best(found[name], history)
        columns[name] = [f"{titles[i]} {number(found[name][i], digits)}" for i in shown]
    table = pd.DataFrame({"place": [str(i + 1) for i in range(len(shown))], **columns})
    state = films | {"history": history, "l2": L2, "tau": TAU, "k": K, "shown": SHOWN}
    yours = ", ".join(titles[i] for i in history)
    caption = f"Your films, the latest last: {yours}"
    return state | {"methods": methods}, caption, table


def live() -> Panel:
    """Return the panel that recommends films of the toy world to the reader."""
    state, caption, table = recommended(FIRST, METHODS)
    caption += f". λ = {L2}, τ = {TAU}, GMF after 0 steps"
    return Panel("Recommended to you, and why", state, caption, table)


def two_lists() -> Panel:
    """Return the panel of chapter 1: two methods, and Ana's films."""
    anas = toy.RATINGS[toy.RATINGS["userID"] == ANA].sort_values("timestamp")
    state, caption, table = recommended(anas["itemID"].tolist(), METHODS[:2])
    return Panel("Two lists, and why", state, caption, table)


# Three films look at each other

FILMS = ["E.T.", "Die Hard", "Fargo"]
VECTORS = [[2.0, 0.0], [0.0, 2.0], [2.0, 1.0]]
WIDTHS = [2, 8, 32, 128]
SEED = 42


def more_numbers(seed: int = SEED) -> list[np.ndarray]:
    """Return the further numbers of queries and of keys, two arrays (3, 126): random, of variance 1."""
    rng, reach = np.random.default_rng(seed), np.sqrt(3)
    shape = (len(FILMS), max(WIDTHS) - 2)
    return [rng.uniform(-reach, reach, shape) for _ in ("queries", "keys")]


def fits(vectors, width: int, *, divided: bool, seed: int = SEED) -> np.ndarray:
    """Return how well each query (row) fits each key (column).

    Both begin with the two numbers of the film. The further ones, up to `width`, differ between query and
    key, as learnt matrices would make them.
    """
    queries, keys = (
        np.hstack([vectors, more[:, : width - 2]]) for more in more_numbers(seed)
    )
    return queries @ keys.T / (np.sqrt(width) if divided else 1)


def weights(fit: np.ndarray, *, masked: bool) -> np.ndarray:
    """Return the softmax of each row; with the mask, a place sees itself and earlier ones only."""
    if masked:
        fit = np.where(np.tril(np.ones(fit.shape, dtype=bool)), fit, -np.inf)
    parts = np.exp(fit - fit.max(axis=1, keepdims=True))
    return parts / parts.sum(axis=1, keepdims=True)


def attention() -> Panel:
    """Return the panel in which readers move the vectors; it begins with the chapter's example."""
    found = weights(fits(VECTORS, 2, divided=True), masked=True)
    table = pd.DataFrame({"place": FILMS})
    for column, film in enumerate(FILMS):
        table[film] = [
            number(row[column]) if column <= place else "–"
            for place, row in enumerate(found)
        ]
    table["takes"] = [
        f"({number(a)}, {number(b)})" for a, b in found @ np.array(VECTORS)
    ]
    state = {"films": FILMS, "vectors": VECTORS, "width": 2, "widths": WIDTHS}
    state |= {"seed": SEED, "divided": True, "masked": True}
    caption = (
        "How much each place looks at each film: width 2, divided by √2, with the mask"
    )
    return Panel("Three films look at each other", state, caption, table)


PANELS = {"two_lists": two_lists, "live": live, "attention": attention}
SCRIPTS = {"two_lists": "live"}
