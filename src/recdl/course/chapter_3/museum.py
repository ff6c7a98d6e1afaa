"""The bug museum of chapter 3: embeddings that begin as twins, and a factor that was lost."""

import numpy as np

from recdl.course.museum import Exhibit, permalink


def tables_with_one_seed(n_users, n_items, n_factors, seed):
    """Return first numbers for users and for items, with the bug."""

    def table(n_rows):
        rng = np.random.default_rng(seed)
        return 0.01 * rng.standard_normal((n_rows, n_factors))

    return table(n_users), table(n_items)


def tables_with_one_generator(n_users, n_items, n_factors, seed):
    """Return first numbers for users and for items."""
    rng = np.random.default_rng(seed)

    def table(n_rows):
        return 0.01 * rng.standard_normal((n_rows, n_factors))

    return table(n_users), table(n_items)


def check_tables(make):
    """Stop a function that makes twins, or that does not repeat itself."""
    users, items = make(4, 6, 3, seed=1)
    again, _ = make(4, 6, 3, seed=1)
    n_twins = int((users == items[: len(users)]).all(axis=1).sum())
    assert n_twins == 0, f"{n_twins} of 4 users begin with the vector of an item."
    assert np.array_equal(users, again), "The same seed gives other tables."


def joined_without_alpha(gmf, mlp, alpha):
    """Return weights and bias of the last neuron, joined with the bug."""
    weights = np.vstack([gmf[0], mlp[0]])
    bias = alpha * gmf[1] + (1 - alpha) * mlp[1]
    return weights, bias


def joined_with_alpha(gmf, mlp, alpha):
    """Return weights and bias of the last neuron, joined."""
    weights = np.vstack([alpha * gmf[0], (1 - alpha) * mlp[0]])
    bias = alpha * gmf[1] + (1 - alpha) * mlp[1]
    return weights, bias


def check_join(join):
    """Stop a function whose first logit is not the mixture of the two."""
    rng = np.random.default_rng(1)
    towers = rng.normal(size=3), rng.normal(size=2)  # what the neurons read
    gmf, mlp = ((rng.normal(size=(n, 1)), rng.normal(size=1)) for n in (3, 2))
    first, second = (
        float((inputs @ weights + bias)[0])
        for inputs, (weights, bias) in zip(towers, (gmf, mlp), strict=True)
    )
    weights, bias = join(gmf, mlp, alpha=0.3)
    logit = float((np.concatenate(towers) @ weights + bias)[0])
    wanted = 0.3 * first + 0.7 * second
    assert abs(logit - wanted) < 1e-9, (
        f"The joined logit is {logit:.2f}; the mixture of both is {wanted:.2f}."
    )


EXHIBITS = [
    Exhibit(
        title="One seed for every embedding table",
        source=permalink(
            "recommenders-team/recommenders",
            "recommenders/models/ncf/ncf_singlenode.py#L114",
        ),
        broken=tables_with_one_seed,
        mended=tables_with_one_generator,
        check=check_tables,
    ),
    Exhibit(
        title="Pretrained weights without alpha",
        source=permalink(
            "RUCAIBox/RecBole", "recbole/model/general_recommender/neumf.py#L114"
        ),
        broken=joined_without_alpha,
        mended=joined_with_alpha,
        check=check_join,
    ),
]
