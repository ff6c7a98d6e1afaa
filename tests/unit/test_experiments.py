"""The experiments: rows that are kept, refused, made anew; a protocol that never sees the test part."""

import dataclasses
import json
import re
import sys

import numpy as np
import pandas as pd
import pytest

from recdl import evaluation, interactions, ranking, splits, toy
from tools import environment, run
from recdl.experiments import __main__ as command
from recdl.experiments import plan, summary, systems, tables
from recdl.experiments.tables import Row, TableError

POPULAR = [
    Row("popularity", {"a": 1, "b": [2, 3]}, seed, "paper") for seed in (1, 2, 3)
]
MADE = []


def make(row):
    """Make an invented row."""
    MADE.append(row)
    return {"hits": f"{row.seed:03x}" * 4, "seconds": row.seed / 10}


@pytest.fixture(autouse=True)
def invented(monkeypatch, tmp_path):
    """Let the tables lie in an empty folder, and let one experiment have three rows."""
    MADE.clear()
    monkeypatch.setattr(tables, "TABLES", tmp_path / "tables")
    experiment = plan.Experiment(lambda: iter(POPULAR), make)
    monkeypatch.setattr(plan, "EXPERIMENTS", {"invented": experiment})
    monkeypatch.setattr(sys, "argv", ["experiments"])
    monkeypatch.setattr(environment, "ROOT", tmp_path)  # where the locks lie


def change(old, new):
    path = tables.path_of("invented")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


# Made, kept, continued


def test_all_rows_are_made_and_read_again():
    command.main()
    table = plan.load("invented")
    assert table["seed"].tolist() == [1, 2, 3]
    assert table["setting"][0] == {"a": 1, "b": [2, 3]}
    assert table["seconds"].tolist() == [0.1, 0.2, 0.3]
    assert table["hits"].tolist() == ["001" * 4, "002" * 4, "003" * 4]
    assert table["numpy"][0] == np.__version__


def test_a_second_run_makes_nothing():
    command.main()
    before = tables.path_of("invented").read_bytes()
    MADE.clear()
    command.main()
    assert MADE == []
    assert tables.path_of("invented").read_bytes() == before


def test_an_interrupt_loses_the_row_in_hand_only(monkeypatch):
    def interrupted(row):
        if row.seed == 2:
            raise KeyboardInterrupt
        return make(row)

    whole = plan.EXPERIMENTS
    code = plan.code_of("invented", "popularity")
    monkeypatch.setattr(plan, "code_of", lambda *_: code)
    monkeypatch.setattr(
        plan, "EXPERIMENTS", {"invented": whole["invented"]._replace(make=interrupted)}
    )
    with pytest.raises(SystemExit, match="Finished rows are kept"):
        command.main()
    monkeypatch.setattr(plan, "EXPERIMENTS", whole)
    assert len(tables.read("invented")) == 1
    MADE.clear()
    command.main()
    assert [row.seed for row in MADE] == [2, 3]


def test_a_row_that_nobody_asks_for_any_more_goes(monkeypatch):
    command.main()
    fewer = plan.EXPERIMENTS["invented"]._replace(rows=lambda: iter(POPULAR[:2]))
    monkeypatch.setattr(plan, "EXPERIMENTS", {"invented": fewer})
    command.main()
    assert [row["seed"] for row in tables.read("invented")] == ["1", "2"]


def test_the_list_says_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["experiments", "--list"])
    command.main()
    assert "3 missing" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["experiments", "--only", "invented"])
    command.main()
    monkeypatch.setattr(sys, "argv", ["experiments", "--list"])
    command.main()
    assert re.search(r"3 rows.* 0 missing", capsys.readouterr().out)


def test_progress_says_how_many_rows_are_left(capsys):
    command.main()
    lines = capsys.readouterr().err.splitlines()
    assert "popularity, seed 1, paper" in lines[0]
    assert "2 rows left" in lines[0]
    assert "complete, 3 rows" in lines[-1]


# Refused


