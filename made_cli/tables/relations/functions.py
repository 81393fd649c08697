"""Functions: a column that follows from one or two columns of labels.

Knows: that an empty cell of them is a label like others, and that labels which training had not leave everything open.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, PlainSerializer

from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.row_regions import EVERYTHING, Regions, either
from made_cli.tables.relations.quantity import Mask, Values, labels_left

EMPTY = -1
"""The code of an empty cell among labels."""


def _as_rows(entries: Mapping[tuple[int, ...], float]) -> list[tuple[object, ...]]:
    """Returns entries as JSON holds them: of each the codes, then the value, None for an empty cell."""
    return [(*key, None if math.isnan(value) else value) for key, value in sorted(entries.items())]


def _of_rows(rows: object) -> object:
    """Returns the entries that JSON holds; of anything else, itself, for its type to be refused."""
    if not isinstance(rows, list) or not all(isinstance(row, list) and _has_codes(row[:-1]) for row in rows):
        return rows
    return {tuple(key): math.nan if value is None else value for *key, value in rows}


def _has_codes(key: Sequence[object]) -> bool:
    return len(key) > 0 and all(isinstance(code, int) for code in key)


Entries = Annotated[
    Mapping[tuple[int, ...], float], BeforeValidator(_of_rows), PlainSerializer(_as_rows, when_used="json")
]


@dataclass(frozen=True)
class Function:
    """A column whose cell follows from those of one or two others.

    Attributes:
        target: its index.
        given: the columns of labels that it follows from.
        entries: for the codes of these its value, both as they are among labels or numbers; NaN for an empty cell.
        resolution: the step that the numbers of the target are multiples of; 1 for labels.
        one_to_one: whether the other one follows from it as well, so that both are one and the same.
    """

    target: int
    given: tuple[int, ...]
    entries: Entries
    resolution: float = 1.0
    one_to_one: bool = False
    form: Literal["function"] = "function"

    @property
    def columns(self) -> tuple[int, ...]:
        """The columns that it relates, the target last."""
        return (*self.given, self.target)

    def said(self, kinds: Sequence[Kind]) -> str:
        """Returns what people read."""
        *given, target = (kinds[column].name for column in self.columns)
        if self.one_to_one:
            return f"{given[0]} and {target} are one and the same"
        return f"{target} follows from {' and '.join(given)}"

    def speaks_of(self, values: Values) -> Mask:
        """Says (N,) in which rows the labels are some that training had together."""
        return self._expected(values)[1]

    def broken(self, values: Values) -> Mask:
        """Says (N,) which rows break it."""
        expected, known = self._expected(values)
        return known & ~_same(values[:, self.target], expected)

    @cached_property
    def _table(self) -> tuple[Values, Mask]:
        """What follows from each label, or pair of labels, and which of them are entries.

        In the places of the codes; that of the empty cell, `EMPTY`, and that of any other come last.
        """
        sizes = [max(key[place] for key in self.entries) + 3 for place in range(len(self.given))]
        expected, known = np.full(sizes, math.nan), np.zeros(sizes, dtype=np.bool_)
        for key, value in self.entries.items():
            expected[key], known[key] = value, True
        return expected, known

    def _places(self, values: Values) -> list[NDArray[np.int64]]:
        """Returns (N,) for each given column the places of its cells in the table."""
        labels, sizes = as_labels(values[:, self.given]).T, self._table[0].shape
        return [np.where(own >= size - 2, size - 2, own) for own, size in zip(labels, sizes, strict=True)]

    def _expected(self, values: Values) -> tuple[Values, Mask]:
        """Returns (N,) what follows, and where anything does."""
        places = tuple(self._places(values))
        expected, known = self._table
        return expected[places], known[places]

    def leaves(self, column: int, values: Values) -> Regions:
        """Returns the values that it leaves for one of its columns, given the others of rows (N, D)."""
        if column == self.target:
            expected, known = self._expected(values)
            cells = np.rint(expected / self.resolution)
            is_empty = np.isnan(expected)
            low, high = np.where(is_empty, math.inf, cells), np.where(is_empty, -math.inf, cells)
            only = Regions(low[:, np.newaxis], high[:, np.newaxis], is_empty)
            return either(known, only, EVERYTHING)
        place = self.given.index(column)
        table, is_entry = self._table
        expected, known = np.moveaxis(table, place, -1), np.moveaxis(is_entry, place, -1)
        others = tuple(own for at, own in enumerate(self._places(values)) if at != place)
        refuted = known[others] & ~_same(expected[others], values[:, self.target, np.newaxis])
        refuted = np.broadcast_to(refuted, (len(values), refuted.shape[-1]))
        return labels_left(~refuted[:, :-2], empty=~refuted[:, EMPTY])


def as_labels(values: Values) -> NDArray[np.int64]:
    """Returns the codes of labels as whole numbers, empty cells among them.

    >>> as_labels(np.array([2.0, np.nan]))
    array([ 2, -1])
    """
    return np.where(np.isnan(values), EMPTY, values).astype(np.int64)


def _same(first: Values, second: Values) -> Mask:
    return np.asarray((first == second) | (np.isnan(first) & np.isnan(second)))
