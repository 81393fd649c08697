"""The normaliser of a product of members, with an interval that holds.

Knows: for exponents a ≥ 0 of sum 1 the weighted geometric mean g = exp Σ a_k l_k of normalised densities is never
above their arithmetic mean m = Σ a_k q_k. So Z = Σ_x g(x) = E_{x∼m} g(x) / m(x) is the mean of importance weights in
[0, 1]: m can be drawn from exactly, the estimate is unbiased, and because the weights are bounded an interval holds at
any sample size. The same ratio is the probability with which a row drawn from m is accepted as a row of the product,
so Z is the acceptance rate.

Reference: Maurer and Pontil, *Empirical Bernstein Bounds and Sample Variance Penalization*, COLT 2009, theorem 4.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator

from made_cli.ensemble.mixture import Matrix, equal_mixture
from made_cli.ensemble.weights import weighted_mixture

FIRST = 2048
"""Samples before the interval is first checked; each further check has twice as many."""

LowerEnd = Annotated[float, BeforeValidator(lambda end: -np.inf if end is None else end)]
"""A number, or -inf, for which JSON has null."""


@dataclass(frozen=True)
class Normaliser:
    """An estimate of log Z, nats.

    Attributes:
        log_z: the estimate.
        interval: holds log Z with at least the stated confidence where `guaranteed`, about so elsewhere; its lower end
            is -inf where Z is too small for the samples to tell it from 0.
        samples: how many rows of the mixture it took.
        ess: how many rows of the product they are worth.
        guaranteed: whether the importance weights are bounded by 1.
    """

    log_z: float
    interval: tuple[LowerEnd, float]
    samples: int
    ess: float
    guaranteed: bool = True

    @property
    def acceptance(self) -> float:
        """The share of the mixture's rows that are accepted as rows of the product: Z."""
        return float(np.exp(self.log_z))


def log_ratio(matrix: Matrix, exponents: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns (S,) log g − log m of rows of which the log-likelihoods (S, K) are given; never above 0.

    >>> float(log_ratio(np.log(np.array([[0.1, 0.4]])), np.array([0.5, 0.5]))[0].round(4))
    -0.2231
    """
    return np.asarray(np.minimum(matrix @ exponents - weighted_mixture(matrix, exponents), 0.0))


def bernstein_interval(weights: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    """Returns an interval that holds the mean of i.i.d. weights (S,) in [0, 1] with at least `confidence`.

    >>> low, high = bernstein_interval(np.full(1000, 0.5), 0.95)
    >>> 0 < low < 0.5 < high < 1
    True
    """
    count, log_term = len(weights), np.log(4 / (1 - confidence))
    width = np.sqrt(2 * weights.var(ddof=1) * log_term / count) + 7 * log_term / (3 * (count - 1))
    return max(0.0, float(weights.mean() - width)), min(1.0, float(weights.mean() + width))


def estimate_normaliser(
    draw: Callable[[int], Matrix],
    exponents: NDArray[np.float64],
    *,
    confidence: float,
    tolerance: float,
    most: int,
    unseen: float = 0.0,
) -> Normaliser:
    """Draws rows of the mixture until the interval for log Z is narrow enough.

    Args:
        draw: returns the log-likelihoods (n, K), under every member, of n fresh rows of `Σ a_k q_k`.
        exponents: (K,) a ≥ 0, sum 1.
        confidence: of the interval; the checks of it share the risk, so that stopping early costs no validity.
        tolerance: the width to reach, nats.
        most: samples after which to stop all the same.
        unseen: the mixture's mass on rows that `draw` leaves out. They are not counted in the estimate and the lower
            end, and as wholly accepted in the upper end.
    """
    log_ratios = np.empty(0)
    for check in range(1, 64):
        wanted = min(FIRST * 2 ** (check - 1), most) - len(log_ratios)
        log_ratios = np.concatenate([log_ratios, log_ratio(draw(wanted), exponents)])
        ratios = np.exp(log_ratios)
        # The risks δ / (n (n + 1)) of all checks add up to at most δ.
        low, high = bernstein_interval(ratios, 1 - (1 - confidence) / (check * (check + 1)))
        low, high = low * (1 - unseen), min(1.0, high * (1 - unseen) + unseen)
        if len(ratios) >= most or (low > 0 and np.log(high / low) <= tolerance):
            break
    # Summed as logarithms, and scaled for the effective size: ratios too small for a number count all the same.
    log_z = min(0.0, float(np.logaddexp.reduce(log_ratios) - np.log(len(log_ratios)) + np.log1p(-unseen)))
    ess = effective_size(np.exp(log_ratios - log_ratios.max()))
    with np.errstate(divide="ignore"):
        return Normaliser(log_z, (float(np.log(low)), float(np.log(high))), len(log_ratios), ess)


def estimate_free_normaliser(
    draw: Callable[[int], Matrix], exponents: NDArray[np.float64], *, confidence: float, samples: int
) -> Normaliser:
    """Estimates log Z of a product whose exponents may be negative and have any sum.

    Nothing bounds the importance weights, so the interval is the normal approximation's and may fail unseen where the
    effective sample size is low. Rows that are never drawn are left out of it, for nothing bounds their mass either.

    Args:
        draw: returns the log-likelihoods (n, K), under every member, of n fresh rows of the equal mixture.
        exponents: (K,).
        confidence: of the interval, about.
        samples: how many rows to draw.
    """
    matrix = draw(samples)
    log_weight = matrix @ exponents - equal_mixture(matrix)
    top = float(log_weight.max())
    weight = np.exp(log_weight - top)
    log_z = top + float(np.log(weight.mean()))
    deviation = float(weight.std(ddof=1) / weight.mean() / np.sqrt(samples))
    width = NormalDist().inv_cdf((1 + confidence) / 2) * deviation
    return Normaliser(log_z, (log_z - width, log_z + width), samples, effective_size(weight), guaranteed=False)


def effective_size(weights: NDArray[np.float64]) -> float:
    """Returns how many equal weights (S,) would vary as little: (Σw)² / Σw²."""
    return float(weights.sum() ** 2 / np.square(weights).sum())
