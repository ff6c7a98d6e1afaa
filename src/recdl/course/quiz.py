"""`quiz("4")`: a chapter's questions, as folded choices that need neither a server nor a script.

In the book, ``_static/done.js`` keeps in the browser which choices were opened, and tells the score.

The questions stand in ``chapter_4/quiz.toml``::

    [[question]]
    ask = "What does the library draw as negatives?"

    [[question.choice]]
    say = "Films that the user did not rate in the training part"
    right = true
    why = "Also films of the test part can be drawn: training knows nothing of them."

Text between backquotes is shown as code, text between asterisks in italics.
"""

import dataclasses
import html
import json
import pathlib
import re
import tomllib

from recdl import course, provenance


@dataclasses.dataclass(frozen=True)
class Choice:
    """One choice: what it says, why it is right or wrong."""

    say: str
    why: str
    right: bool = False


@dataclasses.dataclass(frozen=True)
class Question:
    """A question and its choices."""

    ask: str
    choices: list[Choice]


def questions(chapter: str) -> list[Question]:
    """Return a chapter's questions.

    Raises
    ------
    ValueError
        If the chapter has no quiz.
    """
    there = [str(number) for number in course.chapters("quiz.toml")]
    if chapter not in there:
        raise ValueError(
            f"Chapter {chapter!r} has no quiz. These have one: {', '.join(there)}."
        )
    path = pathlib.Path(__file__).parent / f"chapter_{chapter}" / "quiz.toml"
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return [
        Question(entry["ask"], [Choice(**choice) for choice in entry["choice"]])
        for entry in content["question"]
    ]


def quiz(chapter: str):
    """Show a chapter's questions. A click on a choice unfolds whether it is right, and why."""
    from IPython.display import HTML, display

    display(HTML(to_html(str(chapter))))


def to_html(chapter: str) -> str:
    """Return the questions as a list, with the names under which a page keeps what was answered.

    A question has another name as soon as a word of it is another one: then it has not been answered yet.
    """
    items = "".join(map(_item, questions(chapter)))
    return f'<ol class="quiz" data-chapter="{chapter}">{items}</ol>'


def _item(question):
    choices = "".join(
        f"<details{' data-right' if choice.right else ''}><summary>{_inline(choice.say)}</summary>"
        f"<p><b>{'✓ Right.' if choice.right else '✗ No.'}</b> {_inline(choice.why)}</p></details>"
        for choice in question.choices
    )
    words = json.dumps([question.ask, *(choice.say for choice in question.choices)])
    name = provenance.sha256(words)[:8]
    return f'<li data-question="{name}"><p>{_inline(question.ask)}</p>{choices}</li>'


def _inline(text):
    text = html.escape(" ".join(text.split()), quote=False)
    return re.sub(
        r"`([^`]+)`|\*(\S(?:[^*`]*\S)?)\*",
        lambda found: (
            f"<code>{found[1]}</code>" if found[1] else f"<em>{found[2]}</em>"
        ),
        text,
    )
