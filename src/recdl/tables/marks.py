"""Marks in a text file that would lose rows or letters in silence, and the lines of its rows."""

import contextlib
import csv
import io
import re

from recdl.columns import DataError
from recdl.ratings import PAIR


@contextlib.contextmanager
def text_of(file, form):
    """Give the text of a file, line ends as they are."""
    with (
        file.open() as stream,
        io.TextIOWrapper(stream, form.encoding, newline="") as text,
    ):
        yield text


def refuse_nul(place, at, text, n_lines=0):
    """Raise DataError about a NUL in a text that begins after some lines."""
    line = n_lines + text.count("\n", 0, at) + 1
    raise DataError(
        f"{place}, line {line}, has a NUL byte, which no text has. Copy or download the file again; if it is "
        "so from the start, write it anew as CSV."
    )


def refuse_marks(file, form, chosen):
    """Refuse a NUL, with which a value would end, and quotation marks that would swallow rows or be lost."""
    n_lines, quoted, before = 0, False, ""
    with text_of(file, form) as text:
        while block := text.read(2**22):
            if "\0" in block:
                refuse_nul(file, block.index("\0"), block, n_lines)
            if f"\r{form.separator}" in before + block:  # pandas may shift such a row
                raise DataError(
                    f"{file}: a line that begins with {form.separator!r} follows a line end of old Macs."
                    " Save the file with other line ends."
                )
            n_lines, before = n_lines + block.count("\n"), block[-2:]
            quoted = quoted or '"' in block
    if quoted and form.has_quotes():
        positions = [chosen[name] for name in PAIR if name in chosen]
        if odd := _lines_with_text_after_quotes(file, form, positions):
            _refuse_lost_quotes(file, form, positions, set(odd))


def _lines_with_text_after_quotes(file, form, positions):
    """Return the numbers of such lines; refuse fields that hold line breaks."""
    odd, before = [], 0
    with text_of(file, form) as text:
        rows = form.rows(text, strict=True)
        while True:
            row = []
            try:
                row = next(rows)
            except StopIteration:
                return odd
            except csv.Error:  # text after a closed field, or one that is never closed
                odd.append(rows.line_num)
            ids = "".join(field for i in positions for field in row[i : i + 1])
            if rows.line_num > before + 1 and (form.quotes is None or not row):
                remedy = "if they enclose a text with line breaks, use quotes=True"
                if not row or "\n" in ids or "\r" in ids:
                    remedy = "if not, correct the line"
                raise DataError(
                    f"{file}, line {before + 1}: a field begins with a quotation mark and goes on to line "
                    f"{rows.line_num}. If quotation marks are part of the texts, use quotes=False; "
                    f"{remedy}.",
                    "quotes=False",
                    *["quotes"] * ("True" in remedy),
                )
            before = rows.line_num


def _refuse_lost_quotes(file, form, positions, lines):
    """Refuse identifiers like "5" pipe, which would lose their quotation marks, in these lines."""
    mark = re.escape(form.separator)
    text_in_quotes = r'"(?:[^"]|"")*"'
    odd_field = rf'({text_in_quotes}(?!")|"(?:[^"]|"")*$)?.*?'
    fields = re.compile(rf"(?:{text_in_quotes}(?={mark}|$)|{odd_field})(?:{mark}|$)")
    with text_of(file, form) as text:
        for number, line in enumerate(text, start=1):
            if number in lines:
                found = list(fields.finditer(line.rstrip("\r\n")))
                for i in positions:
                    if found[i : i + 1] and found[i][1]:
                        raise DataError(
                            f"{file}, line {number}: {found[i][0][:60]!r} begins with a quotation mark and "
                            "ends without. If quotation marks are part of the texts, use quotes=False; "
                            "if they enclose them, double those inside.",
                            "quotes=False",
                        )


def line_of(file, form, row: int) -> int:
    """Return the line in which a row of the table, counted from 0, begins; empty lines are no rows."""
    with text_of(file, form) as text:
        rows, before = form.rows(text), 0
        for fields in rows:
            is_row = len(fields) > 1 or "".join(fields).strip()
            row -= bool(is_row and rows.line_num > form.n_skipped)
            if row < 0:
                break
            before = rows.line_num
        return before + 1
