"""Every way of combining the same members, side by side.

Knows: the turn of things: learn on one set of rows, estimate the normalisers from the members' own samples, and judge
on another set. The evaluated rows are never learned from.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from made_cli.config import EnsembleConfig
from made_cli.ensemble.combination import Mixture, Product
from made_cli.ensemble.members import Matrix, Member
from made_cli.ensemble.mixture import Estimate, bound, equal_mixture, estimate
from made_cli.ensemble.normaliser import estimate_free_normaliser, estimate_normaliser
from made_cli.ensemble.pool import Proposal, choose_pull, fit_free_pool, fit_pool
from made_cli.ensemble.sampling import draw_scored, with_a_share
from made_cli.ensemble.weights import Fit, choose_sparsity, fit_weights
from made_cli.tables.columns.kinds import unseen_mass

PROPOSED = 2**14
"""Rows of the equal mixture that the pool is learned from and entropies are estimated on."""
LEAST_ESS = 100.0
"""With free exponents nothing bounds the error of log Z; below this effective sample size no figure is claimed."""
SUBSETS = 20
"""Random subsets of members at each number of permutations: the error bars of the curve."""


@dataclass(frozen=True)
class Point:
    """The curve at one number of permutations: means over random subsets of the members.

    Attributes:
        permutations: K.
        bound: NLL, nats a row.
        mixture: NLL of the equal mixture.
        product: NLL of the product with exponents 1/K; log Z from one set of samples, without an interval, but at all
            members the same as that of the evaluation.
        spread: standard deviation over the subsets of the mixture's NLL; 0 where there is one subset only.
    """

    permutations: int
    bound: float
    mixture: float
    product: float
    spread: float


@dataclass(frozen=True)
class Judged:
    """A combination on the evaluated rows.

    Attributes:
        combination: what was judged.
        estimate: its NLL, nats a row; None where its normaliser cannot be trusted.
        entropy: of the combination, nats; None in the same case.
    """

    combination: Mixture | Product
    estimate: Estimate | None
    entropy: float | None


@dataclass(frozen=True)
class Learned:
    """What was learned on the rows of --fit-on.

    Attributes:
        fit: how EM went.
        weighted: the mixture with its weights.
        pull: ρ of the pool.
        pool: the product with learned exponents.
    """

    fit: Fit
    weighted: Judged
    pull: float
    pool: Judged

    @property
    def survivors(self) -> int:
        """How many members EM has left a weight."""
        return int((self.fit.weights > 0).sum())


@dataclass(frozen=True)
class EnsembleEvaluation:
    """Bound, equal mixture and product of the same members, and what was learned where there were rows for it.

    Attributes:
        bound: no density: its mass is Z.
        mixture: the equal mixture.
        product: exponents 1/K.
        learned: None without rows to learn on.
        curve: over the number of permutations.
        effective_members: how many members share the equal mixture's density of a row, on average.
        single_entropy: mean over the members, nats.
    """

    bound: Estimate
    mixture: Judged
    product: Judged
    learned: Learned | None
    curve: tuple[Point, ...]
    effective_members: float
    single_entropy: float


class EnsembleEvaluator:
    """Evaluates every combination of the same members.

    Args:
        members: K of them.
        matrix: L (N, K) of the rows to judge on.
        config: confidence, tolerance and so on.
        say: told what is being done.
    """

    def __init__(
        self,
        members: Sequence[Member],
        matrix: Matrix,
        config: EnsembleConfig,
        say: Callable[[str], None] = lambda what: None,
    ) -> None:
        self.members, self.matrix, self.config, self.say = members, matrix, config, say
        self.rng = np.random.default_rng(config.seed)
        say("sampling the members")
        self.drawn, self.sampled = draw_scored(members, PROPOSED, self.rng)

    def evaluate(self, fit_on: Matrix | None, counts: Sequence[int]) -> EnsembleEvaluation:
        """Judges every combination.

        Args:
            fit_on: L (N', K) of other rows, to learn weights and exponents on; None to learn nothing.
            counts: the numbers of permutations of the curve.
        """
        equal = np.full(len(self.members), 1 / len(self.members))
        self.say("normalising the product")
        product = self._normalised(equal)
        return EnsembleEvaluation(
            bound=estimate(bound(self.matrix)),
            mixture=self._judged(Mixture(tuple(equal))),
            product=self._judged(product),
            learned=None if fit_on is None else self._learn(fit_on),
            curve=tuple(self._point(count, product.normaliser.log_z) for count in counts),
            effective_members=_effective_members(self.matrix),
            single_entropy=-float(self.sampled[np.arange(PROPOSED), self.drawn.picked].mean()),
        )

    def _learn(self, fit_on: Matrix) -> Learned:
        self.say("learning mixture weights")
        sparsity = self.config.sparsity
        fit = fit_weights(fit_on, choose_sparsity(fit_on, self.rng) if sparsity is None else sparsity)
        self.say("learning exponents")
        proposal, free = Proposal(self.sampled), self.config.free_exponents
        pull = choose_pull(fit_on, proposal, self.rng, free=free)
        exponents = (fit_free_pool if free else fit_pool)(fit_on.mean(axis=0), proposal, pull)
        weighted, pool = Mixture(tuple(fit.weights)), self._normalised(exponents)
        return Learned(fit, self._judged(weighted), pull, self._judged(pool))

    def _normalised(self, exponents: NDArray[np.float64]) -> Product:
        """Estimates the normaliser on rows that nothing was learned from."""
        config = self.config
        if exponents.min() < 0 or abs(exponents.sum() - 1) > 1e-9:
            free = estimate_free_normaliser(
                lambda rows: draw_scored(self.members, rows, self.rng)[1],
                exponents,
                confidence=config.confidence,
                samples=config.samples,
            )
            return Product(tuple(exponents), free)
        chosen, a = with_a_share(self.members, exponents)
        bounded = estimate_normaliser(
            lambda rows: draw_scored(chosen, rows, self.rng, a)[1],
            a,
            confidence=config.confidence,
            tolerance=config.tolerance,
            most=config.samples,
            unseen=unseen_mass(self.members[0].made.kinds),
        )
        return Product(tuple(exponents), bounded)

    def _judged(self, combination: Mixture | Product) -> Judged:
        if isinstance(combination, Product) and not (combination.guaranteed or combination.normaliser.ess >= LEAST_ESS):
            return Judged(combination, None, None)
        # The entropy is a mean over rows of the combination: those of the equal mixture, re-weighted.
        log_density = combination.log_density(self.sampled)
        log_weight = log_density - equal_mixture(self.sampled)
        weight = np.exp(log_weight - log_weight.max())
        entropy = -float(weight @ log_density / weight.sum())
        return Judged(combination, estimate(combination.log_density(self.matrix)), entropy)

    def _point(self, count: int, log_z: float) -> Point:
        """Averages over random subsets of `count` members; `log_z` is that of the product of all."""
        total = len(self.members)
        subsets = 1 if count == total else SUBSETS
        chosen = [self.rng.permutation(total)[:count] for _ in range(subsets)]
        parts = [self.matrix[:, subset] for subset in chosen]
        log_proposal, equal = equal_mixture(self.sampled), np.full(count, 1 / count)
        log_zs = [log_z]
        if count < total:
            ratios = [self.sampled[:, subset] @ equal - log_proposal for subset in chosen]
            log_zs = [float(np.logaddexp.reduce(ratio)) - np.log(PROPOSED) for ratio in ratios]
        bounds = np.array([-part.mean() for part in parts])
        mixtures = np.array([-equal_mixture(part).mean() for part in parts])
        # At one member the product is that member, whatever the samples say.
        products = bounds + np.minimum(log_zs, 0.0) if count > 1 else bounds
        spread = float(mixtures.std(ddof=1)) if subsets > 1 else 0.0
        return Point(count, float(bounds.mean()), float(mixtures.mean()), float(products.mean()), spread)


def _effective_members(matrix: Matrix) -> float:
    """Returns the mean over rows of 1 / Σ_k r_k², where r are the members' shares of the mixture's density."""
    share = np.exp(matrix - np.logaddexp.reduce(matrix, axis=1)[:, None])
    return float((1 / np.square(share).sum(axis=1)).mean())
