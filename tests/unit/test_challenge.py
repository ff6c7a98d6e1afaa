"""The classroom's challenge: what belongs to whom, the right numbers, and one faulty entry stops no other."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import psutil
import pytest

from recdl import __main__, baselines, evaluation, splits
from recdl.columns import DataError
from recdl.interactions import Interactions
from recdl.own import challenge, entry
from recdl.ranking import top_k
from recdl.uncertainty import bootstrap_interval, paired_difference


def people(text=False):
    """Return ratings of 20 users; their identifiers are numbers, or texts some of which look like numbers."""
    rng = np.random.default_rng(2)
    rows = [
        (user, item, 3.5, 10 * user + time)
        for user in range(20)
        for time, item in enumerate(rng.permutation(15)[: 8 + user % 4])
    ]
    columns = ["userID", "itemID", "rating", "timestamp"]
    table = pd.DataFrame(rows, columns=columns)
    if text:
        table["itemID"] = ["0" + str(n) if n < 3 else str(n) for n in table["itemID"]]
    return table


RATINGS = people()
SPLIT = splits.course_split(RATINGS)
POSITIVES = Interactions(SPLIT.train)
RELEVANT = evaluation.Relevant(SPLIT.test, POSITIVES)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return the paths of train.csv and held_out.csv."""
    return challenge.split(RATINGS, tmp_path_factory.mktemp("challenge"))


def judge(files, *entries, **options):
    return challenge.judge(files[1], files[0], entries, **options)


def as_csv(top, path, positives=POSITIVES):
    """Write lists in the form in which a class hands them in."""
    users, places = np.nonzero(top >= 0)
    table = {"user": positives.user_ids[users], "rank": places + 1}
    table["item"] = positives.item_ids[top[users, places]]
    pd.DataFrame(table).to_csv(path, index=False)
    return path


EASE = """
from recdl.baselines import EASE
from recdl.interactions import Interactions

print("anything may be printed")

def model(train):
    positives = Interactions(train)
    train["userID"] = 0  # the table is the entry's own
    return EASE(positives, 10)
"""


# The two parts


def test_the_parts_are_those_of_the_course(files):
    for path, expected in zip(files, SPLIT, strict=True):
        found = pd.read_csv(path)
        pd.testing.assert_frame_equal(found, expected.reset_index(drop=True))
        pd.testing.assert_frame_equal(challenge.read_part(path), found)


def test_without_times_the_parts_are_random_and_have_no_invented_times(tmp_path):
    ratings = RATINGS.drop(columns=["timestamp", "rating"])
    expected = splits.random_split(ratings, np.random.default_rng(7))
    paths = challenge.split(ratings, tmp_path, seed=7)
    for path, part in zip(paths, expected, strict=True):
        found = pd.read_csv(path)
        pairs = part[["userID", "itemID"]].reset_index(drop=True)
        pd.testing.assert_frame_equal(found, pairs)


def test_a_part_on_which_a_class_works_is_not_replaced(files):
    before = files[1].read_bytes()
    with pytest.raises(FileExistsError, match="is there already"):
        challenge.split(RATINGS, files[0].parent, seed=1)
    assert files[1].read_bytes() == before


def test_the_table_itself_is_not_replaced(tmp_path):
    RATINGS.to_csv(tmp_path / "train.csv", index=False)
    before = (tmp_path / "train.csv").read_bytes()
    words = ["challenge", "split", str(tmp_path / "train.csv"), "--out", str(tmp_path)]
    with pytest.raises(SystemExit, match="is there already"):
        __main__.main(words)
    assert (tmp_path / "train.csv").read_bytes() == before
    assert not (tmp_path / "held_out.csv").exists()


