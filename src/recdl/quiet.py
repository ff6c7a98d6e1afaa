"""Start TensorFlow without the notes that it prints every time."""

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
    """Hold back what is written to standard error, then show all of it but TensorFlow's start-up notes."""
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


@functools.cache
def start_tensorflow():
    """Let TensorFlow do its first operation now: it looks for a GPU, and says so when there is none."""
    with no_startup_notes():
        from keras import ops

        ops.zeros(1)
