"""A column of a table, reduced to its distinct texts.

Knows: how a cell of any type is spelled, and nothing of kinds; the way back is `made_cli.tables.text.from_texts`.
Everything that is inferred, encoded or checked about a column needs its distinct texts only, so a million cells of five
labels cost five look-ups.
"""

import datetime
import decimal
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from made_cli.tables.text.cell_types import check_cells, family, plain_type
from made_cli.tables.text.cells import MISSING, TEXT, Categories, CellType
from made_cli.tables.text.distinct import Numbered, among, bytes_of, in_bulk, marked
from made_cli.tables.text.drawn import Drawn
from made_cli.tables.text.number_texts import float_text, float_texts, integer_texts

_WIDE = 2**31
"""Bytes of a column that need wide offsets."""

_DECIMALS = {"seconds": 10**6, "milliseconds": 1000, "microseconds": 1}
"""How times are spelled, and of how many microseconds the parts of seconds are multiples then."""


@dataclass(frozen=True, eq=False)
class Column:
    """The cells of one column as distinct texts.

    Attributes:
        name: the user's label of the column.
        distinct: (U,) distinct texts in order of appearance, strings of Arrow; an empty cell is the text "".
        inverse: (N,) for every row the index of its text, in as few bytes as hold it; of rows only counted, none.
        counts: (U,) how many rows have each text.
        dtype: what the cells were before they became text.
        marks: the texts that stood for empty cells, with the rows of each, where these are known by more than "".
        drawn: what all cells are, where these are some that were drawn from them.
    """

    name: str
    distinct: pa.Array
    inverse: NDArray[np.unsignedinteger]
    counts: NDArray[np.int64]
    dtype: CellType
    marks: dict[str, int] = field(default_factory=dict)
    drawn: Drawn | None = None

    @property
    def rows(self) -> int:
        """N, the number of rows."""
        return int(self.counts.sum())

    @property
    def all_rows(self) -> int:
        """The number of rows that these were drawn from; N where they are all."""
        return self.drawn.rows if self.drawn else self.rows

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """(U,) the distinct texts, each an object of Python."""
        return tuple(self.distinct.to_pylist())

    def cells(self) -> NDArray[np.object_]:
        """Returns (N,) the text of each cell."""
        cells: NDArray[np.object_] = np.array(self.distinct.to_pylist(), dtype=object)[self.inverse]
        return cells

    @cached_property
    def counted(self) -> Numbered[int]:
        """How many rows have each text, empty cells left out."""
        return Numbered(self.distinct, self.counts).those(~self.is_missing)

    @property
    def is_missing(self) -> NDArray[np.bool_]:
        """(U,) which of the texts is that of an empty cell."""
        return np.asarray(bytes_of(self.distinct).lengths == 0)

    @property
    def present(self) -> int:
        """How many cells are not empty."""
        return int(self.counted.numbers[0].sum())

    @property
    def missing(self) -> int:
        """How many cells are empty."""
        return self.rows - self.present

    @property
    def all_missing(self) -> int:
        """How many cells are empty in the rows that these were drawn from."""
        return self.drawn.missing(self.marks) if self.drawn else self.missing

    def with_marks(self, marks: Collection[str]) -> "Column":
        """Returns the column with all that means an empty cell as empty cells: blanks, and marks."""
        return self.with_empty(self.distinct.filter(pa.array(marked(self.distinct, marks))).to_pylist())

    def with_empty(self, texts: Collection[str]) -> "Column":
        """Returns the column with these texts as empty cells.

        >>> column = read_column(pd.Series(["b", "NA", "", "b"])).with_empty({"NA"})
        >>> column.texts, column.inverse.tolist(), column.missing, column.marks
        (('b', ''), [0, 1, 1, 0], 2, {'': 1, 'NA': 1})
        """
        marks = {*texts} - {MISSING}
        if not marks or not (gone := among(self.distinct, marks)).any():
            return self
        empty = gone | self.is_missing
        kept = pa.concat_arrays([self.distinct.filter(pa.array(~empty)), pa.array([MISSING], self.distinct.type)])
        moved = np.where(empty, len(kept) - 1, (~empty).cumsum() - 1)
        known = self.marks or ({MISSING: self.all_missing} if self.missing else {})
        rows = dict(zip(self.distinct.filter(pa.array(gone)).to_pylist(), self.counts[gone].tolist(), strict=True))
        return replace(
            self,
            distinct=kept,
            inverse=moved.astype(np.min_scalar_type(len(kept)))[self.inverse],
            counts=np.bincount(moved, self.counts, minlength=len(kept)).astype(np.int64),
            marks=known | (rows if self.drawn is None else self.drawn.in_all(rows)),
        )

    @property
    def mark(self) -> str:
        """How an empty cell is mostly written."""
        return min(self.marks, key=lambda text: (-self.marks[text], text), default=MISSING)

    def first_row(self, text: str) -> int:
        """Returns the first row (from 0) that has this text."""
        return int(np.argmax(self.inverse == pc.index(self.distinct, pa.scalar(text, self.distinct.type)).as_py()))


def read_column(series: "pd.Series[Any]") -> Column:
    """Reduces a pandas Series of any type to its distinct texts; a column of a table is read by `Table.column`.

    >>> column = read_column(pd.Series(["b", "a", None, "b"], name="x"))
    >>> column.texts, column.inverse.tolist(), column.missing
    (('b', 'a', ''), [0, 1, 2, 0], 1)
    >>> read_column(pd.Series([1.0, 2.5, float("nan")])).texts
    ('1', '2.5', '')

    Raises:
        UserError: no text stands for its cells.
    """
    parts = _parts(series)
    if parts is None:
        codes, values = _distinct(series)
        spelled = _texts_of(values)
    else:
        codes, places = pd.factorize(parts.codes)
        spelled = in_bulk([MISSING if place < 0 else parts.cell_type.categories[place] for place in places])
    texts = spelled.dictionary_encode()
    if len(texts.dictionary) < len(spelled):  # None and "", or 1 and 1.0, are one text
        codes = texts.indices.to_numpy()[codes]
    cell_type = plain_type(series) if parts is None else parts.cell_type
    return _column(str(series.name), texts.dictionary, codes, cell_type)


