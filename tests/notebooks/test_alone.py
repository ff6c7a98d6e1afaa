"""Each chapter runs alone, in an empty folder, with just the package: what it does not find, it makes.

And the same seed gives the same numbers: what a chapter records is compared with another run of it.
For a chapter whose records do not depend on the number of epochs that is the run of the book; the others are
repeated in test_twice.py.
`make test` executes the chapters so, in quick mode, before these tests.
"""

import pytest

from recdl import paper
from tools import run
from tools.project import COURSE

NOTEBOOKS = COURSE.notebooks()
EACH = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.name)


def without_times(results):
    """Return the results that a seed fixes: all but seconds."""
    return {name: value for name, value in results.items() if "seconds" not in name}


@pytest.fixture(scope="module")
def stale():
    """Return the chapters that were not executed alone in their present form."""
    return [task.notebook for task in run.stale(COURSE, "quick")]


@EACH
def test_a_chapter_runs_alone_in_an_empty_folder(notebook, stale):
    assert notebook not in stale
    found = notebook.results("quick")
    assert found
    assert all(
        found[name] == count for name, count in paper.COUNTS.items() if name in found
    )
    if "again" not in notebook.modes():
        assert without_times(found) == without_times(notebook.results())


@EACH
def test_in_its_folder_is_only_what_it_has_made_itself(notebook):
    there = {path.name for path in notebook.executed("quick").parent.iterdir()}
    assert there <= {notebook.path.name, "artefacts"}
