"""Answer boxes of the pages: what an exercise by hand accepts, for a script that judges as `check` does.

A box stands below the task. ``_static/box.js`` fills it, so that a page without scripts has none. What the
script needs is made of `recdl.course.exercises`; the page shows none of it in clear text. Whoever wants to
know the answer finds the solution below, and need not read the source of the page.
"""

import base64
import itertools
import json
import re

import numpy as np

from recdl.course import exercises
from tools import cells

HEADING = re.compile(r"### Exercise (\d+\.\d+) · by hand\n")


def data(number: str) -> dict | None:
    """Return an exercise's answer and mistakes, as numbers or lists of them; None if it asks for others."""
    exercise = exercises.exercises(int(number.partition(".")[0]))[number]
    values = (exercise.value(given) for given in (exercise.answer, *exercise.mistakes))
    try:
        right, *mistakes = [np.asarray(value, dtype=float) for value in values]
    except (TypeError, ValueError):  # a text, a set, a function
        return None
    if right.ndim > 1:
        return None
    pairs = zip(mistakes, exercise.mistakes.values(), strict=True)
    return {
        "number": number,
        "wanted": exercise.wanted,
        "tolerance": exercise.tolerance,
        "right": right.tolist(),
        "mistakes": [[mistake.tolist(), hint] for mistake, hint in pairs],
    }


def hidden(number: str, about: dict) -> str:
    """Return the data of an exercise as a text that nobody reads by accident."""
    key, text = itertools.cycle(number.encode()), json.dumps(about).encode()
    return base64.b64encode(bytes(map(int.__xor__, text, key))).decode()


def insert(content: dict) -> dict:
    """Return a notebook with a box in each exercise by hand."""
    made = []
    for cell in content["cells"]:
        text = cells.source(cell)
        found = cell["cell_type"] == "markdown" and HEADING.match(text)
        if found and (about := data(number := found[1])):
            check = f'data-exercise="{number}" data-check="{hidden(number, about)}"'
            text = f'{text}\n\n<div class="recdl-box" {check}></div>'
            cell = cell | {"source": text.splitlines(True)}
        made.append(cell)
    return content | {"cells": made}
