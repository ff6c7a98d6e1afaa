"""The panel of protocols: its numbers are those of the tables, and so is what it says about them."""

import functools
import itertools
import re

import numpy as np
import pytest
from test_panels import N_STATES, driven, show  # noqa: F401

from recdl import sampled
from recdl.course import panels, part
from recdl.experiments import plan, questions, summary, tables

protocols, eight = part(8, "protocols"), part(8, "panels")
finals = functools.cache(summary.finals)
splits = functools.cache(functools.partial(plan.load, "splits"))
SEEN = "root.querySelector('[role=status]').textContent"


def drawn_settings(n):
    """Return n pairs of a setting and a reference system: each has three things drawn anew.

    Few have sampled negatives, which are slow in Python. One split can have seen films in the lists.
    """
    rng = np.random.default_rng(4)
    draw = {
        "split": lambda: str(rng.choice([*protocols.SPLITS, protocols.FIRST.split])),
        "seen": lambda: bool(rng.random() < 0.5),
        "metric": lambda: str(rng.choice([*protocols.METRICS])),
        "k": lambda: int(rng.integers(1, 11)),
        "negatives": lambda: int(rng.integers(1, 1001)) if rng.random() < 0.4 else None,
        "reference": lambda: str(rng.choice(protocols.names())),
    }
    now = {name: of() for name, of in draw.items()}
    for _ in range(n):
        for name in rng.choice([*draw], 3, replace=False):
            now[name] = draw[name]()
        shown = now["negatives"] if now["split"] == protocols.LAST else None
        seen = now["seen"] and now["split"] == protocols.FIRST.split
        setting = protocols.Setting(now["split"], now["metric"], now["k"], shown, seen)
        yield setting, now["reference"]


def clicks(setting, reference, before=None):
    """Return what a reader does to come to a setting from the one before."""
    wanted = [_controls(each) for each in (setting, before) if each]
    other = dict(wanted[0].items() - (wanted[1].items() if before else ()))
    return other | {"reference": reference}


def clicked(setting, before):
    """Return what a reader clicks after the other controls: a box is ticked and not given a value."""
    return {"seen": None} if setting.seen != before.seen else {}


def _controls(setting):
    is_sampled = setting.negatives is not None
    return {
        "split": setting.split,
        "metric": setting.metric,
        "k": setting.k,
        "candidates": "sampled negatives" if is_sampled else "all films",
        "negatives": setting.negatives or 99,
    }


def same(found, expected):
    """Compare numbers; what was not computed is None in the browser and NaN here."""
    found = np.array(found, dtype=float)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("quarter", range(4))  # which processes can share
def test_any_setting_gives_what_the_package_gives(show, quarter):  # noqa: F811
    chosen = list(drawn_settings(N_STATES))
    assert sum(setting.seen for setting, _ in chosen) > N_STATES / 20
    chosen = chosen[quarter::4]
    browser, found = show("protocol"), []
    before = None
    for setting, reference in chosen:
        box = clicked(setting, before or protocols.FIRST)
        found += driven(browser, [clicks(setting, reference, before) | box])
        before = setting
    systems = range(len(protocols.names()))
    for numbers, (setting, reference) in zip(found, chosen, strict=True):
        ahead = protocols.names().index(reference)
        assert numbers["users"] == len(protocols.values(setting))
        assert numbers["order"] == protocols.order(setting)
        assert numbers["swapped"] == [list(pair) for pair in protocols.swapped(setting)]
        assert numbers["certain"] == len(protocols.certain(setting))
        same(numbers["means"], protocols.values(setting).mean())
        same(numbers["own"], [protocols.interval(setting, a) for a in systems])
        same(numbers["minus"], [protocols.interval(setting, a, ahead) for a in systems])


@pytest.mark.parametrize(
    "setting",
    [
        protocols.FIRST,
        protocols.Setting("by time", "MRR", 3),
        protocols.Setting(protocols.LAST, "HR", 10, 99),
    ],
)
def test_its_intervals_are_those_of_the_book(setting):
    values = protocols.values(setting)
    for a, b in itertools.pairwise(range(len(protocols.names()))):
        one, other = values.iloc[:, a], values.iloc[:, b]
        same(protocols.interval(setting, a), summary.interval(one))
        same(protocols.interval(setting, a, b), summary.difference(one, other))


