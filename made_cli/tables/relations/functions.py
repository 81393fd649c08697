"""Functions: a column that follows from one or two columns of labels.

Knows: that an empty cell of them is a label like others, and that labels which training had not leave everything open.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, PlainSerializer

from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.regions import Region, cells, union
from made_cli.tables.relations.quantity import ANYTHING, Mask, Values

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

    def _expected(self, values: Values) -> tuple[Values, Mask]:
        """Returns (N,) what follows, and where anything does."""
        distinct, inverse = np.unique(as_labels(values[:, self.given]), axis=0, return_inverse=True)
        keys = [tuple(map(int, key)) for key in distinct]
        expected = np.array([self.entries.get(key, math.nan) for key in keys])
        known = np.array([key in self.entries for key in keys])
        return expected[inverse.ravel()], known[inverse.ravel()]

    def leaves(self, column: int, row: Values) -> Region:
        """Returns the values that it leaves for one of its columns, given the others of a row (D,)."""
        key = [int(code) for code in as_labels(row[list(self.given)])]
        if column == self.target:
            value = self.entries.get(tuple(key))
            return ANYTHING if value is None else _cell(value, self.resolution)
        place = self.given.index(column)
        others = {at: code for at, code in enumerate(key) if at != place}
        refuted = {
            entry[place]
            for entry, value in self.entries.items()
            if all(entry[at] == code for at, code in others.items())
            and not _same(row[[self.target]], np.array([value]))
        }
        return ~union((cells(refuted - {EMPTY}), Region((), empty=EMPTY in refuted)))


def as_labels(values: Values) -> NDArray[np.int64]:
    """Returns the codes of labels as whole numbers, empty cells among them.

    >>> as_labels(np.array([2.0, np.nan]))
    array([ 2, -1])
    """
    return np.where(np.isnan(values), EMPTY, values).astype(np.int64)


def _same(first: Values, second: Values) -> Mask:
    return np.asarray((first == second) | (np.isnan(first) & np.isnan(second)))


def _cell(value: float, resolution: float) -> Region:
    return Region((), empty=True) if math.isnan(value) else cells({round(value / resolution)})
