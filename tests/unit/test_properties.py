"""Any input of `recdl.prepare` and `recdl.ranking` either works or is refused with the documented error.

Inputs stay as they are, and no warning escapes (pytest makes an error of it). Where a function works, its
result is compared with a slow and obvious one.

Every run tries the same few examples: a test that turns red has found a fault of the change at hand, not one
that luck had hidden so far. To look for those, with examples of its own each time:

    RECDL_EXAMPLES=2000 .venv/bin/python -m pytest tests/unit/test_properties.py
"""

import datetime
import hashlib
import math
import os
import pathlib
import re
import tempfile
import traceback
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recdl import evaluation, files, interactions, ranking, ratings, sampled, splits, uncertainty
from recdl.movielens import DataError

MANY = os.environ.get("RECDL_EXAMPLES")
examples = settings(max_examples=int(MANY or 40), derandomize=not MANY, deadline=None)

PAIR = ["userID", "itemID"]
COLUMNS = [*PAIR, "rating", "timestamp"]


# What every test asks

REMEDY = re.compile(
    "must|need|pass|Pass|first|Remove|Rename|Use|use|Keep|keep|Fill|Correct|Rescale|Number|Split|diverge"
)


def snapshot(thing):
    """Write down everything that a caller can see of an argument; NaN equals NaN there."""
    if isinstance(thing, pd.DataFrame):
        columns = [snapshot(thing.iloc[:, i]) for i in range(thing.shape[1])]
        return repr((thing.columns.tolist(), columns))
    if isinstance(thing, pd.Series):
        index = (thing.index.names, thing.index.tolist())
        return repr((thing.name, thing.dtype, thing.tolist(), index))
    if isinstance(thing, np.ndarray):
        return repr((thing.dtype, thing.tolist()))
    if isinstance(thing, dict):
        return repr({key: snapshot(value) for key, value in thing.items()})
    if isinstance(thing, list | tuple):
        return repr([snapshot(value) for value in thing])
    if isinstance(thing, interactions.Interactions | evaluation.Relevant):
        return snapshot(vars(thing))
    return repr(thing)


def attempt(function, *inputs, error=ValueError, **options):
    """Return the result, or None where the package itself raises the error and says what to do."""
    before = snapshot([inputs, options])
    result = raised = None
    try:
        result = function(*inputs, **options)
    except error as refusal:
        raised = refusal
    assert snapshot([inputs, options]) == before
    if raised:
        assert type(raised) in (error, DataError)
        place = traceback.extract_tb(raised.__traceback__)[-1]
        assert pathlib.Path(place.filename).parent.name == "recdl"
        assert place.line.startswith("raise "), f"not by the package: {place.line}"
        assert REMEDY.search(str(raised)), raised
    return result


def works(function, *inputs, **options):
    result = attempt(function, *inputs, **options)
    assert result is not None, "a good input was refused"
    return result


def is_refused(function, *inputs, **options):
    return attempt(function, *inputs, **options) is None


# Options

WRONG = [
    None, "3", "", 2.5, 3.0, np.float64(3), math.nan, math.inf, 1j, b"3", [1], (), {}, -1, -(10**30),
    Fraction(5, 2), Decimal(3), pd.NA, pd.NaT, object, np.arange(2),
]  # fmt: skip
wrong_numbers = st.sampled_from(WRONG)
wrong_fractions = st.sampled_from([*WRONG, 0, 1, 0.0, 1.0, 75, 10**400, Decimal("0.5")])
fractions = st.floats(0, 1, exclude_min=True, exclude_max=True) | st.sampled_from(
    [0.25, 0.5, 0.75, np.float32(0.7), Fraction(2, 3)]
)


def whole(low, high):
    numbers = st.integers(low, high)
    return numbers | numbers.map(np.int32) | numbers.map(np.uint8)


huge = st.sampled_from([2**31, 2**62, 2**63 - 1, 10**30])


# Tables

