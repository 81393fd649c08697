"""Numeric columns: atoms, and a mixture of logistics through a fixed scaling.

Knows: the probability of a recorded cell. A number x recorded with resolution r stands for the cell
[x − r/2, x + r/2]. With the ends of the cell at c ± h in z, a logistic of location μ and scale s gives it

    σ(u + δ) − σ(u − δ) = σ(δ + u) σ(δ − u) (1 − exp(−2δ)),   u = (c − μ) / s,   δ = h / s,

which is exact for cells of any width and loses nothing to cancellation, neither in the tails nor for the finest
cells; as each factor is at most 1, rounding cannot lift the mass above 1 either. The log-density is the log of that
mass less log r, so it can never exceed −log r: ties cannot drive it to infinity. The Jacobian of the scaling is in the
ends of the cell.

Reference: discretised logistic mixtures are from Salimans et al., *PixelCNN++*, ICLR 2017.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from made_cli.core.distributions.base import Distribution
from made_cli.core.distributions.cells import Cells
from made_cli.core.distributions.softmax import Outcomes, draw_outcome
from made_cli.tables.kinds.categorical import UNSEEN
from made_cli.tables.kinds.numeric import Numeric

COMPONENTS = 8
"""Logistics in the mixture of each column."""
LOG_SCALES = (-9.0, 2.0)
"""Least and greatest log-scale of a logistic, in z: finer than this the network is chasing rounding."""
INITIAL_LOG_SCALE = -1.5
"""Log-scale that the logistics start from, in z."""
FINEST = -15.0
"""Log-width, in scales, below which 1 − exp(−2δ) is 2δ to all digits: δ itself may be too small for float32."""
CLIPPED = 8.0
"""The network's linear view of a number ends at this many deviations; the density does not."""


class Mixture(NamedTuple):
    """The parameters of the logistics, each (N, C, K)."""

    log_weight: Tensor
    location: Tensor
    log_scale: Tensor

    def log_above(self, z: Tensor, *, below: bool = False) -> Tensor:
        """Returns (N, C, K) the log-mass of each logistic above (or below) z (C,)."""
        distance = (self.location - z.to(self.location.dtype).unsqueeze(1)) * torch.exp(-self.log_scale)
        return functional.logsigmoid(-distance if below else distance)

    def log_cell(self, centre: Tensor, log_half: Tensor) -> Tensor:
        """Returns (N, C, K) the log-mass that each logistic has within `centre` ± exp(`log_half`), each (N, C)."""
        u = (centre.unsqueeze(2) - self.location) * torch.exp(-self.log_scale)
        log_delta = log_half.unsqueeze(2) - self.log_scale
        floored = log_delta.clamp(min=FINEST)
        delta = floored.exp()
        log_width = torch.log(-torch.expm1(-2 * delta)) + (log_delta - floored)
        return functional.logsigmoid(delta + u) + functional.logsigmoid(delta - u) + log_width


