"""Files and folders that appear whole or not at all, whatever stops the process that writes them."""

import contextlib
import errno
import os
import pathlib
import shutil
import tempfile
import time


@contextlib.contextmanager
def replacing(path):
    """Give the block a path to write a file or folder to; when the block ends well, that replaces `path`.

    A file replaces a file, a folder a folder; all else is an OSError.
    Until then, and for ever if the block fails, what was there stays. Several processes may write at once.

    Examples
    --------
    >>> with replacing("table.csv") as unfinished:
    ...     unfinished.write_text("userID,itemID")
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = pathlib.Path(tempfile.mkdtemp(dir=path.parent, prefix=".unfinished-"))
    try:
        yield scratch / path.name
        _put(scratch / path.name, path, scratch / "old one")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _put(new, path, aside):
    # A folder with content cannot be replaced in one step: it steps aside, and back if none can come.
    tries = 50 if os.name == "nt" and new.is_file() else 0
    try:
        while True:
            try:
                return os.replace(new, path)
            except OSError as error:
                if tries and isinstance(error, PermissionError):  # a process reads it
                    tries -= 1
                    time.sleep(0.02)
                    continue
                full = error.errno in (errno.ENOTEMPTY, errno.EEXIST)
                if not full and not (new.is_dir() and path.is_dir()):
                    raise
            shutil.rmtree(aside, ignore_errors=True)
            with contextlib.suppress(FileNotFoundError):  # another process was faster
                os.replace(path, aside)
    except BaseException:
        if aside.exists() and not path.exists():
            os.replace(aside, path)
        raise


def write_csv(table, path):
    """Write a DataFrame as a CSV file that is either complete or absent, and return its path."""
    with replacing(path) as unfinished:
        table.to_csv(unfinished, index=False)
    return pathlib.Path(path)
