"""The second data set: its rows are made, kept and refused as all others, and read where no data are."""

import dataclasses
import gc
import json
import shutil
import zipfile

import numpy as np
import pandas as pd
import pytest

import course
from recdl import baselines, comparisons, evaluation, ranking, splits
from recdl.experiments import (
    fits,
    movielens_1m,
    plan,
    questions,
    summary,
    systems,
    tables,
)
from recdl.experiments.tables import TableError
from recdl.interactions import Interactions
from recdl.tables import read
from tools import experiments

VISIT, NEXT = questions.SECOND


def rated(n_users, n_films, seed):
    """Return ratings of every film by every user, at times without ties."""
    users, films = np.divmod(np.arange(n_users * n_films), n_films)
    rng = np.random.default_rng(seed)
    ratings = {"userID": users + 1, "itemID": films + 1}
    ratings["rating"] = rng.integers(1, 6, len(users))
    ratings["timestamp"] = 956_700_000 + rng.permutation(len(users))
    return pd.DataFrame(ratings)


def packed(path, ratings):
    """Write a zip of the form of GroupLens' ml-1m.zip."""
    rows = ratings.astype(str).agg("::".join, axis="columns")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("ml-1m/ratings.dat", "\n".join(rows) + "\n")
        file.writestr("ml-1m/users.dat", "1::F::1::10::48067\n")
        file.writestr("ml-1m/movies.dat", "1::Toy Story (1995)::Comedy\n")
        file.writestr("ml-1m/README", "An invention.\n")
    return path


def both(positives, seed, validate=None, *, first, second, weights=(None,)):
    """Train a blend: EASE, and chance where it is given a seed."""
    chance = np.random.default_rng(seed).random((positives.n_users, positives.n_items))
    part = fits.fit_ease(positives, seed, **first)
    chosen = {"weights": [0.5]} if validate else {}
    scores = (
        part.model.scores(np.arange(positives.n_users)) + (weights[0] or 0) * chance
    )
    return fits.Fitted(ranking.ScoreTable(scores), chosen)


class World:
    """Two invented data sets, cheap systems, and the command."""

    def __init__(self, root):
        self.root, self.made, self.zip = root, [], root / "ml-1m.zip"
        packed(self.zip, rated(12, 25, seed=1))

    def run(self, *words):
        """Run the command; return the rows that it made."""
        self.made.clear()
        experiments.main([*map(str, words), "--workers", "1"], root=self.root)
        return list(self.made)


