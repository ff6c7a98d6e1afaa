"""Data of MovieLens for the panel of chapter 9, which a reader may lay beside their own pages.

    python -m tools.book --films

The whole matrix gives histories of people away: the data passport says how. This one is of the 300 films that
most people have; but MovieLens may not be passed on in any form, so `tools.bundle` refuses these pages, the
book's tests fail with them, and the next build without the word takes the data away again. A page that was
published reads the reader's own ml-100k.zip instead.
"""

import json
from pathlib import Path

import numpy as np

from recdl import baselines, movielens, splits
from recdl.course import newcomer
from recdl.interactions import Interactions

NAME, PANEL = "films.js", "live"
MARK = "recdl.atHand ="  # with which the data begin, and nothing else
N_FILMS = 300
WIDTH, N_PASSES = 8, 100  # of GMF


def data() -> dict:
    """Return the titles, how many people each two films have in common, and the vectors of a GMF.

    Of the matrix each row begins at its diagonal.
    """
    train = splits.course_split(movielens.load_ratings()).train
    positives = Interactions(train)
    most = np.argsort(-np.bincount(positives.items), kind="stable")[:N_FILMS]
    films = movielens.load_movies().set_index("itemID").loc[positives.item_ids[most]]
    gram = baselines.common_users(positives)[most][:, most].toarray().astype(int)
    ones = baselines.as_rows(positives)[:, most].toarray()
    titles = (films["title"] + " (" + films["year"].astype(str) + ")").tolist()
    gram = gram[np.triu_indices(N_FILMS)].tolist()
    return {"titles": titles, "gram": gram, "gmf": newcomer.gmf(ones, WIDTH, N_PASSES)}


def lay(folder: Path):
    """Write the data as a script: a page that was opened by a double click may read no other file."""
    text = json.dumps(data(), ensure_ascii=False, separators=(",", ":"))
    (folder / NAME).write_text(f"{MARK} {text};\n", encoding="utf-8")
