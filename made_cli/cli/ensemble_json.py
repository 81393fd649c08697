"""A comparison of combinations as JSON.

Knows: the names and the nesting of the figures; NLL and entropy in nats a row, log Z in nats.
"""

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from made_cli.ensemble.evaluation import EvaluatedProduct, Learned
    from made_cli.ensemble.members import Member
    from made_cli.inference.evaluation import RunEvaluation


def as_json(comparison: "RunEvaluation") -> dict[str, object]:
    """Returns a comparison as JSON holds it; "weighted" and "pool" are left out where nothing was learned."""
    evaluation, matrix = comparison.evaluation, comparison.scored.matrix
    bound, mixture, product, learned = evaluation.bound, evaluation.mixture, evaluation.product, evaluation.learned
    entropy = {"single": evaluation.single_entropy, "mixture": mixture.entropy, "product": product.entropy}
    figures: dict[str, object] = {}
    if learned is not None:
        entropy |= {"weighted": learned.weighted.entropy, "pool": learned.pool.entropy}
        pool = product_figures(learned.pool) | {"penalty": learned.penalty}
        figures = {"weighted": _weighted_figures(learned), "pool": pool}
    return {
        "schema_version": 1,
        "rows": len(matrix),
        "columns": len(comparison.scored.by_position),
        "permutations": len(comparison.members),
        "unit": "nats",
        "bound": asdict(bound),
        "mixture": asdict(mixture.estimate) | {"effective_members": evaluation.effective_members},
        "gap": bound.nll - mixture.estimate.nll,
        "product": product_figures(product),
        **figures,
        "entropy": entropy,
        "curve": [asdict(point) for point in evaluation.curve],
        "positions": comparison.scored.by_position.tolist(),
        "members": [
            _member_figures(member, float(nll))
            for member, nll in zip(comparison.members, -matrix.mean(axis=0), strict=True)
        ],
    }


def _member_figures(member: "Member", nll: float) -> dict[str, object]:
    return {
        "run": member.run,
        "network": member.network,
        "ordering": member.ordering.columns,
        "origin": member.origin,
        "nll": nll,
    }


def product_figures(product: "EvaluatedProduct") -> dict[str, object]:
    """Returns the figures of a product; the upper end of "nll_interval" is the one to claim, None where it has none."""
    z, estimate = product.combination.normaliser, product.estimate
    claimed: dict[str, object] = {"nll": None, "se": None, "nll_interval": None}
    if estimate is not None:
        claimed = asdict(estimate) | {"nll_interval": [_finite(estimate.nll + end - z.log_z) for end in z.interval]}
    return {
        **claimed,
        "log_z": z.log_z,
        "log_z_interval": [_finite(end) for end in z.interval],
        "guaranteed": z.guaranteed,
        "acceptance": z.acceptance if z.guaranteed else None,
        "samples": z.samples,
        "ess": z.ess,
        "exponents": product.combination.exponents,
    }


def _weighted_figures(learned: "Learned") -> dict[str, object]:
    """Returns the figures of the weighted mixture; "gap" is what plain EM could still gain, nats a row."""
    mixture, fit = learned.weighted, learned.fit
    return {
        **asdict(mixture.estimate),
        "sparsity": fit.sparsity,
        "nonzero": len(learned.nonzero_members),
        "nonzero_members": learned.nonzero_members,
        "steps": len(fit.objective),
        "gap": fit.gap,
        "weights": mixture.combination.weights,
    }


def _finite(end: float) -> float | None:
    """Returns the end of an interval as JSON can say it: None where the interval has no end there."""
    return end if math.isfinite(end) else None
