"""The masked residual network: from features to raw outputs, along the paths that the masks leave.

Knows: weights and masks; of a column only its number. A pre-activation residual network: units of the first
hidden layer read the features, every later layer of the same width adds to the one before it, and direct
connections lead from the features to the outputs. With mask conditioning a unit is told *which* columns it is
given: that a column is given is one more input, its indicator, which is always 1 and masked like the column's
features. The weights of the indicators are the conditioning weights; those to the outputs are direct.

Reference: Germain et al. 2015, equations 4–9 and section 4.3; the conditioning weights are their section 4.2.
"""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from made_cli.config import NetworkConfig
from made_cli.core.activations import Activation, Dropout
from made_cli.core.direct import DirectPaths
from made_cli.core.gradients import Gradients
from made_cli.core.masks import Mask, make_masks
from made_cli.core.products import MaskedMatrix, Staircase
from made_cli.core.row_sums import row_sums


class Stairs(NamedTuple):
    """The masks of one ordering over features and indicators, units and outputs, cut into blocks."""

    input: Staircase
    output: Staircase
    direct: Staircase
    hidden: tuple[Staircase, ...]
    units_told: Mask  # (H, D) which indicators a unit sees, with mask conditioning
    rows_told: Mask  # (R, D) likewise of the rows of direct weights


class Layer(NamedTuple):
    """A hidden layer after the first, masked for one ordering."""

    weight: MaskedMatrix  # (H, H_below)
    bias: Tensor  # (H,)
    residual: bool


class MaskedWeights(NamedTuple):
    """All that it takes to run the network under one ordering; made once for an ordering, used for many batches."""

    input_weight: MaskedMatrix  # (H, F) features to the first hidden layer
    input_bias: Tensor  # (H,)
    hidden: tuple[Layer, ...]
    output_weight: MaskedMatrix  # (O, H) last hidden layer to the outputs
    direct: DirectPaths
    direct_weight: MaskedMatrix  # (R, J) features that are read directly to rows, which move outputs
    output_bias: Tensor  # (O,)


