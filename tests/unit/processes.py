"""What tests of interrupts ask about other processes."""

import os
import time


def has_ended(pid):
    """Tell whether a process has ended."""
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    return False


def wait_for(condition, seconds=20):
    """Wait until something has happened; fail if it does not."""
    end = time.time() + seconds
    while not condition():
        assert time.time() < end, "it did not happen in time"
        time.sleep(0.1)
