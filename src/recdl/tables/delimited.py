"""Text files of separated fields, read so that no identifier changes.

Identifiers are read as texts, in parts of four million rows. A column of them becomes one of integers only if
each text is the one way to write its number. A part of integers becomes texts again if another part has to
stay texts; that is exact for the same reason. So nothing depends on the parts, and a large file of integers
never needs the memory of its texts. Where no number in the file has anything that reading could lose, which
its bytes tell, identifiers are read as integers, several pieces at once: the same table, sooner.
"""

import contextlib
import functools
import io
import os
import re
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from recdl.columns import DataError
from recdl.ratings import PAIR
from recdl.tables.forms import NO_QUOTES, STAND_IN, Form
from recdl.tables.kinds_of_files import File
from recdl.tables.marks import refuse_marks, text_of

CHUNK = 2**22  # rows
PIECE = 2**22  # bytes
LOSSY = b'+ \t\v\f"\0\xef'  # the last one begins a byte order mark
WHOLE = re.compile("0|-?[1-9][0-9]*")


def parse(file: File, form: Form, chosen: dict) -> pd.DataFrame:
    """Return the chosen columns, a dict from our names to positions.

    Ratings and times are what pandas makes of them, but nothing counts as missing: that is for
    `recdl.ratings` to say.
    """
    try:
        table = _in_pieces(file, form, chosen)
        if table is None:
            refuse_marks(file, form, chosen)
            table = _in_parts(file, form, chosen)
        return table
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{file} has no rows. It needs at least one.") from error
    except pd.errors.ParserError as error:
        _refuse_other_lengths(file, form)
        raise DataError(
            f"{file} cannot be read ({error}). If quotation marks are part of its texts, use quotes=False.",
            "quotes=False",
        ) from error


def _in_parts(file, form, chosen):
    """Return the table, identifiers being read as texts; refuse rows of another length."""
    parts = {name: [] for name in chosen}
    options = _options(form, {chosen[name] for name in chosen if name not in PAIR})
    with (
        _source(file, form) as source,
        pd.read_csv(
            source, skiprows=form.n_skipped, chunksize=CHUNK, **options
        ) as chunks,
    ):
        for chunk in chunks:
            if _may_have_other_lengths(chunk):
                _refuse_other_lengths(file, form)
            for name, position in chosen.items():
                column = chunk[position]
                parts[name].append(_ids(column, file, form) if name in PAIR else column)
    columns = {name: _joined(parts.pop(name)) for name in chosen}
    return pd.DataFrame(columns, copy=False)


def _options(form, inferred):
    """Return the options for pandas, which infers what the columns at these positions are."""
    n_fields = len(form.names)
    # One column more than there is: of a longer row that begins a part, pandas would drop the end in silence.
    texts = dict.fromkeys(set(range(n_fields + 1)) - set(inferred), "category")
    return form.reads() | {
        "header": None,
        "names": range(n_fields + 1),
        "dtype": texts,
        "encoding": form.encoding,
        "decimal": form.decimal,
        "na_filter": False,  # "NA" is an identifier like any other
        "float_precision": "round_trip",
        "low_memory": False,
    }


@contextlib.contextmanager
def _source(file, form):
    """Give what the parser reads: the path of a plain file, which is the fastest, else the bytes."""
    with file.open() as stream:
        if form.separator == "::":
            text = stream.read().decode(form.encoding).replace("::", STAND_IN)
            yield io.BytesIO(text.encode(form.encoding))
        else:
            yield str(file.path) if file.is_plain() else stream


# In pieces


def _in_pieces(file, form, chosen):
    """Return the same table sooner, identifiers being read as integers; None where that takes more care."""
    if form.encoding != "utf-8" or len(form.reads()["delimiter"].encode()) > 1:
        return None
    parts, lengths_differ = {name: [] for name in chosen}, False
    with file.open() as stream:
        head = b"".join(stream.readline() for _ in range(form.n_skipped))
        if len(head.splitlines()) != form.n_skipped or b'"' in head:
            return None
        read = functools.partial(_read_piece, form=form, chosen=chosen)
        for piece in _meanwhile(read, _pieces(stream)):
            if piece is None:
                return None
            lengths_differ = lengths_differ or _may_have_other_lengths(piece)
            for name, position in chosen.items():
                parts[name].append(piece[position].to_numpy())
    for columns in parts.values():
        kinds = {part.dtype for part in columns}
        if len(kinds) != 1 and kinds != {np.dtype("int64"), np.dtype("float64")}:
            return None
    if lengths_differ:
        _refuse_other_lengths(file, form)
    columns = {name: np.concatenate(parts.pop(name)) for name in chosen}
    return pd.DataFrame(columns, copy=False)


def _pieces(stream):
    """Yield the rest of the bytes in pieces that end where a line ends."""
    while piece := stream.read(PIECE):
        yield piece + stream.readline()


