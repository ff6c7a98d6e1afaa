"""Tables of results that say where they come from, and are refused when they no longer fit the code.

A row says which system was trained with which setting and seed, on which split; what came out; how long it
took, with which versions; and the fingerprint of the code that made it. Instead of metrics it holds what
metrics are computed from, so a chapter can compute any of them, and intervals, anew:

- ``hits``: for each user, in the order of positions, three hexadecimal digits. Bit 0 is set if the first item
  of the user's list is in the test part, bit 1 for the second, and so on until the tenth.
- ``ranks``: for each row of a leave-one-out test the rank of its item among all candidates.

Which items these were stands nowhere: MovieLens may not be passed on.
"""

import functools
import hashlib
import importlib.metadata
import json
import os
import pathlib
import platform
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from recdl import evaluation
from recdl.files import write_csv

TABLES = pathlib.Path(__file__).with_name("tables")
KEY = ["system", "setting", "seed", "split"]
PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "implicit",
    "keras",
    "tensorflow",
)
AGAIN = "Run: make experiments"
K = 10


class TableError(ValueError):
    """A table of results is missing, incomplete, damaged, or made by other code than the present."""


class Row(NamedTuple):
    """What a row of a table is about: its key."""

    system: str
    setting: dict
    seed: int
    split: str


# Where a row comes from


def versions() -> dict[str, str]:
    """Return the versions and the machine that a row was made with."""
    found = {"cores": os.cpu_count(), "python": platform.python_version()}
    for package in PACKAGES:
        found[package] = importlib.metadata.version(package)
    return found


# What a row holds


def encode_hits(hit: np.ndarray) -> str:
    """Write hits, bool (n_users, 10 or fewer), as three hexadecimal digits per user."""
    numbers = (hit.astype(int) << np.arange(hit.shape[1])).sum(axis=1)
    return "".join(f"{number:03x}" for number in numbers)


def decode_hits(text: str) -> np.ndarray:
    """Return what `encode_hits` has written, bool (n_users, 10)."""
    numbers = np.array([int(text[i : i + 3], 16) for i in range(0, len(text), 3)])
    return (numbers[:, None] >> np.arange(K) & 1).astype(bool)


def metrics(hits: str, relevant: evaluation.Relevant) -> pd.DataFrame:
    """Return the paper's four metrics of each user at k = 10, columns named as in `recdl.paper.RESULTS`."""
    hit, n_relevant = decode_hits(hits), relevant.n_relevant
    functions = {
        "map": evaluation.average_precision,
        "ndcg_at_10": evaluation.ndcg,
        "precision_at_10": evaluation.precision,
        "recall_at_10": evaluation.recall,
    }
    values = {name: metric(hit, n_relevant) for name, metric in functions.items()}
    return pd.DataFrame(values, index=pd.Index(relevant.user_ids, name="userID"))


# A table


def path_of(experiment: str) -> pathlib.Path:
    """Return where the table of an experiment lies."""
    return TABLES / f"{experiment}.csv"


def key_of(row: Row | dict) -> tuple[str, ...]:
    """Return what a row is called by: texts, so that a planned row equals the row that was read."""
    if isinstance(row, Row):
        row = row._asdict() | {"setting": json.dumps(row.setting, sort_keys=True)}
    return tuple(str(row[name]) for name in KEY)


def planned(row: dict[str, str]) -> Row:
    """Return the key of a row that was read, as it was planned."""
    setting, seed = json.loads(row["setting"]), int(row["seed"])
    return Row(row["system"], setting, seed, row["split"])


def check_digits(row: dict) -> str:
    """Return a short hash of all other cells of a row: one that was damaged or edited no longer fits."""
    cells = [
        f"{name}={row[name]}" for name in sorted(row) if row[name] and name != "check"
    ]
    return hashlib.sha256("\n".join(cells).encode()).hexdigest()[:12]


