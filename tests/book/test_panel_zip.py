"""The live recommender reads a reader's own zip into the package's matrix, and refuses other files.

The zips are made here, from this machine's copy of MovieLens, and thrown away.
"""

import functools
import hashlib
import io
import zipfile

import numpy as np
import pytest
import test_panels
from test_panel_live import L2, SAID, compare, most_rated, nine
from test_panels import driven

from recdl import movielens
from tools import ROOT

show = test_panels.show  # a fixture


def titles_of(items):
    table = movielens.load_movies().set_index("itemID").loc[items]
    return (table["title"] + " (" + table["year"].astype(str) + ")").tolist()


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
    told = opened(browser, tmp_path / "my copy.zip")
    assert told.startswith("The 300 most rated films. GMF needs trained vectors")
    driven(browser, [[("step-1", None)]])
    assert browser.run(SAID).endswith("a zip has none: it is not shown.")
    assert browser.run("root.textContent.includes('not shown')")
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
    short = {
        name: text.splitlines()[0] if "item" in name else text
        for name, text in members.items()
    }
    untitled = {
        name: b"no table" if "item" in name else text for name, text in members.items()
    }
    missing = {name: text for name, text in members.items() if "item" in name}
    return {
        "text.zip": (b"no archive", "is no zip, or not a whole one"),
        "empty.zip": (b"", "is no zip, or not a whole one"),
        "half.zip": (good[: len(good) // 2], "is no zip, or not a whole one"),
        "flipped.zip": (middle, "is damaged"),
        "other.zip": (zipped(other), "holds other ratings"),
        "missing.zip": (zipped(missing), "is a zip without u.data and u.item"),
        "short.zip": (zipped(short), "does not name all films that were rated"),
        "untitled.zip": (zipped(untitled), "does not name all films that were rated"),
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
    browser.run("Blob.prototype.arrayBuffer = async () => { throw new Error(); }; 0")
    said = opened(browser, tmp_path / "text.zip")  # another program has taken it away
    assert said.startswith("text.zip cannot be read.")
    assert browser.said == []
    (numbers,) = driven(browser, [[("film", 1), ("add", None)]])
    assert numbers["titles"] == ["Airplane!", "Die Hard", "Brazil"]
