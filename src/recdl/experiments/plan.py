"""The plan: which rows each experiment has, and how a row is made.

The protocol, the same for every system:

- The paper's split. For choosing, its training part is cut once more in the same way (75/25 per user), and
  NDCG@10 on the second part decides; the test part is never looked at.
- At most 40 trials and 20 minutes of tuning for each system, in a fixed random order of its search space.
- The chosen setting is trained on the whole training part, with several seeds, and the test part is read.
- Candidates are all films of the training part; films that the user has in training are never recommended;
  of equal scores the film that appears earlier in training comes first.
"""

import functools
import json
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from recdl import evaluation, movielens, paper, provenance, ranking, sampled, splits
from recdl.experiments import tables
from recdl.experiments.systems import LONGEST, SYSTEMS, System, by_name
from recdl.experiments.tables import Row
from recdl.interactions import Interactions

MOST_TRIALS, MOST_SECONDS = 40, 20 * 60
LATER = ("EASE", "EASE, recency", "self-attention")  # tuned for a split by time, too
MOST_SECONDS_LATER = 10 * 60
PAPER = {"n_epochs": paper.SETTINGS.n_epochs}  # all else is as `paper.Settings` has it
STOPPED = {"n_epochs": "chosen on validation"}
K = 10


# The splits


def validation_split(ratings):
    """Return the training part of the course's split, cut once more as that cut the whole."""
    return splits.course_split(splits.course_split(ratings).train)


def time_validation_split(ratings):
    """Return what lies before the moment of the split by time, cut once more by one moment for everybody."""
    return splits.global_time_split(splits.global_time_split(ratings).train)


def _ties_1(ratings):
    return splits.shuffled_ties_split(ratings, np.random.default_rng(1))


def _ties_2(ratings):
    return splits.shuffled_ties_split(ratings, np.random.default_rng(2))


def _ties_3(ratings):
    return splits.shuffled_ties_split(ratings, np.random.default_rng(3))


def _random(ratings):
    return splits.random_split(ratings, np.random.default_rng(1))


SPLITS = {
    "paper": splits.course_split,
    "validation": validation_split,
    "Fig. 8": splits.fig_8_split,
    "ties 1": _ties_1,
    "ties 2": _ties_2,
    "ties 3": _ties_3,
    "random": _random,
    "time": splits.global_time_split,
    "time validation": time_validation_split,
    "time, tuned": splits.global_time_split,  # the same split, with settings that were chosen for it
    "leave-one-out": splits.leave_one_out_split,
}


@functools.cache
def split_of(name: str) -> splits.Split:
    """Return the split of this name, one of `SPLITS`, of MovieLens-100k."""
    return SPLITS[name](movielens.load_ratings())


@functools.cache
def judged_on(name: str) -> tuple[Interactions, evaluation.Relevant]:
    """Return the training part of a split as positives, and its test part as what is relevant."""
    split = split_of(name)
    positives = Interactions(split.train)
    return positives, evaluation.Relevant(split.test, positives)


def ndcg_on(name: str) -> Callable:
    """Return a function from a model to its mean NDCG@10 on the second part of a split."""
    return evaluation.mean_ndcg(*judged_on(name), K)


# How a row is made: a function of the row, and of what trains its system


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


def _trained(row, split, fit, validate=None):
    positives, _ = judged_on(split)
    begin = time.perf_counter()
    fitted = fit(positives, row.seed, validate, **row.setting)
    return fitted, round(time.perf_counter() - begin, 2)


# Which rows there are


def tuning_rows() -> Iterator[Row]:
    """Yield the trials of each system, as far as its budget goes."""
    for system in SYSTEMS:
        settings = system.settings() if system.space else []
        tuned = {row["system"] for row in tables.fresh("tuning", code_of)}
        if system.needs and tuned.issuperset(system.needs.values()):
            settings = [{part: chosen(name) for part, name in system.needs.items()}]
        yield from _trials("tuning", system.name, settings, "validation", MOST_SECONDS)


def tuning_later_rows() -> Iterator[Row]:
    """Yield trials for the split by time: the settings that were best on validation, the best one first."""
    for name in LATER:
        settings = [json.loads(row["setting"]) for row in best_first(name)]
        yield from _trials(
            "tuning_later", name, settings, "time validation", MOST_SECONDS_LATER
        )


def _trials(experiment, name, settings, split, most_seconds):
    fresh = {tables.key_of(row): row for row in tables.fresh(experiment, code_of)}
    spent = 0.0
    for setting in settings[:MOST_TRIALS]:
        if spent >= most_seconds:
            break
        row = Row(name, setting, 1, split)
        yield row
        spent += float(fresh.get(tables.key_of(row), {"seconds": 0})["seconds"])


def best_first(name: str, experiment: str = "tuning") -> list[dict[str, str]]:
    """Return the trials of a system, as `recdl.experiments.tables.fresh` does, the best one first."""
    trials = [row for row in tables.fresh(experiment, code_of) if row["system"] == name]
    if not trials:
        raise tables.TableError(f"Nothing was tuned for {name}. {tables.AGAIN}")
    return sorted(trials, key=lambda row: -float(row["validation"]))


