"""The tables that a training learns from: in memory, or where they are long in blocks, and then as files of rows.

Knows: from which size on a table is trained from files; what is shown while it is read, and of the files; when these
are removed.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from made_cli.cli.findings import UNDERSTANDING
from made_cli.cli.messages import Messages
from made_cli.cli.options import Reading
from made_cli.config import NetworkConfig, Overrides, TrainingConfig
from made_cli.errors import Exit, UserError
from made_cli.runs.names import TRAIN_ROWS

if TYPE_CHECKING:
    import torch

    from made_cli.runs.folder import Folder
    from made_cli.runs.record import RunRecord
    from made_cli.tables.columns.counted import Blocks, CountedTable
    from made_cli.tables.files.in_blocks import TableBlocks
    from made_cli.tables.files.table import Table
    from made_cli.training.prepare import Prepared
    from made_cli.training.processes import Processes
    from made_cli.training.rows import TrainingRows

LONG_TEXT, LONG_CELLS = 512 << 20, 1 << 26
"""Bytes of a text, and cells of a Parquet file, from which on a training reads them in blocks."""
RowsIn = Literal["memory", "disk"]


@dataclass(frozen=True)
class Tables:
    """The table to learn from, and that of validation rows, if there is one.

    Attributes:
        in_memory: both, where they are.
        in_blocks: both, where the first is read in blocks.
    """

    in_memory: "tuple[Table, Table | None] | None" = None
    in_blocks: "tuple[Blocks, Blocks | None] | None" = None

    @property
    def first(self) -> "Table | Blocks":
        """The table to learn from."""
        both = self.in_memory or self.in_blocks
        assert both is not None
        return both[0]

    def prepared(
        self,
        configs: tuple[NetworkConfig, TrainingConfig, Overrides],
        device: "torch.device",
        folder: Path | None,
        messages: Messages,
    ) -> "Prepared":
        """Finds the kinds of the columns, their relations, and encodes the rows.

        Args:
            configs: the settings, and what the person knows better.
            device: where to train.
            folder: the run folder, which has the files of rows; None for a training that will not begin.
            messages: show what is done.
        """
        from made_cli.training.prepare import prepare, prepare_blocks

        if self.in_blocks is not None:
            return prepare_blocks(*self.in_blocks, configs, device, folder)
        assert self.in_memory is not None
        network, training, overrides = configs
        with messages.waiting(f"{UNDERSTANDING}, and the relations between them"):
            return prepare(*self.in_memory, network, training, overrides, device)

    def rows_again(
        self, record: "RunRecord", folder: Path, processes: "Processes", messages: Messages
    ) -> "TrainingRows":
        """Returns the rows of a run that goes on, if they are its own; see `prepared` for the arguments."""
        from made_cli.training.prepare import prepare_again, prepare_blocks_again

        if self.in_blocks is None:
            assert self.in_memory is not None
            with messages.waiting("finding the rows of the run"):
                return replace(prepare_again(record, *self.in_memory), processes=processes)
        rows = prepare_blocks_again(record, *self.in_blocks, folder) if processes.is_first else None
        processes.wait()
        return replace(rows or rows_of_first(record, folder), processes=processes)


def rows_of_first(record: "RunRecord", folder: Path) -> "TrainingRows":
    """Returns the rows in the files that the first of several processes has made.

    Raises:
        UserError: they cannot be seen from here.
    """
    from made_cli.training.storing import stored_again

    if (rows := stored_again(folder, record)) is None:
        raise UserError(
            f"{folder / TRAIN_ROWS}: not the rows that the first process has encoded",
            hint="Let all processes see the same folder with --out, or train with --rows memory.",
            code=Exit.RUN_REFUSED,
        )
    return rows


def tables_of(
    data: Sequence[str], valid: str | None, reading: Reading, rows: RowsIn | None, messages: Messages
) -> Tables:
    """Reads tables into memory, or opens them to be read in blocks.

    Args:
        data: the names of the table to learn from.
        valid: that of validation rows, if there are any.
        reading: how both are read.
        rows: where the rows are to be; None to decide by the size of the table.
        messages: show what is done.

    Raises:
        UserError: one cannot be read.
    """
    if rows == "memory":
        table = reading.table(data, messages)
    else:
        from made_cli.tables.files.in_blocks import Sizes

        blocks = reading.blocks(data, messages, None if rows else Sizes(LONG_TEXT, LONG_CELLS))
        if rows == "disk" or not blocks.is_whole:
            others = None if valid is None else reading.blocks([valid], messages)
            return Tables(in_blocks=(_Shown(blocks, messages), others and _Shown(others, messages)))
        (table,) = blocks
    return Tables(in_memory=(table, None if valid is None else reading.table(valid, messages)))


def columns_learned(data: Sequence[str], reading: Reading, messages: Messages) -> "Table | CountedTable":
    """Returns what a training would infer the schema of a table from; see `tables_of` for the arguments."""
    table = tables_of(data, None, reading, None, messages).first
    from made_cli.tables.columns.counted import columns_of

    return columns_of(table)


@dataclass(frozen=True)
class _Shown:
    """A table in blocks that shows how far it is read, each time it is."""

    table: "TableBlocks"
    messages: Messages

    @property
    def source(self) -> str:
        """Its name in messages."""
        return self.table.source

    @property
    def names(self) -> list[str]:
        """(D,) the names of the columns."""
        return self.table.names

    def __iter__(self) -> "Iterator[Table]":
        """Yields the blocks."""
        what = f"reading {self.source}"
        with self.messages.progress(what, total=1.0) as bar:
            for block in self.table.blocks():
                yield block.table
                bar.update(block.share, what)


def _show(rows: "TrainingRows", messages: Messages, *, keep: bool) -> None:
    """Says how many rows were encoded, and where they are meanwhile."""
    from made_cli.core.memory import in_words

    if rows.stored is None:
        return
    until = "" if keep else ", until the training has ended"
    messages.say(
        f"{rows.count:,} rows encoded into {in_words(rows.stored.nbytes)} in {rows.stored.path}{until}; "
        f"{len(rows.valid):,} are held out for validation"
    )


@contextmanager
def files_of_rows(rows: "TrainingRows", folder: "Folder", messages: Messages, *, keep: bool) -> Iterator[None]:
    """Tells of files of rows, and removes them after the block, unless they are kept or a training can go on with them.

    Args:
        rows: of the training.
        folder: of its run.
        messages: tell of the files.
        keep: whether to keep them.
    """
    _show(rows, messages, keep=keep)
    try:
        yield
    except BaseException:
        if not _goes_on(rows, folder.path):
            _remove(rows)
        raise
    if not keep:
        _remove(rows)


def _goes_on(rows: "TrainingRows", path: Path) -> bool:
    """Says whether the run that is saved in a folder is of these rows, and its training has not ended."""
    from made_cli.runs.folder import Folder

    saved = Folder(path)
    try:
        return saved.open().data.sha256 == rows.sha256 and saved.has_resume
    except UserError:
        return False


def _remove(rows: "TrainingRows") -> None:
    if rows.stored is not None and rows.processes.is_first:
        rows.stored.remove()
