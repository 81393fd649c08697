"""What a run answers about tables: rows given some cells, empty cells filled, the probability of an event.

Knows: the way from tables and texts to codes, through the members that have the known columns first, and back. The
command line and the Python face both go this way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.ensemble.members import Member
from made_cli.inference.conditionals import EVIDENCE, MARGINAL, evidence_roles, supporting
from made_cli.inference.imputation import Imputer, draw_given
from made_cli.inference.queries import Probability, probability
from made_cli.runs.record import Run
from made_cli.tables.events.evidence import Evidence, evidence_codes
from made_cli.tables.events.expressions import event_of, given_in
from made_cli.tables.files.table import Table
from made_cli.tables.text.column import read_column, typed

Fill = Literal["sample", "most-likely"]
Known = NDArray[np.bool_]


def rows_given(
    run: Run,
    members: Sequence[Member],
    known: Evidence,
    rng: np.random.Generator,
    on_progress: Callable[[int], None] = lambda count: None,
) -> pd.DataFrame:
    """Draws the other columns of rows some columns of which are known.

    Args:
        run: the run.
        members: of it.
        known: the known cells of each row.
        rng: draws.
        on_progress: told now and then how many rows are drawn.

    Raises:
        UserError: no member has an ordering for it.
    """
    members = supporting(members, evidence_roles(known.columns, known.codes.shape[1]))
    codes = draw_given(members, known.codes, known.columns, rng, on_progress)
    return known.written_into(run.record.schema.decode(codes, rng))


@dataclass(frozen=True)
class Imputation:
    """A table whose empty cells are to be filled.

    Attributes:
        table: as it was read.
        empty: (N, D) which cells of the modelled columns are empty.
        completion: how they are filled.
        run: by which run.
    """

    table: Table
    empty: Known
    completion: Imputer
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
        codes = self.completion.draw(rng) if mode == "sample" else self.completion.likeliest(on_progress)
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
    schema = run.record.schema
    empty = schema.empty(table)
    codes = schema.encode(table).astype(np.float64)
    members = supporting(run.members(permutations, seed=seed), np.where(empty, MARGINAL, EVIDENCE))
    return Imputation(table, empty, Imputer(members, codes, ~empty, on_progress), run)


def ask(
    run: Run, event: str, given: Sequence[str], samples: int, permutations: int | None = None, seed: int = 0
) -> Probability:
    """Estimates the probability of an event.

    Args:
        run: the run.
        event: see `made_cli.tables.events.expressions.event_of`.
        given: NAME=VALUE.
        samples: rows to draw.
        permutations: K, how many members; None for the usual number.
        seed: of all that is drawn.

    Raises:
        UserError: the event cannot be read, or no member has an ordering for what is given.
    """
    schema = run.record.schema
    known = evidence_codes(schema, given)
    boxes = given_in(schema, event_of(schema, event), known)
    members = supporting(run.members(permutations, seed=seed), evidence_roles(known.keys(), len(schema.names)))
    return probability(members, boxes, known, samples, np.random.default_rng(seed))
