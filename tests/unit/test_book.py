"""From executed notebooks to the pages of the book."""

import base64
import json
import os
import re
import types

import nbformat
import pytest

from processes import has_ended, send, signals, start, wait_for, wait_for_pid
from recdl import paper
from recdl.course import panels as course_panels
from tools import accessible, below, book, editions, pages, panels, run, slides
from tools.project import Notebook, Project

# From an executed notebook to a page


@pytest.fixture
def executed(tmp_path):
    """Return a project whose notebook was executed, with outputs, and has another prose since."""
    source = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": "1",
    }
    prose = {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "new words"}
    picture = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"image/png": base64.b64encode(b"png").decode()},
    }
    figure = {"mystnb": {"figure": {"name": "fig-a"}}}
    copy = source | {"outputs": [picture], "execution_count": 3}
    injected = source | {"metadata": {"tags": ["injected-parameters"]}, "source": "2"}
    toc = "root: book/index\nparts: [{chapters: [{file: book/chapter}]}]"
    (tmp_path / "_toc.yml").write_text(toc)
    (tmp_path / "book").mkdir()
    (tmp_path / "_build" / "full").mkdir(parents=True)
    committed = {"cells": [prose, source | {"metadata": figure}], "metadata": {}}
    cells = [prose | {"source": "old words"}, injected, copy]
    made = {"cells": cells, "metadata": {"seconds": 1.5}}
    (tmp_path / "book" / "chapter.ipynb").write_text(json.dumps(committed))
    (tmp_path / "_build" / "full" / "chapter.ipynb").write_text(json.dumps(made))
    return Project(tmp_path)


def test_a_page_has_the_new_prose_and_the_outputs_of_the_run(executed):
    (notebook,) = executed.notebooks()
    prose, code = notebook.with_outputs()["cells"]
    assert prose["source"] == "new words"
    assert code["outputs"][0]["output_type"] == "display_data"
    assert code["execution_count"] == 3


def change(notebook, **changed):
    """Change the code cell of the committed notebook; None takes something away."""
    content = json.loads(notebook.path.read_text())
    cell = content["cells"][1]
    cell.update(changed)
    content["cells"][1] = {name: x for name, x in cell.items() if x is not None}
    notebook.path.write_text(json.dumps(content | {"nbformat_minor": 0}))


@pytest.mark.parametrize("cell_id", [None, "", "copied-and-pasted", "b"])
def test_an_edited_notebook_may_have_any_ids_or_none(executed, cell_id):
    (notebook,) = executed.notebooks()
    change(notebook, id=cell_id)
    prose, code = notebook.with_outputs()["cells"]
    assert code["outputs"][0]["output_type"] == "display_data"
    assert prose["id"] != code["id"]
    nbformat.validate(notebook.with_outputs())
    noted = editions.instructor(notebook.content(), {})
    assert len(editions.student(noted)["cells"]) == 2


def test_a_cell_that_was_not_executed_is_named(executed):
    (notebook,) = executed.notebooks()
    change(notebook, source="2")
    words = r'chapter\.ipynb, cell 2 \("2"\) is not the one that was executed. Run: make book'
    with pytest.raises(SystemExit, match=words):
        notebook.with_outputs()


@pytest.mark.parametrize(
    "alien",
    [".venv/lib/docs.md", "mine/lib/docs.md", ".ipynb_checkpoints/chapter.ipynb",
     "node_modules/a/README.md", "artefacts/u.csv", ".DS_Store"],
)  # fmt: skip
def test_what_people_keep_beside_the_chapters_is_no_page(executed, alien, monkeypatch):
    monkeypatch.setattr(book, "SOURCES", ("book",))
    executed.lock.touch()
    before = book.made_from(executed)
    path = executed.root / "book" / alien
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("# A page of nobody")
    if alien.startswith("mine"):  # an environment may have any name
        (executed.root / "book" / "mine" / "pyvenv.cfg").touch()
    assert book.made_from(executed) == before
    assert [p.name for p in below(executed.root / "book")] == ["chapter.ipynb"]
    (executed.root / "book" / "new.md").touch()
    assert book.made_from(executed) != before