@pytest.fixture
def world(monkeypatch, tmp_path):
    caches = (questions.split_of, questions.judged_on, systems.by_name, fits._kept)
    ease, transitions = (systems.by_name(n) for n in ("EASE", "transitions"))
    cheap = [
        dataclasses.replace(ease, space={"l2": [1, 30, 100, 300, 1000]}),
        dataclasses.replace(
            transitions, space={"reach": [5, 10], "shrinkage": [1], "tau": [3]}
        ),
        dataclasses.replace(
            ease, name="both", fit=both, space={}, random=True, everywhere=False,
            needs={"first": "EASE", "second": "transitions"},
        ),
    ]  # fmt: skip
    small, made, whole = World(tmp_path), plan.make, list(systems.SYSTEMS)
    monkeypatch.setattr(tables, "TABLES", tmp_path / "tables")
    monkeypatch.setattr(questions.movielens, "load_ratings", lambda: rated(8, 20, 0))
    monkeypatch.setattr(movielens_1m, "SIZE", "300 ratings of 12 users and 25 films")
    monkeypatch.setattr(plan, "CONTENDERS", tuple(system.name for system in cheap))
    monkeypatch.setattr(plan, "PRIMARY", (("transitions", "EASE"), ("both", "EASE")))
    monkeypatch.setattr(plan, "code_of", lambda *_: "code")
    monkeypatch.setattr(
        plan, "make", lambda name, row: small.made.append(row) or made(name, row)
    )
    # It restores, at the end, what the command itself sets.
    monkeypatch.setenv(movielens_1m.VARIABLE, "")
    systems.SYSTEMS[:] = cheap
    for cached in caches:
        cached.cache_clear()
    gc.freeze()  # the collection after each row need not look at all that the tests hold
    yield small
    gc.unfreeze()
    systems.SYSTEMS[:] = whole
    for cached in caches:
        cached.cache_clear()


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Return a folder for tables that several tests begin with."""
    return tmp_path_factory.mktemp("kept")


def begin_with(folder, make):
    """Let the tables be those of a folder, or make them, and keep them there."""
    if not folder.exists():
        make()
        shutil.copytree(tables.TABLES, folder)
    shutil.copytree(folder, tables.TABLES, dirs_exist_ok=True)


@pytest.fixture
def searched(world, kept):
    """Return the world in which the search on the first data set is done."""
    begin_with(kept / "searched", lambda: world.run("--only", "tuning"))
    world.made.clear()
    return world


# Made, kept, continued


def test_the_command_makes_the_rows_of_the_second_data_set_and_no_others(searched):
    made = searched.run(searched.zip)
    finalists, answers = (tables.read(name) for name in plan.SECOND_EXPERIMENTS)
    assert len(made) == len(finalists) + len(answers)
    assert {row.split for row in made} == {
        "validation, MovieLens-1M", "last but one, MovieLens-1M",
        "paper, MovieLens-1M", "leave-one-out, MovieLens-1M",
    }  # fmt: skip
    # For each question so many of the search, or what there is; a blend has one setting.
    n_tried = plan.N_BEST + plan.N_OTHER
    of = pd.DataFrame(finalists).groupby(["split", "system"]).size()
    assert of.unstack().to_dict("list") == {
        "EASE": [n_tried] * 2, "both": [1, 1], "transitions": [2, 2],
    }  # fmt: skip
    assert len(answers) == 2 * (1 + 1 + 3)
    assert {row["data"] for row in [*finalists, *answers]} == {
        movielens_1m.name_and_hash()
    }
    assert not any("hits" in row for row in answers)


def test_a_row_holds_what_is_computed_by_hand_from_the_file(searched):
    searched.run(searched.zip)
    split = splits.course_split(read(searched.zip))
    positives = Interactions(split.train)
    relevant = evaluation.Relevant(split.test, positives)
    for row in tables.read("second_answers"):
        if (row["system"], row["split"]) == ("EASE", "paper, MovieLens-1M"):
            model = baselines.EASE(positives, **json.loads(row["setting"]))
            top = ranking.top_k(model, positives, 10)
            expected = evaluation.evaluate(top, relevant)["ndcg_at_10"]
            found = np.array(row["ndcg"].split(), dtype=float)
            np.testing.assert_allclose(found, expected, atol=5e-5)
            return
    pytest.fail("EASE has no row")


def test_what_is_judged_was_not_chosen_by(searched, monkeypatch):
    monkeypatch.setenv(movielens_1m.VARIABLE, str(searched.zip))
    for (earlier,), (later,) in questions.SECOND.values():
        (first, second), (train, test) = (
            [{*zip(part["userID"], part["itemID"], strict=True)} for part in split]
            for split in map(questions.split_of, (earlier, later))
        )
        assert len({user for user, _ in train}) == 12
        assert first | second == train
        assert not first & second
        assert not train & test


def test_a_setting_is_chosen_by_the_second_data_set(searched):
    searched.run(searched.zip)
    tried = pd.DataFrame(tables.read("second_finalists")).query("system == 'EASE'")
    tried["validation"] = tried["validation"].astype(float)
    for question in questions.SECOND:
        (split,) = questions.SECOND[question].validation
        rows = tried[tried["split"] == split]
        found = dict(zip(rows["setting"], rows["validation"], strict=True))
        # So small a world has ties; of equal settings the first finalist is chosen.
        ranked = plan.finalists("EASE", question)
        best = max(ranked, key=lambda setting: found[json.dumps(setting)])
        assert plan.chosen("EASE", question) == best


def test_a_second_run_makes_nothing_and_a_lost_row_is_made_again(searched):
    searched.run(searched.zip)
    assert searched.run(searched.zip) == []
    rows = tables.read("second_answers")
    tables.write("second_answers", rows[1:])
    assert [tables.key_of(row) for row in searched.run(searched.zip)] == [
        tables.key_of(rows[0])
    ]
    again = tables.read("second_answers")[0]
    changing = {"seconds", "check"}
    assert {k: v for k, v in again.items() if k not in changing} == {
        k: v for k, v in rows[0].items() if k not in changing
    }


def test_the_list_counts_without_the_data(searched, capsys):
    searched.run("nowhere.zip", "--list")
    listed = capsys.readouterr().out
    assert "second_finalists" in listed
    assert "tuning" not in listed


def test_the_usual_command_does_not_ask_for_the_second_data_set():
    assert plan.EXPERIMENTS.keys().isdisjoint(plan.SECOND_EXPERIMENTS)
    assert questions.QUESTIONS.keys().isdisjoint(questions.SECOND)


def test_the_command_has_a_name_of_its_own():
    words = ["experiments-1m", "ZIP=a b/ml-1m.zip"]
    assert course.understood(words) == ([("experiments-1m", ["a b/ml-1m.zip"])], "")
    assert course.understood(words[:1]) == ([("experiments-1m", [""])], "")


# Refused


def test_without_the_search_nothing_is_made(world):
    with pytest.raises(SystemExit, match=r"tuning.csv are missing.*make experiments$"):
        world.run(world.zip)
    assert world.made == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "does not exist"),
        (lambda path: path.write_bytes(path.read_bytes()[:900]), "cannot be read"),
        (
            lambda path: packed(path, rated(12, 25, seed=1)[:-1]),
            r"299 ratings of 12 users and 25 films, not 300 .*make experiments-1m ZIP=",
        ),
    ],
    ids=["missing", "damaged", "another size"],
)
def test_what_is_not_the_data_set_is_refused(searched, spoil, said):
    spoil(searched.zip)
    with pytest.raises(SystemExit, match=said):
        searched.run(searched.zip)
    assert searched.made == []


def test_no_copy_is_a_sentence_with_the_command(searched):
    with pytest.raises(SystemExit, match=r"No copy .*make experiments-1m ZIP="):
        searched.run("")


def test_the_variable_names_a_copy_too(searched, monkeypatch):
    monkeypatch.setenv(movielens_1m.VARIABLE, str(searched.zip))
    assert searched.run("") != []


def test_another_copy_is_refused_where_rows_are(searched):
    searched.run(searched.zip)
    before = tables.path_of("second_answers").read_bytes()
    other = packed(searched.root / "other.zip", rated(12, 25, seed=2))
    with pytest.raises(
        SystemExit, match=r"was made of MovieLens-1M \w{64}, not of Mov"
    ):
        searched.run(other)
    assert tables.path_of("second_answers").read_bytes() == before


def test_the_true_size_is_that_of_the_data_set():
    assert movielens_1m.SIZE == "1,000,209 ratings of 6,040 users and 3,706 films"


# Read


@pytest.fixture
def answered(searched, kept, monkeypatch):
    """Return the world with all rows made, and the second data set gone."""
    begin_with(kept / "answered", lambda: searched.run(searched.zip))
    searched.zip.unlink()
    monkeypatch.delenv(movielens_1m.VARIABLE)
    for cached in (movielens_1m._loaded, questions.split_of, questions.judged_on):
        cached.cache_clear()
    return searched


def test_without_rows_there_is_nothing_to_say(world):
    assert summary.second() == {}


def test_the_summary_needs_no_data(answered):
    found = summary.second()
    assert list(found) == [VISIT, NEXT]
    table = pd.DataFrame(tables.read("second_answers"))
    for question, (reached, compared) in found.items():
        (split,) = questions.SECOND[question].test
        seeds = {
            name: np.array([row.split() for row in rows["ndcg"]], dtype=float)
            for name, rows in table[table["split"] == split].groupby("system")
        }
        assert {name: len(of_one) for name, of_one in seeds.items()} == {
            "EASE": 1, "transitions": 1, "both": 3,
        }  # fmt: skip
        assert reached.index.tolist() == ["EASE", "transitions", "both"]
        for name, of_one in seeds.items():
            assert of_one.shape[1] == 12
            expected = summary.interval(of_one.mean(axis=0))
            np.testing.assert_allclose(reached.loc[name].astype(float), expected)
        pairs = {
            f"{a} − {b}": (pd.DataFrame(seeds[a]), pd.DataFrame(seeds[b]))
            for a, b in plan.PRIMARY
        }
        pd.testing.assert_frame_equal(compared, comparisons.family(pairs))


def changed(row, **cells):
    """Put a row with other cells in the place of a row of the answers."""
    rows = tables.read("second_answers")
    rows[row] |= cells
    rows[row]["check"] = tables.check_digits(rows[row])
    tables.write("second_answers", rows)


def test_a_row_of_other_data_is_refused(answered):
    changed(3, data="MovieLens-1M abc")
    with pytest.raises(
        TableError, match=r"made of MovieLens-1M abc, not of .*-1m ZIP="
    ):
        summary.second()


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"code": "another"}, r"made by other code.*make experiments-1m ZIP="),
        (
            {"setting": '{"l2": 7}'},
            r"1 of 10 rows of second_answers.* missing.*-1m ZIP=",
        ),
    ],
    ids=["code", "plan"],
)
def test_a_row_of_other_code_or_plan_is_refused(answered, cells, said):
    changed(0, **cells)
    with pytest.raises(TableError, match=said):
        summary.second()


def test_a_search_that_is_gone_is_for_the_other_command_to_make(answered):
    tables.path_of("tuning").unlink()
    with pytest.raises(TableError, match=r"Run: make experiments$"):
        summary.second()


# Fingerprints


def test_a_row_depends_on_the_cut_that_the_second_data_set_gets(monkeypatch):
    splits_of = [f"{cut}, MovieLens-1M" for cut in ("paper", "leave-one-out")]

    def codes():
        plan.code_of.cache_clear()
        return [plan.code_of("second_answers", "EASE", split) for split in splits_of]

    before = codes()
    assert len(set(before)) == 2
    monkeypatch.setitem(questions.SPLITS, "paper", (splits.global_time_split,))
    after = codes()
    assert after[0] != before[0]
    assert after[1] == before[1]
    monkeypatch.undo()
    assert codes() == before
