"""The plan: a protocol that never sees the test part, and its budget, on the toy world."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from recdl import baselines, splits, toy
from recdl.experiments import plan, summary, systems, tables
from recdl.experiments.tables import TableError
from recdl.interactions import Interactions


class Trained:
    """A system of the toy world; it notes on what it is trained."""

    def __init__(self):
        self.on = []

    def fit(self, positives, seed, validate=None, *, k, n_epochs=None):
        self.on.append(positives)
        model = baselines.ItemKNN(positives, k=k)
        return systems.Fitted(model, {"n_epochs": 7} if validate else {})


@pytest.fixture
def toy_plan(monkeypatch, tmp_path):
    """Let the plan be about the toy world and two systems, and its tables lie in an empty folder."""
    ratings = pd.concat(
        [toy.RATINGS.assign(itemID=toy.RATINGS["itemID"] + 10 * i) for i in range(3)]
    )
    trained = Trained()
    system = systems.System("knn", "classical", trained.fit, {"k": [1, 2, 3]})
    blend = dataclasses.replace(
        system, name="both", space={}, needs={"deep": "knn", "classical": "knn"}
    )
    caches = (plan.split_of, plan.judged_on, systems.by_name)
    whole = list(systems.SYSTEMS)
    monkeypatch.setattr(tables, "TABLES", tmp_path)
    monkeypatch.setattr(plan.movielens, "load_ratings", lambda: ratings)
    monkeypatch.setattr(plan, "code_of", lambda *_: "code")
    systems.SYSTEMS[:] = [system, blend]
    for cached in caches:
        cached.cache_clear()
    yield trained
    systems.SYSTEMS[:] = whole
    for cached in caches:
        cached.cache_clear()


def test_tuning_never_sees_the_test_part(toy_plan, monkeypatch):
    split = plan.split_of("paper")
    monkeypatch.setitem(
        plan.SPLITS, "paper", None
    )  # to ask for it again would be an error
    plan.split_of.cache_clear()
    rows = [row for row in plan.tuning_rows() if row.system == "knn"]
    assert [row.split for row in rows] == ["validation"] * 3
    for row in rows:
        plan.make("tuning", row)
    test = set(zip(split.test["userID"], split.test["itemID"], strict=True))
    assert len(toy_plan.on) == 3
    for positives in toy_plan.on:
        users, items = (
            positives.user_ids[positives.users],
            positives.item_ids[positives.items],
        )
        assert test.isdisjoint(zip(users, items, strict=True))
    _, relevant = plan.judged_on("validation")
    assert relevant.n_relevant.sum() < len(split.train)


def test_the_setting_with_the_best_validation_is_chosen(toy_plan):
    rows = list(plan.tuning_rows())
    for row, value in zip(rows, (0.2, 0.9, 0.4), strict=True):
        found = {"validation": value, "chosen": '{"n_epochs": 7}', "seconds": 1}
        tables.add("tuning", row, found, "code")
    assert plan.chosen("knn") == rows[1].setting | {"n_epochs": 7}
    (blend,) = (row for row in plan.tuning_rows() if row.system == "both")
    assert blend.setting["deep"] == plan.chosen("knn")


@pytest.mark.parametrize(("seconds", "n_trials"), [(1, 3), (1200, 1), (700, 2)])
def test_tuning_ends_with_its_budget(toy_plan, seconds, n_trials):
    made = 0
    while True:
        there = {tables.key_of(row) for row in tables.fresh("tuning", plan.code_of)}
        rows = [r for r in plan.tuning_rows() if r.system == "knn"]
        missing = [row for row in rows if tables.key_of(row) not in there]
        if not missing:
            break
        found = {"validation": 0.1, "chosen": "{}", "seconds": seconds}
        tables.add("tuning", missing[0], found, "code")
        made += 1
    assert made == n_trials


def test_no_more_trials_than_the_budget(toy_plan, monkeypatch):
    monkeypatch.setattr(plan, "MOST_TRIALS", 2)
    assert len([row for row in plan.tuning_rows() if row.system == "knn"]) == 2


def test_tuning_for_later_sees_nothing_after_its_moment(toy_plan, monkeypatch):
    monkeypatch.setattr(plan, "LATER", ("knn",))
    users, items = np.divmod(np.arange(160), 20)  # everybody rates at all times
    time = np.random.default_rng(0).permutation(160)
    ratings = {"userID": users, "itemID": items, "rating": 3, "timestamp": time}
    monkeypatch.setattr(plan.movielens, "load_ratings", lambda: pd.DataFrame(ratings))
    tried = list(plan.tuning_rows())
    for row, value in zip(tried, (0.2, 0.9, 0.4), strict=True):
        found = {"validation": value, "chosen": "{}", "seconds": 1}
        tables.add("tuning", row, found, "code")
    rows = list(plan.tuning_later_rows())
    by_value = [plan.best_first("knn")[i]["setting"] for i in range(3)]
    assert [json.dumps(row.setting) for row in rows] == by_value
    assert by_value[0] == json.dumps(tried[1].setting)
    moment = plan.split_of("time").train["timestamp"].max()
    split = plan.split_of(rows[0].split)
    assert split.train["timestamp"].max() < split.test["timestamp"].min()
    assert split.test["timestamp"].max() <= moment
    assert plan.split_of("time").test["timestamp"].min() > moment
    for row in rows:
        found = plan.make("tuning_later", row)
        assert toy_plan.on[-1] is plan.judged_on("time validation")[0]
        tables.add("tuning_later", row, found, "code")
    best = max(tables.read("tuning_later"), key=lambda row: float(row["validation"]))
    assert plan.chosen("knn", "tuning_later").items() > {("n_epochs", 7)}
    assert plan.chosen("knn", "tuning_later")["k"] == json.loads(best["setting"])["k"]


def test_tuning_for_later_has_a_budget_of_its_own(toy_plan, monkeypatch):
    monkeypatch.setattr(plan, "LATER", ("knn",))
    for row in plan.tuning_rows():
        if row.system == "knn":
            found = {"validation": 0.1, "chosen": "{}", "seconds": 1}
            tables.add("tuning", row, found, "code")
    first = next(plan.tuning_later_rows())
    found = {"validation": 0.1, "chosen": "{}", "seconds": plan.MOST_SECONDS_LATER}
    tables.add("tuning_later", first, found, "code")
    assert list(plan.tuning_later_rows()) == [first]


def test_nothing_tuned_is_an_error_with_a_remedy(toy_plan):
    with pytest.raises(
        TableError, match=r"Nothing was tuned for knn.*make experiments"
    ):
        plan.chosen("knn")


def test_a_random_search_is_the_same_every_time():
    neumf = systems.by_name("NeuMF, tuned")
    assert neumf.settings() == neumf.settings()
    assert len({json.dumps(s) for s in neumf.settings()}) == len(neumf.settings())


def least(system):
    """Return a setting that takes no time: the first of each value."""
    setting = {k: min(v) for k, v in system.space.items()}
    return setting | {k: 2 for k in ("rank", "n_factors") if k in setting}


def test_a_linear_blend_takes_one_more_at_a_time(half):
    positives = Interactions(splits.drop_unseen(half).train)
    blend = systems.by_name("linear blend")
    parts = {part: least(systems.by_name(name)) for part, name in blend.needs.items()}
    tried = []

    def validate(model):
        tried.append(model)
        return -abs(model.weight - (0.3 if len(tried) <= 21 else 0.8))

    fitted = blend.fit(positives, 1, validate, **parts)
    assert fitted.chosen == {"weights": [0.3, 0.8]}
    assert len(tried) == 42
    again = blend.fit(positives, 1, **parts, **fitted.chosen).model
    everyone = np.arange(positives.n_users)
    assert (again.scores(everyone) == fitted.model.scores(everyone)).all()
    assert type(again.second).__name__ == "SLIT"
    assert type(again.first.second).__name__ == "Transitions"


def test_the_smallest_difference_shown_is_found_in_four_of_five_experiments():
    rng = np.random.default_rng(0)
    a = pd.Series(rng.normal(size=400), name="a")
    b = a + rng.normal(size=400)
    size = summary.smallest_shown(a, b)
    assert size == pytest.approx(2.8016 * (a - b).std() / 20, rel=1e-4)
    means = size + rng.normal(size=100_000) * (a - b).std() / 20
    found = np.abs(means) > 1.96 * (a - b).std() / 20
    assert found.mean() == pytest.approx(0.8, abs=0.005)
    b[:100] = np.nan  # users who have only one of the two
    assert summary.smallest_shown(a, b) == summary.smallest_shown(a[100:], b[100:])


@pytest.mark.parametrize("system", systems.SYSTEMS, ids=lambda s: s.name)
def test_a_system_says_truly_whether_it_is_random(system, half):
    if system.kind == "deep" or system.name == "BPR":
        assert system.random
        return
    positives = Interactions(splits.drop_unseen(half).train)
    setting = least(system)
    for part, name in system.needs.items():
        setting |= {part: least(systems.by_name(name)), "weights": [0.5, 0.5]}
    scores = [
        system.fit(positives, seed, **setting).model.scores(np.arange(5))
        for seed in (1, 2)
    ]
    assert np.array_equal(*scores) != system.random
