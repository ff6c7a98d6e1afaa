"""The library's NCF: its feed, its losses, what is kept. TensorFlow runs elsewhere: library_in_process.py."""

import json
import logging
import pathlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from recdl import files, paper, recommenders_ncf


@pytest.fixture
def train():
    """Return interactions of 30 users with 40 films, some users with too few unseen films."""
    rng = np.random.default_rng(5)
    rows = [
        (user, 100 + item)
        for user in range(1, 31)
        for item in rng.permutation(40)[: 3 + user]
    ]
    return pd.DataFrame(rows, columns=["userID", "itemID"]).assign(rating=4.0)


@pytest.fixture
def both_feeds(train, tmp_path):
    """Return the library's Dataset and the course's replacement, for the same training table."""
    from recommenders.models.ncf.dataset import Dataset

    path = files.write_csv(train, tmp_path / "train.csv")
    return Dataset(train_file=str(path), n_neg=4, seed=0), recommenders_ncf.NCFData(
        train, 4, seed=0
    )


def one_epoch(feed, batch_size):
    """Collect one epoch: its batches, and all its rows as a table."""
    batches = list(feed.train_loader(batch_size))
    columns = (
        np.concatenate([batch[column] for batch in batches]) for column in range(3)
    )
    return batches, pd.DataFrame(
        dict(zip(["userID", "itemID", "label"], columns, strict=True))
    )


def test_feed_has_the_positions_of_the_library(both_feeds):
    theirs, ours = both_feeds
    for name in ("user2id", "item2id", "id2user", "id2item"):
        assert dict(getattr(theirs, name)) == getattr(ours, name)
    assert (theirs.n_users, theirs.n_items) == (ours.n_users, ours.n_items)


def test_feed_has_the_positives_of_the_library(both_feeds):
    pairs = [
        set(
            map(
                tuple,
                epoch[epoch["label"] == 1][["userID", "itemID"]].astype(int).to_numpy(),
            )
        )
        for epoch in (one_epoch(feed, 1)[1] for feed in both_feeds)
    ]
    assert pairs[0] == pairs[1]


def test_feed_has_as_many_negatives_for_each_user_as_the_library(both_feeds):
    counts = [
        epoch[epoch["label"] == 0].groupby("userID").size().to_dict()
        for epoch in (one_epoch(feed, 1)[1] for feed in both_feeds)
    ]
    assert counts[0] == counts[1]
    assert counts[1][30] == 40 - 33  # capped: 33 films seen, 7 left
    assert counts[1][1] == 4 * 4  # not capped


def test_feed_never_calls_a_seen_film_negative_nor_draws_one_twice(both_feeds, train):
    _, epoch = one_epoch(both_feeds[1], 1)
    negatives = epoch[epoch["label"] == 0]
    assert negatives.merge(train, on=["userID", "itemID"]).empty
    assert not negatives.duplicated().any()


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_feed_has_as_many_full_batches_as_the_library(both_feeds, batch_size):
    theirs, ours = (one_epoch(feed, batch_size)[0] for feed in both_feeds)
    assert len(theirs) == len(ours)
    assert {len(batch[0]) for batch in ours} == {batch_size}


def test_feed_is_drawn_and_shuffled_anew_in_each_epoch(both_feeds):
    ours = both_feeds[1]
    first, second = (one_epoch(ours, 1)[1] for _ in range(2))
    assert first["label"].tolist() != second["label"].tolist()
    assert set(first[first["label"] == 0].itertuples(index=False)) != set(
        second[second["label"] == 0].itertuples(index=False)
    )


def test_feed_repeats_itself_with_the_same_seed_only(train):
    epochs = [
        one_epoch(recommenders_ncf.NCFData(train, 4, seed=seed), 8)[1]
        for seed in (1, 1, 2)
    ]
    assert epochs[0].equals(epochs[1])
    assert not epochs[0].equals(epochs[2])


def test_losses_are_read_from_the_log_lines():
    class Logging:
        n_epochs = 2

        def fit(self, data):
            log = logging.getLogger("recommenders.models.ncf.ncf_singlenode")
            log.info("Epoch 1 [0.10s]: train_loss = 0.500000 ")
            log.info("Epoch 2 [0.10s]: train_loss = 0.250000 ")

    assert recommenders_ncf.fit(Logging(), data=None) == [0.5, 0.25]


