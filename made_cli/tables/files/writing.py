"""Tables written a block of rows at a time: CSV, TSV and JSON lines (plain or .gz), Parquet, and the standard output.

Knows: the forms by a name's ending, and that a file is there whole or not at all.
"""

import gzip
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from made_cli.atomic import atomic_file, check_target, closing, refusing
from made_cli.errors import Exit, UserError
from made_cli.tables.files.parquet_writing import ParquetRows
from made_cli.tables.files.reading import STREAM
from made_cli.tables.files.text_writing import Bytes, DelimitedRows, JsonLines, TextRows
from made_cli.tables.text.typed_columns import TypedTable

Write = Callable[[TypedTable], None]
"""Writes rows below those before."""


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
    """Write a table; see `write_blocks`."""
    with write_blocks(target, header=header, whole=True) as write:
        write(table)


@contextmanager
def write_blocks(target: str | None, *, header: bool = True, whole: bool = False) -> Iterator[Write]:
    r"""Write a table by its name's ending: .csv, .tsv, .jsonl or .parquet; None and "-" are CSV on standard output.

    Text, also .gz, is UTF-8 with "\n" ends and as few quotes as reading it back takes; missing cells are empty, and
    null in JSON. A cell is written so whatever else is in the table: texts of some rows and of the others, without a
    header, make that of all. A file takes its place once all blocks are written.

    Args:
        target: where to.
        header: whether CSV and TSV begin with the names of the columns.
        whole: whether there is but one block.

    Yields:
        A function that writes a block of rows, at least once called; all blocks have the same columns.

    Raises:
        UserError: the target cannot be written, or a column has no Parquet type, or another one than in the first
            block.
        BrokenPipeError: the reader of the standard output has gone; the command line ends quietly then.
    """
    check_output(target)
    if target is None or target == STREAM:
        stream = DelimitedRows(sys.stdout.buffer, ",", header=header)

        def write_stream(table: TypedTable) -> None:
            with _telling_of_stream():
                stream.write(table)
                sys.stdout.buffer.flush()

        yield write_stream
        return
    with atomic_file(target) as file, _form(target, file, header=header, whole=whole) as form:

        def write(table: TypedTable) -> None:
            with refusing(target):
                form.write(table)

        yield write


@contextmanager
def _form(target: str, file: BinaryIO, *, header: bool, whole: bool) -> Iterator[TextRows | ParquetRows]:
    """Yields what writes rows in the form that a name stands for; the file is complete at the end."""
    ending = target.lower()
    if ending.endswith(".parquet"):
        rows = ParquetRows(file, target, whole=whole)
        with closing(rows, target):
            yield rows
    elif not ending.endswith(".gz"):
        yield _text(ending, file, header=header)
    else:
        # Without name and time of day, the same table gives the same bytes.
        packed = gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0)
        with closing(packed, target):
            yield _text(ending.removesuffix(".gz"), packed, header=header)


def _text(ending: str, file: Bytes, *, header: bool) -> TextRows:
    if ending.endswith(".jsonl"):
        return JsonLines(file)
    return DelimitedRows(file, "\t" if ending.endswith(".tsv") else ",", header=header)


@contextmanager
def _telling_of_stream() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        hint = "Check that the disk has room, or name a file with -o."
        raise UserError(f"cannot write standard output: {error.strerror}", hint=hint, code=Exit.OUTPUT) from error
