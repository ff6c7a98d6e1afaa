import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recommenders.datasets.python_splitters import python_chrono_split
from recommenders.models.ncf.dataset import NegativeSampler

from recdl import files, interactions, sampled, splits, toy
from recdl.movielens import DataError


def films_of(table, user):
    return table.loc[table["userID"] == user, "itemID"].tolist()


@st.composite
def tables(draw):
    """Ratings of a few users and films, each pair once, with many equal timestamps."""
    pairs = draw(
        st.lists(
            st.tuples(st.integers(1, 6), st.integers(1, 12)), min_size=1, unique=True
        )
    )
    times = draw(st.lists(st.integers(0, 4), min_size=len(pairs), max_size=len(pairs)))
    table = pd.DataFrame(pairs, columns=["userID", "itemID"])
    return table.assign(rating=3.0, timestamp=times)


def test_split_gives_each_users_first_half_to_training(half):
    assert films_of(half.train, 1) == [101, 102]
    assert films_of(half.test, 1) == [103, 104]


def test_split_rounds_half_a_rating_to_the_even_number(half):
    assert len(films_of(half.train, 2)) == 2  # 1.5 of Ben's three
    assert len(films_of(half.train, 5)) == 2  # 2.5 of Eva's five


def test_split_keeps_the_order_of_the_table_within_a_tie(half):
    assert films_of(half.train, 5) == [103, 101]
    other_order = toy.RATINGS.iloc[::-1]
    assert films_of(splits.chronological_split(other_order, 0.5).train, 5) == [
        103,
        105,
    ]


@settings(deadline=None)
@given(tables(), st.sampled_from([0.25, 0.5, 0.75, 0.9]))
def test_split_has_the_rows_of_the_library(table, ratio):
    ours = splits.chronological_split(table, ratio)
    train, test = python_chrono_split(table.copy(), ratio)
    assert ours.train.index.tolist() == train.index.tolist()
    assert ours.test.index.tolist() == test.index.tolist()


@pytest.mark.parametrize("ratio", [0, 1, 1.5, -0.1, float("nan")])
def test_split_refuses_a_ratio_that_leaves_nothing(ratio):
    with pytest.raises(ValueError, match="between 0 and 1"):
        splits.chronological_split(toy.RATINGS, ratio)


def test_split_refuses_a_table_without_a_column():
    with pytest.raises(DataError, match="timestamp"):
        splits.chronological_split(toy.RATINGS.drop(columns="timestamp"))


def test_split_leaves_its_input_alone():
    before = toy.RATINGS.copy()
    splits.course_split(toy.RATINGS)
    pd.testing.assert_frame_equal(toy.RATINGS, before)


def test_films_that_training_never_saw_leave_the_test(half):
    test = splits.drop_unseen(half).test
    assert 106 in half.test["itemID"].tolist()
    assert 106 not in test["itemID"].tolist()
    assert 2 not in test["userID"].tolist()  # Ben: 106 was his only test film
    assert len(test) == len(half.test) - 1


def test_users_that_training_never_saw_leave_the_test(half):
    without_ana = splits.Split(half.train[half.train["userID"] != 1], half.test)
    assert 1 not in splits.drop_unseen(without_ana).test["userID"].tolist()


def test_hash_of_two_pairs_by_hand():
    # printf '2,30\n10,4\n' | sha256sum
    pairs = pd.DataFrame({"userID": [10, 2], "itemID": [4, 30], "rating": [1, 2]})
    assert (
        splits.pairs_sha256(pairs)
        == "52173353a75f066a460e70ed6d91865b0364669d4a278194005e666ae2e1b91c"
    )


def test_hash_ignores_the_order_of_rows_and_sees_one_other_pair(half):
    assert splits.pairs_sha256(half.train.iloc[::-1]) == splits.pairs_sha256(
        half.train
    )
    other = half.train.replace({"itemID": {102: 106}})
    assert splits.pairs_sha256(other) != splits.pairs_sha256(half.train)


