"""The pages for students: what is the teacher's is in none of their files, and all else is there."""

import json
import shutil

import pytest
import yaml

from tools import below, book, core_path, pages, plans, repository, slides
from tools import student_book as student
from tools.project import Project

TOC = """format: jb-book
root: book/index
parts:
  - {caption: Chapters, chapters: [{file: book/01_a}]}
  - {caption: For teachers, chapters: [{file: book/teaching/guide}, {file: book/teaching/notes_01}]}
  - {caption: Back matter, chapters: [{file: book/glossary}]}
"""
CONFIG = """title: Birds
only_build_toc_files: true
execute: {execute_notebooks: "off"}
repository: {url: "https://github.com/-nobody/birds", branch: main}
launch_buttons: {colab_url: "https://colab.research.google.com"}
html: {use_repository_button: true, use_edit_page_button: true}
sphinx: {config: {html_theme_options: {}}}
"""
SOLUTION = """# @title Solution of 1.1
zebrafinch = [film for film in films if film < 7 and film > 2]
check("1.1", zebrafinch)"""
LOST_TAG = (
    "# @title Solution of 1.2\nwombat = sorted(films, key=lambda film: -film)[:3]"
)
SAID = "The answer is the **platypus**, as nobody else lays eggs."
NOTE = "Expect that most of them\ngive the answer **echidna**, which is in [chapter 1](../01_a.ipynb#films)."
SECRETS = ("zebrafinch", "wombat", "platypu", "echidna", "Solution", "For teachers")
TOLD = "## Exercises\n\nThe kakapo helps you. Then open the\nsolution."


def code(source, *tags, seconds=0, output=""):
    said = {"output_type": "display_data", "metadata": {}}
    metadata = {"tags": list(tags), "papermill": {"duration": seconds}}
    return {
        "cell_type": "code",
        "metadata": metadata,
        "source": source,
        "execution_count": 1,
        "outputs": [said | {"data": {"text/markdown": output}}] if output else [],
    }


def words(source, *tags):
    return {"cell_type": "markdown", "metadata": {"tags": tags}, "source": source}


CELLS = [
    words("# 1 · A\n\nSee the [notes](teaching/notes_01.md)."),
    code("films = [1, 2, 3, 4]", output="Four films are in the list of Ana."),
    words(TOLD, "slide"),
    words("### Exercise 1.1 · in code\n\nWhich films?"),
    code('answer = ...\ncheck("1.1", answer)', "exercise", "remove-output"),
    code(SOLUTION, "solution", "hide-cell", seconds=3.5, output=SAID),
    code(LOST_TAG, "hide-cell"),
]
PAGES = {
    "index": "# Birds\n\n[Chapter 1](01_a.ipynb), the [teaching *guide*](teaching/guide.md#plan).",
    "glossary": "# Glossary\n\n[A word](01_a.ipynb).",
    "teaching/guide": "# Guide\n\n## Plan\n\nRead the [notes](notes_01.md).",
    "teaching/notes_01": f"# Notes\n\n## Exercises\n\nSmile. {NOTE}",
}


