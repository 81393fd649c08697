"""Labels that go together: all that relations say of two columns of labels, as a table.

Knows: what follows of a third column. Where land tells the currency, and a toll excludes a land, a currency may exclude
the toll, though the land is open: of two pairs that share a column, the labels of the others go together where any
label of the shared one goes with both.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.row_regions import LabelSets
from made_cli.tables.relations.quantity import Mask, Values
from made_cli.tables.relations.relation import Relation
from made_cli.tables.relations.values import empty_codes

MOST_CELLS = 2**22
"""Cells of the rows that a relation is asked about, for its pair to be a table."""
MOST_PAIRS = 300
"""Pairs of which it is asked what follows, at most."""


@dataclass(frozen=True)
class Pair:
    """Which labels of two columns go together.

    Attributes:
        columns: both.
        allowed: (S, T) by the codes of all outcomes.
        empty: the codes of their empty cells, NaN for none.
        chance: that a row has labels which do not.
    """

    columns: tuple[int, int]
    allowed: Mask
    empty: tuple[float, float]
    chance: float

    def broken(self, values: Values) -> Mask:
        """Says (N,) in which rows the labels do not go together."""
        return ~self.allowed[self._codes(0, values), self._codes(1, values)]

    def leaves(self, column: int, values: Values) -> LabelSets:
        """Returns the labels of one column that go with those of the other in rows (N, D)."""
        place = self.columns.index(column)
        allowed = (self.allowed.T if place == 0 else self.allowed)[self._codes(1 - place, values)]
        return LabelSets(allowed)

    def _codes(self, place: int, values: Values) -> NDArray[np.int64]:
        own = values[:, self.columns[place]]
        return np.where(np.isnan(own), self.empty[place], own).astype(np.int64)


def pairs_of(
    relations: Iterable[tuple[Relation, float]], kinds: Sequence[Kind]
) -> tuple[list[Pair], list[tuple[Relation, float]]]:
    """Turns relations between two columns of labels into pairs, and adds those that follow.

    Args:
        relations: each with the chance that a row breaks it.
        kinds: (D,) of the columns.

    Returns:
        Pairs, and the relations that are none with their chances.
    """
    empty = empty_codes(kinds)
    others: list[tuple[Relation, float]] = []
    pairs: dict[tuple[int, int], Pair] = {}
    for relation, chance in relations:
        first, second, *more = sorted(relation.columns)
        sizes = [kinds[column].outcomes or 0 for column in (first, second)]
        if more or not all(sizes) or math.prod(sizes) * (second + 1) > MOST_CELLS:
            others.append((relation, chance))
            continue
        rows = np.zeros((math.prod(sizes), second + 1))
        rows[:, [first, second]] = np.indices(sizes).reshape(2, -1).T
        allowed = ~relation.broken(np.where(rows == empty[: second + 1], math.nan, rows)).reshape(sizes)
        _add(pairs, Pair((first, second), allowed, (empty[first], empty[second]), chance))
    if len(pairs) <= MOST_PAIRS:
        _add_implied(pairs, kinds)
    return list(pairs.values()), others


def _add(pairs: dict[tuple[int, int], Pair], pair: Pair) -> None:
    known = pairs.get(pair.columns)
    if known is not None:
        chance = 1 - (1 - pair.chance) * (1 - known.chance)
        pair = Pair(pair.columns, pair.allowed & known.allowed, pair.empty, chance)
    pairs[pair.columns] = pair


def _add_implied(pairs: dict[tuple[int, int], Pair], kinds: Sequence[Kind]) -> None:
    """Adds what follows by way of one column, then by way of two."""
    seen = {column: kinds[column].seen for pair in pairs for column in pair}
    for _ in range(2):
        direct = dict(pairs)
        for middle in seen:
            ends = sorted({column for pair in direct if middle in pair for column in pair if column != middle})
            for first, second in combinations(ends, 2):
                _add_by_way_of(pairs, direct, (first, middle, second), seen)


def _add_by_way_of(
    pairs: dict[tuple[int, int], Pair],
    direct: Mapping[tuple[int, int], Pair],
    way: tuple[int, int, int],
    seen: Mapping[int, int],
) -> None:
    first, middle, second = way
    (one, own), (other, theirs) = (_from(direct, column, middle) for column in (first, second))
    middles = seen[middle]
    together = one[:, :middles].astype(np.float64) @ other[:, :middles].T.astype(np.float64) > 0
    known = pairs.get((first, second))
    excluded = ~together if known is None else known.allowed & ~together
    if excluded[: seen[first], : seen[second]].any():
        empty = own.empty[own.columns.index(first)], theirs.empty[theirs.columns.index(second)]
        chance = 1 - (1 - own.chance) * (1 - theirs.chance)
        allowed = together if known is None else together & known.allowed
        pairs[first, second] = Pair((first, second), allowed, empty, chance if known is None else known.chance)


def _from(pairs: Mapping[tuple[int, int], Pair], column: int, middle: int) -> tuple[Mask, Pair]:
    """Returns (S, M) which labels of a column go with those of the middle one."""
    pair = pairs[min(column, middle), max(column, middle)]
    return (pair.allowed if column < middle else pair.allowed.T), pair
