"""What the pages print for people with ratings of their own works: the commands, and the examples of A1."""

import re
import runpy
import shlex

import pandas as pd
import pytest

from recdl import __main__, tables
from recdl.course import book_club
from recdl.own import challenge
from tools import ROOT
from tools.project import COURSE

COLUMNS = {"user": "reader", "item": "isbn", "rating": "stars", "time": "when"}


def texts():
    """Yield the words of every page, notebook and note."""
    for path in (ROOT / "README.md", *COURSE.sources()):
        if path.suffix == ".md":
            yield path.read_text(encoding="utf-8")
    for notebook in COURSE.notebooks():
        for cell in notebook.content()["cells"]:
            yield "".join(cell["source"])


def commands():
    found = {
        c for text in texts() for c in re.findall("-m recdl (.+?)[`\n]", text + "\n")
    }
    return sorted(c for c in found if len(c.split()) > 2)


@pytest.fixture(scope="module")
def examples():
    """Return the fenced texts of chapter A1."""
    (chapter,) = (n for n in COURSE.notebooks() if n.name.startswith("A1"))
    cells = ("".join(c["source"]) for c in chapter.content()["cells"])
    return re.findall(r"^```\w+\n(.+?)^```", "\n".join(cells), re.M | re.S)


def one_with(words, texts):
    (found,) = (text for text in texts if words in text)
    return found


def test_the_pages_name_commands():
    assert {c.split()[0] for c in commands()} == {"compare", "challenge"}


@pytest.mark.parametrize("command", commands())
def test_a_command_on_a_page_is_one(command):
    __main__.parser().parse_args(shlex.split(command))


def test_the_entries_on_the_page_of_the_challenge_are_judged(examples, tmp_path):
    program, lists = tmp_path / "mine.py", tmp_path / "mine.csv"
    program.write_text(one_with("def model", examples))
    lists.write_text(one_with("user,rank", examples))
    ratings = tables.read(book_club.ratings(), **COLUMNS)
    train, held_out = challenge.split(ratings, tmp_path)
    table = challenge.judge(held_out, train, [program, lists])
    assert set(table["problem"]) == {""}
    assert table.loc["mine.py", "vs_popularity"] == 0


def test_dates_with_the_day_first_are_read_after_the_lines_on_the_page(
    examples, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    rows = {
        "who": ["07", "07"],
        "what": ["a", "b"],
        "when": ["03.11.2024", "4.12.2024"],
    }
    pd.DataFrame(rows).to_csv("mine.csv", index=False)
    (tmp_path / "dates.py").write_text(one_with("dayfirst", examples))
    runpy.run_path("dates.py")
    found = tables.read("new.csv", user="who", item="what", time="when")
    assert found["userID"].tolist() == ["07", "07"]
    days = pd.to_datetime(found["timestamp"], unit="s").dt.strftime("%d.%m.")
    assert days.tolist() == ["03.11.", "04.12."]
