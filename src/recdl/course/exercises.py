"""`check("4.2", answer)`: a verdict on a reader's answer, offline, with a hint for each typical mistake.

The exercises of a chapter stand in a module of their own, ``chapter_4`` for example. Right answers and
typical wrong ones are computed, never typed in.
"""

import dataclasses
import importlib
import pkgutil
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd


@dataclasses.dataclass(frozen=True)
class Exercise:
    """What `check` has to know of an exercise.

    Attributes
    ----------
    number : str
        For example ``"4.2"``: the chapter and the exercise.
    wanted : str
        What an answer is, to complete the sentence "The answer is …".
    answer : callable
        Without arguments; returns the right answer: a number, a text, a set, a sequence, an array, a table,
        or, where a function is asked for, that function.
    mistakes : dict
        From a hint to a callable that returns what somebody with this mistake answers.
    calls : callable, optional
        Where the answer is a function: returns a list of tuples of arguments to try it with.
    tolerance : float
        Numbers may differ by this share of the right one (or by this much, where it is below 1).
    """

    number: str
    wanted: str
    answer: Callable[[], Any]
    mistakes: dict[str, Callable[[], Any]] = dataclasses.field(default_factory=dict)
    calls: Callable[[], Sequence[tuple]] | None = None
    tolerance: float = 1e-3


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What came out of a check: right, and the sentence that the reader sees."""

    right: bool
    text: str


def chapters() -> list[str]:
    """Return the chapters that have exercises: ``["1", "2", …]``."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(n.removeprefix("chapter_") for n in names if n.startswith("chapter_"))


def exercises(chapter: str) -> dict[str, Exercise]:
    """Return a chapter's exercises by number."""
    module = importlib.import_module(f"{__name__}.chapter_{chapter}")
    return {exercise.number: exercise for exercise in module.EXERCISES}


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
    chapter = number.split(".")[0]
    if chapter not in chapters() or number not in (known := exercises(chapter)):
        there = known if chapter in chapters() else chapters()
        what = "exercises here are" if chapter in chapters() else "chapters are"
        text = f'There is no exercise "{number}". The {what} {", ".join(there)}.'
        return Verdict(False, text)
    exercise = known[number]
    if answer is None or answer is Ellipsis:
        return _no(exercise, f"No answer yet. The answer is {exercise.wanted}.")
    if exercise.calls is not None:
        return _judge_function(exercise, answer)
    right = exercise.answer()
    if problem := _unlike(answer, right):
        return _no(exercise, f"{problem} The answer is {exercise.wanted}.")
    if _same(answer, right, exercise.tolerance):
        return _yes(exercise)
    for hint, mistake in exercise.mistakes.items():
        wrong = mistake()
        if not _unlike(answer, wrong) and _same(answer, wrong, exercise.tolerance):
            return _no(exercise, f"Not yet. {hint}")
    return _no(exercise, f"Not yet. The answer is {exercise.wanted}.")


def _yes(exercise):
    return Verdict(True, f"**{exercise.number} is right.**")


def _no(exercise, text):
    return Verdict(False, f"**{exercise.number}:** {text}")


def _judge_function(exercise, function):
    if not callable(function):
        text = f"This is {_kind(function)}, not a function: hand over its name, without brackets."
        return _no(exercise, text)
    results = []
    for arguments in exercise.calls():
        shown = textwrap.shorten(", ".join(map(repr, arguments)), 160)
        try:
            results.append(function(*arguments))
        except (
            Exception
        ) as error:  # whatever a reader's function raises is told, kindly
            text = f"Called with `{shown}`, your function stops: `{type(error).__name__}: {error}`"
            return _no(exercise, text)
    wrong = None
    for arguments, result in zip(exercise.calls(), results, strict=True):
        right = exercise.answer()(*arguments)
        problem = _unlike(result, right)
        if problem or not _same(result, right, exercise.tolerance):
            wrong = arguments, result, problem
            break
    if wrong is None:
        return _yes(exercise)
    for hint, mistake in exercise.mistakes.items():
        others = [mistake()(*arguments) for arguments in exercise.calls()]
        pairs = list(zip(results, others, strict=True))
        if not any(_unlike(a, b) for a, b in pairs) and all(
            _same(a, b, exercise.tolerance) for a, b in pairs
        ):
            return _no(exercise, f"Not yet. {hint}")
    arguments, result, problem = wrong
    shown = textwrap.shorten(", ".join(map(repr, arguments)), 160)
    problem = problem or f"That is `{textwrap.shorten(repr(result), 80)}`."
    return _no(exercise, f"Called with `{shown}`, it gives a wrong result. {problem}")


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
    return (
        array.astype(float)
        if array.dtype.kind in "biuf"
        else np.char.lower(array.astype(str))
    )


def _kind(value):
    kinds = {bool: "yes or no", int: "a number", float: "a number", str: "a text"}
    return kinds.get(type(value), f"of the type {type(value).__name__}")


def _unlike(answer, right):
    """Say in a sentence how the kind or the shape of an answer is wrong; return "" if they are not."""
    try:
        answer, right = _plain(answer), _plain(right)
    except (TypeError, ValueError):
        return f"This is {_kind(answer)}, which cannot be compared."
    if isinstance(right, frozenset):
        return (
            "" if isinstance(answer, frozenset | np.ndarray) else "A set is asked for."
        )
    if isinstance(right, np.ndarray):
        if not isinstance(answer, np.ndarray):
            return f"This is {_kind(answer)}, and several values are asked for."
        if (answer.dtype.kind == "f") != (right.dtype.kind == "f"):
            return (
                "Numbers are asked for."
                if right.dtype.kind == "f"
                else "Texts are asked for."
            )
        if answer.size == right.size and max(answer.shape) == right.size:
            return ""  # a row, a column, or a list
        if answer.shape != right.shape:
            return f"The shape should be {right.shape}; yours is {answer.shape}."
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