def _meanwhile(work, things):
    """Yield what work makes of each thing, in their order; some threads are ahead."""
    n_threads = min(
        os.cpu_count() or 1, 4
    )  # each needs ten times the memory of a piece
    with ThreadPoolExecutor(n_threads) as pool:
        ahead = deque()
        for thing in things:
            ahead.append(pool.submit(work, thing))
            if len(ahead) > n_threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _read_piece(text, form, chosen):
    """Return the columns of a piece; None if identifiers are no integers, or reading could lose something."""
    separator = form.reads()["delimiter"]
    if form.separator == "::":
        text = text.replace(b"::", STAND_IN.encode())
    lossless, short = nothing_to_lose(text, separator)
    if not lossless:
        return None
    options = _options(form, chosen.values())
    if short:
        options["float_precision"] = "high"  # exact for these, and threads share it
    try:
        piece = pd.read_csv(io.BytesIO(text), **options)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError):
        return None  # the slower way says what is wrong, and where
    whole = all(piece[chosen[name]].dtype == "int64" for name in PAIR)
    return piece if whole else None


def nothing_to_lose(text: bytes, separator: str) -> tuple[bool, bool]:
    """Tell of whole lines if no integer can be written in another way, and if all fields are short numbers.

    In the first case they have no sign +, no blank, no quotation mark, no NUL, and no field that begins with
    "-0" or with 0 before a digit. In the second, each field has at most 15 digits and no letter; then a float
    is an integer that is exact divided by a power of ten that is, and so the nearest there is.
    """
    mark = separator.encode()
    lossy = any(other in text for other in LOSSY if other != mark[0])
    if lossy or (b"\r" in text and b"\r" + mark in text):
        return False, False
    codes = np.frombuffer(b"\n" + text + b"\n\n", dtype="uint8")
    is_mark = codes == mark[0]
    ends = np.flatnonzero(is_mark | (codes == ord("\n")) | (codes == ord("\r")))
    first, second = codes[ends[:-2] + 1], codes[ends[:-2] + 2]
    zeros = (first == ord("0")) & (second - ord("0") < 10)
    zeros |= (first == ord("-")) & (second == ord("0"))
    short = np.diff(ends).max() <= 16 and not ((codes > ord("9")) & ~is_mark).any()
    return not zeros.any(), bool(short)


# Identifiers


def _ids(column, file, form):
    """Return the identifiers of one part: integers if all can be, else texts."""
    texts = column.cat.categories
    quoted = form.quotes is None and form.separator in NO_QUOTES
    for text in texts:
        if "\n" in text or "\r" in text:
            raise DataError(
                f"{file}: the identifier {text[:60]!r} has a line break in it. Take it out of the file."
            )
        if quoted and len(text) > 1 and text[0] == text[-1] == '"':
            raise DataError(
                f"{file}: is {text[:60]!r} an identifier? If the quotation marks are part of the texts, use "
                "quotes=False; if they only stand around them, use quotes=True.",
                "quotes=False",
                "quotes",
            )
    values = texts.to_numpy(dtype=object)
    if all(map(WHOLE.fullmatch, texts)):
        # Longer than 64 bits: texts; from 4,301 digits on, Python says so itself.
        with contextlib.suppress(OverflowError, ValueError):
            values = np.array([int(text) for text in texts], dtype="int64")
    return values[column.cat.codes]


def _joined(parts):
    """Return the parts of one column as one; where any has texts, all become texts."""
    if {part.dtype.kind for part in parts} == {"i", "O"}:
        parts = [part if part.dtype == object else part.astype(str) for part in parts]
    return np.concatenate(parts)


# Rows of another length


def _may_have_other_lengths(chunk):
    """Tell whether a row may have more or fewer fields than the file has columns."""
    last, beyond = chunk.iloc[:, -2], chunk.iloc[:, -1]
    if isinstance(last.dtype, pd.CategoricalDtype):
        ends_empty = "" in last.cat.categories
    else:
        ends_empty = last.dtype == object and (last == "").any()
    longer = not isinstance(chunk.index, pd.RangeIndex)  # the first field became it
    return ends_empty or longer or any(beyond.cat.categories)


def _refuse_other_lengths(file, form):
    """Raise DataError about the first row with another number of fields, if there is one."""
    n_fields = len(form.names)
    with text_of(file, form) as text:
        rows = form.rows(text)
        for row in rows:
            if row[n_fields:] == [""]:  # a separator at the end
                row.pop()
            if len(row) != n_fields and "".join(row).strip():
                within = f"A text with {form.separator!r} in it needs quotation marks around it. "
                raise DataError(
                    f"{file}, line {rows.line_num}, has {len(row)} fields, not {n_fields}: {row[:6]}. "
                    f"Correct or remove it. {within * form.has_quotes()}If quotation marks are part of the "
                    "texts, use quotes=False.",
                    "quotes=False",
                )
