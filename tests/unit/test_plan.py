"""The plan: a protocol that never sees the test part, and its budget, on a small world."""

import dataclasses
import itertools
import json

import numpy as np
import pandas as pd
import pytest

from recdl import baselines, splits
from recdl.experiments import fits, plan, questions, summary, systems, tables
from recdl.experiments.tables import TableError
from recdl.interactions import Interactions


class Trained:
    """A system of the toy world; it notes on what it is trained."""

    def __init__(self):
        self.on = []

    def fit(self, positives, seed, validate=None, *, k, n_epochs=None):
        self.on.append(positives)
        model = baselines.ItemKNN(positives, k=k)
        return fits.Fitted(model, {"n_epochs": 7} if validate else {})


@pytest.fixture
def toy_plan(monkeypatch, tmp_path):
    """Let the plan be about 160 ratings and two systems, and its tables lie in an empty folder."""
    users, items = np.divmod(np.arange(160), 20)  # everybody rates at all times
    times = np.random.default_rng(0).permutation(160)
    ratings = {"userID": users, "itemID": items, "rating": 3, "timestamp": times}
    trained = Trained()
    system = systems.System("knn", "classical", trained.fit, {"k": [1, 2, 3]})
    blend = dataclasses.replace(
        system, name="both", fit=both, space={}, needs={"deep": "knn", "other": "knn"}
    )
    caches = (questions.split_of, questions.judged_on, systems.by_name)
    whole = list(systems.SYSTEMS)
    monkeypatch.setattr(tables, "TABLES", tmp_path)
    monkeypatch.setattr(
        questions.movielens, "load_ratings", lambda: pd.DataFrame(ratings)
    )
    monkeypatch.setattr(plan, "code_of", lambda *_: "code")
    monkeypatch.setattr(plan, "CONTENDERS", ("knn", "both"))
    monkeypatch.setattr(plan, "N_BEST", 1)
    monkeypatch.setattr(plan, "N_OTHER", 1)
    systems.SYSTEMS[:] = [system, blend]
    for cached in caches:
        cached.cache_clear()
    yield trained
    systems.SYSTEMS[:] = whole
    for cached in caches:
        cached.cache_clear()


def both(positives, seed, validate=None, *, deep, other, weights=(None,)):
    model = baselines.ItemKNN(positives, k=deep["k"])
    return fits.Fitted(model, {"weights": [seed / 4]} if validate else {})


def judged(rows, values):
    """Put made-up validation values in the table of the search, or of the finalists."""
    for row, value in zip(rows, values, strict=True):
        experiment = "tuning" if row.split == "validation" else "finalists"
        chosen = {"n_epochs": 6 + row.seed} if row.system == "knn" else {}
        found = {"validation": value, "chosen": json.dumps(chosen), "seconds": 1}
        tables.add(experiment, row, found, "code")


def test_no_choice_sees_what_is_judged(toy_plan):
    pairs = {
        name: [{*zip(part["userID"], part["itemID"], strict=True)} for part in split]
        for name in questions.SPLITS
        if name != "Fig. 8" and "MovieLens-1M" not in name
        for split in [questions.split_of(name)]
    }
    for validation, test in questions.QUESTIONS.values():
        for earlier, later in itertools.product(validation, test):
            train, judged_on = pairs[earlier]
            assert (train | judged_on).isdisjoint(pairs[later][1])
            assert train.isdisjoint(judged_on)


def test_a_trial_is_trained_on_the_first_part_of_its_split(toy_plan):
    rows = list(plan.tuning_rows())
    assert [row.split for row in rows] == ["validation"] * 3
    for row in rows:
        plan.make("tuning", row)
        assert toy_plan.on[-1] is questions.judged_on("validation")[0]


def test_the_mean_over_the_validation_splits_decides(toy_plan):
    rows = list(plan.tuning_rows())
    judged(rows, (0.2, 0.9, 0.8))
    with pytest.raises(TableError, match="not tuned yet for visit"):
        plan.chosen("knn")
    first, second = rows[1].setting, rows[2].setting
    finals = [row for row in plan.finalist_rows() if row.split.startswith("valid")]
    assert [(row.setting, row.seed, row.split) for row in finals] == [
        (first, 2, "validation 2"),
        (first, 3, "validation 3"),
        (second, 2, "validation 2"),
        (second, 3, "validation 3"),
    ]
    judged(finals, (0.1, 0.1, 0.3, 0.4))  # a lucky first cut: 1.1 / 3 against 1.5 / 3
    assert plan.validated("knn")[0] == (pytest.approx(0.5), second | {"n_epochs": 8})
    assert plan.chosen("knn") == second | {"n_epochs": 8}  # the mean of 7, 8, 9


