"""How each system of chapters 7 to 9 is trained.

A system is trained by a function that gets a training table, a seed, perhaps a `validate`, and the values of
its setting. Some choices are best made in the course of one training: how many epochs, which weight of a
blend. With `validate` the function makes them and says which; without, they are part of the setting.
"""

import dataclasses
import functools
import json
import time
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
    seconds: float = 0.0  # of training, that of parts which were there already included


def trained_once(fit: Callable, positives: Interactions, seed, **setting) -> Fitted:
    """Return what ``fit(positives, seed, **setting)`` does: the same model if it was asked for before.

    Blends and means over seeds are made of models that have rows of their own, so these are kept.
    """
    return _kept(fit, positives, seed, json.dumps(setting, sort_keys=True))


@functools.lru_cache(maxsize=40)
def _kept(fit, positives, seed, setting):
    begin = time.perf_counter()
    fitted = fit(positives, seed, **json.loads(setting))
    seconds = max(time.perf_counter() - begin, fitted.seconds)
    return dataclasses.replace(fitted, seconds=seconds)


# How each is trained. TensorFlow, scikit-learn and implicit are imported where they are needed.


def fit_random(positives: Interactions, seed, validate=None):
    """Score every pair by chance."""
    size = (positives.n_users, positives.n_items)
    return Fitted(ScoreTable(np.random.default_rng(seed).random(size, "float32")))


def fit_popularity(positives, seed, validate=None):
    """Fit `recdl.baselines.Popularity`."""
    return Fitted(baselines.Popularity(positives))


def fit_user_knn(positives, seed, validate=None, **setting):
    """Fit `recdl.baselines.UserKNN`."""
    return Fitted(baselines.UserKNN(positives, **setting))


def _fading(positives, tau):
    return baselines.recency_weights(positives, tau) if tau else None


def fit_item_knn(positives, seed, validate=None, *, tau=None, **setting):
    """Fit `recdl.baselines.ItemKNN`; with `tau`, ask it with fading histories."""
    weights = _fading(positives, tau)
    return Fitted(baselines.ItemKNN(positives, weights=weights, **setting))


def fit_pure_svd(positives, seed, validate=None, *, tau=None, **setting):
    """Fit `recdl.baselines.PureSVD`; with `tau`, ask it with fading histories."""
    weights = _fading(positives, tau)
    return Fitted(baselines.PureSVD(positives, weights=weights, **setting))


def fit_ease(positives, seed, validate=None, *, tau=None, **setting):
    """Fit `recdl.baselines.EASE`; with `tau`, ask it with fading histories."""
    weights = _fading(positives, tau)
    return Fitted(baselines.EASE(positives, weights=weights, **setting))


def fit_transitions(positives, seed, validate=None, *, tau, **setting):
    """Fit `recdl.ordered.Transitions`, and ask it with fading histories."""
    weights = _fading(positives, tau)
    return Fitted(ordered.Transitions(positives, weights=weights, **setting))


def fit_slist(positives, seed, validate=None, **setting):
    """Fit `recdl.ordered.SLIST`."""
    return Fitted(ordered.SLIST(positives, **setting))


def fit_v_sknn(positives, seed, validate=None, **setting):
    """Fit `recdl.ordered.VSKNN`."""
    return Fitted(ordered.VSKNN(positives, **setting))


def fit_slim(positives, seed, validate=None, **setting):
    """Fit `recdl.from_libraries.SLIM`."""
    from recdl.from_libraries import SLIM

    return Fitted(SLIM(positives, **setting))


def fit_ials(positives, seed, validate=None, **setting):
    """Fit `recdl.from_libraries.IALS`."""
    from recdl.from_libraries import IALS

    return Fitted(IALS(positives, seed=seed, **setting))


def fit_bpr(positives, seed, validate=None, **setting):
    """Fit `recdl.from_libraries.BPR`."""
    from recdl.from_libraries import BPR

    return Fitted(BPR(positives, seed=seed, **setting))


