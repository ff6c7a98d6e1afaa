"""The same seed gives the same executed numbers, to the last bit, twice on one machine."""

import pytest

from tools import run
from small_runs import execute, without_times

TRAINING = [n for n in run.notebooks() if n.parameters(quick=True)]


@pytest.mark.parametrize("notebook", TRAINING, ids=lambda n: n.name)
def test_a_chapter_gives_the_same_numbers_twice(notebook, tmp_path):
    once, again = (execute(notebook, tmp_path / name) for name in ("once", "again"))
    assert once
    assert without_times(once) == without_times(again)


def test_the_chapters_that_train_for_long_are_among_them():
    assert {n.name for n in TRAINING} >= {"05_training", "05b_training_in_keras"}
