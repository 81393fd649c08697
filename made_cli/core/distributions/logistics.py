"""Numeric columns: atoms (point masses), and a mixture of logistics through a fixed scaling.

Knows: what a column of numbers may be, a number, an atom or empty, and what of it the network reads and says; the mass
of its cells is in `made_cli.core.distributions.mixture`.

Reference: discretised logistic mixtures are from Salimans et al., *PixelCNN++*, ICLR 2017.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from made_cli.core.distributions.base import Distribution, Targets, TruncatedDraw, WeightedCodes, even_quantiles
from made_cli.core.distributions.geometry import Allowed, NumericGeometry
from made_cli.core.distributions.labels import draw_outcome
from made_cli.core.distributions.log_mass import LOG_SCALES, log_share
from made_cli.core.distributions.log_within import log_within
from made_cli.core.distributions.mixture import SMALLEST, LogisticMixture, between, logit
from made_cli.core.distributions.softmax import Outcomes
from made_cli.core.shapes.forms import COMPONENTS
from made_cli.tables.columns.categorical import UNSEEN
from made_cli.tables.columns.numeric import Numeric
from made_cli.tables.columns.row_regions import CellSets

INITIAL_LOG_SCALE = -1.5
"""Log-scale that the logistics start from, in z."""
CLIPPED = 8.0
"""The network's linear view of a number ends at this many deviations; the density does not."""


