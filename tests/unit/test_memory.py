"""Freed memory stays with the process, which spares most of the page faults of training."""

import os
import subprocess
import sys

import pytest

from recdl import memory

# What a batch does: it computes several tables of some megabytes at once, and frees them.
BATCHES = """
import ctypes, resource
import recdl
take, give = ctypes.pythonapi.malloc, ctypes.pythonapi.free
take.restype, take.argtypes, give.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
def batch():
    places = [take(40 * 2**20) for _ in range(3)]
    for place in places:
        ctypes.memset(place, 1, 40 * 2**20)
    for place in places:
        give(place)
batch()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    batch()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
PAGES_OF_FIVE_BATCHES = 5 * 3 * 40 * 2**20 // 4096
MALLOC = {"MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"}


def page_faults(**variables):
    """Return for how many pages the system was asked in five batches, after a first one."""
    others = {k: v for k, v in os.environ.items() if k not in MALLOC | {"LD_PRELOAD"}}
    done = subprocess.run(
        [sys.executable, "-c", BATCHES],
        env=others | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


glibc = pytest.mark.skipif(
    not hasattr(memory.this_process, "mallopt"), reason="needs glibc"
)


@glibc
def test_a_batch_finds_the_memory_of_the_one_before():
    assert page_faults() < PAGES_OF_FIVE_BATCHES / 100


@glibc
def test_who_has_set_malloc_has_their_way():
    chosen = page_faults(MALLOC_MMAP_THRESHOLD_=str(2**20))
    assert chosen > PAGES_OF_FIVE_BATCHES / 2


@pytest.mark.parametrize("other", [object(), None])
def test_another_allocator_stays_as_it_is(monkeypatch, other):
    for name in MALLOC:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(memory, "this_process", other)
    assert memory.keep_freed() is False
