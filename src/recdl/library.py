"""The paper's track: the ``recommenders`` library's own NCF, fed fast, saved, and evaluated.

Paper sections IV.E and V. Importing that NCF switches TensorFlow's eager execution off for the whole process
(its code is TensorFlow 1), so this module imports it inside the functions that need it, and a notebook that
uses it cannot use Keras models as well.
"""

import dataclasses
import hashlib
import importlib.metadata
import json
import logging
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd

from recdl.prepare import PAIR, Interactions, epoch_samples, write_csv
from recdl.progress import Progress
from recdl.quiet import no_startup_notes

ARTEFACTS = "artefacts"
PREDICTION_BLOCK = (
    200_000  # pairs that the network sees at once: memory, not results, depends on it
)


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of a run; the defaults are those of the paper's experiment.

    Section IV.E states the factors, epochs, batch size and learning rate. It does not state the layer sizes,
    the number of negatives, or a seed: [16, 8, 4] and 4 are the library's defaults, and of the layer sizes
    tried [16, 8, 4] alone ends near the paper's loss.
    """

    n_factors: int = 16  # length of the GMF vectors; the paper's "latent factors"
    layer_sizes: tuple[int, ...] = (
        16,
        8,
        4,
    )  # the first is the MLP's input: 8 numbers of user and film each
    n_epochs: int = 100
    batch_size: int = 256
    learning_rate: float = 1e-3
    n_negatives: int = 4  # for each positive
    seed: int = 42

    def __post_init__(self):
        for name in ("n_factors", "n_epochs", "batch_size", "n_negatives"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"{name} must be at least 1; received {getattr(self, name)}."
                )
        if self.learning_rate <= 0:
            raise ValueError(
                f"learning_rate must be above 0; received {self.learning_rate}."
            )
        if self.seed < 0:
            raise ValueError(f"seed must not be negative; received {self.seed}.")
        if not self.layer_sizes or self.layer_sizes[0] % 2:
            raise ValueError(
                "layer_sizes must begin with an even number, half of it for the user and half for the film; "
                f"received {list(self.layer_sizes)}."
            )


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
        self.interactions = Interactions(train)
        self.n_users, self.n_items = (
            self.interactions.n_users,
            self.interactions.n_items,
        )
        self.n_negatives = n_negatives
        self.rng = np.random.default_rng(seed)
        self.id2user = dict(enumerate(self.interactions.user_ids.tolist()))
        self.id2item = dict(enumerate(self.interactions.item_ids.tolist()))
        self.user2id = {user: position for position, user in self.id2user.items()}
        self.item2id = {item: position for position, item in self.id2item.items()}

    def train_loader(self, batch_size: int) -> Iterator[tuple[list, list, np.ndarray]]:
        """Yield one epoch in batches: user and item identifiers, labels (1 positive, 0 not).

        Like the library's, it drops what is left over after the last full batch.
        """
        users, items, labels = epoch_samples(
            self.interactions, self.n_negatives, rng=self.rng
        )
        users = self.interactions.user_ids[users]
        items = self.interactions.item_ids[items]
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
            self.losses.append(float(found[1]))
            self.progress.step(f"loss {self.losses[-1]:.4f}")


def fit(model, data: NCFData) -> list[float]:
    """Train the library's model for its number of epochs and return the mean loss of each epoch.

    Raises
    ------
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
            "changed, and recdl.library has to read them differently."
        )
    return log.losses


def count_parameters(model) -> int:
    """Count the numbers that training adjusts in the library's model."""
    with model.sess.graph.as_default():
        import tensorflow as tf

        return int(sum(np.prod(v.shape) for v in tf.compat.v1.trainable_variables()))


def prediction_list(model, train: pd.DataFrame) -> pd.DataFrame:
    """Return the model's prediction for every film that a user has not seen in training (paper Fig. 8).

    Parameters
    ----------
    model : NCF
        The library's trained model.
    train : DataFrame
        The training ratings: their users and films are the candidates, their pairs are left out.

    Returns
    -------
    DataFrame
        Columns ``userID, itemID, prediction``, users and films in the order of their first appearance in
        training. The index begins at ``len(train)``, as in the paper.
    """
    users, films = train["userID"].unique(), train["itemID"].unique()
    pairs = pd.DataFrame(
        {"userID": np.repeat(users, len(films)), "itemID": np.tile(films, len(users))}
    )
    seen = pd.MultiIndex.from_frame(pairs).isin(pd.MultiIndex.from_frame(train[PAIR]))
    candidates = pairs[~seen].reset_index(drop=True)
    candidates.index += len(train)
    blocks = range(0, len(candidates), PREDICTION_BLOCK)
    candidates["prediction"] = np.concatenate(
        [
            _predict(model, candidates.iloc[begin : begin + PREDICTION_BLOCK])
            for begin in blocks
        ]
    )
    return candidates


