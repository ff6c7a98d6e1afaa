"""Start TensorFlow and Keras without their usual notes, and without the settings of other programs."""

import contextlib
import functools
import logging
import os
import re
import sys
import tempfile

# The level below silences most notes, but not those printed before TensorFlow's logging is set up
# (tensorflow issue 100442), nor the "error" 303, which only says that there is no GPU. These known ones are
# dropped; any other line is shown.
_NOTES = re.compile(
    r"absl::InitializeLog|^I0000 |^\d{4}-\d\d-\d\d [\d:.]+: I |cuInit: .*\(303\)"
)


@contextlib.contextmanager
def no_startup_notes():
    """Import or start TensorFlow and Keras without their notes; everything else that they print is shown.

    Keras is to run on TensorFlow, with 32-bit numbers, whatever KERAS_BACKEND and keras.json say: other
    programs leave them behind. An ImportError tells if it cannot, or runs on something else already.
    """
    with _notes_held_back(), _keras_on_tensorflow():
        yield


@contextlib.contextmanager
def _notes_held_back():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            # Importing it has set INFO.
            logging.getLogger("tensorflow").setLevel(logging.WARNING)
            held_back.seek(0)
            for line in held_back.read().decode(errors="replace").splitlines():
                if not _NOTES.search(line):
                    print(line, file=sys.stderr)


@contextlib.contextmanager
def _keras_on_tensorflow():
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        yield
    except ValueError as error:
        if not str(error).startswith("Invalid `"):  # how Keras begins on its settings
            raise
        place = os.path.join(os.environ.get("KERAS_HOME") or "~/.keras", "keras.json")
        raise ImportError(
            f"Keras cannot start with the settings in {place}: correct them, or delete the file. {error}"
        ) from error
    keras = sys.modules.get("keras")
    if keras is None:
        return
    if keras.config.backend() != "tensorflow":
        raise ImportError(
            f"Keras runs on {keras.config.backend()} here, and recdl needs it on TensorFlow. Restart Python, "
            "and import recdl before Keras, or set KERAS_BACKEND to tensorflow."
        )
    keras.config.set_floatx("float32")


@functools.cache
def start_tensorflow():
    """Let TensorFlow do its first operation now: it looks for a GPU, and says so when there is none."""
    with no_startup_notes():
        from keras import ops

        ops.zeros(1)
