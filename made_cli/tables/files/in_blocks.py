"""A table that is read a block of rows at a time, as often as wanted, so that it need not fit into memory.

Knows: which tables are long, and that one block is read ahead while another is worked on. A table that is not long is
one block, and all that is wrong in it is refused before there is any.
"""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import pandas as pd

from made_cli.tables.files.delimited import TextOptions
from made_cli.tables.files.parquet_blocks import ParquetBlocks
from made_cli.tables.files.reading import form_of
from made_cli.tables.files.rejects import Rejects
from made_cli.tables.files.several import check_alike, files_of, joined, label_of, read_tables
from made_cli.tables.files.table import Part, Table
from made_cli.tables.files.text_blocks import TextBlocks


class Sizes(NamedTuple):
    """What is long, and how long a block is.

    Attributes:
        whole_bytes: a text of fewer bytes is read as a whole, or packed one of a quarter.
        whole_cells: so is a Parquet file of fewer cells.
        piece: bytes of text that are a block.
        cells: of a Parquet file that are a block.
    """

    whole_bytes: int = 64 << 20
    whole_cells: int = 1 << 23
    piece: int = 16 << 20
    cells: int = 1 << 20


SIZES = Sizes()


class Block(NamedTuple):
    """Rows of a table that follow each other.

    Attributes:
        table: the rows.
        first: the number of the first of them in the whole, from 0.
        share: of the whole that has been read with them: of its bytes or, of Parquet, its rows.
    """

    table: Table
    first: int
    share: float

    def wanted(self, rows: slice | None) -> slice:
        """Returns which rows of the block are among some of the whole; None for all.

        >>> import pandas as pd
        >>> block = Block(Table(pd.DataFrame({"a": [1, 2, 3]}), "new.parquet", None), 10, 1.0)
        >>> block.wanted(slice(11, 40)), block.wanted(None)
        (slice(1, 3, None), slice(0, 3, None))
        """
        count = self.table.rows
        if rows is None:
            return slice(0, count)
        start = min(max(rows.start - self.first, 0), count)
        return slice(start, max(start, min(rows.stop - self.first, count)))


_ALL = slice(0, 1 << 62)


class _File(Protocol):
    """A file of a long table."""

    @property
    def size(self) -> int:
        """How much there is to read: bytes, or rows."""

    def tables(self, wanted: slice, rejects: Rejects | None) -> Generator[Part]:
        """Yields the rows of the file block by block; those of no wanted row may be passed over."""


@dataclass(frozen=True)
class TableBlocks:
    """A table, read a block at a time each time that it is iterated over.

    Attributes:
        names: (D,) of the columns, in the order of the first file.
        source: the name of the whole in messages.
        rows: how many there are, where that is known without reading them: of Parquet, and of a whole.
        is_whole: whether there is one block, which is in memory.
    """

    names: list[str]
    source: str
    rows: int | None
    is_whole: bool
    _files: "_Whole | _Long" = field(repr=False)

    def __iter__(self) -> Iterator[Table]:
        """Yields the rows of each block."""
        return (block.table for block in self.blocks())

    def blocks(self, wanted: slice | None = None) -> Iterator[Block]:
        """Yields the blocks that some rows lie in, one of which is read while another is worked on.

        Args:
            wanted: rows of the whole; None for all. Where the blocks are cut does not depend on it.

        Raises:
            UserError: as of `read_tables`, of what has been read so far.
        """
        found = self._files.read(wanted or _ALL)
        return found if self.is_whole else _ahead(found)

    def when_read(self, tell: Callable[[Sequence[str], int], None]) -> None:
        """Has all that looks wrong, and how many rows there are, told once: when they have been read, which may be now.

        Of a long table it is told by the thread that reads.
        """
        self._files.when_read(tell)

    def count(self) -> int:
        """Returns how many rows there are, which may take reading them."""
        return sum(table.rows for table in self) if self.rows is None else self.rows


def _ahead(blocks: Generator[Block]) -> Iterator[Block]:
    with closing(blocks), ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = reader.submit(next, blocks, None)
            yield block


