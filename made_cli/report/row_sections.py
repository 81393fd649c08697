"""What is said of the rows of a table: how likely they are, how surprising their cells, and which are odd.

Knows: the words; that each figure says on which rows it was measured, and how sure it is.
"""

import numpy as np

from made_cli.report import drawing
from made_cli.report.cells import shortened
from made_cli.report.inline import inlined
from made_cli.report.likelihood import CombinationFigures, Likelihood
from made_cli.report.material import Material, file_of
from made_cli.report.page import Listing, Section
from made_cli.report.surprisals import Surprisals

BY_COLUMN = 40
"""Columns whose surprisal is drawn."""


def own_rows(material: Material) -> str:
    """Says which rows are the run's own."""
    return (
        f"{len(material.own):,} rows of the run's own, drawn from the equal mixture of its"
        f" {len(material.mixture.members)} members with seed {material.seed}"
    )


def real_rows(material: Material) -> str:
    """Says which rows are those of the table."""
    assert material.real is not None
    count, all_of_them = len(material.real.places), material.real.table.rows
    source = file_of(material.real.table.source)
    taken = "the" if count == all_of_them else f"{count:,} rows, drawn at random, of the"
    return f"{taken} {all_of_them:,} row{'s' * (all_of_them != 1)} of {source}"


def combinations(material: Material, found: Likelihood | None) -> Section:
    """Shows the combinations of the members side by side, and by their number."""
    if found is None:
        text = (
            f"Combinations are compared on whole rows, and each of {real_rows(material)} has a cell that is not known."
        )
        return Section("combinations", "Combinations", (text,))
    left_out = f", without {found.left_out:,} rows in which a cell is not known" if found.left_out else ""
    where = f"Measured on {found.rows:,} whole rows: {real_rows(material)}{left_out}."
    text = (
        "The negative log-likelihood (NLL) of a row is −log of its probability: 0.1 nats less is a row 1.105 times as"
        " probable. The bound is the mean of the members' own NLL, which training brings down; the equal mixture"
        " averages the members' probabilities; the product multiplies them and is normalised."
        + " The weighted mixture and the pool do so with weights and exponents of the members that were learned."
        * (found.learned_on is not None)
    )
    learned = "" if found.learned_on is None else f" Weights and exponents were learned on {found.learned_on}."
    if any(each.saved for each in found.combinations):
        learned += (
            " What is marked as saved was learned when ensemble-eval saved it; if that was on these rows, its figures"
            " are too good."
        )
    table = Listing(
        "Fit (NLL) and sharpness (entropy), nats a row",
        ("combination", "members", "NLL", "± s.e.", "gain over the bound", "± s.e., or interval", "entropy"),
        tuple(_combination(each) for each in found.combinations),
        note=f"{where}{learned} The gain has its own standard error over the rows, or an interval of"
        f" {100 * found.confidence:g} % for what log Z adds. Less NLL is better. The entropy (of the bound: the mean of"
        " the members') is how spread out the density is, on rows of its own: well below the NLL it is overconfident,"
        " well above too vague.",
    )
    others = {
        each.name: (each.members, each.found)
        for each in found.combinations
        if each.found is not None and each.name.startswith(("weighted", "pool"))
    }
    least, most = found.curve[0], found.curve[-1]
    curve = inlined(
        drawing.by_permutations(found.curve, others),
        "permutations",
        "By the number of members",
        f"Negative log-likelihood from {least.permutations} to {most.permutations} members. Bound: {least.bound:.3f} to"
        f" {most.bound:.3f}; equal mixture: {least.mixture:.3f} to {most.mixture:.3f}; product: {least.product:.3f} to"
        f" {most.product:.3f} nats a row.",
        "Means over random subsets of the members; bars are one standard deviation over the subsets, and none where all"
        " members take part. How far the rows themselves leave it open is the ± s.e. of the table.",
    )
    positions = inlined(
        drawing.by_position(found.by_position),
        "positions",
        "By position in the ordering",
        f"Mean negative log-likelihood of the column at each of {len(found.by_position)} positions, from"
        f" {found.by_position[0]:.3f} at the first to {found.by_position[-1]:.3f} nats at the last.",
        f"Mean over the same {found.rows:,} rows and over the members; it sums to the bound. Columns that come first"
        " are given little. Those of numbers have densities, which may be above 1, so their NLL may be below 0."
        + f" Bold: means of {drawing.BINS} groups of positions."
        * (len(found.by_position) > drawing.BINS),
    )
    return Section("combinations", "How likely the rows are", (text,), (table,), (curve, positions))


