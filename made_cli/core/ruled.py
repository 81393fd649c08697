"""The terms of the chain rule within what the rules of a table leave of each column.

Knows: which columns come before which in each row, and so which cells rules leave of a column; how the probability of
a cell is that of the part that it is in, times what the network gives it among the cells of that part. Rules are looked
up on the processor, wherever the weights are.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from made_cli.core.distributions import Distribution
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.relations.rules import Own, Rules

Among = Callable[[tuple[int, ...]], Iterable[tuple[Distribution, Tensor]]]
"""The distributions of some columns, and the places of their raw outputs among all."""


def own_parts(rules: Rules, codes: Tensor, positions: Tensor) -> dict[int, Own]:
    """Returns the part that the cell of each row is in, of each column of which rules say anything.

    Args:
        rules: of the table.
        codes: (N, D).
        positions: (N, D) the place of each column in the ordering of the row, or (1, D) in that of all rows.
    """
    own: dict[int, Own] = {}
    if not rules.columns:
        return own
    places, numbers = positions.cpu().numpy(), as_numbers(codes)
    values = rules.values(numbers)
    for column in rules.columns:
        parts = rules.parts(column, values, places < places[:, column, np.newaxis])
        if parts is not None:
            own[column] = parts.own(rules.kinds[column].cells(numbers[:, column]))
    return own


def ruled_terms(
    terms: Tensor, outputs: Tensor, codes: Tensor, own: Mapping[int, Own], kinds: Sequence[Kind], among: Among
) -> Tensor:
    """Returns terms within what rules leave.

    Args:
        terms: (N, D) log-densities, nats, of a network that knows no rules.
        outputs: (N, O) its raw outputs.
        codes: (N, D).
        own: see `own_parts`.
        kinds: (D,) of the columns.
        among: returns the distributions of some columns.
    """
    if not own:
        return terms
    log_masses: dict[int, Tensor] = {}
    open_columns = tuple(column for column, each in own.items() if not each.single.all())
    for part, places in among(open_columns):
        sets = {column: own[column].part for column in part.columns.tolist()}
        log_masses |= part.log_masses(outputs.index_select(1, places), sets)
    new = []
    for column, each in own.items():
        # Where one cell is left, the network has no say in it.
        log_width = torch.full_like(terms[:, column], math.log(kinds[column].cell_width))
        within = -log_width.masked_fill(codes[:, column].isnan(), 0.0)
        if column in log_masses:
            is_single = torch.from_numpy(each.single).to(terms.device)
            within = torch.where(is_single, within, terms[:, column] - log_masses[column])
        new.append(within + torch.from_numpy(each.log_chance).to(terms))
    return terms.index_copy(1, torch.tensor(list(own), device=terms.device), torch.stack(new, dim=1))


def as_numbers(codes: Tensor) -> NDArray[np.float64]:
    """Returns codes (N, D) as an array."""
    return codes.detach().double().cpu().numpy()
