"""The experiments' tables: rows that are made, kept, refused, made anew."""

import gc
import itertools
import os
import re
import shutil
import signal
import threading
import time
from concurrent import futures

import numpy as np
import pandas as pd
import pytest

from recdl import evaluation, provenance, ranking, splits
from recdl.experiments import plan, questions, systems, tables
from recdl.experiments.tables import Row, TableError
from recdl.interactions import Interactions
from recdl.ranking import ScoreTable
from tools import experiments

POPULAR = [
    Row("popularity", {"a": 1, "b": [2, 3]}, seed, "paper") for seed in (1, 2, 3)
]


class Invented:
    """An experiment: its rows, how one is made, which were made, and the code of each."""

    def __init__(self, root):
        self.planned, self.made, self.code = list(POPULAR), [], lambda row: "code"
        self.interrupted_at, self.root = None, root

    def rows(self):
        return iter(self.planned)

    def make(self, row, fit):
        assert fit is systems.by_name(row.system).fit
        if row.seed == self.interrupted_at:
            raise KeyboardInterrupt
        self.made.append(row)
        return {"hits": f"{row.seed:03x}" * 4, "seconds": row.seed / 10}

    def code_of(self, experiment, system, split):
        assert experiment == "invented"
        return self.code((system, split))

    def run(self, *words):
        """Run the command; return the rows that it made."""
        self.made.clear()
        words = words if "--workers" in words else (*words, "--workers", "1")
        experiments.main(words, root=self.root)
        return list(self.made)


@pytest.fixture
def invented(monkeypatch, tmp_path):
    """Let the tables lie in an empty folder, and let one experiment have three rows."""
    monkeypatch.setattr(tables, "TABLES", tmp_path / "tables")
    experiment = Invented(tmp_path)
    own = {"invented": plan.Experiment(experiment.rows, experiment.make)}
    monkeypatch.setattr(plan, "EXPERIMENTS", own)
    monkeypatch.setattr(plan, "code_of", experiment.code_of)
    gc.freeze()  # the collection after each row need not look at all that the tests hold
    yield experiment
    gc.unfreeze()


def change(old, new):
    path = tables.path_of("invented")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


# Made, kept, continued


def test_all_rows_are_made_and_read_again(invented):
    invented.run()
    table = plan.load("invented")
    assert table["seed"].tolist() == [1, 2, 3]
    assert table["setting"][0] == {"a": 1, "b": [2, 3]}
    assert table["seconds"].tolist() == [0.1, 0.2, 0.3]
    assert table["hits"].tolist() == ["001" * 4, "002" * 4, "003" * 4]
    assert table["numpy"][0] == np.__version__


def test_a_row_that_was_read_is_the_row_that_was_planned(invented):
    invented.run()
    assert [tables.planned(row) for row in tables.read("invented")] == POPULAR


def test_a_second_run_makes_nothing(invented):
    invented.run()
    before = tables.path_of("invented").read_bytes()
    assert invented.run() == []
    assert tables.path_of("invented").read_bytes() == before


def test_an_interrupt_loses_the_row_in_hand_only(invented):
    invented.interrupted_at = 2
    with pytest.raises(SystemExit, match="Finished rows are kept"):
        invented.run()
    assert len(tables.read("invented")) == 1
    invented.interrupted_at = None
    assert [row.seed for row in invented.run()] == [2, 3]


def test_a_row_that_nobody_asks_for_any_more_goes(invented):
    invented.run()
    invented.planned = POPULAR[:2]
    invented.run()
    assert [row["seed"] for row in tables.read("invented")] == ["1", "2"]


def test_a_new_row_changes_no_other_line(invented):
    invented.planned = [POPULAR[2], POPULAR[0]]
    invented.run()
    before = tables.path_of("invented").read_text().splitlines()
    invented.planned = POPULAR
    invented.run()
    after = tables.path_of("invented").read_text().splitlines()
    assert [line for line in after if line in before] == before
    assert len(after) == len(before) + 1


