"""Exercises of chapter 6: metrics by hand and in code, limits, a baseline, a comparison."""

import functools

import numpy as np

from recdl import evaluation, interactions, movielens, ranking, splits, toy
from recdl.course.exercises import Exercise

ANA = 1


def _toy_hits(k):
    """Return the lists of k in the toy world as tables of hits, with the number of relevant films."""
    split = splits.drop_unseen(splits.chronological_split(toy.RATINGS, ratio=0.5))
    positives = interactions.Interactions(split.train)
    table = toy.PREDICTIONS.pivot(
        index="userID", columns="itemID", values="prediction"
    ).loc[positives.user_ids, positives.item_ids]
    scores = table.fillna(0).to_numpy()
    relevant = evaluation.Relevant(split.test, positives)
    top = ranking.top_k(lambda users: scores[users], positives, k)
    return positives, evaluation.hits(top, relevant), relevant.n_relevant


def four_metrics_of_ana(k):
    """Return Ana's Precision, Recall, AP and NDCG at k."""
    positives, hit, n_relevant = _toy_hits(k)
    ana = [positives.user_position(ANA)]
    metrics = (
        evaluation.precision,
        evaluation.recall,
        evaluation.average_precision,
        evaluation.ndcg,
    )
    return np.array([metric(hit[ana], n_relevant[ana])[0] for metric in metrics])


def _ana_with(place, value):
    """Return Ana's four metrics with a wrong one."""
    wrong = four_metrics_of_ana(3)
    wrong[place] = value(wrong[place])
    return wrong


GAINS = 1 / np.log2(1 + np.arange(1, 4))


def _ideal_of_three_hits(ndcg):
    return ndcg * GAINS[:2].sum() / GAINS.sum()


def best_in_the_toy_world(k, *, count_ben=False):
    """Return the best possible Precision, Recall and MAP of lists of k in the toy world."""
    _, _, n_relevant = _toy_hits(k)
    n = n_relevant[n_relevant > 0]
    m = np.minimum(n, k)
    n_people = len(n_relevant) if count_ben else len(n)
    return np.array([(m / k).sum(), (m / n).sum(), (m / n).sum()]) / n_people


def _best_map_of_one():
    best = best_in_the_toy_world(2)
    best[2] = 1
    return best


def ndcg_of(
    places, n_relevant, k, *, discount=np.log2, ideal=min, normalised=True, cut=True
):
    """Return NDCG@k of one ranking, from the ranks of its hits."""
    dcg = sum(1 / discount(1 + place) for place in places if place <= k or not cut)
    best = sum(1 / discount(1 + place) for place in range(1, ideal(n_relevant, k) + 1))
    return dcg / best if normalised else dcg


def _ndcg_with(**mistake):
    return lambda: functools.partial(ndcg_of, **mistake)


RANKINGS = [
    ([1, 3], 4, 3),
    ([2], 1, 10),
    ([1, 2, 3], 12, 3),
    ([4, 12], 5, 10),
    ([], 2, 5),
]


@functools.cache
def _world():
    split = splits.course_split(movielens.load_ratings())
    return split, interactions.Interactions(split.train)


@functools.cache
def ndcg_by_stars(how="mean"):
    """Return the NDCG@10 of films sorted by a statistic of their stars in the training part."""
    split, positives = _world()
    stars = split.train.groupby("itemID")["rating"].agg(how).loc[positives.item_ids]
    scores = np.tile(stars.to_numpy(dtype=float), (positives.n_users, 1))
    top = ranking.top_k(lambda users: scores[users], positives, 10)
    relevant = evaluation.Relevant(split.test, positives)
    return evaluation.evaluate(top, relevant)["ndcg_at_10"].mean()


EXERCISES = [
    Exercise(
        number="6.1",
        wanted="a list of four numbers: Precision@3, Recall@3, AP and NDCG@3 of Ana",
        answer=lambda: four_metrics_of_ana(3),
        mistakes={
            "These are the values for k = 2. Casablanca is in the list now.": lambda: (
                four_metrics_of_ana(2)
            ),
            "The other three are right. AP is divided by the number of relevant films, not by k.": lambda: (
                _ana_with(2, lambda ap: ap * 2 / 3)
            ),
            "AP adds up the precision at the places of the *hits* only. The second place has none.": lambda: (
                _ana_with(2, lambda ap: ap + 1 / 2 / 2)
            ),
            "Your last number is the DCG. Divide it by the DCG of the best possible list.": lambda: (
                _ana_with(3, lambda ndcg: ndcg * GAINS[:2].sum())
            ),
            "The best possible list of Ana has two hits, not three: she has two relevant films.": lambda: (
                _ana_with(3, _ideal_of_three_hits)
            ),
        },
    ),
    Exercise(
        number="6.2",
        wanted="a list of three numbers: the best possible Precision@2, Recall@2 and MAP",
        answer=lambda: best_in_the_toy_world(2),
        mistakes={
            "A perfect list is not always worth 1. How many hits can Chloe have in two places?": lambda: (
                np.ones(3)
            ),
            "Ben has no relevant film. He is left out: divide by four people.": lambda: (
                best_in_the_toy_world(2, count_ben=True)
            ),
            "The first two are right. AP is divided by *all* relevant films, and Eva has three.": (
                _best_map_of_one
            ),
            "These are the values for lists of one film. The lists have two places.": lambda: (
                best_in_the_toy_world(1)
            ),
        },
    ),
    Exercise(
        number="6.3",
        wanted="a function of places, n_relevant and k that returns NDCG@k",
        answer=lambda: ndcg_of,
        calls=lambda: RANKINGS,
        mistakes={
            "That is the DCG. A perfect list should have the value 1.": _ndcg_with(
                normalised=False
            ),
            "The best list cannot have more hits than there are relevant films: look at n_relevant = 1.": (
                _ndcg_with(ideal=lambda n_relevant, k: k)
            ),
            "The best list cannot have more hits than places: look at 12 relevant films and k = 3.": (
                _ndcg_with(ideal=lambda n_relevant, k: n_relevant)
            ),
            "A hit behind place k does not count.": _ndcg_with(cut=False),
            "The natural logarithm is fine only if the best list is measured with it as well.": _ndcg_with(
                discount=np.log, normalised=False
            ),
        },
    ),
    Exercise(
        number="6.4",
        wanted="a number, the NDCG@10 of the recommender by average stars",
        answer=ndcg_by_stars,
        mistakes={
            "That is popularity: the *number* of ratings. The mean of the stars is asked for.": lambda: (
                ndcg_by_stars("size")
            ),
            "That is the *sum* of the stars, which is nearly popularity. Take the mean.": lambda: (
                ndcg_by_stars("sum")
            ),
            "That is the *median* of the stars. Take the mean.": lambda: ndcg_by_stars(
                "median"
            ),
        },
        tolerance=1e-5,
    ),
    Exercise(
        number="6.5",
        wanted="one of the letters a, b, c and d",
        answer=lambda: "c",
        mistakes={
            "Our own run repeats the paper's number with the same split, so nothing failed there.": lambda: (
                "a"
            ),
            "Two numbers cannot show that. What else differs between them?": lambda: (
                "b"
            ),
            "Look at the figure with the grey bars: over ten seeds NDCG varies by a few per cent.": lambda: (
                "d"
            ),
        },
    ),
]
