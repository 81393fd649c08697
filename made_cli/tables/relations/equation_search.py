"""The search for equations between quantities.

Knows: that most combinations are refused by a few rows, in which the left side has not its commonest number, so that
0 = 0 + 0 says nothing; that a left side takes three numbers or more; how many combinations are tried at most; and that
of equations that follow from others, the simplest are kept.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from math import comb, perm

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.relations.cells import Columns, cells_of
from made_cli.tables.relations.counts import RARER_AT_A_BOUNDARY
from made_cli.tables.relations.equations import Equation, Operator, allowed, combined, may_be_term
from made_cli.tables.relations.quantity import Quantity, Values

Form = tuple[Operator, int]
FORMS: tuple[Form, ...] = (("+", 1), ("+", 2), ("*", 2), ("/", 2), ("+", 3))
"""The forms of right sides, and how many terms each has, the simplest first."""
MOST_TRIED = 2_000_000
"""Equations of each form that are tried, at most: of the columns beyond that there are none of this form."""
SCOUTS = ((8, 0.25), (40, 0.25), (400, 0.15), (2000, 0.1))
"""Numbers of rows by which equations are refused, one after the other, and the share of them that may break one.

An equation that `RARER_AT_A_BOUNDARY` lets pass is broken by less than a tenth of all rows of this kind.
"""
COARSE = 10
"""Steps of its resolution that a left side must vary by to be rounded; a coarser one fits too much."""


@dataclass(frozen=True, eq=False)
class _Side:
    """A quantity as a side of equations.

    Attributes:
        quantity: the column.
        numbers: (N,) its numbers.
        uncommon: the rows in which it has not its commonest number.
        distinct: how many distinct numbers it has.
    """

    quantity: Quantity
    numbers: Values
    uncommon: NDArray[np.int64]
    distinct: int

    @property
    def rounding(self) -> float:
        """How far it may be from the other side."""
        return rounding_of(self.quantity, self.numbers)


def tried(form: Form, columns: int) -> int:
    """Returns how many equations of a form there are between so many columns."""
    operator, terms = form
    if columns <= terms:
        return 0
    ways = perm(columns - 1, terms) if operator == "/" else comb(columns - 1, terms)
    return columns * ways


def most_columns(form: Form, columns: int) -> int:
    """Returns how many of some columns are tried.

    >>> most_columns(("+", 3), 100), most_columns(("+", 3), 20)
    (60, 20)
    """
    return next(count for count in range(columns, -1, -1) if tried(form, count) <= MOST_TRIED)


def find_equations(
    table: Columns, quantities: Sequence[Quantity], on_limit: Callable[[str], None]
) -> Iterator[Equation]:
    """Yields equations that few of the scouts among the rows of a table break."""
    sides = [_side(table, quantity) for quantity in quantities]
    # Shuffled, a column breaks an equation in at most two rows for each in which it has not its commonest number.
    varying = [side for side in sides if 2 * len(side.uncommon) >= RARER_AT_A_BOUNDARY]
    # What is equal to 0 or 1 where others say so is told in implications.
    lefts = {place: side.rounding for place, side in enumerate(varying) if side.distinct > 2}
    if not lefts:
        return
    numbers = np.asfortranarray(np.column_stack([side.numbers for side in varying]))
    for form in FORMS:
        count = most_columns(form, len(varying))
        if count < len(varying):
            on_limit(
                f"equations of the form {_shape(form)} are looked for among the first {count} of {len(varying)} columns"
                " of numbers and times"
            )
        for target in sorted(lefts.keys() & {*range(count)}):
            yield from _equations(numbers[:, :count], varying[:count], target, form, lefts[target])


def _shape(form: Form) -> str:
    operator, terms = form
    return f"x = {f' {operator} '.join('abc'[:terms])}"


def _side(table: Columns, quantity: Quantity) -> _Side:
    numbers = quantity.of(table.values)
    cells = table[quantity.column] if quantity.numbers is None else cells_of(numbers)
    known = len(cells.distinct) - bool(np.isnan(cells.distinct[-1]))
    commonest = cells.counts[:known].argmax() if known else 0
    uncommon = np.flatnonzero((cells.places != commonest) & (cells.places < known))
    return _Side(quantity, numbers, uncommon, known)


def _equations(numbers: Values, sides: Sequence[_Side], target: int, form: Form, rounding: float) -> Iterator[Equation]:
    (operator, terms), left = form, sides[target]
    others = [
        place
        for place, term in enumerate(sides)
        if place != target and may_be_term(left.quantity, term.quantity, operator)
    ]
    chosen = permutations(others, terms) if operator == "/" else combinations(others, terms)
    places = np.array(list(chosen), dtype=np.int64).reshape(-1, terms)
    if not len(places):
        return
    for scouts, most in SCOUTS:
        scouted = numbers[left.uncommon[:scouts]]
        own = scouted[:, target, np.newaxis]
        error = np.abs(own - combined(operator, [scouted[:, places[:, term]] for term in range(terms)]))
        off = allowed(rounding, left.quantity.resolution, own)
        wrong, known = (error > off).sum(axis=0), np.isfinite(error).sum(axis=0)
        # Among few rows, cells of a column may all be empty; among many, that is all that it says.
        places = places[(wrong <= most * known) & ((known > 0) | (scouts < SCOUTS[-1][0]))]
    for found in places:
        equation = Equation(left.quantity, tuple(sides[place].quantity for place in found), operator, rounding)
        if equation.is_of_one_unit:
            yield equation


def rounding_of(left: Quantity, numbers: Values) -> float:
    """Returns how far a left side of these numbers (N,) may be from the right side."""
    known = numbers[~np.isnan(numbers)]
    return left.resolution / 2 if len(known) and known.std() >= COARSE * left.resolution else 0.0


def independent(equations: Sequence[Equation], columns: int) -> list[Equation]:
    """Returns the equations that do not follow from those before them.

    Sums are linear in the columns, products and ratios in their logarithms: an equation follows from others where it is
    a combination of theirs.
    """
    kept: list[Equation] = []
    spans: dict[bool, list[Values]] = {True: [], False: []}
    for equation in equations:
        row = np.zeros(columns)
        row[equation.target.column] = 1
        for place, term in enumerate(equation.terms):
            row[term.column] = 1 if equation.operator == "/" and place else -1
        span = spans[equation.operator == "+"]
        if np.linalg.matrix_rank(np.array([*span, row])) > len(span):
            span.append(row)
            kept.append(equation)
    return kept
