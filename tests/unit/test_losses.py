"""The losses against slow and obvious versions, one place after another."""

import numpy as np
import pytest

from later import Later

losses = Later("recdl.losses")

N_ITEMS, PADDING = 7, 7
NEXT = np.array(
    [[[1, 2, 3], [2, 3, 7]], [[0, 7, 7], [7, 7, 7]]], dtype="int32"
)  # (2, 2, 3); the last place has no next film
LOGITS = np.random.default_rng(0).normal(size=(2, 2, N_ITEMS)).astype("float32")


def places():
    """Yield the logits of each place that has a next film, and the films that follow it."""
    for row, following in zip(
        LOGITS.reshape(-1, N_ITEMS), NEXT.reshape(-1, 3), strict=True
    ):
        films = [film for film in following if film != PADDING]
        if films:
            yield row.astype(float), films


@pytest.mark.parametrize("n_next", [1, 2, 3])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_cross_entropy_of_each_place(n_next, smoothing):
    costs = []
    for logits, films in places():
        logs = logits - np.log(np.exp(logits).sum())
        wanted, weights = np.zeros(N_ITEMS), [1, 0.8, 0.64][: len(films[:n_next])]
        for film, weight in zip(films, weights, strict=False):
            wanted[film] = weight / sum(weights)
        wanted = (1 - smoothing) * wanted + smoothing / N_ITEMS
        costs.append(-(wanted * logs).sum())
    loss = losses.CrossEntropy(n_next, smoothing)
    next_films = NEXT[..., :n_next]
    found = loss(LOGITS, *loss.answers(next_films, N_ITEMS, None))
    assert float(found) == pytest.approx(np.mean(costs), rel=1e-5)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("t", [0, 0.75, 1])
@pytest.mark.parametrize("n_negatives", [1, 3, 6])
def test_gbce_of_each_place(n_negatives, t):
    loss = losses.GBCE(n_negatives, t)
    next_films = NEXT[..., :1]
    _, times = answers = loss.answers(next_films, N_ITEMS, np.random.default_rng(5))
    alpha = n_negatives / (N_ITEMS - 1)
    beta = alpha * (t * (1 - 1 / alpha) + 1 / alpha)
    assert beta == pytest.approx({0: 1, 0.75: 1 - 0.75 * (1 - alpha), 1: alpha}[t])
    costs = []
    for (logits, (film, *_)), drawn in zip(
        places(), times.reshape(-1, N_ITEMS), strict=False
    ):
        cost = -np.log(sigmoid(logits[film]) ** beta)
        for negative in np.repeat(np.arange(N_ITEMS), drawn.astype(int)):
            cost -= np.log(1 - sigmoid(logits[negative]))
        costs.append(cost / (1 + n_negatives))
    assert float(loss(LOGITS, *answers)) == pytest.approx(np.mean(costs), rel=1e-5)


def test_each_film_but_the_next_one_is_drawn_equally_often():
    next_films = np.repeat(np.int32([[[0]], [[3]], [[6]]]), 500, axis=1)
    loss = losses.GBCE(n_negatives=6)
    _, times = loss.answers(next_films, N_ITEMS, np.random.default_rng(1))
    assert times.shape == (3, 500, N_ITEMS)
    assert times.dtype == "float32"
    assert (times.sum(axis=-1) == 6).all()
    for row, film in zip(times.sum(axis=1), (0, 3, 6), strict=True):
        assert row[film] == 0
        others = np.delete(row, film)
        assert (abs(others - 500) < 5 * np.sqrt(3000 * 5 / 36)).all()


def test_negatives_follow_the_generator():
    loss, next_films = losses.GBCE(n_negatives=4), NEXT[..., :1]
    first, same, other = (
        loss.answers(next_films, N_ITEMS, np.random.default_rng(seed))[1].tolist()
        for seed in (1, 1, 2)
    )
    assert first == same != other


def test_losses_of_the_same_options_are_equal():
    assert losses.CrossEntropy(3) == losses.CrossEntropy(np.int64(3), 0.0)
    assert losses.CrossEntropy(3) != losses.CrossEntropy(4)
    assert losses.CrossEntropy() != losses.GBCE()
    assert hash(losses.GBCE(4)) == hash(losses.GBCE(4))


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("CrossEntropy", {"n_next": 0}, "n_next must be"),
        ("CrossEntropy", {"n_next": True}, "n_next must be"),
        ("CrossEntropy", {"smoothing": 1}, "smoothing must be from 0 to below 1"),
        ("CrossEntropy", {"smoothing": np.nan}, "smoothing must be"),
        ("CrossEntropy", {"smoothing": "no"}, "smoothing must be"),
        ("GBCE", {"n_negatives": 0}, "n_negatives must be"),
        ("GBCE", {"t": 1.1}, "t must lie between 0 and 1"),
        ("GBCE", {"t": np.nan}, "t must lie between 0 and 1"),
    ],
)
def test_senseless_options_are_refused(name, options, words):
    with pytest.raises(ValueError, match=words):
        getattr(losses, name)(**options)


def test_more_negatives_than_films_are_refused():
    loss = losses.GBCE(n_negatives=N_ITEMS)
    with pytest.raises(ValueError, match=r"smaller than the catalogue of 7 films"):
        loss.answers(NEXT[..., :1], N_ITEMS, np.random.default_rng(0))
