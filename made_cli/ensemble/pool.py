"""Learned exponents of a product of members: the logarithmic pool.

Knows: the mean log-density of held-out rows under `Σ a_k l_k − log Z(a)` is concave in a, an exponential family with
the members' log-likelihoods as statistics; its gradient is `E_rows[l] − E_product[l]`. Both log Z and the expectation
under the product come from the same rows of the equal mixture, re-weighted. A pull towards equal exponents, ρ KL(a ‖
1/K), keeps K = 128 of them from fitting noise. The normaliser that is reported is estimated anew on fresh rows.

Reference: Genest and Zidek, *Combining Probability Distributions*, 1986, for the pool; Kivinen and Warmuth 1997 for
exponentiated gradient ascent on the simplex.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.ensemble.members import Matrix
from made_cli.ensemble.mixture import equal_mixture

Exponents = NDArray[np.float64]

PULLS = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Values of ρ that cross-validation chooses from."""
FOLDS = 5
TOLERANCE = 1e-4
"""The fit stops when it can gain less than this, nats a row."""
MOST_STEPS = 2_000
SMALLEST = -50.0
"""Log of an exponent, beside the largest, below which it is as good as zero."""


@dataclass(frozen=True)
class Proposal:
    """Rows of the equal mixture, to take expectations under a product by re-weighting.

    Attributes:
        matrix: (S, K) their log-likelihoods.
    """

    matrix: Matrix

    def log_normaliser(self, exponents: Exponents) -> tuple[float, Exponents, float]:
        """Returns log Z(a), its gradient E_product[l] (K,), and the effective sample size."""
        log_weight = self.matrix @ exponents - equal_mixture(self.matrix)
        top = float(log_weight.max())
        weight = np.exp(log_weight - top)
        total = float(weight.sum())
        ess = total**2 / float(np.square(weight).sum())
        return top + float(np.log(total / len(weight))), weight @ self.matrix / total, ess


def fit_pool(mean_log: Exponents, proposal: Proposal, pull: float) -> Exponents:
    """Learns exponents a ≥ 0 of sum 1.

    Args:
        mean_log: (K,) the mean over the learning rows of each member's log-likelihood.
        proposal: rows of the equal mixture.
        pull: ρ.

    Returns:
        (K,) the maximiser of `Σ a_k mean_log_k − log Z(a) − ρ KL(a ‖ 1/K)`, to within `TOLERANCE` nats.
    """

    def objective(log_a: Exponents) -> tuple[float, Exponents]:
        a = np.exp(log_a)
        log_z, expected, _ = proposal.log_normaliser(a)
        divergence = float(a @ (log_a + np.log(len(a))))
        return float(a @ mean_log) - log_z - pull * divergence, mean_log - expected - pull * (log_a + 1)

    log_a = np.full(len(mean_log), -np.log(len(mean_log)))
    value, gradient = objective(log_a)
    rate = 1.0
    for _ in range(MOST_STEPS):
        # The objective is concave: no point of the simplex is higher than this above the present one.
        if float(gradient.max() - gradient @ np.exp(log_a)) < TOLERANCE or rate < 1e-12:
            break
        step = np.maximum(log_a + rate * gradient - np.max(log_a + rate * gradient), SMALLEST)
        step -= np.logaddexp.reduce(step)
        tried, tried_gradient = objective(step)
        if tried >= value:
            log_a, value, gradient, rate = step, tried, tried_gradient, rate * 1.3
        else:
            rate /= 3
    return np.asarray(np.exp(log_a))


def fit_free_pool(mean_log: Exponents, proposal: Proposal, pull: float) -> Exponents:
    """Learns exponents of any sign and sum; nothing bounds the importance weights then, so watch the ESS.

    Args:
        mean_log: (K,) as in `fit_pool`.
        proposal: rows of the equal mixture.
        pull: ρ; the pull is ρ K / 2 Σ (a_k − 1/K)² here.

    Returns:
        (K,) the maximiser of the pulled objective.
    """
    count = len(mean_log)
    # Shifted by their means over the rows, the statistics give log Z(a) − Σ a_k mean_k at once.
    statistics = torch.from_numpy(proposal.matrix - mean_log)
    log_mixture = torch.from_numpy(equal_mixture(proposal.matrix))
    a = torch.full((count,), 1 / count, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([a], max_iter=200, tolerance_grad=TOLERANCE, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = torch.logsumexp(statistics @ a - log_mixture, 0) + pull * count / 2 * (a - 1 / count).square().sum()
        torch.autograd.backward(value)
        return value.detach()

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return np.array(a.detach())


def choose_pull(
    rows: Matrix, proposal: Proposal, rng: np.random.Generator, *, free: bool = False, among: Sequence[float] = PULLS
) -> float:
    """Chooses ρ by cross-validation.

    Args:
        rows: L (N, K), the rows to learn on.
        proposal: one half of it fits, the other judges, so that no fit is judged by the noise that it fitted.
        rng: draws the folds.
        free: whether the exponents are free.
        among: values of ρ.

    Returns:
        That with the greatest mean log-density of held-out rows.
    """
    folds = rng.permutation(len(rows)) % FOLDS
    half = len(proposal.matrix) // 2
    fitting, judging = Proposal(proposal.matrix[:half]), Proposal(proposal.matrix[half:])
    fit = fit_free_pool if free else fit_pool

    def held_out(pull: float) -> float:
        total = 0.0
        for fold in range(FOLDS):
            a = fit(rows[folds != fold].mean(axis=0), fitting, pull)
            total += float(rows[folds == fold].mean(axis=0) @ a) - judging.log_normaliser(a)[0]
        return total / FOLDS

    return max(among, key=held_out)
