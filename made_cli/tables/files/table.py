"""A table as it was read.

Knows: the rows, where they came from, how a message names one of them, what looked wrong, and that each column is read
once.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from made_cli.tables.text.column import Column, column_of_text, read_column


@dataclass(frozen=True, eq=False)
class Table:
    """A table and where it came from.

    Attributes:
        cells: typed, or those of a text: strings of Arrow, "" for an empty cell.
        source: the name of the whole in messages.
        lines: (N,) each row's line in its text, None where there is no text.
        warnings: a line for each thing that looks as if the file were not what it was read as.
        parts: of a table of several files, the first row and the source of each.
    """

    cells: pd.DataFrame | pa.Table
    source: str
    lines: npt.NDArray[np.int64] | None
    warnings: tuple[str, ...] = ()
    parts: tuple[tuple[int, str], ...] = ()
    _columns: dict[str, Column] = field(default_factory=dict, init=False, repr=False)

    @property
    def names(self) -> list[str]:
        """(D,) the names of the columns."""
        return list(self.cells.columns if isinstance(self.cells, pd.DataFrame) else self.cells.column_names)

    @property
    def rows(self) -> int:
        """N, how many rows there are."""
        return len(self.cells)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The cells; those of a text as objects of Python, of which there are as many as distinct texts."""
        if isinstance(self.cells, pd.DataFrame):
            return self.cells
        columns = {name: self.series(name) for name in self.names}
        return pd.DataFrame(columns, columns=pd.Index(self.names), index=pd.RangeIndex(self.rows), dtype=object)

    def series(self, name: str) -> "pd.Series[Any]":
        """Returns the cells of one column as `frame` has them."""
        return (
            self.cells[name]
            if isinstance(self.cells, pd.DataFrame)
            else pd.Series(self.column(name).cells(), dtype=object)
        )

    def column(self, name: str) -> Column:
        """Returns the column of a name, read when it is first asked for and kept.

        >>> table = Table(pd.DataFrame({"a": ["1", "2"]}), "new.csv", None)
        >>> table.column("a").texts, table.column("a") is table.column("a")
        (('1', '2'), True)
        """
        if name not in self._columns:
            cells = self.cells[name]
            of_text = isinstance(cells, pa.ChunkedArray)
            self._columns[name] = column_of_text(name, cells) if of_text else read_column(cells)
        return self._columns[name]

    def without_cells(self) -> "Table":
        """Returns a table of no columns that still names the places of the rows."""
        return replace(self, cells=pd.DataFrame(index=pd.RangeIndex(self.rows)))

    def part(self, rows: slice) -> "Table":
        """Returns rows that follow each other, which messages name as they do here.

        >>> part = Table(pd.DataFrame({"a": [1, 2, 3]}), "new.parquet", None).part(slice(1, 3))
        >>> part.rows, part.where(1)
        (2, 'new.parquet, row 3')
        """
        if rows == slice(0, self.rows):
            return self
        if isinstance(self.cells, pd.DataFrame):
            cells: pd.DataFrame | pa.Table = self.cells.iloc[rows]
        else:
            cells = self.cells.slice(rows.start, rows.stop - rows.start)
        parts = tuple((first - rows.start, source) for first, source in self.parts or ((0, self.source),))
        return replace(self, cells=cells, lines=None if self.lines is None else self.lines[rows], parts=parts)

    def some(self, rows: npt.NDArray[np.int64]) -> "Table":
        """Returns rows by their numbers, ascending; their places are not known any more."""
        cells = self.cells.iloc[rows] if isinstance(self.cells, pd.DataFrame) else self.cells.take(rows)
        return replace(self, cells=cells, lines=None, parts=())

    def place_of(self, name: str, text: str) -> str:
        """Names the place of the first row that has a text in a column, for a message."""
        return self.where(self.column(name).first_row(text))

    def of_columns(self, names: Sequence[str]) -> "Table":
        """Returns the rows with these columns, in this order."""
        if names == self.names:
            return self
        cells = self.cells
        return replace(self, cells=cells[names] if isinstance(cells, pd.DataFrame) else cells.select(names))

    def where(self, row: int) -> str:
        """Name the place of a row, counted from 0, for a message.

        >>> Table(pd.DataFrame({"a": ["1"]}), "new.csv", np.array([2])).where(0)
        'new.csv, line 2'
        >>> Table(pd.DataFrame({"a": [1]}), "new.parquet", None).where(0)
        'new.parquet, row 1'
        """
        first, source = (
            self.parts[bisect_right(self.parts, row, key=lambda part: part[0]) - 1] if self.parts else (0, self.source)
        )
        return f"{source}, row {row - first + 1}" if self.lines is None else f"{source}, line {self.lines[row]}"


class Part(NamedTuple):
    """Some rows of a file, as one part of it after another is read.

    Attributes:
        table: the rows; None where they were passed over.
        rows: how many they are.
        taken: how much of the file it took to have them, as the file counts: in bytes, or in rows.
    """

    table: Table | None
    rows: int
    taken: int


def table_of_frame(frame: pd.DataFrame) -> Table:
    """Returns a DataFrame as a table, whose columns go by the text of their labels.

    >>> table_of_frame(pd.DataFrame({1: [2.5]})).column("1").texts
    ('2.5',)
    """
    return Table(frame.rename(columns=str), "the DataFrame", None)
