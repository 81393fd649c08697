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
from made_cli.tables.columns.regions import Region
from made_cli.tables.columns.row_regions import EVERYTHING, Regions, either
from made_cli.tables.relations.orders import Order
from made_cli.tables.relations.quantity import Mask, Quantity, Values

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
        return np.isfinite(error) & (error > self.allowed(self.target.of(values)))

    def allowed(self, numbers: Values) -> Values:
        """Returns how far the target may be from what the right side gives, by its numbers."""
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

    def leaves(self, column: int, values: Values) -> Regions:
        """Returns the cells that it leaves for one of its columns, given the others of rows (N, D)."""
        place = self.columns.index(column)
        numbers = [each.of(values) for each in (self.target, *self.terms)]
        others = np.stack([number for at, number in enumerate(numbers) if at != place])
        left = self._target_left(numbers[1:]) if place == 0 else self._term_left(place - 1, numbers[0], numbers[1:])
        return either(np.asarray(np.isnan(others).any(axis=0)), EVERYTHING, left)

    def _target_left(self, terms: Sequence[Values]) -> Regions:
        value = combined(self.operator, terms)
        rounding = self.allowed(value)
        return either(np.isfinite(value), self.target.between(value - rounding, value + rounding), EVERYTHING)

    def _term_left(self, place: int, target: Values, terms: Sequence[Values]) -> Regions:
        own, others = self.terms[place], [term for at, term in enumerate(terms) if at != place]
        rounding = self.allowed(target)
        low, high = target - rounding, target + rounding
        if self.operator == "+":
            rest = sum(others, np.zeros_like(target))
            return own.between(low - rest, high - rest)
        if self.operator == "*":
            return _linear(own, np.prod(others, axis=0), low, high)
        if place == 0:
            divisor = terms[1]
            return either(divisor != 0, _linear(own, 1 / np.where(divisor == 0, 1.0, divisor), low, high), EVERYTHING)
        # low <= a / x <= high, for x above 0 and below; of 0 nothing is said.
        zero, end = np.zeros_like(target), np.full_like(target, math.inf)
        above = _at_most(own, low, terms[0]) & _at_most(own, -high, -terms[0]) & own.between(zero, end)
        below = _at_most(own, -low, -terms[0]) & _at_most(own, high, terms[0]) & own.between(-end, zero)
        return above | below | own.between(zero, zero)


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


def _linear(own: Quantity, factor: Values, low: Values, high: Values) -> Regions:
    """Returns the cells of x with low <= factor x <= high, each (N,)."""
    return _at_most(own, factor, high) & _at_most(own, -factor, -low)


def _at_most(own: Quantity, factor: Values, bound: Values) -> Regions:
    """Returns the cells of x with factor x <= bound, each (N,)."""
    end = np.full_like(bound, math.inf)
    limit = bound / np.where(factor == 0, 1.0, factor)
    left = own.between(np.where(factor > 0, -end, limit), np.where(factor > 0, limit, end))
    return either(factor == 0, either(bound >= 0, EVERYTHING, _EMPTY), left)


_EMPTY = Regions.of(Region((), empty=True))
