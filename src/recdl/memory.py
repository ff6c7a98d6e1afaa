"""Let the process keep the memory that it frees, for the next batch."""

import os

try:
    from ctypes import pythonapi as this_process
except ImportError:  # a Python that was built without libffi can still run the tools
    this_process = None

KEPT = 256 * 2**20  # bytes; a batch of self-attention or GRU4Rec needs less
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # as malloc.h of glibc numbers them
_ITS_VARIABLES = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


def keep_freed() -> bool:
    """Let glibc keep up to `KEPT` bytes of freed memory; return whether it does.

    A batch computes tables of many megabytes, and frees them. glibc gives such pieces back to the system,
    which hands out and clears the same pages again for each batch: that took half the time of an epoch of
    self-attention. No result changes. Who has set one of glibc's variables has their way, and systems with
    other allocators stay as they are.
    """
    chosen = any(name in os.environ for name in _ITS_VARIABLES)
    mallopt = getattr(this_process, "mallopt", None)
    if chosen or mallopt is None:
        return False
    return all(mallopt(what, KEPT) for what in (_TRIM_THRESHOLD, _MMAP_THRESHOLD))
