"""The search for implications between values of two columns.

Knows: what follows from what. Of values that always come together one speaks for all; a value that implies another
excludes all others of that column, and excludes what that one excludes; and so on along any chain.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.columns.kinds import Kind
from made_cli.tables.relations.cells import Columns
from made_cli.tables.relations.counts import MOST_BROKEN, RARER, Count, columns_of, stands_out
from made_cli.tables.relations.implications import Implication
from made_cli.tables.relations.views import Value, View, counted_together, view

MOST_TRIED = 20_000
"""Pairs of columns that are looked at, at most."""


@dataclass
class Rules:
    """What values say of each other.

    Attributes:
        implied: for a value those of other columns that its rows have.
        excluded: for a value those of other columns that its rows have not; each pair stands here twice.
    """

    implied: dict[Value, set[Value]] = field(default_factory=dict)
    excluded: dict[Value, set[Value]] = field(default_factory=dict)

    def follows(self, value: Value, other: Value) -> bool:
        """Says whether an implication follows from two others."""
        return any(other in self.implied.get(between, ()) for between in self.implied[value] - {other})

    def excludes(self, value: Value, other: Value) -> bool:
        """Says whether an exclusion follows from what either value implies."""
        pairs = ((value, other), (other, value))
        return any(
            between[0] == second[0] or second in self.excluded.get(between, ())
            for first, second in pairs
            for between in self.implied.get(first, ())
        )


def find_implications(
    table: Columns,
    kinds: Sequence[Kind],
    columns: Sequence[int],
    covered: Collection[frozenset[int]],
    told: Collection[int],
    on_limit: Callable[[str], None],
) -> list[Implication]:
    """Returns the implications between values of columns.

    Args:
        table: the rows.
        kinds: of all columns.
        columns: those that are looked at.
        covered: pairs of columns of which other relations say it already.
        told: columns of which it is known when they are empty.
        on_limit: called with what was not looked for.
    """
    views = {column: view(table, kinds, column, with_empty=column not in told) for column in columns}
    count = columns_of(2, len(columns), MOST_TRIED)
    if count < len(columns):
        on_limit(f"implications are looked for among the first {count} of {len(columns)} columns")
    pairs = list(combinations(columns[:count], 2))
    rules = _rules(views, pairs, table.rows)
    twins = _twins(rules)
    spoken_for = {value: first for first, others in twins.items() for value in others}
    return [
        *_exactly(views, twins, covered),
        *_implied(views, rules, spoken_for, covered),
        *_excluded(views, rules, spoken_for, covered),
    ]


def _rules(views: Mapping[int, View], pairs: Sequence[tuple[int, int]], rows: int) -> Rules:
    """Finds what values say of each other that would not come about by chance."""
    rules = Rules({value: set() for each in views.values() for value in each.values})
    cells = sum(len(views[a].values) * len(views[b].values) for a, b in pairs)
    log_tried = math.log(max(3 * cells, 1))
    pairs = [(a, b) for a, b in pairs if views[a].values and views[b].values]
    counted = counted_together(views, pairs)
    for a, b in pairs:
        first, second, together = views[a], views[b], counted(a, b)
        own, other = first.counts[:-1], second.counts[:-1]
        by_chance = np.outer(own, other) / rows
        for x, y in np.argwhere(_may_stand_out(together, own, other, by_chance)).tolist():
            one, two, both = first.values[x], second.values[y], int(together[x, y])
            for value, implied, count in ((one, two, int(own[x])), (two, one, int(other[y]))):
                if stands_out(Count(both, count - both), count - float(by_chance[x, y]), log_tried):
                    rules.implied[value].add(implied)
            if stands_out(Count(int(min(own[x], other[y])) - both, both), float(by_chance[x, y]), log_tried):
                rules.excluded.setdefault(one, set()).add(two)
                rules.excluded.setdefault(two, set()).add(one)
    return rules


def _may_stand_out(
    together: NDArray[np.int64], own: NDArray[np.int64], other: NDArray[np.int64], by_chance: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Says (V, W) between which values a relation may stand out; see `stands_out`."""
    first, second = own[:, np.newaxis], other[np.newaxis]
    implied = (first - together <= MOST_BROKEN * first) | (second - together <= MOST_BROKEN * second)
    excluded = (together <= MOST_BROKEN * np.minimum(first, second)) & (by_chance >= RARER * (together + 1))
    return np.asarray(implied | excluded)


def _twins(rules: Rules) -> dict[Value, list[Value]]:
    """Returns the values that always come together: the first of them, and the others."""
    twins: dict[Value, list[Value]] = {}
    seen: set[Value] = set()
    for value, implied in rules.implied.items():
        if value not in seen and (same := [other for other in implied if value in rules.implied[other]]):
            twins[value] = sorted(set(same) - seen, key=lambda other: other[0])
            seen.update(same)
    return twins


def _exactly(
    views: Mapping[int, View], twins: Mapping[Value, Sequence[Value]], covered: Collection[frozenset[int]]
) -> list[Implication]:
    return [
        Implication(views[one[0]].condition([one]), views[two[0]].condition([two]), both_ways=True)
        for one, others in twins.items()
        for two in others
        if frozenset((one[0], two[0])) not in covered
    ]


def _implied(
    views: Mapping[int, View], rules: Rules, spoken_for: Mapping[Value, Value], covered: Collection[frozenset[int]]
) -> list[Implication]:
    """Returns the implications that do not follow from others; of values with one consequence in one."""
    grouped: dict[tuple[int, Value], list[Value]] = {}
    for value, implied in rules.implied.items():
        for other in implied:
            plain = spoken_for.keys().isdisjoint((value, other)) and frozenset((value[0], other[0])) not in covered
            if plain and not rules.follows(value, other) and not _said_from_the_other_side(views, value, other):
                grouped.setdefault((value[0], other), []).append(value)
    return [
        Implication(views[column].condition(given), views[other[0]].condition([other]))
        for (column, other), given in grouped.items()
    ]


def _said_from_the_other_side(views: Mapping[int, View], value: Value, other: Value) -> bool:
    """Says whether an implication between two columns of two values each is better told by the rarer value."""
    sides = [views[each[0]] for each in (value, other)]
    if not all(side.complete and len(side.values) == 2 for side in sides):
        return False
    own = sides[0].counts[sides[0].values.index(value)]
    contrary = sides[1].counts[1 - sides[1].values.index(other)]
    return bool(contrary < own)


def _excluded(
    views: Mapping[int, View], rules: Rules, spoken_for: Mapping[Value, Value], covered: Collection[frozenset[int]]
) -> list[Implication]:
    """Returns the exclusions that do not follow from others; what a value excludes of one column in one."""
    pairs: dict[tuple[int, int], list[tuple[Value, Value]]] = {}
    for value, others in rules.excluded.items():
        for other in others:
            columns = (value[0], other[0])
            plain = spoken_for.keys().isdisjoint((value, other)) and frozenset(columns) not in covered
            if columns[0] < columns[1] and plain and not rules.excludes(value, other):
                pairs.setdefault(columns, []).append((value, other))
    found = []
    for cells in pairs.values():
        by_side = [_gathered(cells), _gathered([(two, one) for one, two in cells])]
        for value, several in min(by_side, key=len).items():
            given, then = views[value[0]], views[several[0][0]]
            found.append(Implication(given.condition([value]), then.condition(several, holds=False)))
    return found


def _gathered(cells: Sequence[tuple[Value, Value]]) -> dict[Value, list[Value]]:
    gathered: dict[Value, list[Value]] = {}
    for value, other in cells:
        gathered.setdefault(value, []).append(other)
    return gathered
