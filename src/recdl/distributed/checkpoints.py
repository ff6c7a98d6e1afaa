"""What is kept of a training after each epoch: enough to go on as if nothing had happened, and to rank."""

import functools
import json
import pathlib
import zipfile

import numpy as np

from recdl.distributed.parts import load, save


def path_in(folder) -> pathlib.Path:
    """Return the path of the checkpoint; it is replaced after each epoch."""
    return pathlib.Path(folder) / "checkpoint.npz"


def write(folder, state: dict) -> None:
    """Replace the checkpoint by a new one."""
    save(path_in(folder), state)


def read(folder) -> dict | None:
    """Return what was kept, or None before the first epoch has ended."""
    if not path_in(folder).exists():
        return None
    try:
        return load(path_in(folder))
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise OSError(
            f"{path_in(folder)} cannot be read ({error}). Delete it to train from the beginning."
        ) from error


def put(model, vector: np.ndarray) -> None:
    """Write a vector of all weights into a model."""
    ends = np.cumsum([int(np.prod(w.shape)) for w in model.trainable_variables])
    parts = np.split(vector, ends[:-1])
    for weight, numbers in zip(model.trainable_variables, parts, strict=True):
        weight.assign(numbers.reshape(weight.shape))


class Trained:
    """The model of a checkpoint. It is small where it is sent, and made where it is asked for scores."""

    def __init__(self, folder, model: dict):
        self.folder, self.model = str(folder), model
        self.n_epochs = len(read(folder)["losses"])

    def scores(self, users):
        """Return the scores (n, n_items) of all items for n users, given by position."""
        settings = json.dumps(self.model)
        return _made(self.folder, settings, self.n_epochs).scores(users)


@functools.lru_cache(1)
def _made(folder, settings, n_epochs):
    from recdl.models import NeuMF

    model = NeuMF(**json.loads(settings))
    put(model, read(folder)["vector"])
    return model