class _Options(NamedTuple):
    """What columns may be within a region each.

    Attributes:
        log_unseen: (N, C, 1) log-probability of the empty cell that training never had.
        log_discrete: (N, C, A) those of the discrete cells.
        log_number: (N, C, P) those of a number in each interval.
        of_logistics: (N, C, K, P) of that, the share of each logistic.
    """

    log_unseen: Tensor
    log_discrete: Tensor
    log_number: Tensor
    of_logistics: Tensor

    @property
    def log_mass(self) -> Tensor:
        """(N, C) the log-probability of all of it."""
        return torch.cat(self[:3], dim=2).logsumexp(2)

    def probabilities(self, log_mass: Tensor) -> Tensor:
        """Returns (N, C, options) of the discrete cells, the unseen one, then each interval of each logistic."""
        unseen, discrete, number = ((part - log_mass.unsqueeze(2)).exp() for part in self[:3])
        numbers = number.unsqueeze(2) * self.of_logistics
        return torch.cat([discrete, unseen, numbers.flatten(2)], dim=2).nan_to_num(0.0)


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

    def targets(self, codes: Tensor) -> Targets:
        """Returns the discrete outcome of each cell, and centre and log of half the width of its interval.

        Then what is rare: which cells have a discrete outcome, which are empty, and which are below the bound.
        """
        outcome, empty = self.geometry.outcome(codes), codes.isnan()
        below = ~(self.geometry.inside(codes) | empty)
        rare = (which if bool(which.any()) else None for which in (outcome > 0, empty, below))
        return outcome.clamp(min=0), *self.geometry.cell_interval(codes), *rare

    def log_prob_at(self, outputs: Tensor, targets: Targets) -> Tensor:
        """Returns (N, C) log-densities, nats in the user's units; log-probabilities for empty cells."""
        outcome, centre, log_half, discrete, empty, below = targets
        assert outcome is not None
        assert centre is not None
        assert log_half is not None
        dtype = outputs.dtype
        logistics = outputs[:, self.discrete :].reshape(-1, len(self.columns), COMPONENTS, 3)
        bound = self.geometry.lower_z.to(dtype) if self.geometry.bounded else None
        density = log_share(logistics, centre.to(dtype), log_half.to(dtype), bound) + self.geometry.log_cell.to(dtype)
        if below is not None:  # next to none is there
            above, beyond = self._log_sides(self._mixture(outputs))
            density = torch.where(below, density + above - beyond, density)
        log_outcome = self.outcomes.log_prob(outputs[:, : self.discrete])
        density = density + log_outcome[..., 0]
        if discrete is None:
            return density if empty is None else torch.where(empty, math.log(UNSEEN), density)
        chosen = log_outcome.gather(2, outcome.unsqueeze(2)).squeeze(2)
        # The logistics give the cell of an atom some mass as well.
        mass = torch.logaddexp(density, chosen + (self.geometry.log_present - self.geometry.log_resolution).to(dtype))
        density, of_empty = torch.where(discrete, mass, density), torch.where(discrete, chosen, math.log(UNSEEN))
        return density if empty is None else torch.where(empty, of_empty, density)

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
        z = location - log_scale.exp() * logit(left.clamp(min=SMALLEST).log() + log_above)
        return self.geometry.choose(outcome, self.geometry.round(z))

    def sample_truncated(self, outputs: Tensor, uniforms: Tensor, regions: CellSets) -> TruncatedDraw:
        """Draws the numbers of a single column, or its empty cell, given that they lie in a region.

        Where that has very many intervals, a few rows are drawn at a time.
        """
        drawn, ends, outputs = [], self.geometry.ends(regions), outputs.to(uniforms.dtype)
        numbers = ends.numbers(self.geometry.resolution)
        allowed = Allowed.side_by_side([self.geometry.allowed(regions, ends)])
        for rows in allowed.few_at_once(len(outputs), COMPONENTS):
            own, within = outputs[rows], allowed.take(rows)
            options = self._options(own, within)
            log_mass = options.log_mass
            option, left = draw_outcome(options.probabilities(log_mass), uniforms[rows].unsqueeze(1))
            low_high = (end if len(end) == 1 else end[rows] for end in numbers)
            codes = self._cell(option.squeeze(1), left.squeeze(1), self._mixture(own), within, low_high)
            drawn.append(TruncatedDraw(codes, log_mass.squeeze(1)))
        return TruncatedDraw(*(torch.cat(cells) for cells in zip(*drawn, strict=True)))

    def set_targets(self, cells: CellSets) -> Targets:
        """Returns what is allowed of the column; see `Allowed`."""
        return tuple(self.geometry.allowed(cells, self.geometry.ends(cells)))

    def log_masses_at(self, outputs: Tensor, sets: Sequence[Targets]) -> Tensor:
        """Returns (N, C) the log-probability that each column lies in its region."""
        allowed = Allowed.side_by_side(sets)
        parts = [
            self._options(outputs[rows], allowed.take(rows)).log_mass
            for rows in allowed.few_at_once(len(outputs), COMPONENTS)
        ]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _options(self, outputs: Tensor, allowed: Allowed) -> "_Options":
        dtype, geometry = outputs.dtype, self.geometry
        logistics = outputs[:, self.discrete :].reshape(-1, len(self.columns), COMPONENTS, 3)
        bound = geometry.lower_z.to(dtype) if geometry.bounded else None
        intervals, others = allowed.intervals.to(dtype), allowed.others.to(dtype)
        log_outcome = self.outcomes.log_prob(outputs[:, : self.discrete])
        log_share, of_logistics = log_within(logistics, intervals[..., :4], bound)
        log_number = log_share + intervals[..., 4] + log_outcome[..., :1]
        log_unseen, log_discrete = others[..., :1].expand(len(outputs), -1, -1), log_outcome[..., 1:] + others[..., 1:]
        return _Options(log_unseen, log_discrete, log_number, of_logistics)

    def outcomes_within(self, outputs: Tensor, regions: CellSets, count: int) -> WeightedCodes:
        """Returns `count` even quantiles of a single column within a region, (N, count), each as probable."""

        def draw(rows: NDArray[np.int64], uniforms: Tensor) -> Tensor:
            return self.sample_truncated(outputs[torch.from_numpy(rows)], uniforms, regions.take(rows)).codes

        return even_quantiles(draw, len(outputs), count, outputs.device)

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

    def _cell(
        self,
        option: Tensor,
        left: Tensor,
        mixture: LogisticMixture,
        allowed: Allowed,
        numbers: Iterable[Tensor],
    ) -> Tensor:
        """Turns the option drawn for each row (N,) of a single column into its cell.

        Args:
            option: first the discrete cells, then each interval of each logistic.
            left: what is left of the uniforms.
            mixture: the logistics.
            allowed: the intervals.
            numbers: (N, P) the least number of each interval, and (N, P) the greatest; N may be 1.
        """
        discrete, (low, high) = self.geometry.discrete, numbers
        index, count = (option - len(discrete)).clamp(min=0), low.shape[1]
        component, interval = (index // count).unsqueeze(1), (index % count).unsqueeze(1)
        location, log_scale = (
            part[:, 0].gather(1, component).squeeze(1) for part in (mixture.location, mixture.log_scale)
        )
        ends = (low, high, *allowed.intervals.squeeze(1).unbind(2)[:2])
        low, high, low_z, high_z = (end.expand(len(index), -1).gather(1, interval).squeeze(1) for end in ends)
        z = location + log_scale.exp() * between(
            (low_z - location) / log_scale.exp(), (high_z - location) / log_scale.exp(), left
        )
        number = torch.minimum(torch.maximum(self.geometry.round(z.unsqueeze(1)).squeeze(1), low), high)
        return torch.where(option < len(discrete), discrete[option.clamp(max=len(discrete) - 1)], number)

    def _mixture(self, outputs: Tensor) -> LogisticMixture:
        parts = outputs[:, self.discrete :].reshape(-1, len(self.columns), COMPONENTS, 3)
        return LogisticMixture(parts[..., 0].log_softmax(2), parts[..., 1], parts[..., 2].clamp(*LOG_SCALES))

    def _log_sides(self, mixture: LogisticMixture) -> tuple[Tensor, Tensor]:
        """Returns (N, C) twice: log of what the logistics have above, and below the bound, over what is due there."""
        bound = self.geometry.lower_z
        above = torch.logsumexp(mixture.log_weight + mixture.log_above(bound), 2)
        below = torch.logsumexp(mixture.log_weight + mixture.log_above(bound, below=True), 2)
        return above - self.geometry.log_inside.to(above.dtype), below - math.log(UNSEEN)


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
