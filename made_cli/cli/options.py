"""Option types that several commands share.

Knows: how an option is spelled and what its help says, once.
"""

import re
from collections.abc import Sequence
from typing import Annotated

import typer

DATA_HELP = "CSV, TSV (also .gz), Parquet, NPY, NPZ (file.npz:name), or - for standard input."
READING = "Reading"

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
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of all that is drawn.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, for programs.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Processor threads.", show_default="all cores")]
Device = Annotated[str, typer.Option(help="cpu, cuda, cuda:1 …, or auto.")]
Kinds = Annotated[
    list[str] | None,
    typer.Option(
        "--kind", metavar="NAME=KIND", help="categorical, numeric or time, where you know better; repeat for more."
    ),
]
Drop = Annotated[list[str] | None, typer.Option("--drop", metavar="NAME", help="Leave a column out; repeat for more.")]

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h)?")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


def seconds(text: str) -> float:
    """Reads a duration.

    >>> seconds("90s"), seconds("10m"), seconds("1.5h"), seconds("30")
    (90.0, 600.0, 5400.0, 30.0)
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or float(match[1]) == 0:
        raise typer.BadParameter(f"--time-limit {text!r} is no duration above 0; write 90s, 10m or 1h")
    return float(match[1]) * _SECONDS[match[2]]


def counts(text: str) -> list[int]:
    """Reads numbers of permutations.

    >>> counts("1,2,4")
    [1, 2, 4]
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise typer.BadParameter(f"--permutations {text!r} is no list of numbers above 0; write 1,2,4")
    return sorted({int(part) for part in parts})


def widths(text: str) -> list[int]:
    """Reads the widths of hidden layers.

    >>> widths("500, 500")
    [500, 500]
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise typer.BadParameter(f"--hidden {text!r} is no list of widths above 0; write 500,500")
    return [int(part) for part in parts]


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


def pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    """Reads repeated NAME=VALUE; a name may hold "=", a value may not.

    >>> pairs(["age=numeric", "a=b=categorical"], "--kind")
    {'age': 'numeric', 'a=b': 'categorical'}
    """
    found = {}
    for text in texts or []:
        name, equals, value = text.rpartition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{option} {text!r}: write NAME=VALUE")
        found[name] = value
    return found
