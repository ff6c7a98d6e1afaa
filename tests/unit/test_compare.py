"""Recommenders compared on invented ratings: every number by hand, and nothing chosen on the test."""

import os
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from later import Later
from recdl import __main__, baselines, evaluation, splits
from recdl.columns import DataError
from recdl.interactions import Interactions
from recdl.own import compare, contenders, judging, notes, page
from recdl.ranking import ScoreTable, top_k
from recdl.ratings import check_ratings
from recdl.uncertainty import Interval, bootstrap_interval, paired_difference

models, training = Later("recdl.models"), Later("recdl.training")
CLASSICAL = ["popularity", "item-kNN", "user-kNN", "EASE"]


def people(n_users=60, n_items=40, seed=5):
    """Return ratings in order of time of users in three groups, who mostly like items of their own kind."""
    rng = np.random.default_rng(seed)
    base = 1 / np.sqrt(np.arange(1, n_items + 1))
    rows = []
    for user in range(n_users):
        likes = base * np.where(np.arange(n_items) % 3 == user % 3, 5, 1)
        n = rng.integers(8, 20)
        items = rng.choice(n_items, size=n, replace=False, p=likes / likes.sum())
        rows += [(user, item, time) for time, item in enumerate(items)]
    table = pd.DataFrame(rows, columns=["userID", "itemID", "timestamp"])
    return table.sample(frac=1, random_state=1, ignore_index=True)


RATINGS = people()
CLOCK = RATINGS.assign(timestamp=RATINGS["timestamp"] + 964_980_000)


@pytest.fixture(scope="module")
def result():
    return compare.compare(RATINGS, models=CLASSICAL)


@pytest.fixture(scope="module")
def parts():
    """Return the parts as anybody would make them: chapter 2's split, and the same once more."""
    split = splits.course_split(RATINGS)
    positives = Interactions(split.train)
    return split, positives, evaluation.Relevant(split.test, positives)


def by_hand(model, positives, relevant, k=10):
    """Return the metrics of the users who can be judged, from the lists of all."""
    table = evaluation.evaluate(top_k(model, positives, k), relevant, ks=(k,))
    return table[relevant.n_relevant > 0]


# The numbers


def test_popularity_is_what_evaluate_says(result, parts):
    _, positives, relevant = parts
    expected = by_hand(baselines.Popularity(positives), positives, relevant)
    row = result.table.loc["popularity"]
    for name in ("ndcg_at_10", "precision_at_10", "recall_at_10"):
        assert row[name] == expected[name].mean()
    ends = bootstrap_interval(expected["ndcg_at_10"], rng=np.random.default_rng(42))
    assert tuple(row[["ndcg_at_10", "low", "high"]]) == ends
    pd.testing.assert_series_equal(
        result.users["popularity"], expected["ndcg_at_10"], check_names=False
    )


FIT = {
    "item-kNN": lambda positives, k: baselines.ItemKNN(positives, k),
    "user-kNN": lambda positives, k: baselines.UserKNN(positives, k),
    "EASE": lambda positives, l2: baselines.EASE(positives, l2),
}
GRIDS = {"k": [20, 50, 100, 200, 500], "l2": [30, 100, 300, 1000, 3000]}


@pytest.mark.parametrize("name", FIT)
def test_a_setting_is_the_best_on_a_part_of_training_then_all_of_it_is_learnt(
    name, result, parts
):
    split, positives, relevant = parts
    again = splits.course_split(split.train)
    first = Interactions(again.train)
    validate = evaluation.mean_ndcg(first, evaluation.Relevant(again.test, first))
    option = "l2" if name == "EASE" else "k"
    most = {"item-kNN": first.n_items, "user-kNN": first.n_users}.get(name, np.inf)
    values = [value for value in GRIDS[option] if value < most]
    found = [validate(FIT[name](first, value)) for value in values]
    best = values[int(np.argmax(found))]
    row = result.table.loc[name]
    assert row["setting"] == f"{option} = {best}"
    assert row["validation"] == max(found)
    expected = by_hand(FIT[name](positives, best), positives, relevant)
    assert row["ndcg_at_10"] == expected["ndcg_at_10"].mean()
    assert result.users[name].tolist() == expected["ndcg_at_10"].tolist()


