"""Make library_weights.npz: what test_parity.py compares `recdl.models` with.

Trains the library's own GMF, MLP and NeuMF on invented data and keeps their weights and their predictions
for all pairs. Run by hand, in a process of its own (importing the library's NCF ends eager execution)::

    .venv/bin/python tests/unit/make_library_weights.py
"""

import pathlib
import tempfile
import warnings

import numpy as np
import pandas as pd

from recdl import recommenders_ncf
from recdl.quiet import no_startup_notes

with no_startup_notes():
    import tensorflow as tf
    from recommenders.models.ncf.ncf_singlenode import NCF

TARGET = pathlib.Path(__file__).with_name("library_weights.npz")
OPTIONS = {"n_factors": 6, "layer_sizes": [8, 6, 4], "batch_size": 32, "seed": 5}
ALPHA = 0.3


def invented():
    """Return interactions of 30 users with 40 items: each user prefers one half of the items."""
    rng = np.random.default_rng(5)
    users, items = np.arange(30)[:, None], np.arange(40)
    likes = rng.random((30, 40)) < np.where(users % 2 == items % 2, 0.5, 0.05)
    likes[np.arange(30), np.arange(30)] = likes[np.arange(40) % 30, items] = True
    rows = np.argwhere(likes)
    return pd.DataFrame(rng.permutation(rows), columns=["userID", "itemID"])


def build(data, model_type):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`layer.apply` is deprecated")
        sizes = {"n_users": data.n_users, "n_items": data.n_items}
        model = NCF(
            model_type=model_type, n_epochs=25, learning_rate=0.01, **sizes, **OPTIONS
        )
    recommenders_ncf._set_ids(model, data)
    return model


def predictions(model, data):
    """Return the prediction for every position of user and item, (30, 40)."""
    users = np.repeat(data.positives.user_ids, data.n_items).tolist()
    items = np.tile(data.positives.item_ids, data.n_users).tolist()
    return np.reshape(model.predict(users, items, is_list=True), (data.n_users, -1))


def weights(model):
    """Return every variable that training adjusts, by its TensorFlow name without ':0'."""
    variables = tf.compat.v1.trainable_variables()
    return {v.name.removesuffix(":0"): model.sess.run(v) for v in variables}


def main():
    data = recommenders_ncf.NCFData(invented(), seed=3)
    kept = {"users": data.positives.users, "items": data.positives.items}
    with tempfile.TemporaryDirectory() as folder:
        for model_type in ("GMF", "MLP", "NeuMF"):
            model = build(data, model_type)  # makes a graph and makes it the default
            model.fit(data)
            model.save(f"{folder}/{model_type}")
            kept[f"{model_type}/predictions"] = predictions(model, data)
            named = weights(model).items()
            kept |= {f"{model_type}/{name}": values for name, values in named}
        model = build(data, "NeuMF")
        model.load(gmf_dir=f"{folder}/GMF", mlp_dir=f"{folder}/MLP", alpha=ALPHA)
        kept |= {"alpha": ALPHA, "pretrained/predictions": predictions(model, data)}
    np.savez_compressed(TARGET, **kept)


if __name__ == "__main__":
    main()
