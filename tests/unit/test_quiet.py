import json
import os
import subprocess
import sys
import types

import pytest

from recdl.quiet import no_startup_notes

NOTES = [
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    "I0000 00:00:1795447009.77  3307 cudart_stub.cc:31] Could not find cuda drivers on your machine",
    "2025-09-17 14:44:05.157831: I external/local_xla/xla/tsl/cuda/cudart_stub.cc:32] Could not find",
    "E0000 00:00:1795448234.87  6104 cuda_platform.cc:52] failed call to cuInit: UNKNOWN ERROR (303)",
]
ERRORS = [
    "E0000 00:00:1 1 cuda.cc:1] out of memory",
    "Segmentation fault",
    "W0000 00:00:1 something is wrong",
]


@pytest.mark.parametrize("line", NOTES)
def test_a_known_note_is_dropped(line, capfd):
    with no_startup_notes():
        os.write(2, line.encode() + b"\n")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("line", ERRORS)
def test_every_other_line_is_shown(line, capfd):
    with no_startup_notes():
        os.write(2, line.encode() + b"\n")
    assert line in capfd.readouterr().err


def test_standard_error_works_again_after_a_failure(capfd):
    with pytest.raises(ZeroDivisionError), no_startup_notes():
        1 / os.write(2, b"before it failed\n") / 0
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err.splitlines() == ["before it failed", "afterwards"]


TRAIN = """
import numpy
from recdl import models, training
import keras
pair = numpy.zeros((1, 1), "int32")
loss = training.compiled_epoch(models.GMF(1, 1), training.adam())(pair, pair, numpy.ones((1, 1), "f"))
print(keras.config.backend(), keras.config.floatx(), round(float(loss), 2))
"""


def test_settings_of_another_program_do_not_reach_the_training(tmp_path):
    settings = {"epsilon": 1e-7, "backend": "theano", "floatx": "float64"}
    (tmp_path / "keras.json").write_text(json.dumps(settings))
    theirs = os.environ | {"KERAS_BACKEND": "jax", "KERAS_HOME": str(tmp_path)}
    command = [sys.executable, "-c", TRAIN]
    done = subprocess.run(command, env=theirs, capture_output=True, text=True)
    assert done.stdout == "tensorflow float32 0.69\n", done.stderr


def test_settings_that_keras_cannot_read_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with (
        pytest.raises(ImportError, match=r"keras\.json: correct them.*`epsilon`"),
        no_startup_notes(),
    ):
        raise ValueError(
            "Invalid `epsilon` configuration. Expected a float. Received: epsilon=1"
        )


def test_any_other_error_of_an_import_stays(tmp_path):
    with pytest.raises(ValueError, match="numpy"), no_startup_notes():
        raise ValueError("numpy.dtype size changed")


def test_keras_that_runs_on_something_else_is_an_error(monkeypatch):
    keras = types.SimpleNamespace(config=types.SimpleNamespace(backend=lambda: "jax"))
    monkeypatch.setitem(sys.modules, "keras", keras)
    with pytest.raises(ImportError, match="runs on jax here"), no_startup_notes():
        pass
