"""What chapter 10 shows of long runs, and how it measures short ones.

``benchmarks/as_before.py`` made the table ``before``, ``larger_sets.py`` and ``workers.py`` those of their
names, on invented ratings of the larger sets' shapes.
"""

import contextlib
import logging
import pathlib
import secrets
import tempfile
import threading
import time

import numpy as np
import pandas as pd

from recdl.distributed import summing
from recdl.distributed.workers import LOOPBACK, Workers
from recdl.paper import SETTINGS

SETS = {  # what GroupLens says of its sets, and counts of the films that somebody rated
    "100k": {"ratings": 100_000, "users": 943, "films": 1_682},
    "1M": {"ratings": 1_000_209, "users": 6_040, "films": 3_706},
    "10M": {"ratings": 10_000_054, "users": 69_878, "films": 10_677},
    "20M": {"ratings": 20_000_263, "users": 138_493, "films": 26_744},
    "25M": {"ratings": 25_000_095, "users": 162_541, "films": 59_047},
    "32M": {"ratings": 32_000_204, "users": 200_948, "films": 84_432},
}
PHASES = {  # what is compared, and its columns in the tables of both ways
    "read and split": ["read_s", "split_s", "hash_s"],
    "negatives": ["negatives_s"],
    "epoch of NeuMF": ["epoch_256_s"],
    "lists of 1,000 users": ["lists_s"],
    "their hits": ["hits_s"],
    "leave-one-out": ["leave_one_out_s"],
}
EPOCHS = {  # ways to train, and what the chapter calls them
    "epoch_256_s": "Adam, batches of 256",
    "epoch_16384_s": "Adam, batches of 16,384",
    "epoch_256_lazy_s": "lazy Adam, batches of 256",
    "epoch_16384_lazy_s": "lazy Adam, batches of 16,384",
}
WAYS = {
    "small": "chapters 4 to 6",
    "large": "mended",
    "1": "one worker",
    "2": "two workers",
}
STEPS = {
    "split_s": "split",
    "negatives_s": "negatives",
    "judge_s": "lists and metrics of all",
    "epoch_s": "epoch, batches of 16,384",
}


def n_weights(n_users: int, n_items: int) -> int:
    """Return the number of weights of a NeuMF in the paper's setting.

    Each user and each item has 16 numbers in GMF and 8 in the MLP, whose layers have 16, 8 and 4 neurons.
    """
    layers = (16 + 1) * 8 + (8 + 1) * 4
    return (16 + 8) * (n_users + n_items) + layers + (16 + 4)


def sets() -> pd.DataFrame:
    """Return the sets of MovieLens with the weights that a NeuMF of each has."""
    table = pd.DataFrame(SETS).T
    return table.assign(weights=n_weights(table["users"], table["films"]))


# What was measured beforehand


def table(name: str) -> pd.DataFrame:
    """Return one of the tables: ``before``, ``larger_sets`` (generated ratings only) or ``workers``."""
    found = pd.read_csv(pathlib.Path(__file__).with_name(f"{name}.csv"))
    return found[found["data"] == "generated"] if "data" in found else found


def seconds(name: str) -> pd.DataFrame:
    """Return the seconds of each phase (columns) at each number of ratings, of ``before`` or ``larger_sets``.

    The mended epoch is that with larger batches.
    """
    found = table(name).set_index("ratings")
    found = found.rename(columns={"epoch_s": "epoch_256_s"})
    return pd.DataFrame(
        {phase: found[parts].sum(axis="columns") for phase, parts in PHASES.items()}
    )


def short(n_ratings: int) -> str:
    """Return a number of ratings as a set's name has it, such as 10M."""
    return f"{n_ratings / 1e6:.0f}M"


def exponents(table: pd.DataFrame) -> pd.Series:
    """Return by which power of the ratings each column grows, from its first row to its last."""
    longer = np.log(table.iloc[-1] / table.iloc[0])
    return longer / np.log(table.index[-1] / table.index[0])


def machine() -> str:
    """Return on what the long runs were made."""
    return table("before")["machine"].iloc[-1].partition(", load")[0]


