"""Chapter 9: a model that may look at what it is asked to predict."""

import numpy as np

from recdl.course.museum import Exhibit


def mask_upside_down(length):
    """Return which places (rows) may look at which others (columns); the bug: the later ones."""
    return np.triu(np.ones((length, length), dtype=bool))


def causal_mask(length):
    """Return which places (rows) may look at which others (columns): themselves and earlier ones."""
    return np.tril(np.ones((length, length), dtype=bool))


def check_mask(mask):
    """Ask who may look where in a history of four films."""
    allowed = mask(4)
    assert allowed.diagonal().all(), "a place may always look at itself"
    for place in range(4):
        ahead = np.flatnonzero(allowed[place, place + 1 :])
        assert not len(ahead), f"place {place} may look at what comes after it"
    assert allowed[3].all(), "the last place should see the whole history"


EXHIBITS = [
    Exhibit(
        title="A mask upside down",
        source="a classic slip; Kang and McAuley (arXiv 1808.09781, 2018), III.B, say which half must go",
        broken=mask_upside_down,
        mended=causal_mask,
        check=check_mask,
    ),
]
