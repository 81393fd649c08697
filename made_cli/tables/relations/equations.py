"""Equations: a quantity that is the sum, the product or the ratio of others, or a copy of one, within rounding.

Knows: that a difference is a sum seen from another side, and is found as one; that a point in time is another one plus
a number; and that the right side may be rounded to the
resolution of the left one.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import numpy as np

from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.regions import Region, union
from made_cli.tables.relations.orders import Order
from made_cli.tables.relations.quantity import ANYTHING, Mask, Quantity, Values

Operator = Literal["+", "*", "/"]
TERMS: Mapping[Operator, tuple[int, ...]] = {"+": (1, 2, 3), "*": (2,), "/": (2,)}
"""How many terms a right side may have."""


@dataclass(frozen=True)
class Equation:
    """A quantity that is what others give.

    Attributes:
        target: the left side.
        terms: of the right side; one alone makes the target a copy.
        operator: what stands between them.
        rounding: how far from the right side the target may be: half a step of its resolution, or 0.
    """

    target: Quantity
    terms: tuple[Quantity, ...]
    operator: Operator
    rounding: float
    form: Literal["equation"] = "equation"

    @property
    def columns(self) -> tuple[int, ...]:
        """The columns that it relates, the target first."""
        return (self.target.column, *(term.column for term in self.terms))

    @property
    def shape(self) -> tuple[Operator, int]:
        """What the right side looks like: its operator, and how many terms it has."""
        return (self.operator, len(self.terms))

    @property
    def is_of_one_unit(self) -> bool:
        """Whether there is a time on both sides, one on each, or on none, and no time is a factor."""
        times = sum(term.is_time for term in self.terms)
        fit = all(may_be_term(self.target, term, self.operator) for term in self.terms)
        return fit and times == self.target.is_time

    @property
    def is_copy(self) -> bool:
        """Whether the right side is one column alone."""
        return len(self.terms) == 1

    def said(self, kinds: Sequence[Kind]) -> str:
        """Returns what people read."""
        target, *terms = (kinds[column].name for column in self.columns)
        return f"{target} = {f' {self.operator} '.join(terms)}"

    def speaks_of(self, values: Values) -> Mask:
        """Says (N,) in which rows no cell is empty, and nothing is divided by 0."""
        return np.isfinite(self._error(values))

    def broken(self, values: Values) -> Mask:
        """Says (N,) which rows break it."""
        error = self._error(values)
        return np.isfinite(error) & (error > self._allowed(self.target.of(values)))

    def _allowed(self, numbers: Values) -> Values:
        return allowed(self.rounding, self.target.resolution, numbers)

    def _error(self, values: Values) -> Values:
        given = [term.of(values) for term in self.terms]
        return np.asarray(np.abs(self.target.of(values) - combined(self.operator, given)))

    def implies(self, order: Order, values: Values) -> bool:
        """Says whether an order follows from it in rows (N, D), as a part is no more than the whole."""
        low, high = order.columns
        if high != self.target.column or low not in self.columns[1:] or self.operator == "/":
            return False
        least = {term.column: float(np.nanmin(term.of(values))) for term in self.terms}
        others = [number for column, number in least.items() if column != low]
        return min(others, default=0) >= 0 if self.operator == "+" else min(others) >= 1 and least[low] >= 0

    def leaves(self, column: int, row: Values) -> Region:
        """Returns the cells that it leaves for one of its columns, given the others of a row (D,)."""
        target, *terms = (float(each.of(row[np.newaxis])[0]) for each in (self.target, *self.terms))
        place = self.columns.index(column)
        others = [number for at, number in enumerate((target, *terms)) if at != place]
        if any(map(math.isnan, others)):
            return ANYTHING
        if place == 0:
            value = float(combined(self.operator, [np.array(term) for term in terms]))
            rounding = float(self._allowed(np.array(value)))
            return self.target.between(value - rounding, value + rounding) if math.isfinite(value) else ANYTHING
        own, rounding = self.terms[place - 1], float(self._allowed(np.array(target)))
        low, high = target - rounding, target + rounding
        if self.operator == "+":
            rest = sum(others[1:])
            return own.between(low - rest, high - rest)
        if self.operator == "*":
            return _linear(own, math.prod(others[1:]), low, high)
        if place == 1:
            return _linear(own, 1 / terms[1], low, high) if terms[1] else ANYTHING
        # low <= a / x <= high, for x above 0 and below; of 0 nothing is said.
        above = _at_most(own, low, terms[0]) & _at_most(own, -high, -terms[0]) & own.between(0.0, math.inf)
        below = _at_most(own, -low, -terms[0]) & _at_most(own, high, terms[0]) & own.between(-math.inf, 0.0)
        return union((above, below, own.between(0.0, 0.0)))


def may_be_term(left: Quantity, term: Quantity, operator: Operator) -> bool:
    """Says whether a column may be a term: a time is no factor, no number is the sum of times."""
    if operator != "+":
        return not left.is_time and not term.is_time
    return not term.is_time or (left.is_time and left.unit == term.unit)


def allowed(rounding: float, step: float, numbers: Values) -> Values:
    """Returns how far numbers may be from what others give: by their rounding, and by what floats are off."""
    return np.asarray(rounding + 1e-6 * step + 1e-12 * np.abs(numbers))


def combined(operator: Operator, terms: Sequence[Values]) -> Values:
    """Returns what terms give: NaN where one is empty or divides by 0."""
    if operator == "+":
        return reduce(np.add, terms)
    if operator == "*":
        return reduce(np.multiply, terms)
    divisor = np.where(terms[1] == 0, math.nan, terms[1])
    return np.asarray(terms[0] / divisor)


def _linear(own: Quantity, factor: float, low: float, high: float) -> Region:
    """Returns the cells of x with low <= factor x <= high."""
    return _at_most(own, factor, high) & _at_most(own, -factor, -low)


def _at_most(own: Quantity, factor: float, bound: float) -> Region:
    """Returns the cells of x with factor x <= bound."""
    if factor == 0:
        return ANYTHING if bound >= 0 else Region((), empty=True)
    return own.between(-math.inf, bound / factor) if factor > 0 else own.between(bound / factor, math.inf)
