"""`check("4.2", answer)`: a verdict on a reader's answer, offline, with a hint for each typical mistake.

The exercises of a chapter stand in its folder, ``chapter_4/exercises.py`` for example. Right answers and
typical wrong ones are computed, never typed in.
"""

import copy
import dataclasses
import functools
import textwrap
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from recdl import course


class But:
    """A mistake: what the answer's own function gives with other arguments, such as ``But(rate=2)``."""

    def __init__(self, *arguments, **named):
        self.of = lambda function: functools.partial(function, *arguments, **named)


@dataclasses.dataclass(frozen=True)
class Exercise:
    """What `check` has to know of an exercise.

    Attributes
    ----------
    number : str
        For example ``"4.2"``: the chapter and the exercise.
    wanted : str
        What an answer is, to complete the sentence "The answer is …".
    answer
        The right answer: a number, a text, a set, a sequence, an array or a table, or a function without
        arguments that computes it. Where a function is asked for: that function.
    mistakes : dict
        From what somebody with this mistake answers to a hint. It is given like `answer`, or as `But`.
    calls : sequence of tuples, optional
        Where a function is asked for: the arguments to try it with.
    tolerance : float
        Numbers may differ by this share of the right one (or by this much, where it is below 1).
    """

    number: str
    wanted: str
    answer: Any
    mistakes: dict[Hashable, str] = dataclasses.field(default_factory=dict)
    calls: Sequence[tuple] | None = None
    tolerance: float = 1e-3

    def value(self, given: Any) -> Any:
        """Return the answer, or a mistake of this exercise, computed where it was given as a function."""
        if isinstance(given, But):
            given = given.of(self.answer)
        return given() if callable(given) and self.calls is None else given


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What came out of a check: right, and the sentence that the reader sees."""

    right: bool
    text: str


def chapters() -> list[int]:
    """Return the chapters that have exercises."""
    return course.chapters("exercises.py")


def exercises(chapter: int) -> dict[str, Exercise]:
    """Return a chapter's exercises by number."""
    there = course.part(chapter, "exercises").EXERCISES
    return {exercise.number: exercise for exercise in there}


def check(number: str, answer: Any):
    """Say whether an answer is right, and if it is not, what may have gone wrong.

    Parameters
    ----------
    number : str
        The exercise, as its heading names it: ``"4.2"``.
    answer
        A list, a tuple, an array, a column or a table are all welcome where several values are asked for.
    """
    from IPython.display import Markdown, display

    display(Markdown(judge(number, answer).text))


def judge(number: str, answer: Any) -> Verdict:
    """Return the verdict that `check` shows."""
    number = str(number)
    there = {str(chapter): chapter for chapter in chapters()}
    if (chapter := number.split(".")[0]) not in there:
        return _unknown(number, "chapters are", there)
    if number not in (known := exercises(there[chapter])):
        return _unknown(number, "exercises here are", known)
    exercise = known[number]
    if answer is None or answer is Ellipsis:
        return _no(exercise, f"No answer yet. The answer is {exercise.wanted}.")
    if exercise.calls is not None:
        return _judge_function(exercise, answer)
    right = exercise.value(exercise.answer)
    answer = _alone(answer, right)
    if problem := _unlike(answer, right):
        return _no(exercise, f"{problem} The answer is {exercise.wanted}.")
    if _same(answer, right, exercise.tolerance):
        return _yes(exercise)
    for mistake, hint in exercise.mistakes.items():
        if _agrees(exercise, answer, exercise.value(mistake)):
            return _no(exercise, f"Not yet. {hint}")
    near = _how_near(answer, right, exercise.tolerance)
    return _no(exercise, f"Not yet. {near}The answer is {exercise.wanted}.")


def _how_near(answer, right, tolerance):
    """Say that the numbers are rounded too much, or how many of several are right; else nothing."""
    answer, right = np.ravel(_plain(answer)), np.ravel(_plain(right))
    if right.dtype.kind not in "if" or answer.dtype.kind not in "if":
        return ""
    pairs = [*zip(answer, right, strict=True)]
    fits = [_same(*pair, tolerance) for pair in pairs]
    rounded = any(
        all(
            ok or np.isclose(a, round(r, n))
            for ok, (a, r) in zip(fits, pairs, strict=True)
        )
        for n in (1, 2, 3, 4)
    )
    if rounded:
        return "This is rounded too much: give more digits. "
    return (
        f"{sum(fits)} of {len(fits)} are right. " if len(fits) > 1 and any(fits) else ""
    )


def _alone(answer, right):
    """Where one text is asked for, take it out of its list; where one letter is, out of its brackets too."""
    if not isinstance(right, str):
        return answer
    if isinstance(answer, np.ndarray | pd.Series):
        answer = np.ravel(answer).tolist()
    while isinstance(answer, list | tuple | set | frozenset) and len(answer) == 1:
        [answer] = answer
    one_letter = isinstance(answer, str) and len(right) == 1
    return answer.strip(" ()[]{}.:'\"") if one_letter else answer


