"""What is said of rows of the run's own beside those of a table: columns, pairs of them, and images.

Knows: the words; that each figure says on which rows it was measured, and how sure it is.
"""

import numpy as np

from made_cli.report import drawing
from made_cli.report.cells import shortened
from made_cli.report.inline import OWN, REAL, Drawing, inlined
from made_cli.report.likeness import ColumnLikeness, Likeness, PairLikeness
from made_cli.report.material import Material
from made_cli.report.page import Listing, Section
from made_cli.report.row_sections import own_rows, real_rows

MATRIX = 24
"""Columns whose dependence on each other is drawn."""


def alike(material: Material, found: Likeness) -> Section:
    """Shows the columns of the run's own rows, beside those of the table."""
    with_table = material.real is not None
    total, shown = len(material.kinds), len(found.columns)
    some = f" {shown} of {total:,} columns are drawn{', the least alike first' * with_table}." if shown < total else ""
    if with_table:
        text = (
            f"Blue and filled: {real_rows(material)}. Orange and hollow: {own_rows(material)}."
            f" On average, columns are alike by {found.shape:.4f}"
            + ("" if found.trend is None else f" and pairs of columns by {found.trend:.4f}")
            + f" (1: the same shares or ranks, as in made compare; the least alike come first).{some}"
        )
    else:
        text = f"Orange and hollow: {own_rows(material)}. With DATA, its rows stand beside them.{some}"
    title = "Columns, real and synthetic" if with_table else "Columns of the run's own rows"
    note = "Bars at the ends also hold what lies beyond; marks are where bars begin."
    figures = tuple(_column(place, column) for place, column in enumerate(found.columns))
    return Section("alike", title, (text, note), (), figures, small=True)


def _column(place: int, found: ColumnLikeness) -> Drawing:
    name = shortened(found.name, 40)
    shares = "; ".join(
        f"{found.groups.names[group]}: "
        + ("" if found.real is None else f"{100 * found.real[group]:.1f} % in the table, ")
        + f"{100 * found.own[group]:.1f} % in the run's own"
        for group in np.argsort(-found.own, kind="stable")[:3].tolist()
    )
    return inlined(
        drawing.column(found),
        f"column-{place}",
        name,
        f"Shares of rows of {name} ({found.kind}), the most frequent first: {shares}.",
        f"{found.kind}{_empty(found)}{'' if found.similarity is None else f'; alike by {found.similarity:.3f}'}",
    )


def _empty(found: ColumnLikeness) -> str:
    """Says how many cells are empty, where the figure shows numbers alone."""
    if not (found.groups.numbers and found.groups.empty):
        return ""
    real = "" if found.real is None else f"{100 * found.real[-1]:.1f} % in the table, "
    return f"; empty: {real}{100 * found.own[-1]:.1f} % in the run's own"


def depending(material: Material, found: Likeness) -> Section:
    """Shows which columns depend on each other."""
    if not found.strongest:
        return Section("dependence", "What depends on what", ("No two columns depend on each other in these rows.",))
    names = [kind.name for kind in material.kinds]
    estimates = [each for each in (found.dependence, found.real_dependence) if each is not None]
    rows = tuple(
        (
            shortened(names[i]),
            shortened(names[j]),
            *(text for each in estimates for text in (f"{each.information[i, j]:.4f}", f"{each.se[i, j]:.4f}")),
        )
        for i, j in found.strongest
    )
    table = Listing(
        "The strongest pairs, by mutual information in nats",
        ("column", "column", "under the run", "± s.e.", "in the table", "± s.e.")[: 2 + 2 * len(estimates)],
        rows,
        left=2,
        note=f"Estimated on {own_rows(material)}"
        + (f", and on {real_rows(material)}" if found.real_dependence is not None else "")
        + ". Numbers are cut into eight ranges of equal numbers of rows, of many labels the seven most frequent are"
        " told apart, and the bias of the estimate is taken off. These pairs were chosen as the"
        " strongest of all, so their figures are a little too high.",
    )
    # Of many columns those of the strongest pairs, in the order of the table.
    within = dict.fromkeys(d for pair in found.strongest for d in pair) if len(names) > MATRIX else range(len(names))
    chosen = sorted(list(within)[:MATRIX])
    some = f" ({len(chosen)} columns of the strongest pairs, of {len(names):,})" if len(names) > MATRIX else ""
    i, j = found.strongest[0]
    matrix = inlined(
        drawing.dependence([names[d] for d in chosen], found.dependence.information[np.ix_(chosen, chosen)]),
        "dependence-matrix",
        f"Mutual information under the run{some}",
        f"A square for each two of {len(chosen)} columns, the stronger its colour the more they depend on each other."
        f" First: {shortened(names[i])} and {shortened(names[j])}, {found.dependence.information[i, j]:.3f} nats.",
        f"Full colour: {found.dependence.information[i, j]:.3f} nats; no colour: independent. In between, colour goes"
        " with the square root.",
    )
    pairs = [_pair(place, pair) for place, pair in enumerate(found.pairs)]
    text = "Mutual information is how much knowing one column says of another: 0 where they are independent."
    return Section("dependence", "What depends on what", (text,), (table,), (matrix, *pairs))


def _pair(place: int, found: PairLikeness) -> Drawing:
    first, second = (shortened(name) for name in found.names)
    a, b = np.unravel_index(int(found.own.argmax()), found.own.shape)
    real = "" if found.real is None else f"{100 * found.real[a, b]:.1f} % of the rows of the table and "
    return inlined(
        drawing.pair(found),
        f"pair-{place}",
        f"{first} and {second}",
        f"Shares of rows by {first} and {second}. The most frequent: {found.groups[0].names[int(a)]} with"
        f" {found.groups[1].names[int(b)]}, {real}{100 * found.own[a, b]:.1f} % of the run's own.",
        "The stronger the colour, the more rows. A name is that of a label, or of the number where a range begins.",
    )


def pictures(material: Material, found: Likeness) -> Section | None:
    """Shows the rows as images, where they look like some."""
    if found.images is None:
        return None
    count, side, _ = found.images.shape
    text = (
        f"The columns of 0 and 1 are {side} × {side}, and alike with the ones {side} further on, so they are drawn row"
        " by row as pixels."
    )
    figures = [
        inlined(
            drawing.images(found.images, OWN),
            "images-own",
            "The run's own",
            f"{count} images of {side} × {side} pixels, drawn from the run.",
            f"{count} of {own_rows(material)}.",
        )
    ]
    if found.real_images is not None:
        count = len(found.real_images)
        figures.append(
            inlined(
                drawing.images(found.real_images, REAL),
                "images-real",
                "The table's",
                f"{count} images of {side} × {side} pixels from the table.",
                f"{count} of {real_rows(material)}.",
            )
        )
    return Section("images", "As images", (text,), (), tuple(figures))
