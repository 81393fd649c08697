"""Learned weights of a mixture of members, by EM, with a prior that makes them sparse.

Knows: the matrix L (N rows × K members) of log-likelihoods. Without a prior the objective, the mean log-density of the
mixture, is concave in the weights, and `max_k mean_n q_k(x_n) / m(x_n) − 1` bounds what is left to gain. With a
Dirichlet(1 − λN) prior the M-step becomes w_k ∝ max(0, Σ_n r_nk − λN): a member that explains less than a share λ of
the rows goes for good.

The test of convergence is the same in both cases, and in nats: the steepest slope of the objective towards any one
member, `max_k g_k − Σ_k w_k g_k` with g its gradient over the members that are left. Without a prior that is the bound
above; with one, whose objective is not concave, it bounds the gain to first order.

Reference: Dempster, Laird, Rubin 1977; the prior is that of Figueiredo and Jain, *Unsupervised Learning of Finite
Mixture Models*, 2002, equation 17.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from made_cli.ensemble.mixture import Matrix

SPARSITIES = (0.0, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02)
"""Values of λ that cross-validation chooses from."""
FOLDS = 5
TOLERANCE = 1e-4
"""EM stops where the steepest slope of its objective is below this, nats a row, and the last step lost no member."""
MOST_STEPS = 20_000


def weighted_mixture(matrix: Matrix, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns (N,) log-densities of the mixture with the given weights (K,), nats.

    >>> weighted_mixture(np.log(np.array([[0.1, 0.4]])), np.array([1.0, 0.0])).round(6).tolist()
    [-2.302585]
    """
    kept = weights > 0
    return np.asarray(np.logaddexp.reduce(matrix[:, kept] + np.log(weights[kept]), axis=1))


@dataclass(frozen=True)
class Fit:
    """Weights learned by EM.

    Attributes:
        weights: (K,) sum 1, with exact zeros.
        sparsity: λ, as a share of the rows.
        objective: after each step, the mean log-density less λ Σ log w over the members that are left, nats a row.
            It never goes down while no member is lost; losing one changes the objective itself.
        nonzero: after each step, how many members are left.
        gap: what plain EM could still gain on these rows, nats a row.
    """

    weights: NDArray[np.float64]
    sparsity: float
    objective: tuple[float, ...]
    nonzero: tuple[int, ...]
    gap: float


def fit_weights(matrix: Matrix, sparsity: float = 0.0) -> Fit:
    """Learns mixture weights.

    Plain EM comes first, so that the prior meets members that have already found their share of the rows, and cannot
    wipe out many alike at once.

    Args:
        matrix: L (N, K), the rows to learn on.
        sparsity: λ in [0, 1): a member that explains less than this share of the rows is dropped.
    """
    # A row's likelihoods matter up to a factor only; this one keeps them from underflowing.
    likelihood = np.exp(matrix - matrix.max(axis=1, keepdims=True))
    offset = float(matrix.max(axis=1).mean())
    path = plain = _Path(likelihood, offset, 0.0)
    weights = plain.follow(np.full(matrix.shape[1], 1 / matrix.shape[1]))
    if sparsity > 0:
        path = _Path(likelihood, offset, sparsity)
        weights = path.follow(weights)
    return Fit(weights, sparsity, tuple(path.objective), tuple(path.nonzero), plain.gap)


def choose_sparsity(matrix: Matrix, rng: np.random.Generator, among: Sequence[float] = SPARSITIES) -> float:
    """Chooses λ by cross-validation: the largest that is not clearly worse than the best.

    Args:
        matrix: L (N, K), the rows to learn on.
        rng: draws the folds.
        among: values of λ.

    Returns:
        The largest λ whose mean loss against the best, over held-out rows, is at most its standard error (the rule of
        one standard error, on paired differences).
    """
    folds = rng.permutation(len(matrix)) % FOLDS
    held_out = np.empty((len(matrix), len(among)))
    for fold in range(FOLDS):
        fitted, left_out = matrix[folds != fold], matrix[folds == fold]
        for index, sparsity in enumerate(among):
            held_out[folds == fold, index] = weighted_mixture(left_out, fit_weights(fitted, sparsity).weights)
    loss = held_out[:, [int(held_out.mean(axis=0).argmax())]] - held_out
    error = loss.std(axis=0, ddof=1) / np.sqrt(len(loss))
    return max(sparsity for sparsity, mean, se in zip(among, loss.mean(axis=0), error, strict=True) if mean <= se)


class _Path:
    """The steps of EM under one λ, from given weights to convergence."""

    def __init__(self, likelihood: Matrix, offset: float, sparsity: float) -> None:
        self.likelihood, self.offset, self.sparsity = likelihood, offset, sparsity
        self.objective: list[float] = []
        self.nonzero: list[int] = []
        self.gap = np.inf

    def follow(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Takes steps until there is hardly anything to gain, and returns the weights (K,) then."""
        for _ in range(MOST_STEPS):
            density = self.likelihood @ weights
            left = weights > 0
            penalty = self.sparsity * float(np.log(weights[left]).sum())
            self.objective.append(float(np.log(density).mean()) + self.offset - penalty)
            self.nonzero.append(int(left.sum()))
            # The mean responsibility of member k is w_k times its mean ratio.
            ratio = (self.likelihood / density[:, None]).mean(axis=0)
            self.gap = float(ratio.max() - 1)
            # Σ_k w_k g_k, which the gradient of every member that is left equals at a fixed point.
            mean_slope = 1 - self.sparsity * left.sum()
            steepest = float((ratio[left] - self.sparsity / weights[left]).max() - mean_slope)
            share = np.maximum(0.0, weights * ratio - self.sparsity)
            if not share.any():  # each explains less than λ: the best of them stays
                share[int((weights * ratio).argmax())] = 1.0
            weights = share / share.sum()
            if steepest < TOLERANCE and (weights > 0).sum() == left.sum():
                break
        return weights
