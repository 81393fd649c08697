"""A mixture of logistics in z: the mass of cells and of intervals, and where a share of it lies.

Knows: the probability of a recorded cell. A number x recorded with resolution r stands for the cell
[x − r/2, x + r/2]. Where that is the interval c ± h in z, a logistic of location μ and scale s gives it

    σ(u + δ) − σ(u − δ) = σ(δ + u) σ(δ − u) (1 − exp(−2δ)),   u = (c − μ) / s,   δ = h / s,

which is exact for cells of any width and loses nothing to cancellation, neither in the tails nor for the finest
cells; as each factor is at most 1, rounding cannot lift the mass above 1 either. The log-density is the log of that
mass less log r, so it can never exceed −log r: ties cannot drive it to infinity. The Jacobian of the scaling is in the
interval.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

FINEST = -15.0
"""Log-width, in scales, below which 1 − exp(−2δ) is 2δ to all digits: δ itself may be too small for float32."""
MOST_SCALES = 30.0
"""Log-width, in scales, above which a logistic has all of its mass within."""
SMALLEST = 1e-15
"""Least share of a mass that is drawn, and what keeps logs of it from infinity."""


class LogisticMixture(NamedTuple):
    """The parameters of the logistics, each (N, C, K)."""

    log_weight: Tensor
    location: Tensor
    log_scale: Tensor

    def log_above(self, z: Tensor, *, below: bool = False) -> Tensor:
        """Returns (N, C, K) the log-mass of each logistic above (or below) z (C,)."""
        distance = (self.location - z.to(self.location.dtype).unsqueeze(1)) * torch.exp(-self.log_scale)
        return functional.logsigmoid(-distance if below else distance)


def logit(log_probability: Tensor) -> Tensor:
    """Returns the logit of probabilities that are given as logs, exact in the tail of the small ones."""
    log_probability = log_probability.clamp(max=-SMALLEST)
    return log_probability - torch.log(-torch.expm1(log_probability))


def between(low: Tensor, high: Tensor, share: Tensor) -> Tensor:
    """Returns where a standard logistic has a share of its mass between two ends below it, all (N,).

    It is counted from the end that lies further out, where nothing is lost to cancellation.
    """
    log_mass = functional.logsigmoid(high) + functional.logsigmoid(-low) + torch.log(-torch.expm1(low - high))
    share = share.clamp(SMALLEST, 1 - SMALLEST)
    from_top = torch.logaddexp(functional.logsigmoid(-high), torch.log1p(-share) + log_mass)
    from_bottom = torch.logaddexp(functional.logsigmoid(low), share.log() + log_mass)
    return torch.where(low + high < 0, logit(from_bottom), -logit(from_top))
