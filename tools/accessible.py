"""What the theme and the tools that make the pages leave unclear to a screen reader, said in the page.

axe-core finds it: `tests/book/test_axe.py` looks at each page with something to play with.
"""

import re

MENDED = (
    # The corner of a table heads no column.
    (re.compile(r"<th( class=\"[^\"]*\")?>(?:<p></p>)?</th>"), r"<td\1></td>"),
    # What is seen on a fold and on the button of the search is what they are called.
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    (re.compile(r'(<button class="[^"]*search-button-field[^>]*) aria-label="Search"'), r"\1"),
    # The pictures of the button *Color mode* have names of their own, which nobody sees.
    (re.compile(r'(<i class="theme-switch [^>]*) title="[^"]*"'), r"\1"),
    # The link to the first page stands outside all parts of the page.
    (
        re.compile(r'<div class="sidebar-primary-item">(?=\s*<a class="navbar-brand)'),
        '<div class="sidebar-primary-item" role="navigation" aria-label="First page">',
    ),
)  # fmt: skip


def mend(text: str) -> str:
    """Return the text of a page with what screen readers need."""
    for found, instead in MENDED:
        text = found.sub(instead, text)
    return text
