"""The records of a regular text, in bulk.

Knows: a text is regular where every line has as many cells as the first, where quotes stand at the ends of cells alone,
doubled within, and lines end alike. Arrow reads such a text as the csv module does, many times as fast. What is not
regular is for `made_cli.tables.files.records`: to be read line by line, set aside, or refused by its line.
"""

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from made_cli.tables.files.records import Format

_BLOCK = 4 << 20
"""Bytes that Arrow parts at a time: what it needs beside the cells does not grow with the text."""
_QUOTE, _LINE_END = b'"', b"\n"
_BYTE_ORDER_MARK = "\ufeff".encode()


class Regular(NamedTuple):
    """The records of a text.

    Attributes:
        cells: strings of Arrow, in columns named by their place.
        starts: (N,) the line where each record starts, from 0.
        quotes_cells: whether any cell is quoted.
        end: the bytes of the text that they take.
    """

    cells: pa.Table
    starts: npt.NDArray[np.int64]
    quotes_cells: bool
    end: int


def read_regular(text: bytes, form: Format, width: int, *, last: bool = True) -> Regular | None:
    r"""Reads a regular text; None if it is none.

    Args:
        text: UTF-8, from the first record on.
        form: how cells are parted.
        width: how many cells the first record has.
        last: whether nothing follows. Else it is read as far as records are known to end: before the last line ends,
            for what follows them may be blank lines, or within quotes.

    >>> found = read_regular(b'a,b\n1,"x, ""y"" z"\n2,\n', Format(","), 2)
    >>> found.cells.to_pydict(), found.starts.tolist()
    ({'0': ['a', '1', '2'], '1': ['b', 'x, "y" z', '']}, [0, 1, 2])
    >>> read_regular(b"a,b\n1,2,3\n", Format(","), 2), read_regular(b'a,b\n1,5" wide\n', Format(","), 2)
    (None, None)
    """
    delimiter = form.delimiter.encode()
    if width < 2 or len(delimiter) != 1 or text.startswith(_BYTE_ORDER_MARK):
        return None
    quotes = np.flatnonzero(np.frombuffer(text, np.uint8) == ord(_QUOTE)) if _QUOTE in text else np.zeros(0, np.int64)
    end = len(text) if last else _end_of_records(text, quotes)
    text, quotes = text[:end], quotes[: np.searchsorted(quotes, end)]
    if not text or (b"\r" in text and text.count(b"\r") != text.count(b"\r\n")):
        return None
    if form.skip_blanks:
        if len(quotes):
            return None
        text = re.sub(rb"(?m)(^|%b) +" % re.escape(delimiter), rb"\1", text)
    if len(quotes) and not _stand_at_ends(text, quotes, delimiter):
        return None
    if text.endswith((b"\n\n", b"\n\r\n")):  # blank lines at the very end
        text = text.rstrip(b"\r\n")
    starts = _starts(text, quotes) if len(quotes) else None
    names = [str(place) for place in range(width)]
    try:
        cells = arrow_csv.read_csv(
            pa.BufferReader(text),
            arrow_csv.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=names),
            arrow_csv.ParseOptions(
                delimiter=form.delimiter,
                quote_char='"' if len(quotes) else False,
                newlines_in_values=len(quotes) > 0,
                ignore_empty_lines=False,
            ),
            arrow_csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    # Arrow takes a blank line for a record of empty cells.
    if pc.any(pc.equal(cells.column(0), "")).as_py() and (
        text.startswith((b"\n", b"\r")) or b"\n\n" in text or b"\n\r\n" in text
    ):
        return None
    return Regular(cells, np.arange(len(cells)) if starts is None else starts, len(quotes) > 0, end)


def _end_of_records(text: bytes, quotes: npt.NDArray[np.int64]) -> int:
    r"""Returns where the last record ends that is whole, before blank lines: behind a line end that is not in quotes.

    >>> _end_of_records(b'a,b\n1,"x"\n\n2,"y\nz', np.array([6, 8, 13]))
    10
    """
    ends = text.rfind(_LINE_END) + 1
    if len(quotes):
        places = np.flatnonzero(np.frombuffer(text, np.uint8) == ord(_LINE_END))
        outside = places[np.searchsorted(quotes, places) % 2 == 0]
        ends = int(outside[-1]) + 1 if len(outside) else 0
    body = len(text[:ends].rstrip(b"\r\n"))
    return min(ends, text.find(_LINE_END, body) + 1)


def _starts(text: bytes, quotes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Returns (N,) the lines where the records of a text start: behind each line end that is not within quotes."""
    ends = np.flatnonzero(np.frombuffer(text, np.uint8)[:-1] == ord(_LINE_END))
    return np.concatenate([[0], np.flatnonzero(np.searchsorted(quotes, ends) % 2 == 0) + 1])


def _stand_at_ends(text: bytes, quotes: npt.NDArray[np.int64], delimiter: bytes) -> bool:
    """Says whether every cell with a quote is quoted as a whole, its own quotes doubled.

    Quotes then open and close in turn. One opens at the start of a cell, or right behind the one that has closed: a
    quote of the cell itself. One closes at the end of a cell, or before the next.
    """
    if len(quotes) % 2:
        return False
    around = np.frombuffer(_LINE_END + text + _LINE_END, np.uint8)  # so that the quote at p has place p + 1
    opening, closing = quotes[::2], quotes[1::2]
    before, behind = around[opening], around[closing + 2]
    doubled = np.concatenate([[-1], closing[:-1]]) == opening - 1
    ends = [ord(delimiter), ord(_LINE_END)]
    opened = np.isin(before, ends) | (doubled & (opening > 0))
    closed = np.isin(behind, [*ends, ord("\r")]) | np.concatenate([doubled[1:], [False]])
    return bool(opened.all() and closed.all())
