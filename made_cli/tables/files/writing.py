"""Tables written whole: CSV and TSV (plain or .gz), Parquet, and the standard output.

Knows: the forms by a name's ending, and that reading a text back gives the same cells.
"""

import csv
import gzip
import json
import re
import sys
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from made_cli.atomic import atomic_write, check_target
from made_cli.errors import Exit, UserError
from made_cli.tables.files.delimited import CANDIDATES
from made_cli.tables.files.reading import STREAM
from made_cli.tables.text.cell_types import ARROW, family
from made_cli.tables.text.column import read_column, type_of

WHOLE = 1e15
"""Below this, a float that is whole is written as an integer."""


def check_output(target: str | None) -> None:
    """Refuse a target that `write_table` would refuse, before the work that makes the table.

    Raises:
        UserError: the name's ending stands for no form, or the place cannot be written (see `check_target`).
    """
    if target in (None, STREAM):
        return
    if not re.search(r"\.(csv|tsv)(\.gz)?$|\.parquet$", str(target), re.IGNORECASE):
        hint = "Use .csv or .tsv (also .csv.gz, .tsv.gz) or .parquet."
        raise UserError(f"cannot write {target}: its ending stands for no form", hint=hint, code=Exit.OUTPUT)
    check_target(str(target))


def has_types(target: str | None) -> bool:
    """Says whether the columns of a file of this name have types, and are not all text."""
    return target is not None and target.lower().endswith(".parquet")


def write_table(frame: pd.DataFrame, target: str | None) -> None:
    r"""Write a table by its name's ending: .csv, .tsv (also .gz) or .parquet; None and "-" are CSV on standard output.

    Text is UTF-8 with "\n" ends and as few quotes as reading it back takes; missing cells are empty.

    Raises:
        UserError: the target cannot be written, or a column has no Parquet type.
        BrokenPipeError: the reader of the standard output has gone; the command line ends quietly then.
    """
    check_output(target)
    if target is None or target == STREAM:
        _write_stream(frame)
        return
    ending = target.lower()
    with atomic_write(target) as file:
        if has_types(target):
            _write_parquet(frame, file, target)
            return
        delimiter = "\t" if ending.removesuffix(".gz").endswith(".tsv") else ","
        if not ending.endswith(".gz"):
            _write_text(frame, file, delimiter)
            return
        # Without name and time of day, the same table gives the same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
            _write_text(frame, packed, delimiter)


def _write_stream(frame: pd.DataFrame) -> None:
    try:
        _write_text(frame, sys.stdout.buffer, ",")
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


def _write_text(frame: pd.DataFrame, file: BinaryIO | gzip.GzipFile, delimiter: str) -> None:
    names = [str(name) for name in frame.columns]
    # Quotes keep a name from looking like a byte order mark, a delimiter or a manner of writing (see _find_format).
    quoted = any(name[:1] in (" ", "\ufeff") or set(name) & set(CANDIDATES) for name in names)
    header = csv.writer(_Lines(file), delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    header.writerow(names)
    columns = [_write_cells(frame.iloc[:, place]) for place in range(frame.shape[1])]
    csv.writer(_Lines(file), delimiter=delimiter).writerows(zip(*columns, strict=True))


def _write_cells(column: pd.Series) -> list[object]:
    """The cells of a column as csv writes them: its numbers at full precision, "" where one is missing."""
    kind = family(type_of(column))
    if kind == "number":
        return _write_numbers(column)
    if kind == "duration":
        read = read_column(column)
        return [read.texts[place] for place in read.inverse]
    cells = column.astype(object)
    return cells.where(cells.notna(), "").tolist()


def _write_numbers(column: pd.Series) -> list[object]:
    """The cells of a column of floats, in as few digits as their own precision takes; without ".0" if all are whole."""
    numbers = column.to_numpy(dtype=f"float{8 * getattr(column.dtype, 'itemsize', 8)}", na_value=np.nan)
    present = numbers[~np.isnan(numbers)]
    whole = (np.abs(present) < WHOLE) & (present == np.floor(present)) & ~(np.signbit(present) & (present == 0))
    texts = (str(int(number)) if whole.all() else str(number) for number in present)
    cells = np.full(len(numbers), "", dtype=object)
    cells[~np.isnan(numbers)] = list(texts)
    return cells.tolist()


def _write_parquet(frame: pd.DataFrame, file: BinaryIO, target: str) -> None:
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        reason = str(error.args[-1] if error.args else error).splitlines()[0]
        raise UserError(f"cannot write {target}: {reason}", hint="Write .csv instead.", code=Exit.OUTPUT) from error
    pq.write_table(table.replace_schema_metadata(_noted(table, frame)), file)


def _noted(table: pa.Table, frame: pd.DataFrame) -> dict[bytes, bytes]:
    """Returns pandas' note on the types of a table without those of Arrow, which the file itself has.

    With them, pandas would read columns of Arrow's types where it read its own in the table that they come from.
    """
    metadata = dict(table.schema.metadata or {})
    if all(isinstance(dtype, pd.ArrowDtype) for dtype in frame.dtypes):
        metadata.pop(b"pandas", None)
    elif note := table.schema.pandas_metadata:
        for column in note["columns"]:
            if str(column["numpy_type"]).endswith(ARROW):
                column["numpy_type"] = "object"
        metadata[b"pandas"] = json.dumps(note).encode()
    return metadata
