"""Options, and groups of them, that several commands share.

Knows: how an option is spelled and what its help says, once; and what a group of options is for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from made_cli.config import KINDS_SHOWN, MAX_SEED, Overrides

if TYPE_CHECKING:
    import torch

    from made_cli.tables.files.table import Table

DATA_HELP = "CSV, TSV (also .gz), Parquet, NPY, NPZ (file.npz:name), or - for standard input."
READING = "Reading"
UTF_8 = "utf-8"


def _seed(value: int) -> int:
    if not 0 <= value <= MAX_SEED:
        raise typer.BadParameter(f"{value} is not between 0 and {MAX_SEED}")
    return value


RunFolder = Annotated[str, typer.Argument(metavar="RUN", help="Run folder that `made train` made.")]
Data = Annotated[str, typer.Argument(metavar="DATA", help=DATA_HELP)]
NoHeader = Annotated[
    bool, typer.Option("--no-header", help="The first line is a row, not the names.", rich_help_panel=READING)
]
Delimiter = Annotated[
    str | None, typer.Option(help="Character between the cells; found by default.", rich_help_panel=READING)
]
Encoding = Annotated[str, typer.Option(help="Encoding of the text.", rich_help_panel=READING)]
Output = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help=".csv, .tsv (also .gz) or .parquet; standard output by default."
    ),
]
Permutations = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="K", help="How many members, in turn from each network.", show_default="all trained, or 8"
    ),
]
Given = Annotated[
    list[str] | None, typer.Option("--given", metavar="NAME=VALUE", help="A known cell; repeat for more.")
]
Seed = Annotated[int, typer.Option(callback=_seed, help="Seed of all that is drawn.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, for programs.")]
Threads = Annotated[int | None, typer.Option(min=1, metavar="N", help="Processor threads.", show_default="all cores")]
Device = Annotated[str, typer.Option(help="cpu, cuda, cuda:1 …, or auto.")]
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

    no_header: NoHeader = False
    delimiter: Delimiter = None
    encoding: Encoding = UTF_8

    def table(self, source: str) -> "Table":
        """Reads a table.

        Raises:
            UserError: it cannot be read.
        """
        from made_cli.tables.files.reading import read_table

        return read_table(source, header=not self.no_header, delimiter=self.delimiter, encoding=self.encoding)

    def typed(self) -> list[str]:
        """Returns the options as they would be typed again.

        >>> Reading(no_header=True, delimiter=";").typed()
        ['--no-header', '--delimiter', ';']
        """
        options = ["--no-header"] if self.no_header else []
        options += [] if self.delimiter is None else ["--delimiter", self.delimiter]
        return options + ([] if self.encoding == UTF_8 else ["--encoding", self.encoding])


@dataclass(frozen=True)
class Machine:
    """What the networks run on."""

    threads: Threads = None
    device: Device = "auto"

    def set_up(self) -> "torch.device":
        """Sets the number of torch's threads, and finds the device.

        Raises:
            UserError: there is no such device.
        """
        from made_cli.cli.torch_setup import set_up

        return set_up(self.device, self.threads)


def counts(text: str) -> list[int]:
    """Reads numbers of permutations.

    >>> counts("1,2,4")
    [1, 2, 4]
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise typer.BadParameter(f"--permutations {text!r} is no list of numbers above 0; write 1,2,4")
    return sorted({int(part) for part in parts})


def listed(text: str | None, columns: Sequence[str], option: str) -> list[str]:
    """Reads names of columns with commas between; a name may hold a comma itself.

    >>> listed("a,b,c", ["a", "b,c"], "--columns")
    ['a', 'b,c']
    """
    found: list[str] = []
    parts = [] if text is None else text.split(",")
    while parts:
        # The longest name that the text goes on with.
        count = next((n for n in range(len(parts), 0, -1) if ",".join(parts[:n]).strip() in columns), 0)
        if not count:
            raise typer.BadParameter(
                f"{option}: the run has no column {parts[0].strip()!r}; it has {', '.join(map(repr, columns[:20]))}"
            )
        found.append(",".join(parts[:count]).strip())
        parts = parts[count:]
    return found
