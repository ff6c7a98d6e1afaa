"""Chapter 2's exhibit: a sigmoid in the model, and one more inside the loss."""

import numpy as np

from recdl import interactions
from recdl.checks import check_at_least
from recdl.course.museum import Exhibit, permalink


def sigmoid(z):
    """Return 1 / (1 + exp(-z)), without overflow."""
    return (1 + np.tanh(z / 2)) / 2


def pair_loss_broken(liked, other):
    """Return the loss of a pair of outputs, small if the first is higher."""
    liked, other = sigmoid(liked), sigmoid(other)  # the model's last activation
    return -np.log(sigmoid(liked - other))


def pair_loss(liked, other):
    """Return the loss of a pair of outputs, small if the first is higher."""
    return np.logaddexp(0, other - liked)  # -log(sigmoid(liked - other))


def check_pair_loss(loss):
    """Ask that a right pair costs nothing, and that a wrong one is pushed hard."""
    right = float(loss(10.0, -10.0))
    assert right < 0.01, (
        f"a pair in the right order by 20 still costs {right:.3f}; it should cost 0"
    )
    push = float(loss(-10.0, 10.0) - loss(-9.0, 10.0))
    assert push > 0.5, f"one step towards the right order saves {push:.6f}, not 1"


def train_vectors(loss, positives, *, n_factors=16, n_epochs=10, seed=42):
    """Learn a vector for each user and film from pairs of films: rated, and not rated.

    A film's score is the product of the two vectors. The slopes of the loss come from nudging, so that any
    pair loss can be handed in. Adam with learning rate 0.01, batches of 1,024, first numbers of size 0.01, 10
    epochs: as in the source of the exhibit since it has the second sigmoid (without its small weight decay).

    Parameters
    ----------
    loss : callable
        Gets the scores of rated films, (n,), and of others, (n,); returns the loss of each pair, (n,).
    positives : recdl.interactions.Interactions
        The training data.
    n_factors, n_epochs, seed : int
        The length of a vector, how often each positive is used, and the source of randomness.

    Returns
    -------
    users, films : ndarrays of shape (n_users, n_factors) and (n_films, n_factors)
    losses : list of float
        The mean loss of each epoch.
    """
    check_at_least(1, n_epochs=n_epochs, n_factors=n_factors)
    rng = np.random.default_rng(seed)
    tables = [
        rng.normal(scale=0.01, size=(n_rows, n_factors))
        for n_rows in (positives.n_users, positives.n_items)
    ]
    move, losses = _adam(tables), []
    by_user = np.argsort(positives.users, kind="stable")
    users, rated = positives.users[by_user], positives.items[by_user]
    for _ in range(n_epochs):
        others, total = _one_for_each(positives, rng), 0.0
        order = rng.permutation(len(users))
        for rows in np.array_split(order, max(1, len(order) // 1024)):
            total += _pairs(tables, move, loss, users[rows], rated[rows], others[rows])
        losses.append(total / len(users))
    return *tables, losses


def _one_for_each(positives, rng):
    """Draw a film that is not rated for each rating, in the order of the users."""
    users, films = interactions.sample_negatives(positives, 1, rng=rng)
    if len(films) < len(positives):
        raise ValueError("A user has rated more than half of the films.")
    return films[np.argsort(users, kind="stable")]


def _pairs(tables, move, loss, users, rated, others, nudge=1e-4):
    user, film, other = tables[0][users], tables[1][rated], tables[1][others]
    high, low = (user * film).sum(axis=1), (user * other).sum(axis=1)
    to_high = (loss(high + nudge, low) - loss(high - nudge, low))[:, None]
    to_low = (loss(high, low + nudge) - loss(high, low - nudge))[:, None]
    slopes = [np.zeros_like(table) for table in tables]
    np.add.at(slopes[0], users, to_high * film + to_low * other)
    np.add.at(slopes[1], rated, to_high * user)
    np.add.at(slopes[1], others, to_low * user)
    move([slope / (2 * nudge * len(users)) for slope in slopes])
    return loss(high, low).sum()


def _adam(tables, rate=1e-2):
    means, squares = ([np.zeros_like(table) for table in tables] for _ in range(2))
    n_steps = 0

    def move(slopes):
        nonlocal n_steps
        n_steps += 1
        for table, slope, mean, square in zip(
            tables, slopes, means, squares, strict=True
        ):
            mean += 0.1 * (slope - mean)
            square += 0.001 * (slope**2 - square)
            scale = np.sqrt(square / (1 - 0.999**n_steps)) + 1e-8
            table -= rate * mean / (1 - 0.9**n_steps) / scale

    return move


EXHIBITS = [
    Exhibit(
        title="sigmoid in the model and again inside the loss",
        source=permalink("d2l-ai/d2l-en", "chapter_recommender-systems/neumf.md#L67"),
        broken=pair_loss_broken,
        mended=pair_loss,
        check=check_pair_loss,
    )
]
