"""A part of the rows of a table, one of several that make the whole.

Knows: which rows part I of N has.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shard:
    """Part I of N.

    Attributes:
        place: I, from 1.
        count: N.

    >>> [Shard(place, 3).rows(10) for place in (1, 2, 3)]
    [slice(0, 3, None), slice(3, 6, None), slice(6, 10, None)]
    """

    place: int
    count: int

    def rows(self, total: int) -> slice:
        """Returns the rows of the part, of so many."""
        return slice((self.place - 1) * total // self.count, self.place * total // self.count)

    def __str__(self) -> str:
        return f"{self.place}/{self.count}"


WHOLE = Shard(1, 1)
