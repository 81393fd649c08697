"""Which relations hold in a table.

Knows: in which order they are looked for, so that nothing is listed that follows from others; that a large table is
searched by some of its rows, and what is found is counted in all of them.
"""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.columns.kinds import Kind
from made_cli.tables.relations.cells import Columns
from made_cli.tables.relations.counts import RARER_AT_A_BOUNDARY, Count, stands_out
from made_cli.tables.relations.emptiness import find_emptiness
from made_cli.tables.relations.equation_search import FORMS, find_equations, independent, most_columns, tried
from made_cli.tables.relations.equations import Equation
from made_cli.tables.relations.found import Found
from made_cli.tables.relations.function_search import find_functions
from made_cli.tables.relations.implication_search import find_implications
from made_cli.tables.relations.orders import Order, find_orders, without_implied
from made_cli.tables.relations.quantity import Quantity, Values, quantities_of
from made_cli.tables.relations.relation import QUIETLY, Relation, counted, expected_breaks

SEARCHED = 50_000
"""Rows of a table in which relations are looked for, drawn where there are more."""
Read = Callable[[NDArray[np.int64] | slice, Collection[int]], Values]
"""Returns (n, D) the values of some rows, in some of the columns at least."""
Kept = TypeVar("Kept", Equation, Order)


@dataclass(frozen=True)
class _Search:
    """What is searched.

    Attributes:
        table: some rows in random order.
        kinds: of the columns.
        rng: shuffles columns.
        on_limit: called with what was not looked for, as there are too many columns.
    """

    table: Columns
    kinds: Sequence[Kind]
    rng: np.random.Generator
    on_limit: Callable[[str], None]

    def tested(self, candidates: Iterable[Kept], log_tried: float) -> list[tuple[Kept, Count]]:
        """Returns the candidates that columns independent of each other would not show, and what was counted."""
        counts = ((each, counted(each, self.table.values)) for each in candidates)
        return [
            (relation, count)
            for relation, count in counts
            if count.is_near and stands_out(count, self._expected(relation), log_tried, RARER_AT_A_BOUNDARY)
        ]

    def _expected(self, relation: Relation) -> float:
        return expected_breaks(relation, self.table.values, self._shuffled, self.rng)

    @cached_property
    def _shuffled(self) -> Values:
        return self.table.values.copy(order="K")

    def equations(self, quantities: Sequence[Quantity]) -> list[Equation]:
        """Returns the equations between quantities, the simplest first."""
        log_tried = math.log(1 + sum(tried(form, most_columns(form, len(quantities))) for form in FORMS))
        found = self.tested(find_equations(self.table, quantities, self.on_limit), log_tried)
        copied = {each.target.column for each, _ in found if each.is_copy and each.target.column > each.columns[1]}
        # What is said of a copy is said of what it copies, which is the column before it where either could be.
        found = [(each, count) for each, count in found if each.is_copy or copied.isdisjoint(each.columns)]
        found.sort(key=lambda one: (FORMS.index(one[0].shape), one[0].target.column not in copied, one[1].breaks))
        return independent([equation for equation, _ in found], len(self.kinds))

    def orders(self, quantities: Sequence[Quantity], equations: Sequence[Equation]) -> list[Order]:
        """Returns the orders between quantities that do not follow from others, or from equations."""
        candidates = find_orders(self.table.values, quantities, self.on_limit)
        orders = [order for order, _ in self.tested(candidates, 2 * math.log(1 + len(quantities)))]
        return [
            order
            for order in without_implied(orders)
            if not any(equation.implies(order, self.table.values) for equation in equations)
        ]


def find_relations(
    values: Values, kinds: Sequence[Kind], rng: np.random.Generator, on_limit: Callable[[str], None]
) -> list[Found]:
    """Finds the relations between the columns of a table.

    Args:
        values: (N, D) the cells: a number is itself, a label its code, an empty cell NaN.
        kinds: (D,) of the columns; no label is rare.
        rng: draws rows where there are many, and shuffles columns.
        on_limit: called with what was not looked for, as there are too many columns.
    """
    return find_in(lambda rows, _: values[rows], len(values), kinds, rng, on_limit)


def find_in(
    read: Read, rows: int, kinds: Sequence[Kind], rng: np.random.Generator, on_limit: Callable[[str], None]
) -> list[Found]:
    """Finds the relations between the columns of a table whose values are read as needed; see `relations_in`."""
    relations = relations_in(read, rows, kinds, rng, on_limit)
    return list(map(Found, relations, counted_in(read, rows, relations, SEARCHED)))


def relations_in(
    read: Read, rows: int, kinds: Sequence[Kind], rng: np.random.Generator, on_limit: Callable[[str], None]
) -> list[Relation]:
    """Returns the relations between the columns of a table, which are not counted yet.

    Args:
        read: returns (n, D) the values of some rows, in some of the columns at least.
        rows: N, of the table.
        kinds: as in `find_relations`, and so are `rng` and `on_limit`.
        rng: see there.
        on_limit: see there.
    """

    def told(limit: str) -> None:
        on_limit(f"relations: {limit}")

    drawn = read(rng.permutation(rows)[:SEARCHED], range(len(kinds)))
    return _searched(_Search(Columns(np.asfortranarray(drawn)), kinds, rng, told))


def counted_in(read: Read, rows: int, relations: Sequence[Relation], at_once: int) -> list[Count]:
    """Counts the rows that keep and break each relation in a table whose values are read some rows at a time.

    Args:
        read: see `relations_in`.
        rows: N, of the table.
        relations: what is counted.
        at_once: how many rows are read at a time.
    """
    related = {column for relation in relations for column in relation.columns}
    counts = [Count(0, 0)] * len(relations)
    for start in range(0, rows if relations else 0, at_once):
        values = read(slice(start, start + at_once), related)
        counts = [count + counted(each, values) for count, each in zip(counts, relations, strict=True)]
    return counts


@QUIETLY
def first_broken(read: Read, rows: int, relation: Relation, most: int) -> list[int]:
    """Returns the first rows, so many at most, that break a relation in a table whose values are read as needed.

    Args:
        read: see `relations_in`.
        rows: N, of the table.
        relation: what is broken.
        most: how many rows are wanted.
    """
    found: list[int] = []
    for start in range(0, rows, SEARCHED):
        if len(found) >= most:
            break
        broken = relation.broken(read(slice(start, start + SEARCHED), relation.columns))
        found += (start + np.flatnonzero(broken)).tolist()
    return found[:most]


@QUIETLY
def _searched(search: _Search) -> list[Relation]:
    """Returns the relations in the rows that are searched."""
    table, kinds, on_limit = search.table, search.kinds, search.on_limit
    quantities = quantities_of(kinds)
    equations = search.equations(quantities)
    copies = {each.target.column for each in equations if each.is_copy}
    columns = [column for column in range(len(kinds)) if column not in copies]
    functions = find_functions(table, kinds, columns, on_limit)
    twins = {each.target for each in functions if each.one_to_one}
    columns = [column for column in columns if column not in twins]
    covered = {frozenset((given, each.target)) for each in functions for given in each.given}
    emptiness = find_emptiness(table, kinds, columns, covered)
    covered |= {frozenset(each.columns) for each in emptiness}
    told = {each.then.column for each in emptiness if each.given.values == (None,)}
    return [
        *equations,
        *search.orders([each for each in quantities if each.column not in copies], equations),
        *functions,
        *emptiness,
        *find_implications(table, kinds, columns, covered, told, on_limit),
    ]
