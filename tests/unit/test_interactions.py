"""Positions, their order of time, negatives, and the samples of an epoch."""

import hashlib
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_input import (
    any_tables,
    attempt,
    good_tables,
    huge,
    is_refused,
    pairs_of,
    seen_by,
    small,
    whole,
    works,
    wrong_numbers,
)
from recdl import baselines, toy
from recdl.columns import DataError
from recdl.interactions import (
    Interactions,
    check_batch,
    check_sizes,
    check_users,
    epoch_samples,
    sample_negatives,
)
from small_tables import even_and_odd, films_of, tables

POSITIVES = Interactions(even_and_odd())


def test_interactions_count_positions_by_first_appearance(half):
    positives = Interactions(half.train)
    assert positives.user_ids.tolist() == [1, 2, 3, 4, 5]
    assert positives.item_ids.tolist() == [101, 102, 103, 105, 104]
    assert positives.user_ids[positives.users].tolist() == half.train["userID"].tolist()
    assert positives.item_ids[positives.items].tolist() == half.train["itemID"].tolist()
    assert len(positives) == 9


def test_interactions_refuse_an_empty_table():
    with pytest.raises(DataError, match=r"^There are no interactions: .* empty"):
        Interactions(toy.RATINGS.head(0))


def test_unknown_user_is_named_with_the_known_ones(half):
    for user in (77, np.int64(77)):
        with pytest.raises(KeyError, match=r"no user 77 .* 1 to 5\."):
            Interactions(half.train).user_position(user)


@pytest.mark.parametrize(
    ("dtype", "user", "words"),
    [(int, "1", "no user '1' .* 1 to 5"), (str, 1, "no user 1 .* '1' to '5'")],
)
def test_a_text_is_no_number(half, dtype, user, words):
    positives = Interactions(half.train.astype({"userID": dtype}))
    with pytest.raises(KeyError, match=rf"{words}\. A text is no number: use"):
        positives.user_position(user)


def test_known_user_has_a_position(half):
    assert Interactions(half.train).user_position(4) == 3


def test_users_are_positions_as_whole_numbers():
    for users in ([2, 0], (2, 0), np.array([2, 0], dtype="uint8"), pd.Series([2, 0])):
        found = check_users(users, 3)
        assert found.tolist() == [2, 0]
        assert found.dtype == int
    assert check_users([], 3).dtype == int


def test_a_model_of_other_sizes_is_refused_with_both(half):
    positives, model = Interactions(half.train), baselines.Popularity
    check_sizes(model, 5, 5, positives)
    for sizes in ((4, 5), (6, 5), (5, 4), (5, 6)):
        words = f"made for {sizes[0]} users and {sizes[1]} items, and .* 5 users and 5"
        with pytest.raises(ValueError, match=words):
            check_sizes(model, *sizes, positives)


# Order of time

IN_ORDER = toy.RATINGS.sort_values(["userID", "timestamp"], kind="stable")
BACKWARDS = IN_ORDER.iloc[::-1]
NEEDS_ORDER = {
    "check": Interactions.check_time_order,
    "recency": lambda positives: baselines.recency_weights(positives, 3),
}
needs_order = pytest.mark.parametrize(
    "use", [pytest.param(use, id=name) for name, use in NEEDS_ORDER.items()]
)


@needs_order
def test_rows_in_order_of_time_will_do(use):
    for table in (IN_ORDER, toy.RATINGS.sort_values("timestamp", kind="stable")):
        assert Interactions(table).in_time_order is True
        use(Interactions(table))


@needs_order
def test_rows_in_another_order_are_refused_with_the_way_to_sort_them(use):
    positives = Interactions(BACKWARDS)
    assert positives.in_time_order is False
    with pytest.raises(DataError, match=r"do not stand in order of time.*sort_values"):
        use(positives)


@needs_order
def test_rows_of_unknown_order_are_refused_unless_one_vouches_for_them(use):
    table = IN_ORDER.drop(columns="timestamp")
    positives = Interactions(table)
    assert positives.in_time_order is None
    with pytest.raises(DataError, match=r"nobody knows .*in_time_order=True"):
        use(positives)
    use(Interactions(table, in_time_order=True))


