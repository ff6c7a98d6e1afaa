"""How a text file of separated fields is written: found from its first bytes, or told by the reader."""

import codecs
import csv
import io
import itertools
import re
from typing import NamedTuple

from recdl.columns import DataError
from recdl.tables.marks import refuse_nul

SEPARATORS = [",", ";", "\t", "|", "::"]
NO_QUOTES = ("\t", "::")
STAND_IN = "\x1f"  # for "::", as the fast parser takes one character only


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
    _check_options(separator, quotes, decimal)
    if columns is not None:  # the file has none, so blanks around them mean nothing
        columns = [str(name).strip() for name in columns]
    if not (separator is None or separator == "::" or _is_one_mark(separator)):
        raise ValueError(
            f"separator must be one ASCII character or '::'; received {separator!r}."
        )
    text = _decoded(head, place, encoding)
    found = []
    for mark in [separator] if separator else SEPARATORS:
        form = Form(columns, 0, mark, quotes, encoding or "utf-8", decimal)
        rows = enumerate(form.rows(io.StringIO(text, newline="")), start=1)
        n_rows, first = next(row for row in rows if "".join(row[1]).strip())
        _refuse_rule(place, first, *(row for _, row in itertools.islice(rows, 1)))
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
            "separator=..., and columns=[...] with a name for each column if the first row has none.",
            "separator",
            "columns",
        )
    return found[0]


def _check_options(separator, quotes, decimal):
    if decimal not in (".", ","):
        raise ValueError(f"decimal must be '.' or ','; received {decimal!r}.")
    if not isinstance(quotes, bool | None):
        raise ValueError(f"quotes must be True, False or None; received {quotes!r}.")


def _refuse_rule(place, *rows):
    for row in rows:
        if len(row) > 1 and all(
            re.fullmatch("[-+=]{2,}", field.strip()) for field in row
        ):
            raise DataError(
                f"{place} has a line of dashes, {row[:3]}, as programs for SQL write it. Remove that line."
            )


def _is_one_mark(text):
    return isinstance(text, str) and len(text) == 1 and text.isascii()


def _decoded(head, place, encoding):
    try:
        "x".encode(encoding or "utf-8")  # refuses what is no encoding of texts
        text = codecs.getincrementaldecoder(encoding or "utf-8-sig")().decode(head)
    except LookupError as error:
        remedy = "Use encoding='latin-1', say."
        raise DataError(f"{place}: {error}. {remedy}", "encoding") from error
    text = text.lstrip("\ufeff")
    if not text.strip():
        raise DataError(f"{place} is empty. It needs at least one row.")
    if "\0" in text:
        refuse_nul(place, text.index("\0"), text)
    return text
