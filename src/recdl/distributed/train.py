"""NeuMF trained by several processes, one on each worker, with the numbers of `recdl.training.fit`.

The samples of each epoch are those that `fit` draws with the same seed: the workers draw the negatives, this
process shuffles, and the ranks (`recdl.distributed.rank`) read their shares of the batches from files.
"""

import contextlib
import dataclasses
import json
import pathlib
import queue
import secrets
import shutil
import subprocess
import sys
import time
import urllib.parse

import numpy as np

from recdl.checks import check_kind
from recdl.distributed import checkpoints
from recdl.distributed.data import Distributed
from recdl.distributed.workers import TOPIC, WorkLostError
from recdl.files import replacing
from recdl.paper import SETTINGS, Settings

EPOCHS_AHEAD = 2  # that are drawn before they are needed


def run_rank(job: dict) -> dict:
    """Run a rank on this worker, pass on what it says, and return how it ended."""
    import distributed

    distributed.secede()  # so that the worker can draw the next epoch meanwhile
    worker, error = distributed.get_worker(), ""
    log = pathlib.Path(job["folder"]) / job["attempt"] / f"rank-{job['rank']}.log"
    command = [sys.executable, "-m", "recdl.distributed.rank"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        open(log, "w") as notes,
        subprocess.Popen(command, stderr=notes, **pipes) as process,
    ):
        worker.log_event(TOPIC, {"rank": job["rank"], "pid": process.pid})
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
        for line in process.stdout:
            said = json.loads(line)
            error = said.get("error", error)
            worker.log_event(TOPIC, said)
    error = error or log.read_text(errors="replace").strip().rpartition("\n")[2]
    return {"rank": job["rank"], "code": process.returncode, "error": error}


