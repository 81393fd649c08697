"""Sets of cells of one column: what a question asks about, and what may be drawn.

Knows: the cells of a column have whole numbers. That of a label is its code, that of a number x recorded with
resolution r is x / r. A set of cells is a union of intervals; the empty cell among numbers stands beside them.
Intersections and complements of such sets are such sets again.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

Interval = tuple[float, float]


@dataclass(frozen=True)
class Region:
    """A set of the cells of one column.

    Attributes:
        intervals: disjoint intervals of the numbers of cells, ascending, both ends included; ±inf for no end.
        empty: whether the empty cell of a column of numbers belongs to it; among labels it is a cell like others.

    >>> adults = Region(((18, math.inf),))
    >>> ~adults
    Region(intervals=((-inf, 17),), empty=True)
    >>> adults & ~Region(((20, 29),))
    Region(intervals=((18, 19), (30, inf)), empty=False)
    """

    intervals: tuple[Interval, ...]
    empty: bool = False

    def __and__(self, other: "Region") -> "Region":
        """The cells in both."""
        meets: list[Interval] = []
        mine, theirs = 0, 0
        while mine < len(self.intervals) and theirs < len(other.intervals):
            (a, b), (c, d) = self.intervals[mine], other.intervals[theirs]
            if max(a, c) <= min(b, d):
                meets.append((max(a, c), min(b, d)))
            # Whichever ends first meets nothing that comes later.
            mine, theirs = (mine + 1, theirs) if b < d else (mine, theirs + 1)
        return Region(tuple(meets), self.empty and other.empty)

    def __invert__(self) -> "Region":
        """All other cells."""
        starts = (-math.inf, *(high + 1 for _, high in self.intervals))
        ends = (*(low - 1 for low, _ in self.intervals), math.inf)
        gaps = ((low, high) for low, high in zip(starts, ends, strict=True) if low <= high)
        return Region(tuple(gap for gap in gaps if gap[0] < math.inf and gap[1] > -math.inf), not self.empty)

    def __bool__(self) -> bool:
        """Whether there is a cell in it."""
        return bool(self.intervals) or self.empty

    def __contains__(self, number: float) -> bool:
        """Whether the cell of this number is in it."""
        place = bisect_right(self.intervals, number, key=lambda interval: interval[0])
        return place > 0 and number <= self.intervals[place - 1][1]


EVERY_NUMBER = Region(((-math.inf, math.inf),))
"""All cells but the empty one."""


def union(regions: Iterable[Region]) -> Region:
    """Returns the cells in any of some sets.

    >>> union([Region(((5, 5),)), Region(((1, 3), (9, 9))), Region(((4, 4),), empty=True)])
    Region(intervals=((1, 5), (9, 9)), empty=True)
    """
    parts = list(regions)
    joined: list[Interval] = []
    for low, high in sorted(interval for part in parts for interval in part.intervals):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return Region(tuple(joined), any(part.empty for part in parts))


def intersection(regions: Iterable[Region]) -> Region:
    """Returns the cells in all of some sets, two or more.

    >>> intersection([Region(((1, 9),)), ~Region(((3, 3),)), ~Region(((5, 6),))])
    Region(intervals=((1, 2), (4, 4), (7, 9)), empty=False)
    """
    first, second, *more = regions
    return ~union(~region for region in (first, second, *more)) if more else first & second


def cells(numbers: "set[int]") -> Region:
    """Returns the set of some cells.

    >>> cells({3, 1, 4})
    Region(intervals=((1, 1), (3, 4)), empty=False)
    """
    return union([Region(tuple((number, number) for number in numbers))])
