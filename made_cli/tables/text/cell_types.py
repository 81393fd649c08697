"""The types that cells had before they became text.

Knows: the types of pandas, of Arrow and of Python's objects, by names that a run folder can hold, and which cells no
text stands for. The way back is `made_cli.tables.text.from_texts`.
"""

import datetime
import decimal
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from made_cli.errors import Exit, UserError
from made_cli.tables.text.cells import TEXT, Categories, CellType

ARROW = "[pyarrow]"
Family = Literal[
    "text", "integer", "number", "boolean", "decimal", "date", "time", "moment", "timestamp", "duration", "interval",
    "period",
]  # fmt: skip
_OBJECTS: dict[str, tuple[str, Family]] = {
    "date": ("date", "date"),
    "time": ("time", "time"),
    "datetime": ("object: datetime", "moment"),
    "timedelta": ("object: duration", "duration"),
    "decimal": ("decimal", "decimal"),
    "integer": ("object: integer", "integer"),
    "boolean": ("object: boolean", "boolean"),
    "floating": ("object: number", "number"),
    "mixed-integer-float": ("object: number", "number"),
}
"""What pandas calls a column of Python's objects, with the name of its type here, and how they become text."""
_EARLIER = {"integer": "int64", "number": "float64"}
"""Names of types in run folders written before types were kept as they are."""
_FAMILIES: dict[str, Family] = {
    "b": "boolean", "i": "integer", "u": "integer", "f": "number", "M": "timestamp", "m": "duration",
}  # fmt: skip
_CELLS = (
    *(str, int, float, decimal.Decimal, datetime.date, datetime.time, datetime.timedelta),
    *(np.integer, np.floating, np.bool_, np.datetime64, np.timedelta64, type(None), type(pd.NA), type(pd.NaT)),
)
"""Python's types of cells that a text stands for."""
_DECIMAL = re.compile(r"decimal(32|64|128|256)\((\d+), (-?\d+)\)")
_ZONED = re.compile(r"timestamp\[(s|ms|us|ns), tz=(.+)\]")


class Resolved(NamedTuple):
    """What a name stands for: how cells become text, and their type; None for Python's objects."""

    family: Family
    dtype: Any = None

    @property
    def arrow(self) -> Any:  # noqa: ANN401 (Arrow has no types for its types)
        """Arrow's own type, None for one of pandas."""
        return self.dtype.pyarrow_dtype if isinstance(self.dtype, pd.ArrowDtype) else None


def family(cell_type: CellType) -> Family:
    """Returns how cells of a type become text; unknown types are text.

    >>> family("Int8"), family("decimal128(10, 2)[pyarrow]"), family("text"), family("str")
    ('integer', 'decimal', 'text', 'text')
    """
    return resolved(cell_type.values if isinstance(cell_type, Categories) else cell_type).family


def plain_type(series: "pd.Series[Any]") -> str:
    """Returns the name of the type of a column that has no categories."""
    dtype: Any = series.dtype
    if pd.api.types.is_object_dtype(dtype):
        found = pd.api.types.infer_dtype(series, skipna=True)
        if found == "date" and any(isinstance(cell, datetime.datetime) for cell in series):
            return TEXT  # as days they would lose the time of day
        return _OBJECTS.get(found, (TEXT,))[0]
    if isinstance(dtype, pd.ArrowDtype):
        return f"{dtype.pyarrow_dtype}{ARROW}"
    known = isinstance(dtype, pd.StringDtype) or (_family(dtype) != "text" and not isinstance(dtype, pd.SparseDtype))
    return str(dtype) if known else TEXT


def _family(dtype: Any) -> Family:  # noqa: ANN401 (of NumPy or of pandas)
    """Returns how cells of a type that is not Arrow's become text."""
    if isinstance(dtype, pd.IntervalDtype | pd.PeriodDtype):
        return "interval" if isinstance(dtype, pd.IntervalDtype) else "period"
    return _FAMILIES.get(dtype.kind, "text")


@lru_cache(maxsize=1024)
def resolved(name: str) -> Resolved:
    """Returns what the name of a type stands for; text where it stands for nothing."""
    name = _EARLIER.get(name, name)
    for own, of_objects in _OBJECTS.values():
        if name == own:
            return Resolved(of_objects)
    try:
        arrow = _arrow_type(name.removesuffix(ARROW)) if name.endswith(ARROW) else None
        dtype: Any = pd.api.types.pandas_dtype(name) if arrow is None else pd.ArrowDtype(arrow)
    except (TypeError, ValueError):
        return Resolved("text")
    if arrow is None:
        of_pandas = _family(dtype)
        return Resolved(of_pandas, dtype if of_pandas != "text" or isinstance(dtype, pd.StringDtype) else None)
    tests: tuple[tuple[Callable[[Any], bool], Family], ...] = (
        (pa.types.is_decimal, "decimal"),
        (pa.types.is_date, "date"),
        (pa.types.is_time, "time"),
    )
    found = next((of_arrow for test, of_arrow in tests if test(arrow)), _FAMILIES.get(dtype.kind, "text"))
    return Resolved(found, dtype)


def _arrow_type(name: str) -> Any:  # noqa: ANN401
    """Returns Arrow's type of a name.

    Raises:
        ValueError: there is none.
    """
    if match := _DECIMAL.fullmatch(name):
        return getattr(pa, f"decimal{match[1]}")(int(match[2]), int(match[3]))
    if match := _ZONED.fullmatch(name):
        return pa.timestamp(match[1], tz=match[2])
    return pa.type_for_alias(name)


# What cannot be text -------------------------------------------------------------------------------------------------


def check_cells(cells: "pd.Series[Any]", name: str) -> None:
    """Refuses a column whose cells no text stands for: lists, bytes, complex numbers.

    Args:
        cells: some of the column, or all.
        name: of the column.

    Raises:
        UserError: there is such a cell.
    """
    dtype: Any = cells.dtype
    if pd.api.types.is_object_dtype(dtype):
        others = sorted(kind.__name__ for kind in set(map(type, cells)) if not issubclass(kind, _CELLS))
        what = f"cells of type {', '.join(others)}" if others else ""
    elif isinstance(dtype, pd.ArrowDtype):
        what = f"cells of type {dtype.pyarrow_dtype}" if has_no_text(dtype.pyarrow_dtype) else ""
    else:
        what = f"cells of type {dtype}" if plain_type(cells) == TEXT else ""
    if what:
        hint = "Leave the column out, or turn its cells into numbers, text or times."
        raise UserError(f"column {name!r} holds {what}", hint=hint, code=Exit.BAD_DATA)


def has_no_text(arrow: Any) -> bool:  # noqa: ANN401 (Arrow has no types for its types)
    """Says whether no text stands for cells of a type of Arrow.

    >>> has_no_text(pa.list_(pa.int8())), has_no_text(pa.binary(4)), has_no_text(pa.large_string())
    (True, True, False)
    """
    return bool(pa.types.is_nested(arrow)) or "binary" in str(arrow)