ODD = [
    None, math.nan, pd.NA, pd.NaT, "", "x", " 7", "7.5", "nan", math.inf, 2.5, True, b"7", [1], (2,),
    pd.Timestamp(0), datetime.date(2020, 1, 1), Decimal("2.5"), Fraction(1, 2),
]  # fmt: skip
# `pd.to_numeric` and `astype` take these, and make something else of them.
TREACHEROUS = [
    2**63, -(2**63) - 1, 10**30, 1e300, 2.0**63, "9" * 30, 1j, pd.Series([1, 2]),
]  # fmt: skip
DTYPES = [
    "int8", "uint64", "float16", "float64", "longdouble", "Int64", "Float64", "bool", "category", "string",
    "str", "Sparse[int64]", "datetime64[ns]", "timedelta64[ns]",
]  # fmt: skip
small = st.integers(1, 4)


def lists(elements, n):
    return st.lists(elements, min_size=n, max_size=n)


@st.composite
def odd_columns(draw, n, odd):
    """A column of n values that may be of any dtype, and hold anything."""
    numbers = pd.Series(draw(lists(small, n)), dtype="int64")
    kind = draw(
        st.sampled_from(["cells", "gaps", "text", "floats", "periods", "dtype"])
    )
    if kind == "gaps":
        return numbers.astype("Int64").where(numbers > 1)
    if kind == "text":
        return pd.Series(draw(lists(st.text(max_size=3), n)), dtype=object)
    if kind == "floats":
        return pd.Series(draw(lists(st.floats(), n)), dtype=float)
    if kind == "periods":
        return pd.Series(pd.period_range("2020", periods=n, freq="D"))
    if kind == "dtype":
        return numbers.astype(draw(st.sampled_from(DTYPES)))
    cells = draw(lists(small | small.map(str) | small.map(float), n))
    for row in range(0, n, draw(small)):
        cells[row] = draw(st.sampled_from(odd))
    column = pd.Series([None] * n, dtype=object)
    column[:] = cells
    return column.infer_objects() if draw(st.booleans()) else column


@st.composite
def indexes(draw, n):
    """Any index: its labels play no part."""
    numbers = pd.Index(draw(lists(small, n)), dtype="int64")
    return draw(
        st.sampled_from(
            [
                pd.RangeIndex(n),
                pd.Index(["a"] * n),
                numbers.rename("userID"),
                numbers.where(numbers > 1),
                pd.to_datetime(numbers),
                pd.MultiIndex.from_arrays([numbers, numbers[::-1]], names=PAIR),
            ]
        )
    )


IDS = [
    "int64", "int64", "str", "uint8", "float64", "Int64", "category", "string", object,
]  # fmt: skip


@st.composite
def good_tables(draw, min_size=1, ids=IDS):
    """Ratings of a few users and films, each pair once, in any order, with many equal timestamps."""
    pairs = st.lists(
        st.tuples(small, st.integers(1, 6)), min_size=min_size, unique=True
    )
    table = pd.DataFrame(draw(pairs), columns=PAIR, dtype="int64")
    n = len(table)
    table["rating"] = draw(lists(st.integers(1, 5), n))
    table["timestamp"] = draw(lists(st.integers(0, 3), n))
    table = table.astype(dict.fromkeys(PAIR, draw(st.sampled_from(ids))))
    if draw(st.booleans()):
        table = table[draw(st.permutations(COLUMNS))].assign(title="Brazil")
    return table.set_axis(draw(indexes(n)))


@st.composite
def any_tables(draw, odd=(*ODD, *TREACHEROUS), faults=("missing", "twice", "levels")):
    """A table of ratings in which anything may be wrong, and often nothing is."""
    table = draw(good_tables(min_size=draw(st.sampled_from([0, 1, 1, 1]))))
    fault = draw(st.sampled_from(["none", "none", "column", "column", "rows", *faults]))
    column = draw(st.sampled_from(COLUMNS))
    if fault == "column":
        values = draw(odd_columns(len(table), odd))
        return table.assign(**{column: values.set_axis(table.index)})
    if fault == "rows":
        return pd.concat([table, table])
    if fault == "missing":
        return table.drop(columns=column)
    if fault == "twice":
        return pd.concat([table, table[[column]]], axis=1)
    if fault == "levels":
        return table.set_axis([table.columns, ["x"] * table.shape[1]], axis=1)
    return table


@st.composite
def any_splits(draw):
    """Return two parts of one good table, or two tables that have nothing to do with each other."""
    if draw(st.booleans()):
        return splits.Split(draw(any_tables()), draw(any_tables()))
    table = draw(good_tables())
    to_train = np.array(draw(lists(st.booleans(), len(table))))
    return splits.Split(table[to_train], table[~to_train])


