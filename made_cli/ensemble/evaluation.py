"""Every way of combining the same members, side by side.

Knows: the order of the steps: learn on one set of rows, estimate the normalisers from the members' own samples, and
evaluate on another set. The evaluated rows are never learned from.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from made_cli.config import EnsembleConfig
from made_cli.ensemble.combination import Combination, Mixture, Product, equally_mixed
from made_cli.ensemble.members import Member
from made_cli.ensemble.mixture import Estimate, Matrix, bound, equal_mixture, estimate
from made_cli.ensemble.normaliser import effective_size, estimate_free_normaliser, estimate_normaliser
from made_cli.ensemble.pool import Proposal, choose_penalty, fit_free_pool, fit_pool
from made_cli.ensemble.sampling import draw_scored, with_a_share
from made_cli.ensemble.weights import Fit, choose_sparsity, fit_weights

PROPOSED = 2**14
"""Rows of the equal mixture that the pool is learned from and entropies are estimated on."""
LEAST_ESS = 100.0
"""Below this effective sample size no entropy of a product is claimed, and no likelihood where its exponents are free:
then nothing bounds the error of log Z."""
SUBSETS = 20
"""Random subsets of members at each number of permutations: the error bars of the curve."""


@dataclass(frozen=True)
class Point:
    """The curve at one number of permutations: means over random subsets of the members, base orderings first.

    Known-first variants are in a subset only with all base orderings, so that the curve shows what they add to these.

    Attributes:
        permutations: K.
        bound: NLL, nats a row.
        mixture: NLL of the equal mixture.
        product: NLL of the product with exponents 1/K; log Z from one set of samples, without an interval, but at all
            members the same as that of the evaluation.
        std: standard deviation over the subsets of the mixture's NLL; 0 where there is one subset only.
        bound_std: likewise of the bound.
        product_std: likewise of the product.
    """

    permutations: int
    bound: float
    mixture: float
    product: float
    std: float
    bound_std: float
    product_std: float


@dataclass(frozen=True)
class EvaluatedMixture:
    """A mixture on the evaluated rows.

    Attributes:
        combination: the mixture.
        estimate: its NLL, nats a row.
        entropy: of the mixture, nats.
    """

    combination: Mixture
    estimate: Estimate
    entropy: float


@dataclass(frozen=True)
class EvaluatedProduct:
    """A product on the evaluated rows.

    Attributes:
        combination: the product, with its normaliser.
        estimate: its NLL, nats a row; None where its normaliser cannot be trusted.
        entropy: of the product, nats; None in the same case, and where too few samples count for it.
    """

    combination: Product
    estimate: Estimate | None
    entropy: float | None


@dataclass(frozen=True)
class Learned:
    """What was learned on the rows of --fit-on.

    Attributes:
        fit: how EM went.
        weighted: the mixture with its weights.
        penalty: ρ of the pool.
        pool: the log-linear pool: the product with learned exponents.
    """

    fit: Fit
    weighted: EvaluatedMixture
    penalty: float
    pool: EvaluatedProduct

    @property
    def nonzero_members(self) -> tuple[int, ...]:
        """The indices of the members that EM has left a weight."""
        return tuple(np.flatnonzero(self.fit.weights).tolist())


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
    mixture: EvaluatedMixture
    product: EvaluatedProduct
    learned: Learned | None
    curve: tuple[Point, ...]
    effective_members: float
    single_entropy: float

    @property
    def combinations(self) -> dict[str, Combination]:
        """What `--combine` knows by name besides the equal mixture: the product, and what is learned and claimed."""
        found: dict[str, Combination] = {"product": self.product.combination}
        if self.learned is not None:
            found["weighted"] = self.learned.weighted.combination
            if self.learned.pool.estimate is not None:
                found["pool"] = self.learned.pool.combination
        return found


class EnsembleEvaluator:
    """Evaluates every combination of the same members.

    Args:
        members: K of them.
        matrix: L (N, K) of the rows to evaluate on.
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
        # The most that any member gives to the rows that are never drawn.
        self.unseen = max(member.made.unseen_mass for member in members)
        say("sampling the members")
        self.drawn, self.sampled = draw_scored(members, PROPOSED, self.rng)

    def evaluate(self, fit_on: Matrix | None, counts: Sequence[int]) -> EnsembleEvaluation:
        """Evaluates every combination.

        Args:
            fit_on: L (N', K) of other rows, to learn weights and exponents on; None to learn nothing.
            counts: the numbers of permutations of the curve.
        """
        mixture = equally_mixed(len(self.members))
        self.say("normalising the product")
        product = self._normalised(np.array(mixture.weights))
        return EnsembleEvaluation(
            bound=estimate(bound(self.matrix)),
            mixture=self._mixture(mixture),
            product=self._product(product, self.sampled),
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
        penalty = choose_penalty(fit_on, proposal, self.rng, free=free)
        exponents = (fit_free_pool if free else fit_pool)(fit_on.mean(axis=0), proposal, penalty)
        weighted, pool = Mixture(tuple(fit.weights)), self._normalised(exponents)
        # The entropy, too, is estimated on rows that the exponents were not fitted to.
        _, fresh = draw_scored(self.members, PROPOSED, np.random.default_rng([self.config.seed, 1]))
        return Learned(fit, self._mixture(weighted), penalty, self._product(pool, fresh))

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
            # One member by itself is the product, with all its mass.
            unseen=self.unseen if len(chosen) > 1 else 0.0,
        )
        return Product(tuple(exponents), bounded)

    def _mixture(self, mixture: Mixture) -> EvaluatedMixture:
        entropy, _ = _entropy(mixture, self.sampled)
        return EvaluatedMixture(mixture, estimate(mixture.log_density(self.matrix)), entropy)

    def _product(self, product: Product, sampled: Matrix) -> EvaluatedProduct:
        """Evaluates a product; its entropy from rows of the equal mixture that it was not fitted to, (S, K)."""
        if not product.guaranteed and product.normaliser.ess < LEAST_ESS:
            return EvaluatedProduct(product, None, None)
        entropy, ess = _entropy(product, sampled)
        figure = estimate(product.log_density(self.matrix))
        return EvaluatedProduct(product, figure, entropy if ess >= LEAST_ESS else None)

    def _point(self, count: int, log_z: float) -> Point:
        """Averages over random subsets of `count` members; `log_z` is that of the product of all."""
        total = len(self.members)
        subsets = 1 if count == total else SUBSETS
        chosen = [self._subset(count) for _ in range(subsets)]
        parts = [self.matrix[:, subset] for subset in chosen]
        log_proposal, equal = equal_mixture(self.sampled), np.full(count, 1 / count)
        log_zs = [log_z]
        if count < total:
            ratios = [self.sampled[:, subset] @ equal - log_proposal for subset in chosen]
            log_zs = [float(np.logaddexp.reduce(ratio)) - np.log(PROPOSED) + np.log1p(-self.unseen) for ratio in ratios]
        bounds = np.array([-part.mean() for part in parts])
        mixtures = np.array([-equal_mixture(part).mean() for part in parts])
        # At one member the product is that member, whatever the samples say.
        products = bounds + np.minimum(log_zs, 0.0) if count > 1 else bounds
        figures = mixtures, bounds, products
        std, bound_std, product_std = (float(nll.std(ddof=1)) if subsets > 1 else 0.0 for nll in figures)
        means = float(bounds.mean()), float(mixtures.mean()), float(products.mean())
        return Point(count, *means, std, bound_std, product_std)

    def _subset(self, count: int) -> NDArray[np.int64]:
        """Draws `count` members; known-first variants only once all others are drawn."""
        order = self.rng.permutation(len(self.members))
        later = np.array([self.members[index].origin == "known-first" for index in order])
        return np.asarray(order[np.argsort(later, kind="stable")][:count])


def _entropy(combination: Combination, sampled: Matrix) -> tuple[float, float]:
    """Returns the entropy, nats, from rows of the equal mixture (S, K), re-weighted; and their effective number."""
    log_density = combination.log_density(sampled)
    log_weight = log_density - equal_mixture(sampled)
    weight = np.exp(log_weight - log_weight.max())
    return -float(weight @ log_density / weight.sum()), effective_size(weight)


def _effective_members(matrix: Matrix) -> float:
    """Returns the mean over rows of 1 / Σ_k r_k², where r are the members' shares of the mixture's density."""
    share = np.exp(matrix - np.logaddexp.reduce(matrix, axis=1)[:, None])
    return float((1 / np.square(share).sum(axis=1)).mean())
