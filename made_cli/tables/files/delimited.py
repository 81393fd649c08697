"""Strict reading of delimited text: CSV, TSV and their kin.

Knows: the bytes of a text table and nothing of files. Every record has exactly the header's width, every cell is the
exact text that was written, and whatever cannot be read without guessing is refused by the number of its line. pandas
is not asked, for it pads, drops and re-types without a word.

A *line* is a physical line as an editor counts it, from 1; a record in which a quoted cell holds a line break spans
several, and goes by its first.
"""

import codecs
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from made_cli.errors import Exit, UserError

CANDIDATES = (",", "\t", ";", "|")
"""What may part the cells where nobody says, the likelier first."""

# UTF-32 comes first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# A cell may hold a document. The module's own limit of 128 KiB guards against a quote that is never closed, which
# strict reading reports anyway; this is the greatest limit that every platform takes.
csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True, eq=False)
class Delimited:
    """A text table: `names` (D), `cells` (N, D) of exact `str`, and `lines` (N), where each record starts."""

    names: list[str]
    cells: npt.NDArray[np.object_]
    lines: npt.NDArray[np.int64]


class _Format(NamedTuple):
    """How the cells of a record are parted."""

    delimiter: str
    skip_blanks: bool = False
    """Blanks after a delimiter are no part of the cell."""


def read_delimited(
    raw: bytes, source: str, *, header: bool = True, delimiter: str | None = None, encoding: str = "utf-8"
) -> Delimited:
    r"""Read a table from bytes of text.

    Args:
        raw: the whole text; a byte order mark beats `encoding`.
        source: its name in messages.
        header: the first record holds the names; otherwise they are c1 .. cD, and blanks may part the cells too.
        delimiter: one character, or the two characters ``\t``; without it, see `_find_format`.
        encoding: any text encoding that Python knows.

    Raises:
        UserError: the text is empty, ragged, badly quoted or badly encoded, or names are doubled.

    >>> table = read_delimited(b'name,note\nAda,"one\ntwo"\nBob,\n', "messages.csv")
    >>> table.names, table.cells.tolist(), table.lines.tolist()
    (['name', 'note'], [['Ada', 'one\ntwo'], ['Bob', '']], [2, 4])
    """
    text = _decode(raw, source, encoding)
    # The csv module refuses a lone "\r" in a line that ends in "\n": only a file without any "\n" is parted by "\r".
    newline = "\n" if "\n" in text else "\r"
    lines = [line + newline for line in text.removesuffix(newline).split(newline)]
    del text
    form = _find_format(lines, _check_delimiter(delimiter), header)
    if form.delimiter == " " and delimiter is None:
        lines = [" ".join(line.split()) + newline for line in lines]
    records, starts = _read_records(lines, form, source, "the header" if header else "the first record")
    names = name_columns(records[0], source) if header else number_columns(len(records[0]))
    rows = slice(1 if header else 0, None)
    cells = np.array(records[rows], dtype=object).reshape(-1, len(names))
    return Delimited(names, cells, np.array(starts[rows], dtype=np.int64))


def number_columns(count: int) -> list[str]:
    """Name the columns of a table that has no header: c1, c2 and on."""
    return [f"c{place}" for place in range(1, count + 1)]


def name_columns(names: Sequence[str], source: str) -> list[str]:
    """Name the nameless columns by their place, as in the header that R and pandas write above row numbers.

    Raises:
        UserError: a name occurs twice, or there is no name at all.

    >>> name_columns(["", "age"], "messages.csv")
    ['c1', 'age']
    """
    if not any(names):
        raise _refusal(source, "no column has a name", "Write the names in the first line, or give --no-header.")
    named = [name or number for name, number in zip(names, number_columns(len(names)), strict=True)]
    places: dict[str, int] = {}
    for place, name in enumerate(named, start=1):
        if name in places:
            reason = f"columns {places[name]} and {place} are both named {name!r}"
            raise _refusal(
                source, reason, "Rename one of them; where the first line of a text is data, give --no-header."
            )
        places[name] = place
    return named


def _decode(raw: bytes, source: str, encoding: str) -> str:
    encoding = next((marked for mark, marked in _MARKS if raw.startswith(mark)), encoding)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = _count_lines(raw[: error.start].decode(encoding, errors="replace"))
        reason = f"line {line}: byte 0x{raw[error.start]:02x} is not valid {encoding.removesuffix('-sig')}"
        raise _refusal(source, reason, "Give its encoding, such as --encoding latin-1.") from error
    except (LookupError, ValueError) as error:
        hint = "Use utf-8, latin-1, cp1252, utf-16 or another that Python knows."
        raise UserError(f"--encoding {encoding!r}: not a text encoding", hint=hint, code=Exit.USAGE) from error
    if "\0" in text:
        line = _count_lines(text[: text.index("\0")])
        hint = "It may be no text at all, or UTF-16 without its mark: try --encoding utf-16-le."
        raise _refusal(source, f"line {line}: a NUL character", hint)
    if not text.strip("\r\n"):
        raise _refusal(source, "the file is empty: no header, no rows", "Check how it was made.")
    return text


