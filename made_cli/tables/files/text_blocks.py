"""A text table in a file, read a block of rows at a time.

Knows: bytes come in pieces of a size, unpacked as they come, and a block is the rows whose records end in a piece; what
begins a record is kept for the next. Nothing of several files.
"""

import gzip
import os
from collections.abc import Generator, Iterator
from typing import BinaryIO, NamedTuple

from made_cli.tables.files.contents import check_bytes
from made_cli.tables.files.decoding import Decoder
from made_cli.tables.files.delimited import DelimitedReader, TextOptions
from made_cli.tables.files.ends import Ends
from made_cli.tables.files.reading import BROKEN, GZIP, broken_gzip, options_for, unreadable
from made_cli.tables.files.rejects import Rejects
from made_cli.tables.files.table import Part, Table

PACKED = 4
"""How many times its size a packed text is taken for."""
MOST_PIECES = 16
"""A record longer than so many pieces has a quote that is never closed."""


class _Piece(NamedTuple):
    """Some bytes of a text.

    Attributes:
        raw: unpacked.
        taken: how many bytes of the file it took to have them.
        last: whether nothing follows.
    """

    raw: bytes
    taken: int
    last: bool


class TextBlocks:
    """The rows of a file.

    Args:
        path: of the file.
        options: how it is read.
        piece: how many bytes are read at a time, unpacked.

    Attributes:
        size: how many bytes there are.
        unpacked: about how many these are when they are unpacked.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, path: str, options: TextOptions | None, piece: int) -> None:
        self.path, self.options, self.piece = path, options_for(path, options), piece
        self.size = os.path.getsize(path)
        with open(path, "rb") as file:
            self.unpacked = self.size * (PACKED if file.read(len(GZIP)) == GZIP else 1)

    def tables(self, wanted: slice, rejects: Rejects | None) -> Generator[Part]:
        """Yields the rows of the file block by block. What looks wrong in the whole is told by the last one.

        Raises:
            UserError: as of `made_cli.tables.files.reading.read_table`, of what has been read so far.
        """
        rest, taken, ends = b"", 0, Ends()
        reader: DelimitedReader | None = None
        for raw, bytes_read, last in _pieces(self.path, self.piece):
            if reader is None:
                check_bytes(raw, self.path)
                decoder = Decoder(raw, self.path, self.options.encoding)
                reader = DelimitedReader(self.path, self.options, decoder.encoding, rejects)
            rest += decoder.in_utf8(raw, last=last)
            taken += bytes_read
            # Without a line end of the usual kind, lines may end in another one: then all of them tell.
            if not last and b"\n" not in rest:
                continue
            is_last = last or len(rest) > MOST_PIECES * self.piece
            end = len(rest) if last or not is_last else rest.rindex(b"\n") + 1
            rows, left = reader.read(rest[:end], last=is_last)
            rest = left + rest[end:]
            if rows.names:
                ends.add(rows)
            if len(rows.lines) or last:
                told = tuple(f"{self.path}: {doubt}" for doubt in ends.doubts()) if last else ()
                yield Part(Table(rows.cells, self.path, rows.lines, told), len(rows.lines), taken)
                taken = 0


def _pieces(path: str, size: int) -> Iterator[_Piece]:
    """Yields the bytes of a file, unpacked."""
    try:
        with open(path, "rb") as file:
            if not file.peek(len(GZIP)).startswith(GZIP):
                yield from _cut(file, file, size)
                return
            try:
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield from _cut(unpacked, file, size)
            except BROKEN as error:
                raise broken_gzip(path, error) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _cut(text: BinaryIO | gzip.GzipFile, file: BinaryIO, size: int) -> Iterator[_Piece]:
    raw, before = text.read(size), 0
    while True:
        place = file.tell()
        following = text.read(size)
        yield _Piece(raw, place - before, not following)
        if not following:
            return
        raw, before = following, place
