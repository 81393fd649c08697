"""The terms of the chain rule within what the rules of a table leave of each column.

Knows: which columns come before which in each row, and so which cells rules leave of a column; how the probability of
a cell is that of the part that it is in, times what the network gives it among the cells of that part. Rules are looked
up on the processor, wherever the weights are.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from made_cli.core.distributions import Distribution
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.row_regions import CellSets
from made_cli.tables.relations.rules import Own, Rules


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
            cells, kind = numbers[:, column], rules.kinds[column]
            own[column] = parts.own(np.rint(cells / kind.resolution) if kind.resolution else cells)
    return own


def ruled_terms(
    terms: Tensor,
    outputs: Tensor,
    codes: Tensor,
    own: Mapping[int, Own],
    distributions: Sequence[Distribution],
    kinds: Sequence[Kind],
) -> Tensor:
    """Returns terms within what rules leave.

    Args:
        terms: (N, D) log-densities, nats, of a network that knows no rules.
        outputs: (N, O) its raw outputs.
        codes: (N, D).
        own: see `own_parts`.
        distributions: of the columns, in the order of the outputs.
        kinds: (D,) of the columns.
    """
    if not own:
        return terms
    open_parts = {column: each.part for column, each in own.items() if not each.single.all()}
    log_masses = _log_masses(outputs, open_parts, distributions)
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


def _log_masses(
    outputs: Tensor, sets: Mapping[int, CellSets], distributions: Sequence[Distribution]
) -> dict[int, Tensor]:
    """Returns the log-probabilities (N,) that some columns lie in a set of cells each."""
    found: dict[int, Tensor] = {}
    outputs_of = torch.split(outputs, [len(part.output_columns) for part in distributions], dim=1)
    for part, own in zip(distributions, outputs_of, strict=True):
        mine = {column: sets[column] for column in part.columns.tolist() if column in sets}
        if mine:
            found |= part.log_masses(own, mine)
    return found


def as_numbers(codes: Tensor) -> NDArray[np.float64]:
    """Returns codes (N, D) as an array."""
    return codes.detach().double().cpu().numpy()