@pytest.mark.parametrize("other", ["popularity", "best_classical"])
def test_differences_are_paired_and_have_their_interval(other, result):
    rival = "popularity" if other == "popularity" else result.best_classical
    for name, values in result.users.items():
        ends = [f"vs_{other}", f"vs_{other}_low", f"vs_{other}_high"]
        found = result.table.loc[name, ends].astype(float)
        if name == rival:
            assert found.isna().all()
        else:
            rng = np.random.default_rng(42)
            assert tuple(found) == paired_difference(
                values, result.users[rival], rng=rng
            )


def test_the_best_classical_system_has_the_highest_validation(result):
    assert result.best_classical == result.table["validation"].idxmax()
    assert result.table["ndcg_at_10"].is_monotonic_decreasing


def test_other_test_items_change_no_choice(result, parts):
    """The test part is used for nothing but to judge: with other items in it, all that was chosen stays."""
    split, *_ = parts
    rng = np.random.default_rng(0)
    items = split.train["itemID"].unique()
    had = RATINGS.groupby("userID")["itemID"].agg(set)
    other = split.test.copy()
    for user, rows in split.test.groupby("userID"):
        unseen = [item for item in items if item not in had[user]]
        other.loc[rows.index, "itemID"] = rng.choice(unseen, len(rows), replace=False)
    ratings = pd.concat([split.train, other]).sort_index()
    changed = compare.compare(ratings, models=CLASSICAL)
    assert changed.best_classical == result.best_classical
    chosen = result.table[["setting", "validation"]]
    pd.testing.assert_frame_equal(
        changed.table.loc[chosen.index, chosen.columns], chosen
    )
    assert (changed.users.to_numpy() != result.users.to_numpy()).mean() > 0.5


def test_the_parts_are_counted(result, parts):
    split, _, relevant = parts
    assert result.split == {
        "how": "by time",
        "ratings": len(RATINGS),
        "users": 60,
        "items": 40,
        "training": len(split.train),
        "test": len(split.test),
        "users judged": (relevant.n_relevant > 0).sum(),
    }


def test_without_times_the_parts_are_random_and_the_seed_decides():
    ratings = RATINGS.drop(columns="timestamp")
    found = {}
    for run, seed in enumerate((42, 42, 7)):
        options = {"seed": seed, "models": ["item-kNN"], "k": 5}
        found[run] = compare.compare(ratings, **options)
    assert found[0].split["how"] == "at random"
    assert "drawn at random" in " ".join(found[0].notes)
    same = [run.table.drop(columns="seconds") for run in found.values()]
    pd.testing.assert_frame_equal(same[0], same[1])
    assert not same[0].equals(same[2])
    split = splits.random_split(check_ratings(RATINGS), np.random.default_rng(42))
    positives = Interactions(split.train)
    relevant = evaluation.Relevant(split.test, positives)
    expected = by_hand(baselines.Popularity(positives), positives, relevant, k=5)
    assert found[0].users["popularity"].tolist() == expected["ndcg_at_5"].tolist()


def notes_on(ratings):
    return " ".join(compare.compare(ratings, models=[]).notes)


@pytest.mark.parametrize(("n", "expected"), [(10, [1]), (21, [20]), (101, [20, 50])])
def test_no_more_neighbours_are_tried_than_there_are(n, expected):
    tried = []

    def fit(positives, settings, *, k):
        tried.append(k)

    grid = ({"k": 20}, {"k": 50}, {"k": 101}) if n > 10 else ({"k": 1},)
    system = contenders.System("own", fit, grid, neighbours="n_items")
    of_n_items = SimpleNamespace(n_items=n if n > 10 else 1)
    contenders.by_grid(system, of_n_items, lambda model: 0.1, None)
    assert tried == expected


