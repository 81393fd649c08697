"""Order between two columns of one unit: x <= y, or x < y.

Knows: when an order is one. Any two quantities that hardly overlap are in order, and so are two that go together, such
as a weight in kilograms and a height in centimetres. In an order that means something rows come up to the boundary: of
the differences y - x, the smallest hundredth is much nearer to it than the smallest tenth, as where a distribution is
cut off, and not where one tails off; and rows that break it are mistakes, not the end of the tail.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.row_regions import EVERYTHING, Regions, either
from made_cli.tables.relations.counts import SCOUTED, Count, columns_of
from made_cli.tables.relations.quantity import Mask, Quantity, Values

NEAR = 0.35
"""How near to the boundary the smallest hundredth of the differences is, at most, as a share of the smallest tenth."""
CROSSED = 20
"""Rows within the boundary for each beyond it, as near to it as these in the median; fewer only pass it by."""
MOST_TRIED = 20_000
"""Pairs of columns that are tried, at most."""
SCOUTS = 1000
"""Rows that are looked at first."""
STEPS_APART = 10
"""Rows that must be one step apart, and none be equal, for an order to be strict."""


@dataclass(frozen=True)
class Order:
    """A quantity that is at most another, or less than it.

    Attributes:
        low: the lesser one.
        high: the greater one.
        strict: whether they are never equal.
    """

    low: Quantity
    high: Quantity
    strict: bool
    form: Literal["order"] = "order"

    @property
    def columns(self) -> tuple[int, ...]:
        """The columns that it relates."""
        return (self.low.column, self.high.column)

    def said(self, kinds: Sequence[Kind]) -> str:
        """Returns what people read."""
        low, high = (kinds[column].name for column in self.columns)
        return f"{low} {'<' if self.strict else '<='} {high}"

    def speaks_of(self, values: Values) -> Mask:
        """Says (N,) in which rows neither cell is empty."""
        return ~np.isnan(self._difference(values))

    def broken(self, values: Values) -> Mask:
        """Says (N,) which rows break it."""
        difference = self._difference(values)
        return difference <= 0 if self.strict else difference < 0

    def _difference(self, values: Values) -> Values:
        return self.high.of(values) - self.low.of(values)

    def leaves(self, column: int, values: Values) -> Regions:
        """Returns the cells that it leaves for one of its columns, given the others of rows (N, D)."""
        own, other = (self.low, self.high) if column == self.low.column else (self.high, self.low)
        bound = other.of(values)
        end = np.full_like(bound, math.inf)
        left = own.between(-end, bound) if own is self.low else own.between(bound, end)
        if self.strict:
            left &= ~own.between(bound, bound).with_empty(False)
        return either(np.isnan(bound), EVERYTHING, left)


def find_orders(values: Values, quantities: Sequence[Quantity], on_limit: Callable[[str], None]) -> Iterator[Order]:
    """Yields the orders of pairs of quantities in rows (N, D) that come up to their boundary."""
    # Between columns of two numbers, what their ranges leave open are breaks alone.
    quantities = [each for each in quantities if each.numbers is None or len(each.numbers) > 2]
    count = columns_of(2, len(quantities), MOST_TRIED)
    if count < len(quantities):
        on_limit(f"orders are looked for among the first {count} of {len(quantities)} columns of numbers and times")
    for first, second in combinations(quantities[:count], 2):
        if first.unit != second.unit or first.is_time != second.is_time:
            continue
        ahead = second.of(values[:SCOUTS]) - first.of(values[:SCOUTS])
        for low, high, scouts in ((first, second, ahead), (second, first, -ahead)):
            if np.mean(scouts < 0) <= SCOUTED and (found := _order(values, low, high)) is not None:
                yield found


def _order(values: Values, low: Quantity, high: Quantity) -> Order | None:
    """Returns the order of a pair, None where rows do not come up to the boundary."""
    less, more = low.of(values), high.of(values)
    kept, broken = less <= more, less > more
    if not Count(int(kept.sum()), int(broken.sum())).is_near:
        return None
    less, more = less[kept | broken], more[kept | broken]
    # What the margins alone decide says nothing of the boundary.
    is_open = (less > more.min()) & (more < less.max())
    differences = (more - less)[is_open]
    beyond, differences = -differences[differences < 0], differences[differences >= 0]
    if not len(differences) or np.sum(differences <= (np.median(beyond) if len(beyond) else 0)) < CROSSED * len(beyond):
        return None
    step = max(low.resolution, high.resolution)
    equal, apart = np.sum(differences == 0), np.sum((differences > 0) & (differences < 1.5 * step))
    strict = bool(equal == 0 and apart >= STEPS_APART)
    nearest, near = np.quantile(differences - strict * step, (0.01, 0.1))
    return Order(low, high, strict) if nearest <= NEAR * near else None


def without_implied(orders: Sequence[Order]) -> list[Order]:
    """Returns the orders that do not follow from two others: x <= y and y <= z leave nothing to say of x and z."""
    ahead: dict[int, set[int]] = {}
    for order in orders:
        ahead.setdefault(order.low.column, set()).add(order.high.column)

    def follows(order: Order) -> bool:
        between = ahead[order.low.column] - {order.high.column}
        return any(order.high.column in ahead.get(column, ()) for column in between)

    return [order for order in orders if not follows(order)]
