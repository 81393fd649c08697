"""The masked residual network: from features to raw outputs, along the paths that the masks leave.

Knows: weights and masks; of a column only its number. A pre-activation residual network: units of the first
hidden layer read the features, every later layer of the same width adds to the one before it, and direct
connections lead from the features to the outputs. With mask conditioning a unit is told *which* columns it is
given: that a column is given is one more input, its indicator, which is always 1 and masked like the column's
features. The weights of the indicators are the conditioning weights; those to the outputs are direct.

Reference: Germain et al. 2015, equations 4–9 and section 4.3; the conditioning weights are their section 4.2.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from made_cli.config import NetworkConfig
from made_cli.core.direct import DirectPaths
from made_cli.core.masks import Masks, make_masks


class Layer(NamedTuple):
    """A hidden layer after the first, masked for one ordering."""

    weight: Tensor  # (H, H_below)
    bias: Tensor  # (H,)
    residual: bool


class MaskedWeights(NamedTuple):
    """All that it takes to run the network under one ordering; made once for an ordering, used for many batches."""

    input_weight: Tensor  # (H, F) features to the first hidden layer
    input_bias: Tensor  # (H,)
    hidden: tuple[Layer, ...]
    output_weight: Tensor  # (O, H) last hidden layer to the outputs
    direct: DirectPaths
    direct_weight: Tensor  # (R, J) features that are read directly to rows, which move outputs
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

    def masks(self, positions: Tensor, degrees: tuple[Tensor, ...]) -> Masks:
        """Makes the masks of one ordering over features and indicators, units and outputs."""
        direct = self.direct_owners, self.direct.columns
        return make_masks(positions, degrees, self.owners, self.output_columns, self.input_weight.dtype, direct)

    def masked(self, masks: Masks) -> MaskedWeights:
        """Multiplies the weights by the masks of one ordering; differentiable in the weights."""
        features, read = len(self.input_columns), len(self.direct.inputs)
        input_bias: Tensor = self.input_bias
        output_bias: Tensor = self.output_bias
        if self.config.conditioning:
            input_bias = input_bias + (self.input_conditioning * masks.input[:, features:]).sum(1)
            told = (self.output_conditioning * masks.direct[:, read:]).sum(1)
            output_bias = output_bias + self.direct.spread(told.unsqueeze(0)).squeeze(0)
        return MaskedWeights(
            input_weight=self.input_weight * masks.input[:, :features],
            input_bias=input_bias,
            hidden=self.hidden_layers(masks.hidden),
            output_weight=self.output_weight * masks.output,
            direct=self.direct,
            direct_weight=self.direct_weight * masks.direct[:, :read],
            output_bias=output_bias,
        )

    def hidden_layers(self, masks: tuple[Tensor, ...]) -> tuple[Layer, ...]:
        """Multiplies the weights between the hidden layers by their masks."""
        return tuple(
            Layer(weight * mask, bias, residual=weight.shape[0] == weight.shape[1])
            for weight, bias, mask in zip(self.hidden, self.hidden_bias, masks, strict=True)
        )


class Dropout(NamedTuple):
    """Sets each activation to zero with probability `rate`, to the next of 256 steps, and scales up the others."""

    rate: float
    generator: torch.Generator

    def __call__(self, activations: Tensor) -> Tensor:
        """Returns `activations` (N, H) with dropout; what is dropped is drawn from the generator."""
        # Eight decisions from each random word: a word for every activation would cost as much as a layer.
        words = torch.empty(-(-activations.numel() // 8), dtype=torch.long, device=activations.device)
        drawn = words.random_(-(2**63), None, generator=self.generator).view(torch.uint8)
        dropped = min(255, round(self.rate * 256))
        kept = (drawn[: activations.numel()] >= dropped).view(activations.shape).to(activations.dtype)
        return activations * kept.mul_(256 / (256 - dropped))


def propagate(weights: MaskedWeights, features: Tensor, dropout: Dropout | None = None) -> Tensor:
    """Runs the network under the ordering that `weights` are masked for.

    Args:
        weights: the masked weights.
        features: (N, F).
        dropout: applied to the activations of every hidden layer, in training only.

    Returns:
        (N, O) raw outputs; those of a column depend on the features of earlier columns alone.
    """
    first = functional.linear(features, weights.input_weight, weights.input_bias)
    active = last_activations(first, weights.hidden, dropout)
    outputs = functional.linear(active, weights.output_weight, weights.output_bias)
    return outputs + weights.direct.spread(functional.linear(weights.direct.read(features), weights.direct_weight))


def last_activations(hidden: Tensor, layers: Sequence[Layer], dropout: Dropout | None) -> Tensor:
    """Returns the activations (N, H) of the last hidden layer, from the pre-activations (N, H) of the first."""
    for layer in layers:
        update = functional.linear(_activate(hidden, dropout), layer.weight, layer.bias)
        hidden = hidden + update if layer.residual else update
    return _activate(hidden, dropout)


def _activate(hidden: Tensor, dropout: Dropout | None) -> Tensor:
    activations = hidden.relu()
    return activations if dropout is None else dropout(activations)
