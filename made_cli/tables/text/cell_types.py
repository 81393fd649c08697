"""The types that cells had before they became text, and the way back.

Knows: the types of pandas, of Arrow and of Python's objects, by names that a run folder can hold, and how a text
becomes a cell of each; a type that cannot hold a number takes the nearest that it can.
"""

import datetime
import decimal
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from made_cli.tables.text.booleans import truth
from made_cli.tables.text.numbers import exact

MISSING = ""
"""The text of an empty cell."""
TEXT = "text"
"""The type of cells that were text to begin with."""
ARROW = "[pyarrow]"
NANOSECONDS = ("1677-09-22", "2262-04-11")
"""Days between which pandas can count nanoseconds."""
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
"""Parts of a second that times are counted in."""
Family = Literal["text", "integer", "number", "boolean", "decimal", "date", "time", "timestamp", "duration"]
_OBJECTS: dict[str, tuple[str, Family]] = {
    "date": ("date", "date"),
    "time": ("time", "time"),
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
_DECIMAL = re.compile(r"decimal(32|64|128|256)\((\d+), (-?\d+)\)")
_ZONED = re.compile(r"timestamp\[(s|ms|us|ns), tz=(.+)\]")


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


class _Resolved(NamedTuple):
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
    return _resolved(cell_type.values if isinstance(cell_type, Categories) else cell_type).family


def plain_type(series: "pd.Series[Any]") -> str:
    """Returns the name of the type of a column that has no categories."""
    dtype: Any = series.dtype
    if pd.api.types.is_object_dtype(dtype):
        return _OBJECTS.get(pd.api.types.infer_dtype(series, skipna=True), (TEXT,))[0]
    if isinstance(dtype, pd.ArrowDtype):
        return f"{dtype.pyarrow_dtype}{ARROW}"
    known = isinstance(dtype, pd.StringDtype) or (dtype.kind in _FAMILIES and not isinstance(dtype, pd.SparseDtype))
    return str(dtype) if known else TEXT


@lru_cache(maxsize=1024)
def _resolved(name: str) -> _Resolved:
    name = _EARLIER.get(name, name)
    for own, of_objects in _OBJECTS.values():
        if name == own:
            return _Resolved(of_objects)
    try:
        arrow = _arrow_type(name.removesuffix(ARROW)) if name.endswith(ARROW) else None
        dtype: Any = pd.api.types.pandas_dtype(name) if arrow is None else pd.ArrowDtype(arrow)
    except (TypeError, ValueError):
        return _Resolved("text")
    if arrow is None:
        of_pandas = _FAMILIES.get(dtype.kind, "text")
        return _Resolved(of_pandas, dtype if of_pandas != "text" or isinstance(dtype, pd.StringDtype) else None)
    tests: tuple[tuple[Callable[[Any], bool], Family], ...] = (
        (pa.types.is_decimal, "decimal"),
        (pa.types.is_date, "date"),
        (pa.types.is_time, "time"),
    )
    found = next((of_arrow for test, of_arrow in tests if test(arrow)), _FAMILIES.get(dtype.kind, "text"))
    return _Resolved(found, dtype)


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


# From texts ----------------------------------------------------------------------------------------------------------


def typed(texts: Sequence[str], cell_type: CellType) -> "pd.Series[Any]":
    """Gives texts the type that the cells had when they were read; empty cells are missing values there.

    A type of NumPy that has no missing values gives way to that of pandas which has, where a cell is empty.

    Raises:
        ValueError: a text is no cell of this type.

    >>> typed(["2020-01-31 10:00:00+00:00", ""], "datetime64[us, Europe/Rome]").dtype
    datetime64[us, Europe/Rome]
    >>> typed(["3", ""], "int8").dtype, typed(["300"], "int8").tolist()
    (Int8Dtype(), [127])
    """
    cells, places = folded(texts, cell_type)
    return cells.take(places).reset_index(drop=True)


def folded(texts: Sequence[str], cell_type: CellType) -> "tuple[pd.Series[Any], NDArray[np.int64]]":
    """Returns distinct texts as cells of a type (U,), and for each text (N,) which of them it is; see `typed`."""
    places: dict[str, int] = {}
    codes = np.array([places.setdefault(text, len(places)) for text in texts], dtype=np.int64)
    found = [None if text == MISSING else text for text in places]
    array = _categories(found, cell_type) if isinstance(cell_type, Categories) else _cells(found, cell_type)
    return pd.Series(array, dtype=array.dtype), codes


def _categories(texts: list[str | None], cell_type: Categories) -> Any:  # noqa: ANN401 (an array of any type)
    places = {text: place for place, text in enumerate(cell_type.categories)}
    if unknown := [text for text in texts if text is not None and text not in places]:
        raise ValueError(unknown[0])
    codes = np.array([-1 if text is None else places[text] for text in texts], dtype=np.int64)
    values = typed(cell_type.categories, cell_type.values)
    if cell_type.indices is None:
        return pd.Categorical.from_codes(codes, categories=pd.Index(values), ordered=cell_type.ordered)
    indices = pa.array(codes, type=pa.int64(), mask=codes < 0).cast(pa.type_for_alias(cell_type.indices))
    dictionary = values.array.__arrow_array__().combine_chunks()
    return _of_arrow(pa.DictionaryArray.from_arrays(indices, dictionary, ordered=cell_type.ordered))


def _cells(texts: list[str | None], name: str) -> Any:  # noqa: ANN401
    """Returns (U,) cells of a type, None as a missing one."""
    found = _resolved(name)
    if found.family == "timestamp":
        return _timestamps(texts, found)
    missing = np.array([text is None for text in texts], dtype=np.bool_)
    cells: NDArray[np.object_] = np.full(len(texts), None, dtype=object)
    read = _reader(found)
    cells[~missing] = [read(text) for text in texts if text is not None]
    if found.dtype is None:
        return pd.Series(cells, dtype=object).array
    if found.family == "number":
        return _numbers(cells, missing, found)
    if found.arrow is not None:
        return _of_arrow(pa.array(cells.tolist(), type=found.arrow))
    dtype, values = found.dtype, pd.Series(cells, dtype=object)
    if found.family in ("integer", "boolean") and missing.any() and isinstance(dtype, np.dtype):
        dtype = pd.Series([], dtype=dtype).convert_dtypes().dtype
    return values.astype(dtype).array


def _of_arrow(cells: pa.Array) -> Any:  # noqa: ANN401
    return pd.arrays.ArrowExtensionArray(pa.chunked_array([cells]))


def _numbers(cells: NDArray[np.object_], missing: NDArray[np.bool_], found: _Resolved) -> Any:  # noqa: ANN401
    dtype = found.dtype if found.arrow is None else np.dtype(found.arrow.to_pandas_dtype())
    native = getattr(dtype, "numpy_dtype", dtype)
    most = np.finfo(native).max
    wide = np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
    numbers = np.where(np.isinf(wide), wide, np.clip(wide, -float(most), float(most))).astype(native)
    if found.arrow is not None:
        return _of_arrow(pa.array(numbers, type=found.arrow, mask=missing))
    return pd.array(numbers, dtype=found.dtype)


def _timestamps(texts: list[str | None], found: _Resolved) -> Any:  # noqa: ANN401
    arrow = found.arrow
    zone = arrow.tz if arrow is not None else getattr(found.dtype, "tz", None)
    unit = arrow.unit if arrow is not None else pd.DatetimeIndex([], dtype=found.dtype).unit
    times = pd.Series(pd.to_datetime(pd.Series(texts, dtype=object), format="ISO8601", utc=zone is not None))
    if zone is None and times.dt.tz is not None:  # a clock without a zone keeps what it shows
        times = times.dt.tz_localize(None)
    if unit == "ns":  # a draw may be further off than nanoseconds reach
        first, last = (pd.Timestamp(day, tz=times.dt.tz) for day in NANOSECONDS)
        times = times.where(times.isna() | (times > first), first).where(times.isna() | (times < last), last)
    if arrow is None:
        return times.astype(found.dtype).array
    return _of_arrow(pa.array(times).cast(arrow))


def _reader(found: _Resolved) -> Callable[[str], Any]:
    """Makes the function from a text to a cell, which raises a ValueError for what is none."""
    arrow = found.arrow
    if found.family == "integer":
        dtype = np.dtype("int64") if found.dtype is None else np.dtype(f"{found.dtype.kind}{found.dtype.itemsize}")
        least, most = (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)) if found.dtype is not None else (None, None)
        return lambda text: _integer(text, least, most)
    if found.family == "decimal":
        return _decimal if arrow is None else lambda text: _fixed(text, arrow.precision, arrow.scale)
    if found.family == "duration":
        unit = arrow.unit if arrow is not None else np.datetime_data(found.dtype)[0]
        return lambda text: np.timedelta64(_integer(_fraction(text) * UNITS[unit]), unit)  # type: ignore[arg-type]
    simple: dict[Family, Callable[[str], Any]] = {
        "number": _float,
        "boolean": _boolean,
        "date": lambda text: datetime.date.fromisoformat(text[:10]),
        "time": datetime.time.fromisoformat,
    }
    return simple.get(found.family, str)


def _fraction(text: str) -> Fraction:
    number = exact(text)
    if number is None:
        number = Fraction(_boolean(text))
    return number


def _integer(number: str | Fraction, least: int | None = None, most: int | None = None) -> int:
    if isinstance(number, str):
        number = Fraction(int(number)) if number.removeprefix("-").isdecimal() else _fraction(number)
    whole = round(number)
    whole = whole if least is None else max(whole, least)
    return whole if most is None else min(whole, most)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float(_boolean(text))


def _boolean(text: str) -> bool:
    value = truth(text)
    if value is None:
        raise ValueError(text)
    return value


def _decimal(text: str) -> decimal.Decimal:
    return decimal.Decimal(text) if exact(text) is not None else decimal.Decimal(_boolean(text))


def _fixed(text: str, precision: int, scale: int) -> decimal.Decimal:
    """Returns a decimal of so many digits, so many of them after the point; the nearest that there is."""
    most = 10**precision - 1
    digits = _integer(_fraction(text) * Fraction(10) ** scale, -most, most)
    return decimal.Decimal(digits).scaleb(-scale, decimal.Context(prec=max(precision, 1)))
