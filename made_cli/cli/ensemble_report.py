"""A comparison of combinations as tables.

Knows: names, units and rounding; nothing of how a figure comes about.
"""

from typing import TYPE_CHECKING

from made_cli.cli.messages import show_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from made_cli.ensemble.evaluation import EnsembleEvaluation
    from made_cli.ensemble.members import Matrix
    from made_cli.ensemble.mixture import Estimate
    from made_cli.inference.evaluation import Comparison

ENDS = 5
"""Members that are shown from the best and from the worst, where there are more than twice as many."""
FIRST_COLUMNS = 3
"""Columns of an ordering that are named."""
PLACES = 8
"""Rows of the table by position; a wide table's positions are averaged in groups."""


def show(source: str, comparison: "Comparison", confidence: float) -> None:
    """Prints a comparison as tables."""
    evaluation, matrix = comparison.evaluation, comparison.scored.matrix
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
                f"{point.std:.4f}",
                f"{point.product:.4f}",
            ]
            for point in evaluation.curve
        ],
        left=0,
    )
    show_table(
        "By position in the ordering: mean NLL of a column",
        ("positions", "NLL"),
        _places(comparison.scored.by_position),
    )
    show_table(
        "By ordering: each member by itself, from the best",
        ("member", "network", "columns in order", "NLL", *_learned_headers(evaluation)),
        _by_member(comparison),
        left=3,
    )


def _learned_headers(evaluation: "EnsembleEvaluation") -> tuple[str, ...]:
    return () if evaluation.learned is None else ("EM weight", "exponent")


def _by_member(comparison: "Comparison") -> list[list[str]]:
    """Returns a row for each member, from the best on; of many, those at both ends."""
    evaluation, members = comparison.evaluation, comparison.members
    nll = -comparison.scored.matrix.mean(axis=0)
    order = nll.argsort().tolist()
    shown = order if len(order) <= 2 * ENDS else [*order[:ENDS], None, *order[-ENDS:]]
    names = members[0].made.kinds
    rows = []
    for index in shown:
        if index is None:
            rows.append(["…"] * (4 + len(_learned_headers(evaluation))))
            continue
        member = members[index]
        columns = ", ".join(names[column].name for column in member.ordering.columns[:FIRST_COLUMNS])
        columns += ", …" * (len(names) > FIRST_COLUMNS)
        rows.append([str(index + 1), f"{member.run} {member.network}", columns, f"{nll[index]:.4f}"])
        if (learned := evaluation.learned) is not None:
            weight = learned.weighted.combination.weights[index]
            exponent = learned.pool.combination.exponents[index]
            rows[-1] += [f"{weight:.4f}" if weight else "left out", f"{exponent:.4f}"]
    return rows


def _combinations(evaluation: "EnsembleEvaluation", matrix: "Matrix") -> list[list[str]]:
    """Returns a row for each way to combine; the gain is that over the bound."""
    bound, learned = evaluation.bound, evaluation.learned
    best = -float(matrix.mean(axis=0).max())

    def row(name: str, estimate: "Estimate | None", entropy: float | None) -> list[str]:
        if estimate is None:
            return [name, "not claimed", "", "", ""]
        gain = f"{bound.nll - estimate.nll:z.4f}"
        return [name, *_figure(estimate), gain, "" if entropy is None else f"{entropy:.4f}"]

    rows = [
        ["bound (the mean member)", *_figure(bound), "", f"{evaluation.single_entropy:.4f}"],
        ["best member here", f"{best:.4f}", "", f"{bound.nll - best:z.4f}", ""],
        row("equal mixture", evaluation.mixture.estimate, evaluation.mixture.entropy),
    ]
    product = row("product", evaluation.product.estimate, evaluation.product.entropy)
    if learned is None:
        return [*rows, product]
    name = f"weighted mixture of {len(learned.nonzero_members)}"
    weighted = row(name, learned.weighted.estimate, learned.weighted.entropy)
    return [*rows, weighted, product, row("pool", learned.pool.estimate, learned.pool.entropy)]


def _normalisers(evaluation: "EnsembleEvaluation") -> list[list[str]]:
    named = {"product": evaluation.product}
    if evaluation.learned is not None:
        named["pool"] = evaluation.learned.pool
    rows = []
    for name, product in named.items():
        z = product.combination.normaliser
        interval = f"[{z.interval[0]:z.4f}, {z.interval[1]:z.4f}]"
        acceptance = f"{z.acceptance:.4f}" if z.guaranteed else "no guarantee"
        claim = "not claimed" if product.estimate is None else f"{product.estimate.nll - z.log_z + z.interval[1]:.4f}"
        rows.append([name, f"{z.log_z:z.4f}", interval, claim, acceptance, f"{z.samples:,}", f"{z.ess:,.0f}"])
    return rows


def _figure(estimate: "Estimate") -> tuple[str, str]:
    return f"{estimate.nll:.4f}", "" if estimate.se is None else f"{estimate.se:.4f}"


def _places(by_position: "NDArray[np.float64]") -> list[list[str]]:
    """Averages the positions in at most `PLACES` groups."""
    import numpy as np

    rows = []
    for part in np.array_split(np.arange(len(by_position)), min(PLACES, len(by_position))):
        name = f"{part[0] + 1}" if len(part) == 1 else f"{part[0] + 1}–{part[-1] + 1}"
        rows.append([name, f"{by_position[part].mean():.4f}"])
    return rows