def test_the_list_says_what_is_missing(invented, capsys):
    invented.run("--list")
    assert "3 missing" in capsys.readouterr().out
    invented.run()
    invented.run("--list")
    assert re.search(r"3 rows.* 0 missing", capsys.readouterr().out)


def test_progress_says_how_many_rows_are_left(invented, capsys):
    invented.run()
    lines = capsys.readouterr().err.splitlines()
    assert "popularity, seed 1, paper" in lines[0]
    assert "2 rows left" in lines[0]
    assert "complete, 3 rows" in lines[-1]


# Several rows at a time


@pytest.fixture
def in_threads(invented, monkeypatch):
    """Let threads be the workers, as they see what is invented here."""
    monkeypatch.setattr(experiments, "processes", futures.ThreadPoolExecutor)
    return invented


def test_two_workers_make_two_rows_at_the_same_time(in_threads, monkeypatch):
    in_threads.planned = POPULAR[:2]
    both = threading.Barrier(2, timeout=10)  # one alone would wait in vain
    alone = in_threads.make

    def make(row, fit):
        both.wait()
        return alone(row, fit)

    own = plan.Experiment(in_threads.rows, make)
    monkeypatch.setitem(plan.EXPERIMENTS, "invented", own)
    in_threads.run("--workers", "2")
    assert [row["seed"] for row in tables.read("invented")] == ["1", "2"]


def test_the_number_of_workers_changes_no_row(in_threads):
    in_threads.run("--workers", "3")
    at_once = tables.path_of("invented").read_bytes()
    tables.path_of("invented").unlink()
    in_threads.run("--workers", "1")
    assert tables.path_of("invented").read_bytes() == at_once


def test_of_a_search_one_trial_at_a_time_is_made():
    """Whether there is another depends on what the trials before it cost."""
    other = [row._replace(system="EASE") for row in POPULAR]
    missing, in_hand = POPULAR + other, {"one": (POPULAR[0], 0.0)}
    assert experiments.next_of("tuning", missing, in_hand) == other[0]
    assert experiments.next_of("splits", missing, in_hand) == POPULAR[1]
    assert experiments.next_of("tuning", POPULAR, in_hand) is None


def test_a_row_whose_seconds_chapter_8_compares_is_made_alone():
    timed, other = POPULAR[0], POPULAR[1]._replace(system="GRU4Rec")
    assert experiments.next_of("finals", [timed, other], {}) == timed
    assert experiments.next_of("finals", [other], {"one": (timed, 0.0)}) is None
    assert experiments.next_of("finals", [timed], {"one": (other, 0.0)}) is None
    assert experiments.next_of("splits", [timed], {"one": (other, 0.0)}) == timed


def test_a_row_that_fails_is_said_and_finished_ones_are_kept(in_threads):
    in_threads.interrupted_at = 3
    with pytest.raises(SystemExit, match="Finished rows are kept"):
        in_threads.run("--workers", "2")
    assert {row["seed"] for row in tables.read("invented")} <= {"1", "2"}


def test_workers_are_processes_that_end_with_the_block():
    with experiments.processes(2) as pool:
        worker = pool.submit(os.getpid).result()
        assert worker != os.getpid()
    for _ in range(100):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("a worker is still there")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_worker_that_is_killed_is_said_in_a_sentence():
    with (
        pytest.raises(TableError, match=r"Finished rows are kept.*--workers 1"),
        experiments.processes(2) as pool,
    ):
        pool.submit(signal.raise_signal, signal.SIGKILL).result()


# Refused


def test_a_missing_table_is_refused_with_the_command_to_make_it(invented):
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
def test_damage_is_refused(invented, old, new, words):
    invented.run()
    change(old, new)
    with pytest.raises(TableError, match=words):
        plan.load("invented")
    with pytest.raises(SystemExit, match="make experiments"):
        invented.run()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a,b\n1,2,3\n"])
def test_a_file_that_is_no_table_is_refused(invented, content):
    tables.TABLES.mkdir()
    tables.path_of("invented").write_bytes(content)
    with pytest.raises(TableError, match="make experiments"):
        plan.load("invented")


