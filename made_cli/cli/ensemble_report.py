"""An evaluation of combinations as JSON and as tables.

Knows: names, units and rounding; nothing of how a figure comes about.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from made_cli.cli.messages import show_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from made_cli.ensemble.evaluation import EnsembleEvaluation, Judged
    from made_cli.ensemble.members import Matrix, Member, Scored
    from made_cli.ensemble.mixture import Estimate

ENDS = 5
"""Members that are shown from the best and from the worst, where there are more than twice as many."""
TURN = 3
"""Columns of an ordering that are named."""
PLACES = 8
"""Rows of the table by position; a wide table's positions are averaged in groups."""


def as_json(
    evaluation: "EnsembleEvaluation",
    members: "Sequence[Member]",
    scored: "Scored",
) -> dict[str, Any]:
    """Returns an evaluation as JSON holds it; NLL in nats a row.

    Args:
        evaluation: the figures.
        members: (K,).
        scored: the evaluated rows under the members.
    """
    matrix, by_position = scored.matrix, scored.by_position
    mixture, product, learned = evaluation.mixture, evaluation.product, evaluation.learned
    entropy = {"single": evaluation.single_entropy, "mixture": mixture.entropy, "product": product.entropy}
    result: dict[str, Any] = {
        "schema_version": 1,
        "rows": len(matrix),
        "columns": len(by_position),
        "permutations": len(members),
        "unit": "nats",
        "bound": asdict(evaluation.bound),
        "mixture": {**_estimate(mixture), "effective_members": evaluation.effective_members},
        "gap": evaluation.bound.nll - _nll(mixture),
        "product": _product(product),
    }
    if learned is not None:
        weights = learned.weighted.combination
        assert weights.form == "mixture"
        result["weighted"] = {
            **_estimate(learned.weighted),
            "sparsity": learned.fit.sparsity,
            "nonzero": learned.survivors,
            "survivors": [index for index, weight in enumerate(weights.weights) if weight > 0],
            "steps": len(learned.fit.objective),
            "gap": learned.fit.gap,
            "weights": list(weights.weights),
        }
        result["pool"] = {**_product(learned.pool), "pull": learned.pull}
        entropy |= {"weighted": learned.weighted.entropy, "pool": learned.pool.entropy}
    return result | {
        "entropy": entropy,
        "curve": [asdict(point) for point in evaluation.curve],
        "positions": [float(nll) for nll in by_position],
        "members": [
            {"run": m.run, "network": m.network, "ordering": list(m.ordering.columns), "nll": float(nll)}
            for m, nll in zip(members, -matrix.mean(axis=0), strict=True)
        ],
    }


def show(
    source: str,
    evaluation: "EnsembleEvaluation",
    members: "Sequence[Member]",
    scored: "Scored",
    confidence: float,
) -> None:
    """Prints an evaluation as tables."""
    matrix, by_position = scored.matrix, scored.by_position
    count = matrix.shape[1]
    show_table(
        f"{source}: {len(matrix):,} rows, {count} members; negative log-likelihood in nats a row",
        ("combination", "NLL", "± s.e.", "gain", "entropy"),
        _combinations(evaluation, matrix),
    )
    show_table(
        f"Normalisers, with intervals of {100 * confidence:g} %",
        ("product", "log Z", "interval", "NLL at most", "acceptance", "samples", "ESS"),
        _normalisers(evaluation),
    )
    show_table(
        "By the number of permutations (means over random subsets of the members)",
        ("permutations", "bound", "equal mixture", "gap", "± over subsets", "product"),
        [
            [
                str(point.permutations),
                f"{point.bound:.4f}",
                f"{point.mixture:.4f}",
                f"{point.bound - point.mixture:z.4f}",
                f"{point.spread:.4f}",
                f"{point.product:.4f}",
            ]
            for point in evaluation.curve
        ],
        left=0,
    )
    show_table("By position in the ordering: mean NLL of a column", ("positions", "NLL"), _places(by_position))
    show_table(
        "By ordering: each member by itself, from the best",
        ("member", "network", "columns in turn", "NLL", *_learned_headers(evaluation)),
        _by_member(evaluation, members, matrix),
        left=3,
    )


def _learned_headers(evaluation: "EnsembleEvaluation") -> tuple[str, ...]:
    return () if evaluation.learned is None else ("EM weight", "exponent")