def _unknown(number, what, there):
    text = f'There is no exercise "{number}". The {what} {", ".join(there)}.'
    return Verdict(False, text)


def _yes(exercise):
    return Verdict(True, f"**{exercise.number} is right.**")


def _no(exercise, text):
    return Verdict(False, f"**{exercise.number}:** {text}")


def _judge_function(exercise, function):
    if not callable(function):
        text = f"This is {_kind(function)}, not a function: hand over its name, without brackets."
        return _no(exercise, text)
    results = []
    for arguments in copy.deepcopy(exercise.calls):
        shown = textwrap.shorten(", ".join(map(repr, arguments)), 160)
        try:
            results.append(function(*arguments))
        except Exception as error:  # whatever it raises is told, kindly
            text = f"Called with `{shown}`, your function stops: `{type(error).__name__}: {error}`"
            return _no(exercise, text)
    right = _results(exercise, exercise.answer)
    fits = [_agrees(exercise, *pair) for pair in zip(results, right, strict=True)]
    if all(fits):
        return _yes(exercise)
    for mistake, hint in exercise.mistakes.items():
        others = _results(exercise, exercise.value(mistake))
        pairs = zip(results, others, strict=True)
        if all(_agrees(exercise, *pair) for pair in pairs):
            return _no(exercise, f"Not yet. {hint}")
    wrong = fits.index(False)
    shown = textwrap.shorten(", ".join(map(repr, exercise.calls[wrong])), 160)
    problem = _unlike(results[wrong], right[wrong])
    problem = problem or f"That is `{textwrap.shorten(repr(results[wrong]), 80)}`."
    return _no(exercise, f"Called with `{shown}`, it gives a wrong result. {problem}")


def _results(exercise, function):
    # Of copies: a function may change what it is given.
    return [function(*arguments) for arguments in copy.deepcopy(exercise.calls)]


def _agrees(exercise, answer, other):
    return not _unlike(answer, other) and _same(answer, other, exercise.tolerance)


def _plain(value):
    """Return a number, a text, a set or an array for anything that means the same."""
    if isinstance(value, pd.DataFrame):
        value = value.iloc[:, 0] if value.shape[1] == 1 else value
    if isinstance(value, dict):
        value = pd.Series(value)
    if isinstance(value, str):
        return " ".join(value.split()).casefold()
    if isinstance(value, set | frozenset):
        return frozenset(_plain(v) for v in value)
    if hasattr(value, "numpy"):  # a tensor
        value = value.numpy()
    array = np.asarray(value)
    if array.ndim == 0:
        return array.item()
    if array.dtype.kind in "biuf":
        return array.astype(float)
    return np.char.lower(array.astype(str))


def _kind(value):
    kinds = {bool: "yes or no", int: "a number", float: "a number", str: "a text"}
    return kinds.get(type(value), f"of the type {type(value).__name__}")


def _size(array):
    if array.ndim == 2:
        return f"{array.shape[0]} rows of {array.shape[1]} values"
    return f"{array.size} values"


def _unlike(answer, right):
    """Say in a sentence how the kind or the shape of an answer is wrong; return "" if they are not."""
    try:
        answer, right = _plain(answer), _plain(right)
    except (TypeError, ValueError):
        return f"This is {_kind(answer)}, which cannot be compared."
    if isinstance(right, frozenset):
        several = isinstance(answer, frozenset | np.ndarray)
        return "" if several else "A set is asked for."
    if isinstance(right, np.ndarray):
        if not isinstance(answer, np.ndarray):
            return f"This is {_kind(answer)}, and several values are asked for."
        if (answer.dtype.kind == "f") != (right.dtype.kind == "f"):
            kind = "Numbers" if right.dtype.kind == "f" else "Texts"
            return f"{kind} are asked for."
        if answer.size == right.size and max(answer.shape) == right.size:
            return ""  # a row, a column, or a list
        if answer.shape != right.shape:
            return f"{_size(right)} are asked for; yours are {_size(answer)}."
        return ""
    if isinstance(answer, np.ndarray | frozenset):
        if isinstance(answer, np.ndarray) and answer.size == 1:
            return ""
        return "These are several values, and one is asked for."
    if isinstance(right, str) != isinstance(answer, str):
        return f"This is {_kind(answer)}, not {_kind(right)}."
    if not isinstance(answer, str | int | float):
        return f"This is {_kind(answer)}."
    return ""


def _same(answer, right, tolerance):
    answer, right = _plain(answer), _plain(right)
    if isinstance(right, frozenset):
        answer = answer if isinstance(answer, frozenset) else frozenset(answer.tolist())
        return answer == right
    if isinstance(right, str):
        return str(answer) == right
    if isinstance(right, np.ndarray) and right.dtype.kind != "f":
        return np.array_equal(answer.ravel(), right.ravel())
    margin = tolerance * np.maximum(1, np.abs(right))
    gap = np.abs(np.ravel(np.asarray(answer, float)) - np.ravel(right))
    return bool((gap <= np.ravel(margin)).all())
