"""Notebooks that people edited: each editor's way of writing one works, or ends in a sentence."""

import copy
import json
import zlib

import nbformat
import pytest

from tools import cells, editions, slides
from tools.project import Project

NOTES = {"A heading": "Say it slowly."}


def cell(kind, text, *tags, **more):
    made = {"cell_type": kind, "id": f"id-{zlib.crc32(text.encode())}", "source": text}
    made |= {"metadata": {"tags": list(tags)}}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


CELLS = [
    cell("markdown", "# 1 · A title\n\nWords.\n\n## A heading"),
    cell("code", "# @title Set-up: in Colab\n%pip install it"),
    cell("code", "EPOCHS = 20", "parameters"),
    cell("markdown", "### Exercise 1.1\n\nHow many?", "slide"),
    cell("code", "answer = ...\ncheck('1.1', answer)", "exercise", "slide-more"),
    cell("code", "# @title Solution of 1.1\nanswer = 20", "solution"),
]
OUTPUT = {"output_type": "stream", "name": "stdout", "text": ["the answer is 20"]}


def with_each(change):
    def edit(content):
        for part in content["cells"]:
            change(part)

    return edit


def without_ids(content):
    content["nbformat_minor"] = 4
    for part in content["cells"]:
        del part["id"]


def copied(new_id):
    def edit(content):
        again = copy.deepcopy(content["cells"][3])
        content["cells"].insert(3, again | ({"id": new_id} if new_id else {}))

    return edit


def of_old_editors(content):
    without_ids(content)
    content["nbformat_minor"] = 0
    for part in content["cells"]:
        part["metadata"] |= {"collapsed": False}


def of_vs_code(content):
    content["metadata"]["vscode"] = {"interpreter": {"hash": "31f2"}}
    with_each(lambda part: part["metadata"].update(vscode={"languageId": "x"}))(content)


def of_colab(content):
    without_ids(content)
    state = {"application/vnd.jupyter.widget-state+json": {"abc": {}}}
    content["metadata"] |= {"colab": {"provenance": []}, "widgets": state}
    content["metadata"]["kernelspec"] = {"name": "python3", "display_name": "Py"}
    for part in content["cells"]:
        who = {"user": {"displayName": "Ana Banana", "userId": "012"}}
        part["metadata"] |= {"id": "aBc_1", "outputId": "3b6c", "executionInfo": who}
        if part["cell_type"] == "code":
            part |= {"outputs": [OUTPUT], "execution_count": 3}


def of_jupyterlab(content):
    kernel = {"name": "mine", "display_name": "Mine", "language": "python"}
    content["metadata"] |= {"kernelspec": kernel, "widgets": {"x": {"state": {}}}}
    with_each(lambda part: part["metadata"].update(execution={"at": "noon"}))(content)


def with_windows_lines(content):
    with_each(lambda c: c.update(source=c["source"].replace("\n", "\r\n")))(content)


def line_by_line(content):
    with_each(lambda c: c.update(source=c["source"].splitlines(True)))(content)


def bare(content):
    for part in content["cells"]:
        for key in ("outputs", "execution_count"):
            part.pop(key, None)


def with_what_papermill_added(content):
    content["metadata"] |= {"papermill": {"input_path": "/home/ana"}, "seconds": 3}
    content["cells"].insert(0, cell("markdown", "Oh", "papermill-error-cell-tag"))
    content["cells"].insert(4, cell("code", "EPOCHS = 2", "injected-parameters"))


def with_empty_cells(content):
    content["cells"].insert(0, cell("markdown", ""))
    content["cells"].append(cell("raw", "raw", "slide-more"))


def with_the_set_up_again(content):
    content["cells"].insert(4, content["cells"][1] | {"id": "x"})


