"""Columns of labels: what their distributions share, and the outcomes that no network can learn.

Knows: how a distribution over the outcomes seen becomes one over all outcomes, and how to draw some of them only.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from made_cli.core.distributions.base import Distribution, Targets, TruncatedDraw, WeightedCodes
from made_cli.tables.columns.categorical import Categorical
from made_cli.tables.columns.row_regions import CellSets


class UnseenOutcomes(nn.Module):
    """Outcomes that training had none of: each has a fixed probability, the outcomes seen share the rest.

    Args:
        kinds: the columns of labels, by their index in the table.
    """

    seen: Tensor
    log_seen: Tensor
    log_unseen: Tensor

    def __init__(self, kinds: Mapping[int, Categorical]) -> None:
        super().__init__()
        widest = max(len(kind.unseen) for kind in kinds.values())
        table = torch.zeros(len(kinds), max(widest, 1), dtype=torch.float64)
        for row, kind in zip(table, kinds.values(), strict=True):
            row[: len(kind.unseen)] = torch.tensor(kind.unseen, dtype=torch.float64)
        self.register_buffer("seen", torch.tensor([kind.seen for kind in kinds.values()]), persistent=False)
        self.register_buffer("log_seen", torch.log1p(-table.sum(1)), persistent=False)
        self.register_buffer("log_unseen", table.log(), persistent=False)

    def seen_codes(self, codes: Tensor) -> Tensor:
        """Returns codes (N, C) as integers, with that of an outcome never seen replaced by 0."""
        codes = codes.long()
        return torch.where(codes < self.seen, codes, 0)

    def among_all(self, log_prob: Tensor) -> Tensor:
        """Turns log-probabilities (N, C, S) of the outcomes seen into (N, C, S + U): those never seen stand behind."""
        seen = log_prob + self.log_seen.to(log_prob.dtype).unsqueeze(1)
        unseen = self.log_unseen.to(log_prob.dtype).expand(len(log_prob), -1, -1)
        return torch.cat([seen, unseen], dim=2)

    def targets(self, codes: Tensor) -> Targets:
        """Returns which of codes (N, C) are outcomes never seen, and their log-probabilities; None where none is."""
        is_unseen = codes >= self.seen.to(codes.dtype)
        if not bool(is_unseen.any()):
            return None, None
        place = (codes.long() - self.seen).clamp(min=0)
        return is_unseen, self.log_unseen.expand(len(codes), -1, -1).gather(2, place.unsqueeze(2)).squeeze(2)

    def with_unseen_mass(self, log_prob: Tensor, targets: Targets) -> Tensor:
        """Turns log-probabilities (N, C) among the outcomes seen into those among all outcomes."""
        seen, (is_unseen, unseen) = log_prob + self.log_seen.to(log_prob.dtype), targets
        if is_unseen is None or unseen is None:
            return seen
        return torch.where(is_unseen, unseen.to(seen.dtype), seen)


class Labels(Distribution):
    """Columns of labels, for each row a distribution over the outcomes seen.

    Args:
        kinds: the columns, by their index in the table.
        features: (F,) the column of each feature.
        outputs: (O,) the column of each raw output.
    """

    def __init__(self, kinds: Mapping[int, Categorical], features: list[int], outputs: list[int]) -> None:
        super().__init__(list(kinds), features, outputs)
        self.unseen = UnseenOutcomes(kinds)

    @abstractmethod
    def log_outcomes(self, outputs: Tensor) -> Tensor:
        """Turns raw outputs (N, O) into (N, C, largest S) log-probabilities among the outcomes seen."""

    def targets(self, codes: Tensor) -> Targets:
        """Returns the outcomes, then which are never seen, and their log-probabilities."""
        return self.unseen.seen_codes(codes), *self.unseen.targets(codes)

    def log_prob_at(self, outputs: Tensor, targets: Targets) -> Tensor:
        """Returns (N, C) log-probabilities, nats."""
        seen, *unseen = targets
        assert seen is not None
        log_prob = self.log_outcomes(outputs).gather(2, seen.unsqueeze(2)).squeeze(2)
        return self.unseen.with_unseen_mass(log_prob, tuple(unseen))

    def sample(self, outputs: Tensor, uniforms: Tensor) -> Tensor:
        """Returns (N, C) codes."""
        probabilities = self.log_outcomes(outputs.to(uniforms.dtype)).exp()
        return draw_outcome(probabilities, uniforms)[0].to(uniforms.dtype)

    def sample_truncated(self, outputs: Tensor, uniforms: Tensor, regions: CellSets) -> TruncatedDraw:
        """Draws the outcomes of a single column given that they lie in a region."""
        probabilities, log_mass = _truncated(self._log_within(outputs.to(uniforms.dtype), regions))
        outcome, _ = draw_outcome(probabilities, uniforms.unsqueeze(1))
        return TruncatedDraw(outcome.squeeze(1).to(uniforms.dtype), log_mass.squeeze(1))

    def set_targets(self, cells: CellSets) -> Targets:
        """Returns which outcomes are not in the sets (N, all outcomes): those seen, then those never seen."""
        count = int(self.unseen.seen) + self.unseen.log_unseen.shape[1]
        return (torch.from_numpy(~cells.codes(count)).to(self.columns.device),)

    def log_masses_at(self, outputs: Tensor, sets: Sequence[Targets]) -> Tensor:
        """Returns (N, C) the log-probability that each column lies in its set of outcomes."""
        log_prob = self.unseen.among_all(self.log_outcomes(outputs))
        left_out = torch.zeros_like(log_prob, dtype=torch.bool)
        never = log_prob.shape[2] - self.unseen.log_unseen.shape[1]
        for place, (seen, (own,)) in enumerate(zip(self.unseen.seen.tolist(), sets, strict=True)):
            assert own is not None
            left_out[:, place, :seen] = own[:, :seen]
            left_out[:, place, never : never + own.shape[1] - seen] = own[:, seen:]
        return log_prob.masked_fill(left_out, float("-inf")).logsumexp(2)

    def _log_within(self, outputs: Tensor, regions: CellSets) -> Tensor:
        """Returns (N, 1, all outcomes) log-probabilities of a single column, −inf outside of the regions."""
        return _restricted(self.unseen.among_all(self.log_outcomes(outputs)), regions)

    def outcomes_within(self, outputs: Tensor, regions: CellSets, count: int) -> WeightedCodes:
        """Returns all outcomes seen (N, S) of a single column; those that do not lie in the region have no probability.

        Whatever `count` is: none of them stands for others.
        """
        probabilities = _truncated(_restricted(self.log_outcomes(outputs.double()), regions))[0].squeeze(1)
        return WeightedCodes(
            torch.arange(probabilities.shape[1]).to(probabilities).expand_as(probabilities), probabilities
        )


def _restricted(log_prob: Tensor, regions: CellSets) -> Tensor:
    """Returns log-probabilities (N, 1, S) of the outcomes 0..S−1 of a single column, −inf outside of the regions."""
    allowed = torch.from_numpy(regions.codes(log_prob.shape[2])).to(log_prob.device)
    return log_prob.masked_fill(~allowed.unsqueeze(1), float("-inf"))


def _truncated(log_prob: Tensor) -> tuple[Tensor, Tensor]:
    """Turns log-probabilities (N, 1, S) of what is left of a column into probabilities given that, and its mass.

    Returns:
        Probabilities (N, 1, S), all 0 where it has no mass, and its log-mass (N, 1).
    """
    log_mass = log_prob.logsumexp(2)
    return (log_prob - log_mass.unsqueeze(2)).exp().nan_to_num(0.0), log_mass


def draw_outcome(probabilities: Tensor, uniforms: Tensor) -> tuple[Tensor, Tensor]:
    """Draws outcomes by inverting the distribution function.

    Args:
        probabilities: (N, C, S), sums of 1 over S; 0 in the padding.
        uniforms: (N, C).

    Returns:
        Outcomes (N, C), and what is left of the uniforms: again uniform, and independent of the outcomes.
    """
    cumulative = probabilities.cumsum(2)
    total = cumulative[..., -1:]
    below = uniforms.unsqueeze(2) * total
    last = (probabilities > 0).long().mul(torch.arange(1, probabilities.shape[2] + 1, device=uniforms.device)).amax(2)
    outcome = torch.minimum((below >= cumulative).sum(2), last - 1).clamp(min=0)
    mass = probabilities.gather(2, outcome.unsqueeze(2))
    start = cumulative.gather(2, outcome.unsqueeze(2)) - mass
    return outcome, ((below - start) / mass).squeeze(2).clamp(0, 1)
