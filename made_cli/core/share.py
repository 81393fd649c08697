"""The rows of a step, dealt among the processes that take it together.

Knows: which rows are whose, so that every row is one process's and together they are the step's.
"""

from typing import NamedTuple


class Share(NamedTuple):
    """The rows that one process has, at even distances from its own rank on.

    Attributes:
        rows: of all processes together.
        rank: of this one, from 0.
        processes: how many there are.

    >>> [list(range(5))[Share(5, rank, 2).own] for rank in range(2)], Share(5, 1, 2).weight
    ([[0, 2, 4], [1, 3]], 0.4)
    """

    rows: int
    rank: int = 0
    processes: int = 1

    @property
    def own(self) -> slice:
        """Its rows; where there are too few, the first one stands in, of weight 0, so that all take the same way."""
        return slice(self.rank, None, self.processes) if self.rank < self.rows else slice(1)

    @property
    def weight(self) -> float:
        """Which share of the rows they are."""
        return len(range(self.rank, self.rows, self.processes)) / self.rows

    @property
    def size(self) -> int:
        """How many they are, with the one that stands in."""
        return len(range(*self.own.indices(self.rows)))

    def among(self, rows: int) -> "Share":
        """Returns the same process's share of other rows."""
        return self._replace(rows=rows)
