"""The list of changed pages names the page that a change touches, why, and no other."""

import json
import subprocess

import pytest

from tools import ROOT, changed_pages
from tools.project import COURSE

EVERY = changed_pages.sources(COURSE)


def pages(*changed, other_code=()):
    return changed_pages.reasons(COURSE, set(changed), set(other_code))


def listed(*changed):
    return changed_pages.report(COURSE, set(changed), set())


def test_every_page_of_the_book_has_a_source():
    assert EVERY[0] == "book/index.md"
    assert {f"book/{n.path.name}" for n in COURSE.notebooks()} <= set(EVERY)
    assert all((ROOT / source).is_file() for source in EVERY)


def test_a_text_changes_its_own_page():
    assert pages("book/glossary.md") == {"book/glossary.md": ["its text differs"]}
    assert pages("book/04_dataset.ipynb") == {
        "book/04_dataset.ipynb": ["its text differs"]
    }


def test_code_of_a_chapter_changes_those_that_need_it_and_pages_that_quote_results():
    name = "book/05_training.ipynb"
    found = pages(name, other_code=[name])
    assert found[name][0] == "its text or code differs"
    assert "`05_training`" in found["book/06_evaluation.ipynb"][0]
    assert found["book/index.md"] == ["it quotes results, which may differ"]
    assert "book/01_recommender_systems.ipynb" not in found
    assert "book/glossary.md" not in found


def test_a_module_changes_the_chapters_that_use_it():
    notebooks = {f"book/{n.path.name}" for n in COURSE.notebooks()}
    assert notebooks <= set(pages("src/recdl/splits.py"))
    of_one = pages("src/recdl/course/chapter_2/quiz.toml")
    assert notebooks & set(of_one) == {"book/02_neural_networks.ipynb"}
    of_three = notebooks & set(pages("src/recdl/experiments/tables/seeds.csv"))
    assert {name[5:7] for name in of_three} == {"07", "08", "09", "10"}
    assert pages("tools/editions.py", "src/recdl/course/check_setup.py") == {}


def test_a_table_changes_the_page_that_shows_it():
    found = pages("benchmarks/growth.csv")
    assert found == {
        "book/benchmarks.md": ["its table `benchmarks/growth.csv` differs"]
    }


def test_the_report_names_what_no_single_page_stands_for():
    assert listed("LICENSE").endswith("No page differs.")
    whole = listed("requirements.txt")
    assert "Every page may differ, because of `requirements.txt`." in whole
    assert "No page differs" not in whole
    gone = listed("book/old.md", "book/glossary.md")
    assert "Not, or no longer, in the book: `book/old.md`." in gone
    assert "| book/glossary.html | its text differs |" in gone


# With git


@pytest.fixture
def history(tmp_path, monkeypatch):
    """Return a small book with a branch `main`, and a function that runs git in it."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Ana")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ana@example.org")

    def git(*arguments):
        subprocess.run(
            ["git", "-C", tmp_path, *arguments], check=True, capture_output=True
        )

    toc = (
        "root: book/index\nparts: [{chapters: [{file: book/01_a}, {file: book/Übung}]}]"
    )
    (tmp_path / "_toc.yml").write_text(toc)
    (tmp_path / "book").mkdir()
    write(tmp_path, "text", "1 + 1")
    for name in ("index", "Übung"):
        (tmp_path / "book" / f"{name}.md").write_text("words\n")
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "one")
    return git


def write(root, prose, code):
    cells = [("markdown", prose), ("code", code)]
    cells = [{"cell_type": kind, "source": [source]} for kind, source in cells]
    content = {"cells": cells, "metadata": {}}
    (root / "book" / "01_a.ipynb").write_text(json.dumps(content))


def said(capsys, root, base="main"):
    changed_pages.main(["--", base], root)
    return capsys.readouterr().out


def test_what_main_did_meanwhile_is_not_listed(history, capsys, tmp_path):
    history("checkout", "-qb", "mine")
    (tmp_path / "book" / "Übung.md").write_text("better words\n")
    history("commit", "-qam", "two")
    history("checkout", "-q", "main")
    (tmp_path / "book" / "index.md").write_text("other words\n")
    history("commit", "-qam", "three")
    history("checkout", "-q", "mine")
    listed = said(capsys, tmp_path)
    assert "| book/Übung.html | its text differs |" in listed
    assert "index" not in listed


def test_what_is_not_committed_is_listed(history, capsys, tmp_path):
    assert "No page differs." in said(capsys, tmp_path)
    write(tmp_path, "other text", "1 + 1")
    (tmp_path / "book" / "new.md").write_text("words\n")
    listed = said(capsys, tmp_path)
    assert "| book/01_a.html | its text differs |" in listed
    assert "Not, or no longer, in the book: `book/new.md`" in listed
    write(tmp_path, "text", "1 + 2")
    assert "its outputs may differ" in said(capsys, tmp_path)


def test_a_new_notebook_has_new_code(history, tmp_path):
    (tmp_path / "book" / "02_b.ipynb").write_text("{}")
    assert changed_pages.has_other_code(tmp_path, "book/02_b.ipynb", "main")
    assert not changed_pages.has_other_code(tmp_path, "book/01_a.ipynb", "main")


@pytest.mark.parametrize("base", ["no-such-branch", "--output=x", ""])
def test_a_base_that_git_does_not_know_is_met_with_a_sentence(history, tmp_path, base):
    with pytest.raises(SystemExit, match="make changed-pages BASE=main"):
        changed_pages.main(["--", base], tmp_path)
    assert not (tmp_path / "x").exists()
