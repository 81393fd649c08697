"""What is known of the rows of a table.

Knows: whether an empty cell is an outcome of its column or unknown; the one place that decides it.
"""

from collections.abc import Set

import numpy as np
from numpy.typing import NDArray

from made_cli.config import Missing
from made_cli.errors import Exit, UserError
from made_cli.runs.run import Run
from made_cli.tables.columns.schema import Codes, UnseenPolicy
from made_cli.tables.files.table import Table

Known = tuple[Codes, NDArray[np.bool_]]
"""Rows as a run reads them: (N, D) codes, and (N, D) which cells are known."""


def known_cells(
    run: Run,
    table: Table,
    *,
    missing: Missing | None = None,
    unseen: UnseenPolicy = "other",
    only: Set[int] | None = None,
) -> Known:
    """Reads rows for a run.

    Args:
        run: the run.
        table: has the columns of the training table.
        missing: what an empty cell is; None for what it was in training.
        unseen: whether labels that training had none of are an error.
        only: indices of the columns that are wanted; None for all.

    Returns:
        (N, D) codes, and (N, D) which cells are known.

    Raises:
        UserError: a column is missing, a cell does not fit, or the run knows of no empty cells.
    """
    schema = run.record.schema
    if missing == "outcome" and schema.missing == "marginal":
        raise UserError(
            f"{run.name}: it was trained with --missing marginal, and knows of no empty cell",
            hint="Leave --missing out, or train with --missing outcome.",
            code=Exit.USAGE,
        )
    missing = missing or schema.missing
    codes = schema.encode(table, unseen=unseen, only=only, missing=missing)
    if missing == "marginal":
        return codes, ~schema.empty(table, only=only)
    return codes, np.broadcast_to(np.True_, codes.shape)  # a view of one byte: it is never written to
