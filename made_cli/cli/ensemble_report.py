"""A comparison of combinations as tables.

Knows: names, units and rounding; nothing of how a figure comes about.
"""

from math import log2
from typing import TYPE_CHECKING

from made_cli.cli.messages import show_table
from made_cli.cli.pictures import Line, show_picture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from made_cli.ensemble.evaluation import EnsembleEvaluation
    from made_cli.ensemble.mixture import Estimate, Matrix
    from made_cli.inference.evaluation import RunEvaluation

ENDS = 5
"""Members that are shown from the best and from the worst, where there are more than twice as many."""
FIRST_COLUMNS = 3
"""Columns of an ordering that are named."""
GROUPS = 8
"""Rows of the table by position; a wide table's positions are averaged in groups."""


def show(source: str, comparison: "RunEvaluation", confidence: float) -> None:
    """Prints a comparison as tables."""
    evaluation, matrix = comparison.evaluation, comparison.scored.matrix
    show_table(
        f"{source}: {len(matrix):,} rows, {matrix.shape[1]} members; negative log-likelihood in nats a row",
        ("combination", "NLL", "± s.e.", "gain", "entropy"),
        _combinations(evaluation, matrix),
    )
    show_table(
        f"Normalisers, with intervals of {100 * confidence:g} %",
        ("product", "log Z", "interval", "NLL at most", "acceptance", "samples", "ESS"),
        _normalisers(evaluation),
    )
    show_table(
        "By the number of permutations (means over random subsets of the members, base orderings first)",
        ("permutations", "bound", "equal mixture", "gap", "± over subsets", "product"),
        [
            [str(p.permutations), *_rounded(p.bound, p.mixture, p.bound - p.mixture, p.std, p.product)]
            for p in evaluation.curve
        ],
        left=0,
    )
    show_picture("NLL by the number of permutations", *_curve(evaluation), "permutations")
    show_table(
        "By position in the ordering: mean NLL of a column",
        ("positions", "NLL"),
        _positions(comparison.scored.by_position),
    )
    show_table(
        "By ordering: each member by itself, from the best",
        (
            "member",
            "network",
            "ordering",
            "columns in order",
            "NLL",
            *(("EM weight", "exponent") if evaluation.learned else ()),
        ),
        _members(comparison),
        left=4,
    )


def _curve(evaluation: "EnsembleEvaluation") -> tuple[list[Line], list[tuple[float, str]]]:
    """Returns what is drawn of the combinations by the number of members, and where there are which numbers."""
    curve = evaluation.curve
    named = {"bound": "bound", "equal mixture": "mixture", "product": "product"}
    lines = [Line(name, [(log2(p.permutations), getattr(p, part)) for p in curve]) for name, part in named.items()]
    return lines if len(curve) > 1 else [], [(log2(p.permutations), str(p.permutations)) for p in curve]


def _combinations(evaluation: "EnsembleEvaluation", matrix: "Matrix") -> list[list[str]]:
    """Returns a row for each way to combine; the gain is that over the bound."""
    bound, learned = evaluation.bound, evaluation.learned
    best = -float(matrix.mean(axis=0).max())

    def row(name: str, estimate: "Estimate | None", entropy: float | None) -> list[str]:
        if estimate is None:
            return [name, "not claimed", "", "", ""]
        return [name, *_rounded(estimate.nll, estimate.se, bound.nll - estimate.nll, entropy)]

    rows = [
        ["bound (the mean member)", *_rounded(bound.nll, bound.se, None, evaluation.single_entropy)],
        ["best member here", *_rounded(best, None, bound.nll - best, None)],
        row("equal mixture", evaluation.mixture.estimate, evaluation.mixture.entropy),
        row("product", evaluation.product.estimate, evaluation.product.entropy),
    ]
    if learned is not None:
        name = f"weighted mixture of {len(learned.nonzero_members)}"
        rows.insert(-1, row(name, learned.weighted.estimate, learned.weighted.entropy))
        rows.append(row("pool", learned.pool.estimate, learned.pool.entropy))
    return rows


def _normalisers(evaluation: "EnsembleEvaluation") -> list[list[str]]:
    """Returns a row for each product."""
    products = {"product": evaluation.product} | ({"pool": evaluation.learned.pool} if evaluation.learned else {})
    rows = []
    for name, product in products.items():
        z = product.combination.normaliser
        log_z, low, high = _rounded(z.log_z, *z.interval)
        claim = "not claimed" if product.estimate is None else f"{product.estimate.nll - z.log_z + z.interval[1]:.4f}"
        acceptance = f"{z.acceptance:.4f}" if z.guaranteed else "no guarantee"
        rows.append([name, log_z, f"[{low}, {high}]", claim, acceptance, f"{z.samples:,}", f"{z.ess:,.0f}"])
    return rows


def _positions(by_position: "NDArray[np.float64]") -> list[list[str]]:
    """Averages the positions in at most `GROUPS` groups."""
    import numpy as np

    rows = []
    for group in np.array_split(np.arange(len(by_position)), min(GROUPS, len(by_position))):
        ends = dict.fromkeys((group[0] + 1, group[-1] + 1))
        rows.append(["–".join(map(str, ends)), *_rounded(by_position[group].mean())])
    return rows


def _members(comparison: "RunEvaluation") -> list[list[str]]:
    """Returns a row for each member, from the best on; of many, those at both ends."""
    learned, kinds = comparison.evaluation.learned, comparison.members[0].made.kinds
    nll = -comparison.scored.matrix.mean(axis=0)
    rows = []
    for index in nll.argsort().tolist():
        member = comparison.members[index]
        columns = ", ".join(kinds[column].name for column in member.ordering.columns[:FIRST_COLUMNS])
        columns += ", …" * (len(kinds) > FIRST_COLUMNS)
        rows.append(
            [str(index + 1), f"{member.run} {member.network + 1}", member.origin, columns, *_rounded(nll[index])]
        )
        if learned is not None:
            weight, exponent = learned.weighted.combination.weights[index], learned.pool.combination.exponents[index]
            rows[-1] += [f"{weight:.4f}" if weight else "left out", f"{exponent:.4f}"]
    return rows if len(rows) <= 2 * ENDS else [*rows[:ENDS], ["…"] * len(rows[0]), *rows[-ENDS:]]


def _rounded(*figures: float | None) -> list[str]:
    return ["" if figure is None else f"{figure:z.4f}" for figure in figures]