def test_pages_with_data_beside_them_are_other_pages(executed, monkeypatch):
    """So the next `make book` takes the data away again."""
    monkeypatch.setattr(book, "SOURCES", ("book",))
    executed.lock.touch()
    with_films = book.made_from(executed, with_films=True)
    assert with_films != book.made_from(executed)


def test_a_figure_is_found_by_its_name(executed):
    assert pages.figure(executed, "fig-a") == b"png"


def test_a_figure_that_nobody_shows_is_named(executed):
    with pytest.raises(KeyError, match="fig-b"):
        pages.figure(executed, "fig-b")


def test_a_figure_that_left_no_picture_is_named(executed):
    copy = executed.notebooks()[0].executed()
    copy.write_text(copy.read_text().replace("image/png", "text/plain"))
    with pytest.raises(KeyError, match="fig-a"):
        pages.figure(executed, "fig-a")


# Panels


@pytest.fixture
def with_panels(executed, monkeypatch):
    """Return the project with two panels, one with data, laid into an empty folder of the book."""
    monkeypatch.setattr(course_panels, "data", lambda: {"neuron": lambda: {"a": [1]}})
    (executed.root / "panels").mkdir()
    for name in ("panels.css", "parts.js", "neuron.js", "mlp.js"):
        (executed.root / "panels" / name).write_text(name)
    static = executed.html / "_static"
    static.mkdir(parents=True)
    panels.lay(executed, static)
    return executed


def test_a_page_loads_the_panels_that_it_holds_and_no_others(with_panels):
    panel, html = course_panels.panels()["neuron"](), with_panels.html
    text = f"<head></head>{panel.to_html('neuron')}"
    page = panels.load(text, html, html / "book" / "page.html")
    loaded = re.findall(r'(?:href|src)="([^"?#]+)\?v=\w{8}"', page)
    names = ("panels.css", "parts.js", "neuron.data.js", "neuron.js")
    assert loaded == [f"../_static/panels/{name}" for name in names]
    data = (html / "_static" / "panels" / "neuron.data.js").read_text()
    assert data == 'recdl.data = { ...recdl.data, neuron: {"a":[1]} };\n'
    assert all((html / "book" / address).resolve().exists() for address in loaded)
    assert 'href="setup.html"' in page
    assert "setup.md" not in page
    without = "<head></head>It says setup.md."
    assert panels.load(without, html, html / "page.html") == without


def test_data_beside_the_pages_are_loaded_by_their_panel_alone(with_panels):
    html, made = with_panels.html, course_panels.panels()
    for name in ("films.js", "live.js"):
        (html / panels.PLACE / name).write_text(name)
    pages_of = {
        name: panels.load(
            f"<head></head>{made[name]().to_html(name)}", html, html / "page.html"
        )
        for name in ("neuron", "live")
    }
    loaded = {
        name: re.findall(r"/(\w+\.js)\?", text) for name, text in pages_of.items()
    }
    assert loaded == {
        "neuron": ["parts.js", "neuron.js"],
        "live": ["parts.js", "films.js", "live.js"],
    }


def test_a_slide_leads_to_the_panel_in_its_page():
    made = [course_panels.panels()[name]().to_html(name) for name in ("neuron", "mlp")]
    slides_of = panels.on_slides("".join(made), "../book/02.html")
    links = re.findall(r'href="([^"]+)"', slides_of)
    assert links == [f"../book/02.html?full#panel-{name}" for name in ("neuron", "mlp")]
    assert panels.on_slides("<p>setup.md</p>", "a.html") == "<p>setup.md</p>"


def test_the_source_of_a_page_says_which_scripts_it_needs(tmp_path):
    page = tmp_path / "page.ipynb"
    page.write_text(json.dumps({"cells": [{"source": '# @title A\npanel("neuron")'}]}))
    assert panels.files_of(page) == ["panels.css", "parts.js", "neuron.js"]
    page.write_text(json.dumps({"cells": [{"source": "a panel"}]}))
    assert panels.files_of(page) == []
    page.write_text("Text.\n\n{{ panel_neuron }}\n")
    assert panels.files_of(page) == ["panels.css", "parts.js", "neuron.js"]


