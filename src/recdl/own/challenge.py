"""A challenge for a classroom: to recommend what only the teacher knows.

`split` cuts a table into ``train.csv``, for the class, and ``held_out.csv``, for the teacher alone; `judge`
compares what the class hands in. An entry is one of two:

- a CSV file of lists, columns ``user, rank, item``: the identifiers of ``train.csv``, ranks from 1 to k. A
  user without rows has an empty list; `recdl.own.lists` reads it;
- a Python file with a function ``model(train)``. It gets ``train.csv`` as a table, with the columns ``userID,
  itemID`` and, if the file has them, ``rating, timestamp``. It returns an object with ``scores(users)``, as
  all models of this package are: from positions of users to the scores of all items, positions being those of
  ``recdl.interactions.Interactions(train)``.

A Python file runs in a process of its own with a time limit, in a folder with nothing but a copy of
``train.csv``: it finds no file of its author beside it, and a faulty one cannot stop the others. That is no
lock: whoever runs it runs the code of its author, with all rights of whoever runs it. Read it first.
"""

import os
import pathlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from recdl import baselines, evaluation, splits, tables
from recdl.alone import run_alone
from recdl.columns import DataError
from recdl.files import replacing
from recdl.own.judging import (
    Part,
    check_k,
    cut,
    few_users,
    part_of,
    readable,
    sign,
    summary,
    vs,
)
from recdl.own.lists import lists_in
from recdl.ranking import top_k
from recdl.ratings import COLUMNS, PAIR
from recdl.uncertainty import Interval

TRAIN, HELD_OUT, RESULTS = "train.csv", "held_out.csv", "results.csv"
LISTS, REASON = "lists.npy", "reason.txt"
POPULARITY = "popularity"
LIMIT_S = 600


# Files


def split(ratings: pd.DataFrame, folder, seed: int = 42) -> list[pathlib.Path]:
    """Write both parts of a table into a folder, and return the two paths.

    The cut is that of `judging.cut`. A FileExistsError tells if the folder has one of them: a class may be at
    work on it, or it may be the table itself.
    """
    paths = [pathlib.Path(folder, name) for name in (TRAIN, HELD_OUT)]
    for path in paths:
        if path.exists():
            raise FileExistsError(
                f"{path} is there already. Name another folder, or remove it if nobody needs it."
            )
    parts = cut(ratings, seed)
    columns = [name for name in COLUMNS if name in ratings]  # no invented times
    with replacing(paths[0]) as train, replacing(paths[1]) as held_out:
        parts.train[columns].to_csv(train, index=False)
        parts.test[columns].to_csv(held_out, index=False)
    return paths


def read_part(path) -> pd.DataFrame:
    """Read ``train.csv`` as `model(train)` gets it."""
    return tables.read(path, user="userID", item="itemID")


def _read_both(train, held_out):
    """Read both; a column of the held-out part may look like numbers by chance, where training has texts."""
    names = {"user": "userID", "item": "itemID", "time": False}  # no time is asked for
    parts = splits.Split(read_part(train), tables.read(held_out, **names))
    for name in PAIR:
        if parts.train[name].dtype == object:
            parts.test[name] = parts.test[name].astype(str)
    return parts


# Entries


def lists_by(path, train, k: int, limit_s: float) -> np.ndarray:
    """Run an entry's Python file in a process of its own, and return its lists as positions.

    A ValueError tells why it has none.
    """
    with tempfile.TemporaryDirectory(prefix="recdl-") as folder:
        copy = shutil.copy(train, folder)  # which tells nothing of the teacher's folder
        command = [sys.executable, "-m", "recdl.own.entry"]
        command += [copy, pathlib.Path(path).resolve(), str(k), folder]
        code = run_alone(command, folder, limit_s)
        if code is None:
            raise ValueError(f"It took longer than {limit_s:g} seconds.")
        reason, lists = pathlib.Path(folder, REASON), pathlib.Path(folder, LISTS)
        if reason.exists():
            said = reason.read_text(encoding="utf-8", errors="replace")
            raise ValueError(said.strip() or "It failed and gave no reason.")
        if not lists.exists():
            raise ValueError(f"Its process ended with code {code}.")
        return np.load(lists, allow_pickle=False)


def _refuse_seen(top, in_training, positives):
    seen = evaluation.hits(top, in_training)
    if seen.any():
        user, place = np.argwhere(seen)[0]
        raise DataError(
            f"The list of user {positives.user_ids[user]} holds the item "
            f"{positives.item_ids[top[user, place]]}, which this user has in training."
        )


# The judgement


