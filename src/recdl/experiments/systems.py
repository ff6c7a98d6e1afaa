"""Every system of chapters 7 to 9: how it is trained, and which settings its tuning may try.

A system is trained by a function that gets a training table, a seed, perhaps a `validate`, and the values of
its setting. Some choices are best made in the course of one training: how many epochs, which weight of a
blend. With `validate` the function makes them and says which; without, they are part of the setting.
"""

import dataclasses
import functools
import itertools
from collections.abc import Callable

import numpy as np

from recdl import baselines, ordered, paper
from recdl.interactions import Interactions
from recdl.ranking import ScoreTable

LONGEST = 100  # epochs, of which validation chooses


@dataclasses.dataclass(frozen=True)
class Fitted:
    """A trained model; what was chosen on the way, to be added to the setting; how the training went."""

    model: object
    chosen: dict = dataclasses.field(default_factory=dict)
    losses: list[float] = dataclasses.field(default_factory=list)
    dead: float = 0.0  # share of dead neurons, in the layer that has most of them


@dataclasses.dataclass(frozen=True)
class System:
    """A recommender and its search space."""

    name: str
    kind: str  # classical or deep
    fit: Callable[..., Fitted]
    space: dict[str, list] = dataclasses.field(default_factory=dict)
    random: bool = False  # does another seed give other numbers?
    ordered: bool = False  # does it use the order of a history?
    needs: dict[str, str] = dataclasses.field(default_factory=dict)
    # What it starts from: the name of an argument of `fit`, and the system whose tuned setting it gets.

    def settings(self) -> list[dict]:
        """Return all settings of the search space in a fixed random order: the first are a random search."""
        grid = itertools.product(*self.space.values())
        every = [dict(zip(self.space, values, strict=True)) for values in grid]
        order = np.random.default_rng(0).permutation(len(every))
        return [every[i] for i in order]


# How each is trained. TensorFlow, scikit-learn and implicit are imported where they are needed.


def _random(positives: Interactions, seed, validate=None):
    size = (positives.n_users, positives.n_items)
    return Fitted(ScoreTable(np.random.default_rng(seed).random(size, "float32")))


def _popularity(positives, seed, validate=None):
    return Fitted(baselines.Popularity(positives))


def _user_knn(positives, seed, validate=None, **setting):
    return Fitted(baselines.UserKNN(positives, **setting))


def _fading(positives, tau):
    return baselines.recency_weights(positives, tau) if tau else None


def _item_knn(positives, seed, validate=None, *, tau=None, **setting):
    weights = _fading(positives, tau)
    return Fitted(baselines.ItemKNN(positives, weights=weights, **setting))


def _pure_svd(positives, seed, validate=None, *, tau=None, **setting):
    weights = _fading(positives, tau)
    return Fitted(baselines.PureSVD(positives, weights=weights, **setting))


def _ease(positives, seed, validate=None, *, tau=None, **setting):
    weights = _fading(positives, tau)
    return Fitted(baselines.EASE(positives, weights=weights, **setting))


def _transitions(positives, seed, validate=None, *, tau, **setting):
    weights = _fading(positives, tau)
    return Fitted(ordered.Transitions(positives, weights=weights, **setting))


def _slit(positives, seed, validate=None, **setting):
    return Fitted(ordered.SLIT(positives, **setting))


def _slim(positives, seed, validate=None, **setting):
    from recdl.from_libraries import SLIM

    return Fitted(SLIM(positives, **setting))


def _ials(positives, seed, validate=None, **setting):
    from recdl.from_libraries import IALS

    return Fitted(IALS(positives, seed=seed, **setting))


def _bpr(positives, seed, validate=None, **setting):
    from recdl.from_libraries import BPR

    return Fitted(BPR(positives, seed=seed, **setting))


def _neumf(
    positives,
    seed,
    validate=None,
    *,
    n_epochs=None,
    model="NeuMF",
    shared_seed=False,
    weight_decay=0.0,
    patience=10,
    **setting,
):
    """Train a GMF, an MLP, a NeuMF, or with ``model="pretrained"`` a NeuMF that begins with the other two."""
    from recdl import models, training

    settings, chosen = paper.Settings(seed=seed, **setting), []
    sizes = {"n_factors": settings.n_factors, "layer_sizes": settings.layer_sizes}
    sizes |= {"n_users": positives.n_users, "n_items": positives.n_items, "seed": seed}
    counts = n_epochs if isinstance(n_epochs, list) else [n_epochs] * 3
    stop = {"weight_decay": weight_decay, "validate": validate, "patience": patience}

    def train(net, n_epochs):
        n_epochs = LONGEST if validate else n_epochs
        schedule = dataclasses.replace(settings, n_epochs=n_epochs)
        history = training.fit(net, positives, schedule, **stop)
        chosen.append(history.best_epoch)
        return history.losses

    if model == "pretrained":
        towers = [models.GMF(**sizes), models.MLP(**sizes)]
        for tower, n_epochs in zip(towers, counts, strict=False):
            train(tower, n_epochs)
        net = models.pretrained(*towers)
    else:
        net = getattr(models, model)(**sizes)
    if shared_seed:
        _start_alike(net)
    losses = train(net, counts[-1])
    return Fitted(net, _epochs(chosen) if validate else {}, losses, _dead(model, net))


def _epochs(chosen):
    return {"n_epochs": chosen if len(chosen) > 1 else chosen[0]}


def _dead(model, net):
    from recdl.models import dead_units

    dead = [part.mean() for part in dead_units(net)] if model != "GMF" else []
    return max(dead, default=0.0)


def _start_alike(net):
    # One seed for every table, as in the library: the shorter table is the beginning of the longer one.
    for tower in net.towers:
        (users,), (items,) = tower.user.get_weights(), tower.item.get_weights()
        tower.item.set_weights([np.vstack([users, items[len(users) :]])[: len(items)]])


