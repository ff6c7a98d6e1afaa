"""GMF, MLP and NeuMF against NumPy: logits, first weights, scores, files, pretraining."""

import functools
import itertools

import numpy as np
import pandas as pd
import pytest

from later import Later
from recdl import interactions, ranking

models = Later("recdl.models")
KINDS = ["GMF", "MLP", "NeuMF"]


def make(kind, *arguments, **options):
    return getattr(models, kind)(*arguments, **options)


def with_random_weights(model, seed=2):
    """Replace all weights, biases too: fresh ones are so small that mistakes would not show."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=old.shape) for old in model.get_weights()])
    return model


@pytest.fixture(scope="module", params=KINDS)
def model(request):
    return with_random_weights(make(request.param, 3, 5, 4, (6, 4, 2), use_bias=True))


def all_pairs(model):
    """Return the positions of every user and item, (n_users * n_items,) each."""
    n_users, n_items = model.settings["n_users"], model.settings["n_items"]
    return np.arange(n_users).repeat(n_items), np.tile(np.arange(n_items), n_users)


# The forward pass once more, in NumPy (He et al. 2017, equations 9, 10 and 12)


def tables_of(tower):
    return [
        table.embeddings.numpy().astype(float) for table in (tower.user, tower.item)
    ]


def gmf_by_hand(tower, users, items):
    user_table, item_table = tables_of(tower)
    return user_table[users] * item_table[items]


def mlp_by_hand(tower, users, items):
    user_table, item_table = tables_of(tower)
    vectors = np.hstack([user_table[users], item_table[items]])
    for layer in tower.hidden:
        vectors = np.maximum(0, vectors @ layer.kernel.numpy() + layer.bias.numpy())
    return vectors


BY_HAND = {"gmf": gmf_by_hand, "mlp": mlp_by_hand}
TOWERS = {"GMF": ["gmf"], "MLP": ["mlp"], "NeuMF": ["gmf", "mlp"]}


def logits_by_hand(model, users, items):
    towers = zip(TOWERS[type(model).__name__], model.towers, strict=True)
    vectors = np.hstack([BY_HAND[name](tower, users, items) for name, tower in towers])
    kernel, *bias = model.last.get_weights()
    return (vectors @ kernel)[:, 0] + sum(bias)


@pytest.mark.parametrize("use_bias", [False, True])
@pytest.mark.parametrize("layer_sizes", [(6,), (6, 4), (8, 6, 4, 2)])
@pytest.mark.parametrize("kind", KINDS)
def test_logits_are_those_of_numpy(kind, layer_sizes, use_bias):
    model = with_random_weights(make(kind, 7, 5, 3, layer_sizes, use_bias))
    pairs = all_pairs(model)
    by_hand = logits_by_hand(model, *pairs)
    assert by_hand.min() < -0.5 < 0.5 < np.ptp(by_hand)  # mistakes would show
    np.testing.assert_allclose(model(pairs), by_hand, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "by_hand"),
    [
        ("GMF", (7 + 5) * 3 + 3),
        ("MLP", (7 + 5) * 4 + (8 * 6 + 6) + (6 * 2 + 2) + 2),
        ("NeuMF", (7 + 5) * (3 + 4) + (8 * 6 + 6) + (6 * 2 + 2) + (3 + 2)),
    ],
)
def test_parameters_are_counted_as_by_hand(kind, by_hand):
    assert make(kind, 7, 5, 3, (8, 6, 2)).count_params() == by_hand
    assert make(kind, 7, 5, 3, (8, 6, 2), use_bias=True).count_params() == by_hand + 1


def test_the_papers_neumf_has_61152_parameters():
    assert models.NeuMF(943, 1597).count_params() == 61_152


# First weights


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(kind):
    first, again, other = (
        make(kind, 4, 4, 3, (6, 4), seed=seed).get_weights() for seed in (1, 1, 2)
    )
    for a, b, c in zip(first, again, other, strict=True):
        assert (a == b).all()
        assert (a != c).all() or not a.any()  # the hidden biases all begin with 0


def test_all_tables_differ_where_the_librarys_are_equal():
    """One seed for all tables makes the users' equal to the first rows of the items'."""
    towers = models.NeuMF(4, 6, n_factors=3, layer_sizes=(6,)).towers
    tables = [table[:4] for tower in towers for table in tables_of(tower)]
    for one, other in itertools.combinations(tables, 2):
        assert (one != other).all()


def test_tables_begin_small_and_layers_within_glorots_bounds():
    model = models.NeuMF(1000, 1000, 16, (16, 8))
    for table in tables_of(model.towers[0]) + tables_of(model.towers[1]):
        # Cut off at two standard deviations, a normal distribution keeps 0.88 of its own.
        assert table.std() == pytest.approx(0.0088, rel=0.05)
        assert np.abs(table).max() <= 0.02
    bound = np.sqrt(6 / (16 + 8))
    kernel = model.towers[1].hidden[0].kernel.numpy()
    assert 0.9 * bound < np.abs(kernel).max() <= bound


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n_users": 0}, "at least 1"),
        ({"n_items": 0}, "at least 1"),
        ({"n_factors": 0}, "at least 1"),
        ({"layer_sizes": (8, 0)}, "at least 1"),
        ({"layer_sizes": (0,)}, "at least 1"),
        ({"layer_sizes": ()}, r"even number.*; received \[\]"),
        ({"n_users": 2.5}, "n_users must be a whole number"),
        ({"n_factors": "3"}, "n_factors must be a whole number"),
        ({"layer_sizes": (8, 2.5)}, "each of layer_sizes must be a whole number"),
        ({"seed": -1}, "seed must be"),
        ({"layer_sizes": (7, 4)}, r"even number.*; received \[7, 4\]"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_absurd_sizes_are_refused(kind, arguments, words):
    with pytest.raises(ValueError, match=words):
        make(kind, **{"n_users": 2, "n_items": 2} | arguments)


# Scores


def test_scores_are_the_logits_of_every_pair(model):
    scores = model.scores([2, 0])
    assert scores.shape == (2, 5)
    for row, user in enumerate([2, 0]):
        for item in range(5):
            alone = model((np.array([user]), np.array([item])))
            assert scores[row, item] == pytest.approx(float(alone[0]), abs=1e-5)


def test_logits_keep_an_order_that_probabilities_lose():
    model = models.GMF(1, 3, n_factors=1)
    one, items = np.ones((1, 1)), np.array([[0.0], [40.0], [50.0]])
    model.set_weights([one, items, one])
    seen = interactions.Interactions(pd.DataFrame({"userID": [7], "itemID": [8]}))
    seen.item_ids = np.array([8, 9, 10])

    logits = model.scores([0])
    probabilities = ranking.ScoreTable(models.keras.ops.sigmoid(logits))
    assert ranking.top_k(probabilities, seen, 2).tolist() == [[1, 2]]  # a tie at 1.0
    assert ranking.top_k(model, seen, 2).tolist() == [[2, 1]]


# Files


# Keras 3 hands its variables to np.array in a way that NumPy 2 calls outdated.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_saved_model_comes_back_with_its_class_and_scores(model, tmp_path):
    model.save(tmp_path / "x.keras")
    loaded = models.keras.models.load_model(tmp_path / "x.keras")
    assert type(loaded) is type(model)
    assert loaded.settings == model.settings
    assert (loaded.scores([0, 1, 2]) == model.scores([0, 1, 2])).all()


def test_sizes_from_numpy_become_pythons():
    model = models.GMF(np.int64(2), np.int32(3), n_factors=np.int64(2))
    assert {type(model.settings[n]) for n in ("n_users", "n_items", "n_factors")} == {
        int
    }


# Pretraining


@functools.cache
def make_pair(use_bias):
    sizes = {"n_users": 3, "n_items": 5, "use_bias": use_bias}
    gmf = models.GMF(**sizes, n_factors=4, layer_sizes=(2,))
    mlp = models.MLP(**sizes, layer_sizes=(6, 4, 2))
    return with_random_weights(gmf, 1), with_random_weights(mlp, 2)


@pytest.mark.parametrize("use_bias", [False, True])
@pytest.mark.parametrize("alpha", [0, 0.3, 0.5, 1])
def test_pretrained_begins_with_the_mixture_of_the_two_logits(alpha, use_bias):
    gmf, mlp = make_pair(use_bias)
    model = models.pretrained(gmf, mlp, alpha)
    users = [0, 1, 2]
    mixture = alpha * gmf.scores(users) + (1 - alpha) * mlp.scores(users)
    assert type(model) is models.NeuMF
    np.testing.assert_allclose(model.scores(users), mixture, rtol=1e-6, atol=1e-6)


def test_pretrained_is_a_copy_that_leaves_both_models_alone():
    gmf, mlp = make_pair(use_bias=True)
    before = gmf.scores([0]), mlp.scores([0])
    with_random_weights(models.pretrained(gmf, mlp), seed=3)
    assert (gmf.scores([0]) == before[0]).all()
    assert (mlp.scores([0]) == before[1]).all()


def test_a_gmf_and_an_mlp_in_the_wrong_order_are_refused():
    """Their last neurons may have the same shape, and nothing else would tell."""
    gmf, mlp = make_pair(use_bias=False)
    for pair in [(mlp, gmf), (gmf, gmf), (mlp, mlp)]:
        with pytest.raises(TypeError, match="a GMF and an MLP, in this order"):
            models.pretrained(*pair)


@pytest.mark.parametrize("alpha", [-0.1, 1.1, float("nan")])
def test_alpha_outside_0_and_1_is_refused(alpha):
    with pytest.raises(ValueError, match="between 0 and 1; received"):
        models.pretrained(*make_pair(use_bias=False), alpha)


@pytest.mark.parametrize("other", [{"n_users": 4}, {"n_items": 6}, {"use_bias": True}])
def test_models_that_disagree_are_not_joined(other):
    gmf, _ = make_pair(use_bias=False)
    sizes = {"n_users": 3, "n_items": 5, "use_bias": False} | other
    mlp = models.MLP(**sizes, layer_sizes=(6, 4, 2))
    with pytest.raises(ValueError, match="must agree in n_users, n_items, use_bias"):
        models.pretrained(gmf, mlp)
