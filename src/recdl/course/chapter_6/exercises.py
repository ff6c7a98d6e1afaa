"""Exercises of chapter 6: metrics by hand and in code, limits, a baseline, a comparison."""

import functools

import numpy as np

from recdl import evaluation, interactions, movielens, ranking, splits, toy
from recdl.course.exercises import But, Exercise

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
    top = ranking.top_k(ranking.ScoreTable(scores), positives, k)
    return positives, evaluation.hits(top, relevant), relevant.n_relevant


METRICS = [evaluation.precision, evaluation.recall]
METRICS += [evaluation.average_precision, evaluation.ndcg]
AP, NDCG = 2, 3  # their places among the four


def four_metrics_of_ana(k=3, *, wrong=0, factor=1.0, plus=0.0):
    """Return Ana's Precision, Recall, AP and NDCG at k, one of them as wrong as you like."""
    positives, hit, n_relevant = _toy_hits(k)
    ana = [positives.user_position(ANA)]
    values = np.array([metric(hit[ana], n_relevant[ana])[0] for metric in METRICS])
    values[wrong] = factor * values[wrong] + plus
    return values


GAINS = 1 / np.log2(1 + np.arange(1, 4))
TWO_HITS, THREE_HITS = GAINS[:2].sum(), GAINS.sum()  # the DCG of perfect lists


def best_in_the_toy_world(k=2, *, count_ben=False, best_map=None):
    """Return the best possible Precision, Recall and MAP of lists of k in the toy world."""
    _, _, n_relevant = _toy_hits(k)
    n = n_relevant[n_relevant > 0]
    m = np.minimum(n, k)
    n_people = len(n_relevant) if count_ben else len(n)
    best = np.array([(m / k).sum(), (m / n).sum(), (m / n).sum()]) / n_people
    best[2] = best_map or best[2]
    return best


def ndcg_of(
    places, n_relevant, k, *, discount=np.log2, ideal=min, normalised=True, cut=True
):
    """Return NDCG@k of one ranking, from the ranks of its hits."""
    dcg = sum(1 / discount(1 + place) for place in places if place <= k or not cut)
    best = sum(1 / discount(1 + place) for place in range(1, ideal(n_relevant, k) + 1))
    return dcg / best if normalised else dcg


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
    top = ranking.top_k(ranking.ScoreTable(scores), positives, 10)
    relevant = evaluation.Relevant(split.test, positives)
    return evaluation.evaluate(top, relevant)["ndcg_at_10"].mean()


EXERCISES = [
    Exercise("6.1", "a list of four numbers: Precision@3, Recall@3, AP and NDCG@3 of Ana",
             four_metrics_of_ana, {
        But(2): "These are the values for k = 2. Casablanca is in the list now.",
        But(wrong=AP, factor=2 / 3):
            "The other three are right. AP is divided by the number of relevant films, not by k.",
        But(wrong=AP, plus=1 / 2 / 2):
            "AP adds up the precision at the places of the *hits* only. The second place has none.",
        But(wrong=NDCG, factor=TWO_HITS):
            "Your last number is the DCG. Divide it by the DCG of the best possible list.",
        But(wrong=NDCG, factor=TWO_HITS / THREE_HITS):
            "The best possible list of Ana has two hits, not three: she has two relevant films.",
    }),
    Exercise("6.2",
             "a list of three numbers: the best possible Precision@2, Recall@2 and MAP",
             best_in_the_toy_world, {
        (1, 1, 1): "A perfect list is not always worth 1. How many hits can Chloe have in two places?",
        But(count_ben=True): "Ben has no relevant film. He is left out: divide by four people.",
        But(best_map=1):
            "The first two are right. AP is divided by *all* relevant films, and Eva has three.",
        But(1): "These are the values for lists of one film. The lists have two places.",
    }),
    Exercise("6.3", "a function of places, n_relevant and k that returns NDCG@k", ndcg_of, {
        But(normalised=False): "That is the DCG. A perfect list should have the value 1.",
        But(ideal=lambda n_relevant, k: k):
            "The best list cannot have more hits than there are relevant films: look at n_relevant = 1.",
        But(ideal=lambda n_relevant, k: n_relevant):
            "The best list cannot have more hits than places: look at 12 relevant films and k = 3.",
        But(cut=False): "A hit behind place k does not count.",
        But(discount=np.log, normalised=False):
            "The natural logarithm is fine only if the best list is measured with it as well.",
    }, calls=RANKINGS),
    Exercise("6.4", "a number, the NDCG@10 of the recommender by average stars", ndcg_by_stars, {
        But("size"): "That is popularity: the *number* of ratings. The mean of the stars is asked for.",
        But("sum"): "That is the *sum* of the stars, which is nearly popularity. Take the mean.",
        But("median"): "That is the *median* of the stars. Take the mean.",
    }, tolerance=1e-5),
    Exercise("6.5", "one of the letters a, b, c and d", "c", {
        "a": "Our own run repeats the paper's number with the same split, so nothing failed there.",
        "b": "Two numbers cannot show that. What else differs between them?",
        "d": "Look at the figure with the grey bars: over ten seeds NDCG varies by a few per cent.",
    }),
]  # fmt: skip
