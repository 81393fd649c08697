"""The empty cells of a table, filled by a run.

Knows: the way from a table with empty cells to codes with unknown ones, and back to the types of the table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.inference.conditionals import EVIDENCE, MARGINAL, supporting
from made_cli.inference.imputation import Imputer
from made_cli.inference.known import known_cells
from made_cli.runs.run import Run
from made_cli.tables.files.table import Table
from made_cli.tables.text.column import read_column, typed

Fill = Literal["sample", "most-likely"]


@dataclass(frozen=True)
class Imputation:
    """A table whose empty cells are to be filled.

    Attributes:
        table: as it was read.
        empty: (N, D) which cells of the modelled columns are empty.
        imputer: how they are filled.
        run: by which run.
    """

    table: Table
    empty: NDArray[np.bool_]
    imputer: Imputer
    run: Run

    def filled(
        self, mode: Fill, rng: np.random.Generator, on_progress: Callable[[], None] = lambda: None
    ) -> pd.DataFrame:
        """Returns the table with its empty cells filled; all others, and other columns, as they were.

        Args:
            mode: whether to draw what is unknown, or to take the likeliest label and the median of numbers.
            rng: draws.
            on_progress: called after each column of the likeliest.
        """
        codes = self.imputer.draw(rng) if mode == "sample" else self.imputer.likeliest(on_progress)
        found, frame, columns = self.run.record.schema.decode(codes, rng), self.table.frame, {}
        for place, name in enumerate(found.columns):
            empty = self.empty[:, place]
            if empty.any():
                cells, new = frame[name].astype(object), _like(found[name], frame[name])
                cells[empty] = new.astype(object).to_numpy()[empty]
                columns[name] = cells if frame[name].dtype == object else cells.astype(new.dtype)
        return frame.assign(**columns)


def _like(found: "pd.Series[Any]", column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Gives cells the type of the column that they go into, where that has another than the run's and they can."""
    mine, theirs = read_column(column), read_column(found)
    if mine.dtype == theirs.dtype or mine.missing == mine.rows:
        return found
    try:
        like = typed([theirs.texts[place] for place in theirs.inverse], mine.dtype)
    except ValueError:
        return found
    return found if like.isna().sum() > found.isna().sum() else like


def impute(
    run: Run, table: Table, permutations: int | None, seed: int, on_progress: Callable[[], None] = lambda: None
) -> Imputation:
    """Prepares to fill the empty cells of a table, given the other cells of their rows.

    Args:
        run: the run.
        table: has the columns of the training table.
        permutations: K, how many members; None for the usual number.
        seed: draws the orderings of networks trained for any.
        on_progress: called after each member.

    Raises:
        UserError: a column is missing, a cell does not fit, or no member has orderings for it.
    """
    codes, known = known_cells(run, table, missing="marginal")
    members = supporting(run.members(permutations, seed=seed), np.where(known, EVIDENCE, MARGINAL))
    return Imputation(table, ~known, Imputer(members, codes.astype(np.float64), known, on_progress), run)