def test_who_vouches_is_believed_whatever_the_timestamps_say():
    assert Interactions(BACKWARDS, in_time_order=True).in_time_order is True
    assert Interactions(IN_ORDER, in_time_order=False).in_time_order is False


def test_the_advice_to_sort_helps():
    table = BACKWARDS.sort_values(["userID", "timestamp"], kind="stable")
    Interactions(table).check_time_order()


@given(tables())
def test_tied_is_who_has_the_same_second_as_the_row_before(table):
    expected, last = [], {}
    for user, time in zip(table["userID"], table["timestamp"], strict=True):
        expected.append(last.get(user) == time)
        last[user] = time
    assert Interactions(table).tied.tolist() == expected
    assert Interactions(table, in_time_order=True).tied.tolist() == expected


def test_without_readable_timestamps_nothing_is_tied():
    for table in (
        IN_ORDER.drop(columns="timestamp"),
        IN_ORDER.assign(timestamp="unknown"),
        IN_ORDER.assign(timestamp=range(len(IN_ORDER))),
    ):
        tied = Interactions(table).tied
        assert tied.dtype == bool
        assert tied.tolist() == [False] * len(IN_ORDER)


# Negatives


def negatives_of(positives, n_negatives, seed=0, **options):
    users, items = sample_negatives(
        positives, n_negatives, rng=np.random.default_rng(seed), **options
    )
    return pd.DataFrame(
        {"userID": positives.user_ids[users], "itemID": positives.item_ids[items]}
    )


@given(tables(), st.integers(1, 5), st.integers(1, 4))
def test_negatives_are_unseen_distinct_and_as_many_as_the_library_draws(
    table, n_negatives, block
):
    from recommenders.models.ncf.dataset import NegativeSampler

    drawn = negatives_of(Interactions(table), n_negatives, block=block)
    assert not drawn.duplicated().any()
    assert drawn.merge(table, on=["userID", "itemID"]).empty
    for user, seen in table.groupby("userID")["itemID"]:
        sampler = NegativeSampler(
            user,
            n_negatives * len(seen),
            set(seen),
            set(table["itemID"]),
            False,
            print_warnings=False,
        )
        assert len(films_of(drawn, user)) == sampler.n_samples
        assert set(films_of(drawn, user)) <= set(sampler.user_negative_item_pool)


def test_every_set_of_unseen_films_is_equally_likely():
    """6000 users have seen one of five films and get two of the others: six sets, each one time in six."""
    n, counts = 6000, {}
    users, items = [*range(n), n, n, n, n], [4] * n + [0, 1, 2, 3]
    positives = Interactions(pd.DataFrame({"userID": users, "itemID": items}))
    users, items = sample_negatives(positives, 2, rng=np.random.default_rng(7))
    own = users < n
    pairs = positives.item_ids[items[own]][np.argsort(users[own], kind="stable")]
    for pair in pairs.reshape(n, 2).tolist():
        counts[frozenset(pair)] = counts.get(frozenset(pair), 0) + 1
    assert len(counts) == 6
    deviation = np.sqrt(n * (1 / 6) * (5 / 6))
    assert all(abs(count - n / 6) < 5 * deviation for count in counts.values())


def test_negatives_follow_the_seed_and_change_from_epoch_to_epoch():
    pairs = [
        (user, item)
        for user in range(1, 9)
        for item in range(1, 61)
        if (user * item) % 7 == 1
    ]
    positives = Interactions(pd.DataFrame(pairs, columns=["userID", "itemID"]))
    rng = np.random.default_rng(3)
    first, second = (
        sample_negatives(positives, 2, rng=rng)[1].tolist() for _ in range(2)
    )
    assert first != second
    assert (
        sample_negatives(positives, 2, rng=np.random.default_rng(3))[1].tolist()
        == first
    )


