"""Every exercise of the book: its right answer passes, each typical mistake gets its own hint."""

import pytest

from recdl.course import exercises

KNOWN = [
    exercise
    for chapter in exercises.chapters()
    for exercise in exercises.exercises(chapter).values()
]
MISTAKES = [(exercise, hint) for exercise in KNOWN for hint in exercise.mistakes]


@pytest.mark.parametrize("exercise", KNOWN, ids=lambda e: e.number)
def test_the_right_answer_is_right(exercise):
    verdict = exercises.judge(exercise.number, exercise.answer())
    assert verdict.right, verdict.text


@pytest.mark.parametrize(
    ("exercise", "hint"), MISTAKES, ids=lambda p: getattr(p, "number", None)
)
def test_a_typical_mistake_gets_its_hint(exercise, hint):
    verdict = exercises.judge(exercise.number, exercise.mistakes[hint]())
    assert not verdict.right
    assert verdict.text.endswith(f"Not yet. {hint}")


@pytest.mark.parametrize("exercise", KNOWN, ids=lambda e: e.number)
def test_no_answer_and_a_nonsensical_one_are_met_with_a_sentence(exercise):
    for answer in (..., None, object(), "nonsense", [], {}, float("nan"), print):
        verdict = exercises.judge(exercise.number, answer)
        assert not verdict.right
        assert len(verdict.text.split()) > 3
