"""How surprising rows are, cell by cell: those of a table beside rows of the run's own.

Knows: where a density is right, real rows are as likely, and their cells as surprising, as its own rows; and which rows
of a table are the oddest, with the cells that make them odd.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from made_cli.ensemble.mixture import Estimate, estimate
from made_cli.inference.scoring import CodeScorer
from made_cli.inference.surprisal import oddest
from made_cli.report.cells import shortened
from made_cli.report.material import Material, RealRows

ROWS = 10
"""Rows that are named."""
CELLS = 3
"""Cells that are named of each."""
LONGEST = 40
"""Characters of a cell that are shown."""


@dataclass(frozen=True)
class OddCell:
    """A cell that makes a row odd: the column, the text, its surprisal and what is usual of the column, nats."""

    column: str
    text: str
    surprisal: float
    usual: float


@dataclass(frozen=True)
class OddRow:
    """A row, by its line or number in its table, its log-likelihood in nats, and its odd cells, the oddest first."""

    place: str
    log_prob: float
    cells: tuple[OddCell, ...]


@dataclass(frozen=True)
class Surprisals:
    """Rows of a table beside rows of the run's own.

    Attributes:
        log_prob: (N,) log-likelihoods of the rows of the table, nats; empty without a table.
        own_log_prob: (M,) of the run's own rows.
        columns: for each column the mean surprisal of its known cells in the table; None where there is none.
        own_columns: likewise in the run's own rows.
        oddest: the rows of least log-likelihood, the least first.
    """

    log_prob: NDArray[np.float64]
    own_log_prob: NDArray[np.float64]
    columns: tuple[Estimate | None, ...]
    own_columns: tuple[Estimate, ...]
    oddest: tuple[OddRow, ...]


def surprisals_of(material: Material) -> Surprisals:
    """Scores the rows of a table, and rows of the run's own, under the equal mixture."""
    scorer = CodeScorer(material.mixture.members, material.mixture.combination)
    everything = np.broadcast_to(np.True_, material.own.shape)
    own = scorer.score(material.own, everything)
    own_cells = scorer.surprisals(material.own, everything, own.terms)
    own_columns = tuple(estimate(-cells) for cells in own_cells.T)
    if material.real is None:
        return Surprisals(np.empty(0), own.log_prob, (None,) * len(own_columns), own_columns, ())
    real = scorer.score(material.real.codes, material.real.known)
    cells = scorer.surprisals(material.real.codes, material.real.known, real.terms)
    return Surprisals(
        real.log_prob,
        own.log_prob,
        tuple(estimate(-column[~np.isnan(column)]) if np.isfinite(column).any() else None for column in cells.T),
        own_columns,
        tuple(_odd_rows(material, material.real, real.log_prob, cells, own_cells.mean(axis=0))),
    )


def _odd_rows(
    material: Material,
    rows: RealRows,
    log_prob: NDArray[np.float64],
    cells: NDArray[np.float64],
    usual: NDArray[np.float64],
) -> list[OddRow]:
    least = np.argsort(log_prob, kind="stable")[:ROWS]
    columns = oddest(cells[least], usual, CELLS)
    names = material.run.record.schema.names
    return [
        OddRow(
            rows.table.where(int(rows.places[row])).removeprefix(f"{rows.table.source}, "),
            float(log_prob[row]),
            tuple(
                OddCell(names[column], _text(rows, names[column], row), float(cells[row, column]), float(usual[column]))
                for column in odd.tolist()
                if cells[row, column] > usual[column]
            ),
        )
        for row, odd in zip(least.tolist(), columns, strict=True)
    ]


def _text(rows: RealRows, name: str, row: int) -> str:
    """Returns the cell of a column in a row as the table has it."""
    column = rows.table.column(name)
    return shortened(column.texts[column.inverse[rows.places[row]]], LONGEST)
