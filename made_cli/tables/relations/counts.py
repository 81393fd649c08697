"""How many rows keep a relation, and which relations are worth a line.

Knows: that what columns independent of each other would show as well is no relation, and the two tests of that. With q
the probability that a row of independent columns breaks a relation, n such rows break it at most b times with a
probability of no more than exp(-n KL(b/n || q)): Chernoff's bound. Times how many relations were tried (Bonferroni) it
must be below `LEVEL`. What is only rare in a large table passes that, so there is also a bound on how rare.
"""

import math
from dataclasses import dataclass

LEVEL = 0.01
"""How probable it may be that any relation is listed where all columns are independent."""
MOST_BROKEN = 0.01
"""A relation may be broken in this share of the rows that it speaks of."""
SCOUTED = 0.05
"""The share of the rows that are looked at first which may break a relation that is looked at in all rows."""
RARER = 100
"""Independent columns must break a relation this many times as often, were there one more break than there are.

With half of it, a sixth of the implications found in one half of a table were broken by more than one of a hundred rows
of the other half.
"""
RARER_AT_A_BOUNDARY = 20
"""The same of orders and equations: rows that come up to a boundary, or lie on it, say more than rows that are not."""


@dataclass(frozen=True)
class Count:
    """How many rows keep a relation, and how many break it; there may be others, of which it says nothing."""

    support: int
    breaks: int

    def __add__(self, other: "Count") -> "Count":
        """The rows of both."""
        return Count(self.support + other.support, self.breaks + other.breaks)

    @property
    def rows(self) -> int:
        """The rows that the relation speaks of."""
        return self.support + self.breaks

    @property
    def is_near(self) -> bool:
        """Whether there are rows, and it holds in all of them or nearly all."""
        return self.rows > 0 and self.breaks <= MOST_BROKEN * self.rows

    @property
    def share(self) -> float | None:
        """The share of these that break it; None where there are none."""
        return self.breaks / self.rows if self.rows else None


def stands_out(count: Count, expected: float, log_tried: float, rarer: float = RARER) -> bool:
    """Says whether a relation holds where independent columns would not show it.

    Args:
        count: the rows that keep and break it.
        expected: how many of them independent columns would break.
        log_tried: the logarithm of how many relations were tried.
        rarer: how many times as often these must break it.

    >>> stands_out(Count(500, 0), 150.0, math.log(1000)), stands_out(Count(499, 1), 150.0, math.log(1000))
    (True, False)
    >>> stands_out(Count(500, 0), 150.0, 200.0)
    False
    """
    if not count.is_near or expected < rarer * (count.breaks + 1):
        return False
    return log_chance(count, expected) + log_tried < math.log(LEVEL)


def log_chance(count: Count, expected: float) -> float:
    """Returns the logarithm of at most how probable so few breaks are where so many are expected.

    >>> log_chance(Count(10, 0), 5.0) == 10 * math.log(0.5)
    True
    """
    rows, broken = count.rows, count.breaks / count.rows
    likely = min(max(expected / rows, 1e-12), 1 - 1e-12)
    if broken >= likely:
        return 0.0
    parts = ((broken, likely), (1 - broken, 1 - likely))
    return -rows * sum(share * math.log(share / chance) for share, chance in parts if share > 0)


def columns_of(size: int, columns: int, most: int) -> int:
    """Returns among how many of some columns there are at most so many sets of a size.

    >>> columns_of(2, 300, 20_000), columns_of(2, 30, 20_000)
    (200, 30)
    """
    return next(count for count in range(columns, -1, -1) if math.comb(count, size) <= most)
