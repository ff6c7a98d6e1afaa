"""Chapter 1: a list of recommendations that loses its order when the titles are looked up."""

from recdl import toy
from recdl.course.museum import Exhibit, permalink


def titles_by_isin(item_ids, movies):
    """Look up the titles of recommended films (with the bug)."""
    wanted = movies["itemID"].isin(item_ids)
    return movies.loc[wanted, "title"].tolist()


def titles_in_order(item_ids, movies):
    """Look up the titles of recommended films, the best first."""
    titles = movies.set_index("itemID")["title"]
    return titles.loc[list(item_ids)].tolist()


def check_order(look_up):
    """Look up a list whose order is not that of the film table."""
    found = look_up([106, 101, 103], toy.MOVIES)
    wanted = ["Fargo", "Airplane!", "Casablanca"]
    assert found == wanted, (
        f"the best first should be {wanted}, but the list is {found}"
    )


EXHIBITS = [
    Exhibit(
        title="Titles looked up with isin() lose the order of the ranking",
        source=permalink(
            "keras-team/keras-io",
            "examples/structured_data/collaborative_filtering_movielens.py",
        ),
        broken=titles_by_isin,
        mended=titles_in_order,
        check=check_order,
    )
]
