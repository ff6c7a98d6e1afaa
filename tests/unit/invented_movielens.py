"""A MovieLens of 4 ratings, 2 users and 3 films, in both layouts, and others; fixtures are in conftest."""

import hashlib
import io
import random
import zipfile

import pytest

from recdl import movielens
from recdl.download import DataUnavailable

LOADERS = [movielens.load_ratings, movielens.load_movies, movielens.load_users]
ROWS = [
    (2, 1, 3, 881250949),
    (1, 3, 5, 881250949),
    (1, 1, 4, 878887116),
    (2, 2, 1, 878887116),
]
FILMS = {  # u.item's title: title, year, genres
    '"Café" Noir (1981)': ('"Café" Noir', 1981, ["Drama", "War"]),
    "unknown": ("unknown", None, ["unknown"]),
    "Sea, The (Mer, La) (1994) ": (
        "Sea, The (Mer, La)",
        1994,
        ["Children's", "Sci-Fi"],
    ),
}
PEOPLE = [("1", "24", "M", "none", "01234"), ("2", "53", "F", "writer", "V3N4P")]


def lines(rows, separator, encoding="utf-8"):
    return "".join(separator.join(map(str, row)) + "\n" for row in rows).encode(
        encoding
    )


def grouplens_files():
    flags = [
        [int(genre in genres) for genre in movielens.GENRES]
        for *_, genres in FILMS.values()
    ]
    films = [
        (i, title, "01-Jan-1990", "", "", *flags[i - 1])
        for i, title in enumerate(FILMS, start=1)
    ]
    return {
        "u.data": lines(ROWS, "\t"),
        "u.item": lines(films, "|", "latin-1"),
        "u.user": lines(PEOPLE, "|"),
    }


def recbole_files():
    films = [
        (i, t, y or "", " ".join(g))
        for i, (t, y, g) in enumerate(FILMS.values(), start=1)
    ]
    films = [
        (
            "item_id:token",
            "movie_title:token_seq",
            "release_year:token",
            "class:token_seq",
        ),
        *films,
    ]
    ratings = [
        ("user_id:token", "item_id:token", "rating:float", "timestamp:float"),
        *ROWS,
    ]
    people = [
        [
            f"{name}:token"
            for name in ("user_id", "age", "gender", "occupation", "zip_code")
        ],
        *PEOPLE,
    ]
    return {
        "ml-100k.inter": lines(ratings, "\t"),
        "ml-100k.item": lines(films, "\t"),
        "ml-100k.user": lines(people, "\t"),
    }


LAYOUTS = {"grouplens": grouplens_files, "recbole": recbole_files}


def folder_with(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def zipped(files, prefix=""):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(prefix + name)  # of 1980, so always the same bytes
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


# Large enough (40 kB that do not compress) that a download can be stopped in the middle.
NOT_NEEDED = {"u1.base": random.Random(0).randbytes(40_000), "../evil.sh": b"rm"}
ZIP = zipped(grouplens_files() | NOT_NEEDED, "ml-100k/")
WHEEL = zipped(
    recbole_files() | {"ml-100k.kg": b"not needed"}, "recbole/dataset_example/ml-100k/"
)

# Other data sets of MovieLens

ML_1M = {
    "ratings.dat": b"1::1193::5::978300760\n",
    "movies.dat": b"1193::One Flew Over the Cuckoo's Nest (1975)::Drama\n",
    "users.dat": b"1::F::1::10::48067\n",
}
CSV = {"ratings.csv": b"userId,movieId,rating,timestamp\n1,1,4.0,964982703\n"}
OTHERS = {
    "ml-latest-small": CSV | {"links.csv": b"", "movies.csv": b"", "tags.csv": b""},
    "ml-1m": ML_1M,
    "ml-10m": {"ratings.dat": b"1::122::4.5::838985046\n", "tags.dat": b""},
    "ml-20m": CSV | {"genome-scores.csv": b"", "genome-tags.csv": b""},
}


def error_of(load, *arguments, kind=DataUnavailable):
    with pytest.raises(kind) as raised:
        load(*arguments)
    return str(raised.value)
