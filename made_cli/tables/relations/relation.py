"""The relations that there are.

Knows: what each answers for itself: the columns that it relates (`columns`), the words for it (`said`), of which rows
it says anything (`speaks_of`) and which of them break it (`broken`), and what it leaves for one of its columns given
the others (`leaves`).
"""

import numpy as np

from made_cli.tables.relations.counts import Count
from made_cli.tables.relations.equations import Equation
from made_cli.tables.relations.functions import Function
from made_cli.tables.relations.implications import Implication
from made_cli.tables.relations.orders import Order
from made_cli.tables.relations.quantity import Values

Relation = Equation | Order | Function | Implication
QUIETLY = np.errstate(over="ignore", invalid="ignore")
"""Products of numbers may be no numbers: of such rows an equation says nothing."""


@QUIETLY
def counted(relation: Relation, values: Values) -> Count:
    """Counts the rows (N, D) that keep a relation, and those that break it."""
    breaks = int(relation.broken(values).sum())
    return Count(int(relation.speaks_of(values).sum()) - breaks, breaks)


def expected_breaks(relation: Relation, values: Values, shuffled: Values, rng: np.random.Generator) -> float:
    """Returns how many rows would break a relation were one of its columns independent of the others.

    Each of them in turn is shuffled among the rows; the fewest breaks count, so that a column which makes no
    difference to a relation belongs to none.

    Args:
        relation: the relation.
        values: (N, D) the rows.
        shuffled: a copy of them to work in, which is as it was in the end.
        rng: shuffles.
    """
    rows, shares = counted(relation, values).rows, []
    for column in relation.columns:
        shuffled[:, column] = rng.permutation(values[:, column])
        shares.append(counted(relation, shuffled).share or 0.0)
        shuffled[:, column] = values[:, column]
    return rows * min(shares)
