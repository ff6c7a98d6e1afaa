"""The executed run is the paper's experiment: exact counts, the same pairs, results near the paper's.

`make test` executes the notebooks before these tests; they read the executed copies.
"""

import json
import subprocess
import sys

import pandas as pd
import pytest

from recdl import paper
from recdl.experiments import summary
from tools import ROOT, run
from tools.project import COURSE

# The training pairs of today's `python_chrono_split` on the rows of u.data in their order.
TRAIN_PAIRS_SHA256 = "fd3719dddfda8526d64a602f3a994dd74eba14b35bfc3e0d8dd93476198819ae"
NOTEBOOKS, WANTED = COURSE.notebooks(), run.provenances(COURSE)["full"]


@pytest.fixture(scope="module")
def results():
    return COURSE.results()


@pytest.fixture(scope="module")
def wanted():
    return run.provenances(COURSE)["full"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.name)
def test_the_executed_copy_is_of_this_code_data_and_environment(notebook, wanted):
    assert run.is_fresh(notebook, wanted[notebook.name])


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.name)
def test_every_cell_ran_and_none_complained(notebook):
    cells = notebook.executed_content()["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert [
        o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"
    ] == []


@pytest.mark.parametrize("name", paper.COUNTS)
def test_a_count_is_exactly_the_papers(results, name):
    assert results[name] == paper.COUNTS[name]


def test_the_training_pairs_are_those_of_the_courses_split(results):
    assert results["train_pairs_sha256"] == TRAIN_PAIRS_SHA256


def test_the_results_are_near_the_papers(results):
    assert paper.objections(results) == []


def test_the_results_of_the_keras_model_are_near_the_papers(results):
    keras = {name: results[f"keras_{name}"] for name in paper.RESULTS}
    assert paper.objections(keras, summary.seed_runs()) == []


def test_the_loss_fell_and_ends_where_the_table_says(results):
    losses = results["losses"]
    assert len(losses) == 100
    assert losses[0] > losses[11] > losses[-1] == results["train_loss"]


def test_popularity_in_place_of_the_model_would_be_noticed(results):
    popularity = {
        name: results.get(f"popularity_{name}", results[name]) for name in paper.RESULTS
    }
    assert len(paper.objections(popularity)) == 4


def test_the_csv_files_hold_what_the_paper_saved():
    folder = COURSE.build / "full" / "artefacts"
    train, test, leave_one_out = (
        pd.read_csv(folder / f"{name}.csv")
        for name in ("train", "test", "leave_one_out_test")
    )
    assert (len(train), len(test)) == (paper.COUNTS["n_train"], paper.COUNTS["n_test"])
    assert list(train) == ["userID", "itemID", "rating", "timestamp"]
    assert leave_one_out.groupby("userID")["rating"].agg(
        ["sum", "size"]
    ).drop_duplicates().to_numpy().tolist() == [[1, 101]]
    assert leave_one_out["userID"].nunique() == paper.COUNTS["n_users"]


def test_results_are_printed_as_one_json_object_and_nothing_else(results):
    command = [sys.executable, "-m", "tools.run", "--print-results"]
    printed = json.loads(
        subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
    )
    assert list(printed) == [*run.RESULT_NAMES, "paper"]
    assert printed["paper"] == paper.RESULTS
    (chapter,) = (n for n in NOTEBOOKS if n.name == "06_evaluation")
    assert printed["map"] == results["map"] == chapter.results()["map"]


NUMBERED = [n for n in NOTEBOOKS if n.chapter]  # an appendix has no solutions


@pytest.mark.parametrize("notebook", NUMBERED, ids=lambda n: n.name)
def test_every_solution_in_the_book_was_found_right(notebook):
    """Solutions run with the book, and end with `check`."""
    solutions = [
        cell
        for cell in notebook.executed_content()["cells"]
        if "solution" in cell["metadata"].get("tags", [])
    ]
    assert solutions
    for cell in solutions:
        shown = [
            "".join(output["data"]["text/markdown"])
            for output in cell["outputs"]
            if "text/markdown" in output.get("data", {})
        ]
        assert any(text.endswith("is right.**") for text in shown), cell["source"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.name)
def test_no_cell_but_a_training_takes_a_minute(notebook):
    for cell in notebook.executed_content()["cells"]:
        if "training" not in cell["metadata"].get("tags", []):
            seconds = cell["metadata"].get("papermill", {}).get("duration") or 0
            assert seconds < 60, "".join(cell["source"])