def read(experiment: str) -> list[dict[str, str]]:
    """Return the rows of a table as texts; none if there is no table yet.

    Raises
    ------
    TableError
        If the file is no table, or a row is damaged.
    """
    return [dict(row) for row in _by_key(experiment).values()]


def _by_key(experiment):
    path = path_of(experiment)
    if not path.exists():
        return {}
    there = path.stat()
    return _parsed(path, there.st_mtime_ns, there.st_size)


@functools.lru_cache
def _parsed(
    path, *_when
):  # what is planned depends on what was found: asked for again and again
    remedy = f"Remove {path}, or take it from git. {AGAIN}"
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as e:
        raise TableError(f"{path.name} is no table ({e}). {remedy}") from e
    lacking = {*KEY, "seconds", "code", "check"} - set(table.columns)
    if lacking:
        raise TableError(f"{path.name} has no column {sorted(lacking)}. {remedy}")
    rows = table.to_dict("records")
    for line, row in enumerate(rows, start=2):
        if check_digits(row) != row["check"]:
            raise TableError(
                f"Line {line} of {path.name} is damaged or was changed by hand: its last column does not fit "
                f"the others. {remedy}"
            )
    by_key = {key_of(row): row for row in rows}
    if len(by_key) < len(rows):
        raise TableError(f"{path.name} has a row twice. {remedy}")
    return by_key


def fresh(experiment: str, code_of: Callable) -> dict[tuple[str, ...], dict[str, str]]:
    """Return by its key each row of a table that the present code has made; `code_of` is as in `load`."""
    return {
        key: dict(row)
        for key, row in _by_key(experiment).items()
        if row["code"] == code_of(experiment, row["system"], row["split"])
    }


def write(experiment: str, rows: Iterable[dict[str, str]]):
    """Write a table, whole or not at all, in an order in which a new row changes no other line."""
    table = pd.DataFrame(sorted(rows, key=key_of)).fillna("")
    ends = ["code", "check"]
    names = [*KEY, *sorted(set(table.columns) - {*KEY, *ends}), *ends]
    write_csv(table[names], path_of(experiment))


def add(experiment: str, row: Row, found: dict, code: str):
    """Add a row to a table, or put it in the place of the one with the same key."""
    key = dict(zip(KEY, key_of(row), strict=True))
    new = (
        key
        | {name: str(v) for name, v in (found | versions()).items()}
        | {"code": code}
    )
    new["check"] = check_digits(new)
    others = [old for old in read(experiment) if key_of(old) != key_of(new)]
    write(experiment, [*others, new])


def load(experiment: str, planned: list[Row], code_of: Callable) -> pd.DataFrame:
    """Return a complete table, with numbers as numbers and settings as dictionaries.

    Parameters
    ----------
    experiment : str
    planned : list of Row
        The rows to return, in this order.
    code_of : callable
        From experiment, system and split to the fingerprint that a row must have.

    Raises
    ------
    TableError
        If a row is missing or damaged, or was made by other code.
    """
    there = _by_key(experiment)
    missing = [row for row in planned if key_of(row) not in there]
    if missing:
        raise TableError(
            f"{len(missing)} of {len(planned)} rows of {experiment}.csv are missing, the first one "
            f"{missing[0].system}, seed {missing[0].seed}, {missing[0].split}. {AGAIN}"
        )
    rows = [dict(there[key_of(row)]) for row in planned]
    for row in rows:
        if row["code"] != code_of(experiment, row["system"], row["split"]):
            raise TableError(
                f"{row['system']}, seed {row['seed']}, {row['split']} in {experiment}.csv was made by other "
                f"code than the present, so its results may differ. {AGAIN}"
            )
    return _with_numbers(pd.DataFrame(rows))


def _with_numbers(table):
    texts = [*KEY, "hits", "ranks", "code", "check", "python"]
    for name in table.columns.difference(texts):
        try:
            table[name] = pd.to_numeric(table[name])
        except ValueError:
            continue  # a text: versions, settings, a number for each epoch
    table["seed"] = table["seed"].astype(int)
    table["setting"] = table["setting"].map(json.loads)
    return table
