"""The panels in a browser: their numbers are the package's, each key works, and nothing is ever lost.

A panel needs no book: the tests open a page that holds nothing but panels, as a file.
"""

import base64
import functools
import itertools
import json
import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recdl import evaluation, interactions, ranking, splits, toy
from recdl.course import panels, part
from tools import ROOT, below
from tools.panels import as_loaded
from tools.project import COURSE

NAMES = list(panels.panels())
SCRIPTS = below(ROOT / "panels")
N_STATES = 200
# What a reader does, in the page: `drive(root, [[key, value], …])`; `null` is a click. It waits for all
# numbers, and returns them; `touch` does not.
DRIVE = """
window.drive = (root, settings) => {
  touch(root, settings);
  return root.recdl();
};
window.touch = (root, settings) => {
  for (const [key, value] of settings) {
    const control = root.querySelector(`[data-key="${key}"]`);
    if (value === null) { control.click(); continue; }
    control.value = value;
    control.dispatchEvent(new Event("input"));
    control.dispatchEvent(new Event("change"));
  }
};
window.commit = (root) => {
  root.querySelector('[type="radio"]').click();
  root.querySelector('[data-key="predict"]').click();
};
"""
SHOWN = """(caption) => {
  const [table] = [...document.querySelectorAll("table")].filter((t) => t.caption.textContent === caption);
  return [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent));
}"""


@functools.cache
def laid():
    """Return the address of a folder with the scripts and the style as a page loads them."""
    folder = Path(tempfile.mkdtemp(prefix="recdl-panels-"))
    for path in SCRIPTS:
        (folder / path.name).write_text(as_loaded(path), encoding="utf-8")
    return folder.as_uri()


@functools.cache
def scripts_of(name):
    """Return the addresses of a panel's scripts; its data, if it has any, stand in the address itself."""
    own = [f"{laid()}/{panels.script_of(name)}.js"]
    if name not in panels.data():
        return own
    data = base64.b64encode(panels.data_script(name).encode()).decode()
    return [f"data:text/javascript;base64,{data}", *own]


def built_pages(*parts):
    """Return the built pages of the book that hold one of these parts."""
    texts = {p: p.read_text("utf-8") for p in (COURSE.html / "book").glob("*.html")}
    return sorted(p for p, text in texts.items() if any(part in text for part in parts))


@functools.cache
def html_of(name):
    """Return a panel as it stands in the book; some take seconds to compute."""
    return panels.panels()[name]().to_html(name)


def page_with(names, panel_of=html_of):
    """Return a page that holds these panels, as `tools.panels` lays them into the book."""
    addresses = itertools.chain.from_iterable(map(scripts_of, ("parts", *names)))
    loaded = "".join(f'<script defer src="{each}"></script>' for each in addresses)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Panels</title>'
        '<meta name="viewport" content="width=device-width">'
        f'<link rel="stylesheet" href="{laid()}/panels.css">{loaded}</head>'
        f"<body><main>{''.join(map(panel_of, names))}</main></body></html>"
    )


@pytest.fixture
def show(browser, tmp_path):
    """Return a function that opens a page with one panel; its prediction is made unless said otherwise."""

    def open_it(name, *, commit=True, width=700):
        page = tmp_path / "page.html"
        page.write_text(page_with([name]), encoding="utf-8")
        browser.window(width)
        browser.open(page)
        browser.run(DRIVE + "window.root = document.querySelector('.recdl-panel');")
        if commit:
            browser.run("commit(root)")
        return browser

    return open_it


each_panel = pytest.mark.parametrize("name", NAMES)


def driven(browser, settings):
    """Return the numbers of the panel after each of these settings, from keys of controls to values."""
    settings = [
        list(each.items() if isinstance(each, dict) else each) for each in settings
    ]
    return browser.run(f"{json.dumps(settings)}.map((each) => drive(root, each))")


# All panels


