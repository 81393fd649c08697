"""Columns that are in order with others, seen from them: a date of departure from the date of arrival.

Knows: what lies a few days after another date has a narrow conditional that moves with it. So half of the logistics of
such a column have their locations counted from the nearest column that is known to come before it, or after it. The
network says how far from there they are, which is much the same in all rows.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from made_cli.core.distributions import Distribution
from made_cli.core.distributions.logistics import MixtureOfLogistics
from made_cli.core.shapes.forms import COMPONENTS
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.relations.found import Found
from made_cli.tables.relations.orders import Order

MOVED = COMPONENTS // 2
"""Logistics of a column that are counted from another one."""


class Offsets:
    """The columns of numbers and times that are in order with others.

    Args:
        relations: of the table.
        kinds: (D,) of the columns.
        single: returns the distribution of one column by itself.
    """

    def __init__(
        self, relations: Sequence[Found], kinds: Sequence[Kind], single: Callable[[int], Distribution]
    ) -> None:
        self.single = single
        self.below: dict[int, list[int]] = {}
        self.above: dict[int, list[int]] = {}
        for found in relations:
            if isinstance(found.relation, Order) and all(kinds[column].is_numeric for column in found.relation.columns):
                low, high = found.relation.columns
                self.below.setdefault(high, []).append(low)
                self.above.setdefault(low, []).append(high)
        self.columns = sorted({*self.below, *self.above})

    def locations(self, column: int) -> Tensor:
        """Returns the places, among the raw outputs of one column, of the locations that are moved."""
        part = self.single(column)
        assert isinstance(part, MixtureOfLogistics)
        return part.discrete + 1 + 3 * torch.arange(MOVED, device=part.columns.device)

    def moved(self, column: int, outputs: Tensor, codes: Tensor, known: Tensor) -> Tensor:
        """Returns the raw outputs (N, O) of one column with its locations where they are, not as they are counted.

        Args:
            column: which.
            outputs: (N, O).
            codes: (N, D), those not known may be anything.
            known: (N, D) which come before the column, or (1, D) for all rows.
        """
        if column not in self.columns or not bool(known[:, self._others(column)].any()):
            return outputs
        start = self._start(column, codes, known).to(outputs.dtype).unsqueeze(1)
        return outputs.index_add(1, self.locations(column), start.expand(-1, MOVED))

    def _others(self, column: int) -> list[int]:
        return [*self.below.get(column, ()), *self.above.get(column, ())]

    def _start(self, column: int, codes: Tensor, known: Tensor) -> Tensor:
        """Returns (N,) from where they are counted, in z; 0 where nothing is known."""
        below, above = self.below.get(column, []), self.above.get(column, [])
        highest = -_least(-codes, known, below)
        lowest = _least(codes, known, above)
        nearest = torch.where(highest.isfinite(), highest, lowest)
        part = self.single(column)
        assert isinstance(part, MixtureOfLogistics)
        z = part.geometry.scale(nearest.unsqueeze(1)).squeeze(1)
        return torch.where(nearest.isfinite(), z, 0.0)


def _least(codes: Tensor, known: Tensor, columns: list[int]) -> Tensor:
    """Returns (N,) the least number of some columns of codes (N, D) that is known and not empty; inf for none."""
    if not columns:
        return codes.new_full((len(codes),), math.inf, dtype=torch.float64)
    own = codes[:, columns].double().masked_fill(~known[:, columns], math.inf)
    return own.nan_to_num(nan=math.inf, posinf=math.inf).amin(1)
