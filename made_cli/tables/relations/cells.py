"""The cells of a table as whole numbers: which of the distinct values of its column each one is.

Knows: that several searches ask for the same, so that it is found once for each column; and that whole numbers which
are close together are counted, and others sorted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.relations.quantity import Values


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of one column.

    Attributes:
        places: (N,) which of its distinct values each one is.
        distinct: (U,) these, ascending; NaN, an empty cell, is the last.
        counts: (U,) how many rows have each.
    """

    places: NDArray[np.int64]
    distinct: Values
    counts: NDArray[np.int64]


class Columns:
    """The columns of a table, each as distinct values when it is first asked for.

    Args:
        values: (N, D) the cells: a number is itself, a label its code, an empty cell NaN.
    """

    def __init__(self, values: Values) -> None:
        self.values = values
        self._cells: dict[int, Cells] = {}

    @property
    def rows(self) -> int:
        """N, how many rows there are."""
        return len(self.values)

    def __getitem__(self, column: int) -> Cells:
        """Returns the cells of a column."""
        if column not in self._cells:
            self._cells[column] = cells_of(self.values[:, column])
        return self._cells[column]

    def joint(self, columns: Sequence[int], rows: slice = slice(None)) -> NDArray[np.int64]:
        """Returns one number (n,) for the cells that some rows have in some columns: equal where they are."""
        first, *others = (self[column] for column in columns)
        joint = first.places[rows]
        for each in others:
            joint = joint * len(each.distinct) + each.places[rows]
        return joint


def cells_of(numbers: Values) -> Cells:
    """Returns the distinct values of a column (N,).

    >>> found = cells_of(np.array([7.0, np.nan, 5.0, 7.0]))
    >>> found.places.tolist(), found.distinct.tolist(), found.counts.tolist()
    ([1, 2, 0, 1], [5.0, 7.0, nan], [1, 2, 1])
    """
    empty = np.isnan(numbers)
    present = numbers[~empty]
    own, distinct = _counted(present) if _are_close(present) else _sorted(present)
    if not empty.any():
        places = own
    else:
        places = np.full(len(numbers), len(distinct))
        places[~empty] = own
        distinct = np.append(distinct, np.nan)
    return Cells(places, distinct, np.bincount(places, minlength=len(distinct)))


def _are_close(numbers: Values) -> bool:
    """Says whether numbers are whole, and there are not many more between them."""
    if not len(numbers) or not numbers.max() - numbers.min() < len(numbers):
        return False
    return bool((numbers == np.rint(numbers)).all())


def _counted(numbers: Values) -> tuple[NDArray[np.int64], Values]:
    """Returns the places of whole numbers among those there are, and these."""
    least = numbers.min()
    steps = (numbers - least).astype(np.int64)
    there = np.bincount(steps) > 0
    return (np.cumsum(there) - 1)[steps], np.flatnonzero(there) + least


def _sorted(numbers: Values) -> tuple[NDArray[np.int64], Values]:
    """Returns the places of numbers among the distinct ones, and these."""
    order = numbers.argsort()
    ascending = numbers[order]
    is_first = np.ones(len(numbers), dtype=np.bool_)
    is_first[1:] = ascending[1:] != ascending[:-1]
    places = np.empty(len(numbers), dtype=np.int64)
    places[order] = np.cumsum(is_first) - 1
    return places, ascending[is_first]
