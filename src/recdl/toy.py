"""A world small enough for pencil and paper: five people, six films, seventeen ratings.

The prose, the figures and the unit tests use this one object, so what a reader works out by hand is what the
tests check. It is small but not smooth. Split in half by time (`splits.chronological_split(RATINGS, 0.5)`)
it has every case that trips up a real pipeline:

- Eva rated 101 and 105 in the same second, and her split falls between them;
- film 106 occurs in no training history, so nobody can learn anything about it;
- Ben's only test film is 106, so Ben has nothing left to be tested on;
- the halves of three and of five ratings have to be rounded.
"""

import pandas as pd

USERS = {1: "Ana", 2: "Ben", 3: "Chloe", 4: "Dan", 5: "Eva"}

MOVIES = pd.DataFrame(
    [
        (101, "Airplane!", 1980, "Comedy"),
        (102, "Brazil", 1985, "Drama|Sci-Fi"),
        (103, "Casablanca", 1942, "Drama|Romance"),
        (104, "Die Hard", 1988, "Action|Thriller"),
        (105, "E.T.", 1982, "Children's|Sci-Fi"),
        (106, "Fargo", 1996, "Crime|Drama"),
    ],
    columns=["itemID", "title", "year", "genres"],
)

RATINGS = pd.DataFrame(
    [
        (1, 101, 4.0, 100),
        (5, 103, 5.0, 101),
        (1, 102, 3.0, 110),
        (2, 101, 5.0, 115),
        (3, 105, 4.0, 120),
        (5, 101, 2.0, 130),
        (5, 105, 4.0, 130),  # the same second as the row above
        (4, 102, 3.0, 140),
        (1, 103, 5.0, 150),
        (2, 103, 4.0, 155),
        (5, 104, 1.0, 160),
        (3, 104, 5.0, 165),
        (4, 104, 4.0, 170),
        (1, 104, 2.0, 180),
        (4, 105, 5.0, 185),
        (2, 106, 3.0, 190),
        (5, 102, 4.0, 195),
    ],
    columns=["userID", "itemID", "rating", "timestamp"],
)

# Somebody's predictions for the films that each person did not see in the training half. Chapter 6 judges
# them by hand; the tests judge them with every implementation of the metrics.
PREDICTIONS = pd.DataFrame(
    [
        (1, 103, 0.3), (1, 104, 0.9), (1, 105, 0.6),
        (2, 102, 0.8), (2, 104, 0.7), (2, 105, 0.2),
        (3, 101, 0.9), (3, 102, 0.1), (3, 103, 0.4), (3, 104, 0.5),
        (4, 101, 0.7), (4, 103, 0.6), (4, 105, 0.5),
        (5, 102, 0.6), (5, 104, 0.3), (5, 105, 0.8),
    ],
    columns=["userID", "itemID", "prediction"],
)  # fmt: skip


def as_matrix(table: pd.DataFrame, values: str = "rating") -> pd.DataFrame:
    """Lay a table of (user, film, value) rows out with a row per person and a column per film.

    Parameters
    ----------
    table : DataFrame
        Columns ``userID``, ``itemID`` and the one named by `values`.
    values : str
        The column whose values fill the matrix; pairs without a row become NaN.
    """
    matrix = table.pivot(index="userID", columns="itemID", values=values)
    titles = MOVIES.set_index("itemID")["title"]
    return matrix.rename(index=USERS, columns=titles).rename_axis(
        index=None, columns=None
    )
