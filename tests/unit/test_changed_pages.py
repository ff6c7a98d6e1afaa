"""The list of changed pages names the page that a change touches, why, and no other."""

import json
import subprocess

import pytest

from tools import changed_pages, run

EVERY = changed_pages.sources()


def pages(*changed, other_code=()):
    return changed_pages.reasons(set(changed), set(other_code))


def test_every_page_of_the_book_has_a_source():
    assert EVERY[0] == "book/index.md"
    assert {f"book/{n.path.name}" for n in run.notebooks()} <= set(EVERY)
    assert all((run.ROOT / source).is_file() for source in EVERY)


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


def test_a_module_changes_the_chapters_that_may_use_it():
    notebooks = {f"book/{n.path.name}" for n in run.notebooks()}
    assert notebooks <= set(pages("src/recdl/prepare.py"))
    of_one = pages("src/recdl/course/quizzes/chapter_2.toml")
    assert notebooks & set(of_one) == {"book/02_neural_networks.ipynb"}
    assert pages("src/recdl/course/editions.py", "tests/unit/test_run.py") == {}


def test_a_table_changes_the_page_that_shows_it():
    found = pages("benchmarks/growth.csv")
    assert found == {
        "book/benchmarks.md": ["its table `benchmarks/growth.csv` differs"]
    }


def test_the_report_names_what_no_single_page_stands_for():
    assert changed_pages.report({"LICENSE"}, set()).endswith("No page differs.")
    whole = changed_pages.report({"requirements.txt"}, set())
    assert "Every page may differ, because of `requirements.txt`." in whole
    assert "No page differs" not in whole
    gone = changed_pages.report({"book/old.md", "book/glossary.md"}, set())
    assert "Not, or no longer, in the book: `book/old.md`." in gone
    assert "| book/glossary.html | its text differs |" in gone


# With git


@pytest.fixture
def history(tmp_path, monkeypatch):
    """Return a small book with a branch `main`, and a function that runs git in it."""
    monkeypatch.setattr(run, "ROOT", tmp_path)
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


def said(capsys, monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["changed_pages", *arguments])
    changed_pages.main()
    return capsys.readouterr().out


def test_what_main_did_meanwhile_is_not_listed(history, capsys, monkeypatch):
    history("checkout", "-qb", "mine")
    (run.ROOT / "book" / "Übung.md").write_text("better words\n")
    history("commit", "-qam", "two")
    history("checkout", "-q", "main")
    (run.ROOT / "book" / "index.md").write_text("other words\n")
    history("commit", "-qam", "three")
    history("checkout", "-q", "mine")
    listed = said(capsys, monkeypatch, "main")
    assert "| book/Übung.html | its text differs |" in listed
    assert "index" not in listed


def test_what_is_not_committed_is_listed(history, capsys, monkeypatch):
    assert "No page differs." in said(capsys, monkeypatch, "main")
    write(run.ROOT, "other text", "1 + 1")
    (run.ROOT / "book" / "new.md").write_text("words\n")
    listed = said(capsys, monkeypatch, "main")
    assert "| book/01_a.html | its text differs |" in listed
    assert "Not, or no longer, in the book: `book/new.md`" in listed
    write(run.ROOT, "text", "1 + 2")
    assert "its outputs may differ" in said(capsys, monkeypatch, "main")


def test_a_new_notebook_has_new_code(history):
    (run.ROOT / "book" / "02_b.ipynb").write_text("{}")
    assert changed_pages.has_other_code("book/02_b.ipynb", "main")
    assert not changed_pages.has_other_code("book/01_a.ipynb", "main")


@pytest.mark.parametrize("base", ["no-such-branch", "--output=x", ""])
def test_a_base_that_git_does_not_know_is_met_with_a_sentence(
    history, monkeypatch, base
):
    monkeypatch.setattr("sys.argv", ["changed_pages", base])
    with pytest.raises(SystemExit, match="make changed-pages BASE=main"):
        changed_pages.main()
    assert not (run.ROOT / "x").exists()
