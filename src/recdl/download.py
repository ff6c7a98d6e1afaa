"""Obtain MovieLens-100k and verify it.

The data may not be redistributed (their README says so), so this package holds none of them. It looks for

1. what you name: the argument ``source``, else the environment variable RECDL_MOVIELENS;
2. the cache: the folder in RECDL_CACHE, else the usual cache folder of your system;
3. the zip that GroupLens publishes (RECDL_GROUPLENS_URL may name a mirror);
4. the copy inside the wheel of the library RecBole, fetched with pip.

Source 4 is no luxury: the TLS certificate of GroupLens' server lapsed in 2024, 2025 and 2026. A download
counts only if it has the SHA-256 pinned below; certificate checks are never switched off.
"""

import logging
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import pooch

from recdl.columns import DataError
from recdl.files import replacing
from recdl.pip import pip

LOG = logging.getLogger(__name__)

GROUPLENS_URL = "https://files.grouplens.org/datasets/movielens/ml-100k.zip"
GROUPLENS_SHA256 = "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229"
RECBOLE = "recbole==1.2.1"
RECBOLE_SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
# To connect, and between two packets: no network fails soon, a slow one still succeeds. A server that sends
# now and then is waited for, however long it takes; Ctrl-C ends that and leaves nothing.
TIMEOUT_S = 15
MAX_BYTES = 10_000_000  # of the tables: theirs have 2 MB, so more is another data set, or a trap
BY_HAND = f"Download {GROUPLENS_URL} in a browser and set RECDL_MOVIELENS=/path/to/ml-100k.zip."

# How files begin that are archives, though not of the kind that is read here.
OTHER_ARCHIVES = {
    rb"Rar!": "RAR",
    rb"7z\xbc\xaf\x27\x1c": "7z",
    rb"\x1f\x8b": "gzip",
    rb"BZh\d": "bzip2",
    rb"\xfd7zXZ": "xz",
    rb"\x28\xb5\x2f\xfd": "Zstandard",
    rb"(?s:.{257})ustar": "tar",
}

FILES = {
    "ratings": ("u.data", "ml-100k.inter"),
    "movies": ("u.item", "ml-100k.item"),
    "users": ("u.user", "ml-100k.user"),
}


class DataUnavailable(RuntimeError):  # noqa: N818 - the name says what happened
    """No source has the data."""


def obtain(source: str | os.PathLike | None = None) -> Path:
    """Return the folder with the data files, downloaded and verified where necessary.

    ``source`` and errors as in `recdl.movielens.load_ratings`. A folder or single file that you name comes
    back as it is.
    """
    source = source or os.environ.get("RECDL_MOVIELENS")
    if source:
        return _named(Path(source).expanduser())
    cache = _cache()
    failures = [
        "Named by you: nothing (`source`, RECDL_MOVIELENS).",
        f"Cache: no good copy in {cache}.",
    ]
    # Cached archives come first. pooch downloads one only if it is not there, or its hash is wrong. Killed
    # meanwhile (not by Ctrl-C), it leaves a file tmp*, 5 MB at most, never read. It stays, as RECDL_CACHE may
    # name a folder where others have such files.
    sources = sorted(_sources(), key=lambda entry: not os.path.exists(cache / entry[0]))
    for name, url, sha256, downloader in sources:
        try:
            archive = Path(
                pooch.retrieve(url, sha256, name, cache, downloader=downloader)
            )
            return _unpack(archive, archive.with_suffix(""))
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            LOG.info("MovieLens-100k: %s failed: %s", url, error)
            failures.append(f"{url}: {_why(error)}")
    raise DataUnavailable(
        "No source has MovieLens-100k.\n- " + "\n- ".join([*failures, BY_HAND])
    )


def _sources() -> list[tuple]:
    """Name of the archive in the cache, address, SHA-256, and what downloads it the way pooch wants it."""
    over_http = pooch.HTTPDownloader(timeout=TIMEOUT_S, progressbar=sys.stderr.isatty())
    url = os.environ.get("RECDL_GROUPLENS_URL") or GROUPLENS_URL
    grouplens = ("ml-100k.zip", url, GROUPLENS_SHA256, over_http)
    return [grouplens, ("recbole.whl", RECBOLE, RECBOLE_SHA256, _pip_download)]