# A system of one's own, and the verdicts


def oracle(positives, settings):
    """Return a model that knows the test part: nothing may be ahead of it."""
    split = splits.course_split(RATINGS)
    relevant = evaluation.Relevant(split.test, positives)
    scores = np.zeros(positives.n_users * positives.n_items)
    scores[relevant.codes] = 1
    return ScoreTable(scores.reshape(positives.n_users, positives.n_items))


def test_a_system_of_ones_own_is_compared_with_the_best_classical():
    def choose(system, positives, validate, settings):
        return {}, 0.5

    own = contenders.System("mine", oracle, choose=choose)
    result = compare.compare(RATINGS, models=["item-kNN", own])
    assert result.table.loc["mine", "ndcg_at_10"] == 1
    assert result.best_classical != "mine"
    assert len(result.verdicts) == 2
    assert result.verdicts[1].startswith(
        f"mine is ahead of {result.best_classical}, by"
    )


def test_popularity_alone_has_nothing_to_be_compared_with():
    result = compare.compare(RATINGS, models=[])
    assert result.table.index.tolist() == ["popularity"]
    assert result.verdicts == ["There is nothing to compare popularity with."]


def test_popularity_may_be_the_best():
    def silly(positives, settings):
        return ScoreTable(np.zeros((positives.n_users, positives.n_items)))

    own = contenders.System("silly", silly, is_classical=True)
    result = compare.compare(RATINGS, models=[own])
    assert result.best_classical == "popularity"
    assert "no classical system was better than popularity" in result.verdicts[0]
    assert list(page.readable(result)).count("minus popularity") == 1
    assert "The difference is in NDCG" in page.legend(result)


def test_where_no_other_classical_system_runs_none_is_said_to_be_worse():
    own = contenders.System("mine", oracle, choose=lambda *_: ({}, 0.5))
    said = compare.compare(RATINGS, models=[own]).verdicts
    assert said[0].startswith("No classical system other than popularity was asked for")


def test_few_users_get_no_firm_verdict():
    said = judging.verdict("A", "B", Interval(0.2, 0.1, 0.3), n_users=49)
    assert said.startswith("A and B: too few users for a verdict, 49. The difference")
    few = compare.compare(RATINGS[RATINGS["userID"] < 20], models=["item-kNN"])
    assert all("is ahead" not in line for line in few.verdicts)


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        (
            (0.012, 0.004, 0.02),
            "A is ahead of B, by +0.012 [+0.004, +0.020] in NDCG@10.",
        ),
        ((-0.2, -0.3, -0.1), "A is behind B, by -0.200 [-0.300, -0.100] in NDCG@10."),
        ((0.1, -0.001, 0.2), "cannot be told apart"),
        ((-0.1, -0.2, 0.001), "cannot be told apart"),
        ((0.0, 0.0, 0.0), "cannot be told apart"),
        ((0.01, 0.0004, 0.02), "cannot be told apart"),  # it is printed as +0.000
        ((-0.01, -0.02, -0.0004), "cannot be told apart"),
    ],
)
def test_a_verdict_claims_what_the_interval_says(difference, expected):
    said = judging.verdict("A", "B", Interval(*difference))
    assert expected in said.replace("\N{NO-BREAK SPACE}", " ")


# Before any work


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"k": 0}, "k must be a whole number and at least 1"),
        ({"k": True}, "k must be a whole number and at least 1; received True"),
        ({"k": 40}, "must be smaller than the number of items in training, 40"),
        ({"k": 10**13}, "must be smaller than the number of items in training, 40"),
        ({"models": "EASE"}, "models must be a list"),
        ({"n_epochs": 0}, "n_epochs must be"),
        ({"seed": -1}, "seed must be"),
        (
            {"models": ["EASY"]},
            "There is no system 'EASY'. The systems are popularity,",
        ),
    ],
)
def test_a_senseless_option_is_refused(options, problem):
    with pytest.raises(ValueError, match=problem):
        compare.compare(RATINGS, **options)


