"""Chapter 6: evaluations that run without an error and are wrong."""

import math

from recdl import paper, toy
from recdl.course.museum import Exhibit, permalink


def candidates_by_users(n_users, n_items, seen):
    """Return the films that a user may get; the bug: it counts users."""
    return set(range(n_users)) - seen


def candidates_by_items(n_users, n_items, seen):
    """Return the films, numbered from 0, that a user may get."""
    return set(range(n_items)) - seen


def check_candidates(candidates):
    """Ask for somebody in the toy world, which has five people and six films."""
    n_users, n_items, seen = len(toy.USERS), len(toy.MOVIES), {0, 1}
    found = candidates(n_users, n_items, seen)
    lost = [toy.MOVIES["title"][i] for i in range(2, n_items) if i not in found]
    assert not lost, f"{lost} can never be recommended"
    assert len(found) == n_items - len(seen), f"{found} has films that nobody knows"


def gain_natural(rank, k=10):
    """Return the NDCG of one relevant film; the bug: its ideal is not 1."""
    return 1 / math.log(1 + rank) if rank <= k else 0.0


def gain_binary(rank, k=10):
    """Return the NDCG of one relevant film, from its rank."""
    return 1 / math.log2(1 + rank) if rank <= k else 0.0


def check_gain(gain):
    """Ask for the best rank, for one behind the list, and for the order in between."""
    assert gain(1) == 1, f"a perfect rank should have the value 1, not {gain(1):.4f}"
    assert gain(11) == 0, f"a film outside the list should count 0, not {gain(11):.4f}"
    assert gain(1) > gain(2) > gain(10) > 0, "a better rank should have a higher value"


def near_with_floor(value, expected):
    """Tell whether a result is as expected; the bug: 0.05 may be all of it."""
    return abs(value - expected) <= max(0.1 * expected, 0.05)


def near_by_share(value, expected, share=0.15):
    """Tell whether a result is as expected, up to a share of that."""
    return abs(value - expected) <= share * expected


def check_tolerance(near):
    """Offer each result slightly off, then nothing at all, then twice as much."""
    for name, expected in paper.RESULTS.items():
        assert near(1.03 * expected, expected), f"{name}: 3 % off should pass"
        assert not near(0.0, expected), f"{name}: 0 passes for {expected}"
        assert not near(2 * expected, expected), f"{name}: twice {expected} passes"


EXHIBITS = [
    Exhibit(
        title="Candidates counted by users, not by items",
        source=permalink("d2l-ai/d2l-en", "chapter_recommender-systems/neumf.md#L142"),
        broken=candidates_by_users,
        mended=candidates_by_items,
        check=check_candidates,
    ),
    Exhibit(
        title="NDCG with the natural logarithm and without an ideal",
        source=permalink(
            "recommenders-team/recommenders",
            "examples/02_model_collaborative_filtering/ncf_deep_dive.ipynb#L680",
        ),
        broken=gain_natural,
        mended=gain_binary,
        check=check_gain,
    ),
    Exhibit(
        title="A tolerance larger than the metric",
        source=permalink(
            "recommenders-team/recommenders",
            "tests/functional/examples/test_notebooks_gpu.py#L106",
        ),
        broken=near_with_floor,
        mended=near_by_share,
        check=check_tolerance,
    ),
]
