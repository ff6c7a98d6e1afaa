"""The unit tests run unless they have passed for exactly the files that they read."""

import sys

import pytest

from tools import ROOT, unit_tests

PASSES, FAILS = "raise SystemExit(0)", "raise SystemExit(3)"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a folder whose unit tests are a program that notes each of its runs."""
    for name in ("src", "tests/unit", "book"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "src" / "code.py").write_text("1")
    (tmp_path / "book" / "words.md").write_text("words")
    program = "open('runs', 'a').write('x'); exec(open('tests/unit/outcome').read())"
    monkeypatch.setattr(unit_tests, "TESTS", (sys.executable, "-c", program))
    (tmp_path / "tests" / "unit" / "outcome").write_text(PASSES)
    return tmp_path


def runs(project):
    unit_tests.main([], root=project)
    return len((project / "runs").read_text())


def test_they_run_once_for_the_same_files(project, capfd):
    assert [runs(project), runs(project)] == [1, 1]
    assert "nothing that they read has changed" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["src/code.py", "src/new.py", "requirements.txt"])
def test_they_run_again_after_a_change_of_what_they_read(project, name):
    runs(project)
    (project / name).write_text("2")
    assert runs(project) == 2


def test_they_run_again_when_a_file_was_removed(project):
    runs(project)
    (project / "src" / "code.py").unlink()
    assert runs(project) == 2


def test_words_of_the_book_are_none_of_it(project):
    runs(project)
    (project / "book" / "words.md").write_text("other words")
    assert runs(project) == 1


def test_a_failure_is_told_and_not_remembered(project):
    (project / "tests" / "unit" / "outcome").write_text(FAILS)
    for _ in range(2):
        with pytest.raises(SystemExit, match="3"):
            unit_tests.main([], root=project)
    assert len((project / "runs").read_text()) == 2


def test_a_unit_test_cannot_open_what_is_not_looked_at():
    with pytest.raises(AssertionError, match=r"CHANGELOG\.md is not in"):
        (ROOT / "CHANGELOG.md").read_text()
