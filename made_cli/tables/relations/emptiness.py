"""Columns that are empty exactly when another is, or has some of its values.

Knows: of columns that are empty in the same rows, the first speaks for all; and that which values go with an empty cell
is learned from the table.
"""

import math
from collections.abc import Collection, Sequence

import numpy as np

from made_cli.tables.columns.kinds import Kind
from made_cli.tables.relations.cells import Columns
from made_cli.tables.relations.counts import Count, stands_out
from made_cli.tables.relations.implications import Condition, Implication
from made_cli.tables.relations.quantity import Mask
from made_cli.tables.relations.views import View, view


def find_emptiness(
    table: Columns, kinds: Sequence[Kind], columns: Sequence[int], covered: Collection[frozenset[int]]
) -> list[Implication]:
    """Returns when the columns of a table are empty, where that is exactly known."""
    empty = np.isnan(table.values)
    partly = [column for column in range(empty.shape[1]) if 0 < empty[:, column].sum() < table.rows]
    tried = len(partly) * empty.shape[1]
    found: list[Implication] = []
    first: list[int] = []
    for column in partly:
        twin = next((at for at in first if _are_twins(empty[:, column], empty[:, at], math.log(tried))), None)
        if twin is None:
            first.append(column)
        else:
            covered = {*covered, frozenset((twin, column))}
            found.append(Implication(Condition(twin, (None,)), Condition(column, (None,)), both_ways=True))
    views = {column: view(table, kinds, column, least=1) for column in columns} if first else {}
    for target in first:
        others = (each for column, each in views.items() if column != target)
        tables = (_going_with(each, empty[:, target], math.log(tried)) for each in others if each.values)
        given = min(
            (each for each in tables if each is not None), key=lambda each: (each[0], len(each[1].values)), default=None
        )
        if given is not None and frozenset((target, given[1].column)) not in covered:
            found.append(Implication(given[1], Condition(target, (None,)), both_ways=True))
    return found


def _are_twins(empty: Mask, other: Mask, log_tried: float) -> bool:
    """Says whether two columns are empty (N,) in the same rows."""
    return _agree(len(empty), int(empty.sum()), int(other.sum()), int((empty & other).sum()), log_tried)


def _going_with(seen: View, empty: Mask, log_tried: float) -> tuple[int, Condition] | None:
    """Returns the values of a column that go with an empty cell (N,) of another, and how many rows break that."""
    counts = seen.counts[:-1]
    together = np.bincount(seen.places[empty], minlength=len(counts) + 1)[:-1]
    within = np.flatnonzero(2 * together > counts)
    one, other, both = int(empty.sum()), int(counts[within].sum()), int(together[within].sum())
    if not len(within) or not _agree(len(empty), one, other, both, log_tried + len(counts) * math.log(2)):
        return None
    return one + other - 2 * both, seen.condition([seen.values[place] for place in within])


def _agree(rows: int, one: int, other: int, both: int, log_tried: float) -> bool:
    """Says whether two conditions are so in the same rows, nearly, and not by chance.

    Args:
        rows: N.
        one: rows in which the first is so.
        other: those in which the second is.
        both: those in which both are.
        log_tried: see `stands_out`.
    """
    breaks = one + other - 2 * both
    # Of the rows in which either is so: two that hardly ever are do not agree by being absent.
    either = Count(both, breaks)
    first, second = one / rows, other / rows
    expected = rows * (first * (1 - second) + second * (1 - first))
    return either.is_near and stands_out(Count(rows - breaks, breaks), expected, log_tried)
