"""Orders that follow from others, for where what lies between is open.

Knows: of x <= y <= z, x and z are in order while y is open, unless y may turn out to be empty. What is a copy of
another column is in order with it both ways. Where a table is searched such orders are left out, for they say nothing
new; a density that draws x and z first needs them.
"""

from collections.abc import Iterator, Sequence
from itertools import product

from made_cli.tables.columns.kinds import Kind
from made_cli.tables.relations.counts import Count
from made_cli.tables.relations.equations import Equation
from made_cli.tables.relations.found import Found
from made_cli.tables.relations.orders import Order
from made_cli.tables.relations.relation import Relation


def with_implied(relations: Sequence[Found], kinds: Sequence[Kind]) -> Iterator[tuple[Relation, Count]]:
    """Yields relations and the orders that follow from them.

    Args:
        relations: with the rows of training that keep and break them.
        kinds: (D,) of the columns.
    """
    orders: dict[tuple[int, int], tuple[Order, Count]] = {}

    def add(order: Order, count: Count) -> None:
        key = (order.low.column, order.high.column)
        if key not in orders or (order.strict and not orders[key][0].strict):
            orders[key] = order, count

    for found in relations:
        relation = found.relation
        if isinstance(relation, Order):
            add(relation, found.count)
            continue
        if isinstance(relation, Equation) and relation.is_copy and not relation.rounding:
            for low, high in ((relation.target, relation.terms[0]), (relation.terms[0], relation.target)):
                add(Order(low, high, strict=False), found.count)
        yield relation, found.count
    columns = sorted({column for pair in orders for column in pair})
    for middle, start, end in product(columns, repeat=3):
        if start != end and kinds[middle].empty != "seen" and (start, middle) in orders and (middle, end) in orders:
            (one, first), (other, second) = orders[start, middle], orders[middle, end]
            count = Count(min(first.support, second.support), first.breaks + second.breaks)
            add(Order(one.low, other.high, one.strict or other.strict), count)
    yield from orders.values()