def at_multiples(blocks: TableBlocks, multiple: int, wanted: slice | None = None) -> Iterator[Block]:
    """Yields the rows of a table in blocks that are cut at multiples of a number of rows alone.

    Args:
        blocks: the table.
        multiple: the number.
        wanted: rows of the whole, which the blocks have, with what the multiples around them take; None for all.
    """
    if wanted is not None:
        wanted = slice(wanted.start // multiple * multiple, -(-wanted.stop // multiple) * multiple)
    rest, done = Block(Table(pd.DataFrame(), blocks.source, None), 0, 0.0), False
    for block in blocks.blocks(wanted):
        rows = block.wanted(wanted)
        table, first = block.table.part(rows), block.first + rows.start
        if rest.table.rows:
            table, first = joined([rest.table, table], blocks.source), rest.first
        cut = table.rows if blocks.is_whole else table.rows // multiple * multiple
        if cut:
            yield Block(table.part(slice(0, cut)), first, block.share)
        rest, done = Block(table.part(slice(cut, table.rows)), first + cut, block.share), done or cut > 0
    if rest.table.rows or not done:
        yield rest


def blocks_of_table(table: Table) -> TableBlocks:
    """Returns a table in memory as one block."""
    return TableBlocks(table.names, table.source, table.rows, is_whole=True, _files=_Whole(table))


def tables_in_blocks(
    names: Sequence[str],
    options: TextOptions | None = None,
    rejects: Rejects | None = None,
    *,
    sizes: Sizes | None = None,
) -> TableBlocks:
    """Returns files as one table that is read a block at a time.

    Args:
        names: files, folders and patterns, as `read_tables` takes them.
        options: how texts are read.
        rejects: takes bad lines of all files, and is written when all have been read for the first time.
        sizes: what is long; None for `SIZES`. A table that is not is read now, by `read_tables`, and of long texts
            the first block is.

    Raises:
        UserError: as of `read_tables`, of what has been read.
    """
    sources = [source for name in names for source in files_of(name)]
    files = _long(sources, options, sizes or SIZES)
    if not files:
        return blocks_of_table(read_tables(names, options, rejects))
    if rejects is not None:
        rejects.check(sources)
    typed = [file.empty() for file in files if isinstance(file, ParquetBlocks)]
    for table in typed[1:]:
        check_alike(table, typed[0])
    long = _Long(files, rejects, *typed[:1])
    rows = long.size if typed else None
    return TableBlocks(long.first.names, label_of(names, sources), rows, is_whole=False, _files=long)


def _long(sources: Sequence[str], options: TextOptions | None, sizes: Sizes) -> Sequence[_File]:
    """Returns the files of a long table; none if it is not one, or they are read as a whole only, or not at all."""
    if not all(os.path.isfile(source) and os.access(source, os.R_OK) for source in sources):
        return ()
    forms = {form_of(source) for source in sources}
    if forms == {".parquet"}:
        typed = [ParquetBlocks(source, sizes.cells) for source in sources]
        return typed if sum(file.size * len(file.names) for file in typed) >= sizes.whole_cells else ()
    if forms == {None}:
        texts = [TextBlocks(source, options, sizes.piece) for source in sources]
        return texts if sum(file.unpacked for file in texts) >= sizes.whole_bytes else ()
    return ()


@dataclass(frozen=True)
class _Whole:
    """A table that is one block."""

    table: Table

    def read(self, _: slice) -> Generator[Block]:
        """Yields the block."""
        yield Block(self.table, 0, 1.0)

    def when_read(self, tell: Callable[[Sequence[str], int], None]) -> None:
        """Tells now."""
        tell(self.table.warnings, self.table.rows)


class _Long:
    """The files of a long table.

    Attributes:
        first: a table without rows, of the columns and types that all files are to have.
        size: how much there is to read.
    """

    def __init__(self, files: Sequence[_File], rejects: Rejects | None, first: Table | None = None) -> None:
        self.files, self.rejects = files, rejects
        self.size = sum(file.size for file in files)
        self._room = None if rejects is None else rejects.room
        self.first = first or self._first_block().part(slice(0, 0))
        self._was_read = False
        self._tell: Callable[[Sequence[str], int], None] = lambda warnings, rows: None

    def read(self, wanted: slice) -> Generator[Block]:
        """Yields the blocks that some rows lie in, or one without rows where none does."""
        rejects, start, taken, warnings = self._same_room(), 0, 0, list[str]()
        none = True
        for file in self.files:
            for part in file.tables(slice(wanted.start - start, wanted.stop - start), rejects):
                taken += part.taken
                is_wanted = wanted.start < start + part.rows and start < wanted.stop
                if part.table is not None and is_wanted:
                    yield Block(self._alike(part.table), start, taken / self.size)
                    none = False
                warnings += part.table.warnings if part.table is not None else ()
                start += part.rows
        if none:
            yield Block(self.first, start, 1.0)
        if not self._was_read:
            self._was_read = True
            if self.rejects is not None and rejects is not None:
                self.rejects.lines.extend(rejects.lines)
                self.rejects.write()
            self._tell(warnings, start)

    def _first_block(self) -> Table:
        with closing(self.files[0].tables(_ALL, self._same_room())) as parts:
            return next(part.table for part in parts if part.table is not None)

    def when_read(self, tell: Callable[[Sequence[str], int], None]) -> None:
        """Tells when the first reading has come to the end."""
        self._tell = tell

    def _same_room(self) -> Rejects | None:
        """Returns what takes the bad lines of one reading: each finds the same, and those of the first are kept."""
        return None if self._room is None else Rejects(None, self._room)

    def _alike(self, table: Table) -> Table:
        """Returns a table with the columns in the order of the first file.

        Raises:
            UserError: it has others.
        """
        if table.source != self.first.source:
            check_alike(table, self.first)
        return table.of_columns(self.first.names)