def _self_attention(
    positives,
    seed,
    validate=None,
    *,
    n_epochs=None,
    length=50,
    batch_size=64,
    learning_rate=3e-3,
    **sizes,
):
    from recdl import sequence

    history = sequence.histories(positives, length)
    net = sequence.SelfAttention(history, positives.n_items, seed=seed, **sizes)
    trained = sequence.fit(
        net,
        positives,
        n_epochs=LONGEST if validate else n_epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        validate=validate,
    )
    chosen = {"n_epochs": trained.best_epoch} if validate else {}
    return Fitted(net, chosen, trained.losses)


def _blend(positives, seed, validate=None, *, deep, classical, weight=None):
    """Mix self-attention with recency-weighted EASE, both at the settings that their own tuning chose."""
    from recdl.blend import Blend, best_weight

    first = _self_attention(positives, seed, **deep).model
    second = _ease(positives, seed, **classical).model
    if not validate:
        return Fitted(Blend(first, second, weight))
    weight = best_weight(
        first, second, validate, np.linspace(0, 1, 21).round(2).tolist()
    )
    return Fitted(Blend(first, second, weight), {"weight": weight})


def _linear_blend(
    positives, seed, validate=None, *, ease, transitions, slit, weights=(None, None)
):
    """Mix fading EASE with transitions, then the two with SLIT, each at the setting that its tuning chose."""
    from recdl.blend import Blend, best_weight

    grid, chosen = np.linspace(0, 1, 21).round(2).tolist(), []
    mixed = _ease(positives, seed, **ease).model
    others = (
        _transitions(positives, seed, **transitions).model,
        _slit(positives, seed, **slit).model,
    )
    for other, weight in zip(others, weights, strict=True):
        weight = best_weight(mixed, other, validate, grid) if validate else weight
        mixed = Blend(mixed, other, weight)
        chosen.append(weight)
    return Fitted(mixed, {"weights": chosen} if validate else {})


SYSTEMS = [
    System("random", "classical", _random, random=True),
    System("popularity", "classical", _popularity),
    System("user-kNN", "classical", _user_knn, {
        "k": [25, 50, 100, 200, 400], "shrinkage": [0, 30, 100, 300, 1000, 3000],
    }),
    System("item-kNN", "classical", _item_knn, {
        "k": [25, 50, 100, 200, 400, 2000], "shrinkage": [0, 10, 30, 100, 300],
    }),
    System("PureSVD", "classical", _pure_svd, {
        "rank": [4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 64, 96, 128],
    }),
    System("EASE", "classical", _ease, {
        "l2": [30, 50, 100, 150, 200, 300, 400, 500, 700, 1000, 1500, 2000, 3000],
    }),
    System("SLIM", "classical", _slim, {
        "l1": [0.3, 1, 3, 6, 10], "l2": [1, 10, 30, 100, 200, 300, 500, 1000],
    }),
    System("iALS", "classical", _ials, {
        "n_factors": [32, 64, 128, 256], "l2": [3, 5, 10, 20, 40, 80],
        "alpha": [1.2, 1.5, 2, 3, 5, 10], "n_epochs": [10, 20, 40],
    }, random=True),
    System("BPR", "classical", _bpr, {
        "n_factors": [16, 32, 64, 128], "learning_rate": [0.001, 0.003, 0.01, 0.03],
        "l2": [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1],
        "n_epochs": [50, 100, 200, 400, 800],
    }, random=True),
    System("NeuMF of the paper", "deep", _neumf, random=True),
    System("NeuMF, tuned", "deep", _neumf, {
        "n_factors": [16, 32, 64, 128],
        "layer_sizes": [[16, 8, 4], [64, 32, 16], [128, 64, 32]],
        "learning_rate": [0.001, 0.003, 0.01], "n_negatives": [4, 8, 16],
        "batch_size": [256, 1024], "weight_decay": [0.0, 0.1, 0.3, 1.0],
    }, random=True),
    System("item-kNN, recency", "classical", _item_knn, {
        "k": [100, 400, 2000], "shrinkage": [0, 10, 30, 100],
        "tau": [2, 3, 5, 7, 10, 15, 25],
    }, ordered=True),
    System("EASE, recency", "classical", _ease, {
        "l2": [200, 300, 500, 700, 1000, 1500], "tau": [3, 5, 7, 10, 15, 25],
    }, ordered=True),
    System("transitions", "classical", _transitions, {
        "reach": [5, 7, 10, 15, 20], "shrinkage": [1, 3, 10, 30],
        "tau": [3, 5, 7, 10, 15],
    }, ordered=True),
    System("SLIT", "classical", _slit, {
        "tau": [5, 10, 15, 25, 40, 60], "horizon": [1, 2, 3, 5, 10],
        "l2": [500, 1000, 2000, 3000, 5000, 10000],
    }, ordered=True),
    System("linear blend", "classical", _linear_blend, ordered=True, needs={
        "ease": "EASE, recency", "transitions": "transitions", "slit": "SLIT",
    }),
    System("self-attention", "deep", _self_attention, {
        "width": [32, 64, 96], "n_blocks": [1, 2], "dropout": [0.2, 0.3, 0.4, 0.5],
        "length": [30, 50], "learning_rate": [0.001, 0.002, 0.003, 0.005],
        "batch_size": [32, 64],
    }, random=True, ordered=True),
    System("self-attention + EASE", "deep", _blend, random=True, ordered=True, needs={
        "deep": "self-attention", "classical": "EASE, recency",
    }),
]  # fmt: skip


@functools.cache
def by_name(name: str) -> System:
    """Return the system of this name."""
    return next(system for system in SYSTEMS if system.name == name)
