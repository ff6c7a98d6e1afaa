"""Every number that the paper publishes, where it stands there, and how near a run has to come.

Source: A. H. Bin Mohd Halim, *Recommendation System using Deep Learning*, seminar paper, Hochschule
Hamm-Lippstadt. Sections and figures below are the paper's.
"""

from collections.abc import Mapping

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

# How far a faithful run may lie from the paper, relative to the paper's value. Over ten seeds the standard
# deviations are 1.8 % (loss), 3.2 % (MAP), 2.1 % (NDCG), 1.9 % (Precision) and 2.1 % (Recall): each bound is
# between 2.5 and 6 of them, and rejects every wrong run of benchmarks/wrong_runs.csv.
TOLERANCE = {
    "train_loss": 0.05,
    "map": 0.15,
    "ndcg_at_10": 0.10,
    "precision_at_10": 0.10,
    "recall_at_10": 0.10,
}

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


def objections(run: Mapping[str, float]) -> list[str]:
    """Return the reasons why a run is not the paper's experiment; an empty list means that it passes.

    Parameters
    ----------
    run : mapping
        The results of a run under the names of `RESULTS`.

    Returns
    -------
    list of str
        One sentence for each result that is missing, is not a number, or lies outside `TOLERANCE`.
    """
    found = []
    for name, target in RESULTS.items():
        value = run.get(name)
        if value is None:
            found.append(f"{LABELS[name]}: the run has no result of the name {name!r}.")
        # Written so that a NaN, which compares false with everything, is an objection too.
        elif not abs(value - target) <= TOLERANCE[name] * target:
            found.append(
                f"{LABELS[name]} is {value:.6f}; the paper has {target:.6f}, "
                f"and at most {TOLERANCE[name]:.0%} of difference is allowed."
            )
    return found
