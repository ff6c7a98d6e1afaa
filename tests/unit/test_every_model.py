"""What every model promises: scores for users by position, of any form; no other users."""

import numpy as np
import pytest

from later import Later
from recdl import baselines, from_libraries, ordered, ranking, toy
from recdl.blend import Blend, Mean
from recdl.interactions import Interactions
from recdl.ratings import by_user_and_time

models, next_item = Later("recdl.models"), Later("recdl.next_item")
sequence, recurrent = Later("recdl.sequence"), Later("recdl.recurrent")
POSITIVES = Interactions(by_user_and_time(toy.RATINGS))
N_USERS, N_ITEMS = 5, 6
SIZES = {"n_users": N_USERS, "n_items": N_ITEMS, "n_factors": 2, "layer_sizes": (4, 2)}


def self_attention():
    history = next_item.histories(POSITIVES, 3)
    return sequence.SelfAttention(history, N_ITEMS, width=4, n_blocks=1)


def blend():
    table = ranking.ScoreTable(np.arange(30.0).reshape(N_USERS, N_ITEMS))
    return Blend(table, baselines.Popularity(POSITIVES), 0.5)


MAKE = {
    "Popularity": lambda: baselines.Popularity(POSITIVES),
    "UserKNN": lambda: baselines.UserKNN(POSITIVES, 2),
    "ItemKNN": lambda: baselines.ItemKNN(POSITIVES, 2),
    "PureSVD": lambda: baselines.PureSVD(POSITIVES, 2),
    "EASE": lambda: baselines.EASE(POSITIVES, 1.0),
    "Transitions": lambda: ordered.Transitions(POSITIVES),
    "SLIST": lambda: ordered.SLIST(POSITIVES),
    "VSKNN": lambda: ordered.VSKNN(POSITIVES, 2),
    "SLIM": lambda: from_libraries.SLIM(POSITIVES),
    "IALS": lambda: from_libraries.IALS(POSITIVES, 2, n_epochs=1),
    "BPR": lambda: from_libraries.BPR(POSITIVES, 2, n_epochs=1),
    "GMF": lambda: models.GMF(**SIZES),
    "MLP": lambda: models.MLP(**SIZES),
    "NeuMF": lambda: models.NeuMF(**SIZES),
    "SelfAttention": self_attention,
    "GRU4Rec": lambda: recurrent.GRU4Rec(next_item.histories(POSITIVES, 3), N_ITEMS, 4),
    "ScoreTable": lambda: ranking.ScoreTable(np.zeros((N_USERS, N_ITEMS))),
    "Blend": blend,
    "Mean": lambda: Mean([blend(), baselines.Popularity(POSITIVES)]),
}


@pytest.fixture(scope="module", params=MAKE)
def model(request):
    return MAKE[request.param]()


WRONG = {
    "-1 is not the last": [-1],
    "-1 among others": [0, -1, 2],
    "one behind the last": [5],
    "far behind": [0, 99],
    "too large for an index": [10**30],
    "floats": [0.0, 1.0],
    "a half": [0.5],
    "NaN": [np.nan],
    "truth values": [True, False],
    "texts": ["0"],
    "None": [None],
    "a table": [[0, 1], [2, 3]],
    "a row": [[0, 1]],
    "a number": 0,
    "a text": "0",
}


def refuse(users, model):
    words = r"(?s)positions, 0 to 4; received .* Interactions\.user_position turns"
    with pytest.raises(ValueError, match=words):
        model.scores(users)
    with pytest.raises(ValueError, match=words):
        ranking.top_k(model, POSITIVES, 2, users=users)


def test_users_that_are_no_positions_are_refused(model):
    for users in WRONG.values():
        refuse(users, model)
        refuse(np.array(users), model)


def test_users_may_come_in_any_form_and_order(model):
    everyone = model.scores(np.arange(N_USERS))
    assert everyone.shape == (N_USERS, N_ITEMS)
    for users in ([3, 1], (3, 1), np.array([3, 1], dtype="uint8")):
        np.testing.assert_allclose(model.scores(users), everyone[[3, 1]], rtol=1e-5)


def test_scores_of_nobody_are_an_empty_table(model):
    assert model.scores([]).shape == (0, N_ITEMS)


def test_the_answer_is_the_callers_and_not_the_models(model):
    """A row that was overwritten would change what the model says next."""
    scores = model.scores([2])
    before = scores.copy()
    if scores.flags.writeable:
        scores[:] = -7
    assert (model.scores([2]) == before).all()
