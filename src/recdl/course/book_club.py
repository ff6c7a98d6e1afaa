"""A book club that never was: ratings in the form in which own data come, for the chapter on them.

Readers and books have texts for names, some of them with zeros in front; stars come in halves, times as
texts. Behind the ratings there is something to be learnt: each reader likes some of six kinds of books more
than others, turns from one kind to another as time goes by, and some books are read by many.
"""

import numpy as np
import pandas as pd

N_KINDS = 6
LIKED = 5  # how much more often a reader takes a book of the favourite kind
SEASON = 0.25  # how long a reader stays with a kind, as a part of the whole time


def ratings(n_readers: int = 300, n_books: int = 400, *, seed: int = 1) -> pd.DataFrame:
    """Invent a table of ratings.

    Returns
    -------
    DataFrame
        Columns ``reader``, ``isbn`` (texts), ``stars`` (0.5 to 5 in halves), ``when`` (ISO 8601, universal
        time); a row for each of about forty books a reader, in the order of the clock. Books of one kind are
        read near to each other; how many others read a book says nothing about when.
    """
    rng = np.random.default_rng(seed)
    kind = rng.integers(N_KINDS, size=n_books)
    fame = 1 / np.arange(1, n_books + 1)[rng.permutation(n_books)] ** 0.7
    numbers = rng.permutation(10**6)[:n_books]
    isbns = np.array([f"{number:09}{'0123456789X'[number % 11]}" for number in numbers])
    rows = []
    for reader in range(n_readers):
        taste = rng.dirichlet(np.full(N_KINDS, 0.4))
        appeal = fame * np.exp(LIKED * taste[kind])
        n = rng.integers(15, 66)
        books = rng.choice(n_books, n, replace=False, p=appeal / appeal.sum())
        season = rng.random(N_KINDS)[kind[books]] + rng.normal(0, SEASON, n)
        books = books[np.argsort(season)]
        stars = 2.5 + 2 * taste[kind[books]] + rng.normal(0, 0.8, n)
        days = rng.integers(5 * 365) + np.sort(rng.exponential(20, n).cumsum())
        rows += zip([f"{reader:04}"] * n, isbns[books], stars, days, strict=True)
    table = pd.DataFrame(rows, columns=["reader", "isbn", "stars", "when"])
    table["stars"] = (table["stars"] * 2).round().clip(1, 10) / 2
    moments = pd.Timestamp("2018-01-01") + pd.to_timedelta(table["when"], unit="D")
    table["when"] = moments.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return table.sort_values("when", kind="stable", ignore_index=True)
