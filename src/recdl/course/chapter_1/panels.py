"""Chapter 1's panel: the toy table of ones and zeros, and what six methods make of it for Ana."""

import numpy as np
import pandas as pd

from recdl import toy
from recdl.course.panels import Panel, number

N_NEIGHBOURS, STEP, N_PASSES, SEED = 3, 0.02, 2000, 42  # as in the chapter
LEAST = 0.005  # a score below it shows as 0.00: the method has nothing to say
EQUAL = 1e-9


def rated() -> np.ndarray:
    """Return the toy table: 1 where a person (row) rated a film (column), Ana's row first."""
    return toy.as_matrix(toy.RATINGS).notna().to_numpy(int)


def genres() -> np.ndarray:
    """Return a row of ones and zeros for each film."""
    return toy.MOVIES["genres"].str.get_dummies().to_numpy(int)


def cosines(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the cosine of each row of whole numbers with each of the others; 0 for a row of zeros."""
    squares = np.outer((rows**2).sum(axis=1), (others**2).sum(axis=1))
    return np.divide(
        rows @ others.T,
        np.sqrt(squares),
        out=np.zeros(squares.shape),
        where=squares > 0,
    )


def start() -> tuple[list, list]:
    """Return the chapter's first numbers: two for each person and two for each film."""
    rng = np.random.default_rng(SEED)
    tables = [rng.normal(scale=0.1, size=(n, 2)) for n in rated().shape]
    return tables[0].tolist(), tables[1].tolist()


def products(table) -> list:
    """Return the products of Ana's learnt numbers with those of each film.

    A cell of `table` is a number, or an array with the cells of many tables, which are learnt at once.
    """
    people, films = start()
    for _ in range(N_PASSES):
        for u, person in enumerate(people):
            for i, film in enumerate(films):
                error = table[u][i] - (person[0] * film[0] + person[1] * film[1])
                for f in (0, 1):
                    old = person[f]
                    person[f] = old + STEP * error * film[f]
                    film[f] = film[f] + STEP * error * old
    ana = people[0]
    return [ana[0] * film[0] + ana[1] * film[1] for film in films]


def scores(table: np.ndarray, learnt=None) -> dict[str, np.ndarray]:
    """Return by method Ana's scores of all films; `learnt` are the `products`, if they are known."""
    ana, others = table[0], table[1:]
    alike = cosines(table[:1], others)[0]
    nearest = np.argsort(-alike, kind="stable")[:N_NEIGHBOURS]
    found = {
        "popularity": table.sum(axis=0).astype(float),
        "content-based": cosines(ana[None] @ genres(), genres())[0],
        "user-kNN": alike[nearest] @ others[nearest],
        "item-kNN": cosines(table.T, table.T) @ ana,
        "matrix factorisation": np.array(
            products(table.tolist()) if learnt is None else learnt
        ),
    }
    if not ana.any():  # the latent factors of somebody without films are noise
        found["matrix factorisation"] = np.zeros(len(ana))
    halves = [found[name] for name in ("content-based", "item-kNN")]
    best = [half[ana == 0].max(initial=0) or 1 for half in halves]
    found["hybrid"] = 0.5 * halves[0] / best[0] + 0.5 * halves[1] / best[1]
    return found


def answer(table: np.ndarray, score: np.ndarray) -> list[int]:
    """Return the films, by column, with the best score among those that Ana has not; none if it is 0.00."""
    left = np.flatnonzero(table[0] == 0)
    best = score[left].max(initial=0)
    return [int(i) for i in left if score[i] >= best - EQUAL] if best >= LEAST else []


def toy_table() -> Panel:
    """Return the panel in which readers change the table and see all methods answer."""
    table, titles = rated(), toy.MOVIES["title"].tolist()
    people, films = start()
    rows = [
        {
            "method": name,
            "for Ana": " = ".join(titles[i] for i in answer(table, score)),
            "scores": ", ".join(
                f"{titles[i]} {number(score[i])}" for i in np.flatnonzero(table[0] == 0)
            ),
        }
        for name, score in scores(table).items()
    ]
    state = {"people": list(toy.USERS.values()), "films": titles}
    state |= {"rated": table.tolist(), "genres": genres().tolist()}
    state |= {"start": [people, films], "step": STEP, "passes": N_PASSES}
    state |= {"neighbours": N_NEIGHBOURS}
    caption = f"What six methods recommend to Ana, with {table.sum()} ones in the table"
    return Panel("The toy table", state, caption, pd.DataFrame(rows))


PANELS = {"toy_table": toy_table}
