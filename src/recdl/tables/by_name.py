"""Every size of MovieLens by its name, from GroupLens."""

import os
import re
from pathlib import Path

import pooch
import requests

from recdl import download as sources
from recdl.columns import DataError
from recdl.files import replacing

MOVIELENS = ["ml-100k", "ml-1m", "ml-10m", "ml-20m", "ml-25m", "ml-32m"]
MOVIELENS += ["ml-latest-small", "ml-latest"]


def download(name: str) -> Path:
    """Return where a data set of MovieLens is, downloaded unless the cache has a good copy.

    GroupLens publishes the MD5 of each zip beside it, and the zip must have it. Both are kept: a good copy
    needs no network, and ``ml-latest-small``, which changes now and then, stays as it is until you delete
    them. RECDL_GROUPLENS_URL may name a mirror. What is not as published is a DataError; what cannot be
    downloaded is `recdl.download.DataUnavailable`.
    """
    if name == "ml-100k":
        return sources.obtain()
    if name not in MOVIELENS:
        raise DataError(f"There is no {name!r}. Use one of {MOVIELENS}.")
    archive = sources._cache() / f"{name}.zip"
    note = archive.with_name(archive.name + ".md5")
    mirror = os.environ.get("RECDL_GROUPLENS_URL") or sources.GROUPLENS_URL
    url = f"{mirror.rpartition('/')[0]}/{archive.name}"
    try:
        if not (archive.exists() and note.exists()):
            _save_md5(url, note)
        over_http = pooch.HTTPDownloader(timeout=sources.TIMEOUT_S)
        md5 = f"md5:{note.read_text()}"
        pooch.retrieve(url, md5, archive.name, archive.parent, downloader=over_http)
    except ValueError as error:
        note.unlink(missing_ok=True)
        raise DataError(
            f"{url} is not what its .md5 says ({error}). Call it again: it may just have been renewed."
        ) from error
    except OSError as error:
        raise sources.DataUnavailable(
            f"{url}: {sources._why(error).rstrip('.')}. Download it in a browser and pass read() its path."
        ) from error
    return archive


def _save_md5(url, note):
    answer = requests.get(url + ".md5", timeout=sources.TIMEOUT_S)
    answer.raise_for_status()
    found = re.findall(r"\b[0-9a-f]{32}\b", answer.text.lower())
    if len(found) != 1:
        raise DataError(f"{answer.text[:60]!r} holds no MD5")
    with replacing(note) as unfinished:
        unfinished.write_text(found[0])
