"""MADE under an ordering of its own for each row.

Knows: an ordering changes only which features a unit of the first layer reads and which units an output reads; the
masks between hidden layers stay as they are. So rows under different orderings go through the network together. The
units of one degree read the features, those at later positions set to zero row by row; the outputs of a column read
the last hidden layer, the units of higher degree set to zero row by row. The multiply-adds are those of one ordering.

Rows with unknown cells need it: their known columns come first, whichever these are, and then the terms of the known
columns sum to the exact log-density of what is known.
"""

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from made_cli.core.masks import hidden_masks
from made_cli.core.network import Dropout, last_activations

if TYPE_CHECKING:
    from made_cli.core.made import Made


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
    keys = roles * roles.shape[1] + positions
    return keys.argsort(1).argsort(1)


class Level(NamedTuple):
    """The units of the first hidden layer of one degree."""

    degree: int
    read: Tensor  # (h, F)
    bias: Tensor  # (h,)


class Head(NamedTuple):
    """What leads to the outputs of one column."""

    write: Tensor  # (o, H)
    direct: Tensor  # (o, F)
    bias: Tensor  # (o,)


class PerRowOrderings:
    """A MADE, ready for rows that each have an ordering.

    Args:
        made: the family.
        connectivity: of all these orderings; see `made_cli.core.orderings.Ordering`.
    """

    def __init__(self, made: "Made", connectivity: int | None = None) -> None:
        self.made = made
        network = made.network
        self.degrees = made.degrees(connectivity)
        self.hidden = network.hidden_layers(hidden_masks(self.degrees))
        owners: list[Tensor] = [network.input_columns]
        reads: list[Tensor] = [network.read]
        directs: list[Tensor] = [network.direct]
        if network.config.conditioning:
            # That a column is given is a feature like others, which is always 1.
            owners.append(torch.arange(len(made.kinds), device=made.device))
            reads.append(network.read_companion)
            directs.append(network.write_companion)
        self.owners = torch.cat(owners)
        # Split once: a slice for each degree and column would each have a gradient of the size of the whole.
        counts = torch.bincount(self.degrees[0]).tolist()
        levels = (torch.split(part, counts) for part in (torch.cat(reads, dim=1), network.read_bias))
        self.levels = [
            Level(degree, *level) for degree, level in enumerate(zip(*levels, strict=True)) if counts[degree]
        ]
        self.turn = network.output_columns.argsort(stable=True)
        counts = torch.bincount(network.output_columns, minlength=len(made.kinds)).tolist()
        weights = (network.write, torch.cat(directs, dim=1), network.write_bias)
        self.heads = [
            Head(*head) for head in zip(*(torch.split(part[self.turn], counts) for part in weights), strict=True)
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
        codes = self.made.widened(codes)
        if known is not None:
            codes = torch.where(known, codes, 0)
        rows = self.begin(codes, positions, dropout)
        outputs = torch.cat([rows.outputs(column) for column in range(codes.shape[1])], dim=1)
        outputs = outputs[:, self.turn.argsort()]
        terms = self.made.log_prob_of(outputs, codes)
        return terms if known is None else torch.where(known, terms, 0)

    def begin(self, codes: Tensor, positions: Tensor, dropout: Dropout | None = None) -> "Rows":
        """Runs the hidden layers; see `log_prob` for the arguments."""
        return Rows(self, codes, positions, dropout)


class Rows:
    """Rows (N, D) that have gone through the hidden layers under an ordering each."""

    def __init__(self, per_row: PerRowOrderings, codes: Tensor, positions: Tensor, dropout: Dropout | None) -> None:
        self.per_row, self.positions = per_row, positions
        made = per_row.made
        features = made.features(made.widened(codes))
        if made.config.conditioning:
            features = torch.cat([features, features.new_ones(codes.shape)], dim=1)
        self.features, self.places = features, positions[:, per_row.owners]
        levels = (functional.linear(self._before(degree), *weights) for degree, *weights in per_row.levels)
        self.active = last_activations(torch.cat(list(levels), dim=1), per_row.hidden, dropout)

    def outputs(self, column: int, rows: Tensor | slice = slice(None)) -> Tensor:
        """Returns (n, O) the raw outputs of one column, for some of the rows."""
        head, place = self.per_row.heads[column], self.positions[rows, column].unsqueeze(1)
        readable = (self.per_row.degrees[-1] <= place) * self.active[rows]
        outputs = functional.linear(readable, head.write, head.bias)
        return outputs + functional.linear(self._before(place, rows), head.direct)

    def _before(self, place: Tensor | int, rows: Tensor | slice = slice(None)) -> Tensor:
        """Returns (n, F) the features of the columns that come before a place, zeros for the others."""
        return self.features[rows] * (self.places[rows] < place)
