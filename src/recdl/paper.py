"""The paper: its settings, every number that it publishes, and how near a run has to come.

How much a result moves from seed to seed stands in paper_seeds.csv: ten runs of the library's NCF in the
paper's setting, made by benchmarks/seeds.py.

Source: A. H. Bin Mohd Halim, *Recommendation System using Deep Learning*, seminar paper, Hochschule
Hamm-Lippstadt. Sections and figures below are the paper's.
"""

import dataclasses
import pathlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from recdl.checks import check_at_least, check_layers, check_positive


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of a run; the defaults are those of the paper's experiment.

    Section IV.E states the factors, epochs, batch size and learning rate. It does not state the layer sizes,
    the number of negatives, or a seed: [16, 8, 4] and 4 are the library's defaults, and of the layer sizes
    tried [16, 8, 4] alone ends near the paper's loss.
    """

    n_factors: int = 16  # length of the GMF vectors; the paper's "latent factors"
    # The first is the MLP's input, 8 numbers of the user and 8 of the film.
    layer_sizes: tuple[int, ...] = (16, 8, 4)
    n_epochs: int = 100
    batch_size: int = 256
    learning_rate: float = 1e-3
    n_negatives: int = 4  # for each positive
    seed: int = 42

    def __post_init__(self):
        counts = ("n_factors", "n_epochs", "batch_size", "n_negatives")
        check_at_least(1, **{name: getattr(self, name) for name in counts})
        check_at_least(0, seed=self.seed)
        check_positive(learning_rate=self.learning_rate)
        check_layers(self.layer_sizes)


SETTINGS = Settings()
TITLE = "Recommendation System using Deep Learning"

# Section V, Table I, and the last sentence but one of section IV.E. All at k = 10.
RESULTS = {
    "train_loss": 0.164153,
    "map": 0.045272,
    "ndcg_at_10": 0.193614,
    "precision_at_10": 0.175822,
    "recall_at_10": 0.099722,
}

LABELS = {
    "train_loss": "final training loss",
    "map": "MAP",
    "ndcg_at_10": "NDCG@10",
    "precision_at_10": "Precision@10",
    "recall_at_10": "Recall@10",
}

SEEDS = pathlib.Path(__file__).with_name("paper_seeds.csv")

# How far a faithful run may lie from the paper, relative to the paper's value: between 2.5 and 6 standard
# deviations of our own seeds. benchmarks/wrong_runs.csv has runs that must be, and are, rejected.
TOLERANCE = {
    "train_loss": 0.05,
    "map": 0.15,
    "ndcg_at_10": 0.10,
    "precision_at_10": 0.10,
    "recall_at_10": 0.10,
}

DEVIATIONS = (
    4  # how many standard deviations a run may lie from the mean of our own seeds
)

# Counts that the paper states (section and figure beside them), and those that follow from its split and, for
# the samples and parameters, from the library's defaults of 4 negatives and layers [16, 8, 4].
COUNTS = {
    "n_ratings": 100_000,  # IV.C
    "n_users": 943,  # IV.C
    "n_items": 1_682,  # IV.C
    "n_train": 74_992,  # Fig. 8: the first index of the prediction list
    "n_test_raw": 25_008,
    "n_test": 24_891,
    "n_train_items": 1_597,  # Fig. 8: (74,992 + 1,430,979) / 943
    "n_negatives": 295_202,
    "n_samples": 370_194,
    "n_parameters": 61_152,
    "n_predictions": 1_430_979,  # Fig. 8
}

# Fig. 8: the first five films of user 1 and the last five of user 943 in the paper's prediction list.
FIG_8_HEAD = [286, 258, 305, 307, 288]
FIG_8_TAIL = [1592, 1676, 907, 1681, 1573]


def seed_runs() -> pd.DataFrame:
    """Return the five results of ten runs of the paper's experiment by the library, each with another seed.

    Returns
    -------
    DataFrame
        Index ``seed``, a column for each of the five results.
    """
    return pd.read_csv(SEEDS, index_col="seed")[list(RESULTS)]


def spread(runs: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return how the five results are spread over runs with other seeds.

    Parameters
    ----------
    runs : DataFrame, optional
        A row for each run, a column for each result; the library's, `seed_runs`, if left out. Those of the
        Keras model are `recdl.experiments.summary.seed_runs`.

    Returns
    -------
    DataFrame
        A row for each of the five results. ``mean`` and ``sd`` (their standard deviation, with n - 1) of the
        runs; ``distance``: how many standard deviations the paper's result lies above the mean.
    """
    runs = seed_runs() if runs is None else runs
    table = pd.DataFrame({"mean": runs.mean(), "sd": runs.std()})
    return table.assign(distance=(pd.Series(RESULTS) - table["mean"]) / table["sd"])


def deviations(run: Mapping[str, float]) -> dict[str, float]:
    """Return how far each of the paper's five results lies from a run, relative to the paper.

    Parameters
    ----------
    run : mapping
        The results of a run under the names of `RESULTS`.

    Returns
    -------
    dict
        ``(run - paper) / paper`` for each name; 0.02 means that the run is 2 % higher.

    Raises
    ------
    KeyError
        If the run lacks one of the five results.
    """
    return {name: (run[name] - value) / value for name, value in RESULTS.items()}


def allowed(runs: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the range in which each result of a faithful run lies, columns ``low`` and ``high``.

    It is as near to the paper as `TOLERANCE` says *and* within `DEVIATIONS` standard deviations of the mean
    of our own seeds. `runs` as in `spread`.
    """
    target, seeds = pd.Series(RESULTS), spread(runs)
    near, far = pd.Series(TOLERANCE) * target, DEVIATIONS * seeds["sd"]
    low = np.maximum(target - near, seeds["mean"] - far)
    high = np.minimum(target + near, seeds["mean"] + far)
    return pd.DataFrame({"low": low, "high": high})


def objections(run: Mapping[str, float], runs: pd.DataFrame | None = None) -> list[str]:
    """Return the reasons why a run is not the paper's experiment; an empty list means that it passes.

    Parameters
    ----------
    run : mapping
        The results of a run under the names of `RESULTS`.
    runs : DataFrame, optional
        The runs with other seeds that it is compared with; see `spread`.

    Returns
    -------
    list of str
        One sentence for each result that is missing, is not a number, or lies outside of what is `allowed`.
    """
    found = []
    for name, (low, high) in allowed(runs).iterrows():
        value = run.get(name)
        if value is None:
            found.append(f"{LABELS[name]}: the run has no result of the name {name!r}.")
        # Written so that a NaN, which compares false with everything, is an objection too.
        elif not low <= value <= high:
            found.append(
                f"{LABELS[name]} is {value:.6f}; allowed are {low:.6f} to {high:.6f}: at most "
                f"{TOLERANCE[name]:.0%} from the paper's {RESULTS[name]:.6f}, and at most {DEVIATIONS} "
                "standard deviations from the mean of ten seeds."
            )
    return found
