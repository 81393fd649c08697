"""The log-mass of intervals under mixtures of logistics, with its gradient.

Knows: of a mixture with logits a, locations μ and scales s, the share that the interval from l to h has of what lies
on the same side of a bound,

    log Σ_k exp(a_k) P_k(interval) − log Σ_k exp(a_k) P_k(side),

where P_k(interval) = σ(x) σ(y) (1 − exp(−w)), x = (h − μ_k) / s_k, y = (μ_k − l) / s_k, w = x + y; see
`made_cli.core.distributions.mixture`. As for cells (`made_cli.core.distributions.log_mass`) the gradient is written
out: of log P_k(interval) it is σ(−y) − σ(−x) by μ_k / s_k, and −(x σ(−x) + y σ(−y) + w / (exp(w) − 1)) by log s_k.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx
from torch.nn import functional

from made_cli.core.distributions.log_mass import LOG_SCALES
from made_cli.core.distributions.mixture import FINEST, MOST_SCALES


class Within(NamedTuple):
    """What mixtures have of intervals.

    Attributes:
        log_share: (N, C, P) log of the share that each interval has of what its mixture has on its side of a bound.
        of_logistics: (N, C, K, P) of what lies in the interval, the share of each logistic, which has no gradient; 0
            where there is no interval.
    """

    log_share: Tensor
    of_logistics: Tensor


def log_within(logistics: Tensor, intervals: Tensor, bound: Tensor | None) -> Within:
    """Returns what mixtures have of intervals.

    Args:
        logistics: (N, C, K, 3) logit, location and log-scale of each logistic.
        intervals: (N, C, P, 4) see `made_cli.core.distributions.geometry.Allowed`; N may be 1, for all rows.
        bound: (C,), in z; None where there is none.
    """
    return Within(*_LogWithin.apply(logistics, intervals, bound))  # type: ignore[no-untyped-call]


class _Context(FunctionCtx):
    """What the way forward leaves for the way back."""

    saved_tensors: tuple[Tensor, ...]


class _LogWithin(torch.autograd.Function):
    """See the docstring of this module."""

    @staticmethod
    def forward(ctx: _Context, logistics: Tensor, intervals: Tensor, bound: Tensor | None) -> tuple[Tensor, Tensor]:
        """Returns what `Within` has."""
        low, high, log_width, inside = intervals.unbind(3)
        logit, location = logistics[..., 0], logistics[..., 1]
        log_scale = logistics[..., 2].clamp(*LOG_SCALES)
        inverse = torch.exp(-log_scale)
        x = (high.unsqueeze(2) - location.unsqueeze(3)).mul_(inverse.unsqueeze(3))
        y = (location.unsqueeze(3) - low.unsqueeze(2)).mul_(inverse.unsqueeze(3))
        log_wide = log_width.unsqueeze(2) - log_scale.unsqueeze(3)
        floored = log_wide.clamp(FINEST, MOST_SCALES)
        wide = floored.exp()
        log_mass = torch.expm1(-wide).neg_().log_().add_(log_wide.sub_(floored).clamp_(max=0))
        log_mass += functional.logsigmoid(x)
        log_mass += functional.logsigmoid(y)
        log_mass += logit.unsqueeze(3)
        within = log_mass.logsumexp(2)
        least = torch.finfo(within.dtype).min  # where there is no interval, no logistic has a share of it
        in_interval = log_mass.sub_(within.clamp(min=least).unsqueeze(2)).exp_()
        saved = [inverse, x, y, wide, in_interval]
        if bound is None:
            whole = logit.logsumexp(2, keepdim=True)
            saved.append((logit - whole).exp_())
        else:
            above = (location - bound.unsqueeze(1)).mul_(inverse)
            sides = [functional.logsigmoid(side).add_(logit) for side in (above, -above)]
            wholes = [side.logsumexp(2, keepdim=True) for side in sides]
            saved += [side.sub_(own).exp_() for side, own in zip(sides, wholes, strict=True)] + [above, inside]
            whole = torch.where(inside > 0, wholes[0], wholes[1])
        ctx.save_for_backward(logistics, *saved)
        ctx.mark_non_differentiable(in_interval)
        return within - whole, in_interval

    @staticmethod
    def backward(ctx: _Context, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Returns the gradient of the logistics."""
        logistics, inverse, x, y, wide, in_interval, in_whole, *of_bound = ctx.saved_tensors
        gradient = gradients[0].unsqueeze(2)
        in_interval = in_interval * gradient
        left, right = torch.sigmoid(-x), torch.sigmoid(-y)
        by_scale = (x * left).addcmul_(y, right).add_(wide / torch.expm1(wide)).mul_(in_interval).sum(3)
        by_location = left.sub_(right).mul_(in_interval).sum(3)
        result = torch.empty_like(logistics)
        by_logit = in_interval.sum(3)
        if of_bound:
            in_below, above, inside = of_bound
            in_whole = in_whole * (inside.unsqueeze(2) * gradient).sum(3)
            in_below = in_below * ((1 - inside).unsqueeze(2) * gradient).sum(3)
            by_bound = torch.sigmoid(-above).mul_(in_whole).sub_(torch.sigmoid(above).mul_(in_below))
            by_location += by_bound
            by_scale.addcmul_(by_bound, above, value=-1)
            by_logit -= in_below
        else:
            in_whole = in_whole * gradient.sum(3)
        torch.sub(by_logit, in_whole, out=result[..., 0])
        torch.mul(by_location, -inverse, out=result[..., 1])
        torch.neg(by_scale, out=result[..., 2])
        log_scale = logistics[..., 2]
        result[..., 2].masked_fill_((log_scale < LOG_SCALES[0]) | (log_scale > LOG_SCALES[1]), 0)
        return result, None, None
