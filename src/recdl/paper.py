"""Every number that the paper publishes, where it stands there, and how near a run has to come.

How much a result moves from seed to seed stands in paper_seeds.csv: ten runs of the library's NCF and ten of
the Keras model of `recdl.models` in the paper's setting, made by benchmarks/seeds.py.

Source: A. H. Bin Mohd Halim, *Recommendation System using Deep Learning*, seminar paper, Hochschule
Hamm-Lippstadt. Sections and figures below are the paper's.
"""

import pathlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

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
IMPLEMENTATIONS = ("library", "keras")

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


def seed_runs(implementation: str = "library") -> pd.DataFrame:
    """Return the five results of ten runs of the paper's experiment, each with another seed.

    Parameters
    ----------
    implementation : str
        Whose runs: ``"library"`` or ``"keras"``.

    Returns
    -------
    DataFrame
        Index ``seed``, a column for each of the five results.

    Raises
    ------
    ValueError
        If the implementation is another.
    """
    if implementation not in IMPLEMENTATIONS:
        raise ValueError(
            f"implementation must be one of {IMPLEMENTATIONS}; received {implementation!r}."
        )
    runs = pd.read_csv(SEEDS, index_col="seed")
    return runs.loc[runs["implementation"] == implementation, list(RESULTS)]


def spread(implementation: str = "library") -> pd.DataFrame:
    """Return how the five results are spread over `seed_runs` of an implementation.

    Returns
    -------
    DataFrame
        A row for each of the five results. ``mean`` and ``sd`` (their standard deviation, with n - 1) of our
        runs; ``distance``: how many standard deviations the paper's result lies above the mean.
    """
    runs = seed_runs(implementation)
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


def allowed(implementation: str = "library") -> pd.DataFrame:
    """Return the range in which each result of a faithful run lies, columns ``low`` and ``high``.

    It is as near to the paper as `TOLERANCE` says *and* within `DEVIATIONS` standard deviations of the mean
    of our own seeds. `implementation` as in `spread`.
    """
    target, seeds = pd.Series(RESULTS), spread(implementation)
    near, far = pd.Series(TOLERANCE) * target, DEVIATIONS * seeds["sd"]
    low = np.maximum(target - near, seeds["mean"] - far)
    high = np.minimum(target + near, seeds["mean"] + far)
    return pd.DataFrame({"low": low, "high": high})


def objections(run: Mapping[str, float], implementation: str = "library") -> list[str]:
    """Return the reasons why a run is not the paper's experiment; an empty list means that it passes.

    Parameters
    ----------
    run : mapping
        The results of a run under the names of `RESULTS`.
    implementation : str
        Whose seeds the run is compared with: ``"library"`` or ``"keras"``.

    Returns
    -------
    list of str
        One sentence for each result that is missing, is not a number, or lies outside of what is `allowed`.
    """
    found = []
    for name, (low, high) in allowed(implementation).iterrows():
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