def _predict(model, pairs):
    return model.predict(
        pairs["userID"].tolist(), pairs["itemID"].tolist(), is_list=True
    )


def recommend(predictions: pd.DataFrame, user: int, k: int = 10) -> pd.DataFrame:
    """Return the k films with the highest predictions for one user, the best first.

    Parameters
    ----------
    predictions : DataFrame
        Columns ``userID, itemID, prediction``.
    user : int
        The user's identifier.
    k : int
        Length of the list, at least 1.

    Raises
    ------
    KeyError
        If there are no predictions for this user.
    """
    _check_k(k)
    own = predictions[predictions["userID"] == user]
    if own.empty:
        known = predictions["userID"]
        raise KeyError(
            f"There are no predictions for user {user}: the users in this table have the identifiers "
            f"{known.min()} to {known.max()}, and NeuMF knows only users with training ratings."
        )
    return own.sort_values("prediction", ascending=False, kind="stable").head(k)


def _check_k(k):
    if k < 1:
        raise ValueError(
            f"k, the length of the list, must be at least 1; received {k}."
        )


def evaluate(
    test: pd.DataFrame, predictions: pd.DataFrame, k: int = 10
) -> dict[str, float]:
    """Return the four metrics of the paper's Table I, by the library's functions.

    MAP is the library's ``map``: the average precision of the first k, divided by the number of all relevant
    films. Equal predictions are ranked in the order of the table.

    Parameters
    ----------
    test : DataFrame
        Columns ``userID, itemID, rating``: the films that count as relevant.
    predictions : DataFrame
        Columns ``userID, itemID, prediction``.
    k : int
        Length of the list that is judged, at least 1.
    """
    _check_k(k)
    from recommenders.evaluation import python_evaluation

    functions = {
        "map": python_evaluation.map,
        f"ndcg_at_{k}": python_evaluation.ndcg_at_k,
        f"precision_at_{k}": python_evaluation.precision_at_k,
        f"recall_at_{k}": python_evaluation.recall_at_k,
    }
    return {
        name: float(metric(test, predictions, col_prediction="prediction", k=k))
        for name, metric in functions.items()
    }


def _run_folder(train, settings, folder) -> pathlib.Path:
    # Everything that decides what the trained model is, so that a folder never holds another run's model. The
    # order of the rows is part of it: it fixes which row of an embedding table belongs to which user.
    parts = [train[PAIR].to_csv(index=False), dataclasses.asdict(settings)]
    parts += [
        importlib.metadata.version(p) for p in ("recommenders", "tensorflow", "numpy")
    ]
    return (
        pathlib.Path(folder)
        / f"neumf-{hashlib.sha256(repr(parts).encode()).hexdigest()[:12]}"
    )


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
    target.parent.mkdir(parents=True, exist_ok=True)
    run = {"settings": dataclasses.asdict(settings), "losses": losses}
    with tempfile.TemporaryDirectory(
        dir=target.parent, prefix=".unfinished-"
    ) as unfinished:
        new = pathlib.Path(unfinished) / "new"
        with model.sess.graph.as_default():
            model.save(str(new))
        (new / "run.json").write_text(json.dumps(run, indent=1), encoding="utf-8")
        if target.exists():
            os.replace(target, pathlib.Path(unfinished) / "old")
        os.replace(new, target)
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
    kept = _run_folder(train, settings, folder) / "run.json"
    if not kept.exists():
        with tempfile.TemporaryDirectory() as place:
            table = write_csv(train[PAIR], pathlib.Path(place) / "train.csv")
            _train_elsewhere(str(table), settings, str(folder))
    return json.loads(kept.read_text(encoding="utf-8"))["losses"]


def _train_elsewhere(table, settings, folder):
    arguments = [table, json.dumps(dataclasses.asdict(settings)), folder]
    command, lines = [sys.executable, "-m", "recdl.library", *arguments], []
    with (
        Progress(settings.n_epochs, "NCF of the library", "epochs") as progress,
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process,
    ):
        for line in process.stderr:
            lines.append(line)
            found = re.search(r"(\d+)/\d+ \[.*(loss \S+)\]", line)
            if found and int(found[1]) > progress.bar.n:
                progress.step(found[2], steps=int(found[1]) - progress.bar.n)
    if process.returncode:
        raise RuntimeError(
            f"Training the library's NCF failed:\n{''.join(lines[-20:])}"
        )


if __name__ == "__main__":
    options = json.loads(sys.argv[2])
    options["layer_sizes"] = tuple(options["layer_sizes"])
    trained(pd.read_csv(sys.argv[1]), Settings(**options), sys.argv[3])
