"""Scored rows beside columns of their table, the oddest first.

Knows: the order of what is listed of a row, its number, what is carried along and its scores; and that the oddest rows
are those of least log-density.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.names import some_of
from made_cli.tables.files.table import Table
from made_cli.tables.text.nearest import meant

ROW = "row"
"""The number of a row in its table, from 1, where rows are not in its order."""


def check_listing(table: Table, ids: Sequence[str], scores: Sequence[str]) -> None:
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


def listed(
    table: Table, scores: pd.DataFrame, ids: Sequence[str] = (), *, odd_first: bool = False, head: int | None = None
) -> pd.DataFrame:
    """Returns scores beside columns of their table.

    Args:
        table: the rows.
        scores: (N rows) log_prob, and more.
        ids: the columns of the table that come before.
        odd_first: whether the oddest rows come first, each with its number.
        head: how many rows, of the first; None for all.
    """
    carried = {name: table.series(name).reset_index(drop=True) for name in ids}
    frame = pd.concat([pd.DataFrame(carried, index=scores.index), scores], axis=1)
    if odd_first:
        order = np.argsort(scores["log_prob"].to_numpy(), kind="stable")
        frame = frame.iloc[order]
        frame.insert(0, ROW, order + 1)
    return frame.head(head) if head is not None else frame