class MaskedNetwork(nn.Module):
    """Weights of one network, to be masked for any ordering.

    Args:
        input_columns: (F,) the column that each feature comes from.
        output_columns: (O,) the column that each output is for.
        columns: D, the number of columns.
        direct: from which features to which outputs direct weights lead.
        config: widths and what is switched on.
        generator: draws the initial weights; None for weights that take no memory.
    """

    def __init__(
        self,
        input_columns: Tensor,
        output_columns: Tensor,
        columns: int,
        direct: DirectPaths,
        config: NetworkConfig,
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        assert config.hidden  # given its default when the run was prepared
        self.config, self.direct = config, direct
        indicators = torch.arange(columns if config.conditioning else 0)
        self.register_buffer("input_columns", input_columns, persistent=False)
        self.register_buffer("owners", torch.cat([input_columns, indicators]), persistent=False)
        self.register_buffer("output_columns", output_columns, persistent=False)
        direct_owners = torch.cat([input_columns[direct.inputs], indicators])
        self.register_buffer("direct_owners", direct_owners, persistent=False)
        features, outputs, widths = len(input_columns), len(output_columns), config.hidden

        device = "meta" if generator is None else "cpu"

        def zeros(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.zeros(*shape, device=device))

        def drawn(rows: int, fan_in: int) -> nn.Parameter:
            # The masks leave a unit about half of its inputs on average, hence the 4 where He et al. have 2.
            deviation = (4 / max(fan_in, 1)) ** 0.5
            if generator is None:  # to draw without memory, torch would import its compiler, which takes seconds
                return nn.Parameter(torch.empty(rows, fan_in, device=device))
            return nn.Parameter(torch.randn(rows, fan_in, generator=generator, device=device) * deviation)

        self.input_weight = drawn(widths[0], features)
        self.input_bias = zeros(widths[0])
        self.hidden = nn.ParameterList(drawn(above, below) for below, above in pairwise(widths))
        self.hidden_bias = nn.ParameterList(zeros(width) for width in widths[1:])
        # Outputs start at their biases, the base rates: training starts from the model of independent columns.
        self.output_weight = zeros(outputs, widths[-1])
        rows = len(direct.columns)
        self.direct_weight = zeros(rows, len(direct.inputs))
        self.output_bias = zeros(outputs)
        if config.conditioning:
            self.input_conditioning = zeros(widths[0], columns)
            self.output_conditioning = zeros(rows, columns)

    input_columns: Tensor
    owners: Tensor  # (F,) or, with mask conditioning, (F + D,): the columns of the features, then of the indicators
    output_columns: Tensor
    direct_owners: Tensor  # (J,) or (J + D,) likewise, of the features that are read directly, then of the indicators

    def stairs(
        self, positions: Tensor, degrees: tuple[Tensor, ...], hidden: tuple[Staircase, ...], products: torch.dtype
    ) -> Stairs:
        """Makes the masks of one ordering.

        Args:
            positions: (D,) the place of each column in the ordering.
            degrees: for each hidden layer (H,) the degrees of its units.
            hidden: the masks between hidden layers; see `Made.hidden_stairs`.
            products: the precision of the products.
        """
        direct = self.input_columns[self.direct.inputs], self.direct.columns
        masks = make_masks(positions, degrees, self.input_columns, self.output_columns, direct)
        told = Mask(masks.input.bounds, positions), Mask(masks.direct.bounds, positions)
        cut = partial(Staircase, dtype=products)
        return Stairs(cut(masks.input), cut(masks.output), cut(masks.direct), hidden, *told)

    def told(self, features: Tensor, given: Tensor | None = None) -> Tensor:
        """Returns features (N, F), with mask conditioning (N, F + D): the indicators of all columns behind them.

        Args:
            features: of them.
            given: (N, D) 1 where a column is given and 0 elsewhere; None where all are.
        """
        if not self.config.conditioning:
            return features
        columns = len(self.owners) - len(self.input_columns)
        return torch.cat([features, features.new_ones(len(features), columns) if given is None else given], dim=1)

    def weights_told(self) -> tuple[Tensor, Tensor]:
        """Returns the input (H, F) and direct (R, J) weights, with mask conditioning those of the indicators, too."""
        if not self.config.conditioning:
            return self.input_weight, self.direct_weight
        told = (self.input_weight, self.input_conditioning), (self.direct_weight, self.output_conditioning)
        input_weight, direct_weight = (torch.cat(pair, dim=1) for pair in told)
        return input_weight, direct_weight

    def direct_inputs(self) -> Tensor:
        """Returns which of features and indicators direct weights read, (J,) or (J + D,); see `direct_owners`."""
        indicators = torch.arange(len(self.input_columns), len(self.owners), device=self.owners.device)
        return torch.cat([self.direct.inputs, indicators])

    def biases(self, stairs: Stairs, gradients: Gradients | None = None) -> tuple[Tensor, Tensor]:
        """Returns (H,) those of the first hidden layer and (O,) of the outputs, with what the indicators add."""
        if not self.config.conditioning:
            return self.input_bias, self.output_bias
        units = row_sums(self.input_conditioning, stairs.units_told, gradients)
        rows = row_sums(self.output_conditioning, stairs.rows_told, gradients)
        return self.input_bias + units, self.output_bias + self.direct.spread(rows.unsqueeze(0)).squeeze(0)

    def masked(self, stairs: Stairs, gradients: Gradients | None = None) -> MaskedWeights:
        """Masks the weights for one ordering.

        Args:
            stairs: of the ordering.
            gradients: take up those of the matrices; None to give them to whoever differentiates.
        """
        input_bias, output_bias = self.biases(stairs, gradients)
        return MaskedWeights(
            input_weight=MaskedMatrix(self.input_weight, stairs.input, gradients),
            input_bias=input_bias,
            hidden=self.hidden_layers(stairs.hidden, gradients),
            output_weight=MaskedMatrix(self.output_weight, stairs.output, gradients),
            direct=self.direct,
            direct_weight=MaskedMatrix(self.direct_weight, stairs.direct, gradients),
            output_bias=output_bias,
        )

    def hidden_layers(self, stairs: tuple[Staircase, ...], gradients: Gradients | None = None) -> tuple[Layer, ...]:
        """Masks the weights between the hidden layers; see `masked`."""
        return tuple(
            Layer(MaskedMatrix(weight, each, gradients), bias, residual=weight.shape[0] == weight.shape[1])
            for weight, bias, each in zip(self.hidden, self.hidden_bias, stairs, strict=True)
        )


def propagate(weights: MaskedWeights, features: Tensor, dropout: Dropout | None = None) -> Tensor:
    """Runs the network under the ordering that `weights` are masked for.

    Args:
        weights: the masked weights.
        features: (N, F).
        dropout: applied to the activations of every hidden layer, in training only.

    Returns:
        (N, O) raw outputs; those of a column depend on the features of earlier columns alone.
    """
    hidden = weights.input_weight(features, weights.input_bias)
    hidden = through_hidden(hidden, weights.hidden, activation := Activation(dropout))
    moves = weights.direct.spread(weights.direct_weight(weights.direct.read(features)))
    return weights.output_weight(hidden, weights.output_bias, moves, activation=activation)


def last_activations(hidden: Tensor, layers: Sequence[Layer], dropout: Dropout | None) -> Tensor:
    """Returns the activations (N, H) of the last hidden layer, from the pre-activations (N, H) of the first."""
    activation = Activation(dropout)
    return activation(through_hidden(hidden, layers, activation))


def through_hidden(hidden: Tensor, layers: Sequence[Layer], activation: Activation) -> Tensor:
    """Returns the pre-activations (N, H) of the last hidden layer, from those (N, H) of the first."""
    for layer in layers:
        added = (layer.bias, hidden) if layer.residual else (layer.bias,)
        hidden = layer.weight(hidden, *added, activation=activation)
    return hidden
