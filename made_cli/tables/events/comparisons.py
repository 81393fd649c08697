"""Columns compared with each other, row by row: `ship < order`.

Knows: which columns can be compared: numbers with numbers of one unit, times with times, labels with labels for being
the same. An empty cell is neither equal to another nor less nor more, and neither is a label too rare to be told apart.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.categorical import Categorical
from made_cli.tables.columns.regions import Region
from made_cli.tables.columns.schema import Schema
from made_cli.tables.relations.quantity import Mask, Quantity, Values, quantities_of

HOLDS = Region(((1, 1),))
"""A comparison is like a column of its own: 1 where it holds, and 0 where it does not."""
SLACK = 1e-9
"""What floats of the same number may be apart, as a share of it."""


@dataclass(frozen=True)
class Comparison:
    """A comparison of two columns; `left > right` is `right < left`, and `left != right` that `left == right` fails."""

    left: Quantity
    operator: Literal["<", "<=", "=="]
    right: Quantity

    @property
    def columns(self) -> tuple[int, int]:
        """The columns that it compares."""
        return self.left.column, self.right.column

    def holds(self, values: Values) -> Mask:
        """Says (N,) in which rows of values (N, D) it holds."""
        left, right = self.left.of(values), self.right.of(values)
        slack = SLACK * np.maximum(np.abs(left), np.abs(right))
        if self.operator == "==":
            return np.asarray(np.abs(left - right) <= slack)
        return np.asarray(right - left > slack if self.operator == "<" else right - left >= -slack)


def compared(schema: Schema, left: int, operator: Literal["<", "<=", "=="], right: int) -> Comparison:
    """Returns the comparison of two columns.

    Args:
        schema: has the columns.
        left: the index of one.
        operator: how they are compared.
        right: the index of the other.

    Raises:
        UserError: they cannot be compared so.
    """
    kinds = [schema.kinds[column] for column in (left, right)]
    known = {each.column: each for each in quantities_of(schema.kinds)}
    if left in known and right in known:
        less, more = known[left], known[right]
        if (less.is_time, less.unit) == (more.is_time, more.unit):
            return Comparison(less, operator, more)
        units = [each.unit or "plain numbers" for each in (less, more)]
        why = f"one is counted in {units[0]}, the other in {units[1]}"
    elif all(isinstance(kind, Categorical) for kind in kinds) and operator == "==":
        texts = [kind.labels for kind in kinds if isinstance(kind, Categorical)]
        places = {text: float(place) for place, text in enumerate(dict.fromkeys((*texts[0], *texts[1])))}
        one, other = (tuple(places[text] for text in labels) for labels in texts)
        return Comparison(Quantity(left, 1.0, "", numbers=one), operator, Quantity(right, 1.0, "", numbers=other))
    else:
        why = " and ".join(f"{kind.name!r} is a {kind.described} column" for kind in kinds)
    raise UserError(
        f"columns {kinds[0].name!r} and {kinds[1].name!r} cannot be compared by {operator}: {why}",
        hint="Compare numbers or times of one unit, or labels by == and !=; or compare a column with a value.",
        code=Exit.USAGE,
    )