@each_panel
def test_the_first_state_is_the_table_of_the_package(show, name):
    panel = panels.panels()[name]()
    rows = [panel.table.columns.tolist(), *panel.table.to_numpy().tolist()]
    for commit in (False, True):
        shown = show(name, commit=commit).run(f"({SHOWN})({json.dumps(panel.caption)})")
        assert shown == rows


@each_panel
def test_a_panel_fetches_nothing_and_writes_nothing_to_the_console(show, name):
    browser = show(name)
    assert browser.said == []
    assert all(address.startswith((laid(), "data:")) or address.endswith("page.html")
               for address in browser.fetched)  # fmt: skip


@each_panel
def test_a_panel_begins_with_a_prediction_and_ends_with_what_was_to_be_seen(show, name):
    browser = show(name, commit=False)
    visible = "!root.querySelector('{}').hidden"
    assert not browser.run(visible.format(".recdl-controls"))
    browser.run("root.querySelector('[data-key=predict]').click()")
    status = "root.querySelector('[role=status]').textContent"
    assert browser.run(status) == "Choose one of the answers first."
    browser.run("commit(root)")
    assert browser.run(visible.format(".recdl-controls"))
    assert browser.run("root.contains(document.activeElement)")
    lesson = browser.run("root.querySelector('.recdl-lesson p').textContent")
    assert lesson.startswith("You predicted: ")
    seen = browser.run("root.querySelector('.recdl-lesson b').textContent")
    assert seen.endswith(".")
    assert len(seen.split()) >= 7
    assert seen in lesson