def rows(*pairs):
    table = pd.DataFrame(pairs, columns=["userID", "itemID"])
    return table.assign(timestamp=np.arange(len(table)))


def test_too_little_is_refused_with_a_sentence():
    for table, problem in (
        (rows(), "empty"),
        (rows((1, 1), (2, 1)), "Nothing is left to judge on"),
        (rows((1, 1), (1, 2), (1, 3), (2, 3), (2, 4)), "only 1 can be judged"),
        (
            rows((1, 1), (1, 2), (1, 3), (2, 3), (2, 4), (2, 1)),
            "too few ratings to choose settings on",
        ),
        (rows((1, 1), (1, 1)), "has this user in a row before"),
    ):
        with pytest.raises(DataError, match=problem):
            compare.compare(table)


def test_few_users_are_told():
    few = CLOCK[CLOCK["userID"] < 20]
    result = compare.compare(few, models=["item-kNN"])
    assert "Only 20 users were judged" in result.notes[0]
    assert judging.few_users(50) == []


def test_ties_at_the_cut_are_told():
    tied = CLOCK.assign(timestamp=CLOCK["timestamp"] // 8)
    assert "For 60 of 60 users the cut falls between" not in notes_on(CLOCK)
    assert re.search(r"For \d+ of 60 users the cut falls between", notes_on(tied))
    at_once = notes_on(CLOCK.assign(timestamp=CLOCK["timestamp"].max()))
    assert "60 of 60 users have all their ratings at one and the same time" in at_once
    assert "the cut falls between" not in at_once
    assert "leave the times out: --no-time" in at_once


def test_a_table_that_is_compared_is_not_replaced(tmp_path):
    path = tmp_path / page.FILES[0]
    RATINGS.to_csv(path, index=False)
    before = path.read_bytes()
    with pytest.raises(SystemExit, match="is read, and would be replaced"):
        __main__.main(["compare", str(path), "--out", str(tmp_path)])
    assert path.read_bytes() == before
    others = compare.compare(CLOCK, models=[]).notes
    assert [note[:15] for note in others] == ["Each user was c", "For 28 of 60 us"]


def test_equally_popular_items_at_the_end_of_a_list_are_told(parts):
    part, k = judging.part_of(parts[0]), 10
    n_users_of = np.bincount(part.positives.items)
    tied = 0
    for user in part.users:
        seen = part.positives.items[part.positives.users == user]
        counts = np.sort(np.delete(n_users_of, seen))[::-1]
        tied += counts[k - 1] == counts[k]
    words = f"For {tied} of 60 users several items are equally popular"
    assert words in notes_on(RATINGS)
    top = np.array([[0, 1, 2]] * 9 + [[0, 1, -1]])
    equal, not_equal = (SimpleNamespace(items=np.array(i)) for i in ([1, 2], [1, 1, 2]))
    assert notes.on_equal_counts(top, not_equal) == []
    assert notes.on_equal_counts(top[-1:], equal) == []
    [note] = notes.on_equal_counts(top, equal)
    assert note.startswith("For 9 of 10 users several")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["a", "a ", "b"], "'a' and 'a '"),
        (["B", "a", "b"], "'B' and 'b'"),
        (["é", "e\u0301", "e"], r"'e\u0301' and '\xe9'"),
        (["a b", "ab", "a-b"], None),
        ([1, 2, 3], None),
    ],
)
def test_names_that_look_alike_are_told_and_kept_apart(names, told):
    users = pd.Series(names)[RATINGS["userID"] % 3].tolist()
    for column in ("userID", "itemID"):
        table = RATINGS.assign(**{column: users}).drop_duplicates(["userID", "itemID"])
        found = notes.on_names(table)
        assert len(found) == (told is not None)
        assert all(f"2 {column[:4]} names differ" in note for note in found)
        assert all(told in note for note in found)


