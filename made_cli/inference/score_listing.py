"""Scored rows beside columns of their table, the oddest first.

Knows: the order of what is listed of a row, its number, what is carried along and its scores; and that the oddest rows
are those of least log-density, of which no more are held than wanted.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.names import some_of
from made_cli.tables.files.in_blocks import TableBlocks
from made_cli.tables.files.table import Table
from made_cli.tables.text.nearest import meant

ROW = "row"
"""The number of a row in its table, from 1, where rows are not in its order."""


def check_listing(table: Table | TableBlocks, ids: Sequence[str], scores: Sequence[str]) -> None:
    """Refuses what cannot be listed, before the work that makes the scores.

    Args:
        table: the rows.
        ids: columns of theirs that are to be carried along.
        scores: the names of all else that is listed.

    Raises:
        UserError: the table has no such column, or two columns of the list would have one name.
    """
    for name in ids:
        if name not in table.names:
            raise UserError(
                f"{table.source}: no column {name!r} to carry along",
                hint=f"{meant(name, table.names)}Its columns are {some_of(table.names)}.",
                code=Exit.USAGE,
            )
    listed = [*ids, *scores]
    if twice := [name for place, name in enumerate(listed) if name in listed[:place]]:
        raise UserError(
            f"{table.source}: two columns of the scores would be named {twice[0]}",
            hint="Leave out --id, --per-column or whatever else names it, or rename the column.",
            code=Exit.USAGE,
        )


def listed(table: Table, scores: pd.DataFrame, ids: Sequence[str] = ()) -> pd.DataFrame:
    """Returns scores beside columns of their table.

    Args:
        table: the rows.
        scores: (N rows) log_prob, and more.
        ids: the columns of the table that come before.
    """
    carried = {name: table.series(name).reset_index(drop=True) for name in ids}
    return pd.concat([pd.DataFrame(carried, index=scores.index), scores], axis=1)


class OddestRows:
    """Listed rows, of which the oddest come first, each with its number.

    Args:
        head: how many are wanted; None for all. No more are held.

    >>> rows = OddestRows(head=2)
    >>> rows.add(pd.DataFrame({"log_prob": [-1.0, -3.0]}), 0)
    >>> rows.add(pd.DataFrame({"log_prob": [-2.0, -3.0]}), 2)
    >>> rows.listed()["row"].tolist()
    [2, 4]
    """

    def __init__(self, head: int | None = None) -> None:
        self.head, self._parts = head, list[pd.DataFrame]()

    def add(self, rows: pd.DataFrame, first: int) -> None:
        """Adds rows that follow those before.

        Args:
            rows: (N rows) log_prob, and more.
            first: the number of the first one in the table, from 0.
        """
        self._parts.append(rows.copy(deep=False))
        self._parts[-1].insert(0, ROW, np.arange(first + 1, first + len(rows) + 1))
        if self.head is not None:
            self._parts = [self.listed()]

    def listed(self) -> pd.DataFrame:
        """Returns the rows, the oddest first; of two that are as odd the one that comes first in the table."""
        rows = self._parts[0] if len(self._parts) == 1 else pd.concat(self._parts, ignore_index=True)
        order = np.argsort(rows["log_prob"].to_numpy(), kind="stable")
        return rows.iloc[order[: self.head]]
