"""The built pages and slides as a browser shows them: nothing is cut, and nothing stays light in dark mode.

`make test` builds the book before these tests. They need a browser, as `make look` does.
"""

import pytest

from tools import chromium, look
from tools.project import COURSE

pytestmark = pytest.mark.skipif(
    chromium.find() is None, reason="needs Chromium, Chrome or Edge"
)
PAGE = """<!doctype html><html><head><style>
.place {{ overflow-x: auto; }} td {{ white-space: nowrap; }}
html[data-theme=dark] .card {{ background: #222; }} {style}
</style></head><body><h1>A page</h1><article>{body}</article></body></html>"""


def page(body="", style=""):
    return PAGE.format(body=body, style=style)


def table(n_words, kind=""):
    words = "word " * n_words
    return f"<div class='place {kind}'><table><tr><td>{words}</td></tr></table></div>"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (page("<p class='card'>fine</p>" + table(20, "has-more")), []),
        (page(table(20)), ["390 px: a table scrolls and does not show it"]),
        (page(table(400, "has-more")), ["1280 px: a table does not fit"]),
        (page("<div style='width: 800px'>x</div>"), ["390 px: the whole page scrolls sideways"]),
        (page("<p style='background: #eee'>a light card</p>"), ["390 px: a light card in dark mode"]),
        (page("<img alt='x'>", "img { filter: brightness(0.8); }"), ["390 px: a grey figure in dark mode"]),
    ],
)  # fmt: skip
def test_what_a_reader_stumbles_over_is_found(text, said, tmp_path):
    (tmp_path / "html" / "book").mkdir(parents=True)
    (tmp_path / "html" / "book" / "a.html").write_text(text, encoding="utf-8")
    lines = look.found_in(tmp_path / "html")
    assert [
        line.removeprefix("book/a.html, ").rpartition(":")[0] for line in lines
    ] == said


def test_a_reader_stumbles_over_nothing():
    assert look.found_in(COURSE.html) == []