def test_a_missing_table_is_refused_with_the_command_to_make_it():
    with pytest.raises(
        TableError, match=r"3 of 3 rows .* are missing.*make experiments"
    ):
        plan.load("invented")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("001001", "001005", "Line 2 .* damaged or was changed by hand"),
        (",0.2,", ",0.1,", "Line 3 .* damaged"),
        ("popularity", "EASE", "damaged"),
        ("seconds", "minutes", "no column .*seconds"),
        ("hits", "hits,hits", "is no table|no column|damaged"),
    ],
)
def test_damage_is_refused(old, new, words):
    command.main()
    change(old, new)
    with pytest.raises(TableError, match=words):
        plan.load("invented")
    with pytest.raises(SystemExit, match="make experiments"):
        command.main()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a,b\n1,2,3\n"])
def test_a_file_that_is_no_table_is_refused(content):
    tables.TABLES.mkdir()
    tables.path_of("invented").write_bytes(content)
    with pytest.raises(TableError, match="make experiments"):
        plan.load("invented")


def test_a_row_that_stands_twice_is_refused():
    command.main()
    path = tables.path_of("invented")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[-1]]) + "\n")
    with pytest.raises(TableError, match="a row twice"):
        plan.load("invented")


def test_a_row_of_other_code_is_refused_and_made_anew(monkeypatch):
    command.main()
    monkeypatch.setattr(plan, "code_of", lambda *_: "another")
    with pytest.raises(TableError, match=r"made by other code.*make experiments"):
        plan.load("invented")
    MADE.clear()
    command.main()
    assert len(MADE) == 3
    assert set(plan.load("invented")["code"]) == {"another"}


# Fingerprints


HALF = 0.5


def uses_a_helper(x):
    """Say something."""
    return helper(x) * HALF  # of it


def helper(x):
    return x + 1


def print_of(function):
    return tables.fingerprint.__wrapped__((), (function,))


def test_a_fingerprint_knows_helpers_and_numbers(monkeypatch):
    before = print_of(uses_a_helper)
    assert set(tables._with_helpers(uses_a_helper, {})) == {
        "uses_a_helper",
        "helper",
        "HALF",
    }
    monkeypatch.setitem(globals(), "HALF", 0.25)
    assert print_of(uses_a_helper) != before


@pytest.mark.parametrize(
    ("source", "same"),
    [
        ("def f(x):\n    return x + 1\n", True),
        ("def f(x):\n    # why\n    return (x\n      + 1)\n", False),
        ('def f(x):\n    """Say."""\n\n    return x+1  # why\n', True),
        ("def f(x):\n    return x + 2\n", False),
    ],
)
def test_comments_docstrings_and_white_space_do_not_count(source, same):
    plain = tables.essence("def f(x):\n    return x + 1")
    assert (tables.essence(source) == plain) == same


def test_a_hash_in_a_text_is_no_comment():
    assert tables.essence("x = 'a#b'  # c") == "x='a#b'"


def test_every_system_and_experiment_has_a_fingerprint_of_its_own(monkeypatch):
    monkeypatch.undo()
    for name in plan.EXPERIMENTS:
        codes = {plan.code_of(name, system.name) for system in systems.SYSTEMS}
        assert len(codes) > 8
    assert plan.code_of("finals", "EASE") != plan.code_of("splits", "EASE")
    assert plan.code_of("finals", "EASE") == plan.code_of("seeds", "EASE")


# Hits and metrics


def test_hits_survive_being_written():
    hit = np.random.default_rng(0).random((50, 10)) < 0.3
    np.testing.assert_array_equal(tables.decode_hits(tables.encode_hits(hit)), hit)


def test_metrics_are_those_of_the_lists(half):
    split = splits.drop_unseen(half)
    positives = interactions.Interactions(split.train)
    relevant = evaluation.Relevant(split.test, positives)
    scores = np.random.default_rng(0).random((5, positives.n_items))
    top = ranking.top_k(lambda users: scores[users], positives, 10)
    expected = evaluation.evaluate(top, relevant)
    hit = evaluation.hits(top, relevant)
    found = tables.metrics(tables.encode_hits(hit), relevant)
    names = {"map": "map", "ndcg_at_10": "ndcg_at_10", "recall_at_10": "recall_at_10"}
    names["precision_at_10"] = "precision_at_10"
    pd.testing.assert_frame_equal(found[list(names)], expected[list(names.values())])


# The protocol, on the toy world


