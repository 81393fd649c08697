"""Numeric columns: atoms (point masses), and a mixture of logistics through a fixed scaling.

Knows: the probability of a recorded cell. A number x recorded with resolution r stands for the cell
[x − r/2, x + r/2]. Where that is the interval c ± h in z, a logistic of location μ and scale s gives it

    σ(u + δ) − σ(u − δ) = σ(δ + u) σ(δ − u) (1 − exp(−2δ)),   u = (c − μ) / s,   δ = h / s,

which is exact for cells of any width and loses nothing to cancellation, neither in the tails nor for the finest
cells; as each factor is at most 1, rounding cannot lift the mass above 1 either. The log-density is the log of that
mass less log r, so it can never exceed −log r: ties cannot drive it to infinity. The Jacobian of the scaling is in the
interval.

Reference: discretised logistic mixtures are from Salimans et al., *PixelCNN++*, ICLR 2017.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from made_cli.core.distributions.base import Distribution, TruncatedDraw, WeightedCodes
from made_cli.core.distributions.geometry import Intervals, NumericGeometry
from made_cli.core.distributions.labels import draw_outcome
from made_cli.core.distributions.softmax import Outcomes
from made_cli.tables.columns.categorical import UNSEEN
from made_cli.tables.columns.numeric import Numeric
from made_cli.tables.columns.regions import Region

COMPONENTS = 8
"""Logistics in the mixture of each column."""
LOG_SCALES = (-9.0, 2.0)
"""Least and greatest log-scale of a logistic, in z: finer than this the network is chasing rounding."""
INITIAL_LOG_SCALE = -1.5
"""Log-scale that the logistics start from, in z."""
FINEST = -15.0
"""Log-width, in scales, below which 1 − exp(−2δ) is 2δ to all digits: δ itself may be too small for float32."""
SMALLEST = 1e-15
"""Least share of a mass that is drawn, and what keeps logs of it from infinity."""
CLIPPED = 8.0
"""The network's linear view of a number ends at this many deviations; the density does not."""