def _combination(found: CombinationFigures) -> tuple[str, ...]:
    def shown(figure: float | None) -> str:
        return "" if figure is None else f"{figure:z.4f}"

    if found.found is None:
        return (found.name, str(found.members), "not claimed: too few samples count", "", "", "", "")
    sure = shown(found.gain_se)
    if found.gain_interval is not None:
        sure = f"[{found.gain_interval[0]:z.4f}, {found.gain_interval[1]:z.4f}]"
    gain = "" if found.name.startswith("bound") else shown(found.gain)
    figures = shown(found.found.nll), shown(found.found.se), gain, sure, shown(found.entropy)
    return (found.name, str(found.members), *figures)


def surprising(material: Material, found: Surprisals) -> Section:
    """Shows how surprising rows and their cells are, beside the run's own."""
    with_table = material.real is not None
    where = f"On {real_rows(material)}, and on {own_rows(material)}." if with_table else f"On {own_rows(material)}."
    own = found.own_columns
    order = sorted(range(len(own)), key=lambda d: -max(own[d].nll, (found.columns[d] or own[d]).nll))[:BY_COLUMN]
    names = [material.kinds[d].name for d in order]
    capped = f" (the {BY_COLUMN} highest of {len(own):,})" if len(own) > BY_COLUMN else ""
    columns = inlined(
        drawing.by_column(names, [found.columns[d] for d in order], [own[d] for d in order]),
        "by-column",
        f"Surprisal by column{capped}",
        "Mean surprisal of the cells of each column: "
        + "; ".join(f"{shortened(names[place])} {_both(found, d)}" for place, d in enumerate(order[:8]))
        + ("; and others." if len(order) > 8 else "."),
        f"{where} Surprisal: −log of the probability of a cell as it was recorded, given the columns before it, mean"
        " over the members. Where a density is right, its own rows are as surprising as real ones; real ones more: it"
        " is overconfident about that column.",
    )
    figures = [columns]
    if len(found.own_log_prob) > 1:
        middle = f"median of the run's own {np.median(found.own_log_prob):.2f}"
        if len(found.log_prob):
            middle = f"median of the table {np.median(found.log_prob):.2f}, {middle}"
        figures.append(
            inlined(
                drawing.log_likelihoods(found.log_prob, found.own_log_prob),
                "log-likelihoods",
                "Log-likelihood of rows",
                f"Histogram of the log-likelihoods of rows under the equal mixture: {middle} nats.",
                f"{where} Where a density is right, both are alike. The first bar holds all that is below.",
            )
        )
    return Section("surprisal", "How surprising the cells are", (), (), tuple(figures))


def _both(found: Surprisals, column: int) -> str:
    real, own = found.columns[column], found.own_columns[column].nll
    return f"{own:.2f} in the run's own" if real is None else f"{real.nll:.2f} in the table, {own:.2f} in the run's own"


def odd(material: Material, found: Surprisals) -> Section:
    """Names the oddest rows, and the cells that make them odd."""
    rows = []
    for row in found.oddest:
        cells = "; ".join(
            f"{shortened(cell.column, 40)} = {cell.text or '(empty)'} ({cell.surprisal:.2f}, usual {cell.usual:.2f})"
            for cell in row.cells
        )
        rows.append((row.place, cells, f"{row.log_prob:.3f}"))
    table = Listing(
        f"The {len(rows)} rows of least log-likelihood" if len(rows) > 1 else "The row",
        ("row", "its oddest cells: surprisal, and what is usual of the column, in nats", "log-likelihood"),
        tuple(rows),
        left=2,
        note=f"Of {real_rows(material)}. Under the equal mixture, each cell given the columns before it, mean over the"
        " members; the cells are those whose surprisal is furthest above that of the column in rows of the run's own.",
    )
    text = "Errors in a table are often among the rows that its density finds least probable."
    return Section("odd", "The oddest rows", (text,), (table,))