def epochs() -> pd.DataFrame:
    """Return the seconds of an epoch, for each way to train, at each size."""
    found = table("before").set_index("ratings")[list(EPOCHS)].T
    return (
        found.rename(index=EPOCHS, columns=short)
        .rename_axis(columns="seconds")
        .round(1)
    )


def hours_of_the_paper() -> float:
    """Return how long the paper's 100 epochs take at the size of MovieLens-32M."""
    return table("before")["epoch_256_s"].iloc[-1] * 100 / 3600


def workers() -> pd.DataFrame:
    """Return the seconds of each step of the work in each way, with one and with two workers."""
    found = table("workers").astype({"way": str}).set_index("way")[list(STEPS)].T
    return (
        found.rename(index=STEPS, columns=WAYS).rename_axis(columns="seconds").round(1)
    )


# What is measured in the chapter


class Slow:
    """A model that takes its time, so that there is some to kill its worker."""

    def __init__(self, model):
        self.model = model

    def scores(self, users):
        """Return the scores of all items for these users, after a while."""
        time.sleep(0.2)
        return self.model.scores(users)


def kill_a_worker(pool: Workers, after: float) -> None:
    """Kill one of the workers that were started here, after so many seconds."""
    import psutil

    victim = psutil.Process(next(iter(pool.local.workers.values())).pid)
    threading.Timer(after, victim.kill).start()


def told_of_a_loss(lines: list[str]) -> str:
    """Return the line about a lost worker, without its address, which is another one each time."""
    line = next(line for line in lines if "is lost" in line)
    return line.replace(line.split()[3], "…")


def step(batch_sizes, positives, times: int = 7) -> pd.DataFrame:
    """Return how many milliseconds a worker takes for the gradient of a batch, and to move all weights by it.

    Returns
    -------
    DataFrame
        A row for each size, in order; the columns ``gradient`` and ``weights``. Medians, after compiling.
    """
    from recdl.distributed.rank import Learner

    sizes = {"n_users": positives.n_users, "n_items": positives.n_items}
    names = ("n_factors", "layer_sizes", "seed")
    model = sizes | {name: getattr(SETTINGS, name) for name in names}
    rng, found = np.random.default_rng(1), {}
    for size in sorted(batch_sizes):
        learner = Learner(model, learning_rate=0.001, batch_size=size)
        samples = [
            rng.integers(n, size=size, dtype="int32")
            for n in (positives.n_users, positives.n_items)
        ]
        samples.append(rng.integers(2, size=size).astype("float32"))
        taken = {"gradient": [], "weights": []}
        with _no_word_of_compiling():
            for _ in range(1 + times):
                begin = time.perf_counter()
                gradient = learner.gradient(*samples).numpy()
                middle = time.perf_counter()
                learner.step(gradient[:-1])
                learner.vector.numpy()  # waits until it is done
                taken["gradient"].append(middle - begin)
                taken["weights"].append(time.perf_counter() - middle)
        found[size] = {n: 1000 * np.median(t[1:]) for n, t in taken.items()}
    return pd.DataFrame(found).T.rename_axis(index="batch", columns="milliseconds")


def exchange(n_numbers: int, times: int = 20) -> float:
    """Return how many milliseconds two ranks of this machine need to add up so many numbers, the median."""
    token, taken = secrets.token_hex(16), []

    def rank(number, folder):
        numbers = np.ones(n_numbers, dtype="float32")
        place = (number, 2, folder, LOOPBACK, token)
        with contextlib.closing(summing.Sum(*place)) as add:
            for _ in range(times):
                begin = time.perf_counter()
                add(numbers)
                if number == 0:
                    taken.append(time.perf_counter() - begin)

    with tempfile.TemporaryDirectory() as folder:
        other = threading.Thread(target=rank, args=(1, folder))
        other.start()
        rank(0, folder)
        other.join()
    return 1000 * float(np.median(taken))


@contextlib.contextmanager
def _no_word_of_compiling():
    # TensorFlow finds it suspicious that a function is compiled for several models.
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
