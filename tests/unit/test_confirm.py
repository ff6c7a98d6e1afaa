"""Rows are stamped anew only where making some of them again has shown that no result has changed."""

import pytest

from recdl.experiments import plan, tables
from recdl.experiments.tables import Row, TableError
from tools import confirm

ROWS = [
    Row("EASE", {"l2": 100}, 1, "paper"),
    Row("EASE", {"l2": 300}, 1, "paper"),
    Row("EASE", {"l2": 300}, 1, "time"),
    Row("NeuMF", {"model": "GMF", "l2": 1}, 1, "paper"),
    Row("NeuMF", {"model": "MLP", "l2": 1}, 1, "paper"),
]


def content(row):
    return {"hits": f"{len(str(row)):012x}", "loss": "0.5"}


@pytest.fixture
def stale(monkeypatch, tmp_path):
    """Write a table that other code has made; return a function that reads the codes of its rows."""
    monkeypatch.setattr(tables, "TABLES", tmp_path)
    monkeypatch.setattr(plan, "code_of", lambda *_: "new")
    for seconds, row in enumerate(ROWS):
        tables.add("invented", row, content(row) | {"seconds": seconds}, "old")
    return lambda: {row["code"] for row in tables.read("invented")}


def made_as(monkeypatch, now, before):
    """Let the present code and that of a commit make invented rows; return what was made."""
    calls = []

    def by(name, contents):
        return lambda *arguments: (
            calls.append((name, arguments[-1])),
            contents(arguments[-1]),
        )[1]

    monkeypatch.setattr(confirm, "made", by("now", now))
    monkeypatch.setattr(confirm, "made_by", by("before", before))
    return calls


def test_the_cheapest_rows_in_which_all_occurs_are_made():
    read = [
        {
            "system": r.system,
            "setting": tables.key_of(r)[1],
            "seed": "1",
            "split": r.split,
            "seconds": str(s),
        }
        for s, r in enumerate(ROWS)
    ]
    assert [row for row, _ in confirm.chosen(read)] == [ROWS[0], *ROWS[2:]]


def test_equal_rows_are_stamped_all(stale, monkeypatch):
    calls = made_as(monkeypatch, content, None)
    confirm.confirm("invented", "main")
    assert stale() == {"new"}
    assert [name for name, _ in calls] == ["now"] * 4
    assert len(tables.read("invented")) == len(ROWS)


def test_seconds_and_versions_may_differ(stale, monkeypatch):
    made_as(monkeypatch, lambda row: content(row) | {"seconds": "99"}, None)
    confirm.confirm("invented", "main")
    assert stale() == {"new"}


def test_what_another_processor_made_is_made_here_by_the_code_of_then(
    stale, monkeypatch
):
    here = lambda row: content(row) | {"loss": "0.50000001"}  # noqa: E731
    calls = made_as(monkeypatch, here, here)
    confirm.confirm("invented", "main")
    assert stale() == {"new"}
    assert [name for name, _ in calls] == ["now", "before"] * 4


def test_another_result_leaves_the_table_as_it_is(stale, monkeypatch):
    made_as(monkeypatch, lambda row: content(row) | {"loss": "0.6"}, content)
    with pytest.raises(
        TableError, match=r"EASE.*other results.*'loss': \('0\.5', '0\.6'\)"
    ):
        confirm.confirm("invented", "main")
    assert stale() == {"old"}


def test_a_table_that_is_fresh_is_left_alone(stale, monkeypatch):
    made_as(monkeypatch, content, None)
    confirm.confirm("invented", "main")
    before = tables.path_of("invented").stat().st_mtime_ns
    calls = made_as(monkeypatch, content, None)
    confirm.confirm("invented", "main")
    assert calls == []
    assert tables.path_of("invented").stat().st_mtime_ns == before
