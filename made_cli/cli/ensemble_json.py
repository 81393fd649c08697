"""A comparison of combinations as JSON.

Knows: the names and the nesting of the figures; NLL and entropy in nats a row, log Z in nats.
"""

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from made_cli.ensemble.evaluation import EvaluatedProduct, Learned, Point
    from made_cli.ensemble.mixture import Estimate
    from made_cli.inference.evaluation import Comparison


@dataclass(frozen=True)
class MixtureFigures:
    """The equal mixture."""

    nll: float
    se: float | None
    effective_members: float


@dataclass(frozen=True)
class WeightedFigures:
    """The mixture with learned weights; `gap` is what plain EM could still gain, nats a row."""

    nll: float
    se: float | None
    sparsity: float
    nonzero: int
    nonzero_members: tuple[int, ...]
    steps: int
    gap: float
    weights: tuple[float, ...]


@dataclass(frozen=True)
class ProductFigures:
    """A product; the upper end of `nll_interval` is the one to claim. Ends that are infinite are None."""

    nll: float | None
    se: float | None
    nll_interval: tuple[float | None, float | None] | None
    log_z: float
    log_z_interval: tuple[float | None, float | None]
    guaranteed: bool
    acceptance: float | None
    samples: int
    ess: float
    exponents: tuple[float, ...]


@dataclass(frozen=True)
class PoolFigures(ProductFigures):
    """The log-linear pool; `penalty` is that on the distance from equal exponents."""

    penalty: float


@dataclass(frozen=True)
class MemberFigures:
    """A member by itself; `ordering` holds the indices of the columns."""

    run: str
    network: int
    ordering: tuple[int, ...]
    nll: float


@dataclass(frozen=True)
class Report:
    """All of it; `weighted` and `pool` are None, and left out, where nothing was learned."""

    schema_version: int
    rows: int
    columns: int
    permutations: int
    unit: str
    bound: "Estimate"
    mixture: MixtureFigures
    gap: float
    product: ProductFigures
    weighted: WeightedFigures | None
    pool: PoolFigures | None
    entropy: dict[str, float | None]
    curve: tuple["Point", ...]
    positions: list[float]
    members: list[MemberFigures]


def as_json(comparison: "Comparison") -> dict[str, Any]:
    """Returns a comparison as JSON holds it."""
    evaluation, matrix = comparison.evaluation, comparison.scored.matrix
    bound, mixture, product, learned = evaluation.bound, evaluation.mixture, evaluation.product, evaluation.learned
    entropy = {"single": evaluation.single_entropy, "mixture": mixture.entropy, "product": product.entropy}
    if learned is not None:
        entropy |= {"weighted": learned.weighted.entropy, "pool": learned.pool.entropy}
    report = Report(
        schema_version=1,
        rows=len(matrix),
        columns=len(comparison.scored.by_position),
        permutations=len(comparison.members),
        unit="nats",
        bound=bound,
        mixture=MixtureFigures(mixture.estimate.nll, mixture.estimate.se, evaluation.effective_members),
        gap=bound.nll - mixture.estimate.nll,
        product=product_figures(product),
        weighted=None if learned is None else _weighted(learned),
        pool=None if learned is None else PoolFigures(**vars(product_figures(learned.pool)), penalty=learned.penalty),
        entropy=entropy,
        curve=evaluation.curve,
        positions=comparison.scored.by_position.tolist(),
        members=[
            MemberFigures(m.run, m.network, m.ordering.columns, float(nll))
            for m, nll in zip(comparison.members, -matrix.mean(axis=0), strict=True)
        ],
    )
    return {name: value for name, value in asdict(report).items() if value is not None}


def product_figures(product: "EvaluatedProduct") -> ProductFigures:
    """Returns the figures of a product."""
    z, estimate = product.combination.normaliser, product.estimate
    low, high = (None if estimate is None else _finite(estimate.nll + end - z.log_z) for end in z.interval)
    return ProductFigures(
        nll=None if estimate is None else estimate.nll,
        se=None if estimate is None else estimate.se,
        nll_interval=None if estimate is None else (low, high),
        log_z=z.log_z,
        log_z_interval=(_finite(z.interval[0]), _finite(z.interval[1])),
        guaranteed=z.guaranteed,
        acceptance=z.acceptance if z.guaranteed else None,
        samples=z.samples,
        ess=z.ess,
        exponents=product.combination.exponents,
    )


def _weighted(learned: "Learned") -> WeightedFigures:
    mixture, fit = learned.weighted, learned.fit
    return WeightedFigures(
        nll=mixture.estimate.nll,
        se=mixture.estimate.se,
        sparsity=fit.sparsity,
        nonzero=len(learned.nonzero_members),
        nonzero_members=learned.nonzero_members,
        steps=len(fit.objective),
        gap=fit.gap,
        weights=mixture.combination.weights,
    )


def _finite(end: float) -> float | None:
    """Returns the end of an interval as JSON can say it: None where the interval has no end there."""
    return end if math.isfinite(end) else None
