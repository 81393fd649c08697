"""The empty cells of a table, filled a few rows at a time, so that it need not fit into memory.

Knows: what a row takes from all others: which columns are empty in all of them, and which members have orderings for
what is known in each. A long table is read once for that, and all that is wrong in it is refused then.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.ensemble.members import OnPass
from made_cli.inference import blocks as drawn_together
from made_cli.inference.conditionals import EVIDENCE, MARGINAL, supporting
from made_cli.inference.disagreement import Disagreement
from made_cli.inference.known import Known, known_cells
from made_cli.inference.table_imputation import Fill, FilledColumn, TableImputer
from made_cli.runs.run import Run
from made_cli.tables.columns.schema import LeftOut
from made_cli.tables.files.in_blocks import Block, TableBlocks, at_multiples


class BlockImputer:
    """A run, ready to fill a table.

    Args:
        run: the run.
        blocks: the table.
        permutations: K, how many members; None for the usual number.
        seed: draws the orderings of networks trained for any.
        columns: the names of those to fill; None for all.

    Attributes:
        not_filled: the columns that are not modelled and have empty cells, with the number of these.

    Raises:
        UserError: a column is missing, a cell does not fit, or no member has orderings for it.
    """

    def __init__(
        self,
        run: Run,
        blocks: TableBlocks,
        permutations: int | None,
        seed: int,
        *,
        columns: Sequence[str] | None = None,
    ) -> None:
        self.blocks = blocks
        bare = np.ones(len(run.record.schema.kinds), dtype=np.bool_)
        members, counts = run.members(permutations, seed=seed), Counter[LeftOut]()
        for table in blocks:
            _, known = read = known_cells(run, table, missing="marginal")
            members = supporting(members, np.where(known, EVIDENCE, MARGINAL))
            bare &= ~known.any(axis=0)
            counts.update(dict(run.record.schema.not_filled(table)))
        self._read = read if blocks.is_whole else None
        self.not_filled = list(counts.items())
        self.imputer = TableImputer(run, members, bare, columns, is_whole=blocks.is_whole)

    def filled(
        self,
        mode: Fill,
        draws: int,
        seed: int,
        on_progress: OnPass = lambda share: None,
        *,
        wanted: slice | None = None,
        how_sure: bool = False,
    ) -> Iterator["FilledRows"]:
        """Yields the rows, filled, as they follow each other.

        Args:
            mode: as in `Imputation.filled`.
            draws: how many tables to draw; several of a whole alone, which then is one block.
            seed: of all that is drawn.
            on_progress: told of the share that is done of a long table, of passes through a whole.
            wanted: which rows of the table; None for all. They are filled as they are among all, to the bit.
            how_sure: whether to say how sure the cells of each column are.

        Raises:
            UserError: the table is refused.
        """
        tell, done = on_progress if self.blocks.is_whole else lambda share: None, 0.0
        for block in at_multiples(self.blocks, drawn_together.BLOCK_ROWS, wanted):
            read = self._rows_read(block)
            imputation = self.imputer.prepare(block.table, tell, read=read, first=block.first, wanted=wanted)
            codes, tables = imputation.several(mode, draws, seed, tell)
            yield FilledRows(imputation.empty, tables, imputation.how_sure(codes, tell) if how_sure else [])
            if not self.blocks.is_whole:
                on_progress(block.share - done)
            done = block.share

    def _rows_read(self, block: Block) -> Known | None:
        """Returns the rows of a block as they were read for the members; None of a long table, which are not kept."""
        if self._read is None:
            return None
        codes, known = self._read
        rows = slice(block.first, block.first + block.table.rows)
        return codes[rows], known[rows]


class FilledRows(NamedTuple):
    """Rows whose empty cells are filled.

    Attributes:
        empty: (N, D) which cells of the modelled columns were.
        tables: the rows, once for each draw.
        sure: how sure the cells of each column are, where that is asked for.
    """

    empty: NDArray[np.bool_]
    tables: list[pd.DataFrame]
    sure: list[FilledColumn]


def joined(parts: Sequence[Sequence[FilledColumn]]) -> list[FilledColumn]:
    """Returns how sure the filled cells of each column are, from the same of parts of the rows that were drawn once."""
    by_name: dict[str, list[FilledColumn]] = {}
    for column in (column for part in parts for column in part):
        by_name.setdefault(column.kind.name, []).append(column)
    return [columns[0] if len(columns) == 1 else _mean(columns) for columns in by_name.values()]


def _mean(columns: Sequence[FilledColumn]) -> FilledColumn:
    counts = [column.cells for column in columns]
    chances = [column.probability for column in columns if column.probability is not None]
    apart = [column.disagreement for column in columns if column.disagreement is not None]
    return FilledColumn(
        columns[0].kind,
        sum(counts),
        float(np.average(chances, weights=counts)) if chances else None,
        Disagreement(*np.average([(a.std, a.least, a.greatest) for a in apart], axis=0, weights=counts).tolist())
        if apart
        else None,
        None,
        None,
    )
