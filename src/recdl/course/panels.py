"""`panel("neuron")`: the first state of a panel, as a table; in the book, a script begins where it stands.

The panels of a chapter stand in its folder, ``chapter_2/panels.py``: `PANELS` has, by name, functions that
return a `Panel`. The script has the same name, ``panels/neuron.js``, unless `SCRIPTS` names that of another
panel. It begins with the `state` of the panel, so what it shows first is what the table shows; a test
compares them.
"""

import dataclasses
import html
import json
from collections.abc import Callable

import pandas as pd

from recdl import course

WHERE = (
    '<p class="recdl-where">This is the first state of a panel. It moves in the pages of the book, in a '
    'browser that runs scripts: <a href="setup.md">Check your set-up</a> says how to make the pages.</p>'
)


@dataclasses.dataclass(frozen=True)
class Panel:
    """What a panel is called, what it begins with, and what that looks like.

    Attributes
    ----------
    title : str
        The first line.
    state : dict
        What the script gets, as JSON: data and settings. Nothing of MovieLens may stand in it.
    caption : str
        What the table shows: the settings and the result.
    table : DataFrame
        The cells as texts, without an index: the first column names the row.
    """

    title: str
    state: dict
    caption: str
    table: pd.DataFrame

    def to_html(self, name: str) -> str:
        """Return the part of a page that holds the panel, or its place."""
        table = self.table.to_html(index=False, border=0)
        caption = f"<caption>{html.escape(self.caption)}</caption>"
        state = html.escape(json.dumps(self.state, allow_nan=False), quote=True)
        return (
            f'<section class="recdl-panel" id="panel-{name}" aria-label="Panel: {html.escape(self.title)}" '
            f'data-panel="{name}" data-state="{state}">'
            f'<p class="recdl-title"><b>{html.escape(self.title)}</b></p>'
            f"{table.replace('>', f'>{caption}', 1)}{WHERE}</section>"
        )


def panels() -> dict[str, Callable[[], Panel]]:
    """Return the functions that make the panels, by name, in the order of the chapters."""
    found = {}
    for number in course.chapters("panels.py"):
        found |= course.part(number, "panels").PANELS
    return found


def data() -> dict[str, Callable[[], dict]]:
    """Return the functions that make what a script reads beside the page, by the name of the panel.

    It is published, so nothing of MovieLens may stand in it. Few panels need any.
    """
    found = {}
    for number in course.chapters("panels.py"):
        found |= getattr(course.part(number, "panels"), "DATA", {})
    return found


def script_of(name: str) -> str:
    """Return the name of a panel's script, without `.js`: most have one of their own."""
    for number in course.chapters("panels.py"):
        found = getattr(course.part(number, "panels"), "SCRIPTS", {})
        if name in found:
            return found[name]
    return name


def data_script(name: str) -> str:
    """Return a script that lays the data of a panel, under its name, where its own script reads them."""
    text = json.dumps(data()[name](), allow_nan=False, separators=(",", ":"))
    return f"recdl.data = {{ ...recdl.data, {name}: {text} }};\n"


def panel(name: str):
    """Show the first state of a panel.

    Raises
    ------
    ValueError
        If there is no such panel.
    """
    from IPython.display import HTML, display

    for number in course.chapters("panels.py"):  # no later chapter need be loaded
        found = course.part(number, "panels").PANELS
        if name in found:
            display(HTML(found[name]().to_html(name)))
            return
    raise ValueError(f"There is no panel {name!r}. There are: {', '.join(panels())}.")


def number(value: float, digits: int = 2) -> str:
    """Return a number as the panels write it: with a minus sign, and no −0.00."""
    text = f"{abs(value):.{digits}f}"
    return f"\N{MINUS SIGN}{text}" if value < 0 and float(text) else text
