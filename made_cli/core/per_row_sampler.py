"""Unknown cells given the known ones of their row.

Knows: the known columns of a row come first in its ordering; then its unknown ones are drawn, one position of the
ordering after another, all rows together although each has other columns at that position.
"""

import torch
from torch import Tensor

from made_cli.core.distributions import WeightedCodes
from made_cli.core.per_row import PerRowOrderings
from made_cli.tables.columns.row_regions import Regions


@torch.no_grad()
def sample_unknown(
    per_row: PerRowOrderings, codes: Tensor, known: Tensor, positions: Tensor, uniforms: Tensor
) -> Tensor:
    """Draws the unknown cells given the known ones, one after another, each from what is not empty.

    Args:
        per_row: the family.
        codes: (N, D); those of unknown cells do not matter.
        known: (N, D).
        positions: (N, D) the place of each column in the ordering of the row, known ones first.
        uniforms: (N, D) float64 in [0, 1).

    Returns:
        (N, D) float64 codes without empty cells or outcomes never seen, but where they were known.
    """
    made = per_row.made
    codes = torch.where(known, codes.double(), 0)
    order, first = positions.argsort(1), known.sum(1)
    for position in range(int(first.min()) if len(codes) else 0, codes.shape[1]):
        open_rows = (first <= position).nonzero().squeeze(1)
        columns = order[open_rows, position]
        state = per_row.hidden_state(codes[open_rows], positions[open_rows])
        for column in set(columns.tolist()):
            mine = (columns == column).nonzero().squeeze(1)
            rows, present = open_rows[mine], Regions.of(made.kinds[column].present)
            before = (positions[rows] < position).cpu().numpy()
            conditional = made.conditional(column, state.outputs(column, mine), codes[rows], before)
            codes[rows, column] = conditional.sample_truncated(uniforms[rows, column], present, drawn=True).codes
    return codes


@torch.no_grad()
def outcomes_present(
    per_row: PerRowOrderings, codes: Tensor, positions: Tensor, column: int, count: int
) -> WeightedCodes:
    """Returns what one column may be if it is not empty, given the columns before it.

    Args:
        per_row: the family.
        codes: (N, D).
        positions: (N, D) the place of each column in the ordering of the row.
        column: which.
        count: how many even quantiles stand for a column of numbers.

    Returns:
        (N, M) codes and their probabilities: all outcomes seen of a column of labels, quantiles of one of numbers.
    """
    outputs, present = per_row.hidden_state(codes, positions).outputs(column), per_row.made.kinds[column].present
    before = (positions < positions[:, column, None]).cpu().numpy()
    return per_row.made.conditional(column, outputs, codes, before).outcomes_within(Regions.of(present), count)
