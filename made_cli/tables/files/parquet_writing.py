"""Rows as Parquet.

Knows: that a file has one type a column, which the first rows decide; that a row group is what readers take at a time,
so that it is as large however few rows come together; and pandas' note on the types of a table.
"""

import json
from collections.abc import Sequence
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from made_cli.errors import Exit, UserError
from made_cli.tables.text.cell_types import ARROW
from made_cli.tables.text.typed_columns import TypedTable, blocks

BLOCK = 1 << 23
"""Cells of a row group."""
_REFUSED = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError)
_DIGITS = 38
"""Those of a decimal number, at most."""


class ParquetRows:
    """Rows as row groups of a file.

    Args:
        file: takes bytes.
        target: its name.
        whole: whether all rows come at once, so that they have the least decimal type which holds them.
    """

    def __init__(self, file: BinaryIO, target: str, *, whole: bool) -> None:
        self._file, self._target, self._whole = file, target, whole
        self._writer: pq.ParquetWriter | None = None
        self._waiting, self._count = list[pa.Table](), 0

    def write(self, table: TypedTable) -> None:
        """Takes rows, and writes the row groups that are full.

        Raises:
            UserError: a column has no type of Parquet, or another one than in the rows before.
        """
        cells = [self._cells(name, column.cells) for name, column in table.items()]
        if self._writer is None:
            fields = [part.schema.field(0) for part in cells]
            fields = fields if self._whole else [_roomy(field, table[field.name].cells) for field in fields]
            self._writer = pq.ParquetWriter(self._file, pa.schema(fields, metadata=_noted(cells, table)))
        schema = self._writer.schema
        distinct = [self._as(part.column(0), field) for part, field in zip(cells, schema, strict=True)]
        for rows in blocks(table, BLOCK):
            columns = [
                part[rows] if column.places is None else part.take(pa.array(column.places[rows]))
                for part, column in zip(distinct, table.values(), strict=True)
            ]
            self._take(pa.table(columns, schema=schema), max(1, BLOCK // max(1, len(table))))

    def close(self) -> None:
        """Writes what is left."""
        assert self._writer is not None
        if self._count:
            self._writer.write_table(pa.concat_tables(self._waiting))
        self._writer.close()

    def _take(self, rows: pa.Table, size: int) -> None:
        """Puts rows by, and writes a row group of this many once there are as many."""
        assert self._writer is not None
        if self._count + len(rows) >= size:
            cut = size - self._count
            self._writer.write_table(pa.concat_tables([*self._waiting, rows[:cut]]))
            self._waiting, self._count, rows = [], 0, rows[cut:]
        if len(rows):
            self._waiting.append(rows)
            self._count += len(rows)

    def _cells(self, name: str, cells: "pd.Series[Any]") -> pa.Table:
        try:
            return pa.Table.from_pandas(cells.to_frame(name), preserve_index=False)
        except _REFUSED as error:
            reason = str(error.args[-1] if error.args else error).splitlines()[0]
            raise self._refusal(reason) from error

    def _as(self, cells: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
        if cells.type == field.type:
            return cells
        try:
            return cells.cast(field.type)
        except _REFUSED as error:
            was, now = field.type, cells.type
            raise self._refusal(f"column {field.name!r} has {now} after rows of {was}") from error

    def _refusal(self, reason: str) -> UserError:
        return UserError(f"cannot write {self._target}: {reason}", hint="Write .csv instead.", code=Exit.OUTPUT)


def _roomy(field: pa.Field, cells: "pd.Series[Any]") -> pa.Field:
    """Returns a column with room for longer numbers to come, where its type goes by the decimals that there are."""
    by_cells = pd.api.types.is_object_dtype(cells.dtype) and pa.types.is_decimal(field.type)
    return field.with_type(pa.decimal128(_DIGITS, field.type.scale)) if by_cells else field


def _noted(cells: Sequence[pa.Table], table: TypedTable) -> dict[bytes, bytes]:
    """Returns pandas' note on the types of a table, of its parts, without those of Arrow, which the file itself has.

    With them, pandas would read columns of Arrow's types where it read its own in the table that they come from.
    """
    if all(isinstance(column.cells.dtype, pd.ArrowDtype) for column in table.values()):
        return {}
    note = {**cells[0].schema.pandas_metadata, "columns": [part.schema.pandas_metadata["columns"][0] for part in cells]}
    for column in note["columns"]:
        if str(column["numpy_type"]).endswith(ARROW):
            column["numpy_type"] = "object"
    return {b"pandas": json.dumps(note).encode()}
