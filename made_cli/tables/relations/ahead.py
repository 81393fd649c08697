"""What an equation leaves of a column while others are open.

Knows: a column that is drawn before others must leave room for them. Of a + b = total with the total known and b from 1
to 5, a lies from total − 5 to total − 1. What an open column may be is bounded by its least value; where it is the only
open one, by all that other rules leave of it. If it may turn out to be empty, the equation may come to say nothing, and
nothing is said here.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from made_cli.tables.columns.categorical import Categorical
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.row_regions import EVERYTHING, CellSets, Regions, either
from made_cli.tables.relations.equations import Equation
from made_cli.tables.relations.quantity import Mask, Quantity, Values

MOST_INTERVALS = 100
"""Intervals of an open column that are carried over to another one; of more only the outermost ends."""


class Span(NamedTuple):
    """The numbers that a column may have in each of N rows, or in all of them: P intervals.

    Attributes:
        low: (N, P) or (1, P) the least of each; inf where there is no interval.
        high: (N, P) or (1, P) the greatest; −inf where there is no interval.
    """

    low: Values
    high: Values

    @property
    def hull(self) -> "Span":
        """One interval from the least to the greatest number."""
        return Span(self.low.min(axis=1, keepdims=True), self.high.max(axis=1, keepdims=True))


def least_of(quantity: Quantity, kind: Kind) -> float:
    """Returns the least value of a column; −inf where there is none, or it may have no number at all."""
    if kind.empty == "seen" or (isinstance(kind, Categorical) and kind.rare):
        return -math.inf
    if isinstance(kind, Categorical):
        return float(np.nanmin(quantity.numbers or (-math.inf,)))
    return -math.inf if kind.lower is None else kind.lower


def left_open(
    equation: Equation,
    column: int,
    values: Values,
    known: Mask,
    least: Values,
    kept: Callable[[int], CellSets | None],
) -> Regions:
    """Returns the cells (N,) that an equation leaves of a column while other columns of it are open.

    Args:
        equation: a sum or a product; others leave everything.
        column: one of its columns.
        values: (N, D), those of open columns anything.
        known: (N, D) which are not open, or (1, D) for all rows.
        least: (D,) see `least_of`.
        kept: returns what other rules leave of a column that is open; None for everything.
    """
    if equation.operator == "/" or equation.is_copy:
        return EVERYTHING
    others = [each for each in (equation.target, *equation.terms) if each.column != column]
    open_ones = ~known[:, [each.column for each in others]]
    spans = [_span(each, values, known, least) for each in others]
    left = _solved(equation, column, [span.hull for span in spans])
    for place, each in enumerate(others):
        alone = open_ones[:, place] & (open_ones.sum(axis=1) == 1)
        if alone.any() and math.isfinite(least[each.column]) and (allowed := kept(each.column)) is not None:
            own = _numbers(each, allowed)
            through = _solved(equation, column, [own if at == place else span for at, span in enumerate(spans)])
            left = either(np.broadcast_to(alone, len(values)), through, left)
    return left


def _span(quantity: Quantity, values: Values, known: Mask, least: Values) -> Span:
    """Returns the numbers of a column: its own where it is known, else from the least on."""
    own, is_known = quantity.of(values), np.broadcast_to(known[:, quantity.column], len(values))
    low, high = np.where(is_known, own, least[quantity.column]), np.where(is_known, own, math.inf)
    return Span(low[:, np.newaxis], high[:, np.newaxis])


def _numbers(quantity: Quantity, allowed: CellSets) -> Span:
    """Returns the numbers of the cells that are left of a column."""
    if isinstance(allowed, Regions):
        step = quantity.resolution
        span = Span(allowed.low * step, allowed.high * step)
    else:
        numbers = np.array(quantity.numbers)
        own = allowed.codes(len(numbers))
        span = Span(np.where(own, numbers, math.inf), np.where(own, numbers, -math.inf))
    if not span.low.shape[1]:
        return Span(np.full((1, 1), math.inf), np.full((1, 1), -math.inf))
    return span if span.low.shape[1] <= MOST_INTERVALS else span.hull


def _solved(equation: Equation, column: int, others: Sequence[Span]) -> Regions:
    """Returns the cells (N,) of a column for which the others can have numbers from their spans."""
    place = equation.columns.index(column)
    terms = others if place == 0 else others[1:]
    solve = _sum if equation.operator == "+" else _product
    if place == 0:
        found = _rounded(equation, solve(terms))
    else:
        found = _rest(_rounded(equation, others[0]), solve(terms), equation.operator)
    # Where anything is no number, nothing is said.
    says = ~np.asarray((np.isnan(found.low) | np.isnan(found.high)).any(axis=1))
    own = (equation.target, *equation.terms)[place]
    return either(says, own.among(*(np.where(np.isnan(ends), 0.0, ends) for ends in found)), EVERYTHING)


def _rounded(equation: Equation, target: Span) -> Span:
    return Span(target.low - equation.allowed(target.low), target.high + equation.allowed(target.high))


def _sum(terms: Sequence[Span]) -> Span:
    low, high = terms[0]
    for term in terms[1:]:
        low, high = low + term.low, high + term.high
    return Span(low, high)


def _product(terms: Sequence[Span]) -> Span:
    """Returns what numbers that are not negative make; NaN where one may be."""
    low, high = terms[0]
    for term in terms[1:]:
        low, high = low * term.low, high * term.high
    negative = np.any([(term.low < 0).any(axis=1) for term in terms], axis=0)
    return Span(np.where(negative[:, np.newaxis], math.nan, low), high)


def _rest(target: Span, others: Span, operator: str) -> Span:
    """Returns what is left for the one other term of a target."""
    if operator == "+":
        return Span(target.low - others.high, target.high - others.low)
    divisors = np.where(others.low == 0, math.nan, others.low)
    return Span(np.maximum(target.low, 0) / others.high, target.high / divisors)