def test_a_row_that_stands_twice_is_refused(invented):
    invented.run()
    path = tables.path_of("invented")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[-1]]) + "\n")
    with pytest.raises(TableError, match="a row twice"):
        plan.load("invented")


def test_a_row_of_other_code_is_refused_and_made_anew(invented):
    invented.run()
    invented.code = lambda row: "another"
    with pytest.raises(TableError, match=r"made by other code.*make experiments"):
        plan.load("invented")
    assert len(invented.run()) == 3
    assert set(plan.load("invented")["code"]) == {"another"}


OTHERS = [Row("EASE", {}, 1, "paper"), Row("EASE", {}, 1, "time")]


@pytest.mark.parametrize(
    ("changed", "stale"),
    [
        (("popularity", None), POPULAR),
        (("EASE", None), OTHERS),
        ((None, "paper"), [*POPULAR, OTHERS[0]]),
        ((None, "time"), [OTHERS[1]]),
    ],
    ids=["a system", "another system", "a split", "another split"],
)
def test_only_rows_of_a_system_or_split_that_has_changed_are_made_anew(
    invented, changed, stale
):
    invented.planned = [*POPULAR, *OTHERS]
    assert invented.run() == invented.planned
    before = {tables.key_of(row): row for row in tables.read("invented")}
    invented.code = lambda row: "new" if set(row) & set(changed) else "code"
    assert invented.run() == stale
    for row in tables.read("invented"):
        is_new = tables.key_of(row) in map(tables.key_of, stale)
        assert (row == before[tables.key_of(row)]) != is_new


# Fingerprints


SYSTEMS = [system.name for system in systems.SYSTEMS]
NEXT, LATER = (questions.QUESTIONS[name] for name in (questions.NEXT, questions.LATER))
NEXT_1M = questions.SECOND[f"{questions.NEXT}, MovieLens-1M"]
LAST = [*NEXT.test, *NEXT.validation, *NEXT_1M.test, *NEXT_1M.validation]
BY_TIME = ["time", *LATER.validation, *LATER.test]
# One of those whose rows are made in the same way.
KINDS = list({e.make: name for name, e in plan.EXPERIMENTS.items()}.values())


def codes():
    """Return the fingerprint of every kind of row, system and split, by these names."""
    names = itertools.product(KINDS, SYSTEMS, questions.SPLITS)
    return {row: plan.code_of(*row) for row in names}


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """Return a function that changes a copy of the package and returns the rows that notice."""
    place, package = tmp_path_factory.mktemp("copy"), provenance.HERE
    for path in package.rglob("*.py"):
        inside = path.relative_to(package)  # the clone itself may be named course
        if "course" not in inside.parts:
            copy = place / inside
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(path, copy)

    def forget():
        provenance.forget()
        plan.code_of.cache_clear()

    def noticed_by(module, old, new):
        path = place / f"{module}.py"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        # Only here, as tests of the package itself may run before the next change.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(provenance, "HERE", place)
            forget()
            found = {row for row, code in codes().items() if code != before[row]}
        forget()
        path.write_text(text)
        return found

    before = codes()
    return noticed_by


def test_a_systems_change_makes_its_own_rows_stale_and_no_others(copied):
    noticed = copied("baselines", "inverse / -inverse.diagonal()", "inverse / 2")
    assert {system for _, system, _ in noticed} == {
        "EASE",
        "EASE, recency",
        "linear blend",
        "GRU4Rec + linear blend",
        "4 seeds + linear blend",
    }
    assert len(noticed) == 5 * len(KINDS) * len(questions.SPLITS)


def test_a_change_of_what_a_deep_model_is_made_of_is_noticed(copied):
    noticed = copied("models", "stddev=0.01", "stddev=0.02")
    assert {system for _, system, _ in noticed} == {
        "NeuMF of the paper",
        "NeuMF, tuned",
    }


