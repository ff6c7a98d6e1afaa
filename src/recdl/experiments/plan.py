"""The plan: which rows each experiment has, and how a row is made.

The protocol, the same for every system:

- The paper's split. For choosing, its training part is cut once more in the same way (75/25 per user). At
  most 40 trials and 20 minutes of training for each system, in a fixed random order of its search space.
- The best trials are judged on two more cuts, with other seeds, and the mean of the three decides: one lucky
  cut, seed or epoch does not. No test part is ever used for choosing.
- The chosen setting is trained on the whole training part, with several seeds, and judged on the test part.
- Candidates are all films of the training part; films that the user has in training are never recommended;
  of equal scores the film that appears earlier in training comes first.

The contenders of chapter 9 are tuned in the same way for two more questions; see `experiments.questions`.
Whoever has MovieLens-1M can ask two of the three there, and choose from the settings that were found here.
"""

import functools
import json
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from recdl import movielens, paper, provenance
from recdl.experiments import making, movielens_1m, tables
from recdl.experiments.making import STOPPED, curve, judge, rank_last, tune
from recdl.experiments.questions import LATER, NEXT, QUESTIONS, SECOND, SPLITS, VISIT
from recdl.experiments.systems import SYSTEMS, by_name
from recdl.experiments.tables import Row

MOST_TRIALS, MOST_SECONDS = 40, 20 * 60
N_BEST, N_OTHER = 2, 1  # trials that are judged on all validation splits of a question
NO_FADING = {"tau": 1000}  # films: longer than every history
PAPER = {"n_epochs": paper.SETTINGS.n_epochs}  # all else is as `paper.Settings` has it
CONTENDERS = (
    "EASE", "EASE, recency", "transitions", "SLIST", "V-SKNN", "linear blend",
    "NeuMF, tuned", "self-attention", "GRU4Rec, averaged",
    "GRU4Rec, 4 seeds", "GRU4Rec + linear blend", "4 seeds + linear blend",
)  # fmt: skip
# Named on 28 November 2026, before a row of them was made; older versions of some had been looked at before.
# Until that afternoon plain GRU4Rec stood in the place of the averaged one; it had shown nothing.
# Holm's correction is for the comparisons of one question; chapter 9 counts the replaced one, too.
PRIMARY = (
    ("NeuMF, tuned", "EASE"),
    ("self-attention", "linear blend"),
    ("GRU4Rec, averaged", "linear blend"),
    ("GRU4Rec, 4 seeds", "linear blend"),
    ("4 seeds + linear blend", "linear blend"),
)


# Which rows there are: the search, and what is chosen by it


def tuning_rows() -> Iterator[Row]:
    """Yield the trials of each system, as far as its budget goes."""
    fresh = tables.fresh("tuning", code_of)
    for system in SYSTEMS:
        yield from _trials(system, fresh)


def _trials(system, fresh):
    spent = 0.0
    for setting in system.settings()[:MOST_TRIALS] if system.space else []:
        if spent >= MOST_SECONDS:
            break
        row = Row(system.name, setting, 1, "validation")
        yield row
        found = fresh.get(tables.key_of(row), {"seconds": 0})
        spent += float(found["seconds"])


def best_first(name: str) -> list[dict[str, str]]:
    """Return the trials of a system, as `recdl.experiments.tables.fresh` does, the best one first."""
    fresh = tables.fresh("tuning", code_of)
    planned = {tables.key_of(row) for row in _trials(by_name(name), fresh)}
    # None beyond the budget.
    trials = [row for key, row in fresh.items() if key in planned]
    if not trials:
        raise tables.TableError(f"Nothing was tuned for {name}. {tables.AGAIN}")
    return sorted(trials, key=lambda row: -float(row["validation"]))