@pytest.mark.parametrize("loss", ["nan", "inf"])
def test_a_training_that_diverges_stops_at_once(loss):
    class Diverging:
        n_epochs, n_trained = 3, 0

        def fit(self, data):
            log = logging.getLogger("recommenders.models.ncf.ncf_singlenode")
            for value in ("0.500000", loss, loss):
                self.n_trained += 1
                log.info(f"Epoch {self.n_trained} [0.10s]: train_loss = {value} ")

    model = Diverging()
    words = f"In epoch 2 .* NCF diverged: its loss is {loss}. Use a smaller learning"
    with pytest.raises(ValueError, match=words):
        recommenders_ncf.fit(model, data=None)
    assert model.n_trained == 2


@pytest.mark.parametrize(
    "use", [recommenders_ncf.trained, recommenders_ncf.losses_of_run]
)
def test_a_batch_larger_than_the_data_is_refused_before_anything_starts(
    use, train, tmp_path, monkeypatch
):
    monkeypatch.setattr(recommenders_ncf, "build", None)
    monkeypatch.setattr(recommenders_ncf, "_train_elsewhere", None)
    settings = paper.Settings(n_epochs=1, batch_size=10**5)
    with pytest.raises(ValueError, match=r"A batch of 100000 is larger than all \d+"):
        use(train, settings, tmp_path)


def test_feed_without_a_full_batch_is_refused(train):
    feed = recommenders_ncf.NCFData(train, 4, seed=0)
    with pytest.raises(ValueError, match=r"A batch of 100000 is larger than all \d+"):
        next(feed.train_loader(10**5))


def test_a_library_that_logs_otherwise_is_noticed():
    class Silent:
        n_epochs = 2

        def fit(self, data):
            pass

    with pytest.raises(RuntimeError, match="logged 0 losses in 2 epochs"):
        recommenders_ncf.fit(Silent(), data=None)


@pytest.fixture(scope="module")
def in_process(tmp_path_factory):
    """Train the library's NCF on invented data, in another process, and return what it saw."""
    script = pathlib.Path(__file__).with_name("library_in_process.py")
    folder = tmp_path_factory.mktemp("library")
    # The last rule wins: some warnings of deprecation are warnings for users, too.
    strict = ["-W", "error::UserWarning", "-W", "ignore::DeprecationWarning"]
    done = subprocess.run(
        [sys.executable, *strict, script, folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr, folder


def test_training_returns_a_falling_loss_for_each_epoch(in_process):
    losses = in_process[0]["losses"]
    assert len(losses) == 8
    assert losses[-1] < losses[0] < 0.7


def test_the_same_seed_gives_the_same_losses_and_another_seed_others(in_process):
    seen = in_process[0]
    assert seen["losses"] == seen["losses_again"]
    assert seen["losses"] != seen["losses_other_seed"]


def test_parameters_are_counted_as_by_hand(in_process):
    users, films = 30, 40
    by_hand = (users + films) * (6 + 4) + (8 * 4 + 4) + (6 + 4)
    assert in_process[0]["n_parameters"] == by_hand


def test_a_kept_model_predicts_what_it_did_before(in_process):
    seen = in_process[0]
    assert seen["predictions_loaded"] == seen["predictions"]
    assert seen["losses_loaded"] == seen["losses"]


def test_losses_of_a_kept_model_can_be_read_without_tensorflow_1(in_process):
    seen, _, folder = in_process
    layers = {"layer_sizes": tuple(seen["settings"]["layer_sizes"])}
    settings = paper.Settings(**seen["settings"] | layers)
    losses = recommenders_ncf.losses_of_run(
        pd.DataFrame(seen["train"]), settings, folder
    )
    assert losses == seen["losses"]


def test_a_failed_training_elsewhere_shows_its_last_words(tmp_path):
    with pytest.raises(RuntimeError, match="No such file or directory"):
        recommenders_ncf._train_elsewhere(
            "nowhere.csv", paper.Settings(), str(tmp_path)
        )


def test_only_the_same_settings_and_data_find_the_kept_model(in_process):
    folders = in_process[0]["folders"]
    assert len(set(folders)) == len(folders)


def test_an_interrupted_save_leaves_no_folder(in_process):
    assert in_process[0]["after_interrupt"] == []


def test_tensorflow_starts_without_notes(in_process):
    notes = [
        line for line in in_process[1].splitlines() if line and "NeuMF" not in line
    ]
    assert notes == []


def test_importing_the_deep_models_runs_no_operation_of_tensorflow(in_process):
    """It would look for a GPU, and say so; that shall wait until there is something to compute."""
    assert in_process[0]["begun"] == [False, True]
