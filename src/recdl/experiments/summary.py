"""What the tables of the experiments say, user by user, and the list of all systems with their intervals."""

import numpy as np
import pandas as pd

from recdl import comparisons, paper, uncertainty
from recdl.experiments import movielens_1m, plan, tables
from recdl.experiments.questions import LATER, NEXT, QUESTIONS, SECOND, VISIT, judged_on
from recdl.experiments.systems import SYSTEMS
from recdl.uncertainty import with_interval

_SAME = "all unseen films of the training part as candidates; k = 10"
PROTOCOLS = {
    VISIT: f"the paper's split; settings chosen on three cuts of each user's training part; {_SAME}",
    NEXT: f"each user's last film held out; settings chosen on the one before it; {_SAME}",
    LATER: f"one moment for all users, four times; settings chosen on three earlier moments; {_SAME}",
}
PAPER, POPULARITY, LINEAR = "NeuMF of the paper", "popularity", "linear blend"
METRICS = ["map", "ndcg_at_10", "precision_at_10", "recall_at_10"]


def interval(values) -> uncertainty.Interval:
    """Return the mean over users and its bootstrap interval, the same at every call."""
    return uncertainty.bootstrap_interval(values, rng=np.random.default_rng(0))


def difference(a, b) -> uncertainty.Interval:
    """Return the mean of a - b over users and its bootstrap interval, the same at every call."""
    return uncertainty.paired_difference(a, b, rng=np.random.default_rng(0))


def smallest_shown(a, b) -> float:
    """Return how large a difference must be for these users to show it in four of five such experiments.

    Where nothing was found, a difference smaller than this may well be there.
    """
    values = (pd.Series(a) - pd.Series(b)).dropna()
    return comparisons.smallest_difference(values.std(), len(values))


def text(values) -> str:
    """Return the mean over users with its interval, to be read: ``0.2227 [0.2094, 0.2363]``."""
    return with_interval(interval(values))


def by_run(table: pd.DataFrame) -> pd.DataFrame:
    """Return the four metrics of each row of a table, means over users."""
    means = [
        tables.metrics(row.hits, judged_on(row.split)[1]).mean()
        for row in table.itertuples()
    ]
    return pd.DataFrame(means, index=table.index)


def seed_runs() -> pd.DataFrame:
    """Return for the Keras model what `recdl.paper.seed_runs` has for the library: ten runs, five results."""
    runs = plan.load("seeds").query("seed <= 10").set_index("seed")
    losses = runs["loss"].rename("train_loss")
    return by_run(runs).assign(train_loss=losses)[list(paper.RESULTS)]


def by_seed(table: pd.DataFrame, metric: str = "ndcg_at_10") -> dict[str, pd.DataFrame]:
    """Return for each system a metric of each user (rows) with each seed (columns).

    Where the table has several splits, a user counts once: with the mean over those on which they are judged.
    """
    found = {}
    for row in table.itertuples():
        values = tables.metrics(row.hits, judged_on(row.split)[1])[metric]
        found.setdefault(row.system, {}).setdefault(row.seed, []).append(values)
    return {
        name: pd.DataFrame(
            {
                seed: pd.concat(values).groupby(level=0, sort=False).mean()
                for seed, values in seeds.items()
            }
        )
        for name, seeds in found.items()
    }


def by_user(table: pd.DataFrame, metric: str = "ndcg_at_10") -> pd.DataFrame:
    """Return a metric of each user (rows) for each system (columns): the mean over the system's seeds."""
    return pd.DataFrame(
        {
            name: sum(seeds[seed] for seed in seeds) / seeds.shape[1]
            for name, seeds in by_seed(table, metric).items()
        }
    )


def finals() -> pd.DataFrame:
    """Return the rows of all systems on the paper's split, at their chosen settings."""
    seeds = plan.load("seeds")
    return pd.concat([plan.load("finals"), seeds], ignore_index=True)


def answers(question: str) -> pd.DataFrame:
    """Return the rows of the contenders that answer a question, each as chosen for it."""
    if question == VISIT:
        table = finals()
        return table[table["system"].isin(plan.CONTENDERS)]
    table = plan.load("answers")
    return table[table["split"].isin(QUESTIONS[question].test)]


def primary(question: str) -> pd.DataFrame:
    """Return the comparisons of a question that were named before, corrected by Holm for all of them."""
    return _compared(answers(question), plan.PRIMARY)