class Training:
    """A training on the workers of some data.

    Parameters
    ----------
    data : Distributed
    settings : Settings
    n_ranks : int, optional
        Processes that train together, at most one for each worker; as many as workers if left out.

    Attributes
    ----------
    losses : list of float
        The mean loss of each epoch.
    seconds : list of float
        Those of each epoch of this run; the first compiles.
    pids : dict of int
        The process of each rank, on the machine of its worker.
    """

    def __init__(self, data: Distributed, settings: Settings = SETTINGS, n_ranks=None):
        check_kind(Settings, settings=settings)
        self.data, self.settings, self.workers = data, settings, data.workers
        self.folder, self.pids, self.sha256 = data.folder, {}, {}
        self.losses, self.seconds = [], []
        hosts = (self.workers.only or self.workers.addresses())[:n_ranks]
        if n_ranks is not None and len(hosts) < n_ranks:
            raise ValueError(
                f"{n_ranks} ranks need as many workers; there are {len(hosts)}."
            )
        if settings.batch_size < len(hosts):
            raise ValueError(
                f"A batch of {settings.batch_size} cannot be shared by {len(hosts)} ranks."
            )
        self.hosts, self.futures = hosts, []
        names = ("n_factors", "layer_sizes", "seed")
        self.model = {"n_users": data.n_users, "n_items": data.n_items}
        self.model |= {name: getattr(settings, name) for name in names}

    def run(self) -> checkpoints.Trained:
        """Train what is left to train, and return the model.

        Raises
        ------
        WorkLostError
            If a rank has ended. The checkpoint of the last whole epoch stays.
        ValueError
            If the folder has a checkpoint of other settings, or the training diverged.
        """
        rng = self._resume()
        done = len(self.losses)
        attempt = self.folder / f"attempt-{secrets.token_hex(4)}"
        attempt.mkdir(parents=True)
        self.workers.watch = self._watch
        try:
            if done < self.settings.n_epochs:
                self._start(attempt)
            for epoch in range(done + 1, self.settings.n_epochs + 1):
                while epoch > len(self.losses) + EPOCHS_AHEAD:
                    self._watch(0.05)
                self._draw(epoch, rng)
            while not all(future.done() for future in self.futures):
                self._watch(0.05)
            self._watch()
        finally:
            self.workers.watch = None
            (attempt / "stop").touch()
            self._wait_for_ranks(5)
            self.workers.client.cancel(self.futures)
            shutil.rmtree(attempt, ignore_errors=True)
            shutil.rmtree(self.folder / "epochs", ignore_errors=True)
        return checkpoints.Trained(self.folder, self.model)

    def _settings_as_text(self):
        numbers = dataclasses.asdict(self.settings)
        del numbers["n_epochs"]
        return json.dumps(numbers, sort_keys=True)

    def _resume(self):
        """Return the source of randomness as it was after the last whole epoch."""
        rng, kept = np.random.default_rng(self.settings.seed), None
        kept = checkpoints.read(self.folder)
        if kept:
            if str(kept["settings"]) != self._settings_as_text():
                raise ValueError(
                    f"{checkpoints.path_in(self.folder)} is of a training with other settings: "
                    f"{kept['settings']}. Use those, or another folder."
                )
            rng.bit_generator.state = json.loads(str(kept["rng"]))
            self.losses = kept["losses"].tolist()
            self.workers.tell(f"Going on after epoch {len(self.losses)}.")
        return rng

    def _start(self, attempt):
        host = urllib.parse.urlparse(self.hosts[0]).hostname
        job = {"folder": str(self.folder), "attempt": attempt.name, "host": host}
        job |= {"token": secrets.token_hex(32), "n_ranks": len(self.hosts)}
        job |= {"model": self.model, "settings": self._settings_as_text()}
        for name in ("n_epochs", "batch_size", "learning_rate"):
            job[name] = getattr(self.settings, name)
        submit = self.workers.client.submit
        for rank, address in enumerate(self.hosts):
            mine = job | {"rank": rank}
            future = submit(run_rank, mine, workers=[address], pure=False)
            self.futures.append(future)

    def _draw(self, epoch, rng):
        """Write the samples of an epoch for all ranks: what `recdl.interactions.epoch_samples` returns."""
        users, items = self.data.negatives(self.settings.n_negatives, rng=rng)
        positive = self.data.positions()
        order = rng.permutation(len(positive[0]) + len(users))
        labels = np.zeros(len(order), "float32")
        labels[: len(positive[0])] = 1
        users, items = (
            np.append(*both).astype("int32")
            for both in zip(positive, (users, items), strict=True)
        )
        columns = {"users": users, "items": items, "labels": labels}
        with replacing(self.folder / "epochs" / f"{epoch:04}") as unfinished:
            unfinished.mkdir()
            for name, column in columns.items():
                np.save(unfinished / f"{name}.npy", column[order])
            state = json.dumps(rng.bit_generator.state)
            (unfinished / "rng.json").write_text(state, encoding="utf-8")

    def _watch(self, seconds=0.0):
        """Pass on what the ranks say, and stop if one of them has ended before its work was done."""
        time.sleep(seconds)
        with contextlib.suppress(queue.Empty):
            while True:
                self._hear(self.workers.messages.get_nowait())
        lost = self.workers.lost() & set(self.hosts)
        failed = any(f.status in ("error", "lost") for f in self.futures)
        if lost or failed or self._ended_badly():
            self._wait_for_ranks(3)  # the one that ended first may be told last
            self._stop(self._ended_badly(), lost)

    def _ended_badly(self):
        ended = [f.result() for f in self.futures if f.status == "finished"]
        return [end for end in ended if end["code"]]

    def _hear(self, said):
        if "pid" in said:
            self.pids[said["rank"]] = said["pid"]
        elif "batch" in said:
            self.workers.tell(
                "rank {rank}: epoch {epoch}, batch {batch} of {n_batches}".format(
                    **said
                )
            )
        elif "loss" in said:
            self.workers.tell(
                "rank {rank}: epoch {epoch}, loss {loss:.6f}".format(**said)
            )
            first = self.sha256.setdefault(said["epoch"], said["sha256"])
            if first != said["sha256"]:
                raise WorkLostError(
                    f"After epoch {said['epoch']} the ranks have different weights, so the processors or "
                    "packages of the workers differ. Use workers of one kind, and another folder."
                )
            if said["rank"] == 0:
                self.losses.append(said["loss"])
                self.seconds.append(said["seconds"])
                place = self.folder / "epochs" / f"{said['epoch'] - 1:04}"
                shutil.rmtree(place, ignore_errors=True)

    def _stop(self, bad, lost):
        killed = [end for end in bad if end["code"] < 0]
        if lost:
            why = (
                f"the worker at {sorted(lost)[0]} is lost, and a training rank with it"
            )
        elif killed:
            why = f"training rank {killed[0]['rank']} was ended by signal {-killed[0]['code']}"
        elif bad:
            why = f"training rank {bad[0]['rank']} ended: {bad[0]['error']}"
        else:
            why = "a training rank could not be started"
        kept = checkpoints.read(self.folder)
        last = f"Epoch {len(kept['losses'])} is kept" if kept else "No epoch was whole"
        raise WorkLostError(
            f"The training stopped: {why}. {last}; the same command goes on from there."
        )

    def _wait_for_ranks(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not all(f.done() for f in self.futures):
            time.sleep(0.1)
