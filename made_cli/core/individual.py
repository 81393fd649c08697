"""MADE under an ordering of its own for each row.

Knows: an ordering changes only which features a unit of the first layer reads and which units an output reads; the
masks between hidden layers stay as they are. So rows under different orderings go through the network together. The
units of one degree read the features, those at later positions set to zero row by row; the outputs of a column read
the last hidden layer, the units of higher degree set to zero row by row. The multiply-adds are those of one ordering.

Rows with unknown cells need it: their known columns come first, whichever these are, and then the terms of the known
columns sum to the exact log-density of what is known.
"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from made_cli.core.made import Made
from made_cli.core.masks import hidden_masks
from made_cli.core.network import Dropout, activate


def positions_by(stages: Tensor, positions: Tensor) -> Tensor:
    """Orders the columns of each row by stage, and within a stage as an ordering has them.

    Args:
        stages: (N, D) whole numbers; columns of a lower one come first.
        positions: (N, D) or (D,), of the ordering.

    Returns:
        (N, D) the position of each column.

    >>> positions_by(torch.tensor([[0, 1, 0]]), torch.tensor([2, 0, 1])).tolist()
    [[1, 2, 0]]
    """
    keys = stages * stages.shape[1] + positions
    return keys.argsort(1).argsort(1)


class Individual:
    """A MADE, ready for rows that each have an ordering.

    Args:
        made: the family.
        connectivity: of all these orderings; see `made_cli.core.orderings.Ordering`.
    """

    def __init__(self, made: Made, connectivity: int | None = None) -> None:
        self.made = made
        network = made.network
        self.degrees = made.degrees(connectivity)
        self.hidden = network.hidden_layers(hidden_masks(self.degrees))
        self.owners, self.read, self.direct = network.input_columns, network.read, network.direct
        if network.config.conditioning:
            # That a column is given is a feature like others, which is always 1.
            self.owners = torch.cat([self.owners, torch.arange(len(made.kinds), device=made.device)])
            self.read = torch.cat([self.read, network.read_companion], dim=1)
            self.direct = torch.cat([self.direct, network.write_companion], dim=1)

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
        if known is not None:
            codes = torch.where(known, codes, 0)
        rows = self.begin(codes, positions, dropout)
        outputs = torch.cat([rows.outputs(column) for column in range(codes.shape[1])], dim=1)
        outputs = outputs[:, self.made.network.output_columns.argsort(stable=True).argsort()]
        terms = self.made.log_prob_of(outputs, self.made.widened(codes))
        return terms if known is None else torch.where(known, terms, 0)

    def begin(self, codes: Tensor, positions: Tensor, dropout: Dropout | None = None) -> "Rows":
        """Runs the hidden layers; see `log_prob` for the arguments."""
        return Rows(self, codes, positions, dropout)


class Rows:
    """Rows (N, D) that have gone through the hidden layers under an ordering each."""

    def __init__(self, individual: Individual, codes: Tensor, positions: Tensor, dropout: Dropout | None) -> None:
        self.individual, self.positions = individual, positions
        made = individual.made
        features = made.features(made.widened(codes))
        if made.config.conditioning:
            features = torch.cat([features, features.new_ones(codes.shape)], dim=1)
        self.features, self.places = features, positions[:, individual.owners]
        bias = made.network.read_bias
        hidden = torch.cat(
            [
                functional.linear(self._before(degree), individual.read[units], bias[units])
                for degree, units in runs(individual.degrees[0])
            ],
            dim=1,
        )
        for layer in individual.hidden:
            update = functional.linear(activate(hidden, dropout), layer.weight, layer.bias)
            hidden = hidden + update if layer.residual else update
        self.active = activate(hidden, dropout)

    def outputs(self, column: int, rows: Tensor | slice = slice(None)) -> Tensor:
        """Returns (n, O) the raw outputs of one column, for some of the rows."""
        network, individual = self.individual.made.network, self.individual
        mine = (network.output_columns == column).nonzero().squeeze(1)
        place = self.positions[rows, column].unsqueeze(1)
        readable = (individual.degrees[-1] <= place) * self.active[rows]
        outputs = functional.linear(readable, network.write[mine], network.write_bias[mine])
        return outputs + functional.linear(self._before(place, rows), individual.direct[mine])

    def _before(self, place: Tensor | int, rows: Tensor | slice = slice(None)) -> Tensor:
        """Returns (n, F) the features of the columns that come before a place, zeros for the others."""
        return self.features[rows] * (self.places[rows] < place)


def runs(degrees: Tensor) -> Iterator[tuple[int, slice]]:
    """Yields each degree with its units, from ascending degrees (H,).

    >>> list(runs(torch.tensor([1, 1, 3])))
    [(1, slice(0, 2, None)), (3, slice(2, 3, None))]
    """
    start = 0
    for degree, count in zip(*(part.tolist() for part in degrees.unique_consecutive(return_counts=True)), strict=True):
        yield degree, slice(start, start + count)
        start += count