def test_a_page_of_markdown_gets_the_panels_that_it_quotes(tmp_path):
    (tmp_path / "page.md").write_text("{{ ndcg }}\n\n{{ panel_neuron }}\n")
    made = course_panels.panels()["neuron"]().to_html("neuron")
    assert panels.quoted(tmp_path) == {"panel_neuron": made}
    assert "\n\n" not in made  # or Markdown would end the panel there


def test_what_is_seen_is_what_a_screen_reader_says():
    page = """<div class="sidebar-primary-item">

    <a class="navbar-brand logo"></a></div><div class="sidebar-primary-item"></div>
    <summary aria-label="Toggle hidden content">Show the solution</summary>
    <button class="btn search-button-field" title="Search" aria-label="Search">Search</button>
    <button aria-label="Color mode"><i class="theme-switch fa" title="Light"></i></button>
    <table><tr><th></th><th>mean</th><th class="head"><p></p></th></tr></table>"""
    text = accessible.mend(page)
    assert re.findall('role="[^"]*"', text) == ['role="navigation"']
    assert re.findall('aria-label="([^"]*)"', text) == ["First page", "Color mode"]
    assert re.findall('title="([^"]*)"', text) == ["Search"]
    assert '<tr><td></td><th>mean</th><td class="head"></td></tr>' in text


def test_another_script_of_a_panel_makes_the_pages_anew(tmp_path):
    """Sphinx copies no script as long as no page is out of date."""
    name = "book/_static/panels/neuron.js"
    assert not book.is_own_affair(name, {name: tmp_path}, {name: tmp_path})


def test_numbers_of_the_pages_come_from_the_run():
    run_results = paper.RESULTS | {"map": 2 * paper.RESULTS["map"], "n_train": 74992}
    texts = pages.substitutions(run_results, {"04_dataset": 5.6})
    assert texts["map"] == "0.0905"
    assert texts["paper_map"] == "0.0453"
    assert texts["off_map"] == "+100.0%"
    assert texts["n_train"] == "74,992"
    assert texts["seconds_04_dataset"] == "6"


def test_a_stale_copy_never_becomes_a_page(monkeypatch, tmp_path):
    of = types.SimpleNamespace(
        notebook=Notebook(run.Path("05_training.ipynb"), run.Path())
    )
    monkeypatch.setattr(run, "stale", lambda *_: [of])
    with pytest.raises(
        SystemExit,
        match=r"Not executed in their present form: 05_training. Run: make book",
    ):
        book.main([], tmp_path)


# Building, with a stand-in for Jupyter Book

STAND_IN = """
import os, pathlib, sys, time
PID = os.environ.get("PID")
def main():
    source, output = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[4])
    html = output / "_build" / "html"
    html.mkdir(parents=True, exist_ok=True)
    print("made anew" if not (html / "index.html").exists() else "made again")
    (html / "index.html").write_text("half of a page")
    if PID:
        pathlib.Path(PID).write_text(str(os.getpid()))
        time.sleep(60)
    for page in source.glob("*.md"):
        text = page.read_text()
        (html / page.with_suffix(".html").name).write_text(text)
        if "a warning" in text:
            sys.exit("WARNING: " + text[-9:] + "\\nmore words")
    (html / "index.html").write_text("a whole page")
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Let every Python that is started find the stand-in; return a project without a book."""
    package = tmp_path / "stand-in" / "jupyter_book" / "cli"
    package.mkdir(parents=True)
    (package / "main.py").write_text(STAND_IN)
    for folder in (package, package.parent):
        (folder / "__init__.py").touch()
    places = [str(tmp_path / "stand-in"), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(places))
    monkeypatch.setattr(slides, "write", lambda *_: None)
    (tmp_path / "_build").mkdir()
    (tmp_path / "requirements.txt").write_text("numpy==2.0\n")
    return Project(tmp_path)


