"""The command: ratings split, trained and judged on several processes.

    python -m recdl.distributed ratings.csv --user who --item what --time when --out folder
    python -m recdl.distributed --address tcp://10.0.0.1:8786 --out /shared/folder

`--help` says more. Results go to standard output, progress to standard error.
"""

import argparse
import errno
import pathlib
import sys
import zipfile
import zlib

INTERRUPTED = 130  # the exit status of a command that Ctrl-C has stopped
# Gigabytes, and gigabytes a million ratings, as measured at 1 and 3 million: without training and with it, of
# this process and of each worker.
MEMORY = {False: ((0.2, 0.07), (0.2, 0.005)), True: ((0.3, 0.12), (0.7, 0.03))}


def tell(line: str):
    """Print progress on standard error, which leaves standard output to results."""
    print(line, file=sys.stderr, flush=True)


def parser() -> argparse.ArgumentParser:
    """Return what understands the command."""
    told = (
        "Split ratings in time, train NeuMF, and judge its lists, on several processes. Without a file, on "
        "MovieLens-100k. What is done stays in the folder: the same command goes on from there."
    )
    found = argparse.ArgumentParser("python -m recdl.distributed", description=told)
    found.add_argument("ratings", nargs="?", help="a table with a row for each rating")
    for name in ("user", "item", "time"):
        found.add_argument(f"--{name}", help="the column's name, if it is another")
    told = "processes on this machine (default: 2)"
    found.add_argument("--workers", type=int, default=2, help=told)
    told = "of Dask's scheduler; then its workers do the work"
    found.add_argument("--address", help=told)
    told = "the folder for what is written, which all workers must see (default: distributed)"
    found.add_argument("--out", default="distributed", type=pathlib.Path, help=told)
    told = "epochs of NeuMF; 0 judges the most popular items (default: 2)"
    found.add_argument("--epochs", type=int, default=2, help=told)
    told = "samples before each step (default: 256)"
    found.add_argument("--batch", type=int, default=256, help=told)
    told = "the source of all randomness (default: 42)"
    found.add_argument("--seed", type=int, default=42, help=told)
    told = "items in a list (default: 10)"
    found.add_argument("--k", type=int, default=10, help=told)
    return found


def _read(given):
    from recdl import large, movielens, tables

    if given.ratings is None:
        return movielens.load_ratings()
    columns = {name: getattr(given, name) for name in ("user", "item", "time")}
    if not any(columns.values()):
        return large.read(given.ratings)
    return tables.read(given.ratings, rating=False, **columns)


def _count(ratings):
    """Return how many lines a file has but its first, without keeping them; None for what is no file."""
    from recdl.tables.kinds_of_files import file_in

    if ratings is None or not (path := pathlib.Path(ratings)).exists():
        return None
    try:
        with file_in(path).open() as stream:
            pieces = iter(lambda: stream.read(2**24), b"")
            return max(0, sum(piece.count(b"\n") for piece in pieces) - 1)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        return None  # who reads it tells what is wrong


def free_memory() -> float:
    """Return how many gigabytes this machine can still give."""
    import psutil

    return psutil.virtual_memory().available / 1e9


def check_memory(n_ratings: int, n_epochs: int, n_workers: int) -> None:
    """Raise MemoryError unless so many ratings find room on this machine, with so many workers of it."""
    mine, of_each = MEMORY[n_epochs > 0]
    least, per_million = (a + n_workers * b for a, b in zip(mine, of_each, strict=True))
    free = free_memory()
    needed = least + per_million * n_ratings / 1e6
    if needed > free:
        fit = max(0, (free - least) / per_million)
        raise MemoryError(
            f"{n_ratings:,} ratings need about {needed:.1f} GB of memory here, and {free:.1f} GB are free. "
            f"About {fit:.1f} million would fit. One worker, or --epochs 0, needs less; or use --address."
        )


def run(given) -> None:
    """Do the work of the command."""
    from recdl.distributed import data, workers
    from recdl.files import write_csv
    from recdl.paper import Settings

    chosen = {"batch_size": given.batch, "seed": given.seed}
    settings = Settings(n_epochs=max(1, given.epochs), **chosen)
    folder = given.out.resolve()
    n_local = 0 if given.address else given.workers
    n_lines = _count(given.ratings)
    if n_lines is not None:
        check_memory(n_lines, given.epochs, n_local)
    with workers.Workers(given.workers, given.address, tell) as pool:
        tell(f"Workers: {len(pool.known)}. Reading …")
        ratings = _read(given)
        if n_lines is None:
            check_memory(len(ratings), given.epochs, n_local)
        tell(f"{len(ratings):,} rows. Splitting …")
        here = data.Distributed(pool, folder, data.cut(ratings, folder))
        print(f"training pairs: {here.n_positives:,}, SHA-256 {here.sha256['train']}")
        print(f"test pairs: SHA-256 {here.sha256['test']}")
        model = here.most_popular()
        if given.epochs > 0:
            from recdl.distributed.train import Training

            model = Training(here, settings).run()
        tell("Judging every user …")
        table = here.evaluate(model, given.k)
        print(table.mean().to_string(float_format="{:.6f}".format))
        tell(f"Written: {write_csv(table.reset_index(), folder / 'metrics.csv')}")


def main(words: list[str] | None = None):
    """Run the command; what is expected to go wrong ends with a sentence and the exit status 1."""
    given = parser().parse_args(words)
    try:
        run(given)
    except KeyboardInterrupt:
        tell("Interrupted. What is done stays; the same command goes on from there.")
        sys.exit(INTERRUPTED)
    except (ValueError, OSError, ImportError, MemoryError) as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            sys.exit(
                f"The disk of {given.out} is full. What is done stays: make room, and the same command goes "
                "on from there."
            )
        sys.exit(str(error))


if __name__ == "__main__":
    main()
