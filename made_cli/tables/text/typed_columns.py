"""Columns in the types that their cells have, as distinct cells and where these stand.

Knows: a drawn table has few distinct cells in most of its columns, so that it is held in a byte or two a cell, and made
whole a block of rows at a time; what goes for a whole column, its type for example, its distinct cells say.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.tables.text.cells import CellType
from made_cli.tables.text.from_texts import folded

TypedTable = Mapping[str, "TypedColumn"]
"""Columns of as many rows each, by their names."""


@dataclass(frozen=True, eq=False)
class TypedColumn:
    """The cells of one column.

    Attributes:
        cells: (U,) of one type.
        places: (N,) for every row the index of its cell, in as few bytes as hold it; None where each row has its own.
    """

    cells: "pd.Series[Any]"
    places: NDArray[np.unsignedinteger] | None = None

    def __len__(self) -> int:
        return len(self.cells if self.places is None else self.places)

    def rows(self, rows: slice = slice(None)) -> "pd.Series[Any]":
        """Returns the cells of some rows, of all by default."""
        if self.places is None:
            return self.cells.iloc[rows]
        return self.cells.take(self.places[rows]).reset_index(drop=True)

    def within(self, places: NDArray[np.unsignedinteger] | None) -> "TypedColumn":
        """Returns the cells at places of this column; None for all of them."""
        if places is None:
            return self
        return TypedColumn(self.cells, places if self.places is None else self.places[places])


def typed_column(texts: Sequence[str], cell_type: CellType) -> TypedColumn:
    """Gives texts the type that the cells had when they were read; see `made_cli.tables.text.from_texts.typed`.

    >>> column = typed_column(["3", "", "3"], "int8")
    >>> column.cells.tolist(), column.places.tolist(), column.rows(slice(1, 3)).tolist()
    ([3, <NA>], [0, 1, 0], [<NA>, 3])
    """
    cells, places = folded(texts, cell_type)
    return TypedColumn(cells, places.astype(np.min_scalar_type(len(cells))))


def columns_of(frame: pd.DataFrame) -> TypedTable:
    """Returns the columns of a frame, as they are."""
    return {str(name): TypedColumn(frame[name]) for name in frame.columns}


def part_of(table: TypedTable, rows: slice) -> TypedTable:
    """Returns some rows of a table."""
    return {
        name: TypedColumn(column.cells.iloc[rows].reset_index(drop=True))
        if column.places is None
        else TypedColumn(column.cells, column.places[rows])
        for name, column in table.items()
    }


def joined(tables: Sequence[TypedTable]) -> TypedTable:
    """Returns tables of the same columns and types one below the other.

    >>> table = {"a": typed_column(["3", "", "3"], "int8")}
    >>> joined([table, part_of(table, slice(1, 2))])["a"].rows().tolist()
    [3, <NA>, 3, <NA>]
    """
    return tables[0] if len(tables) == 1 else {name: _below([table[name] for table in tables]) for name in tables[0]}


def _below(columns: Sequence[TypedColumn]) -> TypedColumn:
    ends = np.cumsum([0, *(len(column.cells) for column in columns)])
    places = [
        start + (np.arange(len(column)) if column.places is None else column.places.astype(np.int64))
        for start, column in zip(ends[:-1], columns, strict=True)
    ]
    cells = pd.concat([column.cells for column in columns], ignore_index=True)
    return TypedColumn(cells, np.concatenate(places).astype(np.min_scalar_type(int(ends[-1]))))


def frame_of(table: TypedTable) -> pd.DataFrame:
    """Returns the table whole."""
    return pd.DataFrame({name: column.rows() for name, column in table.items()})


def blocks(table: TypedTable, cells: int) -> Iterator[slice]:
    """Cuts the rows of a table into blocks of about so many cells.

    >>> list(blocks(columns_of(pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]})), 4))
    [slice(0, 2, None), slice(2, 4, None)]
    """
    rows = len(next(iter(table.values()), ()))
    size = max(1, cells // max(1, len(table)))
    yield from (slice(start, start + size) for start in range(0, rows, size))
