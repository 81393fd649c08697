"""The file that rows are written to, as an option: a group of them.

Knows: what must not be lost, or be written over while it is read; and that rows come whole, or a block at a time.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from made_cli.atomic import check_replaceable, same_file
from made_cli.cli.messages import Bar, Messages
from made_cli.errors import Exit, UserError

if TYPE_CHECKING:
    from made_cli.tables.columns.schema import Schema
    from made_cli.tables.text.typed_columns import TypedTable

Force = Annotated[bool, typer.Option("--force", help="Replace a file that is there and not empty.")]


def check_written(target: str, inputs: Sequence[str], *, force: bool) -> None:
    """Refuses a file that cannot be written, is read, or would be lost; before the work for it.

    Raises:
        UserError: it is refused.
    """
    for source in inputs:
        if same_file(source, target):
            raise UserError(
                f"cannot write {target}: it is the table that is read",
                hint="Name another file.",
                code=Exit.OUTPUT,
            )
    check_replaceable(target, force=force)


@dataclass(frozen=True)
class Output:
    """Where rows are written."""

    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help=".csv, .tsv, .jsonl (also .gz) or .parquet; CSV on standard output by default.",
        ),
    ] = None
    force: Force = False

    def check(self, *inputs: str) -> None:
        """Refuses what `write` would refuse, and what `check_written` does, before the work that makes the rows.

        Raises:
            UserError: it cannot be written, is an input, or would be lost.
        """
        from made_cli.tables.files.reading import STREAM
        from made_cli.tables.files.writing import check_output

        check_output(self.output)
        if self.output not in (None, STREAM):
            check_written(str(self.output), inputs, force=self.force)

    def write(
        self, table: "TypedTable", messages: Messages, schema: "Schema | None" = None, *, header: bool = True
    ) -> None:
        """Writes rows; where a file has types, with those that their texts mean to a run of this schema.

        Args:
            table: rows.
            messages: says so.
            schema: of the run.
            header: whether CSV and TSV begin with the names of the columns.

        Raises:
            UserError: they cannot be written.
        """
        # Beside rows on the standard output, which may be the same terminal, nothing is shown.
        waiting = nullcontext() if self.output is None else messages.waiting(f"writing {self.output}")
        with waiting, self.writing(schema, header=header, whole=True) as write:
            write(table)

    @contextmanager
    def writing(
        self, schema: "Schema | None" = None, *, header: bool = True, whole: bool = False
    ) -> "Iterator[Callable[[TypedTable], None]]":
        """Yields a function that writes a block of rows, as `write` writes a table; a file is there when all are.

        Args:
            schema: of the run.
            header: whether CSV and TSV begin with the names of the columns.
            whole: whether there is but one block, which decides what its texts mean by all that it holds; of several
                the first does, with the schema (`made_cli.tables.columns.block_types.BlockTypes`).

        Raises:
            UserError: rows cannot be written, or are not of the types of those before.
        """
        from made_cli.tables.files.writing import write_blocks

        typed = self._types(schema, whole=whole)
        with write_blocks(self.output, header=header, whole=whole) as write:
            yield lambda table: write(typed(table))

    def progress(self, messages: Messages, what: str, total: float | None) -> AbstractContextManager[Bar]:
        """Shows how much is done while rows are written, unless these come to the standard output in a terminal."""
        rows_are_seen = self.output in (None, "-") and sys.stdout.isatty()
        return (replace(messages, quiet=True) if rows_are_seen else messages).progress(what, total)

    def _types(self, schema: "Schema | None", *, whole: bool) -> "Callable[[TypedTable], TypedTable]":
        """Returns what gives rows the types that their texts mean, where the file has types."""
        from made_cli.tables.columns.block_types import BlockTypes
        from made_cli.tables.columns.meant_types import with_meant_types
        from made_cli.tables.files.writing import has_types

        if schema is None or self.output is None or not has_types(self.output):
            return lambda table: table
        return partial(with_meant_types, schema=schema) if whole else BlockTypes(schema, self.output).of
