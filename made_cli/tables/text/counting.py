"""The distinct texts of a column that comes in blocks of rows, counted within bounded memory.

Knows: that few distinct texts are counted exactly, whatever the blocks; that of many, numbers and the like, some rows
that were drawn tell the distribution, and what is odd among them is counted in all rows: empty cells, whatever the
others are not, the least number and the greatest, and one with the fewest decimals.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from made_cli.tables.text.bulk_formats import decimals_written, parse_by
from made_cli.tables.text.bulk_timestamps import written_by
from made_cli.tables.text.cell_types import family
from made_cli.tables.text.cells import TEXT, Categories, CellType
from made_cli.tables.text.column import Column, read_column
from made_cli.tables.text.distinct import Numbered, among, marked
from made_cli.tables.text.drawn import Drawn
from made_cli.tables.text.marks import MARKS
from made_cli.tables.text.number_reading import read_numbers
from made_cli.tables.text.numbers import NumberFormat
from made_cli.tables.text.timestamp_reading import read_timestamps

MOST_COUNTED = 2**16
"""Distinct texts of a column that are counted exactly, and odd ones of a column of more."""
_CLOCK = re.compile(r"([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?")
_Odd = Callable[[pa.Array], NDArray[np.bool_]]


class Counts:
    """Distinct texts in order of appearance, and how many rows have each."""

    def __init__(self) -> None:
        self.texts = pa.array([], type=pa.large_string())
        self.rows = np.zeros(0, dtype=np.int64)

    def add(self, texts: pa.Array, rows: NDArray[np.int64]) -> None:
        """Counts texts of some more rows."""
        both = pa.concat_arrays([self.texts, texts]).dictionary_encode()
        places = both.indices.to_numpy()
        self.texts = both.dictionary
        self.rows = np.bincount(places, np.concatenate([self.rows, rows]), len(self.texts)).astype(np.int64)

    def add_new(self, texts: pa.Array) -> None:
        """Counts one row of each of the texts that has none yet."""
        new = texts.filter(pa.array(~among(texts, self.texts))).unique()
        self.add(new, np.ones(len(new), dtype=np.int64))


class ColumnCounter:
    """The texts of a column so far.

    Args:
        name: of the column.
        most: distinct texts that are counted exactly.
    """

    def __init__(self, name: str, most: int = MOST_COUNTED) -> None:
        self.name, self.most = name, most
        self.rows = 0
        self.counts = Counts()
        self.types: list[CellType] = []
        self.odd: Counts | None = None  # once there are too many texts
        self._is_odd: _Odd = _no_texts
        self._form: NumberFormat | None = None
        self._ends: dict[str, tuple[float, str]] = {}

    def add(self, series: Callable[[], "pd.Series[Any]"], column: Callable[[], Column]) -> None:
        """Counts the cells of some more rows.

        Args:
            series: returns them.
            column: returns them as distinct texts, which take longer.
        """
        if self.odd is not None and self._is_typed:
            numbers = series()
            self.rows += len(numbers)
            self._add_numbers(numbers)
            return
        read = column()
        texts = read.distinct.cast(pa.large_string())
        self.rows += read.rows
        if read.dtype not in self.types and (read.missing < read.rows or not self.types):
            self.types = [read.dtype] if self.types and self._all_empty else [*self.types, read.dtype]
        if self.odd is None:
            self.counts.add(texts, read.counts)
            if len(self.counts.texts) > self.most:
                self._give_up()
        else:
            self._add_odd(texts, read.counts)

    @property
    def column(self) -> Column:
        """The column, all of whose texts were counted."""
        assert self.odd is None
        counts = self.counts
        if family(self.dtype) in ("timestamp", "moment", "time"):
            counts = Counts()
            counts.add(_alike(self.counts.texts), self.counts.rows)
        return _counted(self.name, counts, self.dtype)

    def of_drawn(self, drawn: Column) -> Column:
        """Returns the column as rows that were drawn show it, with what is odd in the others."""
        assert self.odd is not None
        counts = Counts()
        counts.add(drawn.distinct.cast(pa.large_string()), drawn.counts)
        counts.add_new(self.odd.texts)
        counts.add_new(pa.array([text for _, text in self._ends.values()], type=pa.large_string()))
        odd = dict(zip(self.odd.texts.to_pylist(), self.odd.rows.tolist(), strict=True))
        return replace(_counted(self.name, counts, self.dtype), drawn=Drawn(self.rows, self.most, odd))

    @property
    def dtype(self) -> CellType:
        """The type of the whole: that of all blocks, text where they differ."""
        categories = [each for each in self.types if isinstance(each, Categories)]
        if categories and len(categories) == len(self.types) and len({each.values for each in categories}) == 1:
            names = dict.fromkeys(name for each in categories for name in each.categories)
            return replace(categories[0], categories=tuple(names))
        return self.types[0] if len(self.types) == 1 else TEXT

    @property
    def _all_empty(self) -> bool:
        return self.counts.texts.to_pylist() in ([], [""])

    @property
    def _is_typed(self) -> bool:
        return not isinstance(self.dtype, Categories) and family(self.dtype) in ("integer", "number")

    def _give_up(self) -> None:
        """Goes on with what is odd among the texts alone."""
        texts, rows, self.odd = self.counts.texts, self.counts.rows, Counts()
        self.counts = Counts()
        present = Numbered[int](texts, rows).those(~marked(texts, MARKS))
        numbers = read_numbers(present)
        if 2 * len(numbers.values) > len(present):
            form = self._form = NumberFormat(1.0, 0, numbers.notation)
            self._is_odd = lambda texts: np.isnan(parse_by(form, texts))
        elif (times := read_timestamps(present)) and 2 * len(times.timestamps) > len(present):
            pattern = times.pattern
            self._is_odd = lambda texts: ~among(texts, written_by(pattern, texts))
        else:
            self._is_odd = lambda texts: marked(texts, MARKS)
        self._add_odd(texts, rows)

    def _add_odd(self, texts: pa.Array, rows: NDArray[np.int64]) -> None:
        """Counts what is odd in a block, and notes the ends of its numbers."""
        assert self.odd is not None
        odd = self._is_odd(texts)
        if self._form is not None:
            usual = texts.filter(pa.array(~odd))
            self._note_ends(usual, parse_by(self._form, usual), decimals_written(self._form.notation, usual))
        if len(self.odd.texts) > self.most:  # only those that are known, and marks of empty cells
            odd &= among(texts, self.odd.texts) | marked(texts, MARKS)
        self.odd.add(texts.filter(pa.array(odd)), rows[odd])

    def _add_numbers(self, series: "pd.Series[Any]") -> None:
        """Counts the empty cells of numbers that have a type, and notes the ends of the others."""
        assert self.odd is not None
        values: NDArray[np.float64] = series.to_numpy(dtype=np.float64, na_value=np.nan)
        empty = np.isnan(values)
        if empty.any():
            self.odd.add(pa.array([""], pa.large_string()), np.array([empty.sum()]))
            values, series = values[~empty], series[~empty]
        if not len(values):
            return
        whole = values == np.rint(values)
        places = [values.argmin(), values.argmax(), whole.argmax()]
        texts = [read_column(series.iloc[place : place + 1]).texts[0] for place in places]
        self._note_ends(pa.array(texts, pa.large_string()), values[places], (~whole[places]).astype(np.int64))

    def _note_ends(self, texts: pa.Array, values: NDArray[np.float64], decimals: NDArray[np.int64]) -> None:
        """Notes the least number, the greatest, and the one of the fewest decimals."""
        for end, numbers in (("least", values), ("greatest", -values), ("shortest", decimals)):
            if len(numbers):
                place = int(numbers.argmin())
                found = float(numbers[place]), texts[place].as_py()
                self._ends[end] = min(self._ends.get(end, found), found, key=lambda pair: pair[0])


def _counted(name: str, counts: Counts, dtype: CellType) -> Column:
    return Column(name, counts.texts, np.zeros(0, dtype=np.uint8), counts.rows, dtype)


def _no_texts(texts: pa.Array) -> NDArray[np.bool_]:
    return np.zeros(len(texts), dtype=np.bool_)


def _alike(texts: pa.Array) -> pa.Array:
    """Returns times, which each block spelled with as many decimals of seconds as it needed, with those of the most."""
    finest = max((len(found[2] or "") for text in texts.to_pylist() for found in _CLOCK.finditer(text)), default=0)

    def spelled(text: str) -> str:
        return _CLOCK.sub(lambda found: found[1] + ((found[2] or ".") + "0" * finest)[:finest], text)

    return pa.array(list(map(spelled, texts.to_pylist())), type=pa.large_string())