def is_whole(value):
    kinds = (int, float, np.integer, np.floating)
    if not isinstance(value, kinds) or isinstance(value, bool):
        return False
    if not math.isfinite(value):
        return False
    return int(value) == value and -(2**63) <= int(value) < 2**63


def identifiers(column):
    """Return the identifiers of a column, or None if it is none of identifiers."""
    values = column.tolist()
    if all(isinstance(value, str) for value in values):
        return values
    n_floats = sum(isinstance(value, float | np.floating) for value in values)
    if n_floats in (0, len(values)) and all(is_whole(value) for value in values):
        return [int(value) for value in values]
    return None


def pairs_of(table):
    """Return the (user, item) pairs of a table as a list, or None if it has no such list."""
    if any(table.columns.tolist().count(column) != 1 for column in PAIR):
        return None
    columns = [identifiers(table[column]) for column in PAIR]
    return None if None in columns else list(zip(*columns, strict=True))


def items_by_user(pairs):
    return {user: [i for u, i in pairs if u == user] for user, _ in pairs}


def sorted_text(pairs):
    return sorted((str(user), str(item)) for user, item in pairs)


def same_kind(pairs):
    return all(
        len({isinstance(pair[side], str) for pair in pairs}) < 2 for side in (0, 1)
    )


# checks


@examples
@given(any_tables())
def test_identifiers_are_whole_numbers_or_strings(table):
    expected = pairs_of(table)
    pairs = attempt(ratings.check_pairs, table)
    if len(table):  # an empty column of dates has no identifier that would be wrong
        assert (pairs is None) == (expected is None)
    if pairs is not None:
        assert pairs.columns.tolist() == PAIR
        assert list(pairs.itertuples(index=False, name=None)) == expected


# prepare

# TREACHEROUS cells and a column that is there twice are left out: that is for check_ratings to refuse.
ratings_tables = any_tables(odd=ODD, faults=["missing"])


def rows_by_hand(table, ratio):
    """Return the row numbers of both parts."""
    users, times = table["userID"].tolist(), table["timestamp"].tolist()
    parts = [], []
    for user in sorted(set(users)):
        rows = [row for row in range(len(users)) if users[row] == user]
        rows.sort(key=times.__getitem__)
        n_train = round(float(ratio) * len(rows))
        parts[0].extend(rows[:n_train])
        parts[1].extend(rows[n_train:])
    return parts


@examples
@given(ratings_tables, fractions)
def test_split_cuts_every_users_history_in_two(table, ratio):
    split = attempt(splits.chronological_split, table, ratio)
    if split is not None:
        numbers = table.assign(**{name: pd.to_numeric(table[name]) for name in COLUMNS})
        for part, rows in zip(split, rows_by_hand(numbers, ratio), strict=True):
            expected = numbers.iloc[rows].astype(part.dtypes.to_dict())
            pd.testing.assert_frame_equal(part, expected)


@examples
@given(good_tables())
def test_split_of_the_paper_is_one_by_time_without_unseen_rows(table):
    split = works(splits.course_split, table)
    by_time = splits.drop_unseen(splits.chronological_split(table, 0.75))
    assert snapshot(split) == snapshot(by_time)


@examples
@given(ratings_tables)
def test_split_of_the_paper_takes_the_tables_that_the_split_takes(table):
    refused = is_refused(splits.chronological_split, table)
    assert is_refused(splits.course_split, table) == refused


@examples
@given(good_tables(), wrong_fractions)
def test_split_refuses_what_is_no_fraction(table, ratio):
    assert is_refused(splits.chronological_split, table, ratio)


@examples
@given(any_splits())
def test_test_rows_stay_if_training_has_their_user_and_film(split):
    kept = attempt(splits.drop_unseen, split)
    train, test = (pairs_of(part) for part in split)
    if kept is None:
        assert train is None or test is None or split.train.empty or split.test.empty
        return
    users, items = {user for user, _ in train}, {item for _, item in train}
    rows = [row for row, (u, i) in enumerate(test) if u in users and i in items]
    assert kept.train is split.train
    pd.testing.assert_frame_equal(kept.test, split.test.iloc[rows])


