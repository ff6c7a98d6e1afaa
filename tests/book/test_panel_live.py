"""The live recommender in a browser: its scores are the package's.

What may not be passed on is made here, from this machine's copy of MovieLens, and thrown away.
"""

import functools
import json
import re

import numpy as np
import pytest
import test_panels
from test_panel_controls import ANSWER, SLOWER, times
from test_panels import DRIVE, N_STATES, driven, page_with

from recdl import movielens, splits, toy
from recdl.course import newcomer, part
from recdl.interactions import Interactions
from tools import ROOT, bundle, films

show = test_panels.show  # a fixture
nine = part(9, "panels")
L2 = [0, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]
SETTLED = {"toy_world": 1, "most_rated": 0.85}  # shares of newcomers
TAU = [0.5, 1, 2, 3, 5, 7, 10, 15, 30, np.inf]
METHODS = ["popularity", "item-kNN", "EASE", "fading EASE", "GMF"]
STEPS = [0, 1, 10, 21, 50]
SAID = "root.querySelector('[role=status]').textContent"


@functools.cache
def toy_world():
    """Return the training data, and the films in the order of the panel."""
    return Interactions(toy.RATINGS), np.sort(toy.MOVIES["itemID"].to_numpy())


@functools.cache
def most_rated():
    """Return the training ratings of the 300 films that most people have, and these films."""
    train = splits.course_split(movielens.load_ratings()).train
    every = Interactions(train)
    most = every.item_ids[np.argsort(-np.bincount(every.items), kind="stable")[:300]]
    return Interactions(train[train["itemID"].isin(most)]), most


@functools.cache
def matrices(world, l2):
    return nine.matrices(world()[0], l2)


@functools.cache
def vectors(world):
    """Return what the panel has of GMF: the films' vectors, the mean of the users', and the rate."""
    of = nine.catalogue() if world is toy_world else films.data()
    return {name: np.array(values) for name, values in of["gmf"].items()}


