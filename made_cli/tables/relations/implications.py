"""Implications: where a column has some value, another has one, or has not.

Knows: a condition is a column with some of its values, of a label, an empty cell or a number that recurs. "Exactly
when" is an implication both ways.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.regions import Region, cells, union
from made_cli.tables.columns.row_regions import EVERYTHING, Regions, either
from made_cli.tables.relations.quantity import Mask, Values


@dataclass(frozen=True)
class Condition:
    """That a cell is one of some values, or none of them.

    Attributes:
        column: its index.
        values: codes of labels, or numbers; None for an empty cell.
        holds: whether it is one of these.
        resolution: the step that the numbers are multiples of; 1 for labels.
    """

    column: int
    values: tuple[float | None, ...]
    holds: bool = True
    resolution: float = 1.0

    def of(self, values: Values) -> Mask:
        """Says (N,) in which rows it is so."""
        column = values[:, self.column]
        known = [value for value in self.values if value is not None]
        found = np.isin(column, known) | (np.isnan(column) & (None in self.values))
        return np.asarray(found if self.holds else ~found)

    @property
    def region(self) -> Region:
        """The cells of which it is so."""
        known = {round(value / self.resolution) for value in self.values if value is not None}
        region = union((cells(known), Region((), empty=None in self.values)))
        return region if self.holds else ~region

    def said(self, kinds: Sequence[Kind]) -> str:
        """Returns what people read."""
        kind = kinds[self.column]
        texts = ["empty" if value is None else _text(kind, value) for value in self.values]
        return f"{kind.name} is {'' if self.holds else 'not '}{' or '.join(texts)}"


def _text(kind: Kind, value: float) -> str:
    if value == kind.bucket:
        return "a rare label"
    (text,) = kind.decode(np.array([value]), np.random.default_rng(0))
    return text if kind.is_numeric else repr(text)


@dataclass(frozen=True)
class Implication:
    """That where one condition is so, another is.

    Attributes:
        given: the one.
        then: the other.
        both_ways: whether the other is so only there.
    """

    given: Condition
    then: Condition
    both_ways: bool = False
    form: Literal["implication"] = "implication"

    @property
    def columns(self) -> tuple[int, ...]:
        """The columns that it relates."""
        return (self.given.column, self.then.column)

    def said(self, kinds: Sequence[Kind]) -> str:
        """Returns what people read."""
        given, then = self.given.said(kinds), self.then.said(kinds)
        return f"{then} exactly when {given}" if self.both_ways else f"where {given}, {then}"

    def speaks_of(self, values: Values) -> Mask:
        """Says (N,) in which rows the first condition is so; both ways in all of them."""
        return np.ones(len(values), dtype=np.bool_) if self.both_ways else self.given.of(values)

    def broken(self, values: Values) -> Mask:
        """Says (N,) which rows break it."""
        given, then = self.given.of(values), self.then.of(values)
        return np.asarray(given != then if self.both_ways else given & ~then)

    def leaves(self, column: int, values: Values) -> Regions:
        """Returns the values that it leaves for one of its columns, given the others of rows (N, D)."""
        own, other = (self.then, self.given) if column == self.then.column else (self.given, self.then)
        same, opposite = Regions.of(own.region), Regions.of(~own.region)
        if not self.both_ways:
            same, opposite = (same, EVERYTHING) if own is self.then else (EVERYTHING, opposite)
        return either(other.of(values), same, opposite)
