"""The search for columns that follow from one or two columns of labels.

Knows: that a function is made from the table. One of so many entries is one of many, each of which had its chance to
fit; and a row whose labels no other row has agrees with itself only. What follows from others is not looked for.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.columns.kinds import Kind
from made_cli.tables.relations.counts import RARER, SCOUTED, Count, columns_of, stands_out
from made_cli.tables.relations.functions import Function, as_labels
from made_cli.tables.relations.quantity import Values

SCOUTS = (300, 3000)
"""Rows by which functions are refused, at first and then."""
MOST_PAIRS = 20_000
"""Pairs of columns that are tried, at most."""
MOST_TRIED = 20_000
"""Pairs of columns of labels, each with a third column, that are tried at most."""
LUCK = 5
"""Times as many breaks among these rows, and as many more, as there may be in all."""
AGREE = 2
"""Rows that have to agree on an entry."""


@dataclass(frozen=True)
class _Cells:
    """The columns of a table as whole numbers from 0: (N, D) which of its distinct values a cell is, and (D,) these."""

    places: NDArray[np.int64]
    distinct: tuple[Values, ...]

    def commonest(self, column: int) -> float:
        """Returns the share of rows that have a column's commonest value."""
        return float(np.bincount(self.places[:, column]).max() / len(self.places))


def find_functions(
    values: Values, kinds: Sequence[Kind], columns: Sequence[int], on_limit: Callable[[str], None]
) -> list[Function]:
    """Returns the functions among some columns of rows (N, D), those of one column first."""
    cells = _cells(values)
    if (count := columns_of(2, len(columns), MOST_PAIRS)) < len(columns):
        on_limit(f"functions are looked for among the first {count} of {len(columns)} columns")
    varying = [column for column in columns[:count] if len(cells.distinct[column]) > 1]
    labels = [column for column in varying if not kinds[column].is_numeric]
    pairs = [(given, target) for given in labels for target in varying if given != target]
    single = {(f.given[0], f.target): f for f, _ in _functions(cells, kinds, [((g,), t) for g, t in pairs])}
    same = [(a, b) for a, b in single if a < b and (b, a) in single]
    gone = {b for _, b in same}
    kept = [replace(single[pair], one_to_one=True) for pair in same if pair[0] not in gone]
    single = {pair: found for pair, found in single.items() if not gone & set(pair)}
    kept += [f for (a, c), f in single.items() if not any((a, b) in single and (b, c) in single for b in varying)]
    threes = (
        ((a, b), target)
        for a, b in combinations([column for column in labels if column not in gone], 2)
        if (a, b) not in single and (b, a) not in single
        for target in varying
        if target not in {a, b, *gone} and (a, target) not in single and (b, target) not in single
    )
    first_threes = list(islice(threes, MOST_TRIED))
    if next(threes, None) is not None:
        on_limit(f"functions of two columns: the first {MOST_TRIED:,} were tried")
    # Columns that go together often determine a third each with the same partner: the best of them is enough.
    best: dict[int, tuple[Function, int]] = {}
    for function, breaks in _functions(cells, kinds, first_threes):
        first, fewest = best.setdefault(function.target, (function, breaks))
        if (breaks, len(function.entries)) < (fewest, len(first.entries)):
            best[function.target] = (function, breaks)
    return kept + [function for function, _ in best.values()]


def function_of(values: Values, given: tuple[int, ...], target: int, resolution: float) -> Function:
    """Returns the function of rows (N, D) that has the commonest value for all labels there are, whatever it says."""
    cells = _cells(values[:, [*given, target]])
    table, _ = _entries(cells, range(len(given)), len(given), 1)
    return Function(target, given, table, resolution)


def _cells(values: Values) -> _Cells:
    found = [np.unique(values[:, column], return_inverse=True) for column in range(values.shape[1])]
    places = [inverse for _, inverse in found]
    return _Cells(np.column_stack(places).astype(np.int64), tuple(distinct for distinct, _ in found))


def _functions(
    cells: _Cells, kinds: Sequence[Kind], tried: Sequence[tuple[tuple[int, ...], int]]
) -> Iterator[tuple[Function, int]]:
    """Yields functions, and how many rows break each, among some columns and one that follows from them."""
    log_tried = math.log(max(len(tried), 1))
    free = {target: len(cells.places) * (1 - cells.commonest(target)) for target in {target for _, target in tried}}
    for given, target in tried:
        if free[target] < RARER or any(_is_refused(cells.places, rows, given, target, free[target]) for rows in SCOUTS):
            continue
        if (found := _function(cells, given, target, kinds[target].resolution or 1.0, log_tried)) is not None:
            yield found


def _joint(places: NDArray[np.int64], columns: Sequence[int]) -> NDArray[np.int64]:
    """Returns one number (N,) for the cells of some columns: equal where they are."""
    joint = np.zeros(len(places), dtype=np.int64)
    for column in columns:
        joint = joint * (places[:, column].max() + 1) + places[:, column]
    return joint


def _is_refused(places: NDArray[np.int64], scouts: int, given: Sequence[int], target: int, free: float) -> bool:
    """Says whether among some rows many have not the commonest value of their group, by how many (`free`) might."""
    rows = min(scouts, len(places))
    return _broken(places[:rows], given, target) > min(SCOUTED, LUCK * (free / len(places) / RARER + 1 / rows))


def _broken(places: NDArray[np.int64], given: Sequence[int], target: int) -> float:
    """Returns the share of rows that have not the commonest value of their group."""
    joint, counts = np.unique(_joint(places, (*given, target)), return_counts=True)
    group = joint // (places[:, target].max() + 1)
    return 1 - float(np.maximum.reduceat(counts, _starts(group)).sum()) / len(places)


def _starts(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns where in ascending numbers each of them begins."""
    return np.flatnonzero(np.concatenate(([True], groups[1:] != groups[:-1])))


def _function(
    cells: _Cells, given: tuple[int, ...], target: int, resolution: float, log_tried: float
) -> tuple[Function, int] | None:
    """Returns the function that a table gives, None where columns independent of each other would give one too."""
    table, count = _entries(cells, given, target, AGREE)
    free = (count.rows - len(table)) * (1 - cells.commonest(target))
    if not stands_out(count, free, log_tried + len(table) * math.log(len(cells.distinct[target]))):
        return None
    return Function(target, given, table, resolution), count.breaks


def _entries(
    cells: _Cells, given: Sequence[int], target: int, least: int
) -> tuple[dict[tuple[int, ...], float], Count]:
    """Returns the commonest value for each key on which so many rows agree, and how many rows have it and have not."""
    joint, first, counts = np.unique(_joint(cells.places, (*given, target)), return_index=True, return_counts=True)
    group = joint // (cells.places[:, target].max() + 1)
    order = np.lexsort((-counts, group))
    starts = _starts(group[order])
    commonest, rows = order[starts], np.add.reduceat(counts[order], starts)
    agree = counts[commonest] >= least
    kept, rows = commonest[agree], rows[agree]
    count = Count(int(counts[kept].sum()), int((rows - counts[kept]).sum()))
    places = cells.places[first[kept]]
    keys = np.column_stack([as_labels(cells.distinct[column][places[:, column]]) for column in given])
    values = cells.distinct[target][places[:, target]]
    # One NaN, which equals itself within a mapping.
    cells_of = (math.nan if math.isnan(value) else float(value) for value in values)
    table = {tuple(map(int, key)): cell for key, cell in zip(keys, cells_of, strict=True)}
    return table, count
