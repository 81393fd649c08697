"""The search for columns that follow from one or two columns of labels.

Knows: that a function is made from the table. One of so many entries is one of many, each of which had its chance to
fit; and a row whose labels no other row has agrees with itself only. What follows from others is not looked for.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, groupby, islice

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.columns.kinds import Kind
from made_cli.tables.relations.cells import Columns, cells_of
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
SMALL = 4096
"""Combinations of cells that are counted, even if there are fewer rows; more are sorted."""
AGREE = 2
"""Rows that have to agree on an entry."""


def find_functions(
    table: Columns, kinds: Sequence[Kind], columns: Sequence[int], on_limit: Callable[[str], None]
) -> list[Function]:
    """Returns the functions among some columns of a table, those of one column first."""
    if (count := columns_of(2, len(columns), MOST_PAIRS)) < len(columns):
        on_limit(f"functions are looked for among the first {count} of {len(columns)} columns")
    varying = [column for column in columns[:count] if len(table[column].distinct) > 1]
    labels = [column for column in varying if not kinds[column].is_numeric]
    pairs = [(given, target) for given in labels for target in varying if given != target]
    single = {(f.given[0], f.target): f for f, _ in _functions(table, kinds, [((g,), t) for g, t in pairs])}
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
        on_limit(f"functions of two columns are looked for in the first {MOST_TRIED:,} combinations of columns")
    # Columns that go together often determine a third each with the same partner: the best of them is enough.
    best: dict[int, tuple[Function, int]] = {}
    for function, breaks in _functions(table, kinds, first_threes):
        first, fewest = best.setdefault(function.target, (function, breaks))
        if (breaks, len(function.entries)) < (fewest, len(first.entries)):
            best[function.target] = (function, breaks)
    return kept + [function for function, _ in best.values()]


def function_of(values: Values, given: tuple[int, ...], target: int, resolution: float) -> Function:
    """Returns the function of rows (N, D) that has the commonest value for all labels there are, whatever it says."""
    return Function(target, given, _entries(Columns(values), given, target, 1), resolution)


def _functions(
    table: Columns, kinds: Sequence[Kind], tried: Sequence[tuple[tuple[int, ...], int]]
) -> Iterator[tuple[Function, int]]:
    """Yields functions, and how many rows break each, among some columns and one that follows from them."""
    log_tried = math.log(max(len(tried), 1))
    commonest = {target: float(table[target].counts.max() / table.rows) for target in {target for _, target in tried}}
    for given, several in groupby(tried, key=lambda one: one[0]):
        targets = [target for _, target in several if table.rows * (1 - commonest[target]) >= RARER]
        for scouts in SCOUTS:
            targets = _not_refused(table, min(scouts, table.rows), given, targets, commonest)
        for target in targets:
            count, entries = _counted(table, given, target)
            expected = (count.rows - entries) * (1 - commonest[target])
            if stands_out(count, expected, log_tried + entries * math.log(len(table[target].distinct))):
                found = _entries(table, given, target, AGREE)
                yield Function(target, given, found, kinds[target].resolution or 1.0), count.breaks


def _not_refused(
    table: Columns, rows: int, given: Sequence[int], targets: Sequence[int], commonest: Mapping[int, float]
) -> list[int]:
    """Returns the targets of which few among the first rows have not the commonest value of their group.

    Args:
        table: all rows.
        rows: how many of them are looked at.
        given: the columns that make the groups.
        targets: the columns that may follow from them.
        commonest: the share of rows that have the commonest value of each.
    """
    kept = _in_groups(table, rows, given, targets)
    return [
        target
        for target, own in zip(targets, kept, strict=True)
        if 1 - own / rows <= min(SCOUTED, LUCK * ((1 - commonest[target]) / RARER + 1 / rows))
    ]


def _in_groups(table: Columns, rows: int, given: Sequence[int], targets: Sequence[int]) -> list[int]:
    """Returns how many of the first rows have the commonest value of their group, of each target.

    Targets of few values are counted together, others are sorted.
    """
    first, groups = slice(rows), cells_of(table.joint(given, slice(rows)).astype(np.float64))
    sizes = {target: len(groups.distinct) * len(table[target].distinct) for target in targets}
    kept = {}
    for target in targets:
        if sizes[target] > max(SMALL, rows):
            commonest, _ = _groups(table, given, target, first)
            kept[target] = int(commonest.sum())
    if small := [target for target in targets if target not in kept]:
        widths = np.array([len(table[target].distinct) for target in small])
        places = np.column_stack([table[target].places[first] for target in small])
        places += groups.places[:, np.newaxis] * widths + _before(len(groups.distinct) * widths)
        counts = np.bincount(places.ravel(), minlength=sum(sizes[target] for target in small))
        commonest = np.maximum.reduceat(counts, _before(np.repeat(widths, len(groups.distinct))))
        kept |= zip(small, commonest.reshape(len(small), -1).sum(axis=1).tolist(), strict=True)
    return [kept[target] for target in targets]


def _before(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns where each of some parts of these sizes begins."""
    return np.cumsum(sizes) - sizes


def _counted(table: Columns, given: Sequence[int], target: int) -> tuple[Count, int]:
    """Counts the rows that have the commonest value of their group, and that have not; and on how many rows agree."""
    commonest, rows = _groups(table, given, target)
    agree = commonest >= AGREE
    return Count(int(commonest[agree].sum()), int((rows - commonest)[agree].sum())), int(agree.sum())


def _groups(
    table: Columns, given: Sequence[int], target: int, rows: slice = slice(None)
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns of some rows how many have the commonest value of each group of labels, and how many are in it."""
    joint, width = table.joint((*given, target), rows), len(table[target].distinct)
    sizes = width * math.prod(len(table[column].distinct) for column in given)
    if sizes <= max(SMALL, len(joint)):
        counts = np.bincount(joint, minlength=sizes).reshape(-1, width)
        return counts.max(axis=1), counts.sum(axis=1)
    joint.sort()
    starts = _starts(joint)
    counts = np.diff(starts, append=len(joint))
    groups = _starts(joint[starts] // width)
    return np.maximum.reduceat(counts, groups), np.add.reduceat(counts, groups)


def _starts(ascending: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns where in ascending numbers each of them begins."""
    return np.flatnonzero(np.concatenate(([True], ascending[1:] != ascending[:-1])))


def _entries(table: Columns, given: Sequence[int], target: int, least: int) -> dict[tuple[int, ...], float]:
    """Returns the commonest value for each key on which so many rows agree."""
    joint, first, counts = np.unique(table.joint((*given, target)), return_index=True, return_counts=True)
    group = joint // len(table[target].distinct)
    order = np.lexsort((-counts, group))
    commonest = order[_starts(group[order])]
    rows = first[commonest[counts[commonest] >= least]]
    keys = zip(*(as_labels(table.values[rows, column]).tolist() for column in given), strict=True)
    # One NaN, which equals itself within a mapping.
    cells = (math.nan if math.isnan(value) else value for value in table.values[rows, target].tolist())
    return dict(zip(keys, cells, strict=True))
