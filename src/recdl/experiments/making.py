"""How a row of an experiment is made: a function of the row, and of what trains its system."""

import json
import time
from collections.abc import Callable

import numpy as np

from recdl import evaluation, ranking, sampled
from recdl.experiments import movielens_1m, tables
from recdl.experiments.fits import LONGEST, trained_once
from recdl.experiments.questions import K, judged_on, ndcg_on, split_of
from recdl.experiments.tables import Row

STOPPED = {"n_epochs": "chosen on validation"}


def tune(row: Row, fit: Callable) -> dict:
    """Train on the first part of the row's split, and judge on the second."""
    validate = ndcg_on(row.split)
    fitted, seconds = _trained(row, row.split, fit, validate)
    found = {"chosen": json.dumps(fitted.chosen), "validation": validate(fitted.model)}
    return found | {"seconds": seconds}


def judge(row: Row, fit: Callable) -> dict:
    """Train on the first part of the row's split, and note the hits among the recommendations."""
    notes = {}
    if row.setting.get("n_epochs") == STOPPED["n_epochs"]:
        fitted, _ = _trained(row, "validation", fit, ndcg_on("validation"))
        notes["chosen"] = json.dumps(fitted.chosen)
        row = row._replace(setting=row.setting | fitted.chosen)
    fitted, seconds = _trained(row, row.split, fit)
    positives, relevant = judged_on(row.split)
    top = ranking.top_k(fitted.model, positives, K)
    n_users_of = np.bincount(positives.items)
    return notes | {
        "hits": tables.encode_hits(evaluation.hits(top, relevant)),
        "coverage": evaluation.item_coverage(top, positives.n_items),
        "popularity": n_users_of[top].mean() / positives.n_users,
        "loss": fitted.losses[-1] if fitted.losses else "",
        "dead": fitted.dead,
        "seconds": seconds,
    }


def judge_with_seen(row: Row, fit: Callable) -> dict:
    """Train on the first part of the row's split, and note the hits of lists that also hold what was seen."""
    fitted, seconds = _trained(row, row.split, fit)
    positives, relevant = judged_on(row.split)
    everybody = np.arange(positives.n_users)
    scores = ranking.scores_of(fitted.model, everybody, positives)
    top = np.argsort(-scores, axis=1, kind="stable")[:, :K]
    hits = tables.encode_hits(evaluation.hits(top, relevant))
    return {"hits": hits, "seconds": seconds}


def curve(row: Row, fit: Callable) -> dict:
    """Note the NDCG@10 after every epoch. On the test part it may be looked at, but nothing chosen by it."""
    values, ndcg = [], ndcg_on(row.split)

    def follow(model):
        values.append(ndcg(model))
        return values[-1]

    never_stop = row._replace(setting=row.setting | {"patience": LONGEST})
    fitted, seconds = _trained(never_stop, row.split, fit, follow)
    return {
        "ndcg_by_epoch": " ".join(f"{value:.5f}" for value in values),
        "loss_by_epoch": " ".join(f"{loss:.5f}" for loss in fitted.losses),
        "seconds": seconds,
    }


def rank_last(row: Row, fit: Callable) -> dict:
    """Train on all but each user's last film, and note the rank of that film."""
    fitted, seconds = _trained(row, row.split, fit)
    positives, _ = judged_on(row.split)
    ranks, _ = sampled.exact_ranks(fitted.model, positives, split_of(row.split).test)
    return {"ranks": " ".join(map(str, ranks)), "seconds": seconds}


def tune_1m(row: Row, fit: Callable) -> dict:
    """Do what `tune` does, and note which data these were."""
    return tune(row, fit) | {"data": movielens_1m.name_and_hash()}


def judge_1m(row: Row, fit: Callable) -> dict:
    """Do what `judge` does, but note each user's NDCG@10: whoever reads it may not have the data."""
    found = judge(row, fit)
    metrics = tables.metrics(found.pop("hits"), judged_on(row.split)[1])
    ndcg = " ".join(f"{value:.4g}" for value in metrics["ndcg_at_10"])
    return found | {"ndcg": ndcg, "data": movielens_1m.name_and_hash()}


def _trained(row, split, fit, validate=None):
    positives, _ = judged_on(split)
    if validate is None:
        fitted = trained_once(fit, positives, row.seed, **row.setting)
        return fitted, round(fitted.seconds, 2)
    begin = time.perf_counter()
    fitted = fit(positives, row.seed, validate, **row.setting)
    seconds = max(time.perf_counter() - begin, fitted.seconds)
    return fitted, round(seconds, 2)
