"""Predictions as a table: the paper's Fig. 8, and its Table I by the library's own functions (section V).

Everywhere else in the package a model gives `scores` and lists are positions; here they are what the paper's
notebook has, a DataFrame with a row for each pair of a user and an unseen film.
"""

import numpy as np
import pandas as pd

from recdl.checks import check_at_least, check_kind, check_model
from recdl.columns import DataError, lookup
from recdl.interactions import position_of
from recdl.ratings import PAIR, check_pairs

# Pairs that the network sees at once: memory, not results, depends on it.
PREDICTION_BLOCK = 200_000


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
        training. The index begins at ``len(train)``, as in the paper. No row where everybody has seen all.

    Raises
    ------
    recdl.columns.DataError
        If train fails `recdl.ratings.check_pairs`, or a prediction is not a finite number.
    """
    check_model(model, having="predict(users, items), such as the library's NCF")
    check_kind(pd.DataFrame, train=train)
    train = check_pairs(train)
    users, films = train["userID"].unique(), train["itemID"].unique()
    pairs = pd.DataFrame(
        {"userID": np.repeat(users, len(films)), "itemID": np.tile(films, len(users))}
    )
    seen = pd.MultiIndex.from_frame(pairs).isin(pd.MultiIndex.from_frame(train[PAIR]))
    candidates = pairs[~seen].reset_index(drop=True)
    candidates.index += len(train)
    blocks = range(0, len(candidates), PREDICTION_BLOCK)
    nothing = np.empty(0, "float32")
    found = [
        _predict(model, candidates.iloc[begin : begin + PREDICTION_BLOCK])
        for begin in blocks
    ]
    candidates["prediction"] = np.concatenate(found or [nothing])
    _check_finite(candidates)
    return candidates


def _predict(model, pairs):
    return model.predict(
        pairs["userID"].tolist(), pairs["itemID"].tolist(), is_list=True
    )


def _check_finite(predictions):
    values = predictions["prediction"]
    if values.dtype.kind not in "iuf":
        raise DataError(f"The predictions must be numbers; they are {values.dtype}.")
    wrong = ~np.isfinite(values.to_numpy(dtype=float, na_value=np.nan))
    if wrong.any():
        user, item = (predictions[name].iloc[wrong.argmax()] for name in PAIR)
        raise DataError(
            f"The prediction for user {user} and item {item} is NaN or infinite. Did the training diverge?"
        )


def recommend(predictions: pd.DataFrame, user: int, k: int = 10) -> pd.DataFrame:
    """Return the k films with the highest predictions for one user, the best first.

    Parameters
    ----------
    predictions : DataFrame
        Columns ``userID, itemID, prediction``.
    user : int or str
        The user's identifier.
    k : int
        Length of the list, at least 1.

    Raises
    ------
    KeyError
        If there are no predictions for this user.
    recdl.columns.DataError
        If the table is empty, or one of this user's predictions is not a finite number.
    """
    check_at_least(1, k=k)
    check_kind(pd.DataFrame, predictions=predictions)
    check_pairs(predictions.head(0), [*PAIR, "prediction"])  # the columns, nothing more
    if predictions.empty:
        raise DataError("The table of predictions is empty. It needs at least one row.")
    known = predictions["userID"].unique()
    own = predictions[predictions["userID"] == known[position_of(user, known)]]
    _check_finite(own)
    return own.sort_values("prediction", ascending=False, kind="stable").head(k)


def _check_common(judged, known):
    if (lookup(judged, known) < 0).all():
        raise DataError(
            f"None of the {judged.nunique()} users of the test has predictions: there is nothing to judge. "
            "Use a test part and predictions of the same split."
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

    Raises
    ------
    recdl.columns.DataError
        If a table fails `recdl.ratings.check_pairs`, no user is in both, or a prediction is not finite.
    """
    check_at_least(1, k=k)
    check_kind(pd.DataFrame, test=test, predictions=predictions)
    judged = check_pairs(test, [*PAIR, "rating"])["userID"]
    known = check_pairs(predictions, [*PAIR, "prediction"])["userID"].unique()
    _check_finite(predictions)
    _check_common(judged, known)
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
