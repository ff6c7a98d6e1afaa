"""The systems that `recdl.own.compare` compares: how each is trained, and which settings it may choose from.

The grids are small, as every setting is a training. Chapters 7 to 9 search further (`recdl.experiments`).
"""

import dataclasses
import importlib.util
from collections.abc import Callable, Iterable

import numpy as np
import psutil

from recdl import baselines
from recdl.checks import received
from recdl.interactions import negatives_by_user
from recdl.paper import Settings

POPULARITY = "popularity"
EPOCHS, MOST_EPOCHS = 20, 400
# Twenty epochs of a small table are too few steps of training to judge NeuMF by.
ENOUGH_STEPS = 10_000


def _no_memory(n_users, n_items):
    return 0


def _items_squared(n_users, n_items):
    # Building the matrix takes four times its own memory, as `recdl.baselines` says.
    return 4 * 8 * n_items**2


def _users_by_block(n_users, n_items):
    return 4 * 8 * n_users * min(n_users, max(1, 2**19 // n_items))  # ranking.blocks


def by_grid(system, positives, validate, settings) -> tuple[dict, float]:
    """Try every setting of the grid; return the one with the highest validation, and that."""
    grid = system.grid
    if system.neighbours:  # no more than there are
        n = getattr(positives, system.neighbours)
        grid = [setting for setting in grid if setting["k"] < n] or grid[:1]
    found = [validate(system.fit(positives, settings, **setting)) for setting in grid]
    best = int(np.argmax(found))
    return grid[best], found[best]


@dataclasses.dataclass(frozen=True)
class System:
    """A recommender; one of your own can stand beside those of `SYSTEMS`.

    Attributes
    ----------
    name : str
    fit : callable
        From positives, `recdl.paper.Settings` and the values of a setting, by name, to a model.
    grid : tuple of dict
        The settings that validation may choose from.
    choose : callable
        How it chooses, if not `by_grid`.
    is_classical : bool
        Whether it may be *the best classical system*, with which all others are compared.
    n_bytes : callable
        From the numbers of users and items to the memory that it needs.
    neighbours : "n_items", "n_users" or ""
        Of what the ``k`` of its grid are: as many as there are, or more, are not tried.
    """

    name: str
    fit: Callable[..., object]
    grid: tuple[dict, ...] = ({},)
    choose: Callable[..., tuple[dict, float]] = by_grid
    is_classical: bool = False
    n_bytes: Callable[[int, int], int] = _no_memory
    neighbours: str = ""


def _popularity(positives, settings):
    return baselines.Popularity(positives)


def _item_knn(positives, settings, *, k):
    return baselines.ItemKNN(positives, k)


def _user_knn(positives, settings, *, k):
    return baselines.UserKNN(positives, k)


def _ease(positives, settings, *, l2):
    return baselines.EASE(positives, l2)


def _neumf(positives, settings, *, n_epochs):
    return _train(positives, dataclasses.replace(settings, n_epochs=n_epochs))[0]


def _by_stopping(system, positives, validate, settings):
    """Train once and look at validation after each epoch, as chapter 5b does; return the best epoch."""
    patience = max(10, settings.n_epochs // 4)
    stop = {"validate": validate, "patience": patience}
    _, history = _train(positives, settings, **stop)
    return {"n_epochs": history.best_epoch}, max(history.validation)


def _train(positives, settings, **stop):
    from recdl import models, training  # TensorFlow: only for who asks for it

    size = (positives.n_users, positives.n_items)
    layers = (settings.n_factors, settings.layer_sizes)
    model = models.NeuMF(*size, *layers, seed=settings.seed)
    history = training.fit(model, positives, settings, **stop)
    if history.interrupted:  # a half-trained model must not be compared
        raise KeyboardInterrupt
    return model, history


_NEIGHBOURS = tuple({"k": k} for k in (20, 50, 100, 200, 500))
_L2 = tuple({"l2": l2} for l2 in (30, 100, 300, 1000, 3000))
NEUMF = System("NeuMF", _neumf, choose=_by_stopping)
SYSTEMS = (
    System(POPULARITY, _popularity, is_classical=True),
    System(
        "item-kNN", _item_knn, _NEIGHBOURS, by_grid, True, _items_squared, "n_items"
    ),
    System(
        "user-kNN", _user_knn, _NEIGHBOURS, by_grid, True, _users_by_block, "n_users"
    ),
    System("EASE", _ease, _L2, by_grid, True, _items_squared),
    NEUMF,
)


def asked_for(models: Iterable[str | System] | None) -> list[System]:
    """Return the systems of these names, or all; popularity always, as no number can be read without it."""
    known = {system.name: system for system in SYSTEMS}
    if isinstance(models, str) or not isinstance(models, Iterable | None):
        raise ValueError(
            f"models must be a list, such as ['EASE', 'NeuMF']; received {models!r}."
        )
    models = [POPULARITY, *(known if models is None else models)]
    wanted = {}
    for model in models:
        is_name = isinstance(model, str) and model in known
        if not is_name and not isinstance(model, System):
            raise ValueError(
                f"There is no system {received(model)}. The systems are {', '.join(known)}; one of your own "
                "is a System."
            )
        system = known[model] if is_name else model
        name = system.name
        if wanted.setdefault(name, system) != system:
            raise ValueError(f"Two systems have the name {name!r}. Rename yours.")
    return list(wanted.values())


def possible(systems: list[System], positives, notes: list[str]) -> list[System]:
    """Leave out what this computer cannot train, and add a note that says so."""
    free = psutil.virtual_memory().available
    kept = []
    for system in systems:
        needed = system.n_bytes(positives.n_users, positives.n_items)
        if system is NEUMF and importlib.util.find_spec("tensorflow") is None:
            notes.append(
                'NeuMF was left out: it needs TensorFlow. pip install "recdl[train]"'
            )
        elif needed > free:
            notes.append(
                f"{system.name} was left out: for {positives.n_users:,} users and {positives.n_items:,} "
                f"items it needs about {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free."
            )
        else:
            kept.append(system)
    return kept


def settings_for(
    systems, positives, seed: int, n_epochs: int | None, notes: list[str]
) -> Settings:
    """Return the paper's settings, fitted to the table, and add notes where NeuMF may suffer from its size.

    Where there are too few samples for a batch of 256, it becomes smaller. Without `n_epochs` there are 20,
    or more, up to 400, until they make 10,000 steps: validation chooses among them.
    """
    settings = Settings(seed=seed)
    negatives = negatives_by_user(positives, settings.n_negatives)
    n_samples = int(len(positives) + negatives.sum())
    batch_size = min(settings.batch_size, n_samples)
    steps = n_samples // batch_size
    if n_epochs is None:
        n_epochs = min(max(EPOCHS, -(-ENOUGH_STEPS // steps)), MOST_EPOCHS)
    if NEUMF in systems and batch_size < settings.batch_size:
        notes.append(
            f"NeuMF's batches have {n_samples} samples instead of {settings.batch_size}: there are no more."
        )
    if NEUMF in systems and n_epochs * steps < ENOUGH_STEPS:
        notes.append(
            f"NeuMF's {n_epochs} epochs are {n_epochs * steps:,} steps at most; the paper's experiment has "
            "146,000. More epochs may make it better: n_epochs, on the command line --epochs."
        )
    return dataclasses.replace(settings, batch_size=batch_size, n_epochs=n_epochs)
