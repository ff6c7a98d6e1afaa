"""The panel of chapter 9: its weights are the model's, and the mask hides what comes later."""

import functools

import numpy as np
import pytest
import test_panels as shared

from recdl import sequence
from recdl.course import part
from tools import cells
from tools.project import COURSE

show = shared.show
nine = part(9, "panels")
CLOSE = functools.partial(np.testing.assert_allclose, rtol=0, atol=1e-12)
PLACES = range(3)


@functools.cache
def states():
    """Return random vectors (2 numbers for 3 films), widths, and whether divided and masked."""
    rng = np.random.default_rng(9)
    return [
        (
            rng.integers(-6, 7, (3, 2)) / 2,
            int(rng.choice(nine.WIDTHS)),
            *(bool(one) for one in rng.integers(0, 2, 2)),
        )
        for _ in range(shared.N_STATES)
    ]


def moved(vectors):
    return [(f"film-{i}-{k}", vectors[i][k]) for i in PLACES for k in (0, 1)]


def settings():
    """Return what a reader does to come from each state to the next; a box is clicked if it changes."""
    found, now = [], (True, True)
    for vectors, width, *boxes in states():
        pairs = zip(("divided", "masked"), boxes, now, strict=True)
        clicks = [(name, None) for name, new, old in pairs if new != old]
        found.append([*moved(vectors), ("width", str(width)), *clicks])
        now = boxes
    return found


def test_three_films_look_at_each_other_as_the_package_computes(show):
    found = shared.driven(show("attention"), settings())
    for numbers, (vectors, width, divided, masked) in zip(found, states(), strict=True):
        expected = nine.weights(
            nine.fits(vectors, width, divided=divided), masked=masked
        )
        assert numbers["vectors"] == vectors.tolist()
        CLOSE(numbers["weights"], expected)
        CLOSE(numbers["takes"], expected @ vectors)


def test_the_weights_are_those_of_the_model():
    """As values it gets the rows of the unit matrix, so what it returns are the weights."""
    for vectors, width, divided, masked in states():
        more = nine.more_numbers()
        queries, keys = (np.hstack([vectors, each[:, : width - 2]]) for each in more)
        if not divided:  # the model always divides
            queries = queries * np.sqrt(width)
        allowed = np.tril(np.ones((3, 3), bool)) if masked else np.ones((3, 3), bool)
        given = (part[None, None] for part in (queries, keys, np.eye(3)))
        found = np.asarray(sequence.attend(*given, allowed))[0, 0]
        fit = nine.fits(vectors, width, divided=divided)
        CLOSE(nine.weights(fit, masked=masked), found)


def test_the_panel_begins_with_the_example_of_the_chapter():
    (chapter,) = (n for n in COURSE.notebooks() if n.chapter == 9)
    source = {cell["id"]: cells.source(cell) for cell in chapter.content()["cells"]}
    named = {"np": np, "sequence": sequence}
    for name, masked in (("09-what-023", False), ("09-what-027", True)):
        exec(source[name], named)
        fit = nine.fits(nine.VECTORS, 2, divided=True)
        CLOSE(nine.weights(fit, masked=masked), named["weights_by_hand"])
    assert named["Q"].tolist() == nine.VECTORS


def test_with_the_mask_a_later_film_changes_no_earlier_row(show):
    browser, rng = show("attention"), np.random.default_rng(10)
    films = rng.integers(0, 3, shared.N_STATES).tolist()
    settings = [
        [(f"film-{film}-{k}", rng.integers(-6, 7) / 2) for k in (0, 1)]
        for film in films
    ]
    before, *found = shared.driven(browser, [[], *settings])
    for film, now in zip(films, found, strict=True):
        for name in ("weights", "takes"):
            assert now[name][:film] == before[name][:film]
        before = now


def test_without_the_mask_it_does_and_the_panel_says_so(show):
    browser = show("attention")
    said = "root.querySelector('[role=status]').textContent"
    shared.driven(browser, [[("film-0-1", 1), ("film-2-1", 3)]])
    assert "Rows with other weights: Fargo." in browser.run(said)
    [numbers] = shared.driven(browser, [[("masked", None)]])
    for place, now, following in ((0, "E.T.", "Die Hard"), (1, "Die Hard", "Fargo")):
        weight = numbers["weights"][place][place + 1]
        told = f"{now} should predict {following} and looks at it: {weight:.2f}."
        assert told in browser.run(said)
    shared.driven(browser, [[("film-2-1", 1)]])
    assert "Rows with other weights: E.T., Die Hard, Fargo." in browser.run(said)


def test_a_film_is_dragged_to_another_place_and_the_keys_go_on_from_there(show):
    browser = show("attention")
    places = browser.run("""[...root.querySelectorAll('.recdl-handle-point')].map((handle) => {
      const { x, y, width } = handle.getBoundingClientRect();
      return [x + width / 2, y + width / 2];
    })""")
    x, y = places[2]
    one = places[0][1] - y  # E.T. lies one below Fargo
    about = {"button": "left", "clickCount": 1}
    for kind, by in (("Pressed", 0), ("Moved", 1), ("Moved", 2), ("Released", 2)):
        about |= {"x": x - by * one, "y": y + by * one}
        browser.call("Input.dispatchMouseEvent", type=f"mouse{kind}", **about)
    assert browser.run("root.recdl()")["vectors"][2] == [0, -1]
    assert browser.run("document.activeElement.dataset.key") == "film-2-0"
    browser.press("ArrowRight")
    assert browser.run("root.recdl()")["vectors"][2] == [0.5, -1]


def test_the_mask_is_taken_away_by_the_keyboard_alone(show):
    browser = show("attention", commit=False)
    for key in ("Tab", "Tab", " ", "Tab", "Enter", *["Tab"] * 6, " "):
        browser.press(key)
        assert browser.run("root.contains(document.activeElement)"), key
    assert browser.run("document.activeElement.dataset.key") == "masked"
    assert browser.run("root.recdl()")["weights"][0][1] > 0


@pytest.mark.parametrize("width", nine.WIDTHS[1:])
def test_divided_the_largest_weight_stays_where_it_is_whatever_the_width(width):
    largest = {
        divided: np.mean(
            [
                nine.weights(fit, masked=False).max(axis=1)
                for seed in range(shared.N_STATES)
                for fit in [nine.fits(nine.VECTORS, width, divided=divided, seed=seed)]
            ]
        )
        for divided in (True, False)
    }
    assert largest[True] == pytest.approx(0.6, abs=0.03)
    assert largest[False] > {8: 0.8, 32: 0.88, 128: 0.93}[width]


def test_what_the_last_sentence_says_of_width_128_is_what_the_panel_shows():
    fit = nine.fits(nine.VECTORS, 128, divided=False)
    assert (nine.weights(fit, masked=False).max(axis=1) > 0.97).all()
