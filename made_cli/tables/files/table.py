"""A table as it was read.

Knows: the rows, where they came from, and how a message names one of them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True, eq=False)
class Table:
    """A table and where it came from: `lines` (N) holds each row's line in the text, None where there is no text."""

    frame: pd.DataFrame
    source: str
    lines: npt.NDArray[np.int64] | None

    def where(self, row: int) -> str:
        """Name the place of a row, counted from 0, for a message.

        >>> Table(pd.DataFrame({"a": ["1"]}), "new.csv", np.array([2])).where(0)
        'new.csv, line 2'
        >>> Table(pd.DataFrame({"a": [1]}), "new.parquet", None).where(0)
        'new.parquet, row 1'
        """
        return f"{self.source}, row {row + 1}" if self.lines is None else f"{self.source}, line {self.lines[row]}"