def test_another_question_tries_some_settings_that_the_search_did_not_like(toy_plan):
    rows = list(plan.tuning_rows())
    judged(rows, (0.2, 0.9, 0.8))
    assert plan.finalists("knn", questions.LATER) == [rows[1].setting, rows[0].setting]


def test_a_blend_is_chosen_with_the_settings_of_its_parts(toy_plan):
    judged(plan.tuning_rows(), (0.2, 0.9, 0.8))
    judged([r for r in plan.finalist_rows() if r.system == "knn"], [0.5] * 12)
    (*rows,) = (row for row in plan.finalist_rows() if row.system == "both")
    assert [row.split for row in rows] == [
        name
        for question in questions.QUESTIONS.values()
        for name in question.validation
    ]
    for row in rows:
        tables.add("finalists", row, plan.make("finalists", row), "code")
    knn = plan.chosen("knn")
    assert plan.chosen("both") == {"deep": knn, "other": knn, "weights": [0.5]}


@pytest.mark.parametrize(("seconds", "n_trials"), [(1, 3), (1200, 1), (700, 2)])
def test_tuning_ends_with_its_budget(toy_plan, seconds, n_trials):
    made = 0
    while True:
        there = tables.fresh("tuning", plan.code_of)
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


def test_a_model_is_trained_once_for_all_that_are_made_of_it(toy_plan, monkeypatch):
    positives, _ = questions.judged_on("validation")
    first = fits.trained_once(toy_plan.fit, positives, 1, k=2)
    again = fits.trained_once(toy_plan.fit, positives, 1, k=2)
    assert again.model is first.model
    assert again.seconds == first.seconds > 0
    others = [
        (positives, 2, 2),
        (positives, 1, 3),
        (questions.judged_on("paper")[0], 1, 2),
    ]
    for data, seed, k in others:
        assert fits.trained_once(toy_plan.fit, data, seed, k=k).model is not first.model
    assert len(toy_plan.on) == 4


def test_what_was_there_already_counts_as_time_of_training(toy_plan):
    positives, _ = questions.judged_on("paper")
    deep = fits.Fitted(None, seconds=30.0)
    kept = fits.trained_once(lambda *_: deep, positives, 1)
    assert kept.seconds == 30


def test_what_several_trainings_chose_is_averaged():
    found = [
        {"n_epochs": 3, "weights": [0.5, 0.25]},
        {"n_epochs": 6, "weights": [0.6, 0.3]},
    ]
    assert plan._average(found) == {"n_epochs": 4, "weights": [0.55, 0.275]}
    assert plan._average(
        [{"n_epochs": [3, 5]}, {"n_epochs": [4, 8]}, {"n_epochs": [6, 6]}]
    ) == {"n_epochs": [4, 6]}
    assert plan._average([{}, {}]) == {}


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
        return -abs(model.weight - [0.3, 0.8, 0.6][(len(tried) - 1) // 21])

    fitted = blend.fit(positives, 1, validate, **parts)
    assert fitted.chosen == {"weights": [0.3, 0.8, 0.6]}
    assert len(tried) == 63
    again = blend.fit(positives, 1, **parts, **fitted.chosen).model
    everyone = np.arange(positives.n_users)
    assert (again.scores(everyone) == fitted.model.scores(everyone)).all()
    assert type(again.second).__name__ == "VSKNN"
    assert type(again.first.second).__name__ == "SLIST"
    assert type(again.first.first.second).__name__ == "Transitions"


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
        setting |= {part: least(systems.by_name(name)), "weights": [0.5, 0.5, 0.5]}
    scores = [
        system.fit(positives, seed, **setting).model.scores(np.arange(5))
        for seed in (1, 2)
    ]
    assert np.array_equal(*scores) != system.random
