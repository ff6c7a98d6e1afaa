"""Text files of separated fields, read so that no identifier changes.

Identifiers are read as texts, in parts of four million rows. A column of them becomes one of integers only if
each text is the one way to write its number. A part of integers becomes texts again if another part has to
stay texts; that is exact for the same reason. So nothing depends on the parts, and a large file of integers
never needs the memory of its texts. Where no number in the file has anything that reading could lose, which
its bytes tell, identifiers are first read as integers: the same table, sooner.
"""

import codecs
import contextlib
import csv
import io
import re
from typing import NamedTuple

import numpy as np
import pandas as pd

from recdl.columns import DataError
from recdl.ratings import PAIR
from recdl.tables.kinds_of_files import File
from recdl.tables.marks import refuse_marks, refuse_nul, text_of

SEPARATORS = [",", ";", "\t", "|", "::"]
NO_QUOTES = ("\t", "::")
STAND_IN = "\x1f"  # for "::", as the fast parser takes one character only
CHUNK = 2**22  # rows
WHOLE = re.compile("0|-?[1-9][0-9]*")


class Form(NamedTuple):
    """How a text file is written; `names` are those of its columns."""

    names: list
    n_skipped: int  # rows until the first of the table, empty ones included
    separator: str
    quotes: bool | None
    encoding: str
    decimal: str = "."

    def has_quotes(self):
        """Tell whether quotation marks enclose texts."""
        return self.separator not in NO_QUOTES if self.quotes is None else self.quotes

    def reads(self):
        """Return the options that the readers of pandas and of Python share."""
        quoting = csv.QUOTE_MINIMAL if self.has_quotes() else csv.QUOTE_NONE
        single = STAND_IN if self.separator == "::" else self.separator
        return {"delimiter": single, "quoting": quoting}

    def rows(self, lines, strict=False):
        """Return a reader of the rows in these lines; a strict one lets nothing follow a closed field."""
        if self.separator == "::":
            lines = (line.replace("::", STAND_IN) for line in lines)
        return csv.reader(lines, strict=strict, **self.reads())


def form_of(
    head: bytes,
    place: str,
    *,
    columns=None,
    separator=None,
    encoding=None,
    quotes=None,
    decimal=".",
) -> Form:
    """Return the form of a text file that begins with these bytes; options as in `recdl.tables.read`."""
    if decimal not in (".", ","):
        raise ValueError(f"decimal must be '.' or ','; received {decimal!r}.")
    if columns is not None:  # the file has none, so blanks around them mean nothing
        columns = [str(name).strip() for name in columns]
    if separator is not None and separator != "::" and len(separator) != 1:
        raise ValueError(
            f"separator must be one character or '::'; received {separator!r}."
        )
    text = _decoded(head, place, encoding)
    found = []
    for mark in [separator] if separator else SEPARATORS:
        form = Form(columns, 0, mark, quotes, encoding or "utf-8", decimal)
        rows = enumerate(form.rows(io.StringIO(text, newline="")), start=1)
        n_rows, first = next(row for row in rows if "".join(row[1]).strip())
        if columns is None:
            form = form._replace(names=first, n_skipped=n_rows)
        if len(first) > 1 and len(first) == len(form.names):
            found.append(form)
    most = max((len(form.names) for form in found), default=0)
    found = [form for form in found if len(form.names) == most]
    if len(found) != 1:
        wanted = f"{len(columns)} fields" if columns else "fields"
        raise DataError(
            f"{place} begins with {text[:60]!r}: no row of {wanted} between one of {SEPARATORS}. Pass "
            "separator=..., and columns=[...] with a name for each column if the first row has none."
        )
    return found[0]


def _decoded(head, place, encoding):
    try:
        "x".encode(encoding or "utf-8")  # refuses what is no encoding of texts
        text = codecs.getincrementaldecoder(encoding or "utf-8-sig")().decode(head)
    except LookupError as error:
        raise DataError(f"{place}: {error}. Use encoding='latin-1', say.") from error
    text = text.lstrip("\ufeff")
    if not text.strip():
        raise DataError(f"{place} is empty. It needs at least one row.")
    if "\0" in text:
        refuse_nul(place, text.index("\0"), text)
    return text


