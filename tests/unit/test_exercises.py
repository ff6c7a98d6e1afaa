"""`check`: any correct form is right, typical mistakes get their hint, nothing is a traceback."""

import numpy as np
import pandas as pd
import pytest

from recdl.course import exercises
from recdl.course.exercises import But, Exercise, check, judge

KNOWN = {
    "9.1": Exercise("9.1", "a number", 2.5, {1.25: "Half of it."}),
    "9.2": Exercise("9.2", "three numbers", lambda: np.array([1, 2, 3]),
                    {(lambda: [3, 2, 1]): "The order is wrong."}),
    "9.3": Exercise("9.3", "a letter", "b", {"a": "Think of ties."}),
    "9.4": Exercise("9.4", "a set of films", {101, 102}),
    "9.5": Exercise("9.5", "a table of 2 x 2", lambda: pd.DataFrame([[1.0, 2], [3, 4]]),
                    {((1, 3), (2, 4)): "Rows and columns are swapped."}),
    "9.6": Exercise("9.6", "a function", lambda n, k: n // k,
                    {(lambda n, k: round(n / k)): "Round down."},
                    calls=[(4, 2), (7, 4), (8, 3)]),
    "9.7": Exercise("9.7", "two names", ["Ana", "Ben"]),
    "9.8": Exercise("9.8", "a power", lambda n=2: n**2, {But(3): "Square two.", But(n=4): "Not four."}),
    "9.10": Exercise("9.10", "a function", lambda numbers, sign=1: [sign * n for n in numbers],
                     {But(sign=-1): "The sign."}, calls=[([1, 2],)]),
    "9.11": Exercise("9.11", "three shares", [2 / 3, 1, 5 / 6]),
}  # fmt: skip


@pytest.fixture(autouse=True)
def invented(monkeypatch):
    monkeypatch.setattr(exercises, "chapters", lambda: [9])
    monkeypatch.setattr(exercises, "exercises", lambda chapter: KNOWN)


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("9.1", 2.5), ("9.1", np.float32(2.5)), ("9.1", [2.5]), ("9.1", 2.5004),
        ("9.1", pd.Series([2.5])), (9.1, 2.5),
        ("9.2", [1, 2, 3]), ("9.2", (1.0, 2.0, 3.0)), ("9.2", pd.Series([1, 2, 3], index=[7, 8, 9])),
        ("9.2", pd.DataFrame({"n": [1, 2, 3]})), ("9.2", np.array([[1, 2, 3]])),
        ("9.2", {"a": 1, "b": 2, "c": 3}),
        ("9.3", "b"), ("9.3", " B "), ("9.3", ["b"]), ("9.3", ("B",)), ("9.3", {"b"}), ("9.3", "b)"),
        ("9.3", "(b)"), ("9.3", ["(b)"]), ("9.3", np.array(["b"])), ("9.3", np.array("b")),
        ("9.3", pd.Series(["b."])),
        ("9.4", {101, 102}), ("9.4", [102, 101]), ("9.4", np.array([101, 102])),
        ("9.5", np.array([[1, 2], [3, 4]])), ("9.5", [[1, 2], [3, 4]]),
        ("9.6", lambda n, k: int(n / k)),
        ("9.7", ["Ana", "ben"]), ("9.7", pd.Series(["Ana", "Ben"])),
        ("9.8", 4), ("9.10", list),
    ],
)  # fmt: skip
def test_any_correct_form_is_right(number, answer):
    assert judge(number, answer).right, judge(number, answer).text


@pytest.mark.parametrize(
    ("number", "answer", "words"),
    [
        ("9.1", 1.25, "Half of it"), ("9.1", 7, "Not yet. The answer is a number"),
        ("9.1", "2.5", "This is a text, not a number"), ("9.1", [2, 5], "several values"),
        ("9.1", ..., "No answer yet"), ("9.1", None, "No answer yet"), ("9.1", float("nan"), "Not yet"),
        ("9.1", print, "of the type"), ("9.1", object(), "of the type"),
        ("9.2", [3, 2, 1], "order is wrong"), ("9.2", [1, 2], "3 values are asked for; yours are 2 values"),
        ("9.2", [1, 5, 3], "2 of 3 are right"), ("9.1", 3, "Not yet. The answer is a number"),
        ("9.2", [np.nan, 5, 3], "1 of 3 are right"), ("9.11", [0.67, 1, 0.9], "1 of 3 are right"),
        ("9.11", [0.67, 1, 0.83], "rounded too much: give more digits"),
        ("9.11", [0.7, 1, 0.8], "rounded too much"), ("9.11", [1, 1, 1], "1 of 3 are right"),
        ("9.2", 6, "several values are asked for"), ("9.2", ["a", "b", "c"], "Numbers are asked for"),
        ("9.3", "a", "Think of ties"), ("9.3", 2, "not a text"), ("9.3", ["(a)"], "Think of ties"),
        ("9.3", ["a", "b"], "one is asked for"), ("9.3", [], "one is asked for"), ("9.3", "()", "Not yet"),
        ("9.4", {101}, "Not yet"), ("9.4", 101, "A set"),
        ("9.5", [[1, 3], [2, 4]], "swapped"),
        ("9.5", [1, 2, 3], "2 rows of 2 values are asked for; yours are 3 values"),
        ("9.6", lambda n, k: round(n / k), "Round down"), ("9.6", 3, "not a function"),
        ("9.6", lambda n: n, "your function stops: `TypeError"),
        ("9.6", lambda n, k: "x", "gives a wrong result"), ("9.6", lambda n, k: 1 / 0, "ZeroDivisionError"),
        ("9.7", [1, 2], "Texts are asked for"), ("9.7", [["Ana"], ["Ben", "Eva"]], "cannot be compared"),
        ("9.8", 9, "Square two"), ("9.8", 16, "Not four"), ("9.8", lambda: 4, "of the type"),
        ("9.10", lambda numbers: [-n for n in numbers], "The sign"),
        ("9.9", 1, "exercises here are 9.1, 9.2"), ("8.1", 1, "chapters are 9"),
        ("x", 1, "There is no exercise"), (None, 1, "There is no exercise"),
    ],
)  # fmt: skip
def test_a_wrong_answer_gets_a_sentence_that_helps(number, answer, words):
    verdict = judge(number, answer)
    assert not verdict.right
    assert words in verdict.text


def test_a_function_that_changes_what_it_is_given_spoils_no_later_verdict():
    def empties(numbers):
        return [numbers.pop(0), numbers.pop(0)]

    for _ in range(2):
        assert judge("9.10", empties).right


def test_check_shows_the_verdict(capsys):
    assert check("9.1", 2.5) is None