@pytest.fixture
def toy_plan(monkeypatch, tmp_path):
    """Let the plan be about the toy world and two systems."""
    monkeypatch.undo()
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    ratings = pd.concat(
        [toy.RATINGS.assign(itemID=toy.RATINGS["itemID"] + 10 * i) for i in range(3)]
    )
    monkeypatch.setattr(plan.movielens, "load_ratings", lambda: ratings)
    trained_on = []

    def fit(positives, seed, validate=None, *, k, n_epochs=None):
        trained_on.append(positives)
        model = systems.baselines.ItemKNN(positives, k=k)
        return systems.Fitted(model, {"n_epochs": 7} if validate else {})

    system = systems.System("knn", "classical", fit, ("baselines",), {"k": [1, 2, 3]})
    blend = dataclasses.replace(system, name="both", space={}, needs=("knn", "knn"))
    for module in (plan, summary):
        monkeypatch.setattr(module, "SYSTEMS", [system, blend])
    monkeypatch.setattr(plan, "by_name", {"knn": system, "both": blend}.__getitem__)
    plan.split_of.cache_clear()
    plan.judged_on.cache_clear()
    yield trained_on
    plan.split_of.cache_clear()
    plan.judged_on.cache_clear()


def test_tuning_never_sees_the_test_part(toy_plan, monkeypatch, tmp_path):
    monkeypatch.setattr(tables, "TABLES", tmp_path)
    split = plan.split_of("paper")
    monkeypatch.setitem(
        plan.SPLITS, "paper", None
    )  # to ask for it again would be an error
    plan.split_of.cache_clear()
    rows = [row for row in plan.tuning_rows() if row.system == "knn"]
    assert [row.split for row in rows] == ["validation"] * 3
    for row in rows:
        plan.tune(row)
    test = set(zip(split.test["userID"], split.test["itemID"], strict=True))
    for positives in toy_plan:
        users, items = (
            positives.user_ids[positives.users],
            positives.item_ids[positives.items],
        )
        assert test.isdisjoint(zip(users, items, strict=True))
    _, relevant = plan.judged_on("validation")
    assert relevant.n_relevant.sum() < len(split.train)


def test_the_setting_with_the_best_validation_is_chosen(
    toy_plan, monkeypatch, tmp_path
):
    monkeypatch.setattr(tables, "TABLES", tmp_path)
    rows, code = list(plan.tuning_rows()), plan.code_of("tuning", "knn")
    for row, value in zip(rows, (0.2, 0.9, 0.4), strict=True):
        found = {"validation": value, "chosen": '{"n_epochs": 7}', "seconds": 1}
        tables.add("tuning", row, found, code)
    assert plan.chosen("knn") == rows[1].setting | {"n_epochs": 7}
    (blend,) = (row for row in plan.tuning_rows() if row.system == "both")
    assert blend.setting["deep"] == plan.chosen("knn")


@pytest.mark.parametrize(("seconds", "n_trials"), [(1, 3), (1200, 1), (700, 2)])
def test_tuning_ends_with_its_budget(
    toy_plan, monkeypatch, tmp_path, seconds, n_trials
):
    monkeypatch.setattr(tables, "TABLES", tmp_path)
    made = 0
    while True:
        there = {tables.key_of(row) for row in tables.fresh("tuning", plan.code_of)}
        rows = [r for r in plan.tuning_rows() if r.system == "knn"]
        missing = [row for row in rows if tables.key_of(row) not in there]
        if not missing:
            break
        found = {"validation": 0.1, "chosen": "{}", "seconds": seconds}
        tables.add("tuning", missing[0], found, plan.code_of("tuning", "knn"))
        made += 1
    assert made == n_trials


def test_no_more_trials_than_the_budget(toy_plan, monkeypatch, tmp_path):
    monkeypatch.setattr(tables, "TABLES", tmp_path)
    monkeypatch.setattr(plan, "MOST_TRIALS", 2)
    assert len([row for row in plan.tuning_rows() if row.system == "knn"]) == 2