def test_the_first_state_says_what_the_list_of_all_systems_says():
    table = eight.protocol().table.set_index("system")
    users = summary.by_user(finals())
    for name, row in table.iterrows():
        assert row["mean"] == summary.text(users[name])
        if name != summary.PAPER:
            minus = summary.difference(users[name], users[summary.PAPER])
            text = row[eight.MINUS].replace("\N{MINUS SIGN}", "-")
            read = re.findall(r"[+-]?\d\.\d+", text)
            assert [float(each) for each in read] == [round(each, 4) for each in minus]
            assert text.endswith("✓") == (minus.low > 0 or minus.high < 0)


def test_the_page_holds_every_row_to_the_last_bit(show):  # noqa: F811
    browser = show("protocol")
    found = browser.run("""Object.assign({}, ...recdl.data.protocol.tables.map((table) => {
      const plain = ({ counts, rows }) => [[...counts], rows.map((seeds) => seeds.map((row) => [...row]))];
      const all = Object.entries(recdl.protocol.unpacked(table));
      return Object.fromEntries(all.map(([split, of]) => [split, plain(of)]));
    }))""")
    ranks, n_candidates = summary.leave_one_out()
    counts, rows = found.pop("leave-one-out")
    assert counts == n_candidates.tolist()
    assert rows == [ranks[name].tolist() for name in protocols.names()]
    assert {*found, "leave-one-out"} == {*protocols.SPLITS.values(), protocols.SEEN}
    for split, (counts, rows) in found.items():
        n_relevant = protocols.n_relevant(split)
        assert [n for n in counts if n] == [n for n in n_relevant.tolist() if n]
        hits = protocols.hits(split)
        for name, seeds in zip(protocols.names(), rows, strict=True):
            made = [tables.encode_hits(hit[n_relevant > 0]) for hit in hits[name]]
            kept = [[row[i] for i, n in enumerate(counts) if n] for row in seeds]
            assert ["".join(f"{number:03x}" for number in row) for row in kept] == made


def test_the_data_are_small_and_hold_hits_and_ranks_only():
    text = panels.data_script("protocol")
    assert len(text.encode()) < 200_000
    data = eight.data()
    assert set(data) == {"tables"}
    for table in data["tables"]:
        assert set(table) == {"splits", "users", "rows", "seeds", "text"}


# What it says


def swaps(before, now):
    """Count pairs of systems in another order, the slow way."""
    pairs = itertools.combinations(protocols.names(), 2)
    return sum(
        (before[a] > before[b] + 1e-12 and now[a] < now[b] - 1e-12)
        or (before[a] < before[b] - 1e-12 and now[a] > now[b] + 1e-12)
        for a, b in pairs
    )


@functools.cache
def by_split(split):
    """Return the mean NDCG@10 of each system, from the rows of a split."""
    table = splits()
    return summary.by_user(table[table["split"] == split]).mean()


def test_the_swaps_are_counted_right():
    found, first = protocols.findings(), summary.by_user(finals()).mean()
    assert found["random"] == swaps(first, by_split("random"))
    assert found["time"] == swaps(first, by_split("time"))
    assert found["ties"] == max(swaps(first, by_split(f"ties {i}")) for i in (1, 2, 3))
    ranks, n_candidates = summary.leave_one_out()
    last = {name: sampled.ndcg_at(rank).mean() for name, rank in ranks.items()}
    few = {
        name: np.mean(
            [sampled.expected(sampled.hit_at, row, n_candidates, 99) for row in rank]
        )
        for name, rank in ranks.items()
    }
    assert found["last"] == swaps(first, last)
    assert found["sampled"] == swaps(first, few)
    metrics = [summary.by_user(finals(), metric).mean() for metric in summary.METRICS]
    assert found["metric"] >= max(swaps(first, other) for other in metrics)