def test_both_parts_are_there_or_neither(tmp_path, monkeypatch):
    write = pd.DataFrame.to_csv

    def stopped(table, path, **options):
        if path.name == challenge.HELD_OUT:
            raise KeyboardInterrupt
        write(table, path, **options)

    monkeypatch.setattr(pd.DataFrame, "to_csv", stopped)
    with pytest.raises(KeyboardInterrupt):
        challenge.split(RATINGS, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_table_leaves_no_folder(tmp_path):
    words = ["challenge", "split", str(tmp_path / "r.csv")]
    with pytest.raises(SystemExit, match="does not exist"):
        __main__.main([*words, "--out", str(tmp_path / "c" / "d" / "e")])
    assert list(tmp_path.iterdir()) == []


def test_late_numbers_of_rows_in_the_held_out_part_are_no_days(tmp_path):
    times = np.where(np.arange(len(RATINGS)) % 2, 50_000, 0)
    early = RATINGS.assign(timestamp=times)
    train, held_out = challenge.split(early, tmp_path)
    assert pd.read_csv(held_out)["timestamp"].eq(50_000).all()
    assert len(challenge.judge(held_out, train, [])) == 1


def test_what_is_judged_is_not_replaced(files, tmp_path):
    path = tmp_path / "results.csv"
    path.write_text(rows((USER, 1, UNSEEN[0])))
    words = ["challenge", "judge", str(files[1]), str(files[0]), str(path)]
    with pytest.raises(SystemExit, match="is read, and would be replaced"):
        __main__.main([*words, "--out", str(tmp_path)])


# The numbers


def test_lists_and_a_program_with_the_same_model_have_its_numbers(files, tmp_path):
    expected_top = top_k(baselines.EASE(POSITIVES, 10), POSITIVES, 5)
    lists = as_csv(expected_top, tmp_path / "lists.csv")
    program = tmp_path / "program.py"
    program.write_text(EASE)
    said = []
    table = judge(files, lists, program, k=5, progress=said.append)
    judged = RELEVANT.n_relevant > 0
    values = evaluation.evaluate(expected_top, RELEVANT, (5,))[judged]
    floor = top_k(baselines.Popularity(POSITIVES), POSITIVES, 5)
    popular = evaluation.evaluate(floor, RELEVANT, (5,))[judged]

    def rng():
        return np.random.default_rng(42)

    for name in ("lists.csv", "program.py"):
        row = table.loc[name]
        ends = bootstrap_interval(values["ndcg_at_5"], rng=rng())
        assert tuple(row[["ndcg_at_5", "low", "high"]]) == ends
        assert row["precision_at_5"] == values["precision_at_5"].mean()
        assert row["recall_at_5"] == values["recall_at_5"].mean()
        pair = paired_difference(values["ndcg_at_5"], popular["ndcg_at_5"], rng=rng())
        vs = ["vs_popularity", "vs_popularity_low", "vs_popularity_high"]
        assert tuple(row[vs]) == pair
        assert row["problem"] == ""
    assert table.loc["popularity", "ndcg_at_5"] == popular["ndcg_at_5"].mean()
    assert table["ndcg_at_5"].is_monotonic_decreasing
    assert "Only 20 users were judged" in challenge.as_text(table, 5)
    assert said == ["lists.csv …", "program.py …"]


def test_who_is_first_is_told_with_those_who_cannot_be_told_apart(tmp_path):
    """Of sixty users all are hit by the best, most by the second, few by the others."""
    users, tops = range(60), {}
    train = [(u, i) for u in users for i in (u % 5, 5 + u % 5)]
    test = [(u, (u + 1) % 5) for u in users]
    paths = [tmp_path / name for name in ("train.csv", "held_out.csv")]
    for pairs, path in zip((train, test), paths, strict=True):
        pd.DataFrame(pairs, columns=["userID", "itemID"]).to_csv(path, index=False)
    for name, n_hit in {"best": 60, "near": 59, "far": 30}.items():
        hits = [(u, 1, (u + 1 + (u >= n_hit)) % 5) for u in users]
        tops[name] = tmp_path / f"{name}.csv"
        tops[name].write_text(rows(*hits))
    table = judge(paths, *tops.values(), tmp_path / "none.csv", k=3)
    assert table.index[:2].tolist() == ["best.csv", "near.csv"]
    hit = {name: np.arange(60) < n for name, n in {"best": 60, "far": 30}.items()}
    rng = np.random.default_rng(42)
    pair = paired_difference(hit["far"] * 1.0, hit["best"] * 1.0, rng=rng)
    vs = ["vs_first", "vs_first_low", "vs_first_high"]
    assert tuple(table.loc["far.csv", vs]) == pair
    assert table.loc["best.csv", vs].isna().all()
    text = challenge.as_text(table, 3)
    assert text.startswith("60 users, lists of 3. In brackets: 95 % intervals")
    assert "minus best.csv" in text
    assert "Not to be told apart from best.csv on these users: near.csv. Of" in text
    assert "Faulty:\n  none.csv: " in text
    alone = challenge.as_text(judge(paths, tops["best"], k=3), 3)
    assert "best.csv is ahead of all others on these users." in alone
    assert "ahead" not in challenge.as_text(judge(paths, k=3), 3)


def test_two_users_by_hand(tmp_path):
    """User 1 has a hit at rank 2 of one; user 2 hands in nothing. NDCG 1 / log2(3) and 0."""
    train = [(1, "a"), (1, "b"), (2, "c"), (2, "d")]
    test = [(1, "c"), (2, "a")]
    paths = [tmp_path / name for name in ("train.csv", "held_out.csv")]
    for rows, path in zip((train, test), paths, strict=True):
        table = pd.DataFrame(rows, columns=["userID", "itemID"])
        table.to_csv(path, index=False)
    entry = tmp_path / "mine.csv"
    entry.write_text("user,rank,item\n1,2,c\n1,1,d\n")
    row = judge(paths, entry, k=3).loc["mine.csv"]
    assert row["ndcg_at_3"] == pytest.approx(1 / np.log2(3) / 2)
    assert row["recall_at_3"] == 0.5
    assert row["precision_at_3"] == pytest.approx(1 / 6)


def test_identifiers_stay_texts(tmp_path):
    """Even where all of the held-out part look like numbers."""
    ratings = people(text=True)
    split = splits.course_split(ratings)
    held_out = split.test[~split.test["itemID"].str.startswith("0")]
    paths = [tmp_path / name for name in ("train.csv", "held_out.csv")]
    for part, path in zip((split.train, held_out), paths, strict=True):
        part.to_csv(path, index=False)
    positives = Interactions(split.train)
    top = top_k(baselines.Popularity(positives), positives, 5)
    lists = as_csv(top, tmp_path / "lists.csv", positives)
    assert ",01\n" in lists.read_text() or ",00\n" in lists.read_text()
    table = judge(paths, lists, k=5)
    assert table.loc["lists.csv", "vs_popularity"] == 0
    as_numbers = pd.read_csv(lists)
    as_numbers.to_csv(tmp_path / "numbers.csv", index=False)
    problem = judge(paths, tmp_path / "numbers.csv", k=5).loc["numbers.csv", "problem"]
    assert "never occurs in training, but" in problem
    assert "Read train.csv with dtype=str" in problem
    assert ", line " in problem


def test_a_header_alone_is_an_empty_list_for_everybody(files, tmp_path):
    (tmp_path / "a.csv").write_text("user,rank,item\n")
    row = judge(files, tmp_path / "a.csv").loc["a.csv"]
    assert (row["ndcg_at_10"], row["problem"]) == (0, "")
    assert row["remark"] == "lists for 0 of 20 users"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    "names", [("user", "item"), ("userID", "itemID"), ("USER", "Item")]
)
def test_names_and_separators_may_be_the_usual_ones(separator, names, files, tmp_path):
    header = separator.join([names[0], "rank", names[1]])
    row = separator.join([str(USER), "1", str(UNSEEN[0])])
    (tmp_path / "A.CSV").write_text(f"{header}\n{row}\n", encoding="utf-8-sig")
    found = judge(files, tmp_path / "A.CSV").loc["A.CSV"]
    assert (found["problem"], found["remark"]) == ("", "lists for 1 of 20 users")