@examples
@given(any_tables(), any_tables(), st.randoms(use_true_random=False))
def test_hash_is_that_of_the_sorted_pairs(table, other, random):
    found = attempt(splits.pairs_sha256, table)
    if found is None:
        assert table.empty or pairs_of(table) is None
        return
    rows = random.sample(range(len(table)), len(table))
    assert splits.pairs_sha256(table.iloc[rows]) == found
    pairs = sorted(pairs_of(table))
    if all(str(value).isalnum() for pair in pairs for value in pair):
        text = "".join(f"{user},{item}\n" for user, item in pairs)
        assert hashlib.sha256(text.encode()).hexdigest() == found
    if pairs_of(other) is not None and not other.empty:
        same = sorted_text(pairs_of(table)) == sorted_text(pairs_of(other))
        assert (splits.pairs_sha256(other) == found) == same


@examples
@given(any_splits(), whole(0, 9) | huge)
def test_last_film_stands_among_films_that_the_user_never_rated(split, n_negatives):
    options = {"n_negatives": n_negatives, "rng": np.random.default_rng(0)}
    table = attempt(sampled.leave_one_out_test, split, **options)
    train, test = (pairs_of(part) for part in split)
    if not train or not test or not same_kind(train + test):
        assert table is None
        return
    assert table is not None
    rated, last = items_by_user(train + test), items_by_user(test)
    assert table["userID"].unique().tolist() == sorted(last)
    for batch, user in enumerate(sorted(last)):
        rows = table[table["userID"] == user]
        positive, *negatives = rows["itemID"]
        unrated = {item for _, item in train} - set(rated[user])
        assert positive == last[user][-1]
        assert set(negatives) <= unrated
        assert len(set(negatives)) == len(negatives) == min(n_negatives, len(unrated))
        assert rows["rating"].tolist() == [1.0] + [0.0] * len(negatives)
        assert set(rows["test_batch"]) == {batch}


@examples
@given(good_tables(), wrong_numbers)
def test_nobody_has_minus_one_or_half_a_negative(table, n_negatives):
    split, rng = splits.Split(table, table), np.random.default_rng(0)
    interactions = interactions.Interactions(table)
    for function, data in (
        (sampled.leave_one_out_test, split),
        (interactions.sample_negatives, interactions),
        (interactions.epoch_samples, interactions),
    ):
        assert is_refused(function, data, n_negatives, rng=rng)


@examples
@given(any_tables())
def test_csv_file_holds_the_table_and_nothing_lies_beside_it(table):
    with tempfile.TemporaryDirectory() as folder:
        path = works(files.write_csv, table, f"{folder}/new/train.csv")
        written = path.read_bytes().decode()
        assert written == table.to_csv(index=False)
        assert [file.name for file in path.parent.iterdir()] == ["train.csv"]


@examples
@given(any_tables())
def test_interactions_are_the_pairs_of_the_table(table):
    interactions, pairs = attempt(interactions.Interactions, table), pairs_of(table)
    if not pairs or len(set(pairs)) < len(pairs):
        assert interactions is None
        return
    users, items = interactions.user_ids, interactions.item_ids
    found = zip(users[interactions.users], items[interactions.items], strict=True)
    assert list(found) == pairs
    assert users.tolist() == list(dict.fromkeys(user for user, _ in pairs))
    assert items.tolist() == list(dict.fromkeys(item for _, item in pairs))
    assert len(interactions) == len(pairs)
    assert (interactions.n_users, interactions.n_items) == (len(users), len(items))


@examples
@given(
    good_tables(),
    small
    | st.sampled_from(
        ["1", "4", "x", None, math.nan, pd.NA, True, 2.0, 2.5, (1, 2), 10**30, 1j]
    ),
)
def test_user_has_a_position_or_is_named(table, user):
    interactions = interactions.Interactions(table)
    position = attempt(interactions.user_position, user, error=KeyError)
    assert (position is None) == (user not in set(interactions.user_ids.tolist()))
    if position is not None:
        assert interactions.user_ids[position] == user


def seen_by(interactions):
    return set(
        zip(interactions.users.tolist(), interactions.items.tolist(), strict=True)
    )


