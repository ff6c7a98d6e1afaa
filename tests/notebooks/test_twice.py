"""The same seed gives the same executed numbers, to the last bit, twice on one machine.

`make test` executes the chapters with few epochs twice, each time alone in an empty folder, before this test.
"""

import pytest

from test_alone import without_times
from tools import run
from tools.project import COURSE

TRAINING = [n for n in COURSE.notebooks() if "again" in n.modes()]


@pytest.fixture(scope="module")
def stale():
    """Return the chapters of which one of the two executed copies is not of the present form."""
    return [task.notebook for task in run.stale(COURSE, "quick", "again")]


@pytest.mark.parametrize("notebook", TRAINING, ids=lambda n: n.name)
def test_a_chapter_gives_the_same_numbers_twice(notebook, stale):
    assert notebook not in stale
    once, again = (notebook.results(mode) for mode in ("quick", "again"))
    assert once
    assert without_times(once) == without_times(again)


def test_the_chapters_that_train_for_long_are_among_them():
    assert {n.name for n in TRAINING} >= {"05_training", "05b_training_in_keras"}
