"""The paper's track: the ``recommenders`` library's own NCF, fed fast and saved.

Paper section IV.E. Importing that NCF switches TensorFlow's eager execution off for the whole process
(its code is TensorFlow 1), so this module imports it inside the functions that need it, and a notebook that
uses it cannot use Keras models as well.
"""

import dataclasses
import importlib.metadata
import json
import logging
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd

from recdl import provenance
from recdl.checks import check_at_least
from recdl.files import replacing, write_csv
from recdl.interactions import Interactions, check_batch, epoch_samples
from recdl.paper import Settings
from recdl.progress import Progress, Status
from recdl.quiet import no_startup_notes
from recdl.ratings import PAIR

ARTEFACTS = "artefacts"


class NCFData:
    """Training data with the interface of the library's ``Dataset``, kept in arrays.

    `NCF.fit` asks for four dictionaries and for `train_loader`, and gets the same positives, negatives of the
    same distribution, and the same number of full batches as from the library's own class.

    Parameters
    ----------
    train : DataFrame
        Columns ``userID`` and ``itemID``; the order of rows fixes the positions of users and items.
    n_negatives : int
        Negatives for each positive, drawn anew for every epoch.
    seed : int
        Seed of the negatives and of the shuffling.
    """

    def __init__(self, train: pd.DataFrame, n_negatives: int = 4, *, seed: int):
        check_at_least(0, n_negatives=n_negatives, seed=seed)
        self.positives = Interactions(train)
        self.n_users, self.n_items = (
            self.positives.n_users,
            self.positives.n_items,
        )
        self.n_negatives = n_negatives
        self.rng = np.random.default_rng(seed)
        self.id2user = dict(enumerate(self.positives.user_ids.tolist()))
        self.id2item = dict(enumerate(self.positives.item_ids.tolist()))
        self.user2id = {user: position for position, user in self.id2user.items()}
        self.item2id = {item: position for position, item in self.id2item.items()}

    def train_loader(self, batch_size: int) -> Iterator[tuple[list, list, np.ndarray]]:
        """Yield one epoch in batches: user and item identifiers, labels (1 positive, 0 not).

        Like the library's, it drops what is left over after the last full batch; there must be one.
        """
        check_batch(self.positives, self.n_negatives, batch_size)
        users, items, labels = epoch_samples(
            self.positives, self.n_negatives, rng=self.rng
        )
        users = self.positives.user_ids[users]
        items = self.positives.item_ids[items]
        for begin in range(0, len(labels) - batch_size + 1, batch_size):
            batch = slice(begin, begin + batch_size)
            yield users[batch].tolist(), items[batch].tolist(), labels[batch]


def build(data: NCFData, settings: Settings):
    """Return the library's untrained NeuMF for this data.

    Returns
    -------
    recommenders.models.ncf.ncf_singlenode.NCF
    """
    with no_startup_notes(), warnings.catch_warnings():
        # tf_slim calls an old name of a TensorFlow function; it works, and we cannot change it.
        warnings.filterwarnings("ignore", message="`layer.apply` is deprecated")
        from recommenders.models.ncf.ncf_singlenode import NCF

        model = NCF(
            n_users=data.n_users,
            n_items=data.n_items,
            model_type="NeuMF",
            n_factors=settings.n_factors,
            layer_sizes=list(settings.layer_sizes),
            n_epochs=settings.n_epochs,
            batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            verbose=1,  # a log line for every epoch, where `fit` reads the losses
            seed=settings.seed,
        )
    _set_ids(model, data)
    return model


def _set_ids(model, data):
    # `fit` copies these, but a model that was loaded instead needs them for `predict` as well.
    model.user2id, model.item2id = data.user2id, data.item2id
    model.id2user, model.id2item = data.id2user, data.id2item


class _LossLog(logging.Handler):
    """Read the losses out of the log lines of `NCF.fit`, which returns no history."""

    def __init__(self, progress):
        super().__init__()
        self.losses, self.progress = [], progress

    def emit(self, record):
        found = re.search(r"train_loss = (\S+)", record.getMessage())
        if found:
            if not math.isfinite(float(found[1])):
                raise ValueError(
                    f"In epoch {len(self.losses) + 1} the training of the library's NCF diverged: its loss "
                    f"is {found[1]}. Use a smaller learning_rate."
                )
            self.losses.append(float(found[1]))
            self.progress.step(f"loss {self.losses[-1]:.4f}")