@examples
@given(good_tables(), whole(0, 5) | huge, whole(1, 6) | huge)
def test_negatives_are_unseen_distinct_and_as_many_as_there_are(
    table, n_negatives, block
):
    interactions = interactions.Interactions(table)
    rng = np.random.default_rng(0)
    users, items = works(
        interactions.sample_negatives, interactions, n_negatives, rng=rng, block=block
    )
    drawn = set(zip(users.tolist(), items.tolist(), strict=True))
    assert len(drawn) == len(users) == len(items)
    assert not drawn & seen_by(interactions)
    assert set(items.tolist()) <= set(range(interactions.n_items))
    n_seen = np.bincount(interactions.users)
    for user in range(interactions.n_users):
        n_unseen = interactions.n_items - n_seen[user]
        assert sum(users == user) == min(int(n_negatives) * int(n_seen[user]), n_unseen)


@examples
@given(good_tables(), wrong_numbers | st.just(0))
def test_no_block_is_smaller_than_a_user(table, block):
    interactions, rng = interactions.Interactions(table), np.random.default_rng(0)
    assert is_refused(interactions.sample_negatives, interactions, rng=rng, block=block)
    score = np.zeros((interactions.n_users, interactions.n_items)).__getitem__
    if block is not None:
        assert is_refused(ranking.top_k, score, interactions, 3, block=block)


@examples
@given(good_tables(), whole(0, 5))
def test_epoch_holds_every_positive_once_and_the_negatives_drawn_for_it(
    table, n_negatives
):
    interactions = interactions.Interactions(table)
    samples = works(
        interactions.epoch_samples, interactions, n_negatives, rng=np.random.default_rng(3)
    )
    drawn = interactions.sample_negatives(
        interactions, n_negatives, rng=np.random.default_rng(3)
    )
    assert [part.dtype for part in samples] == ["int32", "int32", "float32"]
    expected = [(u, i, 1.0) for u, i in seen_by(interactions)]
    expected += [
        (u, i, 0.0) for u, i in zip(*map(np.ndarray.tolist, drawn), strict=True)
    ]
    assert sorted(zip(*map(np.ndarray.tolist, samples), strict=True)) == sorted(
        expected
    )


# ranking


@st.composite
def worlds(draw):
    """Return interactions, their test items as Relevant and as a set of positions, and scores."""
    table = draw(good_tables(ids=["int64", "str"]))
    interactions = interactions.Interactions(table)
    n_users, n_items = interactions.n_users, interactions.n_items
    positions = st.tuples(st.integers(0, n_users - 1), st.integers(0, n_items - 1))
    relevant = draw(st.lists(positions, unique=True))
    users, items = np.array(relevant, dtype=int).reshape(-1, 2).T
    pairs = {
        "userID": interactions.user_ids[users],
        "itemID": interactions.item_ids[items],
    }
    values = st.sampled_from([-math.inf, 0.0, 1.0, 2.0, math.inf])
    scores = np.array(draw(lists(lists(values, n_items), n_users)))
    test = evaluation.Relevant(pd.DataFrame(pairs), interactions)
    return interactions, test, set(relevant), scores


@st.composite
def some_users(draw, n_users):
    """Return users that can be asked for, in any order and any form, and the same as a list."""
    users = draw(st.permutations(range(n_users)))[: draw(st.integers(0, n_users))]
    form = draw(st.sampled_from([list, tuple, np.array, pd.Series, pd.Index]))
    form = draw(st.sampled_from([form, lambda users: np.array(users, dtype="uint8")]))
    return draw(st.sampled_from([(None, list(range(n_users))), (form(users), users)]))


def wrong_users(n_users):
    return st.sampled_from([
        [n_users], [-1], [0, 0], [0.0], ["0"], [None], [True], [[0]], [10**30], 0, "0", {0}, 1.5, pd.NaT,
    ])  # fmt: skip


def list_by_hand(interactions, scores, user, k):
    seen = {i for u, i in seen_by(interactions) if u == user}
    unseen = [item for item in range(interactions.n_items) if item not in seen]
    best = sorted(unseen, key=lambda item: (-scores[user][item], item))[:k]
    return best + [-1] * (k - len(best))


