"""Every system of chapters 7 to 9: what trains it, and which settings its tuning may try."""

import dataclasses
import functools
import itertools
from collections.abc import Callable

import numpy as np

from recdl.experiments import fits
from recdl.experiments.fits import Fitted


@dataclasses.dataclass(frozen=True)
class System:
    """A recommender and its search space."""

    name: str
    kind: str  # classical or deep
    fit: Callable[..., Fitted]
    space: dict[str, list] = dataclasses.field(default_factory=dict)
    random: bool = False  # does another seed give other numbers?
    ordered: bool = False  # does it use the order of a history?
    tuned: bool = (
        True  # False: its setting is that of its parts, and nothing is left to choose
    )
    members: int = 1  # models of other seeds in it
    everywhere: bool = (
        True  # is it tried on all splits, or for the questions of chapter 9 only?
    )
    needs: dict[str, str] = dataclasses.field(default_factory=dict)
    # What it starts from: the name of an argument of `fit`, and the system whose tuned setting it gets.

    def settings(self) -> list[dict]:
        """Return all settings of the search space in a fixed random order: the first are a random search."""
        grid = itertools.product(*self.space.values())
        every = [dict(zip(self.space, values, strict=True)) for values in grid]
        order = np.random.default_rng(0).permutation(len(every))
        return [every[i] for i in order]


SYSTEMS = [
    System("random", "classical", fits.fit_random, random=True),
    System("popularity", "classical", fits.fit_popularity),
    System("user-kNN", "classical", fits.fit_user_knn, {
        "k": [25, 50, 100, 200, 400], "shrinkage": [0, 30, 100, 300, 1000, 3000],
    }),
    System("item-kNN", "classical", fits.fit_item_knn, {
        "k": [25, 50, 100, 200, 400, 2000], "shrinkage": [0, 10, 30, 100, 300],
    }),
    System("PureSVD", "classical", fits.fit_pure_svd, {
        "rank": [4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 64, 96, 128],
    }),
    System("EASE", "classical", fits.fit_ease, {
        "l2": [30, 50, 100, 150, 200, 300, 400, 500, 700, 1000, 1500, 2000, 3000],
    }),
    System("SLIM", "classical", fits.fit_slim, {
        "l1": [0.3, 1, 3, 6, 10], "l2": [1, 10, 30, 100, 200, 300, 500, 1000],
    }),
    System("iALS", "classical", fits.fit_ials, {
        "n_factors": [32, 64, 128, 256, 512], "l2": [3, 5, 10, 15, 20, 30, 40],
        "alpha": [1.2, 1.5, 2, 3, 5, 8], "n_epochs": [10, 20, 40],
    }, random=True),
    System("BPR", "classical", fits.fit_bpr, {
        "n_factors": [16, 32, 64, 128, 256],
        "learning_rate": [0.001, 0.002, 0.003, 0.005, 0.01],
        "l2": [0, 0.0001, 0.0003, 0.001, 0.003, 0.01],
        "n_epochs": [50, 100, 200, 400, 800],
    }, random=True),
    System("NeuMF of the paper", "deep", fits.fit_neumf, random=True),
    System("NeuMF, tuned", "deep", fits.fit_neumf, {
        "n_factors": [16, 32, 64, 128],
        "layer_sizes": [[16, 8, 4], [64, 32, 16], [128, 64, 32]],
        "learning_rate": [0.001, 0.003, 0.01], "n_negatives": [4, 8, 16],
        "batch_size": [256, 1024], "weight_decay": [0.0, 0.1, 0.3, 1.0],
    }, random=True),
    System("item-kNN, recency", "classical", fits.fit_item_knn, {
        "k": [100, 400, 2000], "shrinkage": [0, 10, 30, 100],
        "tau": [2, 3, 5, 7, 10, 15, 25],
    }, ordered=True),
    System("EASE, recency", "classical", fits.fit_ease, {
        "l2": [200, 300, 500, 700, 1000, 1500], "tau": [3, 5, 7, 10, 15, 25],
    }, ordered=True),
    System("transitions", "classical", fits.fit_transitions, {
        "reach": [5, 7, 10, 15, 20], "shrinkage": [1, 3, 10, 30],
        "tau": [3, 5, 7, 10, 15],
    }, ordered=True),
    System("SLIST", "classical", fits.fit_slist, {
        "tau": [7, 10, 15, 20, 25], "horizon": [1, 2, 3, 5],
        "l2": [300, 500, 1000, 2000], "share": [0, 0.1, 0.3, 0.5, 0.7],
    }, ordered=True),
    System("V-SKNN", "classical", fits.fit_v_sknn, {
        "k": [25, 50, 100, 200, 400], "tau": [3, 5, 7, 10, 15, 20],
        "reach": [10, 20, 40, 80, 160],
    }, ordered=True),
    System("linear blend", "classical", fits.fit_linear_blend, ordered=True, needs={
        "ease": "EASE, recency", "transitions": "transitions", "slist": "SLIST",
        "v_sknn": "V-SKNN",
    }),
    System("self-attention", "deep", fits.fit_self_attention, {
        "width": [32, 64], "n_blocks": [1, 2], "dropout": [0.2, 0.3, 0.4, 0.5],
        "length": [30, 50], "learning_rate": [0.001, 0.002, 0.003, 0.005],
        "batch_size": [32, 64], "n_next": [1, 3, 5, 10],
    }, random=True, ordered=True),
    System("GRU4Rec", "deep", fits.fit_gru4rec, {
        "width": [48, 64, 96], "dropout": [0.4, 0.5, 0.6], "length": [30, 50],
        "learning_rate": [0.002, 0.003, 0.005], "batch_size": [32, 64],
        "n_next": [1, 3, 5],
    }, random=True, ordered=True, everywhere=False),
    System("gSASRec", "deep", fits.fit_gsasrec, {
        "width": [32, 64], "n_blocks": [1, 2], "dropout": [0.3, 0.4, 0.5],
        "length": [30, 50], "learning_rate": [0.003, 0.005, 0.007],
        "batch_size": [32, 64], "n_negatives": [64, 128, 256],
        "t": [0, 0.5, 0.75, 0.9, 1],
    }, random=True, ordered=True, everywhere=False),
    System("GRU4Rec, averaged", "deep", fits.fit_averaged_gru4rec, random=True,
        ordered=True, everywhere=False, needs={"tuned": "GRU4Rec"}),
    System("GRU4Rec + linear blend", "deep", fits.fit_deep_blend, random=True,
        ordered=True, everywhere=False,
        needs={"deep": "GRU4Rec, averaged", "linear": "linear blend"}),
    System("GRU4Rec, 4 seeds", "deep", fits.fit_mean_of_seeds, random=True,
        ordered=True, members=fits.MEMBERS, everywhere=False, tuned=False,
        needs={"deep": "GRU4Rec, averaged"}),
    System("4 seeds + linear blend", "deep", fits.fit_deep_blend_of_seeds, random=True,
        ordered=True, members=fits.MEMBERS, everywhere=False, tuned=False,
        needs={"deep": "GRU4Rec, 4 seeds", "single": "GRU4Rec + linear blend"}),
]  # fmt: skip


@functools.cache
def by_name(name: str) -> System:
    """Return the system of this name."""
    return next(system for system in SYSTEMS if system.name == name)