def states(world, l2s, taus, seed):
    """Return clicks, and what they make: films in order, λ and τ; those of one λ stand together.

    Last comes how GMF was learnt: the films that were there, and how many steps these were. One step is made
    before the last film is there.
    """
    rng, n = np.random.default_rng(seed), len(world()[1])
    for each in range(N_STATES // 2):
        history = rng.permutation(n)[: rng.integers(0, min(n, 9))].tolist()
        l2, tau = l2s[each * len(l2s) // (N_STATES // 2)], taus[each % len(taus)]
        clicks, n_steps = [("none", None)], STEPS[each % len(STEPS)] * bool(history)
        for film in history:
            if film == history[-1]:
                clicks.append(("step-1", None))
            clicks += [("film", film), ("add", None)]
        clicks += [("step-10", None)] * (n_steps // 10)
        clicks += [("step-1", None)] * (n_steps % 10)
        learnt = [(history[:-1], len(history) > 1), (history, n_steps)]
        if len(history) > 1:  # the last film goes to the front, and the first away
            clicks += [(f"up-{history[-1]}", None)] * (len(history) - 1)
            history = history[-1:] + history[:-1]
        clicks += [("l2", L2.index(l2)), ("tau", TAU.index(tau))]
        if 0 < len(history) < n:
            clicks += [(f"why-{each % 5}-0", None)]
        yield clicks, (history, l2, tau, learnt)


def compare_gmf(world, numbers, history, learnt):
    """Compare the newcomer's vector and its list with those of the package's steps."""
    films, vector, rate = (vectors(world)[key] for key in ("items", "mean", "rate"))
    for mine, n_steps in learnt:
        wanted = np.isin(np.arange(len(films)), mine)
        for _ in range(n_steps):
            vector = newcomer.moved(vector, films, wanted, rate)
    close = functools.partial(np.testing.assert_allclose, rtol=0, atol=1e-9)
    close(numbers["vector"], vector)
    close(numbers["scores"]["GMF"], films @ vector)
    wanted = np.isin(np.arange(len(films)), history)
    close(numbers["loss"], newcomer.log_loss(vector, films, wanted))
    assert numbers["steps"] == sum(n_steps for _, n_steps in learnt)
    best = nine.best(films @ vector, history) if history else []
    assert numbers["lists"]["GMF"] == best


def compare(world, numbers, history, l2, tau, learnt=None):
    """Compare what the panel says with what the package computes; a reader's zip has no GMF."""
    if "GMF" not in numbers["scores"]:
        assert learnt is None
    elif learnt is None:
        assert numbers["scores"]["GMF"] is None
        assert numbers["lists"]["GMF"] == []
    else:
        compare_gmf(world, numbers, history, learnt)
    positives, order = world()
    place = [np.flatnonzero(positives.item_ids == item)[0] for item in order]
    items, made = [order[i] for i in history], matrices(world, l2)
    close = functools.partial(np.testing.assert_allclose, rtol=0, atol=1e-9)
    wanted = nine.scores(made, positives.item_ids, items, tau)
    assert {*numbers["scores"]} in ({*METHODS}, {*METHODS[:2]})
    for method in (name for name in numbers["scores"] if name != "GMF"):
        found, values = numbers["scores"][method], wanted[method][place]
        close(found, values)
        silent = not history and method != "popularity"
        best = [] if silent else nine.best(values, history)
        assert numbers["lists"][method] == best
    if numbers["shares"] is not None:
        method, film = numbers["asked"]
        total = numbers["scores"][method][film]
        np.testing.assert_allclose(sum(numbers["shares"]), total, rtol=0, atol=1e-12)
        weights = nine.history_weights(items, positives.item_ids, tau)
        weights = weights if method == "fading EASE" else weights > 0
        each = [place[i] for i in history]
        close(numbers["shares"], (weights * made[method][:, place[film]])[each])


def test_in_the_toy_world_it_scores_as_the_package_does(show):
    made = list(states(toy_world, [0.5, 1, 20], [0.5, 2, np.inf], 5))
    found = driven(show("live"), [clicks for clicks, _ in made])
    for numbers, (_, state) in zip(found, made, strict=True):
        compare(toy_world, numbers, *state)
    assert sum(numbers["shares"] is not None for numbers in found) > N_STATES / 4


def test_two_lists_are_those_of_the_package(show):
    rng, made = np.random.default_rng(8), []
    for each in range(N_STATES):
        history = rng.permutation(6)[: rng.integers(0, 7)].tolist()
        clicks = [step for film in history for step in (("film", film), ("add", None))]
        why = [(f"why-{each % 2}-0", None)] if 0 < len(history) < 6 else []
        made.append((history, [("none", None), *clicks, *why]))
    found = driven(show("two_lists"), [clicks for _, clicks in made])
    for numbers, (history, _) in zip(found, made, strict=True):
        assert list(numbers["scores"]) == METHODS[:2]
        compare(toy_world, numbers, history, 1, 2)
    assert sum(numbers["shares"] is not None for numbers in found) > N_STATES / 4


def test_two_lists_begin_with_the_sums_that_chapter_1_does_by_hand():
    by_hand = [["1", "E.T. 3", "E.T. 2.20"], ["2", "Fargo 1", "Fargo 1.15"]]
    assert nine.two_lists().table.to_numpy().tolist() == by_hand


@pytest.mark.parametrize("world", [toy_world, most_rated])
def test_the_loss_of_a_newcomer_falls_at_each_step_and_the_list_settles(world):
    films, mean, rate = (vectors(world)[key] for key in ("items", "mean", "rate"))
    rng, n_settled = np.random.default_rng(7), 0
    for _ in range(N_STATES):
        history = rng.permutation(len(films))[: rng.integers(1, 6)].tolist()
        wanted, made = np.isin(np.arange(len(films)), history), [mean]
        for _ in range(51):
            made.append(newcomer.moved(made[-1], films, wanted, rate))
        losses = newcomer.log_loss(np.array(made), films, wanted)
        assert (np.diff(losses) < 1e-15).all()
        assert losses[1] < losses[0]
        lists = [nine.best(films @ vector, history) for vector in made[50:]]
        n_settled += lists[0] == lists[1]
    assert n_settled >= SETTLED[world.__name__] * N_STATES


def test_gmf_gives_every_newcomer_one_list_until_it_has_learnt(show):
    add = [("film", 2), ("add", None)]
    clicks = [[("none", None), *add], [("step-10", None)], [("mean", None)]]
    at_first, learnt, again = driven(show("live"), clicks)
    gmf = vectors(toy_world)
    assert at_first["lists"]["GMF"] == nine.best(gmf["items"] @ gmf["mean"], [2])
    assert again["scores"] == at_first["scores"] != learnt["scores"]
    assert learnt["lists"]["GMF"] != at_first["lists"]["GMF"]


def test_gmf_says_what_it_has_learnt_why_it_has_no_shares_and_what_it_lacks(show):
    browser = show("live")
    driven(browser, [[("step-1", None), ("step-10", None)]])
    told = browser.run(SAID)
    assert told.startswith("GMF after 11 steps: log loss 0.6")
    driven(browser, [[("why-4-0", None)]])
    assert "This is no sum over your films" in browser.run(SAID)
    assert not browser.run("root.textContent.includes('Why GMF')")
    driven(browser, [[("none", None), ("step-1", None)]])
    assert browser.run(SAID).startswith("Choose a film first")


@pytest.fixture(scope="module")
def beside(tmp_path_factory):
    """Return a folder with the data that `make book` lays beside a page only when it is told to."""
    folder = tmp_path_factory.mktemp("beside")
    films.lay(folder)
    return folder


@pytest.fixture
def with_films(browser, beside):
    """Return a browser that shows the 300 films."""
    page = beside / "page.html"
    parts, more = 'parts.js"></script>', '<script defer src="films.js"></script>'
    text = page_with(["live"]).replace(parts, parts + more)
    page.write_text(text, encoding="utf-8")
    browser.open(page)
    browser.run(DRIVE + "window.root = document.querySelector('.recdl-panel');")
    browser.run("commit(root)")
    driven(browser, [[("all", None)]])
    browser.run("""new Promise((done) => {
      const look = () => (root.recdl().n === 300 ? done() : setTimeout(look, 20));
      look();
    })""")
    return browser


def test_with_the_300_films_it_scores_as_the_package_does(with_films):
    browser = with_films
    made = list(states(most_rated, [10, 200, 1000], [3, 7, 15], 6))
    found = browser.run(f"""(async () => {{
      const found = [];
      for (const clicks of {json.dumps([clicks for clicks, _ in made])}) {{
        const why = clicks.filter(([key]) => key.startsWith("why"));
        drive(root, clicks.filter((click) => !why.includes(click)));
        await new Promise((done) => setTimeout(done, 25));  // the lists follow the sentence
        found.push(drive(root, why));
      }}
      return found;
    }})()""")
    assert sum(numbers["shares"] is not None for numbers in found) > N_STATES / 4
    for numbers, (_, state) in zip(found, made, strict=True):
        assert numbers["n"] == films.N_FILMS
        compare(most_rated, numbers, *state)
    assert browser.said == []


def test_with_the_300_films_a_click_is_answered_as_soon(with_films):
    driven(with_films, [[("film", i), ("add", None)] for i in (7, 40, 90)])
    with_films.run("new Promise((done) => setTimeout(done, 100))")
    found = times(with_films)
    assert {"all", "add", "l2", "tau", "why-3-0"} <= set(found)
    assert {key: ms for key, ms in found.items() if SLOWER * ms > ANSWER} == {}


# What it says, and what is true


def test_without_lambda_without_films_and_with_all_there_is_a_sentence(show):
    browser = show("live")
    (numbers,) = driven(browser, [[("l2", 0)]])
    assert numbers["lists"]["EASE"] == numbers["lists"]["fading EASE"] == []
    assert "choose a λ above 0" in browser.run(SAID)
    with pytest.raises(ValueError, match="l2 must be positive"):
        nine.matrices(toy_world()[0], 0)
    driven(browser, [[("l2", 3), ("none", None)]])
    assert "Without a film of yours, only popularity can answer." in browser.run(SAID)
    everything = [step for i in range(6) for step in (("film", i), ("add", None))]
    (numbers,) = driven(browser, [everything])
    assert len(numbers["titles"]) == 6
    assert not any(numbers["lists"].values())
    assert "nothing is left" in browser.run(SAID)
    assert "NaN" not in browser.run("root.textContent")


def test_with_infinite_tau_fading_changes_nothing(show):
    (numbers,) = driven(show("live"), [[("tau", len(TAU) - 1)]])
    assert numbers["scores"]["EASE"] == numbers["scores"]["fading EASE"]


def test_only_the_fading_list_knows_an_order(show):
    first, turned = driven(show("live"), [[], [("up-3", None)]])
    same = {name: first["lists"][name] == turned["lists"][name] for name in METHODS}
    assert [name for name, is_same in same.items() if not is_same] == ["fading EASE"]
    assert turned["titles"] == ["Die Hard", "Airplane!"]


def test_focus_stays_in_the_panel_when_films_move_and_go(show):
    browser = show("live")
    for key, then in (("down-0", "down-0"), ("away-3", "away-0"), ("away-0", "film")):
        browser.run(f"root.querySelector('[data-key={key}]').focus()")
        browser.press("Enter")
        assert browser.run("document.activeElement.matches(':focus-visible')")
        assert browser.run("document.activeElement.dataset.key") == then


def test_print_shows_the_recommended_films(show):
    browser = show("live")
    browser.window(700, media="print")
    seen = "root.querySelector('[data-key={}]').checkVisibility()"
    assert browser.run(seen.format("why-0-0"))
    assert not browser.run(seen.format("up-0"))
    browser.window(700)


# The licence


def test_the_panel_itself_holds_the_toy_world_and_nothing_else():
    state = nine.live().state
    assert set(state["titles"]) == set(toy.MOVIES["title"])
    assert np.trace(state["gram"]) == len(toy.RATINGS)


def test_no_archive_is_made_of_pages_with_these_data(beside):
    content = (beside / films.NAME).read_bytes()
    assert len(content) < 200_000
    for name in (f"book/_static/panels/{films.NAME}", "book/a.html"):
        with pytest.raises(SystemExit, match="holds data of MovieLens"):
            bundle.refuse_ratings(name, content)
    for path in (ROOT / "panels").iterdir():
        bundle.refuse_ratings(path.name, path.read_bytes())


def test_nobody_lays_these_data_without_saying_so():
    import course

    assert "--films" not in json.dumps(course.TARGETS)
    for path in (ROOT / ".github" / "workflows").iterdir():
        assert "--films" not in path.read_text(encoding="utf-8")


def test_what_the_passport_says_of_these_films():
    positives, _ = most_rated()
    page = (ROOT / "book" / "data_passport.md").read_text(encoding="utf-8")
    (fewest,) = re.findall(r"each of them has at least (\d+) ratings", page)
    assert np.bincount(positives.items).min() == int(fewest)
