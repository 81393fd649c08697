"""The masked residual network: from features to raw outputs, along the paths that the masks leave.

Knows: weights and masks; of a column only its number. A pre-activation residual network: units of the first
hidden layer read the features, every later layer of the same width adds to the one before it, and direct
connections lead from the features to the outputs. With mask conditioning a unit is told *which* columns it is
given, by companion weights that are multiplied by the mask itself.

Reference: Germain et al. 2015, equations 4–9 and section 4.3; the companion weights are their section 4.2.
"""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from made_cli.config import NetworkConfig
from made_cli.core.masks import Masks


class Layer(NamedTuple):
    """A hidden layer after the first, masked for one ordering."""

    weight: Tensor  # (H, H_below)
    bias: Tensor  # (H,)
    residual: bool


class MaskedWeights(NamedTuple):
    """All that it takes to run the network under one ordering; made once for an ordering, used for many batches."""

    read: Tensor  # (H, F) features to the first hidden layer
    read_bias: Tensor  # (H,)
    hidden: tuple[Layer, ...]
    write: Tensor  # (O, H) last hidden layer to the outputs
    direct: Tensor  # (O, F) features to the outputs
    write_bias: Tensor  # (O,)


class MaskedNetwork(nn.Module):
    """Weights of one network, to be masked for any ordering.

    Args:
        input_columns: (F,) the column that each feature comes from.
        output_columns: (O,) the column that each output is for.
        columns: D, the number of columns.
        config: widths and what is switched on.
        generator: draws the initial weights.
    """

    def __init__(
        self,
        input_columns: Tensor,
        output_columns: Tensor,
        columns: int,
        config: NetworkConfig,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("input_columns", input_columns, persistent=False)
        self.register_buffer("output_columns", output_columns, persistent=False)
        features, outputs, widths = len(input_columns), len(output_columns), config.hidden

        def drawn(rows: int, fan_in: int) -> nn.Parameter:
            # The masks leave a unit about half of its inputs on average, hence the 4 where He et al. have 2.
            deviation = (4 / max(fan_in, 1)) ** 0.5
            return nn.Parameter(torch.randn(rows, fan_in, generator=generator) * deviation)

        self.read = drawn(widths[0], features)
        self.read_bias = nn.Parameter(torch.zeros(widths[0]))
        self.hidden = nn.ParameterList(drawn(above, below) for below, above in pairwise(widths))
        self.hidden_bias = nn.ParameterList(torch.zeros(width) for width in widths[1:])
        # Outputs start at their biases, the base rates: training starts from the model of independent columns.
        self.write = nn.Parameter(torch.zeros(outputs, widths[-1]))
        self.direct = nn.Parameter(torch.zeros(outputs, features))
        self.write_bias = nn.Parameter(torch.zeros(outputs))
        if config.conditioning:
            self.read_companion = nn.Parameter(torch.zeros(widths[0], columns))
            self.write_companion = nn.Parameter(torch.zeros(outputs, columns))

    input_columns: Tensor
    output_columns: Tensor

    def masked(self, masks: Masks) -> MaskedWeights:
        """Multiplies the weights by the masks of one ordering; differentiable in the weights."""
        visible, earlier = masks.visible.to(self.read.dtype), masks.earlier.to(self.read.dtype)[self.output_columns]
        read_bias: Tensor = self.read_bias
        write_bias: Tensor = self.write_bias
        if self.config.conditioning:
            read_bias = read_bias + (self.read_companion * visible).sum(1)
            write_bias = write_bias + (self.write_companion * earlier).sum(1)
        return MaskedWeights(
            read=self.read * visible[:, self.input_columns],
            read_bias=read_bias,
            hidden=tuple(
                Layer(weight * mask, bias, residual=weight.shape[0] == weight.shape[1])
                for weight, bias, mask in zip(self.hidden, self.hidden_bias, masks.hidden, strict=True)
            ),
            write=self.write * masks.readable[self.output_columns],
            direct=self.direct * earlier[:, self.input_columns],
            write_bias=write_bias,
        )


class Dropout(NamedTuple):
    """Sets each activation to zero with probability `rate` and scales up the others."""

    rate: float
    generator: torch.Generator

    def __call__(self, activations: Tensor) -> Tensor:
        """Returns `activations` (N, H) with dropout; the mask is drawn from the generator."""
        kept = torch.empty_like(activations).bernoulli_(1 - self.rate, generator=self.generator)
        return activations * kept.div_(1 - self.rate)


def propagate(weights: MaskedWeights, features: Tensor, dropout: Dropout | None = None) -> Tensor:
    """Runs the network under the ordering that `weights` are masked for.

    Args:
        weights: the masked weights.
        features: (N, F).
        dropout: applied to the activations of every hidden layer, in training only.

    Returns:
        (N, O) raw outputs; those of a column depend on the features of earlier columns alone.
    """
    hidden = functional.linear(features, weights.read, weights.read_bias)
    for layer in weights.hidden:
        update = functional.linear(_activate(hidden, dropout), layer.weight, layer.bias)
        hidden = hidden + update if layer.residual else update
    outputs = functional.linear(_activate(hidden, dropout), weights.write, weights.write_bias)
    return outputs + functional.linear(features, weights.direct)


def _activate(hidden: Tensor, dropout: Dropout | None) -> Tensor:
    activations = hidden.relu()
    return activations if dropout is None else dropout(activations)
