"""One part of the rows of a command, so that many machines, each with a part, do the whole.

Knows: how a part is typed, and that only texts without what is said of all rows can be put together.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import typer

from made_cli.cli.messages import Messages
from made_cli.ensemble.shard import Shard

if TYPE_CHECKING:
    from made_cli.tables.files.in_blocks import TableBlocks

_PART = re.compile(r"([1-9]\d*)/([1-9]\d*)")
_TEXTS = (".csv", ".tsv")


@dataclass(frozen=True)
class Sharding:
    """Which part of the rows is written; a group of options.

    >>> thirds = [Sharding(f"{place}/3") for place in (1, 2, 3)]
    >>> [each.rows(10) for each in thirds], [each.header for each in thirds]
    ([slice(0, 3, None), slice(3, 6, None), slice(6, 10, None)], [True, False, False])
    """

    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="Write part I of N alone; the N parts, one after another, are the whole, byte for byte.",
        ),
    ] = None

    def __post_init__(self) -> None:
        found = None if self.shard is None else _PART.fullmatch(self.shard)
        if self.shard is not None and (found is None or int(found[1]) > int(found[2])):
            raise typer.BadParameter(f"--shard {self.shard}: write I/N, with I from 1 to N; 2/3 is the second of three")

    @cached_property
    def part(self) -> Shard:
        """Which part; the whole is part 1 of 1."""
        first, _, second = (self.shard or "1/1").partition("/")
        return Shard(int(first), int(second))

    @property
    def header(self) -> bool:
        """Whether the part begins with the names of the columns: the first does."""
        return self.part.place == 1

    def rows(self, total: int) -> slice | None:
        """Returns the rows of the part, of so many; None for all, where no part is asked for."""
        return None if self.shard is None else self.part.rows(total)

    def rows_of(self, blocks: "TableBlocks", messages: Messages) -> slice | None:
        """Returns the rows of the part; where only reading a table tells how many it has, this takes a while.

        Raises:
            UserError: the table is refused.
        """
        if self.shard is None:
            return None
        with messages.waiting(f"counting the rows of {blocks.source}"):
            return self.rows(blocks.count())

    def check(self, output: str | None, /, **about_all: object) -> None:
        """Refuses what no part can be of, before the work.

        Args:
            output: the file to write.
            about_all: by their names, the options that say something of all rows; None or False where not given.

        Raises:
            typer.BadParameter: it is refused.
        """
        if self.shard is None:
            return
        if output not in (None, "-") and not str(output).lower().endswith(_TEXTS):
            raise typer.BadParameter(f"--shard: {output} cannot be put together of parts; write .csv or .tsv")
        for name, value in about_all.items():
            if value:
                option = f"--{name.replace('_', '-')}"
                raise typer.BadParameter(f"--shard: {option} is about all rows; leave one of the two out")
