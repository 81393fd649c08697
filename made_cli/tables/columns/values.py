"""The values of a table whose columns were understood, of the rows and columns that are asked for.

Knows: that a number is itself, a label its code, an empty cell NaN; no label is rare, and no number is scaled. What was
read to find the kinds is not read again, and no table of all values is made.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.columns.encoding import codes_of
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.recognition import Finding
from made_cli.tables.files.table import Table


class Values:
    """The values of the columns that are not left out.

    Args:
        findings: of the columns.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        self._columns = [_Column(finding, kind.without_rare()) for finding in findings if (kind := finding.unscaled)]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """(D,) the kind of each; no label is rare, and no number is scaled."""
        return tuple(column.kind for column in self._columns)

    def of(self, rows: NDArray[np.int64] | slice, columns: Collection[int]) -> NDArray[np.float64]:
        """Returns (n, D) the values of some rows, in some of the columns; there is anything in the others."""
        values = np.empty((len(self._columns[0].inverse[rows]), len(self._columns)), order="F")
        for place in columns:
            values[:, place] = self._columns[place].of(rows)
        return values


def about_rows(findings: Sequence[Finding], table: Table) -> list[Finding]:
    """Returns findings about columns, each with the cells of some rows alone.

    Args:
        findings: about the columns of all rows.
        table: the rows.
    """
    return [
        replace(found, column=table.column(found.column.name).with_marks(found.marks), numbers=None)
        for found in findings
    ]


class _Column:
    """A column, with what each of its texts is."""

    def __init__(self, finding: Finding, kind: Kind) -> None:
        self.kind = kind
        self.inverse = finding.column.inverse
        self._finding = finding

    @cached_property
    def _texts(self) -> NDArray[np.float64]:
        """(U,) the value of each distinct text; −0 is 0, in its bytes too."""
        column, numbers = self._finding.column, self._finding.numbers
        present = ~column.is_missing
        texts = np.full(len(present), np.nan)
        texts[present] = codes_of(self.kind, column)[present] if numbers is None else numbers
        return texts + 0.0

    def of(self, rows: NDArray[np.int64] | slice) -> NDArray[np.float64]:
        """Returns (n,) the values of some rows."""
        return np.asarray(self._texts[self.inverse[rows]])
