"""Options, and groups of them, that several commands share.

Knows: how an option is spelled and what its help says, once; and what a group of options is for.
"""

import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from made_cli.cli.completion import cells_of_run, columns_of_table, kinds_of_columns, runs
from made_cli.cli.messages import Messages
from made_cli.cli.resuming import going_on
from made_cli.config import KINDS_SHOWN, MAX_SEED, MEMBERS_SHOWN, Overrides
from made_cli.tables.files.rejects import BAD_ROWS, Rejects
from made_cli.tables.text.marks import MARKS

if TYPE_CHECKING:
    import torch

    from made_cli.runs.run import Run
    from made_cli.tables.files.delimited import TextOptions
    from made_cli.tables.files.in_blocks import Sizes, TableBlocks
    from made_cli.tables.files.table import Table

DATA_HELP = (
    "CSV, TSV (also .gz), Parquet, .jsonl, NPY, NPZ (file.npz:name), a folder or 'part-*.csv', or - for standard input."
)
SEED_HELP = "Seed of all that is drawn."
UTF_8 = "utf-8"
_reading = partial(typer.Option, rich_help_panel="Reading")


def _seed(value: int) -> int:
    if not 0 <= value <= MAX_SEED:
        raise typer.BadParameter(f"{value} is not between 0 and {MAX_SEED}")
    return value


RunFolder = Annotated[
    str, typer.Argument(metavar="RUN", autocompletion=runs, help="Run folder that `made train` made.")
]
Data = Annotated[
    list[str], typer.Argument(metavar="DATA", help=f"{DATA_HELP} Several are one table, by the names of the columns.")
]
Permutations = Annotated[
    int | None,
    typer.Option(min=1, metavar="K", help="How many members, in turn from each network.", show_default=MEMBERS_SHOWN),
]
GivenCells = Annotated[
    list[str] | None,
    typer.Option("--given", metavar="NAME=VALUE", autocompletion=cells_of_run, help="A known cell; repeat for more."),
]
Seed = Annotated[int, typer.Option(callback=_seed, help=SEED_HELP)]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, for programs.")]
_OF_COLUMNS = {
    "kinds": typer.Option(
        metavar="NAME=KIND",
        autocompletion=kinds_of_columns,
        help=f"{KINDS_SHOWN}, where you know better; repeat for more.",
    ),
    "drop": typer.Option(metavar="NAME", autocompletion=columns_of_table, help="Leave a column out; repeat for more."),
    "na": typer.Option(
        metavar="TEXT",
        help="Text of an empty cell, in every column; repeat for more.",
        show_default=" ".join(MARKS),
    ),
    "decimal": typer.Option(help="Sign before decimals, where a column could have either; found by default."),
    "schema": typer.Option(
        metavar="FILE", help="What `made schema DATA --json` says of the columns, as you edited it."
    ),
}
ColumnOverrides = Annotated[Overrides, _OF_COLUMNS]
"""What is known better of the columns by themselves."""
AllOverrides = Annotated[
    Overrides,
    _OF_COLUMNS
    | {
        "relation": typer.Option(
            metavar="TEXT",
            help="What holds between columns, as 'checkin <= checkout' or 'total = a + b'; repeat for more.",
        )
    },
]
"""And of what holds between them."""