EDITS = {
    "untouched": lambda content: None,
    "without ids": without_ids,
    "with empty ids": with_each(lambda c: c.update(id="")),
    "with ids that are none": with_each(lambda c: c.update(id="of mine: " + c["id"])),
    "with ids that are numbers": with_each(lambda c: c.update(id=7)),
    "with new ids": with_each(lambda c: c.update(id="new-" + c["id"])),
    "with one id for all": with_each(lambda c: c.update(id="a")),
    "with a copied cell of a new id": copied("new"),
    "with a copied cell of the same id": copied(None),
    "of old editors": of_old_editors,
    "of VS Code": of_vs_code,
    "of Colab": of_colab,
    "of JupyterLab": of_jupyterlab,
    "with Windows line ends in the cells": with_windows_lines,
    "line by line": line_by_line,
    "without outputs": bare,
    "with what papermill added": with_what_papermill_added,
    "with empty cells": with_empty_cells,
    "with a copied set-up cell": with_the_set_up_again,
}
WRITTEN = {
    "as usual": lambda content: json.dumps(content, indent=1).encode(),
    "with Windows line ends": lambda content: (
        json.dumps(content, indent=1).replace("\n", "\r\n").encode()
    ),
    "with a BOM": lambda content: b"\xef\xbb\xbf" + json.dumps(content).encode(),
    "in UTF-16": lambda content: json.dumps(content, ensure_ascii=False).encode(
        "utf-16"
    ),
    "with keys in order": lambda content: json.dumps(content, sort_keys=True).encode(),
    "backwards": lambda content: json.dumps(dict(reversed(content.items()))).encode(),
}


@pytest.fixture
def written(tmp_path):
    """Return a function that writes bytes as a notebook of a project with no other one."""
    (tmp_path / "_toc.yml").write_text(
        "root: book/index\nparts: [{chapters: [{file: 'book/01 Über uns'}]}]",
        encoding="utf-8",
    )
    (tmp_path / "book").mkdir()

    def write(data):
        (tmp_path / "book" / "01 Über uns.ipynb").write_bytes(data)
        (notebook,) = Project(tmp_path).notebooks()
        return notebook

    return write


def content(edit):
    metadata = {"kernelspec": cells.KERNEL, "recdl": {"quick": {"EPOCHS": 2}}}
    made = {"cells": copy.deepcopy(CELLS), "metadata": metadata}
    made |= {"nbformat": 4, "nbformat_minor": 5}
    EDITS[edit](made)
    return made


def executed(notebook):
    """Leave an executed copy, in which every code cell prints its own first line."""
    made = notebook.content()
    for part in cells.code_cells(made).values():
        said = cells.source(part).splitlines()[0]
        part |= {"outputs": [OUTPUT | {"text": [said]}], "execution_count": 1}
    made["cells"].insert(0, cell("code", "EPOCHS = 2", "injected-parameters"))
    notebook.executed().parent.mkdir(parents=True, exist_ok=True)
    notebook.executed().write_text(json.dumps(made), encoding="utf-8")


@pytest.fixture(params=EDITS)
def edited(written, request):
    return written(WRITTEN["as usual"](content(request.param)))


@pytest.fixture(params=WRITTEN)
def stored(written, request):
    return written(WRITTEN[request.param](content("untouched")))


def valid(made):
    with_nodes = nbformat.from_dict(made)
    nbformat.validate(with_nodes)
    ids = [part["id"] for part in made["cells"]]
    return len(set(ids)) == len(ids)


def test_an_edited_notebook_is_valid_and_has_the_same_code_and_settings(edited):
    assert valid(edited.content())
    assert edited.code() == [c["source"] for c in CELLS if c["cell_type"] == "code"][1:]
    assert edited.parameters("quick") == {"EPOCHS": 2}
    assert edited.title() == "1 · A title"
    assert cells.parameters_cell(edited.content(), "it") >= 2


def test_however_it_is_stored_it_is_the_same_notebook(stored, written):
    usual = WRITTEN["as usual"](content("untouched"))
    now = stored.content()
    assert now == written(usual).content()
    assert valid(now)


