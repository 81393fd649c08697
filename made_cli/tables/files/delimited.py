"""Strict reading of delimited text: CSV, TSV and their kin.

Knows: the bytes of a text table and nothing of files. Every record has exactly the header's width, every cell is the
exact text that was written, and whatever cannot be read without guessing is refused by the number of its line. pandas
is not asked, for it pads, drops and re-types without a word. A regular text is read in bulk, any other line by line.

A *line* is a physical line as an editor counts it, from 1; a record in which a quoted cell holds a line break spans
several, and goes by its first.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from made_cli.errors import Exit, UserError
from made_cli.tables.files.contents import check_text
from made_cli.tables.files.decoding import in_utf8
from made_cli.tables.files.first_record import Lines, Manner, manner_of, without_top
from made_cli.tables.files.records import Records
from made_cli.tables.files.regular import read_regular
from made_cli.tables.files.rejects import Rejects


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
    return DelimitedReader(source, options, encoding, rejects).read(text)[0]


class DelimitedReader:
    """Reads a text table, whole or a piece at a time; how it is to be read, its first record says.

    Args:
        source: its name in messages.
        options: how it is read.
        encoding: in which bad lines are set aside.
        rejects: takes them; without it there must be none.
    """

    def __init__(self, source: str, options: TextOptions, encoding: str, rejects: Rejects | None = None) -> None:
        self.source, self.options, self.encoding, self.rejects = source, options, encoding, rejects
        self._manner: Manner | None = None
        self._names: list[str] = []
        self._header_line: int | None = None
        self._line = 0  # lines of the file before those that come next, but for what the last piece had and left
        self._passed: list[Lines] = []
        self._quotes_cells = False
        self._bare: int | None = None  # a line with a quote that is text as long as no cell is quoted

    def read(self, text: bytes, *, last: bool = True) -> tuple[Delimited, bytes]:
        """Reads the next piece.

        Args:
            text: in UTF-8; first what was left of the piece before.
            last: whether nothing follows.

        Returns:
            The rows whose records end within it, and what is left: a record that does not, or blank lines.

        Raises:
            UserError: as of `read_delimited`.
        """
        self._line += sum(lines.count * sign for lines, sign in zip(self._passed, (1, -1), strict=False))
        lines, manner = self._begun(text) if self._manner is None else (Lines(text, self._manner.newline), self._manner)
        if self._manner and manner.blanks and b'"' in text:  # a quoted cell's own blanks are not ours to join
            line = self._line + text[: text.index(b'"')].count(b"\n") + 1
            raise _refusal(
                f"{self.source}, line {line}", "a quote, where blanks part the cells", "Give the --delimiter."
            )
        end = len(lines.text) if last else lines.text.rfind(manner.newline.encode()) + 1
        whole = Lines(lines.text[:end], manner.newline)
        cells, starts, left = self._records_of(whole, manner, last=last)
        if self._manner is None and not len(cells):
            return Delimited([], cells, starts, None), text
        starts = starts + self._line + 1
        if self._manner is None:
            cells, starts = self._named(cells, starts)
        self._manner = manner
        self._passed = [whole, left]
        rows = Delimited(self._names, cells.rename_columns(self._names), starts, self._header_line)
        return rows, left.text + lines.text[end:]

    def _begun(self, text: bytes) -> tuple[Lines, Manner]:
        """Returns the lines of a first piece without what is above the table, and how they are to be read."""
        check_text(text, self.source)
        lines, delimiter, self._line = without_top(Lines(text), self.options.delimiter, self.options.skip_lines)
        if not any(line.strip("\r\n") for line in lines):
            raise _refusal(self.source, "the file is empty: no header, no rows", "Check how it was made.")
        return lines, manner_of(lines, delimiter, header=self.options.header)

    def _named(self, cells: pa.Table, starts: npt.NDArray[np.int64]) -> tuple[pa.Table, npt.NDArray[np.int64]]:
        """Finds the names of the columns; returns the rows, and where they start."""
        if not self.options.header:
            self._names = number_columns(cells.num_columns)
            return cells, starts
        self._names = name_columns([column[0].as_py() for column in cells.columns], self.source)
        self._header_line = int(starts[0])
        return cells.slice(1), starts[1:]

    def _records_of(self, whole: Lines, manner: Manner, *, last: bool) -> tuple[pa.Table, npt.NDArray[np.int64], Lines]:
        """Reads the records of whole lines: returns their cells, the lines where they start, and what is left."""
        parted = whole.with_single_blanks() if manner.blanks else whole
        found = read_regular(parted.text, manner.form, manner.width, last=last) if manner.newline == "\n" else None
        if not found:
            records = self._one_by_one(parted, whole, manner, last=last)
            left = Lines(b"" if last else whole.without(len(records.lines)).text, manner.newline)
            columns = [pa.array(column, pa.string()) for column in zip(*records.cells, strict=True)]
            columns = columns or [pa.array([], pa.string())] * manner.width
            cells = pa.table(columns, names=[str(place) for place in range(len(columns))])
            return cells, np.array(records.starts, dtype=np.int64), left
        self._check_quotes(manner, quotes_cells=found.quotes_cells)
        left = Lines(whole.text[found.end :] if parted is whole else b"", manner.newline)
        if parted is not whole and not last:
            left = whole.without(parted.text[: found.end].count(b"\n"))
        return found.cells, found.starts, left

    def _one_by_one(self, parted: Lines, whole: Lines, manner: Manner, *, last: bool) -> Records:
        records = self._records(manner, list(parted))
        records.read(last=last)
        self._check_quotes(manner, quotes_cells=records.quotes_cells)
        if self._bare is None and records.bare is not None:
            self._bare = self._line + records.bare
        if self.rejects and records.bad:
            as_written = list(whole)
            self.rejects.lines.extend(as_written[line].encode(self.encoding) for line in sorted(records.bad))
        return records

    def _records(self, manner: Manner, lines: list[str]) -> Records:
        first, room = (
            "the header" if self.options.header else "the first record",
            self.rejects.room if self.rejects else 0,
        )
        width = manner.width if self._manner else 0
        return Records(lines, manner.form, self.source, first, self._line, room, width, self._quotes_cells)

    def _check_quotes(self, manner: Manner, *, quotes_cells: bool) -> None:
        """Refuses a quote that was text in an earlier piece, once a cell is quoted."""
        self._quotes_cells = self._quotes_cells or quotes_cells
        if self._quotes_cells and self._bare is not None:
            raise Records([], manner.form, self.source, "", self._bare).bare_quote(0)


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


def _refusal(source: str, reason: str, hint: str) -> UserError:
    return UserError(f"{source}: {reason}", hint=hint, code=Exit.BAD_DATA)