def lay_out(project, source, **_):
    """Stand in for `pages.stage`, which wants the results of all chapters."""
    for path in below(project.root / "book"):
        target = source / path.relative_to(project.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    for notebook in project.notebooks():
        content = core_path.for_page(notebook.with_outputs())
        (source / "book" / notebook.path.name).write_text(json.dumps(content))
    shutil.copy(project.root / "_toc.yml", source)
    config = yaml.safe_load((project.root / "_config.yml").read_text())
    repository.fit(config)
    (source / "_config.yml").write_text(yaml.safe_dump(config))


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Return the folder of a book with one chapter, executed, and a part for teachers."""
    monkeypatch.setattr(pages, "stage", lay_out)
    for name, text in PAGES.items():
        path = tmp_path / "book" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, text in (("_toc.yml", TOC), ("_config.yml", CONFIG)):
        (tmp_path / name).write_text(text)
    content = {"cells": CELLS, "metadata": {"seconds": 5}, "nbformat": 4}
    for place in (tmp_path / "book", tmp_path / "_build" / "full"):
        place.mkdir(parents=True, exist_ok=True)
        (place / "01_a.ipynb").write_text(json.dumps(content | {"nbformat_minor": 5}))
    (tmp_path / "requirements.txt").touch()
    return tmp_path


@pytest.fixture
def project(root):
    return student.StudentProject(root)


@pytest.fixture
def staged(project, tmp_path):
    student.StudentBuild(project).stage(tmp_path / "staged")
    return tmp_path / "staged"


def text_of(folder):
    """Return all that stands in the files below a folder, whatever form they have."""
    return "\n".join(
        path.read_text(errors="replace") for path in book.files_in(folder).values()
    )


# What is staged


def test_no_source_has_a_solution_or_a_note(staged):
    everything = text_of(staged)
    assert [word for word in SECRETS if word in everything] == []
    assert not (staged / "book" / "teaching").exists()


def test_all_else_of_a_chapter_stays(staged):
    made = json.loads((staged / "book" / "01_a.ipynb").read_text())["cells"]
    assert ["".join(cell["source"]) for cell in made] == [
        "# 1 · A\n\nSee the notes.",
        CELLS[1]["source"],
        "## Exercises\n\nThe kakapo helps you.",
        CELLS[3]["source"],
        CELLS[4]["source"],
    ]
    assert made[1]["outputs"] == CELLS[1]["outputs"]


def test_links_for_teachers_are_plain_text_and_others_stay(staged):
    words = "# Birds\n\n[Chapter 1](01_a.ipynb), the teaching *guide*."
    assert (staged / "book" / "index.md").read_text() == words
    assert (staged / "book" / "glossary.md").read_text() == PAGES["glossary"]


@pytest.mark.parametrize(
    ("link", "goes"),
    [("teaching/guide.md", True), ("../book/teaching/guide.md#a", True),
     ("teaching.md", False), ("../teaching/guide.md", False), ("#teaching/", False)],
)  # fmt: skip
def test_a_link_is_for_teachers_by_where_it_leads(link, goes):
    made = student.of_page(f"a [b]({link}) c", student.Path("book/a.md"))
    assert made == ("a b c" if goes else f"a [b]({link}) c")


def test_the_part_for_teachers_is_gone_from_the_contents(staged):
    contents, left = yaml.safe_load((staged / "_toc.yml").read_text()), []
    for part in contents["parts"]:
        left.append((part["caption"], [page["file"] for page in part["chapters"]]))
    assert left == [
        ("Chapters", ["book/01_a"]),
        ("Back matter", ["book/glossary"]),
    ]


def test_no_button_leads_to_the_repository(staged):
    config = (staged / "_config.yml").read_text()
    for word in ("birds", "colab", "_button"):
        assert word not in config


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TOLD, "## Exercises\n\nThe kakapo helps you."),
        (
            f"{TOLD}\n\nA solution is hidden below. Write.",
            "## Exercises\n\nThe kakapo helps you.\n\nWrite.",
        ),
        ("## Exercises\n\nWrite.", "## Exercises\n\nWrite."),
        ("## Fit\n\nThe solution is exact.", "## Fit\n\nThe solution is exact."),
    ],
)
def test_sentences_that_tell_of_solutions_go(before, after):
    (cell,) = student.without_solutions({"cells": [words(before)]})["cells"]
    paragraphs = "".join(cell["source"]).split("\n\n")
    assert [paragraph.strip() for paragraph in paragraphs] == after.split("\n\n")


def test_the_table_of_slow_cells_names_no_solution(root, project, tmp_path):
    for kind in (Project(root), project):
        pages.tables_of_run_times(kind, tmp_path / type(kind).__name__)
    slow = "Project/slow_cells.csv", "StudentProject/slow_cells.csv"
    whole, own = ((tmp_path / name).read_text() for name in slow)
    assert "Solution of 1.1" in whole
    assert "Solution" not in own
    assert "A,5,0.0" in (tmp_path / "StudentProject" / "run_times.csv").read_text()


def test_the_decks_of_seminars_are_the_teacher_s(root, project):
    assert plans.guide(Project(root)) == PAGES["teaching/guide"]
    assert plans.guide(project) == ""


def test_both_books_are_made_in_folders_of_their_own(root, project):
    ours, theirs = book.Build(Project(root)), student.StudentBuild(project)
    for build in (ours, theirs):
        assert build.source.parent == build.output.parent == root / "_build"
    names = [(b.source, b.output, b.mark, b.project.html) for b in (ours, theirs)]
    assert set(names[0]).isdisjoint(names[1])


# What is searched before it appears


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.html", "<b>zebrafinch</b> = [film <i>for</i> film in films"
         " if film &lt; 7 and\nfilm &gt; 2]"),
        ("b/a.ipynb", json.dumps({"cells": [words(SOLUTION)]})),
        ("a.ipynb", json.dumps({"cells": [code("1", output=SAID)]})),
        ("a.md", LOST_TAG),
        ("a.html", f"<p>{NOTE.split(' **')[0]} <em>echidna</em>, which is in chapter 1.</p>"),
    ],
)  # fmt: skip
def test_what_students_should_not_see_is_found(name, text, project, tmp_path):
    path = tmp_path / "html" / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(SystemExit, match="should not see") as stopped:
        student.refuse_hidden(tmp_path / "html", student.hidden(project))
    assert f"\n{name}: " in str(stopped.value)


def test_two_titles_of_a_list_are_no_sentence_of_the_notes(tmp_path):
    page, lines = tmp_path / "html" / "a.html", {"SplittingbytimeSplittingbyuser": "it"}
    page.parent.mkdir()
    page.write_text("<li><a>Splitting by time</a></li><li>Splitting by user</li>")
    student.refuse_hidden(page.parent, lines)
    page.write_text("<p><em>Splitting by time</em>, Splitting\nby user</p>")
    with pytest.raises(SystemExit, match=r"a\.html: it"):
        student.refuse_hidden(page.parent, lines)


def test_what_stands_elsewhere_too_or_is_short_is_not_hidden(project):
    lines = student.hidden(project)
    assert len(lines) == 4
    assert not [line for line in lines if "check" in line or "Smile" in line]
    page = project.root / "book" / "glossary.md"
    page.write_text(f"# Glossary\n\n{SAID} {NOTE}")
    assert len(student.hidden(project)) == 2


def test_a_book_that_shows_too_much_does_not_take_the_place_of_the_last(
    project, monkeypatch, capsys
):
    project.html.mkdir(parents=True)
    (project.html / "index.html").write_text("an earlier book")

    def sphinx(self):
        html = self.output / "_build" / "html"
        html.mkdir(parents=True)
        (html / "index.html").write_text(f"<p>{SAID}</p>")

    monkeypatch.setattr(book.Build, "sphinx", sphinx)
    monkeypatch.setattr(slides, "write", lambda *_: None)
    monkeypatch.setattr(book, "made_from", lambda project, **_: "now")
    with pytest.raises(SystemExit, match=r"index\.html: .*platypus"):
        book.build(project, student.StudentBuild)
    assert (project.html / "index.html").read_text() == "an earlier book"


# The whole, by Jupyter Book


def test_no_file_of_the_built_book_has_what_is_the_teacher_s(project, monkeypatch):
    monkeypatch.setattr(book, "made_from", lambda project, **_: "now")
    book.build(project, student.StudentBuild)
    assert not (project.build / "html").exists()
    libraries = ("_static/", "slides/reveal/", "slides/mathjax")
    made = {
        name: path.read_text(errors="replace")
        for name, path in book.files_in(project.html).items()
        if not name.startswith(libraries)
    }
    assert [n for n in made if n.startswith("slides/")] == ["slides/01_a.html"]
    assert not [name for name in made if "teaching" in name]
    for name, text in made.items():
        assert [word for word in SECRETS if word in text] == [], name
    for name in ("book/01_a.html", "_sources/book/01_a.ipynb", "searchindex.js"):
        assert "kakapo" in made[name]
    assert "check" in made["book/01_a.html"]