@examples
@given(worlds(), whole(1, 9), st.none() | whole(1, 5) | huge, st.data())
def test_list_is_a_sort_of_the_unseen_items(world, k, block, data):
    interactions, _, _, scores = world
    floats, others = ["float64", "float16", "longdouble"], ["int64", "uint8", "bool"]
    dtype = data.draw(st.sampled_from(floats + others))
    scores = scores if dtype in floats else np.clip(scores, 0, 2)
    scores = scores.astype(dtype)
    users, numbers = data.draw(some_users(interactions.n_users))
    top = works(
        ranking.top_k, scores.__getitem__, interactions, k, users=users, block=block
    )
    scores = scores.astype(float).tolist()
    assert top.dtype.kind == "i"
    assert top.shape == (len(numbers), k)
    for row, user in zip(top.tolist(), numbers, strict=True):
        assert row == list_by_hand(interactions, scores, user, int(k))


@examples
@given(worlds(), wrong_numbers | st.just(0), st.data())
def test_no_list_of_a_wrong_length_or_for_a_wrong_user(world, k, data):
    interactions, relevant, _, scores = world
    score, users = scores.__getitem__, data.draw(wrong_users(interactions.n_users))
    assert is_refused(ranking.top_k, score, interactions, k)
    assert is_refused(ranking.top_k, score, interactions, 2, users=users)
    top = ranking.top_k(score, interactions, 2)[:1]
    assert is_refused(evaluation.hits, top, relevant, users=users)
    assert is_refused(evaluation.evaluate, top, relevant, (1,), users=users)


@examples
@given(worlds(), st.data())
def test_scores_must_be_numbers_for_all_items(world, data):
    interactions, _, _, scores = world
    user = data.draw(st.integers(0, interactions.n_users - 1))
    item = data.draw(st.integers(0, interactions.n_items - 1))
    with_nan = scores.copy()
    with_nan[user, item] = math.nan
    wrong = [None, 1.0, "scores", scores[0], scores[:, :, None], scores[:, 1:]]
    wrong += [scores.astype(dtype) for dtype in (str, object, complex)] + [with_nan]
    answer = data.draw(st.sampled_from(wrong))

    def score(users):
        return answer

    assert is_refused(ranking.top_k, score, interactions, 2, block=10)


@examples
@given(good_tables(), any_tables())
def test_test_items_are_those_of_the_table(train, test):
    known, pairs = interactions.Interactions(train), pairs_of(test)
    relevant = attempt(evaluation.Relevant, test, known)
    users, items = known.user_ids.tolist(), known.item_ids.tolist()
    unknown = pairs and any(u not in users or i not in items for u, i in pairs)
    if pairs is None or unknown or len(set(pairs)) < len(pairs):
        assert relevant is None
    elif not test.empty:
        codes = [users.index(u) * len(items) + items.index(i) for u, i in pairs]
        assert relevant.codes.tolist() == codes
        counts = [sum(u == user for u, _ in pairs) for user in users]
        assert relevant.n_relevant.tolist() == counts


def metrics_by_hand(row, relevant, ks):
    """Return the metrics of one list, a step for each place; `relevant` is a set of items."""
    n, metrics = len(relevant), {}
    for k in [*ks, max(ks)]:
        hit = [item in relevant for item in row[:k]]
        ranks = [rank for rank, is_hit in enumerate(hit, start=1) if is_hit]
        precisions = [sum(hit[:rank]) / rank for rank in ranks]
        gains = [1 / math.log2(1 + rank) for rank in range(1, k + 1)]
        values = {
            "map": n and sum(precisions) / min(n, k),
            "ndcg": n and sum(gains[rank - 1] for rank in ranks) / sum(gains[:n]),
            "precision": len(ranks) / k,
            "recall": n and len(ranks) / n,
            "hr": float(len(ranks) > 0),
            "mrr": 1 / ranks[0] if ranks else 0.0,
        }
        metrics |= {f"{name}_at_{k}": value for name, value in values.items()}
    metrics["map"] = n and sum(precisions) / n
    return {name: value if n else math.nan for name, value in metrics.items()}


def some_lengths(width):
    lengths = st.lists(st.integers(1, width), min_size=1, max_size=3)
    return st.one_of(
        lengths, lengths.map(tuple), lengths.map(np.array), st.just(range(1, width + 1))
    )


