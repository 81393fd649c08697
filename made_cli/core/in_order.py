"""The weights of a network in the order in which things become known under one ordering.

Knows: things are of several sorts: the units of each hidden layer, outputs, and features, in this order. Those of one
position (of a unit, its degree) become known in this order, too. So what masks keep of a row of weights is its
beginning, and all that is known at a position is the beginning of every sort.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from made_cli.core.made import Made
from made_cli.core.masks import counted_before
from made_cli.core.orderings import Ordering


class WeightsInOrder:
    """Weights that are not masked, and how many things come before each position.

    Args:
        made: the family.
        ordering: the member.

    Attributes:
        positions: (D,) of the columns.
        degrees: for each hidden layer (H,) those of its units, ascending.
        features: (F,) the order of the features.
        sizes: how many there are of each sort.
        before: for each sort (D + 1,) how many of it come before each position; the last is its size.
        all_before: (D + 1,) likewise of all sorts together.
        layers: the weights and the bias (H, 1) of each hidden layer; the first reads features.
        output_weight: (O, H).
        output_bias: (O, 1).
        direct_weight: (R, J) from features that are read directly to rows, which move outputs.
        moves_before: (D + 1,) how many such rows come before each position.
        read_before: (D + 1,) how many features that are read.
        read: (J,) where these stand among all features.
    """

    def __init__(self, made: Made, ordering: Ordering) -> None:
        network, self.direct, size = made.network, made.network.direct, len(made.kinds)
        self.positions = torch.tensor(ordering.positions, device=made.device)
        self.degrees = made.degrees(ordering.connectivity)
        places = [self.positions[each] for each in (network.input_columns, network.output_columns)]
        self.features, outputs = (each.argsort(stable=True) for each in places)
        sorts = [*self.degrees, places[1][outputs], places[0][self.features]]
        self.sizes = [len(each) for each in sorts]
        self.before = [counted_before(each, size) for each in sorts]
        self.all_before = [sum(each) for each in zip(*self.before, strict=True)]
        moved, read_at = self.positions[self.direct.columns], places[0][self.direct.inputs]
        moves, read = (each.argsort(stable=True) for each in (moved, read_at))
        self.moves_before, self.read_before = counted_before(moved, size), counted_before(read_at, size)
        self.read = self.features.argsort()[self.direct.inputs[read]]
        # The row that moves each output; the last for none.
        self._rows = functional.pad(moves.argsort(), (0, 1), value=len(moves))[self.direct.rows[outputs]]
        input_bias, output_bias = network.biases(made.stairs(ordering))
        weights = [network.input_weight.index_select(1, self.features), *network.hidden]
        biases = [bias.unsqueeze(1) for bias in (input_bias, *network.hidden_bias)]
        self.layers = list(zip(weights, biases, strict=True))
        self.output_weight = network.output_weight.index_select(0, outputs)
        self.output_bias = output_bias[outputs].unsqueeze(1)
        self.direct_weight = network.direct_weight.index_select(0, moves).index_select(1, read)

    def adds_to_layer_below(self, layer: int) -> bool:
        """Says whether a hidden layer adds to the pre-activations of the one below it."""
        return layer > 0 and self.sizes[layer] == self.sizes[layer - 1]

    def read_of(self, features: Tensor, read: slice, start: int = 0) -> Tensor:
        """Returns those of features (F', N), the first of them at `start` in the order, that are read directly."""
        return features if self.direct.complete else features[self.read[read] - start]

    def spread(self, moves: Tensor, outputs: slice, start: int) -> Tensor:
        """Gives some outputs what the rows of direct weights from `start` on say of them.

        Args:
            moves: (R', …) what these rows say.
            outputs: which.
            start: of the rows.
        """
        if self.direct.complete:
            return moves
        return functional.pad(moves, (0, 0, 0, 1))[(self._rows[outputs] - start).clamp(max=len(moves))]


def spans(before: Sequence[Sequence[int]], start: int, end: int) -> list[slice]:
    """Returns which things of several sorts become known from one position to another.

    >>> spans([[0, 2, 2, 5]], 1, 3)
    [slice(2, 5, None)]
    """
    return [slice(each[start], each[end]) for each in before]
