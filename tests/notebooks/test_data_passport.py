"""The facts of the dataset that the page *Data passport* states, counted again."""

import re

import pandas as pd

from recdl import download, movielens
from tools import ROOT

PAGE = " ".join((ROOT / "book" / "data_passport.md").read_text("utf-8").split())


def facts():
    ratings, movies, users = (
        load()
        for load in (
            movielens.load_ratings,
            movielens.load_movies,
            movielens.load_users,
        )
    )
    of_user, of_film = (ratings[c].value_counts() for c in ("userID", "itemID"))
    n_users, n_items = len(users), len(movies)
    title = movies.set_index("itemID")["title"][of_film.index[0]]
    when = pd.to_datetime(ratings["timestamp"], unit="s")
    first, last = ratings["timestamp"].agg(["min", "max"])
    by_stars = ratings["rating"].value_counts().sort_index()
    tied = ratings.duplicated(["userID", "timestamp"], keep=False)
    tied_users = ratings.loc[tied, "userID"].nunique()
    hours = ratings.groupby("userID")["timestamp"].agg(lambda t: t.max() - t.min())
    n_head = (of_film.cumsum() < len(ratings) / 2).sum() + 1
    n_twice = movies.duplicated(["title", "year"]).sum()
    n_letters = users["zip_code"].str.contains("[A-Z]").sum()
    n_genres = movies["genres"].str.get_dummies().shape[1]
    yield f"numbered 1 to {n_users} without a gap"
    yield f"numbered 1 to {n_items} without a gap"
    yield f"{1 - len(ratings) / n_users / n_items:.1%} of all pairs"
    yield f"at least {of_user.min()}, half of the users at most {of_user.median():.0f}"
    yield f"at most {of_user.max()} |"
    yield f"at least {of_film.min()}, at most {of_film.max()} (*{title}*)"
    yield f"{when.min():%d %B %Y, %H:%M:%S}"
    yield f"{when.max():%d %B %Y, %H:%M:%S}"
    yield f"| {first}–{last} |"
    yield "| ratings | " + " | ".join(f"{n:,}" for n in by_stars) + " |"
    yield f"| {movies['year'].min()}–{movies['year'].max()}, or missing |"
    yield f"| {n_genres} words, joined"
    yield f"| {users['age'].min()}–{users['age'].max()} | years"
    yield f"| {users['occupation'].nunique()} words"
    yield f"some begin with 0, and {n_letters} have letters"
    yield f"All {tied_users} users rated several films in the same second: {tied.sum():,}"
    yield f"**{n_twice} films are there twice**"
    yield f"**{(of_film == 1).sum()} films have a single rating.**"
    yield f"{(users['occupation'] == 'student').sum()} of {n_users} say"
    yield f"{(users['gender'] == 'M').sum()} say that they are men"
    yield f"Half of the users ({(hours < 3600).mean():.1%})"
    yield f"belong to {n_head} films"
    yield f"The newest film is of {movies['year'].max()}"


def test_the_facts_of_the_page_are_true():
    spaced = (re.sub(r"(\d)%", r"\1 %", fact) for fact in facts())
    assert [fact for fact in spaced if fact not in PAGE] == []


def test_item_267_is_as_the_page_says():
    movie = movielens.load_movies().set_index("itemID").loc[267]
    assert (movie["title"], movie["genres"]) == ("unknown", "unknown")
    assert pd.isna(movie["year"])
    assert (movielens.load_ratings()["itemID"] == 267).sum() == 9
    assert "It was rated nine times." in PAGE


def test_most_ratings_are_good_as_the_page_says():
    assert (movielens.load_ratings()["rating"] >= 4).mean() > 0.5


def test_the_fingerprints_are_those_that_the_package_compares_with():
    known = [
        download.GROUPLENS_SHA256,
        download.RECBOLE_SHA256,
        movielens.RATINGS_SHA256,
    ]
    assert re.findall(r"`([0-9a-f]{64})`", PAGE) == known
