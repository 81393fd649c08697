"""Rows as text: CSV, TSV and JSON lines.

Knows: how a cell of any type is spelled, whatever the rest of its column holds, so that reading it back gives the same.
"""

import csv
import gzip
import json
import re
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.tables.files.records import CANDIDATES
from made_cli.tables.text.cell_types import family
from made_cli.tables.text.column import read_column, type_of
from made_cli.tables.text.typed_columns import TypedColumn, TypedTable, blocks

WHOLE = 1e15
"""Below this, a float that is whole is written as an integer."""
BLOCK = 1 << 20
"""Cells that are made at a time."""
Bytes = BinaryIO | gzip.GzipFile
"""What takes bytes."""
_LIKE_OTHERS = (" ", "\ufeff", "sep=")
"""What a name begins with that reading takes for something else."""
_JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
"""Infinities are none."""


class DelimitedRows:
    """Rows as CSV or TSV, with as few quotes as reading them back takes."""

    def __init__(self, file: Bytes, delimiter: str, *, header: bool) -> None:
        self._file, self._delimiter, self._header = file, delimiter, header
        self._records = csv.writer(_Lines(file), delimiter=delimiter)

    def write(self, table: TypedTable) -> None:
        """Writes rows, the first ones below the names of the columns where there is a header."""
        if self._header:
            self._file.write(f"{_names(list(table), self._delimiter)}\n".encode())
            self._header = False
        columns = [_Written(column) for column in table.values()]
        for rows in blocks(table, BLOCK):
            self._records.writerows(zip(*(column.cells(rows) for column in columns), strict=True))


class JsonLines:
    """Rows as objects: numbers and truths as JSON has them, all else as text, null where a cell is empty."""

    def __init__(self, file: Bytes) -> None:
        self._file = file

    def write(self, table: TypedTable) -> None:
        """Writes rows."""
        names = [f"{json.dumps(name, ensure_ascii=False)}: " for name in table]
        columns = [_Written(column) for column in table.values()]
        for rows in blocks(table, BLOCK):
            cells = ([column.json(cell) for cell in column.cells(rows)] for column in columns)
            for row in zip(*cells, strict=True):
                self._file.write(f"{{{', '.join(map(str.__add__, names, row))}}}\n".encode())


TextRows = DelimitedRows | JsonLines
"""What writes rows as text."""


class _Lines:
    r"""Takes csv's records and writes them with "\n" ends.

    The csv module must be told "\r\n", or it would leave a lone "\r" in a cell unquoted (CPython before 3.13).
    """

    def __init__(self, file: Bytes) -> None:
        self._file = file

    def write(self, record: str) -> int:
        return self._file.write((record.removesuffix("\r\n") + "\n").encode())


def _names(names: list[str], delimiter: str) -> str:
    """Returns the names of columns as a record, with as few quotes as finding its format again takes.

    Quotes keep a name from looking like a byte order mark, a manner of writing or a line such as `sep=;` (see
    `made_cli.tables.files.first_record`). Where one holds what may part cells elsewhere, the first name is quoted as
    well: then the record cannot be read in that format.
    """
    foreign = any(set(name) & ({*CANDIDATES} - {delimiter}) for name in names)
    special = {*CANDIDATES, delimiter, '"', "\r", "\n"}
    quoted = [
        (foreign and place == 0) or name.lower().startswith(_LIKE_OTHERS) or bool(special & {*name}) or names == [""]
        for place, name in enumerate(names)
    ]
    doubled = [name.replace('"', '""') for name in names]
    return delimiter.join(f'"{name}"' if each else name for name, each in zip(doubled, quoted, strict=True))


class _Written:
    """The cells of a column as csv writes them: its numbers at full precision, "" where one is missing."""

    def __init__(self, column: TypedColumn) -> None:
        self.column, self.kind = column, family(type_of(column.cells))
        # Of a column with few distinct cells, each is spelled once.
        self.spelled = np.empty(0, dtype=object)
        if column.places is not None:
            self.spelled = np.fromiter(self._spell(column.cells), dtype=object, count=len(column.cells))

    def cells(self, rows: slice) -> list[object]:
        """Returns the cells of some rows."""
        if self.column.places is None:
            return self._spell(self.column.rows(rows))
        return list(self.spelled[self.column.places[rows]])

    def json(self, cell: object) -> str:
        """Returns a cell as JSON."""
        if cell == "":
            return "null"
        if self.kind in ("number", "decimal") or type(cell) is int:
            text = str(cell)
            return text if _JSON_NUMBER.fullmatch(text) else "null"
        if isinstance(cell, bool | np.bool_):
            return "true" if cell else "false"
        return json.dumps(str(cell), ensure_ascii=False)

    def _spell(self, column: "pd.Series[Any]") -> list[object]:
        if self.kind == "number":
            return _spell_numbers(_floats(column))
        if self.kind == "duration":
            read = read_column(column)
            return [read.texts[place] for place in read.inverse]
        cells = column.astype(object)
        return cells.where(cells.notna(), "").tolist()


def _floats(column: "pd.Series[Any]") -> NDArray[np.floating]:
    return column.to_numpy(dtype=f"float{8 * getattr(column.dtype, 'itemsize', 8)}", na_value=np.nan)


def _spell_numbers(numbers: NDArray[np.floating]) -> list[object]:
    """Spells floats in as few digits as their own precision takes, without ".0" where one is whole."""
    with np.errstate(invalid="ignore"):
        whole = (np.abs(numbers) < WHOLE) & (numbers == np.floor(numbers)) & ~(np.signbit(numbers) & (numbers == 0))
    cells = np.full(len(numbers), "", dtype=object)
    cells[whole] = [str(int(number)) for number in numbers[whole]]
    others = ~whole & ~np.isnan(numbers)
    cells[others] = [str(number) for number in numbers[others]]
    return cells.tolist()
