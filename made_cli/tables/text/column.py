"""A column of a table, reduced to its distinct texts.

Knows: how a cell of any pandas type is spelled, and the way back, and nothing of kinds. Everything that is inferred,
encoded or checked about a column needs its distinct texts only, so a million cells of five labels cost five look-ups.
"""

import datetime
import math
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MISSING = ""
"""The text of an empty cell."""
Empty = Literal["seen", "unseen", "unknown"]
"""What an empty cell is to a column: an outcome seen in training, one never seen, or no outcome but a gap."""
NANOSECONDS = ("1677-09-22", "2262-04-11")
"""Days between which pandas can count nanoseconds."""


@dataclass(frozen=True)
class Column:
    """The cells of one column as distinct texts.

    Attributes:
        name: the user's label of the column.
        texts: (U,) distinct texts in order of appearance; an empty cell is the text "".
        inverse: (N,) for every row the index of its text, in as few bytes as hold it.
        counts: (U,) how many rows have each text.
        dtype: what the cells were before they became text: "text", "integer", "number", "boolean", "date", or the
            name of a pandas type of times, such as "datetime64[ns, Europe/Rome]".
        marks: the texts that stood for empty cells, with the rows of each, where these are known by more than "".
    """

    name: str
    texts: tuple[str, ...]
    inverse: NDArray[np.unsignedinteger]
    counts: NDArray[np.int64]
    dtype: str
    marks: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """N, the number of rows."""
        return len(self.inverse)

    @cached_property
    def counted(self) -> dict[str, int]:
        """How many rows have each text, empty cells left out."""
        return {text: int(n) for text, n in zip(self.texts, self.counts, strict=True) if text != MISSING}

    @property
    def present(self) -> int:
        """How many cells are not empty."""
        return sum(self.counted.values())

    @property
    def missing(self) -> int:
        """How many cells are empty."""
        return self.rows - self.present

    def with_empty(self, texts: Collection[str]) -> "Column":
        """Returns the column with these texts as empty cells.

        >>> column = read_column(pd.Series(["b", "NA", "", "b"])).with_empty({"NA"})
        >>> column.texts, column.inverse.tolist(), column.missing, column.marks
        (('b', ''), [0, 1, 1, 0], 2, {'': 1, 'NA': 1})
        """
        gone = [text for text in self.texts if text in texts and text != MISSING]
        if not gone:
            return self
        kept = (*(text for text in self.texts if text != MISSING and text not in texts), MISSING)
        place = {text: index for index, text in enumerate(kept)}
        moved = np.array([place.get(text, len(kept) - 1) for text in self.texts])
        rows = dict(zip(self.texts, self.counts.tolist(), strict=True))
        marks = self.marks or ({MISSING: self.missing} if self.missing else {})
        return replace(
            self,
            texts=kept,
            inverse=moved[self.inverse].astype(np.min_scalar_type(len(kept))),
            counts=np.bincount(moved, self.counts, minlength=len(kept)).astype(np.int64),
            marks=marks | {text: rows[text] for text in gone},
        )

    @property
    def mark(self) -> str:
        """How an empty cell is mostly written."""
        return min(self.marks, key=lambda text: (-self.marks[text], text), default=MISSING)

    def first_row(self, text: str) -> int:
        """Returns the first row (from 0) that has this text."""
        return int(np.argmax(self.inverse == self.texts.index(text)))