def test_tuning_for_later_sees_nothing_after_its_moment(
    toy_plan, monkeypatch, tmp_path
):
    monkeypatch.setattr(tables, "TABLES", tmp_path)
    monkeypatch.setattr(plan, "LATER", ("knn",))
    users, items = np.divmod(np.arange(160), 20)  # everybody rates at all times
    time = np.random.default_rng(0).permutation(160)
    ratings = {"userID": users, "itemID": items, "rating": 3, "timestamp": time}
    monkeypatch.setattr(plan.movielens, "load_ratings", lambda: pd.DataFrame(ratings))
    code = plan.code_of("tuning", "knn")
    tried = list(plan.tuning_rows())
    for row, value in zip(tried, (0.2, 0.9, 0.4), strict=True):
        found = {"validation": value, "chosen": "{}", "seconds": 1}
        tables.add("tuning", row, found, code)
    rows = list(plan.tuning_later_rows())
    by_value = [plan.best_first("knn")[i]["setting"] for i in range(3)]
    assert [json.dumps(row.setting) for row in rows] == by_value
    assert by_value[0] == json.dumps(tried[1].setting)
    moment = plan.split_of("time").train["timestamp"].max()
    split = plan.split_of(rows[0].split)
    assert split.train["timestamp"].max() < split.test["timestamp"].min()
    assert split.test["timestamp"].max() <= moment
    assert plan.split_of("time").test["timestamp"].min() > moment
    code = plan.code_of("tuning_later", "knn")
    for row in rows:
        found = plan.tune_later(row)
        assert toy_plan[-1] is plan.judged_on("time validation")[0]
        tables.add("tuning_later", row, found, code)
    best = max(tables.read("tuning_later"), key=lambda row: float(row["validation"]))
    assert plan.chosen("knn", "tuning_later").items() > {("n_epochs", 7)}
    assert plan.chosen("knn", "tuning_later")["k"] == json.loads(best["setting"])["k"]


def test_tuning_for_later_has_a_budget_of_its_own(toy_plan, monkeypatch, tmp_path):
    monkeypatch.setattr(tables, "TABLES", tmp_path)
    monkeypatch.setattr(plan, "LATER", ("knn",))
    for row in plan.tuning_rows():
        if row.system == "knn":
            found = {"validation": 0.1, "chosen": "{}", "seconds": 1}
            tables.add("tuning", row, found, plan.code_of("tuning", "knn"))
    first = next(plan.tuning_later_rows())
    found = {"validation": 0.1, "chosen": "{}", "seconds": plan.MOST_SECONDS_LATER}
    tables.add("tuning_later", first, found, plan.code_of("tuning_later", "knn"))
    assert list(plan.tuning_later_rows()) == [first]


def test_nothing_tuned_is_an_error_with_a_remedy(toy_plan, monkeypatch, tmp_path):
    monkeypatch.setattr(tables, "TABLES", tmp_path)
    with pytest.raises(
        TableError, match=r"Nothing was tuned for knn.*make experiments"
    ):
        plan.chosen("knn")


def test_a_random_search_is_the_same_every_time():
    neumf = systems.by_name("NeuMF, tuned")
    assert neumf.settings() == neumf.settings()
    assert len({json.dumps(s) for s in neumf.settings()}) == len(neumf.settings())


@pytest.mark.parametrize("system", systems.SYSTEMS, ids=lambda s: s.name)
def test_a_system_says_truly_whether_it_is_random(system, half):
    if system.kind == "deep" or system.name == "BPR":
        assert system.random
        return
    positives = interactions.Interactions(splits.drop_unseen(half).train)
    setting = {k: min(v) for k, v in system.space.items()}
    setting |= {k: 2 for k in ("rank", "n_factors") if k in setting}
    scores = [
        system.fit(positives, seed, **setting).model.scores(np.arange(5))
        for seed in (1, 2)
    ]
    assert np.array_equal(*scores) != system.random


# The committed tables


def test_the_committed_tables_fit_the_code_and_hold_no_ratings(monkeypatch):
    monkeypatch.undo()
    for name in plan.EXPERIMENTS:
        table = plan.load(name)
        assert len(table) > 10
        held = set(table.columns)
        assert held.isdisjoint({"userID", "itemID", "rating", "timestamp"})
        if "hits" in held:
            digits = table["hits"].str.fullmatch(r"([0-3][0-9a-f]{2})+")
            assert digits.all()


@pytest.mark.parametrize(
    ("notebook", "counts"), [("06_evaluation", False), ("07_how_sure", True)]
)
def test_a_table_makes_only_chapters_stale_that_read_it(notebook, counts):
    path = run.PACKAGE / "course" / "experiments" / "tables" / "seeds.csv"
    assert run.counts_for(path, notebook) == counts
    assert run.counts_for(run.PACKAGE / "models.py", notebook)
