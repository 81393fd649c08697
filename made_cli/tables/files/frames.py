"""Tables in memory, in the forms in which users of Python hold them.

Knows: a DataFrame of pandas, whatever speaks Arrow (those of polars and others, Arrow's own tables), and rows as
mappings from names to cells.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from made_cli.errors import Exit, UserError
from made_cli.tables.files.reading import frame_of_arrow
from made_cli.tables.files.table import Table, table_of_frame


class SpeaksArrow(Protocol):
    """A table of any library that hands its columns over as Arrow has them."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Returns the columns as a stream of Arrow."""


Frame = pd.DataFrame | SpeaksArrow | Sequence[Mapping[str, object]]
"""A table in memory."""


def frame_of(rows: object) -> pd.DataFrame | None:
    """Returns a table as a DataFrame of pandas; None where it is in none of the forms that are known.

    >>> frame_of([{"a": 1}, {"a": 2}])["a"].tolist(), frame_of(pa.table({"a": [1, 2]}))["a"].tolist(), frame_of("a")
    ([1, 2], [1, 2], None)
    """
    if isinstance(rows, pd.DataFrame):
        return rows
    if hasattr(rows, "__arrow_c_stream__"):
        table = pa.table(rows)
        return frame_of_arrow(table, table.column_names)
    if isinstance(rows, Sequence) and rows and all(isinstance(row, Mapping) for row in rows):
        return _frame_of_rows(rows)
    return None


def _frame_of_rows(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Returns rows as a DataFrame; whole numbers stay so beside empty cells, where pandas alone takes decimals.

    >>> _frame_of_rows([{"a": 1}, {"a": None}])["a"].dtype
    Int64Dtype()
    """
    frame = pd.DataFrame(rows)
    for name in frame.columns[frame.isna().any()]:
        cells = [cell for row in rows if not _is_empty(cell := row.get(name))]
        if cells and all(isinstance(cell, int | np.integer) and not isinstance(cell, bool) for cell in cells):
            frame[name] = frame[name].astype("Int64")
    return frame


def _is_empty(cell: object) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or cell != cell  # NaN alone differs from itself


def table_of(rows: Frame) -> Table:
    """Returns a table in memory as one that was read; its rows have the index of the DataFrame.

    Raises:
        UserError: it is in none of these forms.
    """
    frame = frame_of(rows)
    if frame is None:
        raise UserError(
            f"no table: {type(rows).__name__}",
            hint="Give a DataFrame of pandas or polars, a table of Arrow, or a list of dictionaries.",
            code=Exit.BAD_DATA,
        )
    return table_of_frame(frame)