def test_the_split_decides_and_the_metric_hardly_matters():
    """The lesson: if rows of another tuning say otherwise, the sentence must change."""
    found = protocols.findings()
    assert found["metric"] < min(found[name] for name in ("random", "time"))
    assert found["metric_certain"] < min(
        found[f"{name}_certain"] for name in ("random", "time")
    )
    lesson = eight.protocol().state["lesson"]
    assert f"{found['metric']} of {found['pairs']} pairs" in lesson
    assert "{" not in lesson


def test_popularity_passes_ease_where_seen_films_are_left_in():
    """The lesson says so. Its ten films are the same for everybody, so they are easily found anew."""
    split = questions.split_of("paper")
    most = split.train["itemID"].value_counts()
    assert most.iloc[9] > most.iloc[10]
    hits = split.test["itemID"].isin(most.index[:10])
    (hit,) = protocols.hits(protocols.SEEN)["popularity"]
    assert hit.sum() == hits.sum()
    setting, place = protocols.Setting(seen=True), protocols.names().index
    pair = place("popularity"), place("EASE")
    assert np.diff(protocols.means(setting)[[*pair]]) < 0
    assert pair in protocols.certain(setting)


def test_the_question_has_an_answer_that_is_not_to_be_seen_yet():
    question = eight.protocol().state["question"]
    assert question["right"] in question["choices"]
    assert 3 <= len(question["choices"]) <= 5
    random = by_split("random")
    assert random[question["right"]] == pytest.approx(random.max(), abs=1e-12)


# With the keyboard, and while the intervals are computed


def test_the_random_split_is_reached_by_the_keyboard_alone(show):  # noqa: F811
    browser = show("protocol", commit=False)
    for key in ["Tab", "Tab", " ", "Tab", "Enter", *["ArrowDown"] * 4]:
        browser.press(key)
        assert browser.run("root.contains(document.activeElement)"), key
        assert browser.run("document.activeElement.matches(':focus-visible')"), key
    found = browser.run("root.recdl()")
    assert found["order"] == protocols.order(protocols.Setting("random"))
    first = protocols.names()[found["order"][0]]
    assert browser.run(SEEN).startswith(
        f"{first} comes first. {len(found['swapped'])} of "
    )
    assert browser.run(SEEN).endswith("for certain.")


def test_the_means_are_there_before_the_intervals_and_these_follow(show):  # noqa: F811
    browser = show("protocol")
    caption = "root.querySelector('caption').textContent"
    at_once = browser.run(f"""(() => {{
      const list = root.querySelector("[data-key=metric]");
      list.value = "HR";
      list.dispatchEvent(new Event("change"));
      return {caption};
    }})()""")
    assert "of 153. Reference" in at_once.replace(
        f"{protocols.findings()['pairs']}", "153"
    )
    browser.run(f"""new Promise((done) => {{
      const look = () => (/for certain/.test({caption}) ? done() : setTimeout(look, 20));
      look();
    }})""")
    found = browser.run(
        "[...root.querySelectorAll('tbody tr')].map((row) => row.cells[2].textContent)"
    )
    setting = protocols.Setting(metric="HR")
    expected = [
        eight.with_interval(protocols.interval(setting, a))
        for a in protocols.order(setting)
    ]
    assert found == expected


def test_only_a_held_out_film_has_candidates_to_choose(show):  # noqa: F811
    browser = show("protocol")
    hidden = """['candidates', 'negatives', 'seen'].map((key) => (
      root.querySelector(`[data-key=${key}]`).parentElement.hidden
    ))"""
    assert browser.run(hidden) == [True, True, False]
    driven(browser, [{"seen": None, "split": protocols.LAST}])
    assert browser.run(hidden) == [False, True, True]
    driven(browser, [{"candidates": "sampled negatives", "negatives": 1}])
    assert browser.run(hidden) == [False, False, True]
    found = driven(browser, [{"split": "random"}])
    assert browser.run(hidden) == [True, True, True]
    assert found[0]["order"] == protocols.order(protocols.Setting("random"))