def judge(
    held_out,
    train,
    entries: Iterable,
    *,
    k: int = 10,
    seed: int = 42,
    limit_s: float = LIMIT_S,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Judge entries on the held-out part, popularity among them.

    `held_out`, `train` and `entries` are paths; a folder among the entries stands for the files in it. `k` is
    the length of the lists, `seed` that of the resampling behind the intervals; a Python file may take
    `limit_s` seconds. `progress` gets a line before each entry. A `recdl.columns.DataError` tells if one of
    the two parts is not valid, they have rows in common, or fewer than two users can be judged.

    Returns
    -------
    DataFrame
        Index ``entry``, the highest NDCG first, faulty ones last. Columns as in `judging.summary`, with
        differences from popularity and from the first (``vs_first``), and two texts: ``remark``; ``problem``,
        what is wrong with a faulty one. Its ``attrs`` has how many ``users`` were judged.
    """
    check_k(k)
    parts, tell = _read_both(train, held_out), progress or (lambda line: None)
    part = _judged_on(parts)
    check_k(k, part.positives.n_items)
    in_training = evaluation.Relevant(parts.train, part.positives)

    def lists_of(path):
        top, remark = _lists(path, train, part.positives, k, limit_s)
        _refuse_seen(top, in_training, part.positives)
        return top[part.users], remark

    rows = _rows(part, _by_name(entries), lists_of, k, seed, tell)
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("entry")
    table = table.sort_values(f"ndcg_at_{k}", ascending=False, kind="stable")
    table.attrs["users"] = len(part.users)
    return table


def _rows(part, files, lists_of, k, seed, tell):
    lists = top_k(baselines.Popularity(part.positives), part.positives, k)
    values = {POPULARITY: part.evaluate(lists[part.users], k)}
    words = {name: {"remark": "", "problem": ""} for name in (POPULARITY, *files)}
    for name, path in files.items():
        tell(f"{name} …")
        try:
            lists, remark = lists_of(path)
            values[name] = part.evaluate(lists, k)
            remarks = filter(None, [remark, _without_lists(lists)])
            words[name]["remark"] = ", ".join(remarks)
        except (ValueError, OSError) as error:
            words[name]["problem"] = _one_line(error)
    first = max(values, key=lambda name: values[name][f"ndcg_at_{k}"].mean())
    others = {POPULARITY: values[POPULARITY], "first": values[first]}
    numbers = {name: summary(of, others, k, seed) for name, of in values.items()}
    return {name: numbers.get(name, {}) | words[name] for name in words}


def _without_lists(lists):
    n = int((lists >= 0).any(axis=1).sum())
    return "" if n == len(lists) else f"lists for {n:,} of {len(lists):,} users"


def _judged_on(parts) -> Part:
    n_test, n_train = len(parts.test), len(parts.train)
    if n_test > n_train:
        raise DataError(
            f"The held-out part has {n_test:,} rows, and training only {n_train:,}: the two files seem to be "
            f"swapped. First comes {HELD_OUT}, then {TRAIN}."
        )
    part = part_of(parts)
    both = parts.train.merge(parts.test, on=["userID", "itemID"])
    if len(both):
        raise DataError(
            f"{len(both):,} pairs of user and item stand in both parts, such as {both['userID'].iloc[0]} and "
            f"{both['itemID'].iloc[0]}. Are these the two files of one split?"
        )
    return part


def _by_name(entries):
    """Return the files by their names; by their whole paths where two have one name."""
    if isinstance(entries, str | os.PathLike):
        raise ValueError(
            f"entries must be a list of paths, such as [{str(entries)!r}]."
        )
    files = []
    for path in map(pathlib.Path, entries):
        if path.is_dir():
            found = (f for f in sorted(path.iterdir()) if f.is_file())
            inside = [f for f in found if not f.name.startswith(".")] or [path]
            files += [] if path.name == "__pycache__" else inside
        else:
            files.append(path)
    names = [file.name for file in files] + [POPULARITY]
    return {
        file.name if names.count(file.name) == 1 else str(file): file for file in files
    }


def _lists(path, train, positives, k, limit_s):
    if not path.exists():
        raise ValueError(f"{path} does not exist. Correct the path.")
    if path.is_dir():
        raise ValueError(f"The folder {path} has no files in it.")
    if path.suffix.lower() == ".csv":
        return lists_in(path, positives, k)
    if path.suffix.lower() == ".py":
        return lists_by(path, train, k, limit_s), ""
    raise ValueError("An entry is a .csv or a .py file; see recdl.own.challenge.")


def _one_line(error):
    # It may be the text of somebody else's program: no control characters into a terminal.
    text = "".join(c if c.isprintable() else " " for c in str(error))
    return text if len(text) <= 300 else text[:299] + "…"


def as_text(table: pd.DataFrame, k: int) -> str:
    """Return the results for a terminal: a table, who is first, the remarks, and the problems."""
    judged, n_users = table[table["problem"] == ""], table.attrs["users"]
    others = {POPULARITY: POPULARITY, judged.index[0]: "first"}
    shown = readable(judged, k, {f"minus {name}": of for name, of in others.items()})
    parts = [
        f"{n_users:,} users, lists of {k}. In brackets: 95 % intervals over users."
    ]
    parts += [shown.to_string(), *(few_users(n_users) or _on_the_first(judged))]
    for heading, column in {"Remarks": "remark", "Faulty": "problem"}.items():
        said = table.loc[table[column] != "", column].items()
        lines = [f"  {name}: {text}" for name, text in said]
        parts += ["\n".join([f"{heading}:", *lines])] if lines else []
    return "\n\n".join(parts).replace("\N{NO-BREAK SPACE}", " ")


def _on_the_first(judged):
    """Say who cannot be told apart from the first, by the rule of `judging.verdict`."""
    first, *others = judged.index
    ends = judged[vs("first")]
    level = [name for name in others if not sign(Interval(*ends.loc[name]))]
    if not others:
        return []
    apart = f"{first} is ahead of all others on these users."
    if level:
        apart = f"Not to be told apart from {first} on these users: {', '.join(level)}."
    return [
        f"{apart} Of many, one is first partly by luck; no interval tells how much."
    ]