@examples
@given(worlds(), st.integers(1, 8), st.data())
def test_metrics_are_those_counted_by_hand(world, width, data):
    interactions, relevant, pairs, scores = world
    users, numbers = data.draw(some_users(interactions.n_users))
    ks = data.draw(some_lengths(width))
    top = ranking.top_k(scores.__getitem__, interactions, width, users=users)
    if len(top):
        top = data.draw(st.sampled_from([top, top.tolist(), top.astype("int8")]))
    table = works(evaluation.evaluate, top, relevant, ks, users=users)
    hit = works(evaluation.hits, top, relevant, users=users)
    assert table.index.tolist() == interactions.user_ids[numbers].tolist()
    assert table.index.name == "userID"
    assert hit.shape == (len(numbers), width)
    for row, user in enumerate(numbers):
        items = {item for u, item in pairs if u == user}
        assert hit[row].tolist() == [item in items for item in top[row]]
        expected = metrics_by_hand(list(top[row]), items, ks)
        found = table.iloc[row].to_dict()
        assert set(found) == set(expected)
        assert found == pytest.approx(expected, abs=1e-12, nan_ok=True)
        assert all(
            math.isnan(value) or -1e-12 <= value <= 1 + 1e-12
            for value in found.values()
        )


@examples
@given(worlds(), st.integers(1, 8))
def test_list_that_begins_with_all_test_items_is_perfect(world, k):
    interactions, relevant, pairs, _ = world
    top = np.full((interactions.n_users, k), -1)
    for user in range(interactions.n_users):
        items = sorted(item for u, item in pairs if u == user)[:k]
        top[user, : len(items)] = items
    table = evaluation.evaluate(top, relevant, (k,))[relevant.n_relevant > 0]
    perfect = ["map", "ndcg", "hr", "mrr"]
    if relevant.n_relevant.max() <= k:
        perfect.append("recall")
    perfect = table[[f"{name}_at_{k}" for name in perfect]].to_numpy()
    assert perfect == pytest.approx(np.ones_like(perfect), abs=1e-12)


@examples
@given(worlds(), st.data())
def test_only_lists_of_positions_can_be_judged(world, data):
    interactions, relevant, _, scores = world
    top = ranking.top_k(scores.__getitem__, interactions, 2)
    n_items = interactions.n_items
    wrong = [
        top[0], top[:, :, None], top[0, 0], None, "top", top > 0, top - 10, top + n_items + 1,
        np.zeros_like(top), np.full_like(top, -2), top * [1, 0] + [0, n_items],
        top.astype(float), top.astype(str), top.astype(object),
    ]  # fmt: skip
    wrong = data.draw(st.sampled_from(wrong))
    assert is_refused(evaluation.hits, wrong, relevant)
    assert is_refused(evaluation.evaluate, wrong, relevant, (1,))
    assert is_refused(evaluation.item_coverage, wrong, n_items)
    too_many = np.concatenate([top, top])
    assert is_refused(evaluation.hits, too_many, relevant)
    assert is_refused(evaluation.evaluate, too_many, relevant, (1,))


@examples
@given(worlds(), st.integers(1, 5), st.data())
def test_only_lengths_within_the_list_can_be_judged(world, width, data):
    interactions, relevant, _, scores = world
    top = ranking.top_k(scores.__getitem__, interactions, width)
    wrong = [
        [], (), [0], [width + 1], [1, width + 1], [-1], [1.0], ["1"], [None], [[1]], [10**30],
    ]  # fmt: skip
    ks = data.draw(st.sampled_from([*wrong, {1}, 1, 1.5, None, "1", math.nan]))
    assert is_refused(evaluation.evaluate, top, relevant, ks)


@examples
@given(worlds(), st.integers(1, 8), wrong_numbers | st.just(0))
def test_coverage_is_the_share_of_items_on_a_list(world, k, wrong):
    interactions, _, _, scores = world
    top = ranking.top_k(scores.__getitem__, interactions, k)
    listed = {item for row in top.tolist() for item in row if item >= 0}
    covered = works(evaluation.item_coverage, top, interactions.n_items)
    assert covered == len(listed) / interactions.n_items
    assert is_refused(evaluation.item_coverage, top, wrong)


finite = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, math.nan])


