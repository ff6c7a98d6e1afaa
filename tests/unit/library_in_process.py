"""Run by test_recommenders_ncf.py in a process of its own.

Importing the library's NCF ends eager execution. Before that, it imports all that uses Keras.
"""

import dataclasses
import importlib
import json
import pathlib
import sys

import numpy as np
import pandas as pd

from recdl import files, paper, recommenders_ncf
from recdl.prediction_table import prediction_list

for name in ("models", "training", "losses", "next_item", "sequence", "recurrent"):
    importlib.import_module(f"recdl.{name}")


def has_begun():
    """Tell whether TensorFlow has done an operation: it has looked for a GPU, and this setting is refused."""
    threading = sys.modules["tensorflow"].config.threading
    try:
        for n_threads in (1, 0):  # 0, the default, leaves it to TensorFlow
            threading.set_intra_op_parallelism_threads(n_threads)
    except RuntimeError:
        return True
    return False


folder = pathlib.Path(sys.argv[1])
begun = has_begun()
rng = np.random.default_rng(5)
rows = [
    (user, 100 + item)
    for user in range(1, 31)
    for item in rng.permutation(40)[: 3 + user // 2]
]
train = pd.DataFrame(
    [*rows, *((1, 100 + i) for i in range(40) if (1, 100 + i) not in rows)]
)
train.columns = ["userID", "itemID"]
settings = paper.Settings(
    n_factors=6,
    layer_sizes=(8, 4),
    n_epochs=8,
    batch_size=32,
    learning_rate=0.01,
    seed=3,
)


def fit(settings):
    """Train from nothing; return the model and its losses."""
    data = recommenders_ncf.NCFData(train, settings.n_negatives, seed=settings.seed)
    model = recommenders_ncf.build(data, settings)
    return model, recommenders_ncf.fit(model, data)


seen = {"train": train.to_dict("list"), "settings": dataclasses.asdict(settings)}
seen["losses_other_seed"] = fit(dataclasses.replace(settings, seed=4))[1]
seen["losses_again"] = fit(settings)[1]
model, seen["losses"] = fit(settings)
seen["n_parameters"] = recommenders_ncf.count_parameters(model)
seen["predictions"] = prediction_list(model, train)["prediction"].tolist()

seen["folders"] = [
    recommenders_ncf.save(model, seen["losses"], table, s, folder).name
    for table, s in [
        (train, dataclasses.replace(settings, n_factors=7)),
        (train.iloc[:-1], settings),
        (train.iloc[::-1], settings),
        (train, settings),
    ]
]
kept, seen["losses_loaded"] = recommenders_ncf.trained(train, settings, folder)
seen["predictions_loaded"] = prediction_list(kept, train)["prediction"].tolist()


def interrupt(*_):
    """Stand for Ctrl-C while the model is being written."""
    raise KeyboardInterrupt


files.os.replace = interrupt
try:
    recommenders_ncf.save(
        model, seen["losses"], train, settings, folder / "interrupted"
    )
except KeyboardInterrupt:
    seen["after_interrupt"] = [path.name for path in (folder / "interrupted").iterdir()]

sys.modules[
    "tensorflow"
].config.list_logical_devices()  # this, too, makes it look for a GPU
seen["begun"] = [begun, has_begun()]
print(json.dumps(seen, default=float))
