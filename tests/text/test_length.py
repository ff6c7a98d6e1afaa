"""Each chapter has a short core path, says how long it takes, and has slides with one title each."""

import re

import pytest

from tools import core_path, slides
from tools.cells import source, tags
from tools.project import COURSE

NOTEBOOKS = COURSE.notebooks()
WORDS, LINES, MINUTES = 2_700, 85, 50
# As long as chapters 1 to 9 and A1 were together, and chapter 10 as it began.
WORDS_TOGETHER = 33_270 + 2_560


@pytest.fixture(params=NOTEBOOKS, ids=lambda notebook: notebook.name)
def notebook(request):
    return request.param


def test_what_goes_deeper_is_a_section_and_its_tag_is_on_the_heading(notebook):
    off_path = core_path.off_path(notebook.content())
    assert not off_path[0]
    deeper = [core_path.DEEPER in tags(cell) for cell in notebook.content()["cells"]]
    assert any(off_path) == any(deeper)


def test_a_notebook_collapses_what_goes_deeper(notebook):
    content = notebook.content()
    wanted = core_path.folded(content)["cells"]
    wrong = [
        source(cell)
        for cell, right in zip(content["cells"], wanted, strict=True)
        if cell["metadata"] != right["metadata"]
    ]
    assert wrong == [], f"Run: python -m tools.core_path --write {notebook.name}"


def test_the_core_path_is_short(notebook):
    core = core_path.amounts(notebook.content())["core"]
    assert core.words <= WORDS
    assert core.lines <= LINES
    assert core.minutes <= MINUTES


def test_all_chapters_together_do_not_become_longer():
    parts = [core_path.amounts(notebook.content()) for notebook in NOTEBOOKS]
    assert (
        sum(part.words for chapter in parts for part in chapter.values())
        <= WORDS_TOGETHER
    )


def test_the_box_says_how_long_a_reader_needs(notebook):
    content = notebook.content()
    box = source(content["cells"][0]).replace("\n> ", " ")
    said = core_path.reading_time(content)
    assert said in box, f"Run: python -m tools.core_path --write {notebook.name}"


def test_the_imports_are_in_one_cell_at_the_top(notebook):
    """The page shows it as one line, *Set-up and imports*, before the first section."""
    content = notebook.content()
    imports = core_path.first_of_imports(content)
    first = next(c for c in content["cells"] if source(c).startswith("## "))
    assert content["cells"].index(imports) < content["cells"].index(first)
    assert re.search(r"^check_parameters\(", source(imports), flags=re.M)


def test_a_slide_has_one_title(notebook):
    titles = [
        len(re.findall(r"<h[1-6][ >]", "".join(slide.parts)))
        for slide in slides.slides_of(notebook.content())
    ]
    assert titles == [1] * len(titles)
