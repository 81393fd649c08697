"""The log-mass of recorded cells under mixtures of logistics, with its gradient.

Knows: of a mixture with logits a, locations μ and scales s, the share of what lies above a bound that a cell c ± h has,

    log Σ_k exp(a_k) P_k(cell) − log Σ_k exp(a_k) P_k(above the bound),

where P_k(cell) = σ(δ + u) σ(δ − u) (1 − exp(−2δ)), u = (c − μ_k) / s_k, δ = h / s_k; see
`made_cli.core.distributions.mixture`. That the weights sum to 1 cancels. The arrays are small and many operations
would lead there and back, so the gradient is written out: of log P_k(cell) it is σ(−δ − u) − σ(u − δ) by u, and
δ (σ(−δ − u) + σ(u − δ)) + 2δ / (exp(2δ) − 1) by log δ.
"""

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx
from torch.nn import functional

from made_cli.core.distributions.mixture import FINEST

LOG_SCALES = (-9.0, 2.0)
"""Least and greatest log-scale of a logistic, in z: finer than this the network is chasing rounding."""


def log_share(logistics: Tensor, centre: Tensor, log_half: Tensor, bound: Tensor | None) -> Tensor:
    """Returns (N, C) the log of the share that each cell has of what its mixture has above a bound.

    Args:
        logistics: (N, C, K, 3) logit, location and log-scale of each logistic.
        centre: (N, C) of the cells, in z.
        log_half: (N, C) log of half their width.
        bound: (C,), in z; None where there is none.
    """
    share: Tensor = _LogShare.apply(logistics, centre, log_half, bound)  # type: ignore[no-untyped-call]
    return share


class _Context(FunctionCtx):
    """What the way forward leaves for the way back."""

    has_bound: bool
    saved_tensors: tuple[Tensor, ...]


class _LogShare(torch.autograd.Function):
    """See the docstring of this module."""

    @staticmethod
    def forward(ctx: _Context, logistics: Tensor, centre: Tensor, log_half: Tensor, bound: Tensor | None) -> Tensor:
        """Returns (N, C)."""
        logit, location = logistics[..., 0], logistics[..., 1]
        log_scale = logistics[..., 2].clamp(*LOG_SCALES)
        inverse = torch.exp(-log_scale)
        u = (centre.unsqueeze(2) - location).mul_(inverse)
        log_delta = log_half.unsqueeze(2) - log_scale
        floored = log_delta.clamp(min=FINEST)
        delta = floored.exp()
        log_cell = torch.expm1(-2 * delta).neg_().log_().add_(log_delta).sub_(floored)
        log_cell += functional.logsigmoid(delta + u)
        log_cell += functional.logsigmoid(delta - u)
        log_cell += logit
        inside = log_cell.logsumexp(2, keepdim=True)
        saved = [inverse, u, delta, log_cell.sub_(inside).exp_()]
        if bound is None:
            log_above = logit
        else:
            above = (location - bound.unsqueeze(1)).mul_(inverse)
            log_above = functional.logsigmoid(above).add_(logit)
            saved.append(above)
        whole = log_above.logsumexp(2, keepdim=True)
        saved.append((log_above - whole).exp_())
        ctx.has_bound = bound is not None
        ctx.save_for_backward(logistics, *saved)
        return (inside - whole).squeeze(2)

    @staticmethod
    def backward(ctx: _Context, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Returns the gradient of the logistics."""
        logistics, inverse, u, delta, in_cell, *of_bound, in_whole = ctx.saved_tensors
        left, right = torch.sigmoid(-delta - u), torch.sigmoid(u - delta)
        by_u = left - right
        by_log_delta = (left + right).mul_(delta).add_(2 * delta / torch.expm1(2 * delta))
        result = torch.empty_like(logistics)
        torch.sub(in_cell, in_whole, out=result[..., 0])
        by_location = by_u * in_cell
        by_scale = by_log_delta.mul_(in_cell).addcmul_(by_location, u)
        if ctx.has_bound:
            by_above = torch.sigmoid(-of_bound[0]).mul_(in_whole)
            by_location += by_above
            by_scale.addcmul_(by_above, of_bound[0], value=-1)
        torch.mul(by_location, -inverse, out=result[..., 1])
        torch.neg(by_scale, out=result[..., 2])
        result *= gradients[0][..., None, None]
        log_scale = logistics[..., 2]
        result[..., 2].masked_fill_((log_scale < LOG_SCALES[0]) | (log_scale > LOG_SCALES[1]), 0)
        return result, None, None, None
