"""The bound and the equal mixture of K members.

Knows: the matrix L (N rows × K members) of log-likelihoods, and nothing of networks. The bound is what training
maximises; by Jensen's inequality it is never above the log-density of the equal mixture, and it is no density
itself. Probabilities are averaged, never logits.

Reference: Germain et al. 2015, section 4.2.
"""

import math
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


class Moments:
    """The mean of the log-densities of rows that come a block at a time, and how far they lie around it.

    Reference: Chan, Golub & LeVeque 1979, *Updating formulae and a pairwise algorithm for computing sample variances*.

    Attributes:
        count: how many rows there were.
    """

    def __init__(self) -> None:
        self.count = 0
        self._mean, self._squares = 0.0, 0.0

    def add(self, log_density: NDArray[np.float64]) -> None:
        """Takes the log-densities (N,) of more rows into account, nats."""
        if not len(log_density):
            return
        mean, before = float(log_density.mean()), self.count
        self.count += len(log_density)
        apart = mean - self._mean
        self._mean += apart * len(log_density) / self.count
        self._squares += float(((log_density - mean) ** 2).sum()) + apart**2 * before * len(log_density) / self.count

    def estimate(self) -> Estimate:
        """Returns the negative log-likelihood of all rows, of which there is one at least."""
        n = self.count
        return Estimate(-self._mean, math.sqrt(self._squares / (n - 1)) / math.sqrt(n) if n > 1 else None)


def estimate(log_density: NDArray[np.float64]) -> Estimate:
    """Averages the log-densities (N,) of rows to a negative log-likelihood."""
    found = Moments()
    found.add(log_density)
    return found.estimate()
