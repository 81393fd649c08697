"""What is known of all cells of a column of which only some were kept.

Knows: that the texts of a few cells are counted in all rows; nothing of how rows are drawn.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from made_cli.tables.text.cells import MISSING


@dataclass(frozen=True)
class Drawn:
    """All cells of a column, as far as they were counted.

    Attributes:
        rows: N, how many there are.
        more_than: how many distinct texts they have more than.
        counted: how many rows have the texts that were counted in all of them: empty cells, and what is odd.

    >>> Drawn(1_000, 100, {"": 3, "?": 2}).missing(["", "?"])
    5
    """

    rows: int
    more_than: int
    counted: Mapping[str, int]

    def missing(self, marks: Collection[str]) -> int:
        """Returns how many rows have an empty cell, or a mark of one."""
        return sum(self.counted.get(text, 0) for text in {MISSING, *marks})

    def in_all(self, rows: Mapping[str, int]) -> dict[str, int]:
        """Returns how many rows have each text, of those that were drawn where it was not counted in all of them."""
        return {text: self.counted.get(text, count) for text, count in rows.items()}
