"""What a record says of relations, before anything is asked of them.

Knows: which columns, codes and numbers a relation may be between, so that a forged one can neither fail nor hang.
"""

import math
from collections.abc import Iterable, Sequence

from made_cli.tables.columns.categorical import Categorical
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.relations.counts import Count
from made_cli.tables.relations.equations import TERMS, Equation
from made_cli.tables.relations.found import Found
from made_cli.tables.relations.functions import EMPTY, Function
from made_cli.tables.relations.implications import Condition, Implication
from made_cli.tables.relations.orders import Order
from made_cli.tables.relations.quantity import Quantity

MOST = 2.0**62
"""Cells are counted in steps of their resolution, up to so many."""


def is_between(found: Found, kinds: Sequence[Kind]) -> bool:
    """Says whether a relation is one between some of these columns, and its rows have been counted."""
    relation = found.relation
    columns = relation.columns
    if len({*columns} & {*range(len(kinds))}) < len(columns) or not _is_count(found.count):
        return False
    match relation:
        case Order():
            return _is_quantity(relation.low, kinds) and _is_quantity(relation.high, kinds)
        case Equation():
            return _is_equation(relation, kinds)
        case Function():
            return _is_function(relation, kinds)
        case Implication():
            return _is_condition(relation.given, kinds) and _is_condition(relation.then, kinds)


def _is_count(count: Count) -> bool:
    return 0 <= count.support < MOST and 0 <= count.breaks < MOST


def _is_quantity(quantity: Quantity, kinds: Sequence[Kind]) -> bool:
    """Says whether a column could be this quantity: of labels, with a number for each of them."""
    kind, numbers, step = kinds[quantity.column], quantity.numbers, quantity.resolution
    if not isinstance(kind, Categorical):
        return numbers is None and step == kind.resolution
    has_numbers = numbers is not None and len(numbers) == len(kind.labels)
    return has_numbers and step > 0 and all(map(math.isfinite, (*(numbers or ()), step)))


def _is_equation(equation: Equation, kinds: Sequence[Kind]) -> bool:
    quantities = all(_is_quantity(each, kinds) for each in (equation.target, *equation.terms))
    return quantities and len(equation.terms) in TERMS[equation.operator] and 0 <= equation.rounding < math.inf


def _is_function(function: Function, kinds: Sequence[Kind]) -> bool:
    given = [kinds[column] for column in function.given]
    keys = all(
        len(key) == len(given) and all(_is_label(code, kind) for code, kind in zip(key, given, strict=True))
        for key in function.entries
    )
    cells = (None if math.isnan(value) else value for value in function.entries.values())
    return len(given) > 0 and keys and _are_cells(cells, kinds[function.target], function.resolution)


def _is_condition(condition: Condition, kinds: Sequence[Kind]) -> bool:
    return len(condition.values) > 0 and _are_cells(condition.values, kinds[condition.column], condition.resolution)


def _are_cells(values: Iterable[float | None], kind: Kind, resolution: float) -> bool:
    """Says whether a column may have some values, None for an empty cell."""
    known = (value for value in values if value is not None)
    if isinstance(kind, Categorical):
        return resolution == 1 and all(value.is_integer() and 0 <= value < kind.outcomes for value in known)
    return resolution == kind.resolution and all(abs(value) < MOST * resolution for value in known)


def _is_label(code: int, kind: Kind) -> bool:
    return isinstance(kind, Categorical) and EMPTY <= code < kind.outcomes
