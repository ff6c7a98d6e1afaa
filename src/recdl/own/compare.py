"""Recommenders compared on anybody's own ratings: one cut, the same users, nothing chosen on the test part.

In three lines::

    ratings = tables.read("ratings.csv", user="who", item="what", time="when")
    result = compare.compare(ratings)
    result.table, result.verdicts, result.notes

What happens to the ratings, of which only the fact counts that there was one:

1. A quarter of each user's ratings becomes the *test part*: the latest, or random ones if there are no times.
2. From the rest, the *training part*, a quarter is cut off in the same way: the *validation part*. On it each
   system chooses its setting, and the best of the classical systems is named.
3. Each system is fitted again on the whole training part, and judged once, on the test part.

The same seed gives the same numbers, the seconds excepted. `recdl.own.page` writes them down.
"""

import dataclasses
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import pandas as pd

from recdl import evaluation
from recdl.checks import check_at_least, check_kind
from recdl.own.contenders import (
    NEUMF,
    POPULARITY,
    System,
    asked_for,
    possible,
    settings_for,
)
from recdl.own.judging import (
    check_k,
    cut,
    part_of,
    summary,
    validation_of,
    verdict,
    vs,
)
from recdl.own.notes import on_equal_counts, on_the_cut
from recdl.ranking import top_k
from recdl.uncertainty import Interval

# What is known before any work


def _about(ratings, split, part) -> dict:
    """Return the facts about the cut."""
    return {
        "how": "by time" if "timestamp" in ratings else "at random",
        "ratings": len(ratings),
        "users": ratings["userID"].nunique(),
        "items": ratings["itemID"].nunique(),
        "training": len(split.train),
        "test": len(split.test),
        "users judged": len(part.users),
    }


# The comparison


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    Attributes
    ----------
    table : DataFrame
        Index ``system``, the highest NDCG first. Columns ``ndcg_at_10, low, high``, the mean over users and
        its 95 % interval; ``precision_at_10, recall_at_10``; ``vs_popularity`` and ``vs_best_classical``, the
        mean paired differences in NDCG, each with ``…_low, …_high``; ``validation``, the NDCG by which was
        chosen; ``setting``; ``seconds``, to choose and train.
    users : DataFrame
        The NDCG of each judged user (index ``userID``) for each system (columns).
    split : dict
        How the ratings were cut, and how many there are of what.
    k : int
        Length of the lists, 10 in the names above.
    best_classical : str
        The classical system with the highest validation.
    verdicts, notes : list of str
        What the intervals say; what a reader must know besides.
    """

    table: pd.DataFrame
    users: pd.DataFrame
    split: dict
    k: int
    best_classical: str
    verdicts: list[str]
    notes: list[str]


def compare(
    ratings: pd.DataFrame,
    *,
    seed: int = 42,
    k: int = 10,
    n_epochs: int | None = None,
    models: Iterable[str | System] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    """Compare recommenders on a table of ratings, as the head of this module tells.

    A ValueError tells if an option is out of range or a system unknown; a DataError if the table is not
    valid, or too small to choose settings or to judge two users.

    Parameters
    ----------
    ratings : DataFrame, as `recdl.tables.read` returns it
    seed, k, n_epochs : int
        Of all randomness; the length of the lists; the most epochs for NeuMF, see `settings_for`.
    models : list of str or System, optional
        All of `recdl.own.contenders.SYSTEMS` if left out; popularity is always one of them.
    progress : callable, optional
        Gets a line before each piece of work, for example ``print``.
    """
    check_k(k)
    check_at_least(1, n_epochs=1 if n_epochs is None else n_epochs)
    systems = asked_for(models)
    tell = (lambda line: None) if progress is None else progress
    check_kind(Callable, progress=tell)
    split = cut(ratings, seed)
    part, validation = part_of(split), validation_of(split)
    check_k(k, part.positives.n_items)
    about = _about(ratings, split, part)
    notes = on_the_cut(ratings, split, about)
    systems = possible(systems, part.positives, notes)
    settings = settings_for(systems, validation.positives, seed, n_epochs, notes)
    runs = {s.name: _run(s, part, validation, settings, k, tell) for s in systems}
    return _put_together(systems, runs, about, notes, k, settings)


class _Run(NamedTuple):
    values: pd.DataFrame
    validation: float
    setting: dict
    seconds: float
    notes: list[str]


def _run(system, part, validation, settings, k, tell):
    tell(f"{system.name}: choosing a setting, training …")
    begin = time.perf_counter()
    validate = evaluation.mean_ndcg(validation.positives, validation.relevant, k)
    setting, chosen_by = system.choose(system, validation.positives, validate, settings)
    model = system.fit(part.positives, settings, **setting)
    seconds = time.perf_counter() - begin
    top = top_k(model, part.positives, k + 1, users=part.users)  # one place more
    notes = on_equal_counts(top, part.positives) if system.name == POPULARITY else []
    return _Run(part.evaluate(top[:, :k], k), chosen_by, setting, seconds, notes)


def _put_together(systems, runs, about, notes, k, settings):
    classical = [system.name for system in systems if system.is_classical]
    best = max(classical, key=lambda name: runs[name].validation)
    others = {"popularity": POPULARITY, "best_classical": best}
    values = {name: run.values for name, run in runs.items()}
    compared = {column: values[name] for column, name in others.items()}
    rows = {}
    for name, run in runs.items():
        chosen = ", ".join(
            f"{option} = {value}" for option, value in run.setting.items()
        )
        rows[name] = summary(run.values, compared, k, settings.seed)
        rows[name] |= {"validation": run.validation, "setting": chosen}
        rows[name] |= {"seconds": run.seconds}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("system")
    table = table.sort_values(f"ndcg_at_{k}", ascending=False, kind="stable")
    users = pd.DataFrame({name: of[f"ndcg_at_{k}"] for name, of in values.items()})
    verdicts = _verdicts(systems, table, best, k, about["users judged"])
    notes = notes + runs[POPULARITY].notes + _notes_on_neumf(runs, settings)
    return Comparison(table, users, about, k, best, verdicts, notes)


def _verdicts(systems, table, best, k, n_users):
    """Compare the best classical system with popularity, and every other system with it: nothing else.

    Of many pairs one would be ahead by luck. These few were fixed before the test part was looked at.
    """

    def against(name, column, other):
        difference = Interval(*table.loc[name, vs(column)])
        return verdict(name, other, difference, k, n_users)

    if best != POPULARITY:
        told = [against(best, "popularity", POPULARITY)]
    elif sum(system.is_classical for system in systems) > 1:
        told = [
            "On the validation part no classical system was better than popularity."
        ]
    elif len(systems) > 1:
        told = ["No classical system other than popularity was asked for, or could be."]
    else:
        told = ["There is nothing to compare popularity with."]
    others = [system.name for system in systems if not system.is_classical]
    return told + [against(name, "best_classical", best) for name in others]


def _notes_on_neumf(runs, settings):
    if NEUMF.name not in runs:
        return []
    notes = [
        "NeuMF was trained with one seed: another one gives another number, and its interval does not tell "
        "how far that one may lie."
    ]
    if runs[NEUMF.name].setting["n_epochs"] == settings.n_epochs:
        notes.append(
            f"NeuMF was best after its last epoch, the number {settings.n_epochs}: more may make it better."
        )
    return notes
