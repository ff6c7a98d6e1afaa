"""Files and folders that appear whole or not at all, whatever stops the process that writes them."""

import contextlib
import os
import pathlib
import shutil
import tempfile


@contextlib.contextmanager
def replacing(path):
    """Give the block a path to write a file or folder to; when the block ends well, that replaces `path`.

    Until then, and for ever if the block fails, what was there stays. Several processes may write at once.

    Examples
    --------
    >>> with replacing("table.csv") as unfinished:
    ...     unfinished.write_text("a,b\\n")
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = pathlib.Path(tempfile.mkdtemp(dir=str(path.parent), prefix=".unfinished-"))
    try:
        yield scratch / path.name
        if path.is_dir() and not path.is_symlink():
            os.replace(str(path), str(scratch / "old"))
        os.replace(str(scratch / path.name), str(path))
    finally:
        shutil.rmtree(str(scratch), ignore_errors=True)


def write_csv(table, path):
    """Write a DataFrame as a CSV file that is either complete or absent, and return its path."""
    with replacing(path) as unfinished:
        table.to_csv(unfinished, index=False)
    return pathlib.Path(path)
