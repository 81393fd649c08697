"""Strict reading of delimited text: CSV, TSV and their kin.

Knows: the bytes of a text table and nothing of files. Every record has exactly the header's width, every cell is the
exact text that was written, and whatever cannot be read without guessing is refused by the number of its line. pandas
is not asked, for it pads, drops and re-types without a word. A regular text is read in bulk, any other line by line.

A *line* is a physical line as an editor counts it, from 1; a record in which a quoted cell holds a line break spans
several, and goes by its first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from made_cli.errors import Exit, UserError
from made_cli.tables.files.contents import check_text
from made_cli.tables.files.decoding import in_utf8
from made_cli.tables.files.records import CANDIDATES, Format, Records
from made_cli.tables.files.regular import Regular, read_regular
from made_cli.tables.files.rejects import Rejects

_SEP = re.compile(r"sep=(.)\r?[\r\n]", re.IGNORECASE)
"""The line by which spreadsheets name the delimiter, above the table."""


@dataclass(frozen=True)
class TextOptions:
    r"""How a text is read.

    Attributes:
        header: the first record holds the names; otherwise they are c1 .. cD, and blanks may part the cells too.
        delimiter: one character, or the two characters ``\t``; without it, it is found.
        encoding: any text encoding that Python knows.
        skip_lines: lines above the table.
    """

    header: bool = True
    delimiter: str | None = None
    encoding: str = "utf-8"
    skip_lines: int = 0


@dataclass(frozen=True, eq=False)
class Delimited:
    """A text table.

    Attributes:
        names: (D,) of the columns.
        cells: the rows: strings of Arrow, exactly as they were written.
        lines: (N,) where each record starts.
        header_line: where the names stand, None where they were made.
    """

    names: list[str]
    cells: pa.Table
    lines: npt.NDArray[np.int64]
    header_line: int | None

    def rows(self, places: npt.NDArray[np.int64] | None = None) -> npt.NDArray[np.object_]:
        """Returns (n, D) the cells of rows, of all by default, as `str`."""
        taken = self.cells if places is None else self.cells.take(places)
        rows: npt.NDArray[np.object_] = np.empty(taken.shape, dtype=object)
        for place, column in enumerate(taken.columns):
            rows[:, place] = column.to_numpy()
        return rows


def read_delimited(
    raw: bytes, source: str, options: TextOptions | None = None, rejects: Rejects | None = None
) -> Delimited:
    r"""Read a table from bytes of text.

    A first line ``sep=;`` names the delimiter, unless the options do.

    Args:
        raw: the whole text.
        source: its name in messages.
        options: how it is read.
        rejects: takes bad lines; without it there must be none.

    Raises:
        UserError: the text is empty, ragged, badly quoted or badly encoded, no table, or names are doubled.

    >>> table = read_delimited(b'name,note\nAda,"one\ntwo"\nBob,\n', "messages.csv")
    >>> table.names, table.rows().tolist(), table.lines.tolist()
    (['name', 'note'], [['Ada', 'one\ntwo'], ['Bob', '']], [2, 4])
    """
    options = options or TextOptions()
    text, encoding = in_utf8(raw, source, options.encoding)
    check_text(text, source)
    lines, delimiter, skipped = _without_top(_Lines(text), options)
    if not any(line.strip("\r\n") for line in lines):
        raise _refusal(source, "the file is empty: no header, no rows", "Check how it was made.")
    form = _find_format(lines, delimiter, options.header)
    blanks = form.delimiter == " " and delimiter is None
    parted = _Lines("".join(" ".join(line.split()) + lines.newline for line in lines).encode()) if blanks else lines
    found = parted.newline == "\n" and read_regular(parted.text, form, len(form.record_of(parted)))
    if not found:
        first = "the header" if options.header else "the first record"
        records = Records(list(parted), form, source, first, skipped, rejects.room if rejects else 0)
        records.read()
        if rejects:
            as_written = list(lines)
            rejects.lines.extend(as_written[line].encode(encoding) for line in sorted(records.bad))
        found = _of_records(records)
    starts = found.starts + skipped + 1
    if not options.header:
        names = number_columns(found.cells.num_columns)
        return Delimited(names, found.cells.rename_columns(names), starts, None)
    names = name_columns([column[0].as_py() for column in found.cells.columns], source)
    return Delimited(names, found.cells.slice(1).rename_columns(names), starts[1:], int(starts[0]))


class _Lines:
    r"""The lines of a text, each with its end, made as they are asked for.

    Attributes:
        text: in UTF-8.
        newline: the end of lines. The csv module refuses a lone "\r" in a line that ends in "\n": only a text without
            any "\n" is parted by "\r".
    """

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.newline = "\n" if b"\n" in text else "\r"

    def __iter__(self) -> Iterator[str]:
        start = 0
        while start < len(self.text):
            end = self._end(start)
            line = self.text[start:end].decode()
            yield line if line.endswith(self.newline) else line + self.newline
            start = end

    def without(self, count: int) -> "_Lines":
        """Returns the lines but for so many at the top."""
        start = 0
        for _ in range(count):
            start = self._end(start)
        return self if not start else _Lines(self.text[start:])

    def _end(self, start: int) -> int:
        return self.text.find(self.newline.encode(), start) + 1 or len(self.text)


def _of_records(records: Records) -> Regular:
    columns = [pa.array(column, pa.string()) for column in zip(*records.cells, strict=True)]
    cells = pa.table(columns, names=[str(place) for place in range(len(columns))])
    return Regular(cells, np.array(records.starts, dtype=np.int64))


def number_columns(count: int) -> list[str]:
    """Name the columns of a table that has no header: c1, c2 and on."""
    return [f"c{place}" for place in range(1, count + 1)]


def name_columns(names: list[str], source: str) -> list[str]:
    """Name the nameless columns by their place, as in the header that R and pandas write above row numbers.

    Raises:
        UserError: a name occurs twice, or most columns have none.

    >>> name_columns(["", "age"], "messages.csv")
    ['c1', 'age']
    """
    if not any(names):
        raise _refusal(source, "no column has a name", "Write the names in the first line, or give --no-header.")
    if 2 * names.count("") > len(names) and names.count("") > 1:
        reason = f"the first line names {len(names) - names.count('')} of {len(names)} columns"
        hint = "Skip what is above the names with --skip-lines N; where the first line is a row, give --no-header."
        raise _refusal(source, reason, hint)
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


def _check_delimiter(delimiter: str | None) -> str | None:
    r"""Take ``\t`` as people type it in a shell; refuse what cannot part cells."""
    delimiter = "\t" if delimiter == "\\t" else delimiter
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        hint = r"Give one character, such as ',' or ';', or '\t' for a tab."
        raise UserError(f"--delimiter {delimiter!r}: not one plain character", hint=hint, code=Exit.USAGE)
    return delimiter


def _without_top(lines: _Lines, options: TextOptions) -> tuple[_Lines, str | None, int]:
    """Takes what is above the table from its lines: returns the others, the delimiter if one is named, and how many."""
    skipped, delimiter = options.skip_lines, _check_delimiter(options.delimiter)
    lines = lines.without(skipped)
    top = next(iter(lines), "")
    if (named := _SEP.fullmatch(top)) and len(top.encode()) < len(lines.text):
        return lines.without(1), delimiter or named[1], skipped + 1
    return lines, delimiter, skipped


def _find_format(lines: _Lines, delimiter: str | None, header: bool) -> Format:
    """Judge by the first record alone, so that one odd row further down cannot change how the others are read.

    The delimiter is the one given, else the candidate that makes most cells of it, a comma in doubt; in a file
    without a header it may be runs of blanks, returned as " ". Blanks after the comma are skipped where every cell of
    this record has them: a header in the manner of "age, sex, income".
    """
    if delimiter is None:
        cells = {sign: len(Format(sign).record_of(lines)) for sign in CANDIDATES}
        if max(cells.values()) <= 1:
            # A record whose quotes are wrong still shows its delimiter; reading then refuses it by its line, where
            # a whole table would else pass for one column.
            cells = {sign: len(Format(sign).record_of(lines, strict=False)) for sign in CANDIDATES}
        delimiter = max(CANDIDATES, key=lambda sign: cells[sign])
        blanks = not header and cells[delimiter] <= 1 and len(next(iter(lines)).split()) > 1
        if blanks and b'"' not in lines.text:  # a quoted cell's own blanks are not ours to join
            delimiter = " "
    if delimiter != ",":
        return Format(delimiter)
    # A quoted cell may begin with a blank of its own, which skipping leaves alone: that is no manner of writing.
    exact = Format(delimiter).record_of(lines)[1:]
    skipped = Format(delimiter, skip_blanks=True).record_of(lines)[1:]
    blank = bool(exact) and all(cell.startswith(" ") for cell in exact)
    return Format(delimiter, blank and not any(cell.startswith(" ") for cell in skipped))


def _refusal(source: str, reason: str, hint: str) -> UserError:
    return UserError(f"{source}: {reason}", hint=hint, code=Exit.BAD_DATA)