def _count_lines(text: str) -> int:
    """The number of the line that `text` breaks off in."""
    return (text.count("\n") or text.count("\r")) + 1


def _check_delimiter(delimiter: str | None) -> str | None:
    r"""Take ``\t`` as people type it in a shell; refuse what cannot part cells."""
    delimiter = "\t" if delimiter == "\\t" else delimiter
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        hint = r"Give one character, such as ',' or ';', or '\t' for a tab."
        raise UserError(f"--delimiter {delimiter!r}: not one plain character", hint=hint, code=Exit.USAGE)
    return delimiter


def _find_format(lines: list[str], delimiter: str | None, header: bool) -> _Format:
    """Judge by the first record alone, so that one odd row further down cannot change how the others are read.

    The delimiter is the one given, else the candidate that makes most cells of it, a comma in doubt; in a file
    without a header it may be runs of blanks, returned as " ". Blanks after the comma are skipped where every cell of
    this record has them: a header in the manner of "age, sex, income".
    """
    if delimiter is None:
        cells = {sign: len(_first_record(lines, _Format(sign))) for sign in CANDIDATES}
        if max(cells.values()) <= 1:
            # A record whose quotes are wrong still shows its delimiter; reading then refuses it by its line, where
            # a whole table would else pass for one column.
            cells = {sign: len(_first_record(lines, _Format(sign), strict=False)) for sign in CANDIDATES}
        delimiter = max(CANDIDATES, key=lambda sign: cells[sign])
        blanks = not header and cells[delimiter] <= 1 and len(lines[0].split()) > 1
        if blanks and not any('"' in line for line in lines):  # a quoted cell's own blanks are not ours to join
            delimiter = " "
    if delimiter != ",":
        return _Format(delimiter)
    # A quoted cell may begin with a blank of its own, which skipping leaves alone: that is no manner of writing.
    exact = _first_record(lines, _Format(delimiter))[1:]
    skipped = _first_record(lines, _Format(delimiter, skip_blanks=True))[1:]
    blank = bool(exact) and all(cell.startswith(" ") for cell in exact)
    return _Format(delimiter, blank and not any(cell.startswith(" ") for cell in skipped))


def _first_record(lines: list[str], form: _Format, *, strict: bool = True) -> list[str]:
    """Read the first record in this format; no cells where it cannot be read so."""
    reader = csv.reader(lines, strict=strict, delimiter=form.delimiter, skipinitialspace=form.skip_blanks)
    try:
        return next(reader)
    except csv.Error:
        return []


def _read_records(lines: list[str], form: _Format, source: str, first: str) -> tuple[list[list[str]], list[int]]:
    """Read all records, of one width, and the line where each starts.

    A blank line is an empty cell in a table of one column. In a wider one it is a record of no cells: ignored at
    the very end, an error anywhere else.
    """
    reader = csv.reader(lines, strict=True, delimiter=form.delimiter, skipinitialspace=form.skip_blanks)
    records: list[list[str]] = []
    starts: list[int] = []
    start, width, blank = 1, 0, 0
    try:
        for cells in reader:
            width = width or len(cells)
            if not cells and width != 1:
                blank = blank or start
            elif blank or len(cells or [""]) != width:
                raise _ragged(source, blank or start, 0 if blank else len(cells), f"{first} has {width}")
            else:
                records.append(cells or [""])
                starts.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise _malformed(source, start, reader.line_num, str(error)) from error
    return records, starts


def _ragged(source: str, line: int, cells: int, wanted: str) -> UserError:
    if not cells:
        return _refusal(source, f"line {line}: a blank line above others", "Remove the blank line.")
    count = "1 cell" if cells == 1 else f"{cells} cells"
    hint = "Mend that line (a cell that holds the delimiter needs quotes), or give the --delimiter."
    return _refusal(source, f"line {line}: {count} where {wanted}", hint)


def _malformed(source: str, start: int, line: int, message: str) -> UserError:
    """Say the csv module's complaint in words for messages."""
    if "unexpected end" in message:
        return _refusal(
            source, f"line {start}: a quote that is never closed", 'Close it; a quote itself is written "".'
        )
    record = "" if start == line else f" (the record starts in line {start})"
    if "expected after" in message:
        hint = 'Write a quote inside a quoted cell as "", or mend a quote left open above.'
        return _refusal(source, f"line {line}: text after a closing quote{record}", hint)
    if "new-line character" in message:
        hint = "End every line alike, or quote the cell that holds it."
        return _refusal(source, f"line {line}: a lone carriage return{record}", hint)
    return _refusal(source, f"line {line}: {message}{record}", "Mend that line.")


def _refusal(source: str, reason: str, hint: str) -> UserError:
    separator = ", " if reason.startswith("line ") else ": "
    return UserError(f"{source}{separator}{reason}", hint=hint, code=Exit.BAD_DATA)