@pytest.mark.parametrize(
    ("first", "is_told"),
    [(0, True), (1990, True), (10**9, False), (5 * 10**9, True)],
)
def test_times_that_are_no_clock_are_told(first, is_told):
    told = notes_on(RATINGS.assign(timestamp=RATINGS["timestamp"] + first))
    assert ("all times lie before 1972 or after 2099" in told) == is_told


def test_what_the_cut_leaves_out_is_told():
    random = RATINGS.drop(columns="timestamp")
    random.attrs["unused_times"] = ["when it was"]
    told = notes_on(random)
    assert "another order of the rows, gives another split" in told
    assert "Column when it was looks like a time and was not used; name it with" in told
    assert "training also holds ratings of other users" not in told
    assert "training also holds ratings of other users" in notes_on(CLOCK)


def test_what_does_not_fit_into_memory_is_left_out(monkeypatch):
    def memory():
        return SimpleNamespace(available=40**2 * 8 * 4 - 1)

    monkeypatch.setattr(contenders.psutil, "virtual_memory", memory)
    result = compare.compare(CLOCK, models=["EASE", "item-kNN"])
    assert result.table.index.tolist() == ["popularity"]
    for name, note in zip(["EASE", "item-kNN"], result.notes[1:3], strict=True):
        assert note.startswith(
            f"{name} was left out: for 60 users and 40 items it needs"
        )


def test_user_knn_needs_memory_for_users_times_a_block():
    n_bytes = {system.name: system.n_bytes for system in contenders.SYSTEMS}["user-kNN"]
    assert n_bytes(10**6, 2**9) == 32 * 10**6 * 2**10
    assert n_bytes(100, 2**9) == 32 * 100 * 100


# NeuMF


@pytest.mark.usefixtures("eagerly")
def test_neumf_stops_on_validation_and_learns_again(parts):
    split, positives, relevant = parts
    settings = contenders.Settings(n_epochs=2)

    def new(positives):
        return models.NeuMF(positives.n_users, positives.n_items, seed=42)

    first, validate = training.hold_out(split.train)
    history = training.fit(new(first), first, settings, validate=validate)
    net, n_epochs = new(positives), history.best_epoch
    training.fit(net, positives, contenders.Settings(n_epochs=n_epochs))
    expected = by_hand(net, positives, relevant)

    result = compare.compare(RATINGS, models=["NeuMF"], n_epochs=2)
    row = result.table.loc["NeuMF"]
    assert row["setting"] == f"n_epochs = {n_epochs}"
    assert row["validation"] == max(history.validation)
    assert result.users["NeuMF"].tolist() == expected["ndcg_at_10"].tolist()
    assert len(result.verdicts) == 2
    told = " ".join(result.notes)
    assert "one seed" in told
    assert "steps at most" in told
    assert ("number 2: more may" in told) == (n_epochs == 2)


def test_an_interrupted_training_is_not_compared(monkeypatch):
    half_done = SimpleNamespace(interrupted=True, best_epoch=1, validation=[0.1])
    monkeypatch.setattr("recdl.training.fit", lambda *_, **__: half_done)
    with pytest.raises(KeyboardInterrupt):
        compare.compare(RATINGS, models=["NeuMF"], n_epochs=2)


def test_a_batch_is_no_larger_than_all_samples():
    few, notes = Interactions(rows((1, 1), (1, 2), (2, 2), (2, 3))), []
    settings = contenders.settings_for([contenders.NEUMF], few, 42, 2, notes)
    assert settings.batch_size == 6  # four positives, one unseen item for each of two
    assert notes[0].startswith("NeuMF's batches have 6 samples instead of 256")
    contenders.settings_for([], few, 42, 2, silent := [])
    assert silent == []


@pytest.mark.parametrize(
    ("n_samples", "n_epochs"), [(256 * 2000, 20), (256 * 100, 100), (256, 400)]
)
def test_a_small_table_gets_more_epochs(n_samples, n_epochs):
    table = pd.DataFrame({"userID": 1, "itemID": np.arange(n_samples)})
    everything, notes = Interactions(table), []  # nothing is left for negatives
    settings = contenders.settings_for([contenders.NEUMF], everything, 1, None, notes)
    assert settings.n_epochs == n_epochs
    assert bool(notes) == (n_epochs == 400)