def fit(model, data: NCFData) -> list[float]:
    """Train the library's model for its number of epochs and return the mean loss of each epoch.

    Raises
    ------
    ValueError
        As soon as a loss is not finite.
    RuntimeError
        If the library did not log one loss for each epoch.
    """
    logger = logging.getLogger("recommenders.models.ncf.ncf_singlenode")
    level, propagate = logger.level, logger.propagate
    with Progress(model.n_epochs, "NeuMF", "epochs") as progress:
        log = _LossLog(progress)
        logger.addHandler(log)
        logger.setLevel(logging.INFO)
        logger.propagate = False
        try:
            model.fit(data)
        finally:
            logger.removeHandler(log)
            logger.setLevel(level)
            logger.propagate = propagate
    if len(log.losses) != model.n_epochs:
        raise RuntimeError(
            f"The library logged {len(log.losses)} losses in {model.n_epochs} epochs: its log lines have "
            "changed, and recdl.recommenders_ncf has to read them differently."
        )
    return log.losses


def count_parameters(model) -> int:
    """Count the numbers that training adjusts in the library's model."""
    with model.sess.graph.as_default():
        import tensorflow as tf

        return int(sum(np.prod(v.shape) for v in tf.compat.v1.trainable_variables()))


def _run_folder(train, settings, folder) -> pathlib.Path:
    # Everything that decides what the trained model is, so that a folder never holds another run's model. The
    # order of the rows is part of it: it fixes which row of an embedding table belongs to which user.
    packages = ("recommenders", "tensorflow", "numpy")
    name = provenance.sha256(
        provenance.fingerprint(build, fit),
        train[PAIR].to_csv(index=False),
        repr(settings),
        *map(importlib.metadata.version, packages),
    )
    return pathlib.Path(folder) / f"neumf-{name[:12]}"


def save(
    model,
    losses: list[float],
    train: pd.DataFrame,
    settings: Settings,
    folder=ARTEFACTS,
):
    """Keep a trained model and its losses for the next chapter; complete or absent, never half.

    Returns
    -------
    pathlib.Path
        The folder of this run, named after its settings and data.
    """
    target = _run_folder(train, settings, folder)
    run = {"settings": dataclasses.asdict(settings), "losses": losses}
    with replacing(target) as new:
        with model.sess.graph.as_default():
            model.save(str(new))
        (new / "run.json").write_text(json.dumps(run, indent=1), encoding="utf-8")
    return target


def trained(train: pd.DataFrame, settings: Settings, folder=ARTEFACTS):
    """Return the model that `save` kept for these settings and data, or train it now.

    Returns
    -------
    model : NCF
    losses : list of float
        The mean training loss of each epoch.
    """
    data = NCFData(train, settings.n_negatives, seed=settings.seed)
    check_batch(data.positives, settings.n_negatives, settings.batch_size)
    model = build(data, settings)
    kept = _run_folder(train, settings, folder)
    if (kept / "run.json").exists():
        with model.sess.graph.as_default():
            model.load(neumf_dir=str(kept))
        losses = json.loads((kept / "run.json").read_text(encoding="utf-8"))["losses"]
    else:
        losses = fit(model, data)
        save(model, losses, train, settings, folder)
    return model, losses


def losses_of_run(
    train: pd.DataFrame, settings: Settings, folder=ARTEFACTS
) -> list[float]:
    """Return the losses of the run that `trained` would return, from any process.

    What is missing is trained in a process of its own, so that a notebook that uses Keras can call this.

    Raises
    ------
    RuntimeError
        If that process failed; with its last words.
    """
    check_batch(Interactions(train), settings.n_negatives, settings.batch_size)
    kept = _run_folder(train, settings, folder) / "run.json"
    if not kept.exists():
        with tempfile.TemporaryDirectory() as place:
            table = write_csv(train[PAIR], pathlib.Path(place) / "train.csv")
            _train_elsewhere(str(table), settings, str(folder))
    return json.loads(kept.read_text(encoding="utf-8"))["losses"]


def _train_elsewhere(table, settings, folder):
    arguments = [table, json.dumps(dataclasses.asdict(settings)), folder]
    code = "import sys; from recdl import recommenders_ncf as n; n.train_here(*sys.argv[1:])"
    command = [sys.executable, "-c", code, *arguments]
    with (
        Progress(settings.n_epochs, "NCF of the library", "epochs") as progress,
        Status() as status,
        tempfile.TemporaryFile("w+") as said,
    ):
        process = subprocess.Popen(command, stderr=said, env=status.environment())
        try:
            while process.poll() is None:
                time.sleep(0.2)
                progress.follow(status)
        finally:
            process.terminate()
            process.wait()
        progress.follow(status)
        if process.returncode:
            said.seek(0)
            last = "".join(said.readlines()[-20:])
            raise RuntimeError(f"Training the library's NCF failed:\n{last}")


def train_here(table: str, settings: str, folder: str):
    """Do what `losses_of_run` wants of another process: train, and keep the run."""
    options = json.loads(settings)
    options["layer_sizes"] = tuple(options["layer_sizes"])
    trained(pd.read_csv(table), Settings(**options), folder)
