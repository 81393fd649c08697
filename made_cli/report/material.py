"""What a report is made of: rows of a table and rows of the run's own, as codes.

Knows: how many rows are taken where there are more, which of them are whole, and how a table is named to others.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from made_cli.ensemble.sampling import sample_mixture
from made_cli.errors import Exit, UserError
from made_cli.fidelity.alignment import Values, sizes_of
from made_cli.inference.known import known_cells
from made_cli.runs.run import Run
from made_cli.runs.saved import Combined, combined
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.schema import Codes
from made_cli.tables.files.table import Table


@dataclass(frozen=True)
class RealRows:
    """The rows of a table that a report speaks of.

    Attributes:
        table: all of it, as it was read.
        places: (N,) the rows that were taken, ascending.
        codes: (N, D).
        known: (N, D) which cells are.
    """

    table: Table
    places: NDArray[np.int64]
    codes: Codes
    known: NDArray[np.bool_]

    @property
    def values(self) -> Values:
        """(N, D) codes, NaN for what is not known."""
        return np.where(self.known, self.codes.astype(np.float64), np.nan)

    @property
    def whole(self) -> Table | None:
        """Those of the rows all cells of which are known; None where there is none."""
        places = self.places[self.known.all(axis=1)]
        lines = None if self.table.lines is None else self.table.lines[places]
        return Table(self.table.frame.iloc[places], self.table.source, lines) if len(places) else None


@dataclass(frozen=True)
class Material:
    """A run, rows that it drew, and rows of a table where there is one.

    Attributes:
        run: the run.
        mixture: its members, equally mixed.
        own: (M, D) the codes of rows drawn from that mixture.
        real: the rows of the table.
        seed: of all that is drawn.
    """

    run: Run
    mixture: Combined
    own: Codes
    real: RealRows | None
    seed: int

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """(D,) the columns."""
        return self.run.record.schema.kinds

    @property
    def sizes(self) -> tuple[int, ...]:
        """(D,) how many codes a column of labels has; see `sizes_of`."""
        return sizes_of(self.kinds)


def file_of(source: str) -> str:
    """Returns the name of a table as a page says it: without the folders, which its reader may not have.

    >>> file_of("mine/new.npz:test")
    'new.npz:test'
    """
    return Path(source).name


def gathered(run: Run, table: Table | None, rows: int, seed: int) -> Material:
    """Reads rows of a table for a run, and draws as many as may be taken of it.

    Args:
        run: the run.
        table: has the columns of the run; None for a report of the run alone.
        rows: how many rows are drawn, and taken of the table at most: then at random.
        seed: draws both.

    Raises:
        UserError: the table has no rows, lacks a column, or a cell does not fit.
    """
    mixture = combined(run, "mixture", None, seed)
    own = sample_mixture(mixture.members, rows, np.random.default_rng([seed, 0])).codes
    return Material(run, mixture, own, None if table is None else _taken(run, table, rows, seed), seed)


def _taken(run: Run, table: Table, rows: int, seed: int) -> RealRows:
    if not table.rows:
        raise UserError(f"{table.source}: no rows", hint="Leave it out for a report of the run.", code=Exit.BAD_DATA)
    codes, known = known_cells(run, table)
    count = len(codes)
    places = np.random.default_rng([seed, 1]).choice(count, min(rows, count), replace=False)
    places.sort()
    return RealRows(table, places, codes[places], known[places])
