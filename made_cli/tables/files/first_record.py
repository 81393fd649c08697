"""How the cells of a text are parted, by its first record.

Knows: the lines of a text, what may stand above the table, and which sign parts the cells where nobody says; nothing of
the rows.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from made_cli.errors import Exit, UserError
from made_cli.tables.files.records import CANDIDATES, Format

_SEP = re.compile(r"sep=(.)\r?[\r\n]", re.IGNORECASE)
"""The line by which spreadsheets name the delimiter, above the table."""


class Lines:
    r"""The lines of a text, each with its end, made as they are asked for.

    Attributes:
        text: in UTF-8.
        newline: the end of lines. The csv module refuses a lone "\r" in a line that ends in "\n": only a text without
            any "\n" is parted by "\r". None where these are not all lines, and the first ones have told it.
    """

    def __init__(self, text: bytes, newline: str | None = None) -> None:
        self.text = text
        self.newline = newline or ("\n" if b"\n" in text else "\r")

    def __iter__(self) -> Iterator[str]:
        start = 0
        while start < len(self.text):
            end = self._end(start)
            line = self.text[start:end].decode()
            yield line if line.endswith(self.newline) else line + self.newline
            start = end

    def without(self, count: int) -> "Lines":
        """Returns the lines but for so many at the top."""
        start = 0
        for _ in range(count):
            start = self._end(start)
        return self if not start else Lines(self.text[start:], self.newline)

    @property
    def count(self) -> int:
        """How many lines there are, but for one that does not end."""
        return self.text.count(self.newline.encode())

    def with_single_blanks(self) -> "Lines":
        """Returns the lines with one blank where there are several, and none at their ends."""
        return Lines("".join(" ".join(line.split()) + self.newline for line in self).encode(), self.newline)

    def _end(self, start: int) -> int:
        return self.text.find(self.newline.encode(), start) + 1 or len(self.text)


class Manner(NamedTuple):
    """How a text is read.

    Attributes:
        form: how the cells of a record are parted.
        width: how many cells the first record has.
        newline: the end of lines.
        blanks: whether several blanks part cells as one does, and none at the ends of a line.
    """

    form: Format
    width: int
    newline: str
    blanks: bool


def manner_of(lines: Lines, delimiter: str | None, *, header: bool) -> Manner:
    """Finds how a text is to be read from its lines, without what is above the table."""
    form = _find_format(lines, delimiter, header)
    blanks = form.delimiter == " " and delimiter is None
    width = len(form.record_of(lines.with_single_blanks() if blanks else lines))
    return Manner(form, width, lines.newline, blanks)


def _check_delimiter(delimiter: str | None) -> str | None:
    r"""Take ``\t`` as people type it in a shell; refuse what cannot part cells."""
    delimiter = "\t" if delimiter == "\\t" else delimiter
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        hint = r"Give one character, such as ',' or ';', or '\t' for a tab."
        raise UserError(f"--delimiter {delimiter!r}: not one plain character", hint=hint, code=Exit.USAGE)
    return delimiter


def without_top(lines: Lines, delimiter: str | None, skipped: int) -> tuple[Lines, str | None, int]:
    """Takes what is above the table from its lines: returns the others, the delimiter if one is named, and how many."""
    delimiter = _check_delimiter(delimiter)
    lines = lines.without(skipped)
    top = next(iter(lines), "")
    if (named := _SEP.fullmatch(top)) and len(top.encode()) < len(lines.text):
        return lines.without(1), delimiter or named[1], skipped + 1
    return lines, delimiter, skipped


def _find_format(lines: Lines, delimiter: str | None, header: bool) -> Format:
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
