"""What is said of a cell that became text: that it is empty, and the type that it had before.

Knows: names, as a run folder holds them, and no library; what a type does is for `made_cli.tables.text.cell_types`.
"""

from dataclasses import dataclass
from typing import Literal

MISSING = ""
"""The text of an empty cell."""
TEXT = "text"
"""The type of cells that were text to begin with."""
Empty = Literal["seen", "unseen", "unknown"]
"""What an empty cell is to a column: an outcome seen in training, one never seen, or no outcome but a gap."""


@dataclass(frozen=True)
class Categories:
    """The type of a column of categories.

    Attributes:
        values: the type of the categories.
        categories: their texts, those that no cell has as well.
        ordered: whether they have an order.
        indices: Arrow's type of the numbers that stand for them; None for a category of pandas.
    """

    values: str
    categories: tuple[str, ...]
    ordered: bool
    indices: str | None = None


CellType = str | Categories
"""The name of a type, or the categories of one."""