class LogisticMixture(NamedTuple):
    """The parameters of the logistics, each (N, C, K)."""

    log_weight: Tensor
    location: Tensor
    log_scale: Tensor

    def log_above(self, z: Tensor, *, below: bool = False) -> Tensor:
        """Returns (N, C, K) the log-mass of each logistic above (or below) z (C,)."""
        distance = (self.location - z.to(self.location.dtype).unsqueeze(1)) * torch.exp(-self.log_scale)
        return functional.logsigmoid(-distance if below else distance)

    def log_between(self, low: Tensor, high: Tensor) -> Tensor:
        """Returns (N, C, K, P) the log-mass of each logistic between two z, each (C, P); −inf where high ≤ low."""
        scale = torch.exp(-self.log_scale).unsqueeze(3)
        a, b = ((end.unsqueeze(1) - self.location.unsqueeze(3)) * scale for end in (low, high))
        return _log_between(a, b).masked_fill((high <= low).unsqueeze(1), -math.inf)

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
        indices, numerics = list(kinds), list(kinds.values())
        outcomes = Outcomes([kind.seen for kind in numerics])
        encoding = PiecewiseLinearEncoding([kind.knots for kind in numerics])
        owners = outcomes.owners(indices)
        kept = torch.cat([torch.ones(len(numerics), 1, dtype=torch.bool), encoding.start.isfinite()], dim=1)
        linear = [indices[row] for row in kept.nonzero()[:, 0].tolist()]
        mixture = [index for index in indices for _ in range(3 * COMPONENTS)]
        super().__init__(indices, linear + owners, owners + mixture)
        self.outcomes, self.encoding, self.geometry = outcomes, encoding, NumericGeometry(numerics)
        self.register_buffer("kept", kept.flatten().nonzero().squeeze(1), persistent=False)
        self.discrete = len(owners)

    kept: Tensor

    @property
    def peak_width(self) -> int:
        """The most numbers that a row needs at a time: outcomes of all columns, padded to the most, or parameters."""
        return len(self.columns) * max(self.outcomes.widest, 3 * COMPONENTS)

    @property
    def direct_features(self) -> Tensor:
        """(F,) which features direct weights read, where these are few: z and the discrete outcomes."""
        first = torch.cat([torch.ones(1, dtype=torch.bool), self.input_columns[: len(self.kept)].diff() != 0])
        return torch.cat([first, torch.ones(self.discrete, dtype=torch.bool)])

    @property
    def direct_groups(self) -> Tensor:
        """(O,) the groups that they move: each discrete outcome, and all locations of a column together."""
        logistics = torch.full((len(self.columns), COMPONENTS, 3), -1)
        logistics[..., 1] = self.discrete + torch.arange(len(self.columns)).unsqueeze(1)
        return torch.cat([torch.arange(self.discrete), logistics.flatten()])

    def features(self, codes: Tensor) -> Tensor:
        """Returns (N, F): for each column z and its encoding, zeros for an empty cell; then the discrete outcomes."""
        z = self.geometry.scale(codes)
        linear = torch.cat([z.clamp(-CLIPPED, CLIPPED).unsqueeze(2), self.encoding(z)], dim=2).nan_to_num(0.0)
        discrete = self.outcomes.one_hot(self.geometry.outcome(codes), codes.dtype)
        return torch.cat([linear.flatten(1).index_select(1, self.kept), discrete], dim=1)

    def log_prob(self, outputs: Tensor, codes: Tensor) -> Tensor:
        """Returns (N, C) log-densities, nats in the user's units; log-probabilities for empty cells."""
        outcome = self.geometry.outcome(codes)
        log_outcome = self.outcomes.log_prob(outputs[:, : self.discrete])
        chosen = log_outcome.gather(2, outcome.clamp(min=0).unsqueeze(2)).squeeze(2)
        number = log_outcome[..., 0] + self._log_mass(self._mixture(outputs), codes)
        # The logistics give the cell of an atom some mass as well.
        mass = torch.where(outcome > 0, torch.logaddexp(number, chosen), number)
        density = mass + (self.geometry.log_present - self.geometry.resolution.log()).to(mass.dtype)
        missing = torch.where(outcome > 0, chosen, math.log(UNSEEN))
        return torch.where(codes.isnan(), missing, density)

    def sample(self, outputs: Tensor, uniforms: Tensor) -> Tensor:
        """Returns (N, C) numbers on the grid of the resolution; NaN for an empty cell."""
        outputs = outputs.to(uniforms.dtype)
        outcome, left = draw_outcome(self.outcomes.log_prob(outputs[:, : self.discrete]).exp(), uniforms)
        mixture = self._mixture(outputs)
        log_above = mixture.log_above(self.geometry.lower_z)
        component, left = draw_outcome((mixture.log_weight + log_above).softmax(2), left)
        location, log_scale, log_above = (
            part.gather(2, component.unsqueeze(2)).squeeze(2)
            for part in (mixture.location, mixture.log_scale, log_above)
        )
        # What is left of the uniform is a uniform share of the logistic's mass above the bound, counted from the top.
        z = location - log_scale.exp() * _logit(left.clamp(min=SMALLEST).log() + log_above)
        return self.geometry.choose(outcome, self.geometry.round(z))

    def sample_truncated(self, outputs: Tensor, uniforms: Tensor, region: Region) -> TruncatedDraw:
        """Draws the numbers of a single column, or its empty cell, given that they lie in a region.

        Where that has very many intervals, a few rows are drawn at a time.
        """
        intervals = self.geometry.intervals(region)
        parts = zip(*(intervals.few_at_once(part, COMPONENTS) for part in (outputs, uniforms)), strict=True)
        drawn = [self._sample_within(some, few, region, intervals) for some, few in parts]
        return TruncatedDraw(*(torch.cat(cells) for cells in zip(*drawn, strict=True)))

    def log_mass(self, outputs: Tensor, region: Region) -> Tensor:
        """Returns (N,) the log-probability that a single column lies in a region."""
        intervals = self.geometry.intervals(region)
        parts = (part.double() for part in intervals.few_at_once(outputs, COMPONENTS))
        return torch.cat([self._options(part, region, intervals)[0].logsumexp(1) for part in parts])

    def _sample_within(self, outputs: Tensor, uniforms: Tensor, region: Region, intervals: Intervals) -> TruncatedDraw:
        options, mixture = self._options(outputs.to(uniforms.dtype), region, intervals)
        log_mass = options.logsumexp(1)
        probabilities = (options - log_mass.unsqueeze(1)).exp().nan_to_num(0.0)
        option, left = (drawn.squeeze(1) for drawn in draw_outcome(probabilities.unsqueeze(1), uniforms.unsqueeze(1)))
        return TruncatedDraw(self._cell(option, left, mixture, intervals), log_mass)

    def _options(self, outputs: Tensor, region: Region, intervals: Intervals) -> tuple[Tensor, LogisticMixture]:
        """Returns the log-masses (N, options) of the cells of a region, in the order of `_cell`, and the logistics."""
        geometry = self.geometry
        log_outcome = self.outcomes.log_prob(outputs[:, : self.discrete])[:, 0]
        mixture = self._mixture(outputs)
        above, below = self._log_sides(mixture)
        log_within = mixture.log_between(intervals.low_z, intervals.high_z)[:, 0]
        log_within = log_within + mixture.log_weight[:, 0].unsqueeze(2)
        log_within = log_within + (log_outcome[:, :1] - torch.where(intervals.inside, above, below)).unsqueeze(1)
        log_empty = torch.full_like(log_outcome[:, :1], math.log(UNSEEN) if geometry.empty_is_unseen else -math.inf)
        options = torch.cat([log_outcome[:, 1:], log_empty, log_within.flatten(1)], dim=1)
        return options + geometry.log_allowed(region, len(intervals.low) * COMPONENTS), mixture

    def outcomes_within(self, outputs: Tensor, region: Region, count: int) -> WeightedCodes:
        """Returns `count` even quantiles of a single column within a region, (N, count), each as probable."""
        even = (torch.arange(count, dtype=torch.float64, device=outputs.device) + 0.5) / count
        repeated = outputs.repeat_interleave(count, dim=0)
        codes = self.sample_truncated(repeated, even.repeat(len(outputs)), region).codes.view(-1, count)
        return WeightedCodes(codes, torch.full_like(codes, 1 / count))

    def base_rates(self, codes: Tensor) -> Tensor:
        """Returns (O,): log-frequencies of the discrete outcomes, and logistics at quantiles of z, atoms left out."""
        shares = (torch.arange(COMPONENTS, dtype=torch.float64) + 0.5) / COMPONENTS
        logistics = torch.zeros(len(self.columns), COMPONENTS, 3, dtype=torch.float64)
        logistics[..., 2] = INITIAL_LOG_SCALE
        outcome = self.geometry.outcome(codes)
        for row, z, discrete in zip(logistics, self.geometry.scale(codes.double()).T, outcome.T, strict=True):
            numbers = z[discrete == 0].cpu()
            if len(numbers):
                row[:, 1] = torch.from_numpy(np.quantile(numbers.numpy(), shares.numpy()))
        return torch.cat([self.outcomes.base_rates(outcome).cpu(), logistics.flatten()])

    def _cell(self, option: Tensor, left: Tensor, mixture: LogisticMixture, intervals: Intervals) -> Tensor:
        """Turns the option drawn for each row (N,) into its cell.

        Args:
            option: first the discrete cells, then each interval of each logistic.
            left: what is left of the uniforms.
            mixture: the logistics of a single column.
            intervals: P of them.
        """
        discrete = self.geometry.discrete
        index = (option - len(discrete)).clamp(min=0)
        component, interval = index // len(intervals.low), index % len(intervals.low)
        location, log_scale = (
            part[:, 0].gather(1, component.unsqueeze(1)).squeeze(1) for part in (mixture.location, mixture.log_scale)
        )
        low, high = (end[0, interval] for end in (intervals.low_z, intervals.high_z))
        z = location + log_scale.exp() * _between(
            (low - location) / log_scale.exp(), (high - location) / log_scale.exp(), left
        )
        number = self.geometry.round(z.unsqueeze(1)).squeeze(1)
        number = torch.minimum(torch.maximum(number, intervals.low[interval]), intervals.high[interval])
        return torch.where(option < len(discrete), discrete[option.clamp(max=len(discrete) - 1)], number)

    def _mixture(self, outputs: Tensor) -> LogisticMixture:
        parts = outputs[:, self.discrete :].reshape(-1, len(self.columns), COMPONENTS, 3)
        return LogisticMixture(parts[..., 0].log_softmax(2), parts[..., 1], parts[..., 2].clamp(*LOG_SCALES))

    def _log_mass(self, mixture: LogisticMixture, codes: Tensor) -> Tensor:
        """Returns (N, C) log-mass of the cells under the logistics; where there is a bound, next to none is below."""
        dtype = mixture.location.dtype
        centre, log_half = self.geometry.cell_interval(codes)
        mass = torch.logsumexp(mixture.log_weight + mixture.log_cell(centre.to(dtype), log_half.to(dtype)), 2)
        if not self.geometry.bounded:
            return mass
        return mass - torch.where(self.geometry.inside(codes), *self._log_sides(mixture))

    def _log_sides(self, mixture: LogisticMixture) -> tuple[Tensor, Tensor]:
        """Returns (N, C) twice: log of what the logistics have above, and below the bound, over what is due there."""
        bound = self.geometry.lower_z
        above = torch.logsumexp(mixture.log_weight + mixture.log_above(bound), 2)
        below = torch.logsumexp(mixture.log_weight + mixture.log_above(bound, below=True), 2)
        return above - self.geometry.log_inside.to(above.dtype), below - math.log(UNSEEN)


def _logit(log_probability: Tensor) -> Tensor:
    """Returns the logit of probabilities that are given as logs, exact in the tail of the small ones."""
    log_probability = log_probability.clamp(max=-SMALLEST)
    return log_probability - torch.log(-torch.expm1(log_probability))


def _log_between(low: Tensor, high: Tensor) -> Tensor:
    """Returns the log-mass of a standard logistic between two ends, without cancellation."""
    return functional.logsigmoid(high) + functional.logsigmoid(-low) + torch.log(-torch.expm1(low - high))


def _between(low: Tensor, high: Tensor, share: Tensor) -> Tensor:
    """Returns where a standard logistic has a share of its mass between two ends below it, all (N,).

    It is counted from the end that lies further out, where nothing is lost to cancellation.
    """
    log_mass = _log_between(low, high)
    share = share.clamp(SMALLEST, 1 - SMALLEST)
    from_top = torch.logaddexp(functional.logsigmoid(-high), torch.log1p(-share) + log_mass)
    from_bottom = torch.logaddexp(functional.logsigmoid(low), share.log() + log_mass)
    return torch.where(low + high < 0, _logit(from_bottom), -_logit(from_top))


class PiecewiseLinearEncoding(nn.Module):
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
