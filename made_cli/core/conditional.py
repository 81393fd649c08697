"""The conditional of one column, within what the rules of the table leave of it.

Knows: how a distribution of the network's and parts of the column with fixed probabilities make one normalised
conditional: of every part the network says how probable its cells are among each other.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from made_cli.core.distributions import Distribution, WeightedCodes
from made_cli.core.distributions.base import TruncatedDraw, even_quantiles
from made_cli.core.distributions.labels import Labels, draw_outcome
from made_cli.tables.columns.row_regions import CellSets, Regions, either
from made_cli.tables.relations.rules import Parts

DRAWN = 2
"""The first parts, which are drawn; the last is not."""


class Conditional:
    """The conditional of a single column in N rows, each given the columns before it.

    Args:
        part: the distribution of the column.
        outputs: (N, O) its raw outputs.
        parts: of the column, for each row; None where no rule says anything.
        seen: what may be drawn: what training had.
    """

    def __init__(self, part: Distribution, outputs: Tensor, parts: Parts | None, seen: CellSets) -> None:
        self.part, self.outputs, self.parts, self.seen = part, outputs, parts, seen

    def sample(self, uniforms: Tensor) -> Tensor:
        """Returns (N,) codes from uniforms (N,). Neither outcomes nor breaks of rules that training had none of."""
        if self.parts is None:
            return self.part.sample(self.outputs, uniforms.unsqueeze(1)).squeeze(1)
        kept, loose, _, log_chances = self.parts
        log_shares = torch.from_numpy(log_chances[:, :DRAWN]).to(uniforms)
        place, left = _choose(log_shares, uniforms)
        regions = either((place == 0).cpu().numpy(), kept, loose) & self.seen
        return self.part.sample_truncated(self.outputs, left, regions).codes

    def sample_truncated(self, uniforms: Tensor, region: Regions, *, drawn: bool = False) -> TruncatedDraw:
        """Draws from within a region, the same for all rows.

        Args:
            uniforms: (N,).
            region: what may be drawn, outcomes never seen in training and breaks of rules included.
            drawn: whether rules that training never broke are kept, where the region has anything that keeps them.
        """
        if self.parts is None:
            return self.part.sample_truncated(self.outputs, uniforms, region)
        log_masses = self._log_masses(region, drawn=drawn)
        place, left = _choose(log_masses, uniforms)
        chosen = place.cpu().numpy()
        regions = either(chosen == 0, self.parts.kept, either(chosen == 1, self.parts.loose, self.parts.broken))
        codes = self.part.sample_truncated(self.outputs, left, regions & region).codes
        return TruncatedDraw(codes, log_masses.logsumexp(1))

    def log_mass(self, region: Regions) -> Tensor:
        """Returns (N,) the log-probability, float64, of a region, the same for all rows."""
        if self.parts is None:
            return self.part.log_mass(self.outputs, region)
        return self._log_masses(region, drawn=False).logsumexp(1)

    def outcomes_within(self, region: Regions, count: int) -> WeightedCodes:
        """Returns what the cells may be within a region; see `Distribution.outcomes_within`."""
        if self.parts is None:
            return self.part.outcomes_within(self.outputs, region, count)
        if not isinstance(self.part, Labels):
            parts = self.parts

            def draw(rows: NDArray[np.int64], uniforms: Tensor) -> Tensor:
                repeated = Conditional(self.part, self.outputs[torch.from_numpy(rows)], parts.take(rows), self.seen)
                return repeated.sample_truncated(uniforms, region, drawn=True).codes

            return even_quantiles(draw, len(self.outputs), count, self.outputs.device)
        shares = self._log_masses(region, drawn=True).softmax(1)
        within = [self.part.outcomes_within(self.outputs, each & region, count) for each in self.parts[:3]]
        weighted = [share.unsqueeze(1) * each.probabilities for share, each in zip(shares.T, within, strict=True)]
        return WeightedCodes(within[0].codes, torch.stack(weighted).sum(0))

    def _log_masses(self, region: Regions, *, drawn: bool) -> Tensor:
        """Returns (N, 3) log-probabilities of what a region has of each part; see `sample_truncated`."""
        assert self.parts is not None
        log_chances = torch.from_numpy(self.parts.log_chances).to(self.outputs.device)
        own = [self._log_share(each, region) for each in self.parts[:3]]
        log_masses = (torch.stack(own, dim=1) + log_chances).masked_fill(log_chances == -math.inf, -math.inf)
        if drawn:
            keeps = (log_masses[:, :DRAWN] > -math.inf).any(1)
            log_masses[keeps, DRAWN:] = -math.inf
        return log_masses

    def _log_share(self, part: CellSets, region: Regions) -> Tensor:
        """Returns (N,) the log-probability of a region given a part; anything where the part has no cells."""
        return self.part.log_mass(self.outputs, part & region) - self.part.log_mass(self.outputs, part)


def _choose(log_masses: Tensor, uniforms: Tensor) -> tuple[Tensor, Tensor]:
    """Draws one of a few parts by their log-masses (N, M); returns it and what is left of uniforms (N,)."""
    place, left = draw_outcome(log_masses.softmax(1).unsqueeze(1), uniforms.unsqueeze(1))
    return place.squeeze(1), left.squeeze(1)
