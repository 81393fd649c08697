"""Sets of cells of one column, one for each row: what relations leave of it, given the rest of the row.

Knows: the same sets as `made_cli.tables.columns.regions`, as arrays. Each row has up to P intervals, ascending; where
it has fewer, an interval that ends before it begins.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.columns.regions import Region

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Regions:
    """A set of the cells of one column for each of N rows; of a single one for all rows, N is 1.

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
        steps = np.diff(np.pad(allowed, ((0, 0), (1, 1))).astype(np.int8), axis=1)
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
        rows, is_one = np.arange(len(self.low))[:, np.newaxis], self.low <= self.high
        steps = np.zeros((len(self.low), count + 2))
        # How many intervals have begun less how many have ended.
        for ends, step in ((self.low, 1.0), (self.high + 1, -1.0)):
            places = np.clip(ends, 0, count + 1).astype(np.int64)
            np.add.at(steps, (np.broadcast_to(rows, places.shape), places), np.where(is_one, step, 0.0))
        return np.asarray(steps[:, :count].cumsum(axis=1) > 0)

    def __and__(self, other: "Regions") -> "Regions":
        """The cells in both."""
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

    def meets(self, other: "Regions") -> Mask:
        """Says (N,) in which rows there is a cell in both."""
        return (self & other).present

    def contains(self, cells: Numbers) -> Mask:
        """Says (N,) whether the cell of each row is in its set: a number, NaN for the empty one."""
        cells = cells[:, np.newaxis]
        inside = ((self.low <= cells) & (cells <= self.high)).any(axis=1)
        return np.asarray(np.where(np.isnan(cells[:, 0]), self.empty, inside))

    def with_empty(self, empty: Mask | bool) -> "Regions":
        """Returns the sets with the empty cell, or without it, in each row (N,) or in all."""
        return replace(self, empty=np.broadcast_to(empty, len(self.low)))


EVERYTHING = Regions.of(Region(((-math.inf, math.inf),), empty=True))
"""All cells."""


def either(where: Mask, first: Regions, second: Regions) -> Regions:
    """Returns the first sets in some of the rows (N,), the second ones elsewhere."""
    width = max(first.low.shape[1], second.low.shape[1])
    one, other = _widened(first, width), _widened(second, width)
    rows = where[:, np.newaxis]
    return Regions(
        np.where(rows, one.low, other.low),
        np.where(rows, one.high, other.high),
        np.where(where, one.empty, other.empty),
    )


def _widened(regions: Regions, width: int) -> Regions:
    """Returns them with room for more intervals."""
    missing = ((0, 0), (0, width - regions.low.shape[1]))
    low = np.pad(regions.low, missing, constant_values=math.inf)
    return Regions(low, np.pad(regions.high, missing, constant_values=-math.inf), regions.empty)


def _tidy(low: Numbers, high: Numbers, empty: Mask) -> Regions:
    """Leaves out the places at which no row has an interval."""
    kept = (low <= high).any(axis=0)
    return Regions(low[:, kept], high[:, kept], empty) if not kept.all() else Regions(low, high, empty)