def test_a_block_draws_the_same_whatever_the_others_have_drawn():
    """With one generator for all, what the first users have seen would move the draws of the last."""
    everything = [(user, item) for user in range(3) for item in range(40)]
    more = [(user, item) for user in range(3, 6) for item in range(0, 40, user)]
    drawn = [
        negatives_of(Interactions(table.drop(left_out)), 2, block=3)
        for table in [pd.DataFrame(everything + more, columns=["userID", "itemID"])]
        for left_out in ([], [50, 70, 71, 99])
    ]
    first, last = ([d[d["userID"] // 3 == part] for d in drawn] for part in (0, 1))
    assert len(first[0]) == 0
    assert len(first[1]) == 4
    assert last[0].to_numpy().tolist() == last[1].to_numpy().tolist()
    assert len(last[0]) > 30


def test_seed_42_draws_what_the_chapters_quote(half):
    """A change of the method would change numbers in the prose, even if it draws as well as before."""
    pairs = [(u, i) for u in range(300) for i in range(60) if (u * i + 1) % 7 <= u % 8]
    positives = Interactions(pd.DataFrame(pairs, columns=["userID", "itemID"]))
    drawn = sample_negatives(positives, 2, rng=np.random.default_rng(42))
    digest = hashlib.sha256(np.array(drawn, "<i8").tobytes()).hexdigest()
    assert digest[:16] == "8a81229d437d87c9"
    users, items, labels = epoch_samples(
        Interactions(half.train), 1, rng=np.random.default_rng(42)
    )
    assert users.tolist() == [3, 0, 3, 4, 1, 0, 3, 4, 1, 0, 4, 3, 1, 2, 1, 2, 4, 0]
    assert items.tolist() == [0, 4, 3, 2, 1, 2, 4, 0, 2, 0, 3, 1, 3, 0, 0, 3, 1, 1]
    assert np.flatnonzero(labels).tolist() == [3, 6, 7, 8, 9, 11, 14, 15, 17]


def test_four_negatives_as_in_the_paper_if_left_out():
    table = pd.DataFrame({"userID": [1] + [2] * 9, "itemID": range(10)})
    positives = Interactions(table)
    users, _ = sample_negatives(positives, rng=np.random.default_rng(0))
    assert (users == 0).sum() == 4
    users, _, labels = epoch_samples(positives, rng=np.random.default_rng(0))
    assert ((users == 0) & (labels == 0)).sum() == 4


# An epoch's samples


def an_epoch(seed=0, n_negatives=2):
    rng = np.random.default_rng(seed)
    return epoch_samples(POSITIVES, n_negatives, rng=rng)


def test_an_epoch_has_every_positive_once_and_only_unseen_negatives():
    users, items, labels = an_epoch()
    seen = set(zip(POSITIVES.users, POSITIVES.items, strict=True))
    positives = list(zip(users[labels == 1], items[labels == 1], strict=True))
    negatives = list(zip(users[labels == 0], items[labels == 0], strict=True))
    assert len(positives) + len(negatives) == len(labels)
    assert sorted(positives) == sorted(seen)
    assert not seen & set(negatives)


def test_an_epoch_has_the_number_of_negatives_that_each_user_can_have():
    users, _, labels = an_epoch(n_negatives=2)
    n_seen = np.bincount(POSITIVES.users)
    expected = np.minimum(2 * n_seen, 20 - n_seen)
    assert np.bincount(users[labels == 0]).tolist() == expected.tolist()
    assert 0 < (expected < 2 * n_seen).sum() < 12  # some are capped, some are not


def test_an_epoch_is_in_random_order():
    users, _, labels = an_epoch()
    thirds = [part.mean() for part in np.array_split(labels, 3)]
    assert thirds == pytest.approx([labels.mean()] * 3, abs=0.15)
    assert (np.diff(users) < 0).mean() > 0.3


def test_an_epoch_follows_its_seed():
    same, other = (np.array_equal(an_epoch(1), an_epoch(seed)) for seed in (1, 2))
    assert same
    assert not other


def test_the_same_generator_draws_two_different_epochs():
    rng = np.random.default_rng(0)
    first, second = (epoch_samples(POSITIVES, 2, rng=rng) for _ in range(2))
    assert set(zip(*first, strict=True)) != set(zip(*second, strict=True))


def test_who_has_seen_everything_has_no_negatives():
    everything = [(user, item) for user in range(3) for item in range(4)]
    positives = Interactions(pd.DataFrame(everything, columns=["userID", "itemID"]))
    users, items = sample_negatives(positives, 4, rng=np.random.default_rng(0))
    assert users.tolist() == items.tolist() == []


@pytest.mark.parametrize("draw", [sample_negatives, epoch_samples])
@pytest.mark.parametrize("rng", [42, np.random.RandomState(42)])
def test_a_seed_is_no_generator(draw, rng):
    with pytest.raises(ValueError, match="rng must be a numpy"):
        draw(POSITIVES, 2, rng=rng)


@pytest.mark.parametrize("n_negatives", [0, 1, 4, 10**30])
def test_a_batch_that_no_epoch_fills_is_refused(n_negatives):
    n = len(epoch_samples(POSITIVES, n_negatives, rng=np.random.default_rng(0))[0])
    check_batch(POSITIVES, n_negatives, n)
    with pytest.raises(
        ValueError, match=f"batch of {n + 1} is larger than all {n} samples"
    ):
        check_batch(POSITIVES, n_negatives, n + 1)


# Any table


@given(any_tables())
def test_interactions_are_the_pairs_of_the_table(table):
    positives, pairs = attempt(Interactions, table), pairs_of(table)
    if not pairs:
        assert positives is None
        return
    users, items = positives.user_ids, positives.item_ids
    found = zip(users[positives.users], items[positives.items], strict=True)
    assert list(found) == pairs
    assert users.tolist() == list(dict.fromkeys(user for user, _ in pairs))
    assert items.tolist() == list(dict.fromkeys(item for _, item in pairs))
    assert len(positives) == len(pairs)
    assert (positives.n_users, positives.n_items) == (len(users), len(items))


@given(
    good_tables(),
    small
    | st.sampled_from(
        ["1", "4", "x", None, math.nan, pd.NA, True, 2.0, 2.5, (1, 2), 10**30, 1j]
    ),
)
def test_user_has_a_position_or_is_named(table, user):
    positives = Interactions(table)
    position = attempt(positives.user_position, user, error=KeyError)
    known = user is not True and user in set(positives.user_ids.tolist())
    assert (position is not None) == known
    if position is not None:
        assert positives.user_ids[position] == user


@given(good_tables(), whole(0, 5) | huge, whole(1, 6) | huge)
def test_negatives_are_unseen_distinct_and_as_many_as_there_are(
    table, n_negatives, block
):
    positives = Interactions(table)
    rng = np.random.default_rng(0)
    users, items = works(sample_negatives, positives, n_negatives, rng=rng, block=block)
    drawn = set(zip(users.tolist(), items.tolist(), strict=True))
    assert len(drawn) == len(users) == len(items)
    assert not drawn & seen_by(positives)
    assert set(items.tolist()) <= set(range(positives.n_items))
    n_seen = np.bincount(positives.users)
    for user in range(positives.n_users):
        n_unseen = positives.n_items - n_seen[user]
        assert sum(users == user) == min(int(n_negatives) * int(n_seen[user]), n_unseen)


@given(good_tables(), wrong_numbers | st.just(0))
def test_no_block_is_smaller_than_a_user(table, block):
    positives, rng = Interactions(table), np.random.default_rng(0)
    assert is_refused(sample_negatives, positives, rng=rng, block=block)


@given(good_tables(), whole(0, 5))
def test_epoch_holds_every_positive_once_and_the_negatives_drawn_for_it(
    table, n_negatives
):
    positives = Interactions(table)
    samples = works(epoch_samples, positives, n_negatives, rng=np.random.default_rng(3))
    drawn = sample_negatives(positives, n_negatives, rng=np.random.default_rng(3))
    assert [part.dtype for part in samples] == ["int32", "int32", "float32"]
    expected = [(u, i, 1.0) for u, i in seen_by(positives)]
    expected += [
        (u, i, 0.0) for u, i in zip(*map(np.ndarray.tolist, drawn), strict=True)
    ]
    assert sorted(zip(*map(np.ndarray.tolist, samples), strict=True)) == sorted(
        expected
    )


@pytest.mark.parametrize("wrong", ["no", "False", 0])
def test_the_order_of_time_is_a_truth_value(wrong):
    with pytest.raises(ValueError, match="in_time_order must be True, False or None"):
        Interactions(toy.RATINGS, in_time_order=wrong)


@given(good_tables(), wrong_numbers)
def test_nobody_has_minus_one_or_half_a_negative(table, n_negatives):
    positives, rng = Interactions(table), np.random.default_rng(0)
    for draw in (sample_negatives, epoch_samples):
        assert is_refused(draw, positives, n_negatives, rng=rng)