@pytest.fixture
def built(stand_in, tmp_path):
    """Return a function that builds a book of pages, and says whether it had to begin anew."""
    staged = tmp_path / "staged"

    def build(**texts):
        for path in staged.glob("*"):
            path.unlink()
        staged.mkdir(exist_ok=True)
        for name, text in ({"a": "# A", "b": "# B"} | texts).items():
            (staged / f"{name}.md").write_text(text)
        book.Build(stand_in).make(staged, "now")
        return "made anew" in (stand_in.build / "book.log").read_text()

    return build


def test_pages_that_were_deleted_are_not_called_up_to_date(built, stand_in):
    built()
    assert (stand_in.html / book.STAMP).read_text() == "now"


def test_only_the_words_of_a_page_let_the_others_stay_as_they_are(built, stand_in):
    assert built()
    assert not built(a="# A\n\nMore words.")
    assert (stand_in.html / "a.html").read_text() == "# A\n\nMore words."


@pytest.mark.parametrize(
    "texts",
    [
        {"a": "# Another title"},
        {"a": "# A\n\n(label)=\n## B"},
        {"a": "# A\n\nAs {cite:t}`he2017ncf` say."},
        {"c": "# A page more"},
    ],
)
def test_what_other_pages_may_show_makes_all_pages_anew(texts, built):
    built()
    assert built(**texts)


def test_a_change_that_no_page_shows_builds_nothing(built, stand_in):
    built()
    (stand_in.build / "book.log").write_text("of the first time")
    assert not built()
    assert (stand_in.build / "book.log").read_text() == "of the first time"


def test_a_page_that_was_removed_disappears(built, stand_in):
    built(c="# C")
    assert (stand_in.html / "c.html").exists()
    assert built()
    assert not (stand_in.html / "c.html").exists()


def test_other_packages_make_all_pages_anew(built, stand_in):
    built()
    stand_in.lock.write_text("numpy==2.1\n")
    assert built()


def test_after_a_warning_the_old_book_stays_and_nothing_of_the_new_one_is_trusted(
    built, stand_in, capfd
):
    built()
    with pytest.raises(SystemExit, match="each warning above is an error"):
        built(a="# A\n\na warning")
    assert "WARNING: a warning" in capfd.readouterr().err
    assert (stand_in.html / "a.html").read_text() == "# A"
    assert built()


def test_figures_are_part_of_the_face_of_a_notebook(tmp_path):
    def face(words, name):
        cells = [
            {"cell_type": "markdown", "metadata": {}, "source": [words]},
            {
                "cell_type": "code",
                "metadata": {"name": name},
                "source": ["# no heading"],
            },
        ]
        (tmp_path / "page.ipynb").write_text(json.dumps({"cells": cells}))
        return book.face(tmp_path / "page.ipynb")

    assert face("# A\nold words", "fig-a") == face("# A\nnew words", "fig-a")
    assert face("# A", "fig-a") != face("# A", "fig-b")
    assert face("# A", "fig-a") != face("# B", "fig-a")


@signals
def test_ctrl_c_keeps_the_old_book_and_the_next_call_builds(
    stand_in, tmp_path, monkeypatch, capfd
):
    page = stand_in.html / "index.html"
    page.parent.mkdir()
    page.write_text("an old page")
    code = f"""
import pathlib
from tools import book, pages, run, slides
run.demand_fresh = slides.write = lambda *_: None
pages.stage = lambda project, source, **_: source.mkdir()
book.made_from = lambda project, **_: "now"
book.main([], pathlib.Path({str(tmp_path)!r}))
"""
    process = start(code, env=os.environ | {"PID": str(tmp_path / "pid")})
    builder = wait_for_pid(tmp_path / "pid")
    said = send(process, "SIGINT")
    assert "Interrupted. An earlier book is kept; the same command continues." in said
    wait_for(lambda: has_ended(builder))
    assert page.read_text() == "an old page"
    monkeypatch.setattr(pages, "stage", lambda project, source, **_: source.mkdir())
    monkeypatch.setattr(book, "made_from", lambda project, **_: "now")
    book.build(stand_in)
    assert "Built in" in capfd.readouterr().err
    assert page.read_text() == "a whole page"
    assert "made anew" in (stand_in.build / "book.log").read_text()
    book.build(stand_in)
    assert "up to date" in capfd.readouterr().err
