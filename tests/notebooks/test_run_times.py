"""The box of a chapter says about how long its cells run, and the run that the book shows agrees."""

import re

import pytest

from tools.cells import source
from tools.project import COURSE

NUMBERS = (
    "half a",
    "one",
    "two",
    "three",
    "five",
    "ten",
    "twenty",
    "thirty",
    "forty",
    "a",
)
SECONDS = dict(zip(NUMBERS, (0.5, 1, 2, 3, 5, 10, 20, 30, 40, 1), strict=True))
# Two chapters run at a time, and other programs beside them: runs took three times as long as quiet ones.
SLOWER = FASTER = 4


def claimed(box):
    """Return the least and the most seconds that a box says, such as "one to three minutes"."""
    said = re.search(r"\*\*Run time:\*\* ([^.,]*)", box.replace("\n> ", " "))[1]
    unit = 60 if "minute" in said else 1
    assert re.search(r"\b(seconds?|minutes?)\b", said), said
    number = rf"\b({'|'.join(NUMBERS)}|\d+)\b(?= (?:to|seconds?|minutes?))"
    found = re.findall(number, said)
    assert found, (
        f"{said!r} has no number in words. These are known: {', '.join(NUMBERS)}."
    )
    seconds = [unit * (SECONDS.get(word) or int(word)) for word in found]
    return min(seconds), max(seconds)


@pytest.mark.parametrize(
    ("box", "seconds"),
    [
        ("**Run time:** about half a minute, because", (30, 30)),
        ("**Run time:** one to three minutes\n> on two processor cores.", (60, 180)),
        ("**Run\n> time:** about twenty seconds.", (20, 20)),
        ("**Run time:** about a minute.", (60, 60)),
        ("**Run time:** about 40 seconds.", (40, 40)),
    ],
)
def test_run_times_are_understood(box, seconds):
    assert claimed(box) == seconds


@pytest.mark.parametrize("notebook", COURSE.notebooks(), ids=lambda n: n.name)
def test_the_run_took_about_as_long_as_the_box_says(notebook):
    least, most = claimed(source(notebook.content()["cells"][0]))
    took = notebook.executed_content()["metadata"]["seconds"]
    assert least / FASTER <= took <= most * SLOWER