@st.composite
def metric_values(draw, n=None):
    """One value per user, in any form."""
    n = n or draw(st.integers(2, 12))
    values = draw(lists(finite, n))
    forms = [list, tuple, np.array, pd.Series, "float32", "bool", "int8", "Float64"]
    form = draw(st.sampled_from(forms))
    if callable(form):
        return form(values)
    values = np.nan_to_num(values) > 0.5 if form in ("bool", "int8") else values
    return pd.Series(values, dtype=float).dropna().astype(form)


WRONG_VALUES = [
    None, 1.0, "x", [], [1.0], [math.nan] * 3, [math.nan, 1.0], [1.0, math.inf], ["0.5", "1.0"], [1j, 2j],
    [None, 1.0], np.ones((3, 2)), pd.Series(["a", "b"]), pd.Series([1, 2], dtype="datetime64[ns]"),
]  # fmt: skip


@examples
@given(metric_values(), fractions, whole(1, 50), st.integers(0, 9))
def test_interval_holds_the_level_of_the_resampled_means(
    values, level, n_resamples, seed
):
    defined = [float(value) for value in values if not math.isnan(value)]
    options = {"n_resamples": n_resamples, "level": level}
    interval = attempt(
        uncertainty.bootstrap_interval, values, rng=np.random.default_rng(seed), **options
    )
    assert (interval is None) == (len(defined) < 2)
    if interval is None:
        return
    mean, low, high = interval
    assert mean == pytest.approx(math.fsum(defined) / len(defined))
    assert min(defined) - 1e-6 <= low <= high <= max(defined) + 1e-6
    rng, n = np.random.default_rng(seed), len(defined)
    drawn = rng.integers(n, size=(n_resamples, n)).tolist()
    means = [math.fsum(defined[i] for i in row) / n for row in drawn]
    tails = [(1 - float(level)) / 2, (1 + float(level)) / 2]
    assert [low, high] == pytest.approx(np.quantile(means, tails), rel=1e-9, abs=1e-6)


@examples
@given(metric_values(n=6), st.integers(0, 9))
def test_interval_contains_the_mean(values, seed):
    rng = np.random.default_rng(seed)
    interval = attempt(uncertainty.bootstrap_interval, values, rng=rng)
    if interval is not None:
        assert interval.low - 1e-6 <= interval.mean <= interval.high + 1e-6


@examples
@given(st.sampled_from(WRONG_VALUES), wrong_fractions, wrong_numbers | st.just(0))
def test_no_interval_of_what_is_no_metric(values, level, n_resamples):
    rng = np.random.default_rng(0)
    for function, inputs in (
        (uncertainty.bootstrap_interval, [values]),
        (uncertainty.paired_difference, [values, values]),
    ):
        assert is_refused(function, *inputs, rng=rng)
    good = [0.0, 1.0]
    for wrong in ({"level": level}, {"n_resamples": n_resamples}):
        assert is_refused(uncertainty.bootstrap_interval, good, rng=rng, **wrong)
        assert is_refused(uncertainty.paired_difference, good, good, rng=rng, **wrong)


@examples
@given(st.data())
def test_difference_is_that_of_users_who_have_both(data):
    users = st.lists(st.sampled_from([1, 2, 3, 4, 5, 6, "a"]), min_size=4, max_size=4)
    a, b = (
        pd.Series(data.draw(lists(finite, 4)), index=data.draw(users)) for _ in range(2)
    )
    if data.draw(st.booleans()):
        b.index = a.index
    interval = attempt(
        uncertainty.paired_difference, a, b, rng=np.random.default_rng(0), n_resamples=5
    )
    by_position = a.index.equals(b.index)
    if not by_position and not (a.index.is_unique and b.index.is_unique):
        assert interval is None
        return
    matched = zip(
        a, b if by_position else [b.get(u, math.nan) for u in a.index], strict=True
    )
    differences = [x - y for x, y in matched if not math.isnan(x - y)]
    assert (interval is None) == (len(differences) < 2)
    if interval is not None:
        assert interval.mean == pytest.approx(np.mean(differences))
        assert (
            min(differences) - 1e-6
            <= interval.low
            <= interval.high
            <= max(differences) + 1e-6
        )


@examples
@given(metric_values(n=4), metric_values(n=5))
def test_difference_needs_as_many_values_on_both_sides(a, b):
    rng = np.random.default_rng(0)
    interval = attempt(uncertainty.paired_difference, list(a), list(b), rng=rng)
    assert interval is None or len(a) == len(b)
