"""The figures of the executed chapters can be read on a telephone: their smallest label is 9 pixels high."""

import ast
import base64
import io

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from recdl.course import figures
from tools.project import COURSE

TELEPHONE = 342  # of 390 pixels, what a page leaves for a figure
HIGH = 9
SIZES = {"small", "medium", "large", "x-large", "xx-large"}
FILES = sorted((COURSE.root / "src" / "recdl" / "course").rglob("figures.py"))
WIDE = {"fig-book-club"}  # of the page that `recdl compare` writes for a computer
# Chapters whose figures were made before this rule.
NOT_YET = {"07_how_sure", "08_is_it_any_good", "09_what_deep_learning_adds"}


@pytest.fixture(scope="module")
def smallest():
    """Return the size of the smallest text that a figure may have, in points."""
    with mpl.rc_context():
        figures.use_style()
        return mpl.font_manager.font_scalings["small"] * mpl.rcParams["font.size"]


def pictures(notebook):
    """Return the figures of an executed notebook by name, as PNG."""
    found = {}
    for cell in notebook.executed_content()["cells"]:
        name = cell["metadata"].get("mystnb", {}).get("figure", {}).get("name")
        for output in cell.get("outputs", []):
            data = output.get("data", {}).get("image/png")
            if name and data:
                found[name] = base64.b64decode(data)
    return found


def height_of_label(picture, points):
    """Return how many pixels high a text of so many points is in a PNG on a telephone."""
    width = int.from_bytes(picture[16:20])
    at = picture.index(b"pHYs") + 4
    dots_per_inch = int.from_bytes(picture[at : at + 4]) * 0.0254
    return points / 72 * dots_per_inch * min(1, TELEPHONE / width)


def sizes(code):
    """Return the sizes of text that a piece of code names."""
    keywords = (
        k
        for node in ast.walk(code)
        if isinstance(node, ast.Call)
        for k in node.keywords
    )
    values = (k.value for k in keywords if k.arg in ("fontsize", "labelsize"))
    return [
        v.value for v in values if isinstance(v, ast.Constant) and v.value is not None
    ]


@pytest.mark.parametrize("notebook", COURSE.notebooks(), ids=lambda n: n.name)
def test_the_smallest_label_can_be_read_on_a_telephone(notebook, smallest):
    if notebook.name in NOT_YET:
        return
    heights = {
        name: round(height_of_label(picture, smallest), 1)
        for name, picture in pictures(notebook).items()
        if name not in WIDE
    }
    assert {name: high for name, high in heights.items() if high < HIGH} == {}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.parent.name)
def test_no_figure_has_a_smaller_text(path, smallest):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = sizes(tree)
    wrong = [
        s
        for s in named
        if s not in SIZES and not (isinstance(s, int | float) and s >= smallest)
    ]
    assert wrong == []


def test_a_figure_that_is_too_wide_would_be_noticed(smallest):
    def drawn(width):
        _, ax = plt.subplots(figsize=(width, 3))
        ax.text(0, 0, "a")
        file = io.BytesIO()
        plt.savefig(file, dpi=120)
        plt.close()
        return file.getvalue()

    narrow, wide = map(drawn, (5.4, 6.2))
    assert height_of_label(narrow, smallest) >= HIGH > height_of_label(wide, smallest)
    assert sizes(ast.parse("ax.text(0, 0, 'a', fontsize='x-small')")) == ["x-small"]