class MixtureOfLogistics(Distribution):
    """Numeric columns. Raw outputs: logits of the discrete outcomes of all columns, then K logistics a column.

    The discrete outcomes of a column are "some number", each atom, and the empty cell if training had any.

    Args:
        kinds: the columns, by their index in the table.
    """

    def __init__(self, kinds: Mapping[int, Numeric]) -> None:
        indices, codecs = list(kinds), list(kinds.values())
        outcomes = Outcomes([kind.seen for kind in codecs])
        ramps = Ramps([kind.knots for kind in codecs])
        owners = outcomes.owners(indices)
        kept = torch.cat([torch.ones(len(codecs), 1, dtype=torch.bool), ramps.start.isfinite()], dim=1)
        linear = [indices[row] for row in kept.nonzero()[:, 0].tolist()]
        mixture = [index for index in indices for _ in range(3 * COMPONENTS)]
        super().__init__(indices, linear + owners, owners + mixture)
        self.outcomes, self.ramps, self.cells = outcomes, ramps, Cells(codecs)
        self.register_buffer("kept", kept.flatten().nonzero().squeeze(1), persistent=False)
        self.discrete = len(owners)

    kept: Tensor

    def features(self, codes: Tensor) -> Tensor:
        """Returns (N, F): for each column z and its ramps, zeros for an empty cell; then the discrete outcomes."""
        z = self.cells.scale(codes)
        linear = torch.cat([z.clamp(-CLIPPED, CLIPPED).unsqueeze(2), self.ramps(z)], dim=2).nan_to_num(0.0)
        discrete = self.outcomes.one_hot(self.cells.outcome(codes), codes.dtype)
        return torch.cat([linear.flatten(1)[:, self.kept], discrete], dim=1)

    def log_prob(self, outputs: Tensor, codes: Tensor) -> Tensor:
        """Returns (N, C) log-densities, nats in the user's units; log-probabilities for empty cells."""
        outcome = self.cells.outcome(codes)
        log_outcome = self.outcomes.log_prob(outputs[:, : self.discrete])
        chosen = log_outcome.gather(2, outcome.clamp(min=0).unsqueeze(2)).squeeze(2)
        number = log_outcome[..., 0] + self._log_mass(self._mixture(outputs), codes)
        # The logistics give the cell of an atom some mass as well.
        mass = torch.where(outcome > 0, torch.logaddexp(number, chosen), number)
        density = mass + (self.cells.log_present - self.cells.resolution.log()).to(mass.dtype)
        missing = torch.where(outcome > 0, chosen, math.log(UNSEEN))
        return torch.where(codes.isnan(), missing, density)

    def sample(self, outputs: Tensor, uniforms: Tensor) -> Tensor:
        """Returns (N, C) numbers on the grid of the resolution; NaN for an empty cell."""
        wide = outputs.to(uniforms.dtype)
        outcome, left = draw_outcome(self.outcomes.log_prob(wide[:, : self.discrete]).exp(), uniforms)
        mixture = self._mixture(wide)
        log_above = mixture.log_above(self.cells.lower_z)
        component, left = draw_outcome((mixture.log_weight + log_above).softmax(2), left)
        location, log_scale, log_above = (
            part.gather(2, component.unsqueeze(2)).squeeze(2)
            for part in (mixture.location, mixture.log_scale, log_above)
        )
        # What is left of the uniform is a uniform share of the logistic's mass above the bound, counted from the top.
        log_survival = (left.clamp(min=1e-15).log() + log_above).clamp(max=-1e-15)
        z = location + log_scale.exp() * (torch.log(-torch.expm1(log_survival)) - log_survival)
        return self.cells.choose(outcome, self.cells.round(z))

    def base_rates(self, codes: Tensor) -> Tensor:
        """Returns (O,): log-frequencies of the discrete outcomes, and logistics at quantiles of z, atoms left out."""
        shares = (torch.arange(COMPONENTS, dtype=torch.float64) + 0.5) / COMPONENTS
        logistics = torch.zeros(len(self.columns), COMPONENTS, 3, dtype=torch.float64)
        logistics[..., 2] = INITIAL_LOG_SCALE
        outcome = self.cells.outcome(codes)
        for row, z, discrete in zip(logistics, self.cells.scale(codes.double()).T, outcome.T, strict=True):
            numbers = z[discrete == 0].cpu()
            if len(numbers):
                row[:, 1] = torch.from_numpy(np.quantile(numbers.numpy(), shares.numpy()))
        return torch.cat([self.outcomes.base_rates(outcome).cpu(), logistics.flatten()])

    def _mixture(self, outputs: Tensor) -> Mixture:
        parts = outputs[:, self.discrete :].reshape(-1, len(self.columns), COMPONENTS, 3)
        return Mixture(parts[..., 0].log_softmax(2), parts[..., 1], parts[..., 2].clamp(*LOG_SCALES))

    def _log_mass(self, mixture: Mixture, codes: Tensor) -> Tensor:
        """Returns (N, C) log-mass of the cells under the logistics; where there is a bound, next to none is below."""
        dtype, bound = mixture.location.dtype, self.cells.lower_z
        centre, log_half = self.cells.ends(codes)
        mass = torch.logsumexp(mixture.log_weight + mixture.log_cell(centre.to(dtype), log_half.to(dtype)), 2)
        if not self.cells.bounded:
            return mass
        above = torch.logsumexp(mixture.log_weight + mixture.log_above(bound), 2) - self.cells.log_inside.to(dtype)
        below = torch.logsumexp(mixture.log_weight + mixture.log_above(bound, below=True), 2) - math.log(UNSEEN)
        return mass - torch.where(self.cells.inside(codes), above, below)


class Ramps(nn.Module):
    """A piecewise linear view of a number: between each two knots a ramp from 0 to 1.

    Args:
        knots: for each column, ascending; a column with fewer than the most has padding, which is 0 for any number.

    Reference: Gorishniy, Rubachev, Babenko, *On Embeddings for Numerical Features*, NeurIPS 2022, section 3.2.
    """

    start: Tensor
    width: Tensor

    def __init__(self, knots: Sequence[Sequence[float]]) -> None:
        super().__init__()
        self.pieces = max(len(column) for column in knots) - 1
        start = torch.full((len(knots), self.pieces), math.inf, dtype=torch.float64)
        width = torch.ones_like(start)
        for row, column in enumerate(torch.tensor(column, dtype=torch.float64) for column in knots):
            start[row, : len(column) - 1], width[row, : len(column) - 1] = column[:-1], column.diff()
        self.register_buffer("start", start, persistent=False)
        self.register_buffer("width", width, persistent=False)

    def forward(self, z: Tensor) -> Tensor:
        """Returns (N, C, pieces) in [0, 1] for z (N, C)."""
        return ((z.unsqueeze(2) - self.start) / self.width).clamp(0, 1)