def read_column(series: "pd.Series[Any]") -> Column:
    """Reduces a pandas Series of any type to its distinct texts; a column of a table is read by `Table.column`.

    >>> column = read_column(pd.Series(["b", "a", None, "b"], name="x"))
    >>> column.texts, column.inverse.tolist(), column.missing
    (('b', 'a', ''), [0, 1, 2, 0], 1)
    >>> read_column(pd.Series([1.0, 2.5, float("nan")])).texts
    ('1', '2.5', '')
    """
    codes, values = pd.factorize(series, use_na_sentinel=False)
    if str(values.dtype).lower() == "float32":
        # As Python floats, into which pandas turns them, 0.1 of single precision would be 0.10000000149011612.
        spelled = [_spell(value) for value in values.to_numpy(dtype="float32", na_value=np.nan)]
    elif pd.api.types.is_datetime64_any_dtype(values.dtype):
        spelled = _spell_times(pd.DatetimeIndex(values))
    else:
        spelled = [_spell(value) for value in values]
    texts = tuple(dict.fromkeys(spelled))
    if len(texts) < len(spelled):  # None and "", or 1 and 1.0, are one text
        place = {text: index for index, text in enumerate(texts)}
        codes = np.array([place[text] for text in spelled], dtype=np.int64)[codes]
    return Column(
        name=str(series.name),
        texts=texts,
        inverse=codes.astype(np.min_scalar_type(len(texts))),
        counts=np.bincount(codes, minlength=len(texts)),
        dtype=_type_name(series),
    )


def typed(texts: list[str], dtype: str) -> "pd.Series[Any]":
    """Gives texts the type that the cells had when they were read; empty cells are missing values there.

    >>> typed(["2020-01-31 10:00:00+00:00", ""], "datetime64[us, Europe/Rome]").dtype
    datetime64[us, Europe/Rome]
    """
    series: pd.Series[Any] = pd.Series(texts, dtype=object)
    present: pd.Series[Any] = series.where(series != MISSING, None)
    if dtype == "text":
        return present
    if dtype == "boolean":
        present = present.map({"True": True, "False": False, None: None})
        return present.astype("boolean" if present.isna().any() else "bool")
    if dtype == "date":
        return present.map(datetime.date.fromisoformat, na_action="ignore")
    if dtype.startswith("datetime64"):
        return _typed_times(present, dtype)
    numbers = pd.to_numeric(present)
    if dtype == "integer" and (numbers.dropna() % 1 == 0).all():
        return numbers.astype("Int64" if numbers.isna().any() else "int64")
    return numbers.astype("float64")


def _spell_times(times: pd.DatetimeIndex) -> list[str]:
    """Returns the texts of times: in UTC where they have a zone, all with the decimals of seconds that some need.

    Those are six at most: a float cannot count the nanoseconds since 1970.
    """
    zone = "" if times.tz is None else "+00:00"
    exact: NDArray[np.datetime64] = (times if times.tz is None else times.tz_convert(None)).to_numpy("datetime64[us]")
    present = exact[~np.isnat(exact)]
    unit: Literal["s", "ms", "us"] = "us"
    if (present == present.astype("datetime64[ms]")).all():
        unit = "s" if (present == present.astype("datetime64[s]")).all() else "ms"
    texts = np.datetime_as_string(exact, unit=unit).tolist()
    return [MISSING if text == "NaT" else text.replace("T", " ") + zone for text in texts]


def _typed_times(texts: "pd.Series[Any]", dtype: str) -> "pd.Series[Any]":
    times: pd.Series[Any] = pd.to_datetime(texts, format="ISO8601", utc="," in dtype)
    if "[ns" in dtype:  # a draw may be further off than nanoseconds reach
        first, last = (pd.Timestamp(day, tz=times.dt.tz) for day in NANOSECONDS)
        times = times.where(times.isna() | (times > first), first).where(times.isna() | (times < last), last)
    return times.astype(pd.api.types.pandas_dtype(dtype))


def _spell(value: object) -> str:
    """Returns the text of one cell: a string as it is, a number in its shortest form, a missing value as ""."""
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value is pd.NaT:
        return MISSING
    if isinstance(value, float | np.floating):
        number = float(value)
        if math.isnan(number):
            return MISSING
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else str(value)
    return str(value)


def _type_name(series: "pd.Series[Any]") -> str:
    dtype = series.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean"
    if pd.api.types.is_integer_dtype(dtype):
        return "integer"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return str(pd.DatetimeIndex(series).dtype)  # Arrow's name for it has no type of its own here
    if pd.api.types.is_object_dtype(dtype) and pd.api.types.infer_dtype(series, skipna=True) == "date":
        return "date"
    return "number" if pd.api.types.is_float_dtype(dtype) else "text"