# The page


def test_the_page_has_all_in_it(result, tmp_path):
    table, written = page.write(result, tmp_path / "new", "Mine & <yours>")
    text = written.read_text(encoding="utf-8")
    assert "<title>Mine &amp; &lt;yours&gt;</title>" in text
    assert not any(word in text for word in ("<script", "http:", "https:", "<link"))
    assert 'src="data:image/png;base64,' in text
    assert "prefers-color-scheme: dark" in text
    best, mean = result.table.index[0], result.table["ndcg_at_10"].iloc[0]
    alt = "NDCG@10 of each system with its 95 % interval: "
    assert f'alt="{alt}{best} {mean:.3f} [' in text
    for line in result.verdicts:
        assert f"<li>{line}</li>" in text
    found = pd.read_csv(
        table, index_col="system", keep_default_na=False, na_values=[""]
    )
    numbers = result.table.select_dtypes("number")
    pd.testing.assert_frame_equal(found[numbers.columns], numbers, rtol=1e-12)
    assert sorted(path.name for path in table.parent.iterdir()) == [
        "comparison.csv",
        "comparison.html",
    ]


def test_text_for_a_terminal_has_no_blank_that_may_not_break(result):
    text = page.as_text(result)
    assert "\N{NO-BREAK SPACE}" not in text
    assert "60 users and 40 items" in text
    assert result.verdicts[0].partition(":")[0] in text


# The command, on three invented files


def movies(path):
    table = RATINGS.assign(rating=np.arange(len(RATINGS)) % 10 / 2 + 0.5)
    table["timestamp"] += 964_980_000
    names = {"userID": "userId", "itemID": "movieId"}
    table = table.rename(columns=names)[["userId", "movieId", "rating", "timestamp"]]
    table.to_csv(path, index=False)
    return []


def books(path):
    """Text identifiers with zeros in front, no times, ratings from 0 to 10."""
    isbn = "0" + (195_153_448 + RATINGS["itemID"]).astype(str)
    table = pd.DataFrame({"reader": RATINGS["userID"] + 276_000, "ISBN": isbn})
    table["grade"] = np.arange(len(table)) % 11
    table.to_csv(path, index=False)
    return ["--user", "reader", "--item", "ISBN", "--rating", "grade"]


def songs(path):
    """Play counts, users as texts, times as ISO 8601."""
    days = pd.Timestamp("2024-03-01") + pd.to_timedelta(RATINGS["timestamp"], unit="D")
    table = pd.DataFrame({"listener": "u" + RATINGS["userID"].astype(str)})
    table["song"] = "song " + RATINGS["itemID"].astype(str)
    table["plays"] = np.arange(len(table)) % 900 + 1
    table["heard"] = days.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    table.to_csv(path, index=False)
    return [
        "--user",
        "listener",
        "--item",
        "song",
        "--rating",
        "plays",
        "--time",
        "heard",
    ]