def test_longer_lists_are_cut_with_a_remark(files, tmp_path):
    top = top_k(baselines.Popularity(POSITIVES), POSITIVES, 5)
    lists = as_csv(top, tmp_path / "a.csv")
    table = judge(files, lists, k=3)
    assert table.loc["a.csv", "vs_popularity"] == 0
    assert table.loc["a.csv", "remark"] == "lists cut to 3 items"
    assert "a.csv: lists cut to 3 items" in challenge.as_text(table, 3)


# Faults of lists


def rows(*triples):
    return "user,rank,item\n" + "".join(f"{u},{r},{i}\n" for u, r, i in triples)


def seen_and_unseen():
    seen = POSITIVES.item_ids[POSITIVES.items[POSITIVES.users == 0]]
    return seen[0], [item for item in POSITIVES.item_ids if item not in seen]


SEEN, UNSEEN = seen_and_unseen()
USER = POSITIVES.user_ids[0]
FAULTS = {
    "unknown item": (rows((USER, 1, 99)), "'99' does not occur in train.csv"),
    "unknown user": (rows((99, 1, UNSEEN[0])), "'99' does not occur in train.csv"),
    "seen": (rows((USER, 1, SEEN)), f"The list of user {USER} holds the item {SEEN}, "),
    "item twice": (
        rows((USER, 1, UNSEEN[0]), (USER, 2, UNSEEN[0])),
        "Column item, line 3: ",
    ),
    "rank twice": (
        rows((USER, 1, UNSEEN[0]), (USER, 1, UNSEEN[1])),
        "occurs twice in the list of its user",
    ),
    "rank 0": (
        rows((USER, 0, UNSEEN[0])),
        "0 is no rank. The first place has the rank 1.",
    ),
    "field too many": (
        rows((USER, 1, UNSEEN[0])) + "1,2,3,4\n",
        "Line 3 has 4 fields, and the first line has 3",
    ),
    "column twice": (
        "user,rank,item,itemID\n1,1,1,1\n",
        "More than one column is called item",
    ),
    "no rank": (rows((USER, "first", UNSEEN[0])), "'first' is not a number"),
    "NaN": (rows((USER, "nan", UNSEEN[0])), "is not a number"),
    "no column": ("user,item\n1,1\n", "There is no column rank, only user, item."),
    "empty": ("", "The file is empty."),
    "empty cell": (rows((USER, 1, "")), "is missing"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_gets_a_row_and_stops_no_other(fault, files, tmp_path):
    text, problem = FAULTS[fault]
    (tmp_path / "a.csv").write_text(text)
    (tmp_path / "b.csv").write_text(rows((USER, 1, UNSEEN[0])))
    table = judge(files, tmp_path, k=3)
    assert problem in table.loc["a.csv", "problem"]
    assert table.index[-1] == "a.csv"
    assert table.loc["a.csv"].drop(["problem", "remark"]).isna().all()
    assert table.loc["b.csv", "problem"] == ""
    assert table.loc["b.csv", "ndcg_at_3"] >= 0
    assert f"a.csv: {table.loc['a.csv', 'problem']}" in challenge.as_text(table, 3)


def test_bytes_and_other_files_are_told(files, tmp_path):
    (tmp_path / "a.csv").write_bytes(b"user,rank,item\n\xff\xfe,1,1\n")
    (tmp_path / "notes.txt").write_text("hello")
    table = judge(files, *tmp_path.iterdir(), tmp_path / "not there.csv")
    assert "utf-8" in table.loc["a.csv", "problem"]
    assert "a .csv or a .py file" in table.loc["notes.txt", "problem"]
    assert "not there.csv does not exist" in table.loc["not there.csv", "problem"]


def test_two_entries_of_one_name_have_a_row_each(files, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.csv").write_text(rows((USER, 1, UNSEEN[0])))
    table = judge(files, tmp_path / "one", tmp_path / "two")
    assert len(table) == 3
    assert str(tmp_path / "one" / "mine.csv") in table.index


# Faults of programs

PROGRAMS = {
    "syntax": ("def model(train:\n", "SyntaxError in line 1: "),
    "import": ("import nothing_of_that_name\n", "ModuleNotFoundError in line 1: "),
    "no function": ("x = 1\n", "ValueError: There is no function model(train)"),
    "error": ("def model(train):\n    return 1 / 0\n", "ZeroDivisionError in line 2: "),
    "no model": (
        "def model(train):\n    return max\n",
        "TypeError: A model is an object",
    ),
    "exit": ("import sys\nsys.exit('bye')\n", "SystemExit in line 2: bye"),
    "nan": (
        "import numpy as np\nfrom recdl.ranking import ScoreTable\ndef model(train):\n"
        "    shape = (train['userID'].nunique(), train['itemID'].nunique())\n"
        "    return ScoreTable(np.full(shape, np.nan))\n",
        "is NaN and has no rank",
    ),
    "shape": (
        "import numpy as np\nfrom recdl.ranking import ScoreTable\n"
        "def model(train):\n    return ScoreTable(np.zeros((20, 2)))\n",
        "scores(users) must return the shape",
    ),
}


@pytest.mark.parametrize("fault", PROGRAMS)
def test_a_faulty_program_says_why(fault, files, tmp_path):
    code, problem = PROGRAMS[fault]
    (tmp_path / "entry.py").write_text(code)
    with pytest.raises(SystemExit) as end:
        entry.main(files[0], str(tmp_path / "entry.py"), "3", tmp_path)
    assert end.value.code == 1
    assert problem in (tmp_path / challenge.REASON).read_text(encoding="utf-8")
    assert not (tmp_path / challenge.LISTS).exists()


def test_a_program_finds_train_csv_in_its_folder_and_nothing_else(files, tmp_path):
    code = (
        "import os, pathlib, sys\n"
        "here = pathlib.Path(sys.argv[1]).parent\n"
        "raise ValueError(f'{os.listdir()} {os.listdir(here)}')\n"
    )
    (tmp_path / "a.py").write_text(code)
    table = judge(files, tmp_path / "a.py")
    seen = "ValueError in line 3: ['train.csv'] ['train.csv']"
    assert table.loc["a.py", "problem"] == seen


def test_programs_that_end_stop_no_other(files, tmp_path):
    (tmp_path / "dies.py").write_text("import os\nos._exit(3)\n")
    (tmp_path / "fails.py").write_text("raise ValueError('\\x1b[2J\\n' + 999 * 'x')\n")
    (tmp_path / "z.csv").write_text(rows((USER, 1, UNSEEN[0])))
    table = judge(files, tmp_path)
    assert table.loc["dies.py", "problem"] == "Its process ended with code 3."
    assert table.loc["z.csv", "problem"] == ""
    said = table.loc["fails.py", "problem"]
    assert said.startswith("ValueError in line 1:  [2J xxx")
    assert len(said) == 300


def test_a_reason_that_cannot_be_written_or_is_empty_is_a_fault(files, tmp_path):
    code = "def model(train):\n    raise ValueError('\\ud800 bad')\n"
    (tmp_path / "half.py").write_text(code)
    code = "open('reason.txt', 'w').close()\nimport os\nos._exit(1)\n"
    (tmp_path / "none.py").write_text(code)
    table = judge(files, tmp_path)
    assert table.loc["half.py", "problem"] == "ValueError in line 2: \\ud800 bad"
    assert table.loc["none.py", "problem"] == "It failed and gave no reason."


def test_a_rank_beyond_64_bits_gets_a_sentence_for_pupils(files, tmp_path):
    (tmp_path / "a.csv").write_text(rows((USER, 10**30, UNSEEN[0])))
    said = judge(files, tmp_path).loc["a.csv", "problem"]
    assert "Ranks are whole numbers" in said
    assert "pd." not in said


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no groups of processes")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_judge_that_is_stopped_ends_the_program(name, files, tmp_path):
    pid = tmp_path / "pid"
    code = f"import os, time\nopen({str(pid)!r}, 'w').write(str(os.getpid()))\n"
    (tmp_path / "a.py").write_text(code + "time.sleep(600)\n")
    command = [sys.executable, "-m", "recdl", "challenge", "judge"]
    command += [files[1], files[0], tmp_path / "a.py", "--out", tmp_path / "out"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while not (pid.exists() and pid.read_text()):
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(getattr(signal, name))
    assert process.returncode == 128 + getattr(signal, name)
    child = int(pid.read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie"
    assert not (tmp_path / "out").exists()


def test_a_program_that_does_not_end_stops_no_other(files, tmp_path):
    (tmp_path / "a.py").write_text("import time\ntime.sleep(600)\n")
    (tmp_path / "b.csv").write_text(rows((USER, 1, UNSEEN[0])))
    table = judge(files, tmp_path, limit_s=0.5)
    assert table["problem"].to_dict() == {
        "popularity": "",
        "b.csv": "",
        "a.py": "It took longer than 0.5 seconds.",
    }


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no groups of processes")
@pytest.mark.parametrize("then", ["time.sleep(600)", "raise ValueError"])
def test_what_a_program_has_started_ends_with_it(then, files, tmp_path):
    child = tmp_path / "child"
    code = (
        "import subprocess, time\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(child)!r}, 'w').write(str(child.pid))\n{then}\n"
    )
    (tmp_path / "a.py").write_text(code)
    judge(files, tmp_path / "a.py", limit_s=5 if "sleep" in then else 60)
    pid = int(child.read_text())
    for _ in range(50):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie":
            return
        time.sleep(0.1)
    raise AssertionError("The child is still there.")


def test_what_python_and_others_leave_in_a_folder_is_no_entry(files, tmp_path):
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("")
    (tmp_path / ".DS_Store").write_text("")
    assert judge(files, tmp_path / "__pycache__").index == ["popularity"]
    said = judge(files, tmp_path).loc[tmp_path.name, "problem"]
    assert said == f"The folder {tmp_path} has no files in it."
    (tmp_path / "a.csv").write_text(rows((USER, 1, UNSEEN[0])))
    assert set(judge(files, tmp_path).index) == {"popularity", "a.csv"}


# The two files


def test_swapped_files_are_told(files):
    with pytest.raises(DataError, match="seem to be swapped"):
        challenge.judge(files[0], files[1], [])


def test_k_is_smaller_than_the_catalogue(files):
    for k in (15, 10**13):
        with pytest.raises(ValueError, match="smaller than the number of items"):
            judge(files, k=k)


def test_a_folder_that_cannot_take_results_is_refused_before_judging(files, tmp_path):
    (tmp_path / "out" / "results.csv").mkdir(parents=True)
    words = ["challenge", "judge", "no.csv", "no.csv", "no.csv", "--out"]
    with pytest.raises(SystemExit, match="is a folder, and a file of this name"):
        __main__.main([*words, str(tmp_path / "out")])


def test_files_that_do_not_belong_together_are_refused(files, tmp_path):
    with pytest.raises(DataError, match="stand in both parts"):
        challenge.judge(files[0], files[0], [])
    with pytest.raises(DataError):
        challenge.judge(tmp_path / "none.csv", files[0], [])
    with pytest.raises(ValueError, match="k must be"):
        judge(files, k=0)
    one = tmp_path / "one.csv"
    SPLIT.test.iloc[:1].to_csv(one, index=False)
    with pytest.raises(DataError, match="only 1 can be judged"):
        challenge.judge(one, files[0], [])


# The commands


def test_the_commands(tmp_path, capsys):
    names = {"userID": "who", "itemID": "what", "timestamp": "when"}
    RATINGS.rename(columns=names).to_csv(tmp_path / "r.csv", index=False)
    out = tmp_path / "out"
    words = ["challenge", "split", str(tmp_path / "r.csv"), "--user", "who"]
    words += ["--item", "what", "--time", "when", "--out", str(out)]
    __main__.main(words)
    said = capsys.readouterr()
    assert f"For the teacher alone: {out / 'held_out.csv'}" in said.out
    assert "rows of r.csv. Columns: user = who, item = what, time = when." in said.err
    assert "rating" not in pd.read_csv(out / "train.csv")
    with pytest.raises(SystemExit, match="is there already"):
        __main__.main(words)
    (tmp_path / "mine.csv").write_text(rows((USER, 1, UNSEEN[0])))
    words = ["challenge", "judge", str(out / "held_out.csv"), str(out / "train.csv")]
    __main__.main([*words, str(tmp_path / "mine.csv"), "--out", str(out)])
    said = capsys.readouterr()
    assert "NDCG@10" in said.out
    assert "mine.csv …" in said.err
    found = pd.read_csv(out / "results.csv", index_col="entry")
    assert sorted(found.index) == ["mine.csv", "popularity"]
    __main__.main([*words, str(tmp_path / "mine.csv"), "--out", str(out)])
    assert f"Will be replaced: {out / 'results.csv'}." in capsys.readouterr().err


def test_an_interrupt_ends_with_a_sentence(files, tmp_path, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("subprocess.Popen", interrupted)
    (tmp_path / "a.py").write_text(EASE)
    words = ["challenge", "judge", str(files[1]), str(files[0]), str(tmp_path / "a.py")]
    with pytest.raises(SystemExit) as end:
        __main__.main([*words, "--out", str(tmp_path / "out")])
    assert end.value.code == 130
    assert "Interrupted." in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_help_says_that_a_file_of_somebody_else_is_run(capsys):
    with pytest.raises(SystemExit):
        __main__.main(["challenge", "judge", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "to run a Python file of somebody else means to run their code" in said