def chosen(name: str, experiment: str = "tuning") -> dict:
    """Return the setting of a system that did best on validation, with what its training chose."""
    if name == "NeuMF of the paper":
        return PAPER
    system = by_name(name)
    if not (system.space or system.needs):
        return {}
    best = best_first(name, experiment)[0]
    return json.loads(best["setting"]) | json.loads(best["chosen"])


def with_seeds(
    system: System, split: str, n: int, tuned: str = "tuning"
) -> Iterator[Row]:
    """Yield a system's rows at its chosen setting: n if it is random, else one."""
    for seed in range(1, n + 1 if system.random else 2):
        yield Row(system.name, chosen(system.name, tuned), seed, split)


def seeds_rows():
    """Yield the paper's setting, twenty times."""
    return (Row("NeuMF of the paper", PAPER, seed, "paper") for seed in range(1, 21))


def curves_rows():
    """Yield the paper's setting on the test part and on validation."""
    for split in ("paper", "validation"):
        for seed in range(1, 11):
            yield Row("NeuMF of the paper", PAPER, seed, split)


VARIANTS = {
    "NeuMF (the paper)": {},
    "GMF": {"model": "GMF"},
    "MLP": {"model": "MLP"},
    "NeuMF pretrained": {"model": "pretrained"},
    "8 factors": {"n_factors": 8, "layer_sizes": [8, 4, 2]},
    "32 factors": {"n_factors": 32, "layer_sizes": [32, 16, 8]},
    "64 factors": {"n_factors": 64, "layer_sizes": [64, 32, 16]},
    "1 negative": {"n_negatives": 1},
    "2 negatives": {"n_negatives": 2},
    "7 negatives": {"n_negatives": 7},
    "10 negatives": {"n_negatives": 10},
    "MLP, no hidden layer": {"model": "MLP", "layer_sizes": [4]},
    "MLP, 1 hidden layer": {"model": "MLP", "layer_sizes": [8, 4]},
    "MLP, 3 hidden layers": {"model": "MLP", "layer_sizes": [32, 16, 8, 4]},
    "MLP, 4 hidden layers": {"model": "MLP", "layer_sizes": [64, 32, 16, 8, 4]},
    "one seed for all tables": {"shared_seed": True},
}


def ablations_rows():
    """Yield the paper's setting with one thing changed, for 100 epochs and stopped on validation."""
    for n_epochs in (PAPER, STOPPED):
        for changed in VARIANTS.values():
            for seed in (1, 2, 3):
                yield Row("NeuMF of the paper", changed | n_epochs, seed, "paper")


def finals_rows():
    """Yield every system at its chosen setting on the paper's split; the paper's NeuMF stands in `seeds`."""
    for system in SYSTEMS:
        if system.name != "NeuMF of the paper":
            yield from with_seeds(system, "paper", 5)


def leave_one_out_rows():
    """Yield every system at its chosen setting, trained on all but each user's last film."""
    for system in SYSTEMS:
        yield from with_seeds(system, "leave-one-out", 3)


def splits_rows():
    """Yield every system at its chosen setting on all other splits; some also tuned for the one by time."""
    for split in ("Fig. 8", "ties 1", "ties 2", "ties 3", "random", "time"):
        for system in SYSTEMS:
            yield from with_seeds(system, split, 3 if split == "time" else 1)
    for name in LATER:
        yield from with_seeds(by_name(name), "time, tuned", 3, "tuning_later")


class Experiment(NamedTuple):
    """Rows, and the function that makes one."""

    rows: Callable[[], Iterator[Row]]
    make: Callable[[Row], dict]


EXPERIMENTS = {
    "seeds": Experiment(seeds_rows, judge),
    "tuning": Experiment(tuning_rows, tune),
    "tuning_later": Experiment(tuning_later_rows, tune),
    "finals": Experiment(finals_rows, judge),
    "curves": Experiment(curves_rows, curve),
    "leave_one_out": Experiment(leave_one_out_rows, rank_last),
    "splits": Experiment(splits_rows, judge),
    "ablations": Experiment(ablations_rows, judge),
}


def make(experiment: str, row: Row) -> dict:
    """Make a row of an experiment anew, and return what it holds beside its key."""
    return EXPERIMENTS[experiment].make(row, by_name(row.system).fit)


@functools.cache
def code_of(experiment: str, system: str, split: str) -> str:
    """Return the fingerprint of the data and of all code that a row of an experiment depends on."""
    functions = (EXPERIMENTS[experiment].make, by_name(system).fit)
    used = (SPLITS[split], SPLITS["validation"])  # of all splits, these two
    # What loading gives is pinned by the hash of the data.
    apart = [(__name__, "SPLITS"), (movielens.__name__, "load_ratings")]
    code = provenance.fingerprint(*functions, *used, apart=apart)
    return provenance.sha256(code, movielens.RATINGS_SHA256)[:16]


def load(experiment: str):
    """Return the complete table of an experiment; see `recdl.experiments.tables.load`."""
    return tables.load(experiment, list(EXPERIMENTS[experiment].rows()), code_of)