def finalists(name: str, question: str = VISIT) -> list[dict]:
    """Return the settings of a system that are judged on all validation splits of a question.

    They are the best of its search; for a question that the search was not about, one drawn at random is with
    them. For a later visit what somebody did last may matter less than all of it: there the second finalist
    of a system that fades is the first one, without fading. A system made of others has one setting: theirs.
    """
    system = by_name(name)
    if system.needs:
        needs = system.needs.items()
        return [{part: chosen(other, question) for part, other in needs}]
    if not system.space:
        return []
    ranked = [json.loads(row["setting"]) for row in best_first(name)]
    if question == VISIT:
        return ranked[: N_BEST + N_OTHER]
    best = ranked[:N_BEST]
    if question == LATER and "tau" in system.space:
        best = [best[0], best[0] | NO_FADING]
    others = (s for s in system.settings() if s in ranked and s not in best)
    return best + [setting for setting, _ in zip(others, range(N_OTHER), strict=False)]


def finalist_rows(questions=QUESTIONS, experiment="finalists") -> Iterator[Row]:
    """Yield the settings that are judged on all validation splits of a question, but for those of the search.

    The seed is the number of the split. A system made of others waits until these are tuned.
    """
    asked = {part for name in CONTENDERS for part in by_name(name).needs.values()}
    asked.update(CONTENDERS)
    for question in questions:
        for system in SYSTEMS:
            takes_part = question == VISIT or system.name in asked
            if takes_part and all(is_tuned(s, question) for s in system.needs.values()):
                for setting in finalists(system.name, question):
                    rows = _rows_of(system.name, setting, question)
                    yield from (r for r in rows if _experiment_of(r) == experiment)


def _rows_of(name, setting, question):
    if not by_name(name).tuned:
        return []
    splits = enumerate((QUESTIONS | SECOND)[question].validation, start=1)
    return [Row(name, setting, seed, split) for seed, split in splits]


def _experiment_of(row):
    if any(row.split in question.validation for question in SECOND.values()):
        return "second_finalists"
    searched = by_name(row.system).space and row.split == "validation"
    return "tuning" if searched else "finalists"


def _judged(name, question):
    """Return for each finalist its setting, and those of its rows that are there, by split."""
    fresh = {
        experiment: tables.fresh(experiment, code_of)
        for experiment in ("tuning", "finalists", "second_finalists")
    }
    return [
        (
            setting,
            [
                fresh[_experiment_of(row)].get(tables.key_of(row))
                for row in _rows_of(name, setting, question)
            ],
        )
        for setting in finalists(name, question)
    ]


def is_tuned(name: str, question: str = VISIT) -> bool:
    """Tell whether all is there that a system's setting is chosen by."""
    needs = by_name(name).needs.values()
    if not all(is_tuned(part, question) for part in needs):
        return False
    tried = tables.fresh("tuning", code_of).values()
    if not needs and not any(row["system"] == name for row in tried):
        return False
    return all(None not in rows for _, rows in _judged(name, question))


def validated(name: str, question: str = VISIT) -> list[tuple[float, dict]]:
    """Return each finalist's mean over the validation splits, and its setting, the best one first.

    With the setting is what its training chose on the way, an average over the splits.
    """
    found = []
    for setting, rows in _judged(name, question):
        if None in rows:
            raise tables.TableError(
                f"{name} is not tuned yet for {question}. {tables.AGAIN}"
            )
        mean = float(np.mean([float(row["validation"]) for row in rows]))
        on_the_way = _average([json.loads(row["chosen"]) for row in rows])
        found.append((mean, setting | on_the_way))
    return sorted(found, key=lambda pair: -pair[0])


def _average(chosen: list[dict]) -> dict:
    """Return what several trainings chose, averaged: of epochs a whole number, of weights three digits."""
    whole = {"n_epochs": 0}
    return {
        name: np.round(np.mean([c[name] for c in chosen], axis=0), whole.get(name, 3))
        .astype(int if name in whole else float)
        .tolist()
        for name in chosen[0]
    }


def chosen(name: str, question: str = VISIT) -> dict:
    """Return the setting of a system with the highest mean over the validation splits of a question."""
    if name == "NeuMF of the paper":
        return PAPER
    system = by_name(name)
    if not system.tuned:
        return finalists(name, question)[0]
    return validated(name, question)[0][1] if system.space or system.needs else {}


