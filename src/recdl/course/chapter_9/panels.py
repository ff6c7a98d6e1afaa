"""Chapter 9's panel: three films that look at each other, as in the chapter's example by hand."""

import numpy as np
import pandas as pd

from recdl.course.panels import Panel, number

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


PANELS = {"attention": attention}
