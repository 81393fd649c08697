"""Options, and groups of them, that several commands share.

Knows: how an option is spelled and what its help says, once; and what a group of options is for.
"""

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from made_cli.cli.messages import Messages
from made_cli.config import KINDS_SHOWN, MAX_SEED, MEMBERS_SHOWN, Overrides

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from made_cli.runs.run import Run
    from made_cli.tables.files.table import Table

DATA_HELP = "CSV, TSV (also .gz), Parquet, NPY, NPZ (file.npz:name), or - for standard input."
SEED_HELP = "Seed of all that is drawn."
READING = "Reading"
UTF_8 = "utf-8"


def _seed(value: int) -> int:
    if not 0 <= value <= MAX_SEED:
        raise typer.BadParameter(f"{value} is not between 0 and {MAX_SEED}")
    return value


RunFolder = Annotated[str, typer.Argument(metavar="RUN", help="Run folder that `made train` made.")]
Data = Annotated[str, typer.Argument(metavar="DATA", help=DATA_HELP)]
Permutations = Annotated[
    int | None,
    typer.Option(min=1, metavar="K", help="How many members, in turn from each network.", show_default=MEMBERS_SHOWN),
]
GivenCells = Annotated[
    list[str] | None, typer.Option("--given", metavar="NAME=VALUE", help="A known cell; repeat for more.")
]
Seed = Annotated[int, typer.Option(callback=_seed, help=SEED_HELP)]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, for programs.")]
ColumnOverrides = Annotated[
    Overrides,
    {
        "kinds": typer.Option(metavar="NAME=KIND", help=f"{KINDS_SHOWN}, where you know better; repeat for more."),
        "drop": typer.Option(metavar="NAME", help="Leave a column out; repeat for more."),
    },
]


@dataclass(frozen=True)
class Reading:
    """How tables are read."""

    no_header: Annotated[
        bool, typer.Option("--no-header", help="The first line is a row, not the names.", rich_help_panel=READING)
    ] = False
    delimiter: Annotated[
        str | None, typer.Option(help="Character between the cells; found by default.", rich_help_panel=READING)
    ] = None
    encoding: Annotated[str, typer.Option(help="Encoding of the text.", rich_help_panel=READING)] = UTF_8

    def table(self, source: str) -> "Table":
        """Reads a table.

        Raises:
            UserError: it cannot be read.
        """
        from made_cli.tables.files.delimited import TextOptions
        from made_cli.tables.files.reading import read_table

        return read_table(source, TextOptions(not self.no_header, self.delimiter, self.encoding))

    def typed(self) -> list[str]:
        """Returns the options as they would be typed again.

        >>> Reading(no_header=True, delimiter=";").typed()
        ['--no-header', '--delimiter', ';']
        """
        options = ["--no-header"] if self.no_header else []
        options += [] if self.delimiter is None else ["--delimiter", self.delimiter]
        return options + ([] if self.encoding == UTF_8 else ["--encoding", self.encoding])


@dataclass(frozen=True)
class Output:
    """Where rows are written."""

    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help=".csv, .tsv (also .gz) or .parquet; standard output by default."
        ),
    ] = None

    def check(self) -> None:
        """Refuses what `write` would refuse, before the work that makes the rows.

        Raises:
            UserError: it cannot be written.
        """
        from made_cli.tables.files.writing import check_output

        check_output(self.output)

    def write(self, frame: "pd.DataFrame") -> None:
        """Writes rows.

        Raises:
            UserError: they cannot be written.
        """
        from made_cli.tables.files.writing import write_table

        write_table(frame, self.output)


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
        from made_cli.runs.loading import load_run

        loaded = load_run(run, self.set_up())
        if not loaded.converged:
            more = f"made train DATA --out {shlex.quote(run)} --resume --time-limit 5m"
            messages.say(f"{run}: training has not converged; go on with: {more}")
        return loaded
