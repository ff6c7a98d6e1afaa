"""Ranks that add up their gradients train as one process does; here they are threads of this one."""

import contextlib
import dataclasses
import json

import numpy as np
import pytest

from recdl import interactions, models, splits, training
from recdl.distributed import checkpoints
from recdl.distributed import rank as ranks
from recdl.paper import Settings
from test_distributed import in_threads
from test_distributed import larger as ratings

SETTINGS = Settings(n_factors=2, layer_sizes=(4, 2), n_epochs=2, batch_size=256)
POSITIVES = interactions.Interactions(splits.course_split(ratings()).train)


def write_samples(folder):
    """Write what the process that shuffles writes."""
    rng = np.random.default_rng(SETTINGS.seed)
    for epoch in range(1, SETTINGS.n_epochs + 1):
        place = folder / "epochs" / f"{epoch:04}"
        place.mkdir(parents=True)
        columns = interactions.epoch_samples(POSITIVES, rng=rng)
        for name, column in zip(ranks.SAMPLES, columns, strict=True):
            np.save(place / f"{name}.npy", column)
        state = json.dumps(rng.bit_generator.state)
        (place / "rng.json").write_text(state)


def train(folder, n_epochs, attempt, n_ranks=2):
    """Let the ranks train in a folder, and return the state of each, and the checkpoint."""
    names = ("n_factors", "layer_sizes", "seed")
    model = {name: getattr(SETTINGS, name) for name in names}
    model |= {"n_users": POSITIVES.n_users, "n_items": POSITIVES.n_items}
    job = {"folder": str(folder), "attempt": attempt, "host": "127.0.0.1"}
    job |= {"token": "ab" * 32, "n_ranks": n_ranks, "model": model, "settings": "{}"}
    job |= dataclasses.asdict(SETTINGS) | {"n_epochs": n_epochs}
    (folder / attempt).mkdir(parents=True)

    def work(rank):
        with contextlib.closing(ranks.Rank(job, rank)) as mine:
            mine.train()
            return mine.learner.state()

    return in_threads(work, n_ranks), checkpoints.read(folder)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Train two ranks for two epochs without a break."""
    folder = tmp_path_factory.mktemp("whole")
    write_samples(folder)
    return train(folder, 2, "first")


def assert_same(some, others):
    assert some.keys() == others.keys()
    for name in some:
        np.testing.assert_array_equal(some[name], others[name])


def test_both_ranks_have_the_same_bits(whole):
    (first, second), kept = whole
    assert_same(first, second)
    assert_same(first, {name: kept[name] for name in first})


def test_two_ranks_learn_what_one_process_learns(whole):
    _, kept = whole
    sizes = POSITIVES.n_users, POSITIVES.n_items
    model = models.NeuMF(*sizes, SETTINGS.n_factors, SETTINGS.layer_sizes)
    history = training.fit(model, POSITIVES, SETTINGS)
    np.testing.assert_allclose(kept["losses"], history.losses, rtol=0, atol=1e-6)
    vector = np.concatenate([numbers.ravel() for numbers in model.get_weights()])
    np.testing.assert_allclose(kept["vector"], vector, rtol=0, atol=1e-6)
    made = models.NeuMF(*sizes, SETTINGS.n_factors, SETTINGS.layer_sizes, seed=1)
    checkpoints.put(made, kept["vector"])
    users = np.arange(3)
    np.testing.assert_allclose(made.scores(users), model.scores(users), atol=1e-5)


def test_a_training_that_was_stopped_goes_on_with_the_same_bits(whole, tmp_path):
    write_samples(tmp_path)
    train(tmp_path, 1, "first")
    _, kept = train(tmp_path, 2, "second")
    assert_same(kept, whole[1])


def test_a_damaged_checkpoint_is_named(tmp_path):
    checkpoints.path_in(tmp_path).write_bytes(b"PK\3\4 and no more")
    with pytest.raises(OSError, match="cannot be read"):
        checkpoints.read(tmp_path)
