"""Columns as quantities, which are more or less than others, and add up.

Knows: that columns of numbers and times are quantities, and so are labels that are all numbers, or all times; which of
them have one unit; and which cells of a column lie between two numbers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.columns.categorical import Categorical
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.label_numbers import number_of
from made_cli.tables.columns.label_times import label_times
from made_cli.tables.columns.row_regions import Regions
from made_cli.tables.text.numbers import decimals_of
from made_cli.tables.text.patterns import pattern
from made_cli.tables.text.timestamps import TimeFormat

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]
_SLACK = 1e-9
"""What the sums of floats may be off, as a share of them."""


@dataclass(frozen=True)
class Quantity:
    """A column as a quantity.

    Attributes:
        column: its index.
        resolution: the step that its numbers are multiples of.
        unit: what times are counted in, and from where; the currency or share of numbers, "" for none.
        is_time: whether it is a point in time.
        numbers: of a column of labels the number of each code; None where values are numbers.
    """

    column: int
    resolution: float
    unit: str
    is_time: bool = False
    numbers: tuple[float, ...] | None = None

    def of(self, values: Values) -> Values:
        """Returns (N,) the numbers of rows (N, D), NaN where a cell is empty, or a label that training had not."""
        column = values[:, self.column]
        if self.numbers is None:
            return column
        known = np.append(self.numbers, math.nan)
        last = len(self.numbers)
        return np.asarray(known[np.where(np.isnan(column), last, np.minimum(column, last)).astype(np.int64)])

    def between(self, low: Values, high: Values) -> Regions:
        """Returns the cells of numbers between ends (N,), both included.

        The empty cell is left too, and so are labels that have no number.
        """
        return self.among(low[:, np.newaxis], high[:, np.newaxis])

    def among(self, low: Values, high: Values) -> Regions:
        """Returns the cells of numbers in any of some intervals (N, P), likewise."""
        ends = np.abs(np.stack([low, high]))
        slack = _SLACK * (self.resolution + np.where(np.isfinite(ends), ends, 0.0).max(axis=0))
        low, high = low - slack, high + slack
        empty = np.ones(len(low), dtype=np.bool_)
        if self.numbers is None:
            return Regions(*_apart(np.ceil(low / self.resolution), np.floor(high / self.resolution)), empty)
        numbers = np.array(self.numbers)
        inside = np.isnan(numbers) | np.zeros((len(low), 1), dtype=np.bool_)
        for first, last in zip(low.T, high.T, strict=True):
            inside |= (first[:, np.newaxis] <= numbers) & (numbers <= last[:, np.newaxis])
        return labels_left(inside, empty)


def _apart(low: Values, high: Values) -> tuple[Values, Values]:
    """Returns intervals (N, P) of whole numbers in ascending order, of which none overlaps another."""
    if low.shape[1] == 1:
        return low, high
    low, high = np.where(low <= high, low, math.inf), np.where(low <= high, high, -math.inf)
    order = low.argsort(axis=1, kind="stable")
    low, high = np.take_along_axis(low, order, 1), np.take_along_axis(high, order, 1)
    low[:, 1:] = np.maximum(low[:, 1:], np.maximum.accumulate(high, axis=1)[:, :-1] + 1)
    return low, high


def labels_left(allowed: Mask, empty: Mask) -> Regions:
    """Returns the labels of which codes 0..S−1 are allowed (N, S), and all other codes; and the empty cell (N,)."""
    known = Regions.of_codes(allowed)
    others = np.full((len(allowed), 1), float(allowed.shape[1]))
    return Regions(np.hstack([known.low, others]), np.hstack([known.high, np.full_like(others, math.inf)]), empty)


def quantities_of(kinds: Sequence[Kind]) -> list[Quantity]:
    """Returns the columns that are quantities and vary."""
    found = (_quantity(column, kind) for column, kind in enumerate(kinds) if kind.seen > 1 or kind.is_numeric)
    return [quantity for quantity in found if quantity is not None]


def _quantity(column: int, kind: Kind) -> Quantity | None:
    if isinstance(kind, Categorical):
        return _of_labels(column, kind)
    form = kind.format
    if isinstance(form, TimeFormat):
        dated = pattern(form.pattern).dated
        return Quantity(column, form.resolution, _clock(form.unit, dated=dated, offset=form.offset), is_time=True)
    return Quantity(column, form.resolution, form.notation.unit)


def _of_labels(column: int, kind: Categorical) -> Quantity | None:
    """Returns labels as a quantity where there are at least two, all numbers or all times."""
    labels = kind.labels
    if len(labels) < 2:
        return None
    numbers = [number_of(label, kind.notation) for label in labels]
    exact = [float(number) for number in numbers if number is not None]
    if len(exact) == len(labels):
        decimals = max(decimals_of(kind.notation.plain(label) or label) for label in labels)
        return Quantity(column, 10.0**-decimals, kind.notation.unit, numbers=tuple(exact))
    times = label_times(labels)
    if times.form is None or times.form.zone:
        return None
    at = {label: float(said.days * times.form.ticks) for said, label in times.labels.items()}
    unit = _clock(times.form.unit, dated=times.form.dated, offset=0)
    return Quantity(column, 1.0, unit, is_time=True, numbers=tuple(at[label] for label in labels))


def _clock(unit: str, *, dated: bool, offset: int) -> str:
    """Names a unit of time with what it is counted from."""
    return f"{unit}s since {'1970' if dated else 'midnight'}" + (f", UTC{offset:+d} min" if offset else "")
