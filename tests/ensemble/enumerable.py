"""Members whose whole table of rows is known, as a matrix of log-likelihoods."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from made_cli.ensemble.mixture import Matrix
from made_cli.ensemble.weights import weighted_mixture


@dataclass(frozen=True)
class Enumerable:
    """K random densities over S rows that have something in common: `matrix` (S, K) holds them all."""

    matrix: Matrix

    @classmethod
    def drawn(cls, rows: int, members: int, seed: int) -> "Enumerable":
        rng = np.random.default_rng(seed)
        logits = 1.5 * rng.normal(size=(rows, 1)) + rng.normal(size=(rows, members))
        return cls(logits - np.logaddexp.reduce(logits, axis=0))

    def log_z(self, exponents: NDArray[np.float64]) -> float:
        return float(np.logaddexp.reduce(self.matrix @ exponents))

    def draw(self, count: int, weights: NDArray[np.float64], rng: np.random.Generator) -> Matrix:
        """Rows of the mixture with these weights, under every member."""
        probability = np.exp(weighted_mixture(self.matrix, weights))
        return self.matrix[rng.choice(len(self.matrix), size=count, p=probability / probability.sum())]


def equal(count: int) -> NDArray[np.float64]:
    return np.full(count, 1 / count)
