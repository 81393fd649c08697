"""What a column says in few words: which of its values each row has.

Knows: which values conditions are made of: labels, empty cells and numbers with a point mass, each in enough rows for
anything to be said of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.columns.categorical import Categorical
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.relations.cells import Columns
from made_cli.tables.relations.counts import RARER
from made_cli.tables.relations.implications import Condition

CHEAP = 100
"""Products of two numbers that take less than to count a row of a pair of columns."""
AT_ONCE = 4096
"""Rows that are multiplied at a time."""
Value = tuple[int, float | None]
"""A column and one of its values, None for an empty cell."""


@dataclass(frozen=True)
class View:
    """The values of a column.

    Attributes:
        places: (N,) which of the values each row has; their number for any other.
        values: (V,) the values.
        resolution: the step that the numbers among them are multiples of; 1 for labels.
    """

    places: NDArray[np.int64]
    values: tuple[Value, ...]
    resolution: float

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(V + 1,) how many rows have each value, and how many another."""
        return np.bincount(self.places, minlength=len(self.values) + 1)

    @property
    def complete(self) -> bool:
        """Whether no row has another value."""
        return not self.counts[-1]

    def beside(self, other: "View") -> NDArray[np.int64]:
        """Returns (V, W) how many rows have each value together with each one of another column."""
        width = len(other.values) + 1
        joint = np.bincount(self.places * width + other.places, minlength=(len(self.values) + 1) * width)
        return np.asarray(joint.reshape(-1, width)[:-1, :-1])

    def condition(self, values: Sequence[Value], *, holds: bool = True) -> Condition:
        """Returns that a cell is one of some of the values, or none of them."""
        return Condition(values[0][0], tuple(value for _, value in values), holds, self.resolution)


def counted_together(
    views: Mapping[int, View], pairs: Sequence[tuple[int, int]]
) -> Callable[[int, int], NDArray[np.int64]]:
    """Returns the function that says of two columns what `View.beside` says.

    Args:
        views: of all columns.
        pairs: the columns that it will be asked for. Where these are many, of few values, all are counted in one
            product of matrices; of rows that are fewer than 2²⁴, in floats exactly.
    """
    ends = np.cumsum([len(each.values) + 1 for each in views.values()])
    if not pairs or ends[-1] ** 2 > CHEAP * len(pairs):
        return lambda first, second: views[first].beside(views[second])
    starts = dict(zip(views, [0, *ends[:-1].tolist()], strict=True))
    rows, together = len(next(iter(views.values())).places), np.zeros((ends[-1], ends[-1]), dtype=np.float32)
    for start in range(0, rows, AT_ONCE):
        places = [each.places[start : start + AT_ONCE] + starts[column] for column, each in views.items()]
        marks = np.zeros((len(places[0]), ends[-1]), dtype=np.float32)
        np.put_along_axis(marks, np.column_stack(places), 1.0, axis=1)
        together += marks.T @ marks

    def counted(first: int, second: int) -> NDArray[np.int64]:
        own, other = (slice(starts[column], starts[column] + len(views[column].values)) for column in (first, second))
        return together[own, other].astype(np.int64)

    return counted


def view(table: Columns, kinds: Sequence[Kind], column: int, *, least: int = RARER, with_empty: bool = True) -> View:
    """Returns what a column says by values that at least so many rows have, empty cells among them."""
    kind, cells = kinds[column], table[column]
    distinct = cells.distinct
    recurs = isinstance(kind, Categorical) | np.isnan(distinct)
    if not isinstance(kind, Categorical):
        recurs |= np.isin(distinct, kind.atoms)
    kept = np.flatnonzero(recurs & (cells.counts >= least) & (with_empty | ~np.isnan(distinct)))
    places = np.full(len(distinct), len(kept))
    places[kept] = np.arange(len(kept))
    found = tuple((column, None if np.isnan(value) else float(value)) for value in distinct[kept])
    return View(places[cells.places], found, kind.resolution or 1.0)
