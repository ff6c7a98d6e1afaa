"""Which file has the table, in a folder or a zip, and what its first bytes say that it is."""

import codecs
import contextlib
import gzip
import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from recdl.columns import DataError
from recdl.download import other_archive

ZIP, EMPTY_ZIP = b"PK\3\4", b"PK\5\6"
RATINGS_FILES = {"u.data", "ratings.dat", "ratings.csv", "ml-100k.inter"}
TABLES = (".csv", ".tsv", ".txt", ".dat", ".parquet")
NO_TABLES = ("readme", "license")  # which are texts, too
OFFICE = {"[Content_Types].xml", "content.xml"}
AS_CSV = "Save it as CSV and read that"
KINDS = [
    (rb"\s*<(!doctype|html)", "a web page", "Download the file itself first"),
    (rb"\s*<[?]xml", "XML", AS_CSV),
    (rb"\s*(\{\s*[\"}]|\[\s*[\[{])", "JSON", f"{AS_CSV}, for example with pandas"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "a picture", "Write the table as CSV"),
    (rb"%PDF-", "a PDF file", "Write the table as CSV"),
    (rb"\xd0\xcf\x11\xe0", "an old Excel file", AS_CSV),
    (rb"\x80[\2-\5]", "a pickle of Python", f"{AS_CSV}, with table.to_csv"),
    (rb"\x93NUMPY", "an array of NumPy", AS_CSV),
    (rb"\x89HDF", "an HDF5 file", AS_CSV),
    (rb"SQLite format 3", "a database of SQLite", AS_CSV),
]


class File(NamedTuple):
    """A file, which may be packed with gzip, or a member of a zip."""

    path: Path
    member: str | None = None

    def __str__(self):
        return str(self.path) + (f"/{self.member}" if self.member else "")

    def is_plain(self):
        """Tell whether it can be read without unpacking."""
        with open(self.path, "rb") as file:
            return self.member is None and other_archive(file.read(2)) != "gzip"

    @contextlib.contextmanager
    def open(self):
        """Give the bytes, unpacked."""
        with contextlib.ExitStack() as stack:
            if self.member is not None:
                packed = stack.enter_context(zipfile.ZipFile(self.path))
                yield stack.enter_context(packed.open(self.member))
            else:
                opener = open if self.is_plain() else gzip.open
                yield stack.enter_context(opener(self.path, "rb"))


def file_in(path: Path) -> File:
    """Return the file with the table: this one, or the one in this folder or zip."""
    if path.is_dir():
        below = [p for p in [*path.glob("*"), *path.glob("*/*")] if p.is_file()]
        names = [p.relative_to(path).as_posix() for p in below]
        return File(path / _only(names, path, "Else name the file itself"))
    with open(path, "rb") as file:
        start = file.read(len(ZIP))
    if start not in (ZIP, EMPTY_ZIP):
        return File(path)
    with zipfile.ZipFile(path) as packed:
        names = [name for name in packed.namelist() if not name.endswith("/")]
    if not names:
        raise DataError(f"{path} is an empty zip. Make or download it again.")
    if OFFICE & set(names):
        raise DataError(f"{path} is an Excel file, or of that kind. {AS_CSV}.")
    return File(path, _only(names, path, "Else unpack it, and name the file itself"))


def _only(names, place, remedy):
    """Return the only file of ratings, else the only table, else in a zip the only file."""
    names = [name for name in names if not _of_a_mac(PurePosixPath(name))]
    found = [name for name in names if PurePosixPath(name).name in RATINGS_FILES]
    others = [name for name in names if _may_be_a_table(PurePosixPath(name))]
    for some in (found, found or others, found or others or names):
        if len(some) == 1:
            return some[0]
    raise DataError(
        f"{place} has {len(found)} files with ratings, {found or sorted(names)[:9]}. It must have one of "
        f"{sorted(RATINGS_FILES)}, or one table only. {remedy}."
    )


def _of_a_mac(path):
    return "__MACOSX" in path.parts or path.name.startswith((".DS_Store", "._"))


def _may_be_a_table(path):
    name = path.name.lower()
    return name.removesuffix(".gz").endswith(TABLES) and not name.startswith(NO_TABLES)


def refuse_other_kinds(head: bytes, place: str, encoding: str | None):
    """Raise DataError if a file with these first bytes is no text of separated fields."""
    for start, kind, remedy in KINDS:
        if re.match(start, head.removeprefix(codecs.BOM_UTF8), re.IGNORECASE):
            raise DataError(f"{place} is {kind}. {remedy}.")
    packed = other_archive(head) or ("zip" if head.startswith(ZIP) else None)
    if packed:
        how = "a second time" if packed in ("gzip", "zip") else f"with {packed}"
        raise DataError(f"{place} is packed {how}. Unpack it first.")
    wide = _wide(head)
    with contextlib.suppress(LookupError):  # an unknown one is refused where it is used
        encoding = codecs.lookup(encoding or "utf-8").name
    if wide and encoding != wide:
        remedy = f"Use encoding={wide!r}."
        raise DataError(f"{place} is in {wide.upper()}. {remedy}", "encoding")


def _wide(head):
    """Return the encoding of a text of 16 or 32 bits a letter, else None."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for first, name in enumerate(["utf-16-be", "utf-16-le"]):
        # Of a text in a Latin script every second byte is NUL.
        zeros = head[first:200:2]
        if zeros and set(zeros) == {0}:
            return name
    return None
