"""The bound and the equal mixture of K members.

Knows: the matrix L (N rows × K members) of log-likelihoods, and nothing of networks. The bound is what training
maximises; by Jensen's inequality it is never above the log-density of the equal mixture, and it is no density
itself. Probabilities are averaged, never logits.

Reference: Germain et al. 2015, section 4.2.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
"""L (N rows × K members), nats."""


def bound(matrix: Matrix) -> NDArray[np.float64]:
    """Returns (N,) the mean over members of the log-likelihood, nats.

    >>> bound(np.log(np.array([[0.1, 0.4]]))).round(6).tolist() == np.log([0.2]).round(6).tolist()
    True
    """
    return np.asarray(matrix.mean(axis=1))


def equal_mixture(matrix: Matrix) -> NDArray[np.float64]:
    """Returns (N,) the log of the mean over members of the likelihood, nats.

    >>> equal_mixture(np.log(np.array([[0.1, 0.4]]))).round(6).tolist() == np.log([0.25]).round(6).tolist()
    True
    """
    return np.asarray(np.logaddexp.reduce(matrix, axis=1) - np.log(matrix.shape[1]))


@dataclass(frozen=True)
class Estimate:
    """A negative log-likelihood, nats a row, and its standard error over the rows; None for a single row."""

    nll: float
    se: float | None


def estimate(log_density: NDArray[np.float64]) -> Estimate:
    """Averages the log-densities (N,) of rows to a negative log-likelihood."""
    n = len(log_density)
    return Estimate(-float(log_density.mean()), float(log_density.std(ddof=1) / np.sqrt(n)) if n > 1 else None)
