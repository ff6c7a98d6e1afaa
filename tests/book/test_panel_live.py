"""The live recommender in a browser: its scores are the package's, from the toy world or from a reader's zip.

What may not be passed on is made here, from this machine's copy of MovieLens, and thrown away.
"""

import functools
import hashlib
import io
import json
import re
import zipfile

import numpy as np
import pytest
import test_panels
from test_panels import DRIVE, N_STATES, driven, page_with

from recdl import movielens, splits, toy
from recdl.course import part
from recdl.interactions import Interactions
from tools import ROOT, bundle, films

browser, show = test_panels.browser, test_panels.show  # fixtures
nine = part(9, "panels")
L2 = [0, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]
TAU = [0.5, 1, 2, 3, 5, 7, 10, 15, 30, np.inf]
METHODS = ["popularity", "item-kNN", "EASE", "fading EASE"]
SAID = "root.querySelector('[role=status]').textContent"


def titles_of(items):
    table = movielens.load_movies().set_index("itemID").loc[items]
    return (table["title"] + " (" + table["year"].astype(str) + ")").tolist()


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


def states(world, l2s, taus, seed):
    """Return clicks, and what they make: films in order, λ and τ; those of one λ stand together."""
    rng, n = np.random.default_rng(seed), len(world()[1])
    for each in range(N_STATES // 2):
        history = rng.permutation(n)[: rng.integers(0, min(n, 9))].tolist()
        l2, tau = l2s[each * len(l2s) // (N_STATES // 2)], taus[each % len(taus)]
        clicks = [("none", None)]
        for film in history:
            clicks += [("film", film), ("add", None)]
        if len(history) > 1:  # the last film goes to the front, and the first away
            clicks += [(f"up-{history[-1]}", None)] * (len(history) - 1)
            history = history[-1:] + history[:-1]
        clicks += [("l2", L2.index(l2)), ("tau", TAU.index(tau))]
        if 0 < len(history) < n:
            clicks += [(f"why-{each % 4}-0", None)]
        yield clicks, (history, l2, tau)


def compare(world, numbers, history, l2, tau):
    """Compare what the panel says with what the package computes."""
    positives, order = world()
    place = [np.flatnonzero(positives.item_ids == item)[0] for item in order]
    items, made = [order[i] for i in history], matrices(world, l2)
    close = functools.partial(np.testing.assert_allclose, rtol=0, atol=1e-9)
    for method, values in nine.scores(made, positives.item_ids, items, tau).items():
        found, values = numbers["scores"][method], values[place]
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


@pytest.fixture(scope="module")
def beside(tmp_path_factory):
    """Return a folder with the data that `make book` lays beside a page only when it is told to."""
    folder = tmp_path_factory.mktemp("beside")
    films.lay(folder)
    return folder


def test_with_the_300_films_it_scores_as_the_package_does(browser, beside):
    page = beside / "page.html"
    parts, more = 'parts.js"></script>', '<script defer src="films.js"></script>'
    text = page_with(["live"]).replace(parts, parts + more)
    page.write_text(text, encoding="utf-8")
    browser.open(page)
    browser.run(DRIVE + "window.root = document.querySelector('.recdl-panel');")
    browser.run("commit(root)")
    driven(browser, [[("all", None)]])
    made = list(states(most_rated, [10, 200, 1000], [3, 7, 15], 6))
    found = driven(browser, [clicks for clicks, _ in made])
    for numbers, (_, state) in zip(found, made, strict=True):
        assert numbers["n"] == films.N_FILMS
        compare(most_rated, numbers, *state)
    assert browser.said == []


# The reader's own zip


@functools.cache
def tables(layout="GroupLens"):
    """Return the two tables of a copy of MovieLens-100k as they stand in a zip."""
    ratings, movies = movielens.load_ratings(), movielens.load_movies()
    rows = "".join(f"{u}\t{i}\t{r:.0f}\t{t}\n" for u, i, r, t in ratings.to_numpy(int))
    if layout == "RecBole":
        rows = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n" + rows
        lines = [
            f"{m.itemID}\t{m.title}\t{m.year}\t{m.genres}" for m in movies.itertuples()
        ]
        text = "item_id:token\tmovie_title:token_seq\n" + "\n".join(lines)
        return {"data/ml-100k.inter": rows.encode(), "data/ml-100k.item": text.encode()}
    lines = [
        f"{m.itemID}|{m.title} ({m.year})|01-Jan-1995||0|1" for m in movies.itertuples()
    ]
    text = "\n".join(lines) + "\n"
    return {"ml-100k/u.data": rows.encode(), "ml-100k/u.item": text.encode("latin-1")}


def zipped(members, how=zipfile.ZIP_DEFLATED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def choose(browser, path, selector):
    """Let the reader choose a file."""
    root = browser.call("DOM.getDocument")["root"]["nodeId"]
    node = browser.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
    browser.call("DOM.setFileInputFiles", nodeId=node, files=[str(path)])


def wait_for(browser, condition):
    browser.run(f"""new Promise((done) => {{
      const look = () => ({condition}) ? done() : setTimeout(look, 20);
      look();
    }})""")


def opened(browser, path):
    """Open a file in the panel, and return what it says then."""
    browser.run(f"{SAID[:-12]}.textContent = ''")
    choose(browser, path, "[data-key=zip]")
    wait_for(browser, f"{SAID} && !{SAID}.startsWith('Reading')")
    return browser.run(SAID)


def test_the_files_made_here_are_those_of_movielens():
    known = (ROOT / "src" / "recdl" / "movielens.py").read_text(encoding="utf-8")
    md5 = hashlib.md5(tables()["ml-100k/u.data"]).hexdigest()
    assert f"MD5 is\n# {md5}" in known


@pytest.mark.parametrize(
    ("layout", "how"),
    [
        ("GroupLens", zipfile.ZIP_DEFLATED),
        ("GroupLens", zipfile.ZIP_STORED),
        ("RecBole", zipfile.ZIP_DEFLATED),
    ],
)
def test_a_zip_gives_the_matrix_of_the_package(show, tmp_path, layout, how):
    (tmp_path / "ml-100k.zip").write_bytes(zipped(tables(layout), how))
    browser = show("live")
    browser.run(
        "document.body.append(recdl.html('input', {type: 'file', id: 'given'}))"
    )
    choose(browser, tmp_path / "ml-100k.zip", "#given")
    found = browser.run(
        "recdl.live.open(given.files[0]).then(({titles, gram}) => ({titles, gram: [...gram]}))"
    )
    positives, most = most_rated()
    place = [np.flatnonzero(positives.item_ids == item)[0] for item in most]
    gram = nine.baselines.common_users(positives).toarray()[np.ix_(place, place)]
    assert np.array_equal(found["gram"], gram.ravel())
    assert found["titles"] == titles_of(most)


def test_a_reader_opens_the_zip_and_is_answered_at_once(show, tmp_path):
    (tmp_path / "my copy.zip").write_bytes(zipped(tables()))
    browser = show("live")
    driven(browser, [[("all", None)]])
    assert browser.run(SAID).endswith("open your own ml-100k.zip.")
    assert opened(browser, tmp_path / "my copy.zip").startswith(
        "The 300 most rated films."
    )
    (numbers,) = driven(
        browser,
        [
            [
                ("film", 0),
                ("add", None),
                ("film", 7),
                ("add", None),
                ("l2", L2.index(200)),
            ]
        ],
    )
    compare(most_rated, numbers, [0, 7], 200, 7)
    assert browser.said == []
    assert not [
        address for address in browser.fetched if not address.startswith("file:")
    ]
    (numbers,) = driven(browser, [[("again", None), ("all", None), ("again", None)]])
    assert numbers["n"] == 6


def bad_files():
    """Return files that are refused, and a part of the sentence."""
    good, members = zipped(tables()), tables()
    middle = (
        good[:100_000] + bytes(b ^ 255 for b in good[100_000:100_008]) + good[100_008:]
    )
    other = members | {
        "ml-100k/u.data": members["ml-100k/u.data"].replace(
            b"196\t242\t3", b"196\t242\t4"
        )
    }
    missing = {name: text for name, text in members.items() if "item" in name}
    return {
        "text.zip": (b"no archive", "is no zip, or not a whole one"),
        "empty.zip": (b"", "is no zip, or not a whole one"),
        "half.zip": (good[: len(good) // 2], "is no zip, or not a whole one"),
        "flipped.zip": (middle, "is damaged"),
        "other.zip": (zipped(other), "holds other ratings"),
        "missing.zip": (zipped(missing), "is a zip without u.data and u.item"),
        "nothing.zip": (zipped({}), "is a zip without u.data and u.item"),
        "bomb.zip": (zipped(members | {"u.data": bytes(20_000_000)}), "is damaged"),
    }


def test_another_or_damaged_file_is_refused_with_a_sentence(show, tmp_path):
    browser = show("live")
    files = bad_files()
    for name, (content, _) in files.items():
        (tmp_path / name).write_bytes(content)
    with open(tmp_path / "large.zip", "wb") as large:
        large.truncate(60_000_000)
    wanted = {name: words for name, (_, words) in files.items()} | {
        "large.zip": "has 60 MB"
    }
    for name, words in wanted.items():
        said = opened(browser, tmp_path / name)
        assert said.startswith(f"{name} {words}")
        assert said.endswith(
            "Choose the ml-100k.zip of GroupLens as you downloaded it."
        )
    assert browser.said == []
    (numbers,) = driven(browser, [[("film", 1), ("add", None)]])
    assert numbers["titles"] == ["Airplane!", "Die Hard", "Brazil"]


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
    seen = "getComputedStyle(root.querySelector('[data-key={}]')).display"
    assert browser.run(seen.format("why-0-0")) != "none"
    assert browser.run(seen.format("up-0")) == "none"
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
