"""Each chapter runs alone, in an empty folder, with just the package: what it does not find, it makes.

And the same seed gives the same numbers: what a chapter records is compared with another run of it.
For a chapter without a quick mode that is the run of the book; the others are repeated in test_twice.py.
"""

import pytest

from recdl import paper
from recdl.course import notebook
from tools import run
from small_runs import execute, without_times


@pytest.mark.parametrize("notebook", run.notebooks(), ids=lambda n: n.name)
def test_a_chapter_runs_alone_in_an_empty_folder(notebook, tmp_path):
    found = execute(notebook, tmp_path / "an empty folder")
    assert found
    assert all(
        found[name] == count for name, count in paper.COUNTS.items() if name in found
    )
    if not notebook.parameters(quick=True):
        of_the_book = notebook.read(notebook.executed(quick=False))
        assert without_times(found) == without_times(of_the_book)
