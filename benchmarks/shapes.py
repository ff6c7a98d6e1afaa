"""MovieLens' larger sets: their sizes, how to know their zips, and generated ratings of their shapes.

The ratings are invented. What they share with the set are its layout, its numbers of users, films and
ratings (nearly: films that nobody chose drop out), half stars, and rows that stand by user and film. Films
have a long tail, each user rates at least 20, all within one sitting, many in the same second.
"""

import numpy as np
import polars as pl

from recdl.course.chapter_10.measured import SETS

GREATEST = {  # identifier of a film
    "1M": 3_952,
    "10M": 65_133,
    "20M": 131_262,
    "25M": 209_171,
    "32M": 292_757,
}
SHAPES = {  # ratings, users, films rated, the greatest identifier of a film
    name.lower(): (*SETS[name].values(), greatest)
    for name, greatest in GREATEST.items()
}
ZIPS = {  # of GroupLens: the SHA-256 of the zip
    "1m": "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
    "10m": "813c411ccb6122564edfe752e7f80c4dcc5aa25fa94c93622f6877a7ba252862",
    "20m": "96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3",
    "25m": "8b21cfb7eb1706b4ec0aac394868d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa",
    "32m": "e4a68655d7386b8f95f2f2424b2ff975dfdd15ffd59e0d864a14dca43e99d6ee",
}
OLDER = ("1m", "10m")  # with :: between fields
STARS = [0.02, 0.03, 0.02, 0.07, 0.05, 0.19, 0.13, 0.27, 0.09, 0.13]  # 0.5 to 5


def pairs(n_ratings, n_users, n_films, rng):
    """Return positions of users and films, about so many different pairs, by user and film."""
    extra = rng.lognormal(sigma=1.3, size=n_users)
    for _ in range(50):  # nobody rates fewer than 20, or more than a third of all
        extra = np.minimum(
            extra * (n_ratings - 20 * n_users) / extra.sum(), n_films / 3
        )
    wanted = np.rint(20 + extra).astype("int64")
    tail = rng.lognormal(sigma=2.2, size=n_films).cumsum()
    codes = np.empty(0, dtype="int64")
    for _ in range(20):  # who drew a film twice draws again
        missing = wanted - np.bincount(codes // n_films, minlength=n_users)
        if missing.sum() < n_ratings / 1000:
            break
        users = np.repeat(np.arange(n_users), missing)
        films = tail.searchsorted(rng.random(len(users)) * tail[-1], side="right")
        codes = np.append(codes, users * n_films + films)
        codes.sort()
        codes = codes[np.append(True, codes[1:] != codes[:-1])]
    return np.divmod(codes, n_films)


def write(name, path, rng):
    """Write the file of a set: CSV with a heading, or for the older ones the layout of ratings.dat."""
    n_ratings, n_users, n_films, greatest = SHAPES[name]
    users, films = pairs(n_ratings, n_users, n_films, rng)
    ids = np.sort(rng.choice(greatest, n_films, replace=False)) + 1
    begins = rng.integers(820_000_000, 1_690_000_000, n_users)
    waits = np.floor(rng.exponential(900, len(users))).astype("int64")
    columns = {
        "userId": users + 1,
        "movieId": ids[films],
        "rating": (rng.choice(10, len(users), p=STARS) + 1) / 2,
        "timestamp": begins[users] + waits,
    }
    table = pl.DataFrame(columns)
    if name == "1m":  # whole stars
        table = table.with_columns(pl.col("rating").ceil().cast(pl.Int8))
    if name not in OLDER:
        table.write_csv(path)
        return
    text = table.write_csv(include_header=False, separator="|").encode()
    path.write_bytes(text.replace(b"|", b"::"))
