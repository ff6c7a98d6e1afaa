"""One of the processes that train together; `recdl.distributed.train` starts them on the workers.

Each takes its share of every batch. The gradients are added up, so every rank has the gradient of the whole
batch and makes the same step of Adam: the model is at all times the same in all ranks.

The job is a line of JSON on standard input; when that ends, so does the rank, for nobody waits for it any
more. What it says on standard output is JSON too.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import sys
import threading
import time

import numpy as np

from recdl.distributed import checkpoints, summing
from recdl.quiet import no_startup_notes

with no_startup_notes():
    import keras
    import tensorflow as tf

from recdl import models, training

SAMPLES = ("users", "items", "labels")
SECONDS_TO_COMPILE = 300
SECONDS_BETWEEN_LINES = 2


class Learner:
    """A model and Adam, with all numbers in one long vector, as in `recdl.training.compiled_epoch`."""

    def __init__(self, model: dict, learning_rate: float, batch_size: int):
        self.model, self.batch_size = models.NeuMF(**model), batch_size
        self.weights = self.model.trainable_variables
        self.vector = keras.Variable(_end_to_end(self.weights))
        self.optimizer = training.adam(learning_rate)
        self.optimizer.build([self.vector])
        self.gradient = tf.function(self._gradient, jit_compile=True, autograph=False)
        self.step = tf.function(self._step, jit_compile=True, autograph=False)

    def _gradient(self, users, items, labels):
        """Return what these samples add to the gradient of the batch's loss and, behind it, to the loss."""
        with tf.GradientTape() as tape:
            loss = training.log_loss(labels, self.model((users, items)))
        gradients = tape.gradient(loss, self.weights)
        share = tf.cast(tf.shape(labels)[0], tf.float32) / self.batch_size
        return share * tf.concat([_end_to_end(gradients), loss[None]], axis=0)

    def _step(self, gradient):
        self.optimizer.apply([gradient], [self.vector])
        sizes = [int(np.prod(weight.shape)) for weight in self.weights]
        parts = tf.split(self.vector, sizes)
        for weight, numbers in zip(self.weights, parts, strict=True):
            weight.assign(tf.reshape(numbers, weight.shape))

    def state(self) -> dict:
        """Return all numbers on which the next step depends."""
        adam = {f"adam_{n}": v.numpy() for n, v in enumerate(self.optimizer.variables)}
        return {"vector": self.vector.numpy()} | adam

    def restore(self, state: dict) -> None:
        """Go on where another one has stopped."""
        self.vector.assign(state["vector"])
        checkpoints.put(self.model, state["vector"])
        for number, variable in enumerate(self.optimizer.variables):
            variable.assign(state[f"adam_{number}"])


def _end_to_end(tensors):
    return tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], axis=0)


class Rank:
    """The work of one rank."""

    def __init__(self, job: dict, rank: int):
        self.job, self.rank, self.folder = job, rank, pathlib.Path(job["folder"])
        self.learner = Learner(job["model"], job["learning_rate"], job["batch_size"])
        place = (self.folder / job["attempt"], job["host"], job["token"])
        self.sum = summing.Sum(rank, job["n_ranks"], *place)

    def train(self):
        """Train all epochs that are left; rank 0 writes a checkpoint after each."""
        done = checkpoints.read(self.folder)
        losses = done["losses"].tolist() if done else []
        if done:
            self.learner.restore(done)
        for epoch in range(len(losses) + 1, self.job["n_epochs"] + 1):
            place = self._wait_for(self.folder / "epochs" / f"{epoch:04}")
            samples = [
                np.load(place / f"{name}.npy", mmap_mode="r") for name in SAMPLES
            ]
            begin = time.monotonic()
            losses.append(self._epoch(epoch, samples))
            seconds = time.monotonic() - begin
            state = self.learner.state()
            _check_finite(losses[-1], state["vector"], epoch)
            if self.rank == 0:
                more = {"losses": losses, "settings": self.job["settings"]}
                more["rng"] = (place / "rng.json").read_text(encoding="utf-8")
                checkpoints.write(self.folder, state | more)
            sha256 = hashlib.sha256(state["vector"].tobytes()).hexdigest()
            said = {"loss": losses[-1], "sha256": sha256, "seconds": seconds}
            self._say(epoch=epoch, **said)

    def close(self):
        """Leave the other ranks."""
        self.sum.close()

    def _wait_for(self, place):
        while not place.exists():
            time.sleep(0.02)
        return place

    def _epoch(self, epoch, samples):
        size, n_ranks = self.job["batch_size"], self.job["n_ranks"]
        begin, end = (size * r // n_ranks for r in (self.rank, self.rank + 1))
        n_batches, total, said = len(samples[0]) // size, 0.0, time.monotonic()
        for batch in range(n_batches):
            here = slice(batch * size + begin, batch * size + end)
            mine = self.learner.gradient(*(tf.constant(part[here]) for part in samples))
            # The others may still be compiling, or reading.
            patience = SECONDS_TO_COMPILE if batch < 2 else summing.SECONDS_OF_SILENCE
            whole = self.sum(mine.numpy(), patience)
            self.learner.step(tf.constant(whole[:-1]))
            total += float(whole[-1])
            if time.monotonic() - said > SECONDS_BETWEEN_LINES:
                said = time.monotonic()
                self._say(epoch=epoch, batch=batch + 1, n_batches=n_batches)
        return total / n_batches

    def _say(self, **what):
        print(json.dumps({"rank": self.rank} | what), flush=True)


def _check_finite(loss, vector, epoch):
    if not np.isfinite([loss, vector.sum()]).all():
        raise ValueError(
            f"In epoch {epoch} the training diverged: the loss is {loss}, or a weight is NaN or infinite. "
            "Use a smaller learning rate, and another folder."
        )


def _end_with_the_others(stop):
    """End this process when nobody listens any more, or somebody asks for it."""

    def on_end_of_input():
        sys.stdin.read()
        os._exit(3)

    def on_request():
        while not stop.exists():
            time.sleep(0.2)
        os._exit(3)

    for wait in (on_end_of_input, on_request):
        threading.Thread(target=wait, daemon=True).start()


def main():
    """Read the job, train; an expected error ends with a line and the exit status 1."""
    job = json.loads(sys.stdin.readline())
    rank = job.pop("rank")
    _end_with_the_others(pathlib.Path(job["folder"]) / job["attempt"] / "stop")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    try:
        with contextlib.closing(Rank(job, rank)) as mine:
            mine.train()
    except (ValueError, OSError) as error:
        print(json.dumps({"rank": rank, "error": str(error)}), flush=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
