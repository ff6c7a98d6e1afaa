"""`quiz("4")`: a chapter's questions, as folded choices that need neither a server nor a script.

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
import pathlib
import re
import tomllib

from recdl import course


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

    items = "".join(map(_item, questions(str(chapter))))
    display(HTML(f'<ol class="quiz">{items}</ol>'))


def _item(question):
    choices = "".join(
        f"<details><summary>{_inline(choice.say)}</summary>"
        f"<p><b>{'✓ Right.' if choice.right else '✗ No.'}</b> {_inline(choice.why)}</p></details>"
        for choice in question.choices
    )
    return f"<li><p>{_inline(question.ask)}</p>{choices}</li>"


def _inline(text):
    text = html.escape(" ".join(text.split()), quote=False)
    return re.sub(
        r"`([^`]+)`|\*(\S(?:[^*`]*\S)?)\*",
        lambda found: (
            f"<code>{found[1]}</code>" if found[1] else f"<em>{found[2]}</em>"
        ),
        text,
    )
