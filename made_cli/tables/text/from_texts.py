"""From texts back to cells, of the type that the cells had.

Knows: how a text becomes a cell of each of the types that `made_cli.tables.text.cell_types` names; a type that cannot
hold a number takes the nearest that it can.
"""

import datetime
import decimal
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from made_cli.tables.text.booleans import truth
from made_cli.tables.text.cell_types import Family, Resolved, resolved
from made_cli.tables.text.cells import MISSING, Categories, CellType
from made_cli.tables.text.numbers import exact

NANOSECONDS = ("1677-09-22", "2262-04-11")
"""Days between which pandas can count nanoseconds."""
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
"""Parts of a second that times are counted in."""


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
    found = resolved(name)
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


def _numbers(cells: NDArray[np.object_], missing: NDArray[np.bool_], found: Resolved) -> Any:  # noqa: ANN401
    dtype = found.dtype if found.arrow is None else np.dtype(found.arrow.to_pandas_dtype())
    native = getattr(dtype, "numpy_dtype", dtype)
    most = np.finfo(native).max
    wide = np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
    numbers = np.where(np.isinf(wide), wide, np.clip(wide, -float(most), float(most))).astype(native)
    if found.arrow is not None:
        return _of_arrow(pa.array(numbers, type=found.arrow, mask=missing))
    return pd.array(numbers, dtype=found.dtype)


def _timestamps(texts: list[str | None], found: Resolved) -> Any:  # noqa: ANN401
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


def _reader(found: Resolved) -> Callable[[str], Any]:
    """Makes the function from a text to a cell, which raises a ValueError for what is none."""
    arrow = found.arrow
    if found.family == "integer":
        dtype = np.dtype("int64") if found.dtype is None else np.dtype(f"{found.dtype.kind}{found.dtype.itemsize}")
        least, most = (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)) if found.dtype is not None else (None, None)
        return lambda text: _integer(text, least, most)
    if found.family == "decimal":
        return _decimal if arrow is None else lambda text: _fixed(text, arrow.precision, arrow.scale)
    if found.family == "duration" and found.dtype is None:
        return lambda text: datetime.timedelta(microseconds=_integer(_fraction(text) * UNITS["us"]))
    if found.family == "duration":
        unit = arrow.unit if arrow is not None else np.datetime_data(found.dtype)[0]
        return lambda text: np.timedelta64(_integer(_fraction(text) * UNITS[unit]), unit)  # type: ignore[arg-type]
    simple: dict[Family, Callable[[str], Any]] = {
        "number": _float,
        "boolean": _boolean,
        "date": lambda text: datetime.date.fromisoformat(text[:10]),
        "time": datetime.time.fromisoformat,
        "moment": datetime.datetime.fromisoformat,
        "interval": lambda text: _interval(text, str(found.dtype.subtype)),
        "period": lambda text: pd.Period(
            text.partition("/")[0], freq=found.dtype.freq
        ),  # weeks are spelled by both ends
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


def _interval(text: str, ends: str) -> "pd.Interval[Any]":
    low, high = typed(text[1:-1].split(", "), ends)
    closed: dict[str, Literal["left", "right", "both", "neither"]] = {
        "[)": "left", "(]": "right", "[]": "both", "()": "neither",
    }  # fmt: skip
    return pd.Interval(low, high, closed[text[0] + text[-1]])


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
    try:
        return decimal.Decimal(text)
    except decimal.InvalidOperation:
        return decimal.Decimal(_boolean(text))


def _fixed(text: str, precision: int, scale: int) -> decimal.Decimal:
    """Returns a decimal of so many digits, so many of them after the point; the nearest that there is."""
    most = 10**precision - 1
    digits = _integer(_fraction(text) * Fraction(10) ** scale, -most, most)
    return decimal.Decimal(digits).scaleb(-scale, decimal.Context(prec=max(precision, 1)))