def with_seeds(system, split: str, n: int, question: str = VISIT) -> Iterator[Row]:
    """Yield a system's rows at its chosen setting: so many that n models are in them, or one."""
    n_rows = max(1, n // system.members) if system.random else 1
    for seed in range(1, n_rows + 1):
        yield Row(system.name, chosen(system.name, question), seed, split)


# Which rows there are: the experiments


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
    """Yield the systems of chapters 7 and 8, at their chosen settings, without each user's last film."""
    for system in SYSTEMS:
        if system.everywhere:
            yield from with_seeds(system, "leave-one-out", 3)


def splits_rows():
    """Yield the systems of chapters 7 and 8, and the controls of chapter 9, on all other splits."""
    for split in ("Fig. 8", "ties 1", "ties 2", "ties 3", "random", "time"):
        for system in SYSTEMS:
            if system.everywhere:
                yield from with_seeds(system, split, 3 if split == "time" else 1)


def seen_rows():
    """Yield the systems of chapters 7 and 8, but for self-attention, which takes minutes to train."""
    for system in SYSTEMS:
        if system.everywhere and system.name != "self-attention":
            yield from with_seeds(system, "paper", 1)


def answers_rows(questions=(NEXT, LATER)):
    """Yield the contenders on the test splits of the other questions, each as chosen for the question."""
    for question in questions:
        for split in (QUESTIONS | SECOND)[question].test:
            for name in CONTENDERS:
                yield from with_seeds(by_name(name), split, 3, question)


class Experiment(NamedTuple):
    """Rows, and the function that makes one."""

    rows: Callable[[], Iterator[Row]]
    make: Callable[[Row], dict]


EXPERIMENTS = {
    "seeds": Experiment(seeds_rows, judge),
    "tuning": Experiment(tuning_rows, tune),
    "finalists": Experiment(finalist_rows, tune),
    "finals": Experiment(finals_rows, judge),
    "answers": Experiment(answers_rows, judge),
    "curves": Experiment(curves_rows, curve),
    "leave_one_out": Experiment(leave_one_out_rows, rank_last),
    "splits": Experiment(splits_rows, judge),
    "seen": Experiment(seen_rows, making.judge_with_seen),
    "ablations": Experiment(ablations_rows, judge),
}
SECOND_EXPERIMENTS = {  # of whoever has MovieLens-1M
    "second_finalists": Experiment(
        lambda: finalist_rows(SECOND, "second_finalists"), making.tune_1m
    ),
    "second_answers": Experiment(lambda: answers_rows(SECOND), making.judge_1m),
}


def named(name: str) -> Experiment:
    """Return the experiment of this name, on either data set."""
    return (EXPERIMENTS | SECOND_EXPERIMENTS)[name]


def make(experiment: str, row: Row) -> dict:
    """Make a row of an experiment anew, and return what it holds beside its key."""
    return named(experiment).make(row, by_name(row.system).fit)


@functools.cache
def code_of(experiment: str, system: str, split: str) -> str:
    """Return the fingerprint of the data and of all code that a row of an experiment depends on."""
    functions = (named(experiment).make, by_name(system).fit)
    used = [SPLITS[split], SPLITS["validation"]]  # of all splits, these two
    used += [SPLITS[cut] for cut in SPLITS[split][1:] if cut in SPLITS]  # of other data
    # What loading gives is pinned by the hash of the data.
    apart = [("recdl.experiments.questions", "SPLITS")]
    apart += [(data.__name__, "load_ratings") for data in (movielens, movielens_1m)]
    cuts, arguments = [cut[0] for cut in used], repr([cut[1:] for cut in used])
    code = provenance.fingerprint(*functions, *cuts, apart=apart)
    return provenance.sha256(code, arguments, movielens.RATINGS_SHA256)[:16]


def load(experiment: str):
    """Return the complete table of an experiment; see `recdl.experiments.tables.load`."""
    return tables.load(experiment, list(named(experiment).rows()), code_of)