def parse(file: File, form: Form, chosen: dict) -> pd.DataFrame:
    """Return the chosen columns, a dict from our names to positions.

    Ratings and times are what pandas makes of them, but nothing counts as missing: that is for
    `recdl.ratings` to say.
    """
    try:
        table = None
        if nothing_to_lose(file, form):
            table = _parsed(file, form, chosen, ids=None)
        if table is None:
            refuse_marks(file, form, chosen)
            table = _parsed(file, form, chosen, ids="category")
        return table
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{file} has no rows. It needs at least one.") from error
    except pd.errors.ParserError as error:
        _refuse_other_lengths(file, form)
        raise DataError(
            f"{file} cannot be read ({error}). If quotation marks are part of its texts, use quotes=False."
        ) from error


def nothing_to_lose(file: File, form: Form) -> bool:
    """Tell whether no integer of a file can be written in another way than that in which it is.

    Then it has no sign +, no blank, no quotation mark, no NUL, and no 0 before a digit or after a minus.
    """
    marks = [mark for mark in b'+ \t\v\f"\0' if chr(mark) != form.separator]
    lone = b"\r" + form.separator.encode()
    before = b"\n"
    with file.open() as stream:
        while block := stream.read(2**24):
            text = before + block
            if any(mark in text for mark in (*marks, b"-0", codecs.BOM_UTF8, lone)):
                return False
            codes = np.frombuffer(text, dtype="uint8")
            zeros = (codes[1:-1] == ord("0")) & (codes[2:] - ord("0") < 10)
            before_zeros = codes[:-2][np.flatnonzero(zeros)]
            if np.isin(before_zeros, list(b"\r\n" + form.separator.encode())).any():
                return False
            before = text[-2:]
    return form.encoding == "utf-8"


def _parsed(file, form, chosen, ids):
    """Return the table; None if identifiers were to be inferred, and not all of them are integers."""
    parts = {name: [] for name in chosen}
    with (
        _source(file, form) as source,
        pd.read_csv(source, **_options(form, chosen, ids)) as chunks,
    ):
        for chunk in chunks:
            if _may_have_other_lengths(chunk):
                _refuse_other_lengths(file, form)
            for name, position in chosen.items():
                column = chunk[position]
                if name in PAIR and ids:
                    column = _ids(column, file, form)
                elif name in PAIR and column.dtype != "int64":
                    return None
                parts[name].append(column)
    return pd.DataFrame({name: _joined(parts.pop(name)) for name in chosen})


def _options(form, chosen, ids):
    n_fields = len(form.names)
    inferred = {chosen[name] for name in chosen if name not in PAIR or ids is None}
    # One column more than there is: of a longer row that begins a part, pandas would drop the end in silence.
    texts = dict.fromkeys(set(range(n_fields + 1)) - inferred, "category")
    return form.reads() | {
        "header": None,
        "skiprows": form.n_skipped,
        "names": range(n_fields + 1),
        "dtype": texts,
        "encoding": form.encoding,
        "decimal": form.decimal,
        "na_filter": False,  # "NA" is an identifier like any other
        "float_precision": "round_trip",
        "low_memory": False,
        "chunksize": CHUNK,
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
                "quotes=False; if they only stand around them, use quotes=True."
            )
    values = texts.to_numpy(dtype=object)
    if all(map(WHOLE.fullmatch, texts)):
        with contextlib.suppress(OverflowError):  # longer than 64 bits: texts
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
                raise DataError(
                    f"{file}, line {rows.line_num}, has {len(row)} fields, not {n_fields}: {row[:6]}. "
                    "Correct or remove it; if quotation marks are part of its texts, use quotes=False."
                )
