"""Which scored rows are listed, in which order, and beside which columns of their table.

Knows: how that is typed.
"""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from made_cli.cli.completion import columns_of_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from made_cli.tables.files.table import Table

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

    def check(self, table: "Table", scores: "Sequence[str]") -> None:
        """Refuses what cannot be listed beside scores of these names, before the work.

        Raises:
            UserError: there is no such column, or two would have one name.
        """
        from made_cli.inference.score_listing import ROW, check_listing

        check_listing(table, self.id or (), [*([ROW] if self.sort else []), *scores])

    def of(self, table: "Table", scores: "pd.DataFrame") -> "pd.DataFrame":
        """Returns the list."""
        from made_cli.inference.score_listing import listed

        return listed(table, scores, self.id or (), odd_first=self.sort is not None, head=self.head)
