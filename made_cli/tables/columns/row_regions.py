"""Sets of cells of one column, one for each row: what relations leave of it, given the rest of the row.

Knows: the same sets as `made_cli.tables.columns.regions`, as arrays. Each row has up to P intervals, ascending; where
it has fewer, an interval that ends before it begins.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.columns.regions import Region

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]


class CellSets(ABC):
    """A set of the cells of one column for each of N rows; of a single one for all rows, N is 1."""

    @abstractmethod
    def __and__(self, other: "CellSets") -> "CellSets":
        """The cells in both, of a column of the same form."""

    @abstractmethod
    def __invert__(self) -> "CellSets":
        """All other cells."""

    @abstractmethod
    def codes(self, count: int) -> Mask:
        """Returns (N, count) which of the codes 0..count − 1 are in each set."""

    @abstractmethod
    def contains(self, cells: Numbers) -> Mask:
        """Says (N,) whether the cell of each row is in its set: as regions count them, NaN for an empty number."""

    @abstractmethod
    def take(self, rows: NDArray[np.int64] | slice) -> "CellSets":
        """Returns the sets of some rows; all of them are one where there is one for all."""

    @property
    @abstractmethod
    def present(self) -> Mask:
        """(N,) in which rows there is a cell in it."""

    @property
    @abstractmethod
    def single(self) -> Mask:
        """(N,) in which rows there is one cell in it."""

    def meets(self, other: "CellSets") -> Mask:
        """Says (N,) in which rows there is a cell in both."""
        return (self & other).present


@dataclass(frozen=True)
class Regions(CellSets):
    """Intervals of cells: a set of the numbers of a column for each of N rows.

    Attributes:
        low: (N, P) the number of the first cell of each interval.
        high: (N, P) of the last; less than the first where there is no interval.
        empty: (N,) whether the empty cell of a column of numbers belongs to it.

    >>> adults = Regions.between(np.array([18.0, 21.0]), np.array([math.inf, math.inf]))
    >>> (~adults)[1]
    Region(intervals=((-inf, 20.0),), empty=True)
    >>> (adults & Regions.of(Region(((20, 29),))))[1]
    Region(intervals=((21.0, 29.0),), empty=False)
    """

    low: Numbers
    high: Numbers
    empty: Mask

    @classmethod
    def of(cls, region: Region) -> "Regions":
        """Returns one set for all rows."""
        cells = np.array(region.intervals, dtype=np.float64).reshape(1, -1, 2)
        return cls(cells[..., 0], cells[..., 1], np.array([region.empty]))

    @classmethod
    def between(cls, low: Numbers, high: Numbers, *, empty: bool = False) -> "Regions":
        """Returns one interval for each row, from ends (N,), both included."""
        return cls(low[:, np.newaxis], high[:, np.newaxis], np.full(len(low), empty))

    @classmethod
    def of_codes(cls, allowed: Mask) -> "Regions":
        """Returns the sets of labels whose codes 0..S−1 are allowed (N, S)."""
        steps = np.zeros((len(allowed), allowed.shape[1] + 1), dtype=np.int8)
        steps[:, :-1] += allowed
        steps[:, 1:] -= allowed
        (rows, first), (_, behind) = np.nonzero(steps > 0), np.nonzero(steps < 0)
        counts = np.bincount(rows, minlength=len(allowed))
        places = np.arange(len(rows)) - (counts.cumsum() - counts)[rows]
        low = np.full((len(allowed), counts.max(initial=0)), math.inf)
        high = np.full_like(low, -math.inf)
        low[rows, places], high[rows, places] = first, behind - 1
        return cls(low, high, np.zeros(len(allowed), dtype=np.bool_))

    def codes(self, count: int) -> Mask:
        """Returns (N, count) which of the codes 0..count − 1 are in each set.

        >>> Regions.of(Region(((1, 2),))).codes(4).tolist()
        [[False, True, True, False]]
        """
        return self.holding(np.arange(float(count)))

    def holding(self, cells: Numbers) -> Mask:
        """Returns (N, A) which of some cells (A,), the same for all rows, are in each set."""
        found = np.zeros((len(self.low), len(cells)), dtype=np.bool_)
        for low, high in zip(self.low.T, self.high.T, strict=True):
            found |= (low[:, np.newaxis] <= cells) & (cells <= high[:, np.newaxis])
        return found

    def __and__(self, other: CellSets) -> "Regions":
        """The cells in both."""
        assert isinstance(other, Regions)
        low = np.maximum(self.low[:, :, np.newaxis], other.low[:, np.newaxis])
        high = np.minimum(self.high[:, :, np.newaxis], other.high[:, np.newaxis])
        rows = len(low)
        return _tidy(low.reshape(rows, -1), high.reshape(rows, -1), self.empty & other.empty)

    def __invert__(self) -> "Regions":
        """All other cells."""
        is_one = self.low <= self.high
        low, high = np.where(is_one, self.low, math.inf), np.where(is_one, self.high, math.inf)
        order = low.argsort(axis=1, kind="stable")
        low, high = np.take_along_axis(low, order, 1), np.take_along_axis(high, order, 1)
        edge = np.full((len(low), 1), math.inf)
        starts, ends = np.hstack([-edge, high + 1]), np.hstack([low - 1, edge])
        starts[(starts == math.inf) | (ends == -math.inf)] = math.inf
        return _tidy(starts, np.where(starts == math.inf, -math.inf, ends), ~self.empty)

    def __or__(self, other: "Regions") -> "Regions":
        """The cells in either."""
        return ~(~self & ~other)

    def __getitem__(self, row: int) -> Region:
        """The set of one row."""
        ends = zip(self.low[row].tolist(), self.high[row].tolist(), strict=True)
        return Region(tuple((low, high) for low, high in ends if low <= high), bool(self.empty[row]))

    def take(self, rows: NDArray[np.int64] | slice) -> "Regions":
        """Returns the sets of some rows; all of them are one where there is one for all."""
        return self if len(self.low) == 1 else Regions(self.low[rows], self.high[rows], self.empty[rows])

    @property
    def present(self) -> Mask:
        """(N,) in which rows there is a cell in it."""
        return np.asarray((self.low <= self.high).any(axis=1) | self.empty)

    @property
    def single(self) -> Mask:
        """(N,) in which rows there is one cell in it."""
        cells = np.where(self.low <= self.high, self.high - self.low + 1, 0).sum(axis=1)
        return np.asarray(cells + self.empty == 1)

    def contains(self, cells: Numbers) -> Mask:
        """Says (N,) whether the cell of each row is in its set: a number, NaN for the empty one."""
        cells = cells[:, np.newaxis]
        inside = ((self.low <= cells) & (cells <= self.high)).any(axis=1)
        return np.asarray(np.where(np.isnan(cells[:, 0]), self.empty, inside))

    def with_empty(self, empty: bool) -> "Regions":
        """Returns the sets with the empty cell, or without it."""
        return replace(self, empty=np.full_like(self.empty, empty))


@dataclass(frozen=True)
class LabelSets(CellSets):
    """A set of the outcomes of a column of labels for each of N rows, the empty cell one of them.

    Attributes:
        allowed: (N, S) which of the codes 0..S − 1 are in it; of a single set for all rows, N is 1.

    >>> first, second = (LabelSets(np.array([[one, True, False]])) for one in (True, False))
    >>> (first & ~second).allowed.tolist()
    [[True, False, False]]
    """

    allowed: Mask

    def codes(self, count: int) -> Mask:
        """Returns (N, count) which of the first codes are in each set."""
        return self.allowed[:, :count]

    def __and__(self, other: "CellSets") -> "LabelSets":
        """The outcomes in both."""
        return LabelSets(self.allowed & other.codes(self.allowed.shape[1]))

    def __invert__(self) -> "LabelSets":
        """All other outcomes."""
        return LabelSets(~self.allowed)

    def take(self, rows: NDArray[np.int64] | slice) -> "LabelSets":
        """Returns the sets of some rows; all of them are one where there is one for all."""
        return self if len(self.allowed) == 1 else LabelSets(self.allowed[rows])

    @property
    def present(self) -> Mask:
        """(N,) in which rows there is an outcome in it."""
        return np.asarray(self.allowed.any(axis=1))

    @property
    def single(self) -> Mask:
        """(N,) in which rows there is one outcome in it."""
        return np.asarray(self.allowed.sum(axis=1) == 1)

    def contains(self, cells: Numbers) -> Mask:
        """Says (N,) whether the code of each row is in its set."""
        if len(self.allowed) == 1:
            return np.asarray(self.allowed[0, cells.astype(np.int64)])
        return np.asarray(self.allowed[np.arange(len(cells)), cells.astype(np.int64)])


EVERYTHING = Regions.of(Region(((-math.inf, math.inf),), empty=True))
"""All cells."""


@overload
def either(where: Mask, first: Regions, second: Regions) -> Regions: ...


@overload
def either(where: Mask, first: CellSets, second: CellSets) -> CellSets: ...


def either(where: Mask, first: CellSets, second: CellSets) -> CellSets:
    """Returns the first sets in some of the rows (N,), the second ones elsewhere."""
    rows = where[:, np.newaxis]
    if isinstance(first, Regions) and isinstance(second, Regions):
        width = max(first.low.shape[1], second.low.shape[1])
        (low, high), (other_low, other_high) = _widened(first, width), _widened(second, width)
        empty = np.where(where, first.empty, second.empty)
        return Regions(np.where(rows, low, other_low), np.where(rows, high, other_high), empty)
    count = max(each.allowed.shape[1] for each in (first, second) if isinstance(each, LabelSets))
    return LabelSets(np.where(rows, first.codes(count), second.codes(count)))


def _widened(regions: Regions, width: int) -> tuple[Numbers, Numbers]:
    """Returns the ends of the intervals with room for more of them."""
    rows, own = regions.low.shape
    if own == width:
        return regions.low, regions.high
    low, high = np.full((rows, width), math.inf), np.full((rows, width), -math.inf)
    low[:, :own], high[:, :own] = regions.low, regions.high
    return low, high


def _tidy(low: Numbers, high: Numbers, empty: Mask) -> Regions:
    """Leaves out the places at which no row has an interval."""
    kept = (low <= high).any(axis=0)
    return Regions(low[:, kept], high[:, kept], empty) if not kept.all() else Regions(low, high, empty)
