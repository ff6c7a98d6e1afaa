"""Lists, hits and metrics for millions of interactions are those of the small path, bit for bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from recdl import evaluation, large_lists, ranking
from small_tables import small_worlds

wide = st.integers(1, 16)


@given(small_worlds(), wide, st.randoms(use_true_random=False), st.integers(1, 4))
def test_lists_hits_and_metrics_are_the_same(world, k, random, block):
    positives, test, scores = world
    model = ranking.ScoreTable(scores)
    users = random.sample(range(positives.n_users), positives.n_users)
    users = np.array(users[: random.randint(1, len(users))])
    seen = random.choice([None, large_lists.Seen(positives)])
    options = {"users": users, "block": block}
    top = ranking.top_k(model, positives, k, **options)
    ours = large_lists.top_k(model, positives, k, seen=seen, **options)
    assert ours.dtype == top.dtype
    assert ours.tolist() == top.tolist()

    relevant = evaluation.Relevant(test, positives)
    expected = evaluation.hits(top, relevant, users=users)
    for kind in (evaluation.Relevant, large_lists.Relevant):
        other = kind(test, positives)
        assert other.codes.tolist() == relevant.codes.tolist()
        hits = large_lists.hits(top, other, users=users)
        assert hits.tolist() == expected.tolist()
        if relevant.n_relevant[users].any():
            ks = (1, k)
            metrics = evaluation.evaluate(top, relevant, ks, users=users)
            found = large_lists.evaluate(top, other, ks, users=users)
            assert_frame_equal(found, metrics, check_exact=True)


@given(small_worlds())
def test_all_users_are_ranked_if_none_are_named(world):
    positives, _, scores = world
    model = ranking.ScoreTable(scores)
    expected = ranking.top_k(model, positives, 3)
    assert large_lists.top_k(model, positives, 3).tolist() == expected.tolist()


@given(small_worlds())
def test_what_the_small_path_refuses_is_refused_in_the_same_words(world):
    positives, test, _ = world
    relevant = large_lists.Relevant(test, positives)
    n_users = positives.n_users
    lists = np.zeros((n_users, 1), dtype=int)
    for top, users, ks in [
        (lists, np.arange(n_users + 1), (1,)),
        (lists, [0] * n_users + [0], (1,)),
        (lists + positives.n_items, None, (1,)),
        (np.append(lists, lists, axis=1), None, (1,)),
        (lists[:-1], None, (1,)),
        (lists, None, (2,)),
        (lists.astype(float), None, (1,)),
    ]:
        for name in ("hits", "evaluate"):
            more = {"ks": ks} if name == "evaluate" else {}
            if name == "hits" and ks == (2,):
                continue
            with pytest.raises(ValueError, match=r"must|have|rows|given") as small:
                getattr(evaluation, name)(top, relevant, users=users, **more)
            with pytest.raises(ValueError, match=r"must|have|rows|given") as ours:
                getattr(large_lists, name)(top, relevant, users=users, **more)
            assert str(ours.value) == str(small.value)
