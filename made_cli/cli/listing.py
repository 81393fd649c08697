"""Which scored rows are listed, in which order, and beside which columns of their table.

Knows: how that is typed.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from made_cli.cli.completion import columns_of_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from made_cli.tables.files.in_blocks import TableBlocks
    from made_cli.tables.files.table import Table
    from made_cli.tables.text.typed_columns import TypedTable

_listing = partial(typer.Option, rich_help_panel="Listing")


@dataclass(frozen=True)
class Listing:
    """What is listed of the rows; a group of options."""

    id: Annotated[
        list[str] | None,
        _listing(
            metavar="COLUMN", autocompletion=columns_of_table, help="A column of DATA to carry along; repeat for more."
        ),
    ] = None
    sort: Annotated[Literal["odd"] | None, _listing(help="The oddest rows first, each with its number in DATA.")] = None
    head: Annotated[int | None, _listing(min=1, metavar="N", help="With --sort: so many rows.")] = None

    def __post_init__(self) -> None:
        if self.head is not None and self.sort is None:
            raise typer.BadParameter("--head: say which rows come first, with --sort odd")

    def check(self, table: "TableBlocks", scores: "Sequence[str]") -> None:
        """Refuses what cannot be listed beside scores of these names, before the work.

        Raises:
            UserError: there is no such column, or two would have one name.
        """
        from made_cli.inference.score_listing import ROW, check_listing

        check_listing(table, self.id or (), [*([ROW] if self.sort else []), *scores])

    @contextmanager
    def to(self, write: "Callable[[TypedTable], None]") -> "Iterator[Callable[[Table, pd.DataFrame, int], None]]":
        """Yields a function that lists rows, with their scores and the number of the first; see `score_listing`.

        Args:
            write: writes what is listed: as it comes or, of what is sorted, when all rows are there.
        """
        from made_cli.inference.score_listing import OddestRows, listed
        from made_cli.tables.text.typed_columns import columns_of

        ids = self.id or ()
        if self.sort is None:
            yield lambda table, scores, first: write(columns_of(listed(table, scores, ids)))
            return
        oddest = OddestRows(self.head)
        yield lambda table, scores, first: oddest.add(listed(table, scores, ids), first)
        write(columns_of(oddest.listed()))
