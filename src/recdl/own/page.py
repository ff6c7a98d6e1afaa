"""What `recdl.own.compare` found, to be read: a table for a terminal, a page for a browser, a CSV file.

The page is one file with everything in it, the figure as well; it has no script and fetches nothing.
"""

import base64
import html
import io
import pathlib
import textwrap

import pandas as pd

from recdl.checks import check_kind
from recdl.files import replacing
from recdl.own import judging
from recdl.own.compare import Comparison
from recdl.own.contenders import POPULARITY
from recdl.own.results import results_in
from recdl.uncertainty import with_interval

FILES = ["comparison.csv", "comparison.html"]
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --line: #bbb; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #eee; --paper: #181818; --line: #555; }} }}
body {{ color: var(--ink); background: var(--paper); font: 1rem/1.5 system-ui, sans-serif;
       max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ border-bottom: 1px solid var(--line); padding: .3rem .6rem; }}
th, td {{ text-align: left; }}
img {{ background: #fff; max-width: 100%; height: auto; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{about}</p>
<h2>What the intervals say</h2>
<ul>{verdicts}</ul>
<h2>All systems</h2>
<div class="wide" tabindex="0" role="region" aria-label="Table of all systems">{table}</div>
<p>{legend}</p>
<img src="data:image/png;base64,{figure}" alt="{alt}">
<h2>To be known besides</h2>
<ul>{notes}</ul>
</body>
</html>
"""


def about(result: Comparison) -> str:
    """Say in sentences what was compared, on which part of which ratings."""
    check_kind(Comparison, result=result)
    facts, how = result.split, "at random, as there are no times"
    if facts["how"] == "by time":
        how = "the latest of each user"
    n_left = facts["ratings"] - facts["test"] - facts["training"]
    left = f" ({n_left:,} more, with a user or an item that training does not have, were left out)"
    return (
        f"{facts['ratings']:,} ratings of {facts['users']:,} users and {facts['items']:,} items. A quarter, "
        f"{how}, is the test part: {facts['test']:,} ratings{left * (n_left > 0)}. The other "
        f"{facts['training']:,} are there to learn and to choose settings from. All systems are judged on "
        f"the same {facts['users judged']:,} users, by lists of {result.k} items, taken from all that the "
        "user does not have in training."
    )


def legend(result: Comparison) -> str:
    """Say what the columns are."""
    is_one = len(_differences(result)) == 1
    differences = "The difference is" if is_one else "The two differences are"
    return (
        f"In brackets: 95 % intervals over users. {differences} in NDCG, user by user; "
        f"{result.best_classical} is the best classical system on the validation part, where settings were "
        "chosen too. Seconds: to choose a setting and to train."
    )


def _differences(result):
    differences = {f"minus {POPULARITY}": "popularity"}
    if result.best_classical != POPULARITY:
        differences[f"minus {result.best_classical}"] = "best_classical"
    return differences


def readable(result: Comparison) -> pd.DataFrame:
    """Return the table as texts, for reading."""
    return judging.readable(result.table, result.k, _differences(result)).assign(
        setting=result.table["setting"],
        seconds=result.table["seconds"].map("{:.1f}".format),
    )


def as_text(result: Comparison) -> str:
    """Return the table, the verdicts and the notes for a terminal."""
    before, after = [about(result)], [legend(result), *result.verdicts, *result.notes]
    before, after = (
        [textwrap.fill(text, 100) for text in part] for part in (before, after)
    )
    text = "\n\n".join([*before, readable(result).to_string(), *after])
    return text.replace("\N{NO-BREAK SPACE}", " ")


def figure(result: Comparison) -> bytes:
    """Draw the NDCG of each system and its interval, the best on top, as a PNG on white."""
    from matplotlib.figure import Figure  # takes a second to import

    table = result.table.iloc[::-1]
    drawing = Figure(figsize=(7.0, 0.9 + 0.35 * len(table)), layout="constrained")
    ax = drawing.subplots()
    for y, (mean, low, high) in enumerate(table.iloc[:, :3].itertuples(index=False)):
        ax.plot([low, high], [y, y], color="#0173b2", linewidth=2)
        ax.plot(mean, y, "o", color="#0173b2")
        ax.annotate(
            f"{mean:.3f}", (high, y), (5, 0), textcoords="offset points", va="center"
        )
    ax.set_yticks(range(len(table)), table.index)
    ax.set_xlabel(f"NDCG@{result.k} and 95 % interval over users")
    ax.margins(x=0.12, y=0.15)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.grid(axis="x", alpha=0.4)
    ax.grid(visible=False, axis="y")
    picture = io.BytesIO()
    drawing.savefig(picture, format="png", dpi=144, facecolor="white")
    return picture.getvalue()


def as_page(result: Comparison, title: str) -> str:
    """Return the whole page as HTML."""
    texts = {"title": title, "about": about(result), "legend": legend(result)}
    ndcg = result.table.iloc[:, :3].itertuples(name=None)
    seen = [f"{name} {with_interval(rest, '.3f')}" for name, *rest in ndcg]
    texts["alt"] = (
        f"NDCG@{result.k} of each system with its 95 % interval: {'; '.join(seen)}."
    )
    return PAGE.format(
        **{name: html.escape(text) for name, text in texts.items()},
        verdicts=_items(result.verdicts),
        notes=_items(result.notes or ["Nothing."]),
        table=readable(result).to_html(border=0, justify="left"),
        figure=base64.b64encode(figure(result)).decode(),
    )


def _items(lines):
    return "".join(f"<li>{html.escape(line)}</li>" for line in lines)


def write(
    result: Comparison, folder, title: str = "Recommenders compared"
) -> list[pathlib.Path]:
    """Write ``comparison.csv`` and ``comparison.html`` into a folder, both of them or neither."""
    page = as_page(result, title)  # before anything is written
    with results_in(folder, *FILES) as folder:
        paths = [folder / name for name in FILES]
        with replacing(paths[0]) as table, replacing(paths[1]) as written:
            result.table.reset_index().to_csv(table, index=False)
            written.write_text(page, encoding="utf-8")
    return paths
