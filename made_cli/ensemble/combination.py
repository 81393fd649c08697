"""A combination of members as a value: what is learned once and used to score and to sample.

Knows: the two forms that a combination of densities can take, a mixture and a product, and their log-density from the
matrix L of log-likelihoods; and how much each member counts in it, its share.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from made_cli.core.orderings import Ordering, Origin
from made_cli.ensemble.mixture import Matrix, bound
from made_cli.ensemble.normaliser import Normaliser
from made_cli.ensemble.weights import weighted_mixture


@dataclass(frozen=True)
class Bound:
    """The mean of the members' log-likelihoods: no density, so nothing can be drawn from it."""

    form: Literal["bound"] = "bound"

    def log_density(self, matrix: Matrix) -> NDArray[np.float64]:
        """Returns (N,) the bound, nats, from L (N, K)."""
        return bound(matrix)

    def shares(self, count: int) -> NDArray[np.float64]:
        """Returns (K,) 1/K of each of `count` members."""
        return np.full(count, 1 / count)


@dataclass(frozen=True)
class Mixture:
    """A mixture of members.

    Attributes:
        weights: (K,) sum 1; exact zeros for members that were dropped.
    """

    weights: tuple[float, ...]
    form: Literal["mixture"] = "mixture"

    def log_density(self, matrix: Matrix) -> NDArray[np.float64]:
        """Returns (N,) log-densities, nats, from L (N, K)."""
        return weighted_mixture(matrix, np.array(self.weights))

    def shares(self, count: int) -> NDArray[np.float64]:
        """Returns (K,) the weights of the `count` members."""
        assert count == len(self.weights)
        return np.array(self.weights)


@dataclass(frozen=True)
class Product:
    """A product of powers of members, with its normaliser.

    Attributes:
        exponents: (K,).
        normaliser: log Z with its interval.
    """

    exponents: tuple[float, ...]
    normaliser: Normaliser
    form: Literal["product"] = "product"

    def log_density(self, matrix: Matrix) -> NDArray[np.float64]:
        """Returns (N,) log-densities, nats, from L (N, K)."""
        return np.asarray(matrix @ np.array(self.exponents) - self.normaliser.log_z)

    def shares(self, count: int) -> NDArray[np.float64]:
        """Returns (K,) the exponents of the `count` members."""
        assert count == len(self.exponents)
        return np.array(self.exponents)

    @property
    def guaranteed(self) -> bool:
        """Whether importance weights are bounded by 1, so that the product can be sampled by rejection."""
        return self.normaliser.guaranteed


Combination = Mixture | Product


def equally_mixed(count: int) -> Mixture:
    """Returns the equal mixture of `count` members."""
    return Mixture((1 / count,) * count)


@dataclass(frozen=True)
class SavedMember:
    """A member of the run that the combinations are saved with."""

    network: int
    ordering: Ordering
    origin: Origin


@dataclass(frozen=True)
class SavedEnsemble:
    """What `made ensemble-eval --save` leaves in a run folder.

    Attributes:
        members: (K,) in the order of weights and exponents.
        combinations: by the name that `--combine` knows: "product", and "weighted" and "pool" where they were learned.
    """

    members: tuple[SavedMember, ...]
    combinations: dict[str, Combination]