def against(table: pd.DataFrame, pairs) -> pd.DataFrame:
    """Return differences of pairs of systems: users and seeds resampled together.

    Whether a comparison is one of `plan.PRIMARY` or exploratory, chosen after looking, stands beside it. Only
    `primary` has p-values: they mean something for comparisons that were named before.
    """
    named = ["primary" if pair in plan.PRIMARY else "exploratory" for pair in pairs]
    found = _compared(table, pairs).drop(columns=["p", "p_holm"])
    return found.assign(comparison=named)


def second() -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Return for each question on MovieLens-1M what the contenders reach, and the comparisons named before.

    The tables are as those of `interval` and of `primary`. It is empty as long as nobody has made the rows.

    Raises
    ------
    recdl.experiments.tables.TableError
        If rows are missing, damaged, or of other code, data or settings than the others.
    """
    with movielens_1m.telling_how():
        rows = tables.read("second_answers")
        movielens_1m.refuse_other_data([*tables.read("second_finalists"), *rows])
    if not rows:
        return {}
    plan.load("tuning")  # if this is refused, it is for the other command to make it
    with movielens_1m.telling_how():
        table = plan.load("second_answers")
    return {question: _second(table, question) for question in SECOND}


def _second(table, question):
    seeds = {}
    for row in table[table["split"].isin(SECOND[question].test)].itertuples():
        of_users = np.array(row.ndcg.split(), dtype=float)
        seeds.setdefault(row.system, {})[row.seed] = of_users
    seeds = {name: pd.DataFrame(of_one) for name, of_one in seeds.items()}
    reached = {
        name: interval(of_one.mean(axis=1))._asdict() for name, of_one in seeds.items()
    }
    return pd.DataFrame(reached).T, _family(seeds, plan.PRIMARY)


def _compared(table, pairs):
    return _family(by_seed(table), pairs)


def _family(seeds, pairs):
    users = next(iter(seeds.values())).index
    return comparisons.family(
        {f"{a} − {b}": (seeds[a].loc[users].T, seeds[b].loc[users].T) for a, b in pairs}
    )


def best_classical(*, ordered: bool) -> str:
    """Return the classical system with the highest validation, with or without those that use the order."""
    names = [
        system.name
        for system in SYSTEMS
        if system.kind == "classical"
        and (system.space or system.needs)
        and (ordered or not system.ordered)
    ]
    return max(names, key=lambda name: plan.validated(name)[0][0])


def systems() -> list[dict]:
    """Return the results of every system, for each question it was tuned for; `make results` prints them."""
    return [system for question in QUESTIONS for system in _systems(question)]


def _systems(question):
    table = finals() if question == VISIT else answers(question)
    users = {metric: by_user(table, metric) for metric in METRICS}
    ndcg, found = users["ndcg_at_10"], []
    for system in SYSTEMS:
        name, rows = system.name, table[table["system"] == system.name]
        if rows.empty:
            continue
        metrics = {m: interval(users[m][name])._asdict() for m in METRICS}
        minus = {
            f"ndcg_at_10_minus_{key}": difference(ndcg[name], ndcg[other])._asdict()
            if other in ndcg and other != name
            else None
            for key, other in (("paper_neumf", PAPER), ("best_linear", LINEAR))
        }
        found.append(
            {
                "name": name,
                "kind": system.kind,
                "question": question,
                "protocol": PROTOCOLS[question],
                "seeds": int(rows["seed"].nunique()),
                **metrics,
                "train_seconds": float(rows["seconds"].median()),
                "item_coverage": float(rows["coverage"].mean()),
                "popularity_of_recommended": float(rows["popularity"].mean()),
                **minus,
            }
        )
    return found


def leave_one_out() -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the ranks of the held-out films, and how many candidates each had.

    Returns
    -------
    ranks : dict
        From the name of a system to an array of int, shape (n_seeds, n_test).
    n_candidates : ndarray of int, shape (n_test,)
    """
    table = plan.load("leave_one_out")
    ranks = {
        name: np.array([row.split() for row in rows["ranks"]], dtype=int)
        for name, rows in table.groupby("system", sort=False)
    }
    positives, relevant = judged_on("leave-one-out")
    users = relevant.codes // relevant.n_items
    return ranks, positives.n_items - np.bincount(positives.users)[users]