def _why(error: Exception) -> str:
    """Say in one line why a source failed, and the remedy if it is not `BY_HAND`."""
    cause = inner = error
    while isinstance(inner, Exception):  # requests wraps urllib3's, that the system's
        cause, inner = inner, getattr(inner, "reason", [None, *inner.args][-1])
    reason = re.sub(r"^HTTPS?Connection.*?\): ", "", str(cause))  # an object's repr
    why = f"{type(error).__name__}: {reason.rstrip('.')}"
    if isinstance(cause, ssl.SSLCertVerificationError):
        why += ". This check stays on. A zip from elsewhere will do: its ratings are verified."
    elif isinstance(error, PermissionError) or getattr(error, "errno", None):
        why += f". Is {_cache()} full, read-only or damaged? Set RECDL_CACHE=/another/folder."
    return why


def _cache() -> Path:
    return Path(os.environ.get("RECDL_CACHE") or pooch.os_cache("recdl")).expanduser()


def _pip_download(requirement: str, output_file: str, _pooch: object) -> None:
    """Download a wheel from whichever package index pip is set up to use here."""
    with tempfile.TemporaryDirectory() as folder:
        options = (
            "--no-deps",
            "--only-binary=:all:",
            "--retries=1",
            f"--timeout={TIMEOUT_S}",
        )
        pip("download", *options, f"--dest={folder}", requirement, limit_s=180)
        [wheel] = Path(folder).glob("*.whl")
        shutil.copyfile(wheel, output_file)


def _named(path: Path) -> Path:
    if not path.exists():
        raise DataUnavailable(
            f"{path}, named by `source` or RECDL_MOVIELENS, does not exist. {BY_HAND}"
        )
    if path.is_dir():
        return path
    if path.suffix.lower() not in {".zip", ".whl"}:
        _refuse_other_archives(path)
        return path
    try:
        _refuse_other_archives(path)
        return _unpack(path, _cache() / f"named-{pooch.file_hash(str(path))[:12]}")
    except OSError as error:
        raise DataUnavailable(f"{path} cannot be unpacked. {_why(error)}") from error


def _refuse_other_archives(path):
    with open(path, "rb") as file:
        kind = other_archive(file.read(262))
    if kind:
        raise not_movielens(
            path, f"the form of an archive ({kind}): unpack it and name the folder"
        )


def other_archive(head: bytes) -> str | None:
    """Return the kind of an archive that is no zip, such as "7z", from its first 262 bytes; else None."""
    found = (kind for sign, kind in OTHER_ARCHIVES.items() if re.match(sign, head))
    return next(found, None)


def _unpack(archive: Path, folder: Path) -> Path:
    """Make sure that the folder holds the archive's tables (and nothing else of it) unchanged."""
    wanted = {name for layouts in FILES.values() for name in layouts}
    try:
        with zipfile.ZipFile(archive) as packed:
            # Only the last part of a member's path counts, so none can lead out of the folder.
            members = [(PurePosixPath(path).name, path) for path in packed.namelist()]
            found = [(name, path) for name, path in members if name in wanted]
            n_bytes = sum(packed.getinfo(path).file_size for _, path in found)
            if n_bytes > MAX_BYTES:
                raise not_movielens(archive, f"tables of {n_bytes:,} bytes")
            tables = {name: packed.read(path) for name, path in found}
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        # RuntimeError: it is encrypted, or packed in a way that zipfile does not know.
        raise not_movielens(archive, f"damaged content ({error})") from error
    if not tables:
        raise not_movielens(archive, f"only the files {sorted(dict(members))[:9]}")
    if len(tables) < len(found):
        raise not_movielens(archive, f"a table twice: {[path for _, path in found]}")
    for name, content in tables.items():
        if not (folder / name).exists() or (folder / name).read_bytes() != content:
            with replacing(folder / name) as unfinished:
                unfinished.write_bytes(content)
    return folder


def not_movielens(path: Path, found: str) -> DataError:
    """Return the error that says what a file has in place of MovieLens-100k."""
    return DataError(f"{path} is not MovieLens-100k: it has {found}. {BY_HAND}")