@pytest.mark.parametrize(
    ("old", "new", "stale"),
    [
        ("times.quantile([ratio, until])", "7, 8", BY_TIME),
        ("(left == 0)", "(left == 1)", LAST),
        ("check_generator(rng).permutation(len(ratings))\n    return", "7\n    return", ["random"]),
        ("chronological_split(ratings, 0.75)", "chronological_split(ratings, 0.7)", None),
    ],
    ids=["by time", "leave-one-out", "random", "the course's"],
)  # fmt: skip
def test_a_splits_change_makes_its_own_rows_stale(copied, old, new, stale):
    """All depend on the course's split: by it, settings and epochs are chosen."""
    noticed = copied("splits", old, new)
    assert {split for *_, split in noticed} == set(stale or questions.SPLITS)
    n_rows = len(KINDS) * len(SYSTEMS)
    assert len(noticed) == n_rows * len(stale or questions.SPLITS)


def test_a_change_of_the_validation_makes_all_rows_stale(copied):
    old = "train = splits.course_split(ratings).train"
    noticed = copied("experiments/questions", old, old.replace(").train", ").test"))
    assert len(noticed) == len(codes())


def test_a_change_of_how_a_row_is_made_makes_rows_of_that_kind_stale(copied):
    noticed = copied("experiments/making", '"ranks": " ".join', '"ranks": ",".join')
    assert {experiment for experiment, *_ in noticed} == {"leave_one_out"}


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("baselines", "Ask the people most like you", "Ask your neighbours"),
        ("experiments/questions", "K = 10", "K = 10  # as in the paper"),
        ("experiments/plan", "return (Row(\"NeuMF of the paper\"", "return list(Row(\"NeuMF of the paper\""),
        ("uncertainty", "2**20 // n", "2**10 // n"),
    ],
    ids=["a docstring", "a comment", "which rows there are", "an interval"],
)  # fmt: skip
def test_what_changes_no_row_makes_none_stale(copied, module, old, new):
    assert copied(module, old, new) == set()


def test_every_system_and_experiment_has_a_fingerprint_of_its_own():
    for name in plan.EXPERIMENTS:
        assert len({plan.code_of(name, s, "paper") for s in SYSTEMS}) > 8
    assert (
        len({plan.code_of("splits", "EASE", split) for split in questions.SPLITS}) > 8
    )
    one, other = (plan.code_of(n, "EASE", "paper") for n in ("finals", "tuning"))
    assert one != other
    assert one == plan.code_of("seeds", "EASE", "paper")  # made in the same way


def test_a_hash_in_a_text_is_no_comment():
    text = provenance.essence("x = 'a#b'  # c")
    assert text == provenance.essence("x = 'a#b'")
    assert text != provenance.essence("x = 'a'")


# Hits and metrics


def test_hits_survive_being_written():
    hit = np.random.default_rng(0).random((50, 10)) < 0.3
    np.testing.assert_array_equal(tables.decode_hits(tables.encode_hits(hit)), hit)


def test_metrics_are_those_of_the_lists(half):
    split = splits.drop_unseen(half)
    positives = Interactions(split.train)
    relevant = evaluation.Relevant(split.test, positives)
    scores = np.random.default_rng(0).random((5, positives.n_items))
    top = ranking.top_k(ScoreTable(scores), positives, 10)
    expected = evaluation.evaluate(top, relevant)
    hit = evaluation.hits(top, relevant)
    found = tables.metrics(tables.encode_hits(hit), relevant)
    names = {"map": "map", "ndcg_at_10": "ndcg_at_10", "recall_at_10": "recall_at_10"}
    names["precision_at_10"] = "precision_at_10"
    pd.testing.assert_frame_equal(found[list(names)], expected[list(names.values())])


# The committed tables


def test_the_committed_tables_fit_the_code_and_hold_no_ratings():
    for name in plan.EXPERIMENTS:
        table = plan.load(name)
        assert len(table) > 10
        held = set(table.columns)
        assert held.isdisjoint({"userID", "itemID", "rating", "timestamp"})
        if "hits" in held:
            digits = table["hits"].str.fullmatch(r"([0-3][0-9a-f]{2})+")
            assert digits.all()
