r"""Strict reading of the records of delimited text, line by line.

Knows: the csv module, which quotes it lets pass, and which lines are bad. Every record has exactly the width of the
first; what is not so is refused by the number of its line, or set aside.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from made_cli.errors import Exit, UserError

# A cell may hold a document. The module's own limit of 128 KiB guards against a quote that is never closed, which
# strict reading reports anyway; this is the greatest limit that every platform takes.
csv.field_size_limit(2**31 - 1)

CANDIDATES = (",", "\t", ";", "|")
"""What may part the cells where nobody says, the likelier first."""
_UNCLOSED = "unexpected end"
"""What the csv module says of a quoted cell that has no end."""
REMEMBERED = 1 << 18
"""Texts that are remembered at a time, to be held once however often they occur."""


class Format(NamedTuple):
    """How the cells of a record are parted."""

    delimiter: str
    skip_blanks: bool = False
    """Blanks after a delimiter are no part of the cell."""

    def record_of(self, lines: Iterable[str], *, strict: bool = True) -> list[str]:
        """Reads the first record of lines; no cells where it cannot be read in this format."""
        reader = csv.reader(lines, strict=strict, delimiter=self.delimiter, skipinitialspace=self.skip_blanks)
        try:
            return next(reader, [])
        except csv.Error:
            return []


@dataclass
class Records:
    """The records of a text, or of a piece of one, and its bad lines.

    Attributes:
        lines: the text's lines, with their ends.
        form: how cells are parted.
        source: the text's name in messages.
        first: what the first record is, in messages.
        skipped: lines of the file that come before.
        room: how many bad lines may be set aside.
        width: how many cells the first record has, where a piece before this one has it; else 0.
        quotes_cells: whether any cell is quoted, in the pieces before this one and, once it is read, in this one.
        cells: what was read.
        starts: where each record starts, an index of `lines`.
        bad: the bad lines, likewise, in any order.
        bare: a line with a quote within an unquoted cell that is text, likewise; None where there is none.
    """

    lines: list[str]
    form: Format
    source: str
    first: str
    skipped: int = 0
    room: int = 0
    width: int = 0
    quotes_cells: bool = False
    cells: list[list[str]] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    bad: list[int] = field(default_factory=list)
    bare: int | None = None
    _texts: dict[str, str] = field(default_factory=dict, repr=False)  # one object a text: a table has few distinct ones

    def read(self, *, last: bool = True) -> None:
        """Reads all records.

        Args:
            last: whether these are all lines there are. Else `lines` are cut to those that end within them: what comes
                behind tells whether blank lines are the last ones, and where a quoted cell ends.

        Raises:
            UserError: the first record is bad, or more lines are than may be set aside.
        """
        start = 0
        while start < len(self.lines):
            start = self._read_from(start, last=last)
        if any('"' in line for line in self.lines):
            self._check_quotes()

    def _read_from(self, begin: int, *, last: bool) -> int:
        """Reads records up to one whose quotes are wrong; returns the line to go on with.

        A blank line is an empty cell in a table of one column. In a wider one it is a record of no cells: ignored at
        the very end, an error anywhere else.
        """
        lines = self.lines[begin:] if begin else self.lines
        reader = csv.reader(lines, strict=True, delimiter=self.form.delimiter, skipinitialspace=self.form.skip_blanks)
        start, width = begin, self.width or (len(self.cells[0]) if self.cells else 0)
        blanks: list[int] = []
        try:
            for cells in reader:
                width = width or len(cells)
                if not cells and width != 1:
                    blanks.append(start)
                else:
                    for blank in blanks:
                        self._refuse(blank, blank + 1, self._ragged(blank, 0, width))
                    blanks.clear()
                    if len(cells or [""]) == width:
                        self.cells.append([self._texts.setdefault(cell, cell) for cell in cells or [""]])
                        if len(self._texts) > REMEMBERED:
                            self._texts.clear()
                        self.starts.append(start)
                    else:
                        self._refuse(start, begin + reader.line_num, self._ragged(start, len(cells), width))
                start = begin + reader.line_num
            if not last and blanks:
                del self.lines[blanks[0] :]
        except csv.Error as error:
            if not last and _UNCLOSED in str(error):
                del self.lines[min([start, *blanks]) :]
                return start
            # Which of several lines has the bad quote cannot be told. Reading goes on with the second.
            self._refuse(start, start + 1, self._malformed(start, begin + reader.line_num - 1, str(error)))
            return start + 1
        return len(self.lines)

    def _check_quotes(self) -> None:
        """Refuses quotes within unquoted cells, in a text that quotes cells: there they would be doubled, and quoted.

        In a text that quotes no cell they are text: inches, say.
        """
        suspects = [index for index, cells in enumerate(self.cells) if '"' in "".join(cells)]
        sign, skipped = re.escape(self.form.delimiter), " *+" * self.form.skip_blanks
        cell = rf'(?:{skipped}"[^"]*+(?:""[^"]*+)*+"|[^"{sign}\r\n]*+)'
        record = re.compile(rf"{cell}(?:{sign}{cell})*+[\r\n]*+")  # blank lines may follow the last
        bare = [index for index in suspects if not record.fullmatch(self._text(index))]
        self.quotes_cells = self.quotes_cells or self._quotes_cells(set(bare), record)
        if bare and not self.quotes_cells:
            self.bare = self.starts[bare[0]]
            return
        for index in bare:
            self._refuse(self.starts[index], self._end(index), self.bare_quote(self.starts[index]))
        dropped = set(bare)
        self.cells = [cells for index, cells in enumerate(self.cells) if index not in dropped]
        self.starts = [start for index, start in enumerate(self.starts) if index not in dropped]

    def _quotes_cells(self, bare: set[int], record: re.Pattern[str]) -> bool:
        texts = (self._text(index) for index in range(len(self.cells)) if index not in bare)
        return any('"' in text and record.fullmatch(text) for text in texts)

    def _text(self, index: int) -> str:
        return "".join(self.lines[self.starts[index] : self._end(index)])

    def _end(self, index: int) -> int:
        """Where the lines of a record end: before the next one, or the next bad line."""
        start = self.starts[index]
        end = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.lines)
        return min([end, *(line for line in self.bad if line > start)])

    def _refuse(self, start: int, end: int, error: UserError) -> None:
        """Sets lines aside, or raises the error where there is no room for them; the first record is always needed."""
        is_first = not self.width and (not self.cells or start == self.starts[0])
        if is_first or len(self.bad) + end - start > self.room:
            raise error
        self.bad.extend(range(start, end))

    def _number(self, line: int) -> int:
        return self.skipped + line + 1

    def _refusal(self, line: int, reason: str, hint: str) -> UserError:
        if self.room:
            hint += f" --max-bad-rows lets more than {self.room} more lines be set aside."
        elif (self.width or self.cells) and self.source:
            hint += " --rejects FILE sets such lines aside."
        return UserError(f"{self.source}, line {self._number(line)}: {reason}", hint=hint, code=Exit.BAD_DATA)

    def _ragged(self, line: int, cells: int, width: int) -> UserError:
        at_top = not self.width and len(self.cells) <= 1
        skip = f", or skip what is above the table with --skip-lines {self._number(line) - bool(cells)}" * at_top
        if not cells:
            return self._refusal(line, "a blank line above others", f"Remove the blank line{skip}.")
        count = "1 cell" if cells == 1 else f"{cells} cells"
        hint = f"Mend that line (a cell that holds the delimiter needs quotes), or give the --delimiter{skip}."
        return self._refusal(line, f"{count} where {self.first} has {width}", hint)

    def bare_quote(self, line: int) -> UserError:
        """Returns the refusal of a quote within an unquoted cell, in an index of `lines`."""
        hint = 'Put the cell in quotes, and write its own quotes as "".'
        return self._refusal(line, "a quote within an unquoted cell, in a file that quotes cells", hint)

    def _malformed(self, start: int, line: int, message: str) -> UserError:
        """Says the csv module's complaint in words for messages."""
        if _UNCLOSED in message:
            return self._refusal(start, "a quote that is never closed", 'Close it; a quote itself is written "".')
        record = "" if start == line else f" (the record starts in line {self._number(start)})"
        if "expected after" in message:
            hint = 'Write a quote inside a quoted cell as "", or mend a quote left open above.'
            return self._refusal(line, f"text after a closing quote{record}", hint)
        if "new-line character" in message:
            hint = "End every line alike, or quote the cell that holds it."
            return self._refusal(line, f"a lone carriage return{record}", hint)
        return self._refusal(line, f"{message}{record}", "Mend that line.")