def fit_neumf(
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


def fit_self_attention(positives, seed, validate=None, *, n_next=1, **setting):
    """Train `recdl.sequence.SelfAttention`."""
    from recdl import losses, sequence

    make, loss = sequence.SelfAttention, losses.CrossEntropy(n_next)
    return _next_item(make, loss, positives, seed, validate, **setting)


def fit_gru4rec(positives, seed, validate=None, *, n_next=1, **setting):
    """Train `recdl.recurrent.GRU4Rec`."""
    from recdl import losses, recurrent

    make, loss = recurrent.GRU4Rec, losses.CrossEntropy(n_next)
    return _next_item(make, loss, positives, seed, validate, **setting)


def fit_gsasrec(positives, seed, validate=None, *, n_negatives, t, **setting):
    """Train self-attention with gSASRec's loss, `recdl.losses.GBCE`."""
    from recdl import losses, sequence

    make, loss = sequence.SelfAttention, losses.GBCE(n_negatives, t)
    # This loss first learns how popular each film is, and may rest there for twenty epochs.
    patient = {"longest": 150, "patience": 30} if validate else {}
    return _next_item(make, loss, positives, seed, validate, **patient, **setting)


def _next_item(
    make,
    loss,
    positives,
    seed,
    validate,
    *,
    length,
    batch_size,
    learning_rate,
    n_epochs=None,
    longest=LONGEST,
    patience=10,
    **sizes,
):
    from recdl import next_item

    history = next_item.histories(positives, length)
    net = make(history, positives.n_items, seed=seed, **sizes)
    trained = next_item.fit(
        net,
        positives,
        loss=loss,
        n_epochs=longest if validate else n_epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        validate=validate,
        patience=patience,
    )
    chosen = {"n_epochs": trained.best_epoch} if validate else {}
    return Fitted(net, chosen, trained.losses)


def fit_averaged_gru4rec(positives, seed, validate=None, *, tuned, n_epochs=None):
    """Train GRU4Rec as it was tuned, and keep the running mean of its weights."""
    return _averaged(fit_gru4rec, positives, seed, validate, tuned, n_epochs)


def _averaged(fit, positives, seed, validate, tuned, n_epochs):
    # To `fit` the mean is a validation. If nobody asks how good it is, it always gets better, and `longest`
    # ends the training after the epochs that were chosen.
    from recdl.averaging import RunningMean

    mean, known = RunningMean(validate), {}
    if validate is None:
        known = {"longest": n_epochs}
    fitted = fit(positives, seed, mean, **tuned | known)
    fitted.model.set_weights(mean.weights)
    return fitted if validate else dataclasses.replace(fitted, chosen={})


MEMBERS = 4  # of a mean over seeds
GRID = np.linspace(0, 1, 21).round(2).tolist()  # the weights that a blend may try


def _mixed(parts, validate, weights):
    """Mix the first model with the second, then with the third; validate chooses the weights."""
    from recdl.blend import Blend, best_weight

    mixed, chosen = parts[0].model, []
    for part, weight in zip(parts[1:], weights, strict=True):
        if validate:
            weight = best_weight(mixed, part.model, validate, GRID)
        mixed = Blend(mixed, part.model, weight)
        chosen.append(weight)
    seconds = sum(part.seconds for part in parts)
    return Fitted(mixed, {"weights": chosen} if validate else {}, seconds=seconds)


def fit_linear_blend(
    positives,
    seed,
    validate=None,
    *,
    ease,
    transitions,
    slist,
    v_sknn,
    weights=(None, None, None),
):
    """Mix fading EASE with transitions, the two with SLIST, the three with V-SKNN, each as it was tuned."""
    parts = [
        trained_once(fit_ease, positives, seed, **ease),
        trained_once(fit_transitions, positives, seed, **transitions),
        trained_once(fit_slist, positives, seed, **slist),
        trained_once(fit_v_sknn, positives, seed, **v_sknn),
    ]
    return _mixed(parts, validate, weights)


def fit_mean_of_seeds(positives, seed, validate=None, *, deep):
    """Average the scores of four averaged GRU4Recs with other seeds, each user's on one scale."""
    from recdl.blend import Mean

    seeds = range(MEMBERS * (seed - 1) + 1, MEMBERS * seed + 1)
    parts = [trained_once(fit_averaged_gru4rec, positives, s, **deep) for s in seeds]
    seconds = sum(part.seconds for part in parts)
    return Fitted(Mean([part.model for part in parts]), seconds=seconds)


def fit_deep_blend(positives, seed, validate=None, *, deep, linear, weights=(None,)):
    """Mix an averaged GRU4Rec with the linear blend."""
    parts = [
        trained_once(fit_averaged_gru4rec, positives, seed, **deep),
        trained_once(fit_linear_blend, positives, 1, **linear),
    ]
    return _mixed(parts, validate, weights)


def fit_deep_blend_of_seeds(positives, seed, validate=None, *, deep, single):
    """Mix the mean of four GRU4Recs with the linear blend, with the weight chosen for a single one."""
    parts = [
        trained_once(fit_mean_of_seeds, positives, seed, **deep),
        trained_once(fit_linear_blend, positives, 1, **single["linear"]),
    ]
    return _mixed(parts, None, single["weights"])
