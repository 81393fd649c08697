"""Two tables as comparable columns: the real one decides what each column is, and every other is read that way.

Knows: the form that every comparison takes, values (N, D). A number is itself, a label is a whole number that means the
same in every table, an empty cell is NaN. All labels that the real table does not have share one such number: it has no
row with any of them, so neither a difference of shares nor a distance to its rows could tell them apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.encoding import codes_of, empty_texts
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.schema import Schema
from made_cli.tables.files.table import Table

Values = NDArray[np.float64]
NUMBERS = 0
"""The size of a column of numbers, which are not counted off."""


@dataclass(frozen=True)
class Alignment:
    """The columns of the real table.

    Attributes:
        kinds: (D,) the kind of each; no label of a categorical one is rare.
        source: where the real table came from.
    """

    kinds: tuple[Kind, ...]
    source: str

    @property
    def sizes(self) -> tuple[int, ...]:
        """(D,) how many codes a column of labels has, 0 to that number less one; `NUMBERS` for numbers."""
        return sizes_of(self.kinds)

    def read(self, table: Table) -> Values:
        """Reads a table as the real one.

        Args:
            table: has all the columns, in any order; others are ignored.

        Returns:
            Values (N, D).

        Raises:
            UserError: there are no rows, a column is missing, or a cell of a numeric column is no number.
        """
        missing = [kind.name for kind in self.kinds if kind.name not in table.names]
        if missing:
            raise UserError(
                f"{table.source}: no column {', '.join(map(repr, missing[:5]))}{' …' * (len(missing) > 5)}"
                f" ({len(missing)} of the {len(self.kinds)} that {self.source} has are missing)",
                hint="Columns are found by name; rename them, or leave them out of the comparison with --drop.",
                code=Exit.SCHEMA_MISMATCH,
            )
        if not table.rows:
            raise UserError(f"{table.source}: no rows", hint="Rows are compared with rows.", code=Exit.BAD_DATA)
        values = np.empty((table.rows, len(self.kinds)))
        for index, kind in enumerate(self.kinds):
            values[:, index] = self._read_column(kind, table)
        return values

    def _read_column(self, kind: Kind, table: Table) -> Values:
        column = table.column(kind.name)
        try:
            codes = codes_of(kind, column)
        except ValueError as error:
            text = str(error.args[0])
            raise UserError(
                f"{table.where(column.first_row(text))}, column {kind.name!r}: {text!r} is no value of a"
                f" {kind.described} column, which it is in {self.source}",
                hint=f"Mend the cell, leave it empty, or compare labels with --kind {kind.name}=categorical.",
                code=Exit.SCHEMA_MISMATCH,
            ) from None
        codes[empty_texts(kind, column)] = np.nan
        return np.asarray(codes[column.inverse]) + 0.0  # −0 is 0, in its bytes too


def sizes_of(kinds: Sequence[Kind]) -> tuple[int, ...]:
    """Returns how many codes each column of labels has, and `NUMBERS` for columns of numbers."""
    return tuple(NUMBERS if kind.outcomes is None else kind.outcomes for kind in kinds)


def align(schema: Schema, source: str) -> Alignment:
    """Makes the alignment to a real table; in a comparison, its rare labels are labels like others.

    Args:
        schema: of the real table.
        source: where that came from.
    """
    return Alignment(tuple(kind.without_rare() for kind in schema.kinds), source)


def discrete(column: Values, size: int) -> NDArray[np.int64]:
    """Turns values of a column of labels (N,) into whole numbers 0..size, the last of them for an empty cell.

    >>> discrete(np.array([2.0, np.nan, 0.0]), 3)
    array([2, 3, 0])
    """
    return np.where(np.isnan(column), size, column).astype(np.int64)