def test_an_edited_notebook_gets_the_outputs_of_its_run_and_no_other(edited):
    executed(edited)
    page = edited.with_outputs()
    assert valid(page)
    shown = [o["text"][0] for c in page["cells"] for o in c.get("outputs", [])]
    assert shown == [text.splitlines()[0] for text in edited.code()]
    assert "EPOCHS = 2" not in {cells.source(part) for part in page["cells"]}
    assert slides.deck(slides.slides_of(page), "A deck").count("<section>") >= 2


def test_editions_of_an_edited_notebook_have_no_output_no_solution_and_nobodys_name(
    edited,
):
    student = editions.student(edited.content())
    assert valid(student)
    assert "answer = 20" not in json.dumps(student)
    assert editions.HOLE in map(cells.source, student["cells"])
    teacher = editions.instructor(edited.content(), NOTES)
    assert valid(teacher)
    assert json.dumps(teacher).count("Say it slowly.") == 1
    for made in map(json.dumps, (student, teacher)):
        assert not any(w in made for w in ("the answer is", "Ana Banana", "/home/ana"))


@pytest.mark.parametrize("link", ["attachment:my%20cat.png", "<attachment:my cat.png>"])
@pytest.mark.parametrize("data", ["aGk=\n", ["aG\n", "k="]])
def test_a_pasted_picture_is_on_the_page_and_on_the_slide(link, data, written):
    made = content("untouched")
    made["cells"][3]["source"] = f"### A cat\n\n![cat]({link})"
    made["cells"][3]["attachments"] = {"my cat.png": {"image/png": data}}
    notebook = written(WRITTEN["as usual"](made))
    executed(notebook)
    page = notebook.with_outputs()
    assert valid(page)
    assert "![cat](data:image/png;base64,aGk=)" in cells.source(page["cells"][3])
    assert 'src="data:image/png;base64,aGk="' in slides.deck(
        slides.slides_of(page), "A deck"
    )
    assert "attachments" in editions.student(notebook.content())["cells"][3]


def test_new_ids_avoid_those_that_come_later():
    some = [{"id": None}, {"id": "cell-000"}, {"id": "cell-001"}, {"id": "cell-001"}]
    ids = [part["id"] for part in cells.with_ids(some)]
    assert ids[1:3] == ["cell-000", "cell-001"]
    assert len(set(ids)) == 4


def test_a_solution_that_lost_its_tag_is_not_in_the_student_edition():
    made = content("untouched")
    made["cells"][-1]["metadata"] = {}
    assert "answer = 20" not in json.dumps(editions.student(made))


# What is no notebook

FINE = {"cell_type": "code", "source": "1"}


def holding(*parts, **more):
    return json.dumps({"cells": list(parts)} | more).encode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is not a notebook: the file is empty. Fetch an earlier state"),
        (b"\n \n", "the file is empty"),
        (b"{", "it does not parse as JSON"),
        (bytes(range(200, 256)), "it does not parse as JSON"),
        (b"[" * 100_000, "it does not parse as JSON"),
        (b"[1, 2]", "it has no cells"),
        (b"null", "it has no cells"),
        (b"{}", "it has no cells"),
        (b'{"cells": null}', "it has no cells"),
        (holding(), "it has no cells"),
        (holding(FINE, nbformat=3), "has the format 3; open it in JupyterLab and save"),
        (b'{\n<<<<<<< HEAD\n"a": 1\n', "has a merge conflict in line 2"),
        (
            holding(FINE, FINE | {"source": ["<<<<<<< local\n", "1\n", ">>>>>>> remote"]}),
            r'cell 2 \("<<<<<<< local"\) has a merge conflict in it',
        ),
        (holding(FINE, {"cell_type": "code"}), 'cell 2 has no text: its "source" is None'),
        (holding(FINE, FINE | {"source": [1]}), "cell 2 has no text"),
        (holding(FINE | {"cell_type": "heading"}), "cell 1 is of the kind 'heading'"),
        (holding(FINE | {"cell_type": []}), "cell 1 is of the kind"),
        (holding("1"), "cell 1 is of the kind None"),
    ],
)  # fmt: skip
def test_what_is_no_notebook_ends_in_a_sentence_that_names_it(data, words, written):
    notebook = written(data)
    with pytest.raises(SystemExit, match=words) as problem:
        notebook.content()
    assert str(problem.value).startswith("01 Über uns.ipynb")
    assert "\n" not in str(problem.value)