def test_leave_one_out_has_the_last_test_film_once_for_each_user(half):
    split = splits.drop_unseen(half)
    table = sampled.leave_one_out_test(split, n_negatives=2, rng=np.random.default_rng(0))
    positives = table[table["rating"] == 1]
    assert dict(zip(positives["userID"], positives["itemID"], strict=True)) == {
        1: 104,
        3: 104,
        4: 105,
        5: 102,
    }
    assert positives["test_batch"].tolist() == [0, 1, 2, 3]


def test_leave_one_out_draws_only_films_that_the_user_never_rated(half):
    split = splits.drop_unseen(half)
    table = sampled.leave_one_out_test(split, n_negatives=100, rng=np.random.default_rng(0))
    negatives = (
        table[table["rating"] == 0].groupby("userID")["itemID"].agg(sorted).to_dict()
    )
    assert negatives == {
        1: [105],
        3: [101, 102, 103],
        4: [101, 103],
    }  # all that is left; Eva has nothing


def test_leave_one_out_needs_both_parts(half):
    split = splits.Split(half.train, half.test.head(0))
    with pytest.raises(
        ValueError, match=r"^There are 9 .* Split with another ratio\.$"
    ):
        sampled.leave_one_out_test(split, rng=np.random.default_rng(0))


def test_csv_is_written_whole_or_not_at_all(half, tmp_path, monkeypatch):
    path = files.write_csv(half.train, tmp_path / "new" / "train.csv")
    before = path.read_text()
    monkeypatch.setattr(
        files.os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        files.write_csv(half.test, path)
    assert path.read_text() == before
    assert pd.read_csv(path)["itemID"].tolist() == half.train["itemID"].tolist()


def test_interactions_count_positions_by_first_appearance(half):
    positives = interactions.Interactions(half.train)
    assert positives.user_ids.tolist() == [1, 2, 3, 4, 5]
    assert positives.item_ids.tolist() == [101, 102, 103, 105, 104]
    assert positives.user_ids[positives.users].tolist() == half.train["userID"].tolist()
    assert positives.item_ids[positives.items].tolist() == half.train["itemID"].tolist()
    assert len(positives) == 9


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (toy.RATINGS.drop(columns="itemID"), "needs each of the columns"),
        (toy.RATINGS.head(0), "^There are no interactions: .* empty"),
        (pd.concat([toy.RATINGS, toy.RATINGS.tail(1)]), "User 5 has item 102 twice"),
        (
            pd.DataFrame({"userID": ["a"] * 2, "itemID": ["b"] * 2}),
            "User a has item b twice",
        ),
        (
            toy.RATINGS.replace({"userID": {5: None}}),
            r"Row 1 .* lacks a user or an item",
        ),
    ],
)
def test_interactions_refuse(table, words):
    with pytest.raises(ValueError, match=words):
        interactions.Interactions(table)


def test_unknown_user_is_named_with_the_known_ones(half):
    with pytest.raises(KeyError, match=r"User 77 .* 1 to 5"):
        interactions.Interactions(half.train).user_position(77)


def test_known_user_has_a_position(half):
    assert interactions.Interactions(half.train).user_position(4) == 3


def negatives_of(positives, n_negatives, seed=0, **options):
    users, items = interactions.sample_negatives(
        positives, n_negatives, rng=np.random.default_rng(seed), **options
    )
    return pd.DataFrame(
        {"userID": positives.user_ids[users], "itemID": positives.item_ids[items]}
    )


@settings(deadline=None)
@given(tables(), st.integers(1, 5), st.integers(1, 4))
def test_negatives_are_unseen_distinct_and_as_many_as_the_library_draws(
    table, n_negatives, block
):
    drawn = negatives_of(interactions.Interactions(table), n_negatives, block=block)
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


