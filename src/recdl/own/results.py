"""Where results go: asked before any work, as an hour of training is too long to learn it."""

import contextlib
import pathlib
import tempfile


@contextlib.contextmanager
def results_in(folder, *names: str):
    """Make a folder in which files of these names can be written, and give the block its path.

    An OSError tells if they cannot be. If the block leaves folders empty that were not there, they go again.
    """
    folder = pathlib.Path(folder)
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(
            f"Results cannot be written into {folder} ({error.strerror}). Name another folder: --out."
        ) from error
    for path in (folder / name for name in names):
        if path.is_dir():
            raise IsADirectoryError(
                f"{path} is a folder, and a file of this name is to be written. Remove it, or name another "
                "folder: --out."
            )
    try:
        yield folder
    finally:
        for path in new:
            with contextlib.suppress(OSError):  # not empty: it stays
                path.rmdir()
