"""The terms of the chain rule within what the rules of a table leave of each column.

Knows: which columns come before which in each row, and so which cells rules leave of a column; how the probability of
a cell is that of the part that it is in, times what the network gives it among the cells of that part. Rules are looked
up on the processor, wherever the weights are.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from made_cli.core.distributions import Distribution
from made_cli.core.distributions.base import Targets
from made_cli.core.reading import ReadRows
from made_cli.tables.relations.quantity import Mask, Values
from made_cli.tables.relations.rules import Rules

Among = Callable[[tuple[int, ...]], Iterable[tuple[Distribution, Tensor]]]
"""The distributions of some columns, and the places of their raw outputs among all."""


class OwnPart(NamedTuple):
    """The part that the cell of each of N rows is in, of one column.

    Attributes:
        fixed: (N,) log-density, nats, of what no network has a say in: of the part, and of the cell where it is the
            only one in it.
        is_open: (N,) 1 where there are other cells in it, 0 elsewhere; None where that is so nowhere.
        cells: what the distribution of the column needs of them; nothing where there are none.
    """

    fixed: Tensor
    is_open: Tensor | None
    cells: Targets


class _Rows:
    """Rows as rules see them.

    Args:
        rules: of the table.
        codes: (N, D).
    """

    def __init__(self, rules: Rules, codes: Tensor) -> None:
        self.rules, self.codes = rules, codes

    @cached_property
    def numbers(self) -> Values:
        return as_numbers(self.codes)

    @cached_property
    def values(self) -> Values:
        return self.rules.values(self.numbers)

    def own_part(self, part: Distribution, known: Mask) -> Targets:
        """Returns what an `OwnPart` has, one after the other; nothing where rules do not say anything.

        Args:
            part: the distribution of the column.
            known: (N, D) which columns come before it, or (1, D) for all rows.
        """
        column = int(part.columns)
        parts, kind = self.rules.parts(column, self.values, known), self.rules.kinds[column]
        if parts is None:
            return ()
        numbers = self.numbers[:, column]
        own = parts.own(kind.cells(numbers))
        # Where one cell is left, the network has no say in it.
        log_density = np.where(np.isnan(numbers) | ~own.single, 0.0, -math.log(kind.cell_width))
        told = (own.log_chance + log_density, np.where(own.single, 0.0, 1.0))
        fixed, is_open = (torch.from_numpy(each).to(part.columns.device) for each in told)
        return (fixed, None) if own.single.all() else (fixed, is_open, *part.set_targets(own.part))


def own_parts(
    rules: Rules, single: Callable[[int], Distribution], codes: Tensor, positions: Tensor, read: ReadRows | None
) -> dict[int, OwnPart]:
    """Returns the part that the cell of each row is in, of each column of which rules say anything.

    Args:
        rules: of the table.
        single: returns the distribution of one column by itself.
        codes: (N, D).
        positions: (N, D) the place of each column in the ordering of the row, or (1, D) in that of all rows.
        read: of these rows, where that is at hand.
    """
    own: dict[int, OwnPart] = {}
    places, rows = positions.cpu().numpy(), _Rows(rules, codes)
    for column in rules.columns:
        known = places < places[:, column, np.newaxis]
        if read is None:
            found = rows.own_part(single(column), known)
        else:
            key = "part", column, known[0, rules.related[column]].tobytes()
            of_all = _Rows(rules, read.codes)
            found = read.given(key, *(partial(each.own_part, single(column), known) for each in (rows, of_all)))
        if found:
            fixed, is_open, *cells = found
            assert fixed is not None
            own[column] = OwnPart(fixed, is_open, tuple(cells))
    return own


def ruled_terms(terms: Tensor, outputs: Tensor, own: Mapping[int, OwnPart], among: Among) -> Tensor:
    """Returns terms within what rules leave.

    Args:
        terms: (N, D) log-densities, nats, of a network that knows no rules.
        outputs: (N, O) its raw outputs.
        own: see `own_parts`.
        among: returns the distributions of some columns.
    """
    if not own:
        return terms
    columns, masses = list[int](), list[Tensor]()
    for part, places in among(tuple(column for column, each in own.items() if each.is_open is not None)):
        together = part.columns.tolist()
        masses.append(part.log_masses_at(outputs.index_select(1, places), [own[column].cells for column in together]))
        columns += together
    order = [*columns, *(column for column in own if column not in columns)]
    new = torch.stack([own[column].fixed for column in order], dim=1).to(terms)
    if columns:
        is_open = torch.stack([each for column in columns if (each := own[column].is_open) is not None], dim=1) > 0
        within = terms.index_select(1, torch.tensor(columns, device=terms.device)) - torch.cat(masses, dim=1)
        within = torch.where(is_open, within, 0.0) + new[:, : len(columns)]
        new = torch.cat([within, new[:, len(columns) :]], dim=1)
    return terms.index_copy(1, torch.tensor(order, device=terms.device), new.to(terms))


def as_numbers(codes: Tensor) -> NDArray[np.float64]:
    """Returns codes (N, D) as an array."""
    return codes.detach().double().cpu().numpy()
