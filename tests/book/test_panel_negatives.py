"""The panel of chapter 4: its steps are those of NumPy, and what it says of zeros is true for many seeds."""

import functools
import itertools

import numpy as np
import pytest
import test_panels as shared

from recdl.course import part

show = shared.show
four = part(4, "panels")
CLOSE = functools.partial(np.testing.assert_allclose, rtol=0, atol=1e-9)
STOPS = (0, 1, 2, 12, 112)  # after a click on each of these buttons, from a start
CLICKS = ("step-1", "step-1", "step-10", "step-100")


def states(seed, n_negatives, stops):
    """Return the weights and the zeros of the next step, after so many steps each."""
    steps = itertools.islice(four.learning(seed, n_negatives), stops[-1] + 1)
    return [state for step, state in enumerate(steps) if step in stops]


def flat(weights):
    return np.concatenate([np.ravel(array) for array in weights])


def answers(weights):
    return (1 + np.tanh(four.logits(weights) / 2)) / 2


def test_the_panel_learns_as_numpy_does(show):
    """In all, 220 states: of 44 starts, each number of negatives four times, with other seeds."""
    rng = np.random.default_rng(4)
    starts = [
        (int(seed), n) for n in range(11) for seed in rng.choice(100, 4, replace=False)
    ]
    settings = [
        clicks
        for seed, n in starts
        for clicks in (
            [("seed", seed), ("negatives", n)],
            *([(click, None)] for click in CLICKS),
        )
    ]
    found = shared.driven(show("negatives"), settings)
    assert len(found) >= shared.N_STATES
    expected = [state for start in starts for state in states(*start, STOPS)]
    for numbers, steps, (weights, drawn) in zip(
        found, itertools.cycle(STOPS), expected, strict=False
    ):
        assert numbers["steps"] == steps
        assert numbers["drawn"] == drawn.tolist()
        CLOSE(numbers["weights"], flat(weights))
        CLOSE(numbers["loss"], four.log_loss(weights, drawn))
        CLOSE(numbers["answers"], answers(weights))


def test_the_slopes_are_those_that_nudging_finds():
    nudge = 1e-5
    for weights, drawn in states(1, 3, (0, 50, 150)):
        for array, slope in zip(weights, four.slopes(weights, drawn), strict=True):
            for place in np.ndindex(array.shape):
                kept, losses = array[place], []
                for array[place] in (kept + nudge, kept - nudge):
                    losses.append(four.log_loss(weights, drawn))
                array[place] = kept
                change = (losses[0] - losses[1]) / (2 * nudge)
                assert abs(slope[place] - change) < 1e-8


@pytest.mark.parametrize("n_negatives", [0, 1, 10])
def test_zeros_are_gaps_of_the_person_each_as_often_as_the_others(n_negatives):
    rng, n_draws = np.random.default_rng(5), 400
    drawn = sum(four.zeros(n_negatives, rng) for _ in range(n_draws))
    n_rated = four.ones().sum(axis=1, keepdims=True)
    expected = (four.ones() == 0) * n_negatives * n_rated / (6 - n_rated) * n_draws
    assert (drawn.sum(axis=1) == n_negatives * n_draws * n_rated[:, 0]).all()
    assert (abs(drawn - expected) <= 5 * np.sqrt(expected)).all()


@functools.cache
def after_200_steps(n_negatives):
    """Return the people's vectors times the weights, those of films, and the answers, of ten seeds."""
    found = []
    for seed in (42, *range(9)):
        [((people, films, last), _)] = states(seed, n_negatives, (200,))
        found.append((people * last, films, answers([people, films, last])))
    return [np.stack(arrays) for arrays in zip(*found, strict=True)]


def test_without_negatives_the_loss_falls_while_every_answer_becomes_yes():
    people, films, answered = after_200_steps(0)
    assert answered.min() > 0.98
    cosines = people @ films.transpose(0, 2, 1)
    cosines /= np.linalg.norm(people, axis=2)[:, :, None]
    cosines /= np.linalg.norm(films, axis=2)[:, None]
    assert cosines.min() > 0.8


def test_with_four_ones_and_gaps_are_answered_right():
    *_, answered = after_200_steps(4)
    assert ((answered > 0.5) == four.ones()).all()


def test_with_ten_some_ones_are_answered_no():
    *_, answered = after_200_steps(10)
    yes = (answered > 0.5) & (four.ones() == 1)
    assert np.median(yes.sum(axis=(1, 2))) < four.ones().sum()
    assert (answered[0] < 0.5)[four.ones() == 1].any()  # with the seed of the panel


def test_the_panel_stops_after_a_thousand_steps_with_every_number_of_negatives(show):
    browser = show("negatives")
    for n in range(11):
        [numbers] = shared.driven(
            browser, [[("negatives", n), *[("step-100", None)] * 11]]
        )
        assert numbers["steps"] == 1000
        assert np.isfinite(numbers["weights"]).all()
        said = browser.run("root.querySelector('[role=status]').textContent")
        assert said.endswith("This panel makes no more steps: start again.")
        assert "NaN" not in browser.run("root.innerHTML")


def test_zeros_are_chosen_and_a_step_is_made_by_the_keyboard_alone(show):
    browser = show("negatives", commit=False)
    keys = [
        "Tab",
        "Tab",
        " ",
        "Tab",
        "Enter",
        "ArrowRight",
        "ArrowRight",
        "Tab",
        "Tab",
        " ",
    ]
    for key in keys:
        browser.press(key)
        assert browser.run("root.contains(document.activeElement)"), key
    numbers = browser.run("root.recdl()")
    assert numbers["steps"] == 1
    assert np.sum(numbers["drawn"]) == 2 * four.ones().sum()
