"""MADE under an ordering of its own for each row.

Knows: an ordering changes only which features a unit of the first layer reads and which units an output reads; the
masks between hidden layers stay as they are. So rows under different orderings go through the network together. The
units of one degree read the features, those at later positions set to zero row by row; the outputs of a column read
the last hidden layer, the units of higher degree set to zero row by row. The multiply-adds are those of one ordering.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from made_cli.core.direct import spread
from made_cli.core.made import Made
from made_cli.core.network import Dropout, last_activations


def positions_by_role(roles: Tensor, positions: Tensor) -> Tensor:
    """Orders the columns of each row by role, and within a role as an ordering has them.

    Args:
        roles: (N, D) whole numbers; columns of a lower one come first.
        positions: (N, D) or (D,), of the ordering.

    Returns:
        (N, D) the position of each column.

    >>> positions_by_role(torch.tensor([[0, 1, 0]]), torch.tensor([2, 0, 1])).tolist()
    [[1, 2, 0]]
    """
    keys = roles.long() * roles.shape[1] + positions
    return keys.argsort(1).argsort(1)


class DegreeBlock(NamedTuple):
    """The units of the first hidden layer of one degree, their weights not masked."""

    degree: int
    input_weight: Tensor  # (h, I)
    bias: Tensor  # (h,)


class OutputBlock(NamedTuple):
    """The weights that lead to the outputs of one column, not masked."""

    output_weight: Tensor  # (o, H)
    bias: Tensor  # (o,)
    direct_weight: Tensor  # (r, J)
    rows: Tensor  # (o,) the row of the direct weights that moves each output; r for none


class Inputs(NamedTuple):
    """Features and indicators, and the place of the column of each in the ordering of the row, both (N, I)."""

    values: Tensor
    positions: Tensor

    def before(self, position: Tensor | int, rows: Tensor | slice = slice(None)) -> Tensor:
        """Returns (n, I) those of columns before a position, zeros for the others, for some of the rows."""
        return self.values[rows] * (self.positions[rows] < position)


class PerRowOrderings:
    """A network with the weights that it has now, ready for rows that each have an ordering of one connectivity.

    Args:
        made: the family.
        connectivity: of all these orderings; see `made_cli.core.orderings.Ordering`.
    """

    def __init__(self, made: Made, connectivity: int | None = None) -> None:
        self.made = made
        network = made.network
        self.degrees = made.degrees(connectivity)
        self.hidden = network.hidden_layers(made.hidden_stairs(connectivity))
        input_weight: Tensor = network.input_weight
        direct_weight: Tensor = network.direct_weight
        if network.config.conditioning:
            input_weight = torch.cat([input_weight, network.input_conditioning], dim=1)
            direct_weight = torch.cat([direct_weight, network.output_conditioning], dim=1)
        # Split once: a slice for each degree and column would each have a gradient of the size of the whole.
        counts = torch.bincount(self.degrees[0]).tolist()
        blocks = zip(*(torch.split(part, counts) for part in (input_weight, network.input_bias)), strict=True)
        self.degree_blocks = [DegreeBlock(degree, *block) for degree, block in enumerate(blocks) if counts[degree]]
        columns = len(made.kinds)
        self.output_order, each = by_column(network.output_columns, columns)
        outputs = (
            torch.split(part[self.output_order], each)
            for part in (network.output_weight, network.output_bias, network.direct.rows)
        )
        row_order, rows_each = by_column(network.direct.columns, columns)
        direct = (torch.split(part, rows_each) for part in (direct_weight[row_order], row_order))
        self.output_blocks = [
            OutputBlock(output_weight, bias, direct_weight, torch.searchsorted(own, rows))
            for output_weight, bias, rows, direct_weight, own in zip(*outputs, *direct, strict=True)
        ]

    def log_prob(
        self, codes: Tensor, positions: Tensor, known: Tensor | None = None, dropout: Dropout | None = None
    ) -> Tensor:
        """Returns the terms of the chain rule.

        Args:
            codes: (N, D).
            positions: (N, D) the place of each column in the ordering of the row; unknown ones have to come last.
            known: (N, D) which cells are; None for all.
            dropout: of the hidden activations, in training only.

        Returns:
            (N, D): in column d, log q(x_d | the columns of the row that come before it), nats; 0 if it is unknown.
        """
        codes = self.made.to_floats(codes)
        if known is not None:
            codes = torch.where(known, codes, 0)
        state = self.hidden_state(codes, positions, dropout)
        outputs = torch.cat([state.outputs(column) for column in range(codes.shape[1])], dim=1)
        outputs = outputs[:, self.output_order.argsort()]
        terms = self.made.log_prob_of(outputs, codes)
        return terms if known is None else torch.where(known, terms, 0)

    def hidden_state(self, codes: Tensor, positions: Tensor, dropout: Dropout | None = None) -> "HiddenState":
        """Runs the hidden layers; see `log_prob` for the arguments."""
        return HiddenState(self, codes, positions, dropout)


class HiddenState:
    """What the hidden layers make of rows (N, D) under an ordering each: all that their outputs are computed from."""

    def __init__(self, per_row: PerRowOrderings, codes: Tensor, positions: Tensor, dropout: Dropout | None) -> None:
        self.per_row, self.positions = per_row, positions
        made = per_row.made
        features = made.features(made.to_floats(codes))
        if made.config.conditioning:
            features = torch.cat([features, features.new_ones(codes.shape)], dim=1)
        network = made.network
        inputs = self.direct = Inputs(features, positions[:, network.owners])
        if not network.direct.complete:
            indicators = torch.arange(len(network.input_columns), features.shape[1], device=features.device)
            read = torch.cat([network.direct.inputs, indicators])
            self.direct = Inputs(features[:, read], positions[:, network.direct_owners])
        blocks = [functional.linear(inputs.before(degree), *weights) for degree, *weights in per_row.degree_blocks]
        self.active = last_activations(torch.cat(blocks, dim=1), per_row.hidden, dropout)

    def outputs(self, column: int, rows: Tensor | slice = slice(None)) -> Tensor:
        """Returns (n, O) the raw outputs of one column, for some of the rows."""
        block, position = self.per_row.output_blocks[column], self.positions[rows, column].unsqueeze(1)
        seen = (self.per_row.degrees[-1] <= position) * self.active[rows]
        outputs = functional.linear(seen, block.output_weight, block.bias)
        moves = functional.linear(self.direct.before(position, rows), block.direct_weight)
        return outputs + (moves if self.per_row.made.network.direct.complete else spread(moves, block.rows))


def by_column(owners: Tensor, columns: int) -> tuple[Tensor, list[int]]:
    """Returns the order that puts what belongs to one column together, and how much belongs to each.

    >>> by_column(torch.tensor([1, 0, 1]), 3)
    (tensor([1, 0, 2]), [1, 2, 0])
    """
    return owners.argsort(stable=True), torch.bincount(owners, minlength=columns).tolist()