@each_panel
def test_a_panel_is_no_wider_than_a_telephone(show, name):
    browser = show(name, width=390)
    browser.run("root.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert browser.run("document.scrollingElement.scrollWidth") <= 390


@each_panel
def test_print_shows_the_state_without_controls(show, name):
    browser = show(name)
    browser.window(700, media="print")
    seen = "getComputedStyle(root.querySelector('{}')).display"
    assert browser.run(seen.format(".recdl-controls")) == "none"
    assert browser.run(seen.format("table")) != "none"
    browser.window(700)


@each_panel
def test_sliders_at_their_ends_and_all_buttons_give_numbers_and_a_sentence(show, name):
    browser = show(name)
    trouble = browser.run("""(async () => {
      const trouble = [];
      const read = (what) => {
        const text = root.textContent + root.innerHTML;
        if (/NaN|Infinity|undefined/.test(text)) trouble.push(`${what}: not a number`);
      };
      const look = (what) => {
        read(what);
        if (!root.querySelector("[role=status]").textContent) trouble.push(`${what}: no sentence`);
        root.querySelector("[role=status]").textContent = "";
      };
      const all = (what) => [...root.querySelectorAll(`.recdl-view ${what}, .recdl-controls ${what}`)];
      for (const slider of all("[type=range]")) {
        for (const end of ["min", "max"]) {
          touch(root, [[slider.dataset.key, slider[end]]]);
          look(slider.dataset.key);
        }
        root.recdl();
        read(slider.dataset.key);
      }
      for (const list of all("select")) {
        for (const option of list.options) {
          touch(root, [[list.dataset.key, option.value]]);
          look(list.dataset.key);
          for (const button of all("button")) { button.click(); look(button.dataset.key); }
        }
        root.recdl();
        read(list.dataset.key);
      }
      for (const control of all("button, [type=radio]:not(:checked), [type=checkbox]")) {
        if (!root.contains(control)) continue;  // of another list
        control.focus();
        control.click();
        look(control.dataset.key);
        if (!root.contains(document.activeElement)) trouble.push(`${control.dataset.key}: focus lost`);
      }
      return trouble;
    })()""")
    assert trouble == []
    assert browser.said == []


@each_panel
def test_a_table_stays_where_the_panel_cannot_begin(browser, tmp_path, name):
    page = page_with([name]).replace("data-state=", "data-no-state=")
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    browser.open(tmp_path / "page.html")
    assert browser.run("document.querySelectorAll('table.dataframe').length") == 1
    assert browser.said != []


def test_an_unknown_panel_is_refused():
    with pytest.raises(ValueError, match=r"There are: .*neuron"):
        panels.panel("neurone")


def test_the_fallback_says_where_the_panel_moves(capsys):
    panels.panel("neuron")
    text = panels.panels()["neuron"]().to_html("neuron")
    assert '<a href="setup.md">' in text


def test_the_scripts_are_small_and_need_nothing_else():
    assert sum(len(as_loaded(path).encode()) for path in SCRIPTS) < 80_000
    used = {"fetch", "import", "require", "localStorage", "http://", "https://"}
    for path in SCRIPTS:
        text = path.read_text(encoding="utf-8").replace(
            "http://www.w3.org/2000/svg", ""
        )
        assert not [word for word in used if f"{word}(" in text or f"{word} " in text]


def test_each_panel_has_a_script():
    names = {path.stem for path in SCRIPTS if path.suffix == ".js"}
    assert names == {*map(panels.script_of, NAMES), "parts"}


def test_random_numbers_are_those_of_numpy_to_the_last_bit(show):
    browser = show("neuron")
    for seed in (0, 1, 42, 99, 2**31, 2**32 - 1):
        ours = browser.run(f"[...recdl.random({seed}).uniform(-0.7, 0.7, 50)]")
        assert ours == np.random.default_rng(seed).uniform(-0.7, 0.7, 50).tolist()
        for n in (2, 943, 2**31 + 1):
            script = f"((rng) => Array.from({{ length: 50 }}, () => rng.integer({n})))(recdl.random({seed}))"
            numbers = np.random.default_rng(seed).integers(n, size=50)
            assert browser.run(script) == numbers.tolist()


# Chapter 2

two = part(2, "panels")


def test_a_neuron_answers_as_the_package_does(show):
    rng, wishes = np.random.default_rng(1), list(two.WISHES)
    states = [
        dict(zip(("w1", "w2", "b"), rng.integers(-6, 7, 3) / 2, strict=True))
        for _ in range(N_STATES)
    ]
    wanted = rng.choice(wishes, N_STATES).tolist()
    settings = [
        state | {f"wish-{wish}": None}
        for state, wish in zip(states, wanted, strict=True)
    ]
    for found, state, wish in zip(
        driven(show("neuron"), settings), states, wanted, strict=True
    ):
        sums = two.sums(**state)
        assert found["sums"] == sums.tolist()
        assert found["right"] == ((sums > 0) == two.WISHES[wish]).sum()


def test_and_is_solved_by_the_keyboard_alone(show):
    """Past the button of the full screen: choose, commit, the wish, two weights and the bias."""
    browser = show("neuron", commit=False)
    right, left = "ArrowRight", "ArrowLeft"
    keys = ["Tab", "Tab", " ", "Tab", "Enter"]  # the focus goes on to the wish
    keys += [left, "Tab", right, right, "Tab", right, right, "Tab", left, left]
    for key in keys:
        browser.press(key)
        assert browser.run("root.contains(document.activeElement)"), key
        assert browser.run("document.activeElement.matches(':focus-visible')"), key
    assert browser.run("root.recdl()")["right"] == 4
    said = browser.run("root.querySelector('[role=status]').textContent")
    assert said == "Wish “and”: 4 of 4 right. This wish is fulfilled."


def test_three_of_four_is_the_best_for_xor():
    grid = np.arange(-3, 3.5, 0.5)
    right = {
        name: max(
            ((two.sums(w1, w2, b) > 0) == wanted).sum()
            for w1 in grid
            for w2 in grid
            for b in grid
        )
        for name, wanted in two.WISHES.items()
    }
    assert right == {"and": 4, "or": 4, "xor": 3}


@functools.cache
def networks():
    """Return random settings of the network with its numbers, as the package has them."""
    rng, made = np.random.default_rng(2), []
    for _ in range(N_STATES):
        width, seed = int(rng.integers(1, 17)), int(rng.integers(0, 100))
        rate = float(rng.choice([0.01, 0.1, 0.5, 2]))
        n_steps = int(rng.choice([0, 1, 10, 11, 100]))
        weights = two.trained(two.new_weights(seed, width), rate, n_steps)
        made.append(((width, seed, rate, n_steps), weights))
    return made


def flat(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


def test_a_network_learns_as_the_package_does(show):
    settings = []
    for (width, seed, rate, n_steps), _ in networks():
        clicks = {
            f"step-{n}": None
            for n in (1, 10, 100)
            if f"{n_steps:03}"[-len(str(n))] == "1"
        }
        settings.append({"width": width, "seed": seed, "rate": f"{rate:g}"} | clicks)
    found = driven(show("mlp"), settings)
    for numbers, ((*_, n_steps), weights) in zip(found, networks(), strict=True):
        assert numbers["steps"] == n_steps
        close = functools.partial(np.testing.assert_allclose, rtol=0, atol=1e-9)
        close(numbers["weights"], flat(weights))
        close(numbers["slopes"], flat(two.backward(weights)))
        close(numbers["logits"], two.forward(weights)[1])
        close(numbers["loss"], two.log_loss(weights))


def test_the_slopes_are_those_that_nudging_finds():
    nudge = 1e-5
    for _, weights in networks()[:50]:
        slopes = two.backward(weights)
        for array, slope in zip(weights, slopes, strict=True):
            for place in np.ndindex(array.shape):
                kept, losses = array[place], []
                for array[place] in (kept + nudge, kept - nudge):
                    losses.append(two.log_loss(weights))
                array[place] = kept
                change = (losses[0] - losses[1]) / (2 * nudge)
                assert abs(slope[place] - change) < 1e-8


def test_a_thousand_steps_give_the_loss_of_the_chapter(show):
    """It records the loss before its last step."""
    clicks = ["step-100", "step-10", "step-1"]
    found = driven(show("mlp"), [{click: None} for click in clicks for _ in range(9)])
    (chapter,) = (n for n in COURSE.notebooks() if n.chapter == 2)
    assert found[-1]["steps"] == 999
    assert found[-1]["loss"] == pytest.approx(chapter.results()["xor_loss"], abs=1e-6)


def starts(width, n_starts=200, n_steps=3000, rate=0.5):
    """Train many first weights at once; return which learn XOR, and which have a neuron that is dead."""
    made = [two.new_weights(seed, width) for seed in range(n_starts)]
    w_in, b_in, w_out, b_out = (np.stack(arrays) for arrays in zip(*made, strict=True))
    x, wanted = two.inputs(), np.array(two.WISHES["xor"])
    for step in range(n_steps + 1):
        sums = x @ w_in + b_in[:, None]
        hidden = np.maximum(0, sums)
        logits = (hidden @ w_out[:, :, None])[:, :, 0] + b_out
        if step == n_steps:
            break
        to_logit = ((1 + np.tanh(logits / 2)) / 2 - wanted) / len(x)
        to_sum = to_logit[:, :, None] * w_out[:, None] * (sums > 0)
        w_out = w_out - rate * (hidden * to_logit[:, :, None]).sum(axis=1)
        b_out = b_out - rate * to_logit.sum(axis=1, keepdims=True)
        w_in, b_in = w_in - rate * x.T @ to_sum, b_in - rate * to_sum.sum(axis=1)
    return ((logits > 0) == wanted).all(axis=1), (hidden.max(axis=1) == 0).any(axis=1)


def test_of_the_starts_with_two_hidden_neurons_a_quarter_learns(show):
    """As the panel counts, and as its last sentence says."""
    learns, has_dead = starts(2)
    assert learns.mean() == pytest.approx(0.25, abs=0.05)
    assert has_dead[~learns].mean() > 0.5
    assert starts(8)[0].mean() > 0.95
    browser = show("mlp")
    driven(browser, [{"width": 2, "count": None}])
    told = "/of 200 starts learn/.test(root.querySelector('[role=status]').textContent)"
    browser.run(f"""new Promise((done) => {{
      const look = () => {told} ? done() : setTimeout(look, 20);
      look();
    }})""")
    assert browser.run("root.recdl()")["learnt"] == {"2 (rate 0.5)": learns.sum()}


# Chapter 6

six = part(6, "panels")


def judged(person, films):
    """Return by k the metrics of a list, from titles and whether they are relevant, as the package ranks."""
    user = {name: user for user, name in toy.USERS.items()}[person]
    items = toy.MOVIES.set_index("title")["itemID"]
    positives = interactions.Interactions(
        splits.chronological_split(toy.RATINGS, 0.5).train
    )
    scores = np.zeros((positives.n_users, positives.n_items))
    for place, (title, _) in enumerate(films):
        column = np.flatnonzero(positives.item_ids == items[title])
        scores[positives.user_position(user), column] = -1 - place
    top = ranking.top_k(ranking.ScoreTable(scores), positives, 6)
    wanted = [items[title] for title, is_relevant in films if is_relevant]
    if not wanted:
        return dict.fromkeys(range(1, 7))
    test = pd.DataFrame({"userID": user, "itemID": wanted})
    relevant, found = evaluation.Relevant(test, positives), {}
    for k in range(1, 7):
        row = evaluation.evaluate(top, relevant, ks=(k,)).loc[user]
        columns = [f"precision_at_{k}", f"recall_at_{k}", "map", f"ndcg_at_{k}"]
        found[k] = row[columns].tolist()
    return found


def steps_to(order, goal):
    """Return the clicks that bring films into another order."""
    order, clicks = list(order), []
    for place, film in enumerate(goal):
        clicks += [(f"up-{film}", None)] * (order.index(film) - place)
        order.remove(film)
        order.insert(place, film)
    return clicks


def same_metrics(numbers, expected):
    if expected is None:
        assert numbers["values"] is None
        assert numbers["n"] == 0
    else:
        np.testing.assert_allclose(numbers["values"], expected, rtol=0, atol=1e-12)


def test_every_order_of_every_list_is_judged_as_by_the_package(show):
    settings, about = [], []
    for person, films in six.lists().items():
        order = range(len(films))
        for goal in itertools.permutations(order):
            clicks = [(f"person-{person}", None), *steps_to(order, goal)]
            now = [(films[i]["title"], films[i]["relevant"]) for i in goal]
            for k, expected in judged(person, now).items():
                settings.append([*clicks, ("k", k)])
                about.append((now, expected, k))
                clicks, order = [], goal
    assert len(settings) >= N_STATES
    found = driven(show("metrics"), settings)
    for numbers, (now, expected, k) in zip(found, about, strict=True):
        assert numbers["films"] == [list(film) for film in now]
        same_metrics(numbers, expected)
        if expected:
            hit = [is_relevant for _, is_relevant in now]
            assert numbers["terms"] == list(six.terms(hit, sum(hit), k).values())


def test_any_film_may_be_relevant_and_so_may_none(show):
    settings = [[("person-Chloe", None), ("k", k)] for k in (1, 2, 3, 4)]
    settings += [[(f"relevant-{i}", None)] for i in (1, 0, 2, 3, 1)]
    *_, last = found = driven(show("metrics"), settings)
    assert found[4]["n"] == 0
    assert all(relevant for _, relevant in last["films"])
    for numbers in found[4:]:
        same_metrics(numbers, judged("Chloe", numbers["films"])[4])


def test_a_film_is_dragged_to_another_place(show):
    browser = show("metrics")
    places = browser.run("""[...root.querySelectorAll('.recdl-handle')].map((handle) => {
      const { x, y, height } = handle.getBoundingClientRect();
      return [x + 5, y + height / 2];
    })""")
    about = {"button": "left", "clickCount": 1}
    for kind, (x, y) in zip(
        ("Pressed", "Moved", "Released"), (places[0], places[2], places[2]), strict=True
    ):
        browser.call("Input.dispatchMouseEvent", type=f"mouse{kind}", x=x, y=y, **about)
    titles = [title for title, _ in browser.run("root.recdl()")["films"]]
    assert titles == ["Die Hard", "Casablanca", "Airplane!", "Brazil"]


def test_average_precision_gains_most_when_the_hit_comes_first():
    low, high = (six.values(hit, 1, 2) for hit in ([False, True], [True, False]))
    gains = {name: high[name] - low[name] for name in low}
    assert max(gains, key=gains.get) == "average precision"
    assert round(gains["NDCG"], 3) == 0.369
    assert all(film["relevant"] for film in six.lists()["Eva"])


# Chapter 1

one = part(1, "panels")


@functools.cache
def tables():
    """Return tables with their learnt products.

    The first; all that differ in one cell; empty and full ones; and a random walk, in the first half of which
    Ana's row stays as it is.
    """
    first, rng = one.rated(), np.random.default_rng(3)
    flips = np.eye(first.size, dtype=int).reshape(-1, *first.shape)
    made = [first, *((first + flips) % 2), 0 * first, 0 * first + 1]
    for value in (0, 1):
        made.append(np.vstack([[value] * 6, first[1:]]))
    made.append(first)
    for step in range(N_STATES):
        table = made[-1].copy()
        people = rng.integers(int(step < N_STATES / 2), 5, 4)
        table[people, rng.integers(0, 6, 4)] ^= 1
        made.append(table)
    made = np.stack(made)
    cells = [[made[:, u, i] for i in range(6)] for u in range(5)]
    return made, np.transpose(one.products(cells))


def test_the_methods_answer_as_the_package_does(show):
    made, learnt = tables()
    now, settings = made[0], []
    for table in made:
        places = np.argwhere(table != now)
        settings.append([(f"cell-{u}-{i}", None) for u, i in places])
        now = table
    for numbers, table, products in zip(
        driven(show("toy_table"), settings), made, learnt, strict=True
    ):
        assert numbers["rated"] == table.tolist()
        for method, score in one.scores(table, products).items():
            np.testing.assert_allclose(
                numbers["scores"][method], score, rtol=0, atol=1e-9
            )
            assert numbers["answers"][method] == one.answer(table, score)


def test_the_last_sentence_of_the_toy_table_is_true():
    first = one.rated()

    def answers(table):
        return {name: one.answer(table, s) for name, s in one.scores(table).items()}

    without = first.copy()
    without[4, 4] = 0  # Eva's E.T.
    before, after = answers(first), answers(without)
    assert sum(before[name] != after[name] for name in before) == 3
    new = first.copy()
    new[0] = 0
    assert [name for name, films in answers(new).items() if films] == ["popularity"]
    unseen = first.copy()
    unseen[:, 5] = 0  # Fargo
    found = {name for name, films in answers(unseen).items() if 5 in films}
    assert found == {"content-based"}


def test_only_content_never_changes_with_other_people():
    made, learnt = tables()
    found = {name: set() for name in one.scores(made[0])}
    for table, products in zip(made, learnt, strict=True):
        if (table[0] == made[0][0]).all():
            for name, score in one.scores(table, products).items():
                found[name].add(tuple(one.answer(table, score)))
    assert [name for name, seen in found.items() if len(seen) == 1] == ["content-based"]


def test_a_panel_takes_no_class_from_another_part_of_a_page():
    """A check box of a panel was once taken for an answer box, and a script of the page stopped."""
    of_panels = (ROOT / "panels" / "panels.css").read_text(encoding="utf-8")
    of_pages = (ROOT / "book" / "_static" / "course.css").read_text(encoding="utf-8")
    names = [set(re.findall(r"\.(recdl-\w+)", text)) for text in (of_panels, of_pages)]
    assert all(names)
    assert not names[0] & names[1]
