"""Unknown cells, drawn given the known ones of their row.

Knows: the known columns of a row come first in its ordering; then its unknown ones are drawn, one place of the ordering
after another, all rows together although each has other columns at that place.
"""

import torch
from torch import Tensor

from made_cli.core.distributions.labels import Labels
from made_cli.core.per_row import PerRowOrderings


@torch.no_grad()
def complete(per_row: PerRowOrderings, codes: Tensor, known: Tensor, positions: Tensor, uniforms: Tensor) -> Tensor:
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
    turn, first = positions.argsort(1), known.sum(1)
    for place in range(int(first.min()) if len(codes) else 0, codes.shape[1]):
        open_rows = (first <= place).nonzero().squeeze(1)
        columns = turn[open_rows, place]
        rows = per_row.begin(codes[open_rows], positions[open_rows])
        for column in set(columns.tolist()):
            mine = (columns == column).nonzero().squeeze(1)
            drawn = made.single(column).sample_truncated(
                rows.outputs(column, mine), uniforms[open_rows[mine], column], made.kinds[column].present
            )
            codes[open_rows[mine], column] = drawn.codes
    return codes


@torch.no_grad()
def label_chances(per_row: PerRowOrderings, codes: Tensor, positions: Tensor, column: int) -> Tensor:
    """Returns (N, S) the probabilities of the outcomes seen of a column of labels, given the columns before it.

    Args:
        per_row: the family.
        codes: (N, D).
        positions: (N, D) the place of each column in the ordering of the row.
        column: which.
    """
    part = per_row.made.single(column)
    assert isinstance(part, Labels)
    return part.log_outcomes(per_row.begin(codes, positions).outputs(column).double())[:, 0].exp()


@torch.no_grad()
def quantiles_of(per_row: PerRowOrderings, codes: Tensor, positions: Tensor, column: int, count: int) -> Tensor:
    """Returns (N, S) even quantiles of a column of numbers that are not empty; see `label_chances`."""
    outputs = per_row.begin(codes, positions).outputs(column)
    even = (torch.arange(count, dtype=torch.float64, device=outputs.device) + 0.5) / count
    part, region = per_row.made.single(column), per_row.made.kinds[column].present
    drawn = part.sample_truncated(outputs.repeat_interleave(count, dim=0), even.repeat(len(codes)), region)
    return drawn.codes.view(-1, count)
