"""Columns that are empty exactly when another is, or has some of its values.

Knows: of columns that are empty in the same rows, the first speaks for all; and that which values go with an empty cell
is learned from the table.
"""

import math
from collections.abc import Collection, Sequence

import numpy as np

from made_cli.tables.columns.kinds import Kind
from made_cli.tables.relations.counts import Count, stands_out
from made_cli.tables.relations.implications import Condition, Implication
from made_cli.tables.relations.quantity import Mask, Values
from made_cli.tables.relations.views import View, view


def find_emptiness(
    values: Values, kinds: Sequence[Kind], columns: Sequence[int], covered: Collection[frozenset[int]]
) -> list[Implication]:
    """Returns when the columns of rows (N, D) are empty, where that is exactly known."""
    empty = np.isnan(values)
    partly = [column for column in range(values.shape[1]) if 0 < empty[:, column].sum() < len(values)]
    tried = len(partly) * values.shape[1]
    found: list[Implication] = []
    first: list[int] = []
    for column in partly:
        twin = next((at for at in first if _agree(empty[:, column], empty[:, at], math.log(tried))), None)
        if twin is None:
            first.append(column)
        else:
            covered = {*covered, frozenset((twin, column))}
            found.append(Implication(Condition(twin, (None,)), Condition(column, (None,)), both_ways=True))
    views = {column: view(values, kinds, column, least=1) for column in columns}
    for target in first:
        others = (each for column, each in views.items() if column != target)
        tables = (_going_with(each, empty[:, target], math.log(tried)) for each in others if each.values)
        given = min(
            (each for each in tables if each is not None), key=lambda each: (each[0], len(each[1].values)), default=None
        )
        if given is not None and frozenset((target, given[1].column)) not in covered:
            found.append(Implication(given[1], Condition(target, (None,)), both_ways=True))
    return found


def _going_with(seen: View, empty: Mask, log_tried: float) -> tuple[int, Condition] | None:
    """Returns the values of a column that go with an empty cell (N,) of another, and how many rows break that."""
    counts = seen.counts[:-1]
    together = np.bincount(seen.places[empty], minlength=len(counts) + 1)[:-1]
    within = np.flatnonzero(2 * together > counts)
    has_value = np.isin(seen.places, within)
    if not len(within) or not _agree(empty, has_value, log_tried + len(counts) * math.log(2)):
        return None
    return int(np.sum(empty != has_value)), seen.condition([seen.values[place] for place in within])


def _agree(first: Mask, second: Mask, log_tried: float) -> bool:
    """Says whether two conditions are so in the same rows, nearly, and not by chance."""
    rows, breaks = len(first), int(np.sum(first != second))
    one, other = float(first.mean()), float(second.mean())
    # Of the rows in which either is so: two that hardly ever are do not agree by being absent.
    either = Count(int(np.sum(first & second)), breaks)
    expected = rows * (one * (1 - other) + other * (1 - one))
    return either.is_near and stands_out(Count(rows - breaks, breaks), expected, log_tried)
