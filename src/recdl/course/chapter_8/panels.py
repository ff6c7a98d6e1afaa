"""Chapter 8's panel: other ways to compare the same systems, and who then changes places."""

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd

from recdl.course.chapter_8 import protocols
from recdl.course.chapter_8.protocols import (
    FIRST,
    LAST,
    METRICS,
    SPLITS,
    interval,
    names,
)
from recdl.course.packed import Packer
from recdl.course.panels import Panel, number
from recdl.experiments import summary, tables

MINUS = "minus the reference, ✓ clear of 0"
LESSON = (
    "The split decides, the metric hardly matters. On the paper's split, no other metric and no other k "
    "swaps more than {metric} of {pairs} pairs ({metric_certain} for certain), and no other order of ties "
    "more than {ties}. But with seen films left in the lists, popularity passes EASE, and {seen} pairs are "
    "swapped ({seen_certain}). With the last film held out, {last} are swapped ({last_certain} for certain); "
    "by HR among 99 negatives, {sampled} ({sampled_certain}); by the random split, {random} "
    "({random_certain}); by the split by time, {time} ({time_certain}): that judges {users} users only, and "
    "all settings were tuned for the paper's split."
)


def _question():
    found = protocols.findings()
    winners = {
        found[f"{name}_first"]
        for name in ("metric", "last", "sampled", "random", "time")
    }
    runners_up = iter(protocols.order(protocols.Setting("random")))
    while len(winners) < 3:
        winners.add(names()[next(runners_up)])
    return {
        "ask": "Each user's ratings were cut by time here. Who comes first if they are cut at random?",
        "choices": [name for name in names() if name in winners],  # no order of merit
        "right": found["random_first"],
        "then": "Now choose the random split. After that, change the metric and k instead.",
    }


def with_interval(values: tuple[float, ...], sign: str = "") -> str:
    """Return a mean with its interval, as the panels write numbers."""
    mean, low, high = (number(value, 4) for value in values)
    plus = sign if values[0] >= 0 else ""
    return f"{plus}{mean} [{low},\N{NO-BREAK SPACE}{high}]"


def _rows(reference):
    ahead = names().index(reference)
    for place, a in enumerate(protocols.order(FIRST), start=1):
        minus = interval(FIRST, a, ahead)
        clear = " ✓" if protocols.is_clear(minus) else ""
        yield {
            "system": names()[a],
            "place": str(place),
            "mean": with_interval(interval(FIRST, a)),
            MINUS: "–" if a == ahead else with_interval(minus, "+") + clear,
        }


def protocol() -> Panel:
    """Return the panel in which readers change how the systems are compared."""
    found, reference = protocols.findings(), summary.PAPER
    n_users, ahead = len(protocols.values(FIRST)), names().index(reference)
    caption = (
        f"Split: {FIRST.split}. {FIRST.metric}, k = {FIRST.k}, all films, {n_users} users. Pairs swapped, "
        f"against the first setting: 0 of {found['pairs']}, 0 for certain. Reference: {reference}."
    )
    everybody = range(len(names()))
    state = FIRST._asdict() | {
        "reference": reference,
        "systems": names(),
        "splits": SPLITS,
        "last": LAST,
        "metrics": list(METRICS),
        "users": n_users,
        "intervals": [interval(FIRST, a) for a in everybody],
        "minus": [interval(FIRST, a, ahead) for a in everybody],
        "question": _question(),
        "lesson": LESSON.format(**found),
    }
    table = pd.DataFrame(_rows(reference))
    return Panel("One comparison, many protocols", state, caption, table)


# The tables, for the page


def _packed(splits, counts, rows, write):
    """Pack tables of the same users: each split's counts, then each system's rows of all splits."""
    packer, nothing = Packer(), [0] * len(counts[0])
    of_systems = [
        row for name in names() for of_split in rows for row in of_split[name]
    ]
    for kind, each in (("numbers", counts), (write, of_systems)):
        each = np.asarray(each).tolist()
        for before, row in itertools.pairwise([nothing, *each]):
            getattr(packer, kind)(row, before)
    return {
        "splits": splits,
        "users": len(nothing),
        "rows": write,
        "seeds": [[len(of_split[name]) for name in names()] for of_split in rows],
        "text": packer.text(),
    }


def _visits(splits):
    counts = np.array([protocols.n_relevant(split) for split in splits])
    judged = counts.any(axis=0)
    places = 1 << np.arange(tables.K)
    rows = [
        {
            name: [hit[judged] @ places for hit in of]
            for name, of in protocols.hits(split).items()
        }
        for split in splits
    ]
    return _packed(splits, counts[:, judged], rows, "hits")


def data() -> dict:
    """Return what the script reads beside the page: the packed tables."""
    of_system, n_candidates = protocols.ranks()
    last = _packed([SPLITS[LAST]], [n_candidates], [of_system], "numbers")
    ties = ["ties 1", "ties 2", "ties 3"]
    visits = ["paper", *ties, protocols.SEEN], ["random"], ["time"]
    return {"tables": [*map(_visits, visits), last]}


PANELS = {"protocol": protocol}
DATA: dict[str, Callable[[], dict]] = {"protocol": data}