def _by_member(evaluation: "EnsembleEvaluation", members: "Sequence[Member]", matrix: "Matrix") -> list[list[str]]:
    """Returns a row for each member, from the best on; of many, those at both ends."""
    nll = -matrix.mean(axis=0)
    order = nll.argsort().tolist()
    shown = order if len(order) <= 2 * ENDS else [*order[:ENDS], None, *order[-ENDS:]]
    names = members[0].made.kinds
    rows = []
    for index in shown:
        if index is None:
            rows.append(["…"] * (4 + len(_learned_headers(evaluation))))
            continue
        member = members[index]
        turn = ", ".join(names[column].name for column in member.ordering.columns[:TURN])
        turn += ", …" * (len(names) > TURN)
        rows.append([str(index + 1), f"{member.run} {member.network}", turn, f"{nll[index]:.4f}"])
        if evaluation.learned is not None:
            weights, pool = evaluation.learned.weighted.combination, evaluation.learned.pool.combination
            assert weights.form == "mixture"
            assert pool.form == "product"
            weight = weights.weights[index]
            rows[-1] += [f"{weight:.4f}" if weight else "left out", f"{pool.exponents[index]:.4f}"]
    return rows


def _combinations(evaluation: "EnsembleEvaluation", matrix: "Matrix") -> list[list[str]]:
    """Returns a row for each way to combine; the gain is that over the bound."""
    bound, learned = evaluation.bound, evaluation.learned
    best = -float(matrix.mean(axis=0).max())

    def row(name: str, judged: "Judged") -> list[str]:
        if judged.estimate is None or judged.entropy is None:
            return [name, "not claimed", "", "", ""]
        return [name, *_figure(judged.estimate), f"{bound.nll - judged.estimate.nll:z.4f}", f"{judged.entropy:.4f}"]

    rows = [
        ["bound (the mean member)", *_figure(bound), "", f"{evaluation.single_entropy:.4f}"],
        ["best member here", f"{best:.4f}", "", f"{bound.nll - best:z.4f}", ""],
        row("equal mixture", evaluation.mixture),
    ]
    if learned is None:
        return [*rows, row("product", evaluation.product)]
    name = f"weighted mixture of {learned.survivors}"
    return [*rows, row(name, learned.weighted), row("product", evaluation.product), row("pool", learned.pool)]


def _normalisers(evaluation: "EnsembleEvaluation") -> list[list[str]]:
    named = {"product": evaluation.product}
    if evaluation.learned is not None:
        named["pool"] = evaluation.learned.pool
    rows = []
    for name, judged in named.items():
        assert judged.combination.form == "product"
        z = judged.combination.normaliser
        interval = f"[{z.interval[0]:z.4f}, {z.interval[1]:z.4f}]"
        acceptance = f"{z.acceptance:.4f}" if z.guaranteed else "no guarantee"
        claim = "not claimed" if judged.estimate is None else f"{judged.estimate.nll - z.log_z + z.interval[1]:.4f}"
        rows.append([name, f"{z.log_z:z.4f}", interval, claim, acceptance, f"{z.samples:,}", f"{z.ess:,.0f}"])
    return rows


def _figure(estimate: "Estimate") -> tuple[str, str]:
    return f"{estimate.nll:.4f}", "" if estimate.se is None else f"{estimate.se:.4f}"


def _estimate(judged: "Judged") -> dict[str, float | None]:
    return {"nll": None, "se": None} if judged.estimate is None else asdict(judged.estimate)


def _nll(judged: "Judged") -> float:
    assert judged.estimate is not None
    return judged.estimate.nll


def _finite(end: float) -> float | None:
    """Returns the end of an interval as JSON can say it: None where the interval has no end there."""
    return end if math.isfinite(end) else None


def _product(judged: "Judged") -> dict[str, Any]:
    """Returns a product's figures; the upper end of `nll_interval` is the one to claim."""
    product = judged.combination
    assert product.form == "product"
    z = product.normaliser
    interval = None
    if judged.estimate is not None:
        interval = [_finite(judged.estimate.nll + end - z.log_z) for end in z.interval]
    return {
        **_estimate(judged),
        "nll_interval": interval,
        "log_z": z.log_z,
        "log_z_interval": [_finite(end) for end in z.interval],
        "guaranteed": z.guaranteed,
        "acceptance": z.acceptance if z.guaranteed else None,
        "samples": z.samples,
        "ess": z.ess,
        "exponents": list(product.exponents),
    }


def _places(by_position: "NDArray[np.float64]") -> list[list[str]]:
    """Averages the positions in at most `PLACES` groups."""
    import numpy as np

    rows = []
    for part in np.array_split(np.arange(len(by_position)), min(PLACES, len(by_position))):
        name = f"{part[0] + 1}" if len(part) == 1 else f"{part[0] + 1}–{part[-1] + 1}"
        rows.append([name, f"{by_position[part].mean():.4f}"])
    return rows
