"""MADE under an ordering of its own for each row, asked about one column at a time.

Knows: an ordering changes only which features a unit of the first layer reads and which units an output reads; the
masks between hidden layers stay as they are. So rows under different orderings go through the network together. The
units of one degree read the features, those at later positions set to zero row by row; the outputs of a column read
the last hidden layer, the units of higher degree set to zero row by row. The multiply-adds are those of one ordering.
Degrees with as many units are computed side by side, a few at a time.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from made_cli.core.direct import spread
from made_cli.core.made import Made
from made_cli.core.masks import comes_before, owned_by
from made_cli.core.network import last_activations


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


NUMBERS_AT_ONCE = 2**20
"""Numbers that are set to zero row by row at a time: about what a processor has at hand."""


class DegreeBlock(NamedTuple):
    """The units of the first hidden layer of G degrees with as many units each, their weights not masked."""

    degrees: Tensor  # (G, 1, 1)
    input_weight: Tensor  # (G, I, h)
    bias: Tensor  # (G, 1, h)


class Inputs(NamedTuple):
    """Features and indicators, and the place of the column of each in the ordering of the row, both (N, I)."""

    values: Tensor
    positions: Tensor

    def before(self, position: Tensor, rows: Tensor | slice = slice(None)) -> Tensor:
        """Returns (…, n, I) those of columns before positions (…, n, 1), zeros for the others, for some of the rows."""
        return self.values[rows] * comes_before(self.positions[rows], position)


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
        input_weight, direct_weight = network.weights_told()
        units = owned_by(self.degrees[0], len(made.kinds))
        self.degree_blocks, order = [], []
        for group in _alike([len(own) for own in units]):
            own = torch.stack([units[degree] for degree in group])
            weights = _taken(input_weight, own).mT, _taken(network.input_bias, own).unsqueeze(1)
            self.degree_blocks.append(DegreeBlock(input_weight.new_tensor(group).view(-1, 1, 1), *weights))
            order.append(own.flatten())
        self.unit_places = torch.cat(order).argsort()
        self.direct_weight = direct_weight
        self.outputs_of, self.rows_of = (
            owned_by(owners, len(made.kinds)) for owners in (network.output_columns, network.direct.columns)
        )

    def hidden_state(self, codes: Tensor, positions: Tensor) -> "HiddenState":
        """Runs the hidden layers.

        Args:
            codes: (N, D), none of them NaN but where empty cells are outcomes.
            positions: (N, D) the place of each column in the ordering of the row.
        """
        return HiddenState(self, codes, positions)


class HiddenState:
    """What the hidden layers make of rows (N, D) under an ordering each: all that their outputs are computed from."""

    def __init__(self, per_row: PerRowOrderings, codes: Tensor, positions: Tensor) -> None:
        self.per_row, self.positions = per_row, positions.to(per_row.made.dtype)
        self.degrees = per_row.degrees[-1].to(per_row.made.dtype)
        made = per_row.made
        network = made.network
        features = network.told(made.features(made.to_floats(codes)))
        inputs = self.direct = Inputs(features, self.positions[:, network.owners])
        if not network.direct.complete:
            self.direct = Inputs(features[:, network.direct_inputs()], self.positions[:, network.direct_owners])
        hidden = [
            torch.baddbmm(part.bias, inputs.before(part.degrees), part.input_weight)
            for block in per_row.degree_blocks
            for part in _few_at_once(block, features.numel())
        ]
        first = _side_by_side(hidden).index_select(1, per_row.unit_places)
        self.active = last_activations(first, per_row.hidden, None)

    def outputs(self, column: int, rows: Tensor | slice = slice(None)) -> Tensor:
        """Returns (n, O) the raw outputs of one column, for some of the rows."""
        per_row, network = self.per_row, self.per_row.made.network
        own, moved_by, position = (
            per_row.outputs_of[column],
            per_row.rows_of[column],
            self.positions[rows, column, None],
        )
        seen = self.active[rows] * comes_before(self.degrees, position + 1)
        outputs = torch.addmm(network.output_bias[own], seen, network.output_weight[own].T)
        moves = self.direct.before(position, rows) @ per_row.direct_weight[moved_by].T
        if network.direct.complete:
            return outputs + moves
        return outputs + spread(moves, torch.searchsorted(moved_by, network.direct.rows[own]))


def _alike(keys: Sequence[Hashable]) -> list[list[int]]:
    """Returns the places of each distinct key."""
    places: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    return list(places.values())


def _taken(values: Tensor, places: Tensor) -> Tensor:
    """Returns (G, h, …) the rows of values (R, …) at places (G, h)."""
    return values.index_select(0, places.flatten()).view(*places.shape, *values.shape[1:])


def _few_at_once(block: DegreeBlock, numbers: int) -> Iterator[DegreeBlock]:
    """Cuts a block into parts of a few degrees, each of which takes so many numbers."""
    count = max(1, NUMBERS_AT_ONCE // max(1, numbers))
    for parts in zip(*(torch.split(part, count) for part in block), strict=True):
        yield DegreeBlock(*parts)


def _side_by_side(parts: Sequence[Tensor]) -> Tensor:
    """Returns (N, all of G · h) of parts (G, N, h)."""
    return torch.cat([part.transpose(0, 1).flatten(1) for part in parts], dim=1)
