"""Repeat one run of the paper's experiment as other machines would compute it.

    .venv/bin/python benchmarks/machines.py        # ten minutes on two cores

Does the seed fix the numbers? Writes benchmarks/machines.csv: each row is the same run, seed 42, 100 epochs,
by the library's NCF or by recdl's Keras model. A row's setting hides something of this machine from them: its
second core, the routines of oneDNN, or the newer vector instructions of the processor. They then add the same
numbers in another order, the last bits differ, and 100 epochs carry that into the results.
"""

import os
import pathlib
import subprocess
import sys

import pandas as pd

from recdl import paper
from recdl.files import write_csv

TABLE = pathlib.Path(__file__).with_suffix(".csv")
SETTINGS = {
    "this machine": {},
    "once more": {},
    "one core": {"ONE_CORE": "yes"},
    "without oneDNN": {"TF_ENABLE_ONEDNN_OPTS": "0"},
    "without AVX-512": {
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
    },
    "without AVX": {
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2",
        "OPENBLAS_CORETYPE": "Nehalem",
    },
}
ONE_RUN = """
import os, sys
if "ONE_CORE" in os.environ:
    os.sched_setaffinity(0, {0})
import seeds
from recdl import movielens, paper, splits
split = splits.course_split(movielens.load_ratings())
if sys.argv[1] == "library":
    results = seeds.train_library(split, 42)
else:
    results = seeds.train_keras(split, paper.SETTINGS)
print(*[float(results[name]) for name in paper.RESULTS])
"""


def main():
    """Make all runs, each in a process of its own, and write the table."""
    rows = []
    for implementation in ("library", "keras"):
        for setting, variables in SETTINGS.items():
            print(implementation, setting, file=sys.stderr)
            done = subprocess.run(
                [sys.executable, "-c", ONE_RUN, implementation],
                cwd=TABLE.parent,
                env=os.environ | variables,
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            values = map(float, done.stdout.split()[-len(paper.RESULTS) :])
            results = dict(zip(paper.RESULTS, values, strict=True))
            rows.append(
                {"implementation": implementation, "setting": setting} | results
            )
    write_csv(pd.DataFrame(rows).round(6), TABLE)


if __name__ == "__main__":
    main()
