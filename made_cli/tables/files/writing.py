"""Tables written a block of rows at a time: CSV, TSV and JSON lines (plain or .gz), Parquet, and the standard output.

Knows: the forms by a name's ending, and that reading a text back gives the same cells.
"""

import csv
import gzip
import json
import re
import sys
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from made_cli.atomic import atomic_write, check_target
from made_cli.errors import Exit, UserError
from made_cli.tables.files.reading import STREAM
from made_cli.tables.files.records import CANDIDATES
from made_cli.tables.text.cell_types import ARROW, family
from made_cli.tables.text.column import read_column, type_of
from made_cli.tables.text.typed_columns import TypedColumn, TypedTable, blocks

WHOLE = 1e15
"""Below this, a float that is whole is written as an integer."""
_JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
"""Infinities are none."""
TEXT_BLOCK, PARQUET_BLOCK = 1 << 20, 1 << 23
"""Cells that are made at a time; a block of Parquet is a row group, which readers take at a time as well."""


def check_output(target: str | None) -> None:
    """Refuse a target that `write_table` would refuse, before the work that makes the table.

    Raises:
        UserError: the name's ending stands for no form, or the place cannot be written (see `check_target`).
    """
    if target in (None, STREAM):
        return
    if not re.search(r"\.(csv|tsv|jsonl)(\.gz)?$|\.parquet$", str(target), re.IGNORECASE):
        hint = "Use .csv, .tsv or .jsonl (also .csv.gz and so on) or .parquet."
        raise UserError(f"cannot write {target}: its ending stands for no form", hint=hint, code=Exit.OUTPUT)
    check_target(str(target))


def has_types(target: str | None) -> bool:
    """Says whether the columns of a file of this name have types, and are not all text."""
    return target is not None and target.lower().removesuffix(".gz").endswith((".parquet", ".jsonl"))


def write_table(table: TypedTable, target: str | None, *, header: bool = True) -> None:
    r"""Write a table by its name's ending: .csv, .tsv, .jsonl or .parquet; None and "-" are CSV on standard output.

    Text, also .gz, is UTF-8 with "\n" ends and as few quotes as reading it back takes; missing cells are empty, and
    null in JSON. A cell is written so whatever else is in the table: texts of some rows and of the others, without a
    header, make that of all.

    Args:
        table: rows.
        target: where to.
        header: whether CSV and TSV begin with the names of the columns.

    Raises:
        UserError: the target cannot be written, or a column has no Parquet type.
        BrokenPipeError: the reader of the standard output has gone; the command line ends quietly then.
    """
    check_output(target)
    if target is None or target == STREAM:
        _write_stream(table, header=header)
        return
    ending = target.lower()
    with atomic_write(target) as file:
        if ending.endswith(".parquet"):
            _write_parquet(table, file, target)
        elif not ending.endswith(".gz"):
            _write_as(ending, table, file, header=header)
        else:
            # Without name and time of day, the same table gives the same bytes.
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                _write_as(ending.removesuffix(".gz"), table, packed, header=header)


def _write_as(ending: str, table: TypedTable, file: BinaryIO | gzip.GzipFile, *, header: bool) -> None:
    """Writes a table as text of a form."""
    if ending.endswith(".jsonl"):
        _write_json_lines(table, file)
    else:
        _write_text(table, file, "\t" if ending.endswith(".tsv") else ",", header=header)


def _write_stream(table: TypedTable, *, header: bool) -> None:
    try:
        _write_text(table, sys.stdout.buffer, ",", header=header)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        hint = "Check that the disk has room, or name a file with -o."
        raise UserError(f"cannot write standard output: {error.strerror}", hint=hint, code=Exit.OUTPUT) from error


class _Lines:
    r"""Takes csv's records and writes them with "\n" ends.

    The csv module must be told "\r\n", or it would leave a lone "\r" in a cell unquoted (CPython before 3.13).
    """

    def __init__(self, file: BinaryIO | gzip.GzipFile) -> None:
        self._file = file

    def write(self, record: str) -> int:
        return self._file.write((record.removesuffix("\r\n") + "\n").encode())


def _write_text(table: TypedTable, file: BinaryIO | gzip.GzipFile, delimiter: str, *, header: bool) -> None:
    # Quotes keep a name from looking like a byte order mark, a delimiter or a manner of writing (see _find_format).
    quoted = any(name[:1] in (" ", "\ufeff") or set(name) & set(CANDIDATES) for name in table)
    names = csv.writer(_Lines(file), delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    if header:
        names.writerow(table)
    records = csv.writer(_Lines(file), delimiter=delimiter)
    columns = [_Written(column) for column in table.values()]
    for rows in blocks(table, TEXT_BLOCK):
        records.writerows(zip(*(column.cells(rows) for column in columns), strict=True))


def _write_json_lines(table: TypedTable, file: BinaryIO | gzip.GzipFile) -> None:
    """Writes an object a row: numbers and truths as JSON has them, all else as text, null where a cell is empty."""
    names = [f"{json.dumps(name, ensure_ascii=False)}: " for name in table]
    columns = [_Written(column) for column in table.values()]
    for rows in blocks(table, TEXT_BLOCK):
        cells = ([column.json(cell) for cell in column.cells(rows)] for column in columns)
        for row in zip(*cells, strict=True):
            file.write(f"{{{', '.join(map(str.__add__, names, row))}}}\n".encode())


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


def _write_parquet(table: TypedTable, file: BinaryIO, target: str) -> None:
    try:
        cells = [
            pa.Table.from_pandas(column.cells.to_frame(name), preserve_index=False) for name, column in table.items()
        ]
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        reason = str(error.args[-1] if error.args else error).splitlines()[0]
        raise UserError(f"cannot write {target}: {reason}", hint="Write .csv instead.", code=Exit.OUTPUT) from error
    schema = pa.schema([part.schema.field(0) for part in cells], metadata=_noted(cells, table))
    with pq.ParquetWriter(file, schema) as writer:
        for rows in blocks(table, PARQUET_BLOCK):
            columns = [
                part.column(0)[rows] if column.places is None else part.column(0).take(pa.array(column.places[rows]))
                for part, column in zip(cells, table.values(), strict=True)
            ]
            writer.write_table(pa.table(columns, schema=schema))


def _noted(cells: list[pa.Table], table: TypedTable) -> dict[bytes, bytes]:
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
