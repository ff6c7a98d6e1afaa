"""The page *How this course is tested* names every file of tests, and no other; its numbers are measured."""

import math
import re

import pandas as pd
import pytest

import course
from recdl import paper
from tools import ROOT

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


def test_the_paper_lies_as_near_to_the_means_as_the_page_says():
    largest = paper.spread()["distance"].abs().max()
    page = (ROOT / "book" / "results.md").read_text("utf-8")
    told = (
        f"within {math.ceil(10 * largest) / 10:.1f} standard deviations of both means"
    )
    assert told in " ".join(page.split())


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
