"""The empty cells of a table, filled by a run.

Knows: the way from a table with empty cells to codes with unknown ones, and back to the types of the table; and how
sure the filled cells of a column are, by the draws and by the members.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.ensemble.members import Member, OnPass
from made_cli.errors import Exit, UserError
from made_cli.inference.blocks import Block, blocks_of
from made_cli.inference.conditionals import EVIDENCE, MARGINAL, PartScorer, supporting
from made_cli.inference.disagreement import Disagreement, Spread
from made_cli.inference.imputation import Imputer
from made_cli.inference.known import Known, known_cells
from made_cli.runs.run import Run
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.meant_types import plain_texts
from made_cli.tables.files.table import Table
from made_cli.tables.text.cell_types import family
from made_cli.tables.text.column import type_of
from made_cli.tables.text.filling import filled

Fill = Literal["sample", "most-likely"]


@dataclass(frozen=True)
class FilledColumn:
    """How sure the cells of a column are that were filled, on average over them.

    Attributes:
        kind: of the column.
        cells: how many were filled.
        probability: of the likeliest label; None for numbers.
        disagreement: of the members, on the probability of that label, on the median of numbers in the column's unit;
            None where they are all alike.
        draws_differ: how often a label differs between two draws; None for numbers, and for a single draw.
        draws_std: the standard deviation of a number over the draws, likewise.
    """

    kind: Kind
    cells: int
    probability: float | None
    disagreement: Disagreement | None
    draws_differ: float | None
    draws_std: float | None


@dataclass(frozen=True)
class Imputation:
    """A table, or a part of one, whose empty cells are to be filled.

    Attributes:
        table: as it was read, the rows in question alone.
        empty: (N, D) which cells of the modelled columns are to be filled: empty ones.
        bare: (D,) which of these columns are empty in all rows of the whole table.
        blocks: the rows of the whole table that are drawn together, and how these are filled.
        run: by which run.
        is_part: whether there are other rows.
    """

    table: Table
    empty: NDArray[np.bool_]
    bare: NDArray[np.bool_]
    blocks: Sequence[tuple[Block, Imputer]]
    run: Run
    is_part: bool

    @property
    def members(self) -> int:
        """How many members answer."""
        return len(self.blocks[0][1].members)

    def filled(self, mode: Fill, seed: int, on_progress: OnPass = lambda share: None) -> pd.DataFrame:
        """Returns the table with its empty cells filled; all others, and other columns, as they were.

        Args:
            mode: whether to draw what is unknown, or to take the likeliest label and the median of numbers.
            seed: of all that is drawn.
            on_progress: told of a pass for each column of the likeliest, and for each table.
        """
        return self.several(mode, 1, seed, on_progress)[1][0]

    def several(
        self, mode: Fill, draws: int, seed: int, on_progress: OnPass = lambda share: None
    ) -> tuple[list[NDArray[np.float64]], list[pd.DataFrame]]:
        """Returns the codes (N, D) of so many filled tables, and these; see `filled` for the arguments."""
        codes, tables = [], []
        generators = [block.generator(seed) for block, _ in self.blocks]
        for _ in range(draws):
            parts = [
                self._fill(*each, mode, rng, on_progress) for each, rng in zip(self.blocks, generators, strict=True)
            ]
            codes.append(np.concatenate([part.codes for part in parts]))
            tables.append(self._table_of([part.texts for part in parts]))
            on_progress(1)
        return codes, tables

    def _fill(
        self, block: Block, imputer: Imputer, mode: Fill, rng: np.random.Generator, on_progress: OnPass
    ) -> "_Filled":
        """Fills the rows of a block, and keeps what is wanted; the generator also spells labels that share a code."""
        codes = imputer.draw(rng) if mode == "sample" else imputer.likeliest(on_progress)
        unknown, texts = ~imputer.known, list[list[str]]()
        for place, kind in enumerate(self.run.record.schema.kinds):
            spelled = np.full(len(codes), None, dtype=object)
            spelled[unknown[:, place]] = kind.decode(codes[unknown[:, place], place], rng)
            texts.append(spelled[block.wanted][unknown[block.wanted, place]].tolist())
        return _Filled(codes[block.wanted], texts)

    def how_sure(
        self, drawn: Sequence[NDArray[np.float64]], on_progress: OnPass = lambda share: None
    ) -> list[FilledColumn]:
        """Says how sure the cells of each column are that had empty ones.

        Args:
            drawn: (N, D) the codes of each drawn table.
            on_progress: told of a pass for each column.
        """
        found = []
        for column, kind in enumerate(self.run.record.schema.kinds):
            if self.empty[:, column].any():
                cells = np.stack([codes[self.empty[:, column], column] for codes in drawn])
                found.append(self._column(column, kind, cells))
            on_progress(1)
        return found

    def _column(self, column: int, kind: Kind, cells: NDArray[np.float64]) -> FilledColumn:
        """Says how sure the cells of a column are, from what was drawn (M, n)."""
        opinions = [each for _, imputer in self.blocks for each in imputer.opinions(column)]
        probability = differ = std = None
        chances = [found.probability for found in opinions if found.probability is not None]
        if chances:
            probability = float(np.concatenate(chances).mean())
        if len(cells) > 1 and chances:
            differ = _differ(cells)
        elif len(cells) > 1:
            std = float(cells.std(axis=0, ddof=1).mean())
        apart = None if self.blocks[0][1].alike else Spread.joined([found.spread for found in opinions]).mean()
        return FilledColumn(kind, cells.shape[1], probability, apart, differ, std)

    def _table_of(self, parts: Sequence[Sequence[Sequence[str]]]) -> pd.DataFrame:
        """Returns the table with texts in its empty cells, those of each column (D,) of each block.

        Raises:
            UserError: of a part, a column would take another type: what it then is depends on the other rows.
        """
        frame = self.table.frame.copy(deep=False)
        for place, kind in enumerate(self.run.record.schema.kinds):
            empty = self.empty[:, place]
            if empty.any():
                texts, column = [text for part in parts for text in part[place]], frame[kind.name]
                texts = texts if family(type_of(column)) == "text" else plain_texts(kind, texts)
                frame[kind.name] = filled(column, empty, texts, kind.dtype if self.bare[place] else None)
                if self.is_part and not self.bare[place] and frame[kind.name].dtype != column.dtype:
                    raise UserError(
                        f"column {kind.name!r} is {column.dtype}, which has no cell of what is filled in",
                        hint="A part of a table cannot change its type: impute the table as text, from CSV.",
                        code=Exit.BAD_DATA,
                    )
        return frame


class _Filled(NamedTuple):
    """Rows of a block that are filled."""

    codes: NDArray[np.float64]
    texts: list[list[str]]
    """(D) the texts of the unknown cells of each column, in the order of the rows."""


def _differ(cells: NDArray[np.float64]) -> float:
    """Returns how often a cell differs between two draws, from all (M, n).

    >>> _differ(np.array([[0, 1], [0, 2]]))
    0.5
    """
    draws, same = len(cells), 0
    for code in np.unique(cells):
        count = (cells == code).sum(axis=0)
        same += int((count * (count - 1)).sum())
    return 1 - same / float(draws * (draws - 1) * cells.shape[1])


class TableImputer:
    """A run, ready to fill tables, or parts of one.

    Args:
        run: the run.
        members: of the run, that have orderings for all rows.
        bare: (D,) which columns are empty in all rows of the whole table.
        columns: the names of those to fill; None for all.
        is_whole: whether a table is all there is of it, unless some of its rows are wanted.
    """

    def __init__(
        self,
        run: Run,
        members: Sequence[Member],
        bare: NDArray[np.bool_],
        columns: Sequence[str] | None = None,
        *,
        is_whole: bool = True,
    ) -> None:
        self.run, self.members, self.bare, self.is_whole = run, members, bare, is_whole
        self.scorer = PartScorer(members)
        self.in_question = np.array([columns is None or name in columns for name in run.record.schema.names])

    def prepare(
        self,
        table: Table,
        on_progress: OnPass = lambda share: None,
        *,
        read: Known | None = None,
        first: int = 0,
        wanted: slice | None = None,
    ) -> Imputation:
        """Prepares to fill the empty cells of rows, given the other cells of each.

        Args:
            table: has the columns of the training table.
            read: its rows, where these have been read.
            on_progress: told of a pass for each member.
            first: the number of its first row in the whole, where a block of rows begins that are drawn together; so
                it does behind the last one, or there are no more.
            wanted: which rows of the whole to fill; None for all. How sure the cells are is told of all alone.

        Raises:
            UserError: a column is missing, or a cell does not fit.
        """
        end, is_part = first + table.rows, wanted is not None or not self.is_whole
        wanted = slice(max(first, wanted.start), min(end, wanted.stop)) if wanted else slice(first, end)
        rows, blocks = slice(wanted.start - first, wanted.stop - first), list(blocks_of(end, wanted))
        codes, known = read or known_cells(self.run, table, missing="marginal")
        total = max(1, sum(block.size for block in blocks))

        def imputer(block: Block) -> Imputer:
            drawn, told = slice(block.rows.start - first, block.rows.stop - first), block.size / total
            own = codes[drawn].astype(np.float64, copy=False)
            return Imputer(self.members, own, known[drawn], lambda share: on_progress(share * told), self.scorer)

        filled = [(block, imputer(block)) for block in blocks]
        empty = (~known & self.in_question)[rows]
        return Imputation(table.part(rows), empty, self.bare, filled, self.run, is_part=is_part)


def impute(
    run: Run,
    table: Table,
    permutations: int | None,
    seed: int,
    on_progress: OnPass = lambda share: None,
) -> Imputation:
    """Prepares to fill the empty cells of a table, given the other cells of their rows.

    Args:
        run: the run.
        table: has the columns of the training table.
        permutations: K, how many members; None for the usual number.
        seed: draws the orderings of networks trained for any.
        on_progress: told of a pass for each member.

    Raises:
        UserError: a column is missing, a cell does not fit, or no member has orderings for it.
    """
    read = known_cells(run, table, missing="marginal")
    known = read[1]
    members = supporting(run.members(permutations, seed=seed), np.where(known, EVIDENCE, MARGINAL))
    return TableImputer(run, members, np.asarray(~known.any(axis=0))).prepare(table, on_progress, read=read)
