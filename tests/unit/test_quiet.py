import os

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
