"""Unknown cells, drawn given the known ones of their row.

Knows: the known columns of a row come first in its ordering; then its unknown ones are drawn, one place of the ordering
after another, all rows together although each has other columns at that place.
"""

import torch
from torch import Tensor

from made_cli.core.individual import Individual


@torch.no_grad()
def complete(individual: Individual, codes: Tensor, known: Tensor, positions: Tensor, uniforms: Tensor) -> Tensor:
    """Draws the unknown cells from their joint distribution given the known ones.

    Args:
        individual: the family.
        codes: (N, D); those of unknown cells do not matter.
        known: (N, D).
        positions: (N, D) the place of each column in the ordering of the row, known ones first.
        uniforms: (N, D) float64 in [0, 1).

    Returns:
        (N, D) float64 codes without empty cells or outcomes never seen, but where they were known.
    """
    made = individual.made
    codes = torch.where(known, codes.double(), 0)
    turn, first = positions.argsort(1), known.sum(1)
    for place in range(int(first.min()) if len(codes) else 0, codes.shape[1]):
        open_rows = (first <= place).nonzero().squeeze(1)
        columns = turn[open_rows, place]
        rows = individual.begin(codes[open_rows], positions[open_rows])
        for column in set(columns.tolist()):
            mine = (columns == column).nonzero().squeeze(1)
            drawn = made.single(column).within(
                rows.outputs(column, mine), uniforms[open_rows[mine], column], made.kinds[column].present
            )
            codes[open_rows[mine], column] = drawn.codes
    return codes


@torch.no_grad()
def draw_alone(individual: Individual, codes: Tensor, positions: Tensor, column: int, uniforms: Tensor) -> Tensor:
    """Draws one unknown column several times, given the columns before it alone.

    Args:
        individual: the family.
        codes: (N, D).
        positions: (N, D) the place of each column in the ordering of the row.
        column: which.
        uniforms: (S,) float64 in [0, 1), the same for every row.

    Returns:
        (N, S) float64 codes.
    """
    made, count = individual.made, len(uniforms)
    outputs = individual.begin(codes, positions).outputs(column)
    repeated = outputs.repeat_interleave(count, dim=0)
    drawn = made.single(column).within(repeated, uniforms.repeat(len(codes)), made.kinds[column].present)
    return drawn.codes.view(-1, count)
