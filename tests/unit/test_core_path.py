"""What goes deeper is folded in pages and notebooks, and below the other slides; times are computed."""

import copy
import json

import pytest

from tools import book, core_path, editions, slides

BOX = """# 3 · NCF

> **After this chapter you can** read.
>
> **Before you start:** [chapter 1](01.ipynb). **Reading
> time:** about 5 minutes. **Run time:** seconds. **In the paper:** section I."""


def cell(source, *tags, kind="markdown", **metadata):
    more = {"outputs": [], "execution_count": None} if kind == "code" else {}
    metadata = metadata | {"tags": list(tags)}
    name = f"id-{abs(hash(source)) % 10**9}"
    source = source.splitlines(True)
    return {
        "cell_type": kind,
        "id": name,
        "metadata": metadata,
        "source": source,
        **more,
    }


@pytest.fixture
def chapter():
    """Return a chapter with one section that goes deeper, and a part of another that does."""
    return {
        "cells": [
            cell(BOX),
            cell("K = 2", "parameters", kind="code"),
            cell("import ast\n\nprint(ast)", kind="code"),
            cell("## Plain\n\nTwo words.", "slide"),
            cell("1 + 1", "slide", kind="code"),
            cell("## History\n\nOf a name.", "slide", "deeper"),
            cell("### Of its letters\n\nThree of them.", "slide"),
            cell("2 + 2\n\n3 + 3", kind="code"),
            cell("## Again plain\n\nTwo words.", "slide"),
            cell("Said of it.\n\n```\n# a comment\n```"),
            cell("### A detail\n\nOf little weight.", "deeper"),
            cell("### No detail\n\nOf great weight."),
            cell("## Exercises"),
            cell("### Exercise 3.1 · by hand\n\nHow many?"),
            cell("answer = ...", "exercise", kind="code"),
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def test_a_section_reaches_to_the_next_heading_of_its_level_or_a_higher_one(chapter):
    off = core_path.off_path(chapter)
    assert [n for n, is_off in enumerate(off) if is_off] == [5, 6, 7, 10]


@pytest.mark.parametrize(
    "source", ["Words.", "# The title", "Words.\n\n## A heading", "#hash"]
)
def test_only_the_cell_of_a_heading_goes_deeper(chapter, source):
    chapter["cells"][3] = cell(source, "deeper")
    with pytest.raises(
        ValueError, match=r'cell 4 .* has the tag "deeper", and begins with no heading'
    ):
        core_path.off_path(chapter)


def test_code_is_no_heading(chapter):
    chapter["cells"][3] = cell("# a comment", "deeper", kind="code")
    with pytest.raises(ValueError, match="begins with no heading"):
        core_path.off_path(chapter)


def test_a_fold_does_not_end_inside_a_cell(chapter):
    chapter["cells"][6] = cell("Three of them.\n\n## Plain again")
    with pytest.raises(ValueError, match=r"cell 7 .* ends in the middle of the cell"):
        core_path.off_path(chapter)


# Notebooks


def collapsed(content):
    there = enumerate(content["cells"])
    return [n for n, c in there if c["metadata"].get("jp-MarkdownHeadingCollapsed")]


def test_a_notebook_collapses_just_what_goes_deeper(chapter):
    chapter["cells"][3]["metadata"]["jp-MarkdownHeadingCollapsed"] = True
    assert collapsed(core_path.folded(chapter)) == [5, 10]


def test_no_edition_loses_what_goes_deeper(chapter):
    chapter = core_path.folded(chapter)
    for edition in (
        editions.student(chapter),
        editions.instructor(chapter, {"History": "Skip it."}),
    ):
        texts = {"".join(c["source"]) for c in edition["cells"]}
        assert {"".join(c["source"]) for c in chapter["cells"]} <= texts
        assert len(collapsed(edition)) == 2


def test_the_command_writes_fold_and_time_once(chapter, tmp_path, capsys):
    (tmp_path / "_toc.yml").write_text(
        "root: a\nparts: [{chapters: [{file: 03_a}, {file: 04_b}]}]"
    )
    for name in ("03_a", "04_b"):
        (tmp_path / f"{name}.ipynb").write_text(json.dumps(chapter))
    core_path.main([], tmp_path)
    assert json.loads((tmp_path / "03_a.ipynb").read_text()) == chapter
    core_path.main(["--write", "03_a"], tmp_path)
    assert "03_a: core 37 words, 1 lines" in capsys.readouterr().out
    written = (tmp_path / "03_a.ipynb").read_text("utf-8")
    assert collapsed(json.loads(written)) == [5, 10]
    assert json.loads((tmp_path / "04_b.ipynb").read_text()) == chapter
    box = "".join(json.loads(written)["cells"][0]["source"])
    assert (
        " ".join(box.split("\n> ")).count(
            "**Reading time:** about 5 minutes, and 10 for the exercises"
        )
        == 1
    )
    core_path.main(["--write", "03_a"], tmp_path)
    assert (tmp_path / "03_a.ipynb").read_text("utf-8") == written
    with pytest.raises(
        SystemExit, match=r"No chapter is called 05_c. These are: 03_a, 04_b."
    ):
        core_path.main(["05_c"], tmp_path)


# Time


def test_what_is_read_is_counted_in_its_part(chapter):
    parts = core_path.amounts(chapter)
    assert [part.lines for part in parts.values()] == [1, 2, 0]
    deeper = "History Of a name Of its letters Three of them A detail Of little weight"
    assert parts["deeper"].words == len(deeper.split())
    # The task of 8 minutes; the one word of the section's heading.
    assert parts["exercises"].minutes == pytest.approx(8 + 1 / 120)


def test_the_time_is_that_of_words_lines_and_results():
    figure = cell(
        "draw()\n\n# twice\ndraw()", kind="code", mystnb={"figure": {"name": "fig-a"}}
    )
    content = {"cells": [
        cell("# " + "word " * 240),
        figure,
        cell("# @title In a sentence\nsay(1)", "remove-input", kind="code"),
        cell('quiz("3")', "remove-input", kind="code"),
        cell('# @title A\npanel("mlp")', "remove-input", kind="code"),
        cell("record(1)", "remove-cell", kind="code"),
    ]}  # fmt: skip
    core = core_path.amounts(content)["core"]
    assert (core.words, core.lines) == (240, 3)
    assert core.minutes == pytest.approx(2 + (3 * 5 + 45 + 20 + 300 + 180) / 60)


@pytest.mark.parametrize(
    ("core", "deeper", "exercises", "sentence"),
    [
        (40.1, 0, 0, "about 45 minutes."),
        (45, 20, 0, "about 45 minutes for the core, 65 with what goes deeper."),
        (45, 0, 31, "about 45 minutes, and 35 for the exercises."),
        (
            45,
            20,
            31,
            "about 45 minutes for the core, 65 with what goes deeper, and 35 for the exercises.",
        ),
    ],
)
def test_a_box_says_the_times_of_its_parts(
    core, deeper, exercises, sentence, monkeypatch
):
    minutes = {"core": core, "deeper": deeper, "exercises": exercises}
    parts = {name: core_path.Amount(minutes=n) for name, n in minutes.items()}
    monkeypatch.setattr(core_path, "amounts", lambda content: parts)
    said = core_path.reading_time({})
    assert said == f"**Reading time:** {sentence}"
    box = core_path.with_time(BOX, said)
    assert said in box.replace("\n> ", " ")
    assert max(map(len, box.splitlines())) <= 116
    assert box.replace("\n> ", " ").replace(said, "") == BOX.replace(
        "\n> ", " "
    ).replace("**Reading time:** about 5 minutes.", "")


def test_a_chapter_without_a_box_is_told_so():
    with pytest.raises(ValueError, match="has no box"):
        core_path.with_time("# 3 · NCF", "**Reading time:** about 5 minutes.")


# Pages

PAGE = """<html><section class="chapter" id="a"><h1>A</h1>
<section id="b"><h2>B <i>b</i><a class="headerlink" href="#b">#</a></h2>
<!-- goes deeper -->
<p>One.</p>
<section id="c"><h3>C</h3><p>Two.</p></section>
</section>
<section id="d"><h2>D</h2><p>Three.</p></section>
</section></html>"""


def test_a_page_folds_the_marked_section_below_its_heading():
    folded = core_path.fold(PAGE)
    begin, end = folded.index("<details"), folded.index("</details>")
    inside, outside = folded[begin:end], folded[:begin] + folded[end:]
    assert inside.startswith(
        '<details class="deeper"><summary><h2><span>Going deeper: </span>B <i>b'
    )
    assert "One." in inside
    assert "Two." in inside
    assert "Three." in outside
    assert '<section id="b"><details' in folded
    assert folded.count("<section") == folded.count("</section>") == 4
    assert core_path.fold(PAGE.replace("<!-- goes deeper -->", "")) == PAGE.replace(
        "<!-- goes deeper -->", ""
    )


def test_a_mark_in_another_place_is_an_error():
    with pytest.raises(ValueError, match="another place than behind a heading"):
        core_path.fold("<section><h2>A</h2><p>b</p><!-- goes deeper --></section>")


def test_what_a_page_gets_is_marked_and_its_imports_are_one_line(chapter):
    before = copy.deepcopy(chapter)
    page = core_path.for_page(chapter)["cells"]
    marked = [n for n, c in enumerate(page) if core_path.MARK in "".join(c["source"])]
    assert marked == [5, 10]
    assert (
        "".join(page[5]["source"]) == "## History\n<!-- goes deeper -->\n\nOf a name."
    )
    hidden = [n for n, c in enumerate(page) if "hide-input" in c["metadata"]["tags"]]
    assert hidden == [2]
    assert page[2]["metadata"]["mystnb"]["code_prompt_show"] == "Set-up and imports"
    assert chapter == before


def test_finished_pages_are_folded(tmp_path):
    (tmp_path / "a.html").write_text(PAGE)
    book.finish(tmp_path)
    assert (tmp_path / "a.html").read_text() == core_path.fold(PAGE)


# Slides


def test_what_goes_deeper_is_below_the_slide_before_it(chapter):
    made = slides.slides_of(chapter)
    assert [slide.deeper for slide in made] == [False, False, False, True, True, False]
    page = slides.deck(made, "A")
    column = page.index("<section><section>")
    below = page[column : page.index("</section></section>", column)]
    assert below.count("<section class='deeper'>") == 2
    assert "Again plain" not in below


def test_who_leaves_out_what_goes_deeper_has_all_notes_of_the_rest(chapter):
    chapter["cells"].insert(9, cell("### In depth", "slide", "deeper"))
    chapter["cells"].insert(10, cell("### Back\n\nOn the path."))
    *_, again, deep = slides.slides_of(chapter)
    assert deep.deeper
    assert "On the path." in "".join(again.notes)
    assert "On the path." not in "".join(deep.notes)


def test_a_slide_without_a_heading_repeats_the_last_one(chapter):
    _, plain, sum_, *_ = slides.slides_of(chapter)
    assert "".join(plain.parts).count("<h2") == 1
    assert "Plain</h2>" in "".join(sum_.parts)
