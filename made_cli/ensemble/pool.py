"""Learned exponents of a product of members: the log-linear pool.

Knows: the mean log-density of held-out rows under `Σ a_k l_k − log Z(a)` is concave in a, an exponential family with
the members' log-likelihoods as statistics; its gradient is `E_rows[l] − E_product[l]`. Both log Z and the expectation
under the product come from the same rows of the equal mixture, re-weighted. A penalty on the distance from equal
exponents, ρ KL(a ‖ 1/K), keeps K = 128 of them from fitting noise. The normaliser that is reported is estimated anew
on fresh rows.

Reference: Genest and Zidek, *Combining Probability Distributions: A Critique and an Annotated Bibliography*, 1986.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from made_cli.ensemble.mixture import Matrix, equal_mixture
from made_cli.ensemble.normaliser import effective_size

PENALTIES = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Values of ρ that cross-validation chooses from."""
FOLDS = 5
TOLERANCE = 1e-6
"""The fit stops where no component of the gradient is longer than this."""
MOST_STEPS = 300


@dataclass(frozen=True)
class Proposal:
    """Rows of the equal mixture, to take expectations under a product by re-weighting.

    Attributes:
        matrix: (S, K) their log-likelihoods.
    """

    matrix: Matrix

    def log_normaliser(self, exponents: NDArray[np.float64]) -> tuple[float, NDArray[np.float64], float]:
        """Returns log Z(a), its gradient E_product[l] (K,), and the effective sample size."""
        log_weight = self.matrix @ exponents - equal_mixture(self.matrix)
        top = float(log_weight.max())
        weight = np.exp(log_weight - top)
        total = float(weight.sum())
        return top + float(np.log(total / len(weight))), weight @ self.matrix / total, effective_size(weight)


def fit_pool(mean_log: NDArray[np.float64], proposal: Proposal, penalty: float) -> NDArray[np.float64]:
    """Learns exponents a ≥ 0 of sum 1.

    Args:
        mean_log: (K,) the mean over the learning rows of each member's log-likelihood.
        proposal: rows of the equal mixture.
        penalty: ρ.

    Returns:
        (K,) the maximiser of `Σ a_k mean_log_k − log Z(a) − ρ KL(a ‖ 1/K)`.
    """

    def divergence(a: Tensor) -> Tensor:
        return (a * (a * len(a)).clamp(min=1e-300).log()).sum()

    return _maximiser(
        mean_log, proposal, torch.zeros(len(mean_log)), lambda logits: logits.softmax(0), divergence, penalty
    )


def fit_free_pool(mean_log: NDArray[np.float64], proposal: Proposal, penalty: float) -> NDArray[np.float64]:
    """Learns exponents of any sign and sum; nothing bounds the importance weights then, so watch the ESS.

    Args:
        mean_log: (K,) as in `fit_pool`.
        proposal: rows of the equal mixture.
        penalty: ρ, of ρ K / 2 Σ (a_k − 1/K)² here.

    Returns:
        (K,) the maximiser of the penalised objective.
    """
    equal = torch.full((len(mean_log),), 1 / len(mean_log))

    def distance(a: Tensor) -> Tensor:
        return len(a) / 2 * (a - 1 / len(a)).square().sum()

    return _maximiser(mean_log, proposal, equal, lambda free: free, distance, penalty)


def _maximiser(
    mean_log: NDArray[np.float64],
    proposal: Proposal,
    start: Tensor,
    exponents: Callable[[Tensor], Tensor],
    distance: Callable[[Tensor], Tensor],
    penalty: float,
) -> NDArray[np.float64]:
    """Runs L-BFGS from `start`, over parameters from which `exponents` makes exponents (K,)."""
    # Shifted by their means over the rows, the statistics give log Z(a) − Σ a_k mean_k at once.
    statistics = torch.from_numpy(proposal.matrix - mean_log)
    log_mixture = torch.from_numpy(equal_mixture(proposal.matrix))
    parameters = start.double().requires_grad_()
    optimiser = torch.optim.LBFGS(
        [parameters],
        max_iter=MOST_STEPS,
        history_size=20,
        tolerance_grad=TOLERANCE,
        tolerance_change=TOLERANCE**2,
        line_search_fn="strong_wolfe",
    )

    def loss() -> Tensor:
        optimiser.zero_grad()
        a = exponents(parameters)
        value = torch.logsumexp(statistics @ a - log_mixture, 0) + penalty * distance(a)
        torch.autograd.backward(value)
        return value.detach()

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return np.asarray(exponents(parameters).detach().numpy())


def choose_penalty(
    rows: Matrix,
    proposal: Proposal,
    rng: np.random.Generator,
    *,
    free: bool = False,
    among: Sequence[float] = PENALTIES,
) -> float:
    """Chooses ρ by cross-validation.

    Args:
        rows: L (N, K), the rows to learn on.
        proposal: one half of it fits, the other evaluates, so that no fit is evaluated on the noise that it fitted.
        rng: draws the folds.
        free: whether the exponents are free.
        among: values of ρ.

    Returns:
        That with the greatest mean log-density of held-out rows.
    """
    folds = rng.permutation(len(rows)) % FOLDS
    half = len(proposal.matrix) // 2
    fitting, evaluating = Proposal(proposal.matrix[:half]), Proposal(proposal.matrix[half:])
    fit = fit_free_pool if free else fit_pool

    def held_out(penalty: float) -> float:
        total = 0.0
        for fold in range(FOLDS):
            a = fit(rows[folds != fold].mean(axis=0), fitting, penalty)
            total += float(rows[folds == fold].mean(axis=0) @ a) - evaluating.log_normaliser(a)[0]
        return total / FOLDS

    return max(among, key=held_out)