def test_a_link_is_followed_and_one_to_nothing_is_named(written, tmp_path):
    place = written(b"").path
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_bytes(holding(FINE))
    (notebook,) = Project(tmp_path).notebooks()
    assert notebook.code() == ["1"]
    (tmp_path / "elsewhere").unlink()
    (notebook,) = Project(tmp_path).notebooks()
    with pytest.raises(SystemExit, match=r"cannot be read .*a link to .*elsewhere"):
        notebook.content()


def test_copies_beside_a_notebook_are_no_chapters(written, tmp_path):
    notebook = written(holding(FINE))
    for name in ("01 Über uns (Kopie)", "01 Über uns-Copy1", ".ipynb_checkpoints/01"):
        place = notebook.path.parent / f"{name}.ipynb"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"no notebook")
    assert Project(tmp_path).notebooks() == [notebook]
    editions.write(Project(tmp_path), "student")
    made = {path.name for path in (tmp_path / "_build" / "student").iterdir()}
    assert made == {"01 Über uns.ipynb"}


# Naming a cell


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("\n\nx = 1\ny = 2", 'cell 3 ("x = 1")'),
        ("  \n", "cell 3 (empty)"),
        ("word " * 50, 'cell 3 ("word word word word word word word word word word word …")'),
    ],
)  # fmt: skip
def test_a_cell_is_named_by_its_number_and_its_first_line(text, name):
    assert cells.label(3, text) == name


@pytest.mark.parametrize(
    ("tagged", "words"),
    [
        ([], "it is on none"),
        ([2, 4], r'it is on cell 3 \("EPOCHS = 20"\) and cell 5 \("answer = \.\.\."\)'),
    ],
)
def test_parameters_stand_in_one_cell(tagged, words):
    made = content("untouched")
    for number, part in enumerate(made["cells"]):
        part["metadata"] = {"tags": ["parameters"]} if number in tagged else {}
    with pytest.raises(SystemExit, match=words):
        cells.parameters_cell(made, "01.ipynb")


# An edition appears whole or not at all


@pytest.mark.parametrize("edition", ["student", "instructor"])
def test_an_edition_that_fails_leaves_the_one_before(
    edition, written, tmp_path, monkeypatch
):
    monkeypatch.setattr(editions, "notes", lambda chapter: {})
    written(holding(FINE))
    editions.write(Project(tmp_path), edition)
    before = {p: p.read_bytes() for p in (tmp_path / "_build").rglob("*.ipynb")}
    assert len(before) == 1
    written(b"{")
    with pytest.raises(SystemExit, match=r"uns\.ipynb is not a notebook"):
        editions.write(Project(tmp_path), edition)
    assert {p: p.read_bytes() for p in (tmp_path / "_build").rglob("*.ipynb")} == before
    assert [path.name for path in (tmp_path / "_build").iterdir()] == [edition]


@pytest.mark.parametrize(
    "heading", ["## a HEADING", "##  *A* heading ##", "### A heading"]
)
def test_notes_find_a_heading_that_was_written_otherwise(heading):
    made = {"cells": [cell("markdown", heading), cell("markdown", heading)]}
    assert len(editions.instructor(made, NOTES)["cells"]) == 3


def test_notes_without_their_heading_name_notebook_and_heading(
    written, tmp_path, monkeypatch
):
    monkeypatch.setattr(editions, "notes", lambda chapter: NOTES | {"Gone": "x"})
    written(WRITTEN["as usual"](content("untouched")))
    words = r'01 Über uns.ipynb: it has no heading "Gone".*notes_01 Über uns.md'
    with pytest.raises(SystemExit, match=words):
        editions.write(Project(tmp_path), "instructor")
    assert not list((tmp_path / "_build").iterdir())
