"""Sets of cells of one column: what a question asks about, and what may be drawn.

Knows: the cells of a column have whole numbers. That of a label is its code, that of a number x recorded with
resolution r is x / r. A set of cells is a union of intervals; the empty cell among numbers stands beside them.
Intersections and complements of such sets are such sets again.
"""

import math
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
        meets = ((max(a, c), min(b, d)) for a, b in self.intervals for c, d in other.intervals)
        return Region(tuple(sorted(meet for meet in meets if meet[0] <= meet[1])), self.empty and other.empty)

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
        return any(low <= number <= high for low, high in self.intervals)


EVERY_NUMBER = Region(((-math.inf, math.inf),))
"""All cells but the empty one."""


def cells(numbers: "set[int]") -> Region:
    """Returns the set of some cells.

    >>> cells({3, 1, 4})
    Region(intervals=((1, 1), (3, 4)), empty=False)
    """
    intervals: list[Interval] = []
    for number in sorted(numbers):
        if intervals and number == intervals[-1][1] + 1:
            intervals[-1] = (intervals[-1][0], number)
        else:
            intervals.append((number, number))
    return Region(tuple(intervals))
