"""Columns that are in order with others, seen from them: a date of departure from the date of arrival.

Knows: what lies a few days after another date has a narrow conditional that moves with it. So half of the logistics of
such a column have their locations counted from the nearest column that is known to come before it, or after it. The
network says how far from there they are, which is much the same in all rows.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from made_cli.core.distributions import Distribution
from made_cli.core.distributions.base import Targets
from made_cli.core.distributions.logistics import MixtureOfLogistics
from made_cli.core.reading import ReadRows
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
        outputs_of: returns the places of the raw outputs of one column among all.
    """

    def __init__(
        self,
        relations: Sequence[Found],
        kinds: Sequence[Kind],
        single: Callable[[int], Distribution],
        outputs_of: Callable[[int], Tensor],
    ) -> None:
        self.single, self.outputs_of = single, outputs_of
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

    def all_moved(self, outputs: Tensor, codes: Tensor, positions: Tensor, read: ReadRows | None) -> Tensor:
        """Returns the raw outputs (N, O) of all columns with their locations where they are, not as they are counted.

        Args:
            outputs: (N, O).
            codes: (N, D).
            positions: (N, D) the place of each column in the ordering of the row, or (1, D) in that of all rows.
            read: of these rows, where that is at hand.
        """
        positions = positions.to(outputs.device)
        places, starts = list[Tensor](), list[Tensor]()
        for column in self.columns:
            known = positions < positions[:, column, None]
            make = partial(self._starts, column, known=known)
            found: Targets = ()
            if read is None:
                found = make(codes)
            else:
                key = "starts", column, tuple(known[0, self._others(column)].tolist())
                found = read.given(key, partial(make, codes), partial(make, read.codes))
            for start in found:
                assert start is not None
                starts.append(start.to(outputs.dtype))
                places.append(self.outputs_of(column)[self.locations(column)])
        if not starts:
            return outputs
        moved = torch.stack(starts, dim=1).repeat_interleave(MOVED, dim=1)
        return outputs.index_add(1, torch.cat(places), moved)

    def moved(self, column: int, outputs: Tensor, codes: Tensor, known: Tensor) -> Tensor:
        """Returns the raw outputs (N, O) of one column with its locations where they are, not as they are counted.

        Args:
            column: which.
            outputs: (N, O).
            codes: (N, D), those not known may be anything.
            known: (N, D) which come before the column, or (1, D) for all rows.
        """
        for start in self._starts(column, codes, known):
            outputs = outputs.index_add(1, self.locations(column), start.to(outputs.dtype)[:, None].expand(-1, MOVED))
        return outputs

    def _others(self, column: int) -> list[int]:
        return [*self.below.get(column, ()), *self.above.get(column, ())]

    def _starts(self, column: int, codes: Tensor, known: Tensor) -> tuple[Tensor, ...]:
        """Returns (N,) from where they are counted, in z: 0 where nothing is known; none if that is so in all."""
        if column not in self.columns or not bool(known[:, self._others(column)].any()):
            return ()
        below, above = self.below.get(column, []), self.above.get(column, [])
        highest = -_least(-codes, known, below)
        lowest = _least(codes, known, above)
        nearest = torch.where(highest.isfinite(), highest, lowest)
        part = self.single(column)
        assert isinstance(part, MixtureOfLogistics)
        z = part.geometry.scale(nearest.unsqueeze(1)).squeeze(1)
        return (torch.where(nearest.isfinite(), z, 0.0),)


def _least(codes: Tensor, known: Tensor, columns: list[int]) -> Tensor:
    """Returns (N,) the least number of some columns of codes (N, D) that is known and not empty; inf for none."""
    if not columns:
        return codes.new_full((len(codes),), math.inf, dtype=torch.float64)
    own = codes[:, columns].double().masked_fill(~known[:, columns], math.inf)
    return own.nan_to_num(nan=math.inf, posinf=math.inf).amin(1)
