"""The page *How this course is tested* names every file of tests, and no other; its numbers are measured."""

import re

import pandas as pd
import pytest

import course
from recdl import paper
from tools import ROOT
from tools.project import COURSE

PAGE = " ".join((ROOT / "book" / "testing.md").read_text(encoding="utf-8").split())
TESTS = ROOT / "tests"


def test_every_file_of_tests_keeps_a_promise_of_the_page():
    files = {str(path.relative_to(TESTS)) for path in TESTS.glob("*/test_*.py")}
    this = "text/test_testing_page.py"
    assert set(re.findall(r"`(\w+/test_\w+\.py)`", PAGE)) == files - {this}


def test_every_target_of_make_on_the_page_exists():
    named = set(re.findall(r"`make (\w+)`", PAGE))
    assert named
    assert named <= {name for name, *_ in course.TARGETS}


@pytest.fixture
def machines():
    """Return the results of one seed as different machines compute them."""
    table = pd.read_csv(ROOT / "benchmarks" / "machines.csv")
    return table.set_index(["implementation", "setting"])


def test_one_machine_repeats_a_run_to_the_last_digit(machines):
    for _, runs in machines.groupby(level=0):
        runs = runs.droplevel(0)
        for setting in ("once more", "one core"):
            assert runs.loc[setting].equals(runs.loc["this machine"])


def test_chapter_5b_says_how_far_its_model_is_led(machines):
    runs = machines.loc["keras"]
    off = (runs / runs.iloc[0] - 1).abs().max()
    loss, ndcg = f"{off['train_loss']:.1%}", f"{off['ndcg_at_10']:.1%}"
    (chapter,) = (n for n in COURSE.notebooks() if n.name == "05b_training_in_keras")
    cells = ("".join(cell["source"]) for cell in chapter.content()["cells"])
    told = f"moved by up to {loss}, NDCG@10 by up to {ndcg}".replace("%", " %")
    assert told in " ".join("\n".join(cells).split())


def test_the_librarys_results_on_other_machines_pass_the_check(machines):
    """Those of the Keras model: notebooks/test_experiments.py, as they need the data."""
    for _, results in machines.loc["library"].iterrows():
        assert paper.objections(results) == []


def test_nine_of_ten_mutants_are_killed_and_every_survivor_is_explained():
    folder = ROOT / "benchmarks"
    tried = pd.read_csv(folder / "mutants.csv").set_index("module")
    survivors = pd.read_csv(folder / "mutants_survivors.csv", keep_default_na=False)
    assert (tried["killed"] >= 0.9 * tried["mutants"]).all()
    lived = survivors.groupby("module").size().reindex(tried.index, fill_value=0)
    assert lived.tolist() == tried["survived"].tolist()
    assert survivors["why"].str.endswith(".").all()