@pytest.mark.parametrize("make", [movies, books, songs])
def test_the_command_compares_a_file(make, tmp_path, capsys):
    path = tmp_path / "mine.csv"
    words = ["compare", str(path), *make(path), "--models", "EASE", "--k", "5"]
    __main__.main([*words, "--out", str(tmp_path / "out")])
    said = capsys.readouterr()
    found = pd.read_csv(tmp_path / "out" / "comparison.csv", index_col="system")
    assert sorted(found.index) == ["EASE", "popularity"]
    assert "NDCG@5" in said.out
    assert f"{found.loc['EASE', 'ndcg_at_5']:.3f} [" in said.out
    assert "EASE: choosing" in said.err
    assert str(tmp_path / "out" / "comparison.html") in said.err
    page = (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    assert "Recommenders compared on mine.csv" in page
    assert ("at random" in page) == (make is books)
    if make is not books:  # the same numbers, whatever things are called
        expected = compare.compare(RATINGS, models=["EASE"], k=5).table
        np.testing.assert_allclose(
            found["ndcg_at_5"].sort_index(), expected["ndcg_at_5"].sort_index()
        )


def test_without_tensorflow_the_others_are_compared(tmp_path):
    """In a process of its own, from the working directory, as readers do it."""
    movies(tmp_path / "ratings.csv")
    code = (
        "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None\n"
        "from recdl.__main__ import main; main(['compare', 'ratings.csv'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    note = 'NeuMF was left out: it needs TensorFlow. pip install "recdl[train]"'
    assert note in done.stdout
    assert (tmp_path / "comparison" / "comparison.html").exists()


def test_what_goes_wrong_is_one_sentence(tmp_path):
    (tmp_path / "bad.csv").write_text("user,item\n1,1\n1,1\n")
    command = [sys.executable, "-m", "recdl", "compare", "bad.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "has this user in a row before" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


@pytest.mark.parametrize(
    "where", ["recdl.own.compare.compare", "recdl.own.page.figure"]
)
def test_an_interrupt_leaves_nothing_half_written(where, tmp_path, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(where, interrupted)
    movies(tmp_path / "mine.csv")
    words = ["compare", str(tmp_path / "mine.csv"), "--models", "popularity"]
    with pytest.raises(SystemExit) as end:
        __main__.main([*words, "--out", str(tmp_path / "out")])
    assert end.value.code == 130
    assert "Interrupted." in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["compare"],
        ["compare", "a.csv", "--k", "0"],
        ["compare", "a.csv", "--k", "x"],
        ["compare", "a.csv", "--models", "EASY"],
    ],
)
def test_wrong_words_are_answered_with_the_usage(words, capsys):
    with pytest.raises(SystemExit) as end:
        __main__.main(words)
    assert end.value.code == 2
    assert "usage: python -m recdl" in capsys.readouterr().err


# The folder, the options, the terminal


def said_at_the_end(*words):
    with pytest.raises(SystemExit) as end:
        __main__.main([str(word) for word in words])
    return str(end.value.code)


@pytest.mark.parametrize(
    "make_unusable",
    [
        lambda out: out.write_text("a file"),
        lambda out: (out / "comparison.csv").mkdir(parents=True),
        lambda out: (out / "comparison.html").mkdir(parents=True),
    ],
)
def test_a_folder_that_cannot_take_results_is_refused_before_reading(
    make_unusable, tmp_path
):
    make_unusable(tmp_path / "out")
    for out in (tmp_path / "out", tmp_path / "out" / "below")[
        : 1 + (tmp_path / "out").is_file()
    ]:
        said = said_at_the_end("compare", tmp_path / "no such table.csv", "--out", out)
        assert str(out) in said
        assert "ame another folder" in said
        assert "does not exist" not in said


def test_the_page_is_written_whole_or_not_at_all(result, tmp_path):
    (tmp_path / "comparison.csv").mkdir()
    with pytest.raises(IsADirectoryError):
        page.write(result, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["comparison.csv"]


def test_the_table_is_printed_even_if_it_cannot_be_written(
    tmp_path, capsys, monkeypatch
):
    def full(*_, **__):
        raise OSError("No space left on device")

    monkeypatch.setattr("recdl.own.page.write", full)
    movies(tmp_path / "mine.csv")
    words = [
        "compare",
        tmp_path / "mine.csv",
        "--models",
        "EASE",
        "--out",
        tmp_path / "o",
    ]
    assert "No space left" in said_at_the_end(*words)
    assert "NDCG@10" in capsys.readouterr().out


def test_the_columns_that_were_taken_are_told(tmp_path, capsys):
    words = [*songs(tmp_path / "mine.csv"), "--models", "popularity"]
    out = tmp_path / "out"
    __main__.main(["compare", str(tmp_path / "mine.csv"), *words, "--out", str(out)])
    taken = (
        f"{len(RATINGS):,} rows of mine.csv. Columns: user = listener, item = song, rating = plays, time = "
        "heard. The rating is not used."
    )
    said = capsys.readouterr().err
    assert taken in said
    assert "replaced" not in said
    assert taken in (out / "comparison.html").read_text(encoding="utf-8")
    __main__.main(["compare", str(tmp_path / "mine.csv"), *words, "--out", str(out)])
    there = ", ".join(str(out / f"comparison.{kind}") for kind in ("csv", "html"))
    assert f"Will be replaced: {there}. To keep" in capsys.readouterr().err


def test_a_column_of_ratings_that_nobody_named_stops_nobody(tmp_path):
    table = RATINGS.assign(rating="good")
    table.to_csv(tmp_path / "mine.csv", index=False)
    words = ["compare", str(tmp_path / "mine.csv"), "--models", "popularity"]
    __main__.main([*words, "--out", str(tmp_path / "out")])
    assert (tmp_path / "out" / "comparison.csv").exists()
    assert "'good' is not a number" in said_at_the_end(*words, "--rating", "rating")


def test_the_form_of_a_file_can_be_named(tmp_path):
    path = tmp_path / "mine.csv"
    table = RATINGS.assign(itemID='"' + RATINGS["itemID"].astype(str))
    rows = table.to_csv(index=False, header=False, sep="^", quoting=3).replace(
        '"', '""'
    )
    path.write_text(rows.replace('""', "'"))
    words = ["compare", str(path), "--columns", " user, item ,time", "--no-quotes"]
    words += ["--separator", "^", "--models", "popularity"]
    __main__.main([*words, "--out", str(tmp_path / "out")])
    assert (tmp_path / "out" / "comparison.csv").exists()
    assert __main__._separator("tab") == __main__._separator("\\t") == "\t"


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("user,item,rating\n1,1,1\n1,1,1\n", "On the command line: --repeats."),
        ("a,b\n1,1\n", "--user; --item; --rating; --time; without --rating; --no-time"),
        ("user,item,rating\n1,1,good\n", "On the command line: without --rating."),
        ("user;item;rating\n1;1;2,5\n", "line: --decimal ,; without --rating."),
        ('user,item,rating\n1,1,"1\n1,2,1\n', "On the command line: --no-quotes."),
        ("word\n1\n", "On the command line: --separator; --columns."),
        ("user,item,stars\n1,1,2\n", "On the command line: --rating; --columns."),
        ("user,item\n1,\xe9\n".encode("latin-1"), "On the command line: --encoding."),
    ],
)
def test_a_remedy_for_python_is_followed_by_that_of_the_command(
    text, options, tmp_path
):
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "mine.csv").write_bytes(data)
    words = ["compare", tmp_path / "mine.csv", "--rating", "rating"]
    if b"rating" not in data and b"stars" not in data:
        words = words[:2]
    said = said_at_the_end(*words, "--out", tmp_path / "out")
    assert options in said.splitlines()[-1]


def command(tmp_path, **options):
    movies(tmp_path / "mine.csv")
    words = [sys.executable, "-m", "recdl", "compare", "mine.csv", "--models", "EASE"]
    return subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, **options)


def test_a_terminal_that_knows_few_signs_is_no_obstacle(tmp_path):
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}
    with command(tmp_path, stdout=subprocess.PIPE, env=ascii_only) as process:
        out, err = process.communicate()
    assert process.returncode == 0, err
    assert b"NDCG@10" in out


def test_a_closed_pipe_ends_quietly_and_the_page_is_there(tmp_path):
    read, write = os.pipe()
    os.close(read)
    at_once = os.environ | {"PYTHONUNBUFFERED": "1"}
    with command(tmp_path, stdout=write, env=at_once) as process:
        os.close(write)
        _, err = process.communicate()
    assert b"Error" not in err
    assert b"Broken" not in err
    assert (tmp_path / "comparison" / "comparison.html").exists()
