"""Every exercise of the book: its right answer passes, each typical mistake gets its own hint."""

import pytest

from recdl.course import exercises

KNOWN = [
    exercise
    for chapter in exercises.chapters()
    for exercise in exercises.exercises(chapter).values()
]
NONSENSE = (..., None, object(), "nonsense", [], {}, float("nan"), print)


@pytest.mark.parametrize("exercise", KNOWN, ids=lambda e: e.number)
def test_right_answers_typical_mistakes_and_nonsense_are_told_apart(exercise):
    """One test for each exercise: what it computes from MovieLens serves all answers."""
    verdict = exercises.judge(exercise.number, exercise.value(exercise.answer))
    assert verdict.right, verdict.text
    for mistake, hint in exercise.mistakes.items():
        verdict = exercises.judge(exercise.number, exercise.value(mistake))
        assert not verdict.right, hint
        assert verdict.text.endswith(f"Not yet. {hint}")
    for answer in NONSENSE:
        verdict = exercises.judge(exercise.number, answer)
        assert not verdict.right, answer
        assert len(verdict.text.split()) > 3