@dataclass(frozen=True)
class Reading:
    """How tables are read.

    Attributes:
        set_aside: the bad lines so far, of all tables.
    """

    no_header: Annotated[bool, _reading("--no-header", help="The first line is a row, not the names.")] = False
    skip_lines: Annotated[int, _reading(min=0, metavar="N", help="Lines above the names that are no part of it.")] = 0
    delimiter: Annotated[str | None, _reading(help="Character between the cells; found by default.")] = None
    encoding: Annotated[str, _reading(help="Encoding of the text.")] = UTF_8
    rejects: Annotated[
        str | None, _reading(metavar="FILE", help="Set lines of the wrong width or with bad quotes aside, in FILE.")
    ] = None
    max_bad_rows: Annotated[
        int | None,
        _reading(min=0, metavar="N", help="With --rejects: how many at most.", show_default=f"{BAD_ROWS}"),
    ] = None
    set_aside: list[bytes] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        if self.max_bad_rows is not None and self.rejects is None:
            raise typer.BadParameter("--max-bad-rows: name the file that takes the bad lines with --rejects FILE")

    def table(self, sources: str | Sequence[str], messages: Messages) -> "Table":
        """Reads a table, of one file or of several, and says what looks wrong.

        Raises:
            UserError: it cannot be read, or the bad lines cannot be written.
        """
        names = [sources] if isinstance(sources, str) else sources
        rejects, tell = self._rejects(), self._telling(messages)
        with messages.waiting(f"reading {', '.join(names)}"):
            from made_cli.tables.files.several import read_tables

            table = read_tables(names, self._text_options(), rejects)
        tell(table.source, table.warnings, table.rows)
        return table

    def blocks(self, sources: Sequence[str], messages: Messages, sizes: "Sizes | None" = None) -> "TableBlocks":
        """Returns files as one table that is read a block of rows at a time.

        What looks wrong is said once all has been read: of a table that is not long, now.

        Args:
            sources: the files.
            messages: takes what is said.
            sizes: what is long, where the usual is not meant.

        Raises:
            UserError: what is read now cannot be.
        """
        rejects, tell = self._rejects(), self._telling(messages)
        with messages.waiting(f"reading {', '.join(sources)}"):
            from made_cli.tables.files.in_blocks import tables_in_blocks

            found = tables_in_blocks(sources, self._text_options(), rejects, sizes=sizes)
        found.when_read(partial(tell, found.source))
        return found

    def _text_options(self) -> "TextOptions":
        from made_cli.tables.files.delimited import TextOptions

        return TextOptions(not self.no_header, self.delimiter, self.encoding, self.skip_lines)

    def _rejects(self) -> Rejects | None:
        return None if self.rejects is None else Rejects(self.rejects, self.max_bad_rows, self.set_aside)

    def _telling(self, messages: Messages) -> Callable[[str, Sequence[str], int], None]:
        """Returns what tells what looks wrong in a table that is read from now on, and how many rows it has."""
        before = len(self.set_aside)

        def tell(source: str, warnings: Sequence[str], rows: int) -> None:
            for warning in warnings:
                messages.say(warning)
            if self.rejects is not None:
                count = len(self.set_aside) - before
                lines = "1 line" if count == 1 else f"{count:,} lines"
                messages.say(f"{source}: {lines} set aside in {self.rejects}; {rows:,} rows are left")

        return tell

    def typed(self) -> list[str]:
        """Returns the options as they would be typed again.

        >>> Reading(no_header=True, delimiter=";").typed()
        ['--no-header', '--delimiter', ';']
        """
        values = {
            "--skip-lines": self.skip_lines or None,
            "--delimiter": self.delimiter,
            "--encoding": None if self.encoding == UTF_8 else self.encoding,
            "--rejects": self.rejects,
            "--max-bad-rows": self.max_bad_rows,
        }
        options = ["--no-header"] if self.no_header else []
        return options + [text for name, value in values.items() if value is not None for text in (name, str(value))]


@dataclass(frozen=True)
class Machine:
    """What the networks run on."""

    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processor threads.", show_default="all cores")
    ] = None
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:1 …, or auto.")] = "auto"

    def set_up(self) -> "torch.device":
        """Sets the number of torch's threads, and finds the device.

        Raises:
            UserError: there is no such device.
        """
        import torch

        from made_cli.core.device import find_device

        if self.threads is not None:
            torch.set_num_threads(self.threads)
        return find_device(self.device)

    def load(self, run: str, messages: Messages) -> "Run":
        """Loads a run onto the device, and says so where its training has not converged.

        Raises:
            UserError: there is no such device, or the run folder is refused.
        """
        with messages.waiting(f"loading {run}"):
            from made_cli.runs.folder import Folder

            folder = Folder(run)
            record = folder.open()  # what is no run is refused before torch is imported
            from made_cli.runs.loading import loaded

            found = loaded(run, folder, record, self.set_up())
        if not found.converged:
            metrics, source = folder.metrics(), record.data.source
            data = shlex.quote(source) if os.path.exists(source) else "DATA"
            more = f"; go on with: {going_on(data, shlex.quote(run), metrics)}" if metrics and not record.parts else ""
            messages.say(f"{run}: training has not converged, so answers may be off by more than their ±{more}")
        return found
