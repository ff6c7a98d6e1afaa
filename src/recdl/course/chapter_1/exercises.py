"""The exercises of chapter 1."""

import functools

import numpy as np

from recdl import interactions, movielens, splits, toy
from recdl.course.exercises import But, Exercise

N_NEIGHBOURS = 50
LIKED = [1, 50]  # Toy Story, Star Wars


# 1.1 and 1.2: the toy world

RATED = toy.as_matrix(toy.RATINGS).notna().astype(int)
GENRES = toy.MOVIES.set_index("title")["genres"].str.get_dummies()
BEN, EVA = RATED.loc["Ben"], RATED.loc["Eva"]
BOTH = int((BEN & EVA).sum())
CHLOE, BRAZIL = (RATED @ GENRES).loc["Chloe"], GENRES.loc["Brazil"]


def _cosine(a, b):
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


# 1.3 and 1.4: MovieLens


@functools.cache
def _train():
    return splits.course_split(movielens.load_ratings()).train


@functools.cache
def _stars():
    return _train().groupby("itemID")["rating"].agg(["sum", "count", "mean"])


def _best(values, n=5):
    return values.nlargest(n).index.tolist()


def _damped(extra=10, star=None, worst_first=False):
    stars, star = _stars(), _train()["rating"].mean() if star is None else star
    best = _best((stars["sum"] + extra * star) / (stars["count"] + extra))
    return best[::-1] if worst_first else best


@functools.cache
def _visitor_scores():
    """Return item identifiers, and by name the scores of right and wrong matrices for the visitor."""
    positives = interactions.Interactions(_train())
    rated = np.zeros((positives.n_users, positives.n_items))
    rated[positives.users, positives.items] = 1
    columns = rated / np.linalg.norm(rated, axis=0)
    alike = columns.T @ columns
    np.fill_diagonal(alike, 0)
    kth = np.sort(alike, axis=1)[:, [-N_NEIGHBOURS]]
    nearest = np.where(alike >= kth, alike, 0)
    visitor = np.isin(positives.item_ids, LIKED).astype(float)
    return positives.item_ids, {
        "right": nearest @ visitor,
        "all": alike @ visitor,
        "with itself": alike @ visitor + visitor,
    }


def _visitor(kind="right", known_too=False, worst=False):
    items, scores = _visitor_scores()
    scores = scores[kind].copy()
    if not known_too:
        scores[np.isin(items, LIKED)] = np.inf if worst else -np.inf
    order = np.argsort(scores if worst else -scores, kind="stable")
    return items[order[:10]]


EXERCISES = [
    Exercise("1.1", "a number between 0 and 1, to three decimals", _cosine(BEN, EVA), {
        BOTH: "That is the number of films in common. Divide it by the two lengths, which are square roots.",
        BOTH / (3 * 5): "The length of a row is a square root: of 3 for Ben, of 5 for Eva.",
        BOTH / int((BEN | EVA).sum()):
            "That is the films in common divided by all films that either of them rated (the Jaccard "
            "similarity). The cosine divides by the product of two lengths.",
        BOTH / 3:
            "That is the share of Ben's films that Eva has rated. The cosine is the same seen from both "
            "sides.",
        BOTH / 5:
            "That is the share of Eva's films that Ben has rated. The cosine is the same seen from both "
            "sides.",
    }),
    Exercise("1.2", "a number between 0 and 1, to three decimals", _cosine(CHLOE, BRAZIL), {
        CHLOE @ BRAZIL: "That is the inner product. Divide it by both lengths.",
        1 / np.linalg.norm(CHLOE): "You divided by Chloe's length only; the film's row has a length too.",
        1 / np.linalg.norm(BRAZIL):
            "You divided by the film's length only; Chloe's profile has a length too.",
        1 / (4 * 2): "You divided by the numbers of genres, 4 and 2. The lengths are their square roots.",
    }),
    Exercise("1.3", "a list of five itemIDs, the best first", _damped, {
        (lambda: _best(_stars()["mean"])):
            "These are the films with the highest plain mean; a single rating is enough for the first "
            "place. Add ten pretended ratings to each film.",
        But(star=0):
            "You divided by ten ratings more, but their stars are missing from the sum: add ten times "
            "the mean of all training ratings.",
        (lambda: _best(_stars()["count"])): "These are the most rated films. Look at their stars, too.",
        But(worst_first=True): "The right five in another order: the best comes first.",
    }),
    Exercise("1.4", "a list of ten itemIDs, the best first", _visitor, {
        But("with itself", known_too=True):
            "The two films that the visitor named lead your list: in item_similarity every film is most like "
            "itself. Use item_neighbours, and give the two the score -inf before you sort.",
        (lambda: np.sort(_visitor())):
            "The right ten films, but sorted by itemID: the order of the ranking is lost.",
        (lambda: _visitor()[::-1]): "The right ten films, the best last: np.argsort sorts upwards.",
        But(worst=True): "These are the ten worst: np.argsort sorts upwards. Sort the negative scores.",
        (lambda: _best(_stars()["count"].drop(index=LIKED), 10)):
            "These are the ten most rated films. Use the neighbours of the two films that the visitor named.",
        But("all"):
            "These come from all similarities, or from item_neighbours the wrong way round. Each of its rows "
            "belongs to a candidate and keeps 50: `visitor @ item_neighbours.T`.",
    }),
    Exercise("1.5", "one of the letters A, B, C and D", "C", {
        "A": "Whom would user-kNN compare? Most visitors are not logged in, and an article is old before "
             "many have read it.",
        "B": "What does a model of last Sunday know about an article of Monday?",
        "D": "Popularity is a good start for unknown visitors. But of all time, on a news site?",
    }),
]  # fmt: skip
