"""The fixed monotone scaling of a numeric column.

Knows: one family of smooth, strictly increasing maps of the real line, `z = (asinh((x − a) / b) − m) / s`, and its
affine limit `z = (x − m) / s`. Where b is small beside the spread, the map is a logarithm away from a, on both
sides of it, so that incomes and prices spread out, and yet every number has a finite image and a finite slope.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scaling:
    """A strictly increasing map from the user's units to about mean 0 and deviation 1.

    Attributes:
        origin: a, in the user's units.
        width: b, in the user's units; None for the affine map.
        mean: m.
        deviation: s.

    >>> scaling = Scaling(origin=0.0, width=2.0, mean=0.5, deviation=3.0)
    >>> bool(np.allclose(scaling.inverse(scaling.forward(np.array([-7.0, 0.0, 1e6]))), [-7.0, 0.0, 1e6]))
    True
    """

    origin: float
    width: float | None
    mean: float
    deviation: float

    def forward(self, x: Floats) -> Floats:
        """Maps numbers in the user's units to z."""
        return np.asarray((self._bend(x) - self.mean) / self.deviation)

    def slope(self, x: Floats) -> Floats:
        """Returns dz/dx > 0, the Jacobian of the map."""
        if self.width is None:
            return np.full_like(x, 1 / self.deviation)
        return np.asarray(1 / (np.hypot(x - self.origin, self.width) * self.deviation))

    def inverse(self, z: Floats) -> Floats:
        """Maps z back to the user's units."""
        bent = z * self.deviation + self.mean
        return np.asarray(bent if self.width is None else self.origin + self.width * np.sinh(bent))

    def _bend(self, x: Floats) -> Floats:
        return np.asarray(x if self.width is None else np.arcsinh((x - self.origin) / self.width))


def fit_scaling(x: Floats) -> Scaling:
    """Chooses the scaling under which numbers look most like a normal sample, by likelihood in the user's units.

    Args:
        x: (N,) numbers, ties included, atoms left out.

    Returns:
        The best member of the family; affine if none is better.
    """
    # The affine map of numbers like 1e200 has no finite deviation.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return max(_candidates(x), key=lambda scaling: _log_likelihood(scaling, x))


def _candidates(x: Floats) -> Iterator[Scaling]:
    yield _standardised(x, 0.0, None)
    low, quarter, median, three_quarters, high = np.quantile(x, [0, 0.25, 0.5, 0.75, 1])
    spread = (three_quarters - quarter) or (high - low)
    for origin in (low, median, high):
        for share in (0.003, 0.01, 0.03, 0.1, 0.3, 1.0):
            if share * spread > 0:
                yield _standardised(x, float(origin), float(share * spread))


def _standardised(x: Floats, origin: float, width: float | None) -> Scaling:
    bent = Scaling(origin, width, mean=0.0, deviation=1.0).forward(x)
    # The deviation of numbers that are all the same is 0 but for rounding.
    deviation = float(bent.std()) if bent.min() < bent.max() else 0.0
    return Scaling(origin, width, mean=float(bent.mean()), deviation=deviation or 1.0)


def _log_likelihood(scaling: Scaling, x: Floats) -> float:
    """Mean log-density of x, nats, if z were standard normal; up to a constant."""
    mean = float(np.mean(np.log(scaling.slope(x)) - scaling.forward(x) ** 2 / 2))
    return mean if np.isfinite(mean) else -math.inf
