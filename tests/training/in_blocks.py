"""Tables in blocks for the tests: a table that is there as a whole, read a few rows at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

from made_cli.tables.files.table import Table


@dataclass(frozen=True)
class Parts:
    """A table, read so many rows at a time."""

    table: Table
    size: int

    @property
    def source(self) -> str:
        return self.table.source

    @property
    def names(self) -> list[str]:
        return self.table.names

    def __iter__(self) -> Iterator[Table]:
        for start in range(0, self.table.rows, self.size):
            yield self.table.part(slice(start, min(start + self.size, self.table.rows)))