def column_of_text(name: str, cells: pa.ChunkedArray) -> Column:
    """Reduces the cells of a text, strings of Arrow, to its distinct texts.

    >>> column_of_text("x", pa.chunked_array([["b", "a", "", "b"]])).counted
    {'b': 2, 'a': 1}
    """
    # The distinct texts of more than two gigabytes have no place in an array with offsets of four bytes.
    cells = cells.cast(pa.large_string()) if cells.nbytes >= _WIDE else cells
    chunks = cells.dictionary_encode().chunks or [pa.array([], cells.type).dictionary_encode()]
    return _column(name, chunks[-1].dictionary, np.concatenate([chunk.indices for chunk in chunks]), TEXT)


def _column(name: str, distinct: pa.Array, codes: NDArray[np.signedinteger], dtype: CellType) -> Column:
    return Column(
        name=name,
        distinct=distinct,
        inverse=codes.astype(np.min_scalar_type(len(distinct))),
        counts=np.bincount(codes, minlength=len(distinct)),
        dtype=dtype,
    )


def _distinct(series: "pd.Series[Any]") -> tuple[NDArray[np.int64], "pd.Series[Any]"]:
    """Returns for each cell the place of its value, and the values.

    Raises:
        UserError: no text stands for one of them.
    """
    try:
        codes, found = pd.factorize(series, use_na_sentinel=False)
    except TypeError:  # they cannot even be compared
        check_cells(series, str(series.name))
        raise
    values = pd.Series(found)
    check_cells(values, str(series.name))
    return codes, values


def type_of(series: "pd.Series[Any]") -> CellType:
    """Returns the type of a column of any type.

    >>> type_of(pd.Series([1, 2], dtype="Int8")), type_of(pd.Series(["b", None], dtype="category")).categories
    ('Int8', ('b',))
    """
    parts = _parts(series)
    return plain_type(series) if parts is None else parts.cell_type


class _Parts(NamedTuple):
    """A column of categories: for each cell the number of its category, -1 for none, and what these are."""

    codes: NDArray[np.int64]
    cell_type: Categories


def _parts(series: "pd.Series[Any]") -> _Parts | None:
    """Takes a column of categories apart; None for any other."""
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        values, codes, indices = pd.Series(dtype.categories), series.cat.codes.to_numpy(), None
        ordered = bool(dtype.ordered)
    elif isinstance(dtype, pd.ArrowDtype) and pa.types.is_dictionary(dtype.pyarrow_dtype):
        array = series.array.__arrow_array__().combine_chunks()
        values = pd.Series(pd.arrays.ArrowExtensionArray(array.dictionary))
        codes = array.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
        indices, ordered = str(array.type.index_type), bool(array.type.ordered)
    else:
        return None
    check_cells(values, str(series.name))
    categories = Categories(plain_type(values), tuple(_texts_of(values).to_pylist()), ordered, indices)
    return _Parts(codes.astype(np.int64), categories)


# Spelling ------------------------------------------------------------------------------------------------------------


def _texts_of(values: "pd.Series[Any]") -> pa.Array:
    """Returns the texts of cells of one type, as strings of Arrow."""
    kind, dtype = family(plain_type(values)), values.dtype
    if kind == "number" and not pd.api.types.is_object_dtype(dtype):
        # As Python floats, into which pandas turns them, 0.1 of single precision would be 0.10000000149011612.
        return float_texts(values.to_numpy(dtype=f"float{8 * getattr(dtype, 'itemsize', 8)}", na_value=np.nan))
    if kind == "integer" and not pd.api.types.is_object_dtype(dtype):
        return integer_texts(pa.array(values))
    return in_bulk(_spelled(values))


def _spelled(values: "pd.Series[Any]") -> list[str]:
    """Returns the texts of cells of one type."""
    kind = family(plain_type(values))
    if kind == "timestamp":
        return _spell_times(pd.DatetimeIndex(values))
    if kind in ("time", "moment"):
        return _spell_clocks([None if pd.isna(value) else value for value in values])
    return [_spell(value) for value in values]


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


def _spell_clocks(times: list[datetime.time | datetime.datetime | None]) -> list[str]:
    """Returns the texts of Python's times, of the day or of days, all with the decimals of seconds that some need."""
    parts = [time.microsecond for time in times if time is not None]
    spec = next(spec for spec, step in _DECIMALS.items() if all(part % step == 0 for part in parts))
    return [MISSING if time is None else time.isoformat(timespec=spec).replace("T", " ") for time in times]


def _spell(value: object) -> str:
    """Returns the text of one cell: a string as it is, a number in its shortest form, a missing value as "".

    A duration is its number of seconds.
    """
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value is pd.NaT:
        return MISSING
    if isinstance(value, float | np.floating):
        return float_text(value)
    if isinstance(value, decimal.Decimal):
        return MISSING if value.is_nan() else f"{value:f}"
    if isinstance(value, datetime.timedelta):
        value = pd.Timedelta(value)
        seconds = (value.days * 86_400 + value.seconds) * 10**9 + value.microseconds * 1000 + value.nanoseconds
        return _spell(decimal.Decimal(seconds).scaleb(-9).normalize())
    return str(value)
