"""Split, negatives, training and metrics on several processes: of this machine, or of a cluster.

Dask gives out the work on the data (`data`), and starts the processes that train (`training`, `rank`), which
add up their gradients (`summing`). Each part of the data is some users, and what comes out of a part does not
depend on who worked on it: one worker or two, or a worker that was killed, give the same numbers.

The command is ``python -m recdl.distributed``. It needs Dask and polars: ``pip install "recdl[scale]"``.

By default everything runs and listens on this machine alone. On a cluster (``--address``) all workers need
this package, and the folder for what is written must be one that all of them see under the same path. Whoever
can reach Dask's scheduler can run programs there: keep it within a network that you trust.
"""