def test_every_set_of_unseen_films_is_equally_likely(half):
    """Chloe has seen one of five films and gets two of the other four: six sets, each one time in six."""
    positives, rng = interactions.Interactions(half.train), np.random.default_rng(7)
    n_draws, counts = 6000, {}
    for _ in range(n_draws):
        users, items = interactions.sample_negatives(positives, 2, rng=rng)
        chloes = frozenset(positives.item_ids[items[users == 2]])
        counts[chloes] = counts.get(chloes, 0) + 1
    assert len(counts) == 6
    deviation = np.sqrt(n_draws * (1 / 6) * (5 / 6))
    assert all(abs(count - n_draws / 6) < 5 * deviation for count in counts.values())


def test_negatives_follow_the_seed_and_change_from_epoch_to_epoch():
    pairs = [
        (user, item)
        for user in range(1, 9)
        for item in range(1, 61)
        if (user * item) % 7 == 1
    ]
    positives = interactions.Interactions(pd.DataFrame(pairs, columns=["userID", "itemID"]))
    rng = np.random.default_rng(3)
    first, second = (
        interactions.sample_negatives(positives, 2, rng=rng)[1].tolist() for _ in range(2)
    )
    assert first != second
    assert (
        interactions.sample_negatives(positives, 2, rng=np.random.default_rng(3))[1].tolist()
        == first
    )


def test_seed_42_draws_what_the_chapters_quote(half):
    """A change of the method would change numbers in the prose, even if it draws as well as before."""
    pairs = [(u, i) for u in range(300) for i in range(60) if (u * i + 1) % 7 <= u % 8]
    positives = interactions.Interactions(pd.DataFrame(pairs, columns=["userID", "itemID"]))
    drawn = interactions.sample_negatives(positives, 2, rng=np.random.default_rng(42))
    digest = hashlib.sha256(np.array(drawn, "<i8").tobytes()).hexdigest()
    assert digest[:16] == "b3dd7811a7ce4cff"
    table = sampled.leave_one_out_test(
        splits.drop_unseen(half), 2, rng=np.random.default_rng(42)
    )
    assert table["itemID"].tolist() == [104, 105, 104, 101, 103, 105, 103, 101, 102]
    assert table.index.tolist() == list(range(9))
    users, items, labels = interactions.epoch_samples(
        interactions.Interactions(half.train), 1, rng=np.random.default_rng(42)
    )
    assert users.tolist() == [0, 1, 3, 0, 0, 2, 4, 1, 4, 4, 3, 2, 1, 0, 3, 4, 3, 1]
    assert items.tolist() == [3, 0, 4, 2, 1, 3, 0, 1, 2, 4, 1, 2, 4, 0, 2, 1, 0, 2]
    assert np.flatnonzero(labels).tolist() == [1, 2, 4, 5, 6, 8, 10, 13, 17]


def test_numbers_of_negatives_are_the_papers_if_left_out():
    table = pd.DataFrame({"userID": [1, 2] * 150, "itemID": range(300)})
    split = splits.Split(table, table.head(1))
    ranked = sampled.leave_one_out_test(split, rng=np.random.default_rng(0))
    assert len(ranked) == 1 + 100
    table = pd.DataFrame({"userID": [1] + [2] * 9, "itemID": range(10)})
    positives = interactions.Interactions(table)
    users, _ = interactions.sample_negatives(positives, rng=np.random.default_rng(0))
    assert (users == 0).sum() == 4
    users, _, labels = interactions.epoch_samples(positives, rng=np.random.default_rng(0))
    assert ((users == 0) & (labels == 0)).sum() == 4


def test_csv_makes_the_folders_above_it(half, tmp_path):
    path = files.write_csv(half.train, tmp_path / "a" / "b" / "train.csv")
    assert files.write_csv(half.train, path) == path  # and minds none that is there


def test_csv_that_fails_leaves_nothing_behind(half, tmp_path):
    (tmp_path / "train.csv").mkdir()
    with pytest.raises(OSError, match=r"train\.csv"):
        files.write_csv(half.train, tmp_path / "train.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["train.csv"]
