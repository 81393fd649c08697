"""The columns of a table that is read in blocks, as far as a schema is inferred from them.

Knows: that one pass over the blocks counts all columns, and draws rows for those of too many distinct texts; and that
the place of a text is found by reading the blocks again.
"""

from collections.abc import Iterator
from functools import partial
from typing import Protocol

from made_cli.errors import Exit, UserError
from made_cli.tables.files.drawing import DrawnRows
from made_cli.tables.files.table import Table
from made_cli.tables.text.at_once import at_once
from made_cli.tables.text.column import Column
from made_cli.tables.text.counting import MOST_COUNTED, ColumnCounter

MOST_DRAWN, MOST_DRAWN_CELLS = 2**18, 2**22
"""Rows that are drawn for columns of many distinct texts, at most, and their cells."""
SEED = 0
"""Of these rows: the same table has the same schema."""


class Columns(Protocol):
    """What a schema is inferred from: a table, or what was counted of one."""

    @property
    def source(self) -> str:
        """Its name in messages."""

    @property
    def names(self) -> list[str]:
        """(D,) the names of the columns."""

    @property
    def rows(self) -> int:
        """N, how many rows there are."""

    def column(self, name: str) -> Column:
        """Returns the column of a name."""

    def place_of(self, name: str, text: str) -> str:
        """Names the place of the first row that has a text in a column."""


class Blocks(Protocol):
    """A table that is read a block of rows at a time, as often as wanted."""

    @property
    def source(self) -> str:
        """Its name in messages."""

    @property
    def names(self) -> list[str]:
        """(D,) the names of the columns."""

    def __iter__(self) -> Iterator[Table]:
        """Yields the blocks, from the first on."""


class CountedTable:
    """A table in blocks, whose columns have been counted in one pass.

    Args:
        blocks: of the table.
        most: distinct texts of a column that are counted exactly.
        most_drawn: rows that are drawn for columns of more.
    """

    def __init__(self, blocks: Blocks, most: int = MOST_COUNTED, most_drawn: int | None = None) -> None:
        self.blocks = blocks
        self.source, self.names = blocks.source, blocks.names
        self.rows = 0
        self.drawn = DrawnRows(most_drawn or max(1, min(MOST_DRAWN, MOST_DRAWN_CELLS // len(self.names))), SEED)
        self._counters = [ColumnCounter(name, most) for name in self.names]
        for block in blocks:
            self.rows += block.rows
            at_once(partial(_count, block), self._counters)
            self.drawn.add(block)
        self._columns: dict[str, Column] = {}
        drawn = self.drawn.table() if self.rows else None
        for counter in self._counters:
            if counter.odd is None:
                self._columns[counter.name] = counter.column
            else:
                assert drawn is not None
                self._columns[counter.name] = counter.of_drawn(drawn.column(counter.name))

    def column(self, name: str) -> Column:
        """Returns the column of a name: all its texts, or those of the rows drawn and what is odd in the others."""
        return self._columns[name]

    def place_of(self, name: str, text: str) -> str:
        """Names the place of the first row that has a text in a column.

        Raises:
            UserError: there is none any more.
        """
        for block in self.blocks:
            column = block.column(name)
            if text in column.texts:
                return block.place_of(name, text)
        raise changed(self.source)


def columns_of(table: Table | Blocks) -> Table | CountedTable:
    """Returns what a schema is inferred from: a table in memory itself, or one in blocks with its columns counted."""
    return table if isinstance(table, Table) else CountedTable(table)


def changed(source: str) -> UserError:
    """Returns the error that a table is not what it was when it was read before."""
    return UserError(
        f"{source}: the table has other rows than when it was read before",
        hint="Train anew with --force, or name the table as it was; nothing may write it while it is read.",
        code=Exit.SCHEMA_MISMATCH,
    )


def _count(block: Table, counter: ColumnCounter) -> None:
    name = counter.name
    counter.add(lambda: block.series(name), lambda: block.column(name))
