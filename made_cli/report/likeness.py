"""Rows of the run's own beside those of a table: columns, pairs of them, and what depends on what.

Knows: which columns and which pairs a page has space for, and when the columns of bits look like the pixels of a square
image.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from made_cli.fidelity.alignment import Values
from made_cli.fidelity.dependence import Dependence, dependence
from made_cli.fidelity.shapes import column_shapes
from made_cli.fidelity.trends import correlations, pair_trends
from made_cli.report.cells import Groups, equally_wide, grouped
from made_cli.report.material import Material
from made_cli.tables.columns.kinds import Categorical, Kind

COLUMNS = 24
"""Columns that are drawn."""
PAIRS = 6
"""Pairs of columns that are drawn."""
NAMED = 15
"""Pairs of columns that are named."""
RANGES, LABELS, FULL = 24, 12, 8
"""Groups of the cells of a column at most: of numbers and of labels where it is drawn, and beside another column."""
IMAGES = 24
"""Images that are drawn."""
SMALLEST = 5
"""Pixels at an edge of the smallest image."""
NEIGHBOURS = 1.5
"""How much more pixels are like the ones above them than like others, at least."""


@dataclass(frozen=True)
class ColumnLikeness:
    """A column in the table and in the run's own rows.

    Attributes:
        name: of the column.
        kind: as people read it.
        groups: of its cells.
        real: (B,) the share of the table's rows in each; None without a table.
        own: (B,) of the run's own rows.
        similarity: from 0 to 1, as in `made compare`; None without a table.
    """

    name: str
    kind: str
    groups: Groups
    real: NDArray[np.float64] | None
    own: NDArray[np.float64]
    similarity: float | None


@dataclass(frozen=True)
class PairLikeness:
    """Two columns together: the groups of each, and the share of rows (B, B') in each two of them."""

    names: tuple[str, str]
    groups: tuple[Groups, Groups]
    real: NDArray[np.float64] | None
    own: NDArray[np.float64]


@dataclass(frozen=True)
class Likeness:
    """Rows of the run's own beside those of a table.

    Attributes:
        columns: those that are drawn; where there is a table, the least alike first.
        shape: mean similarity of all columns; None without a table.
        trend: mean similarity of all pairs; None without a table, and where there are none.
        dependence: of all pairs, in the run's own rows.
        real_dependence: likewise in the rows of the table.
        strongest: the pairs of columns that depend most on each other in the run's own rows, the strongest first.
        pairs: the first of them, drawn.
        images: (n, side, side) bits of the run's own rows; None where the columns are no pixels.
        real_images: likewise of the table.
    """

    columns: tuple[ColumnLikeness, ...]
    shape: float | None
    trend: float | None
    dependence: Dependence
    real_dependence: Dependence | None
    strongest: tuple[tuple[int, int], ...]
    pairs: tuple[PairLikeness, ...]
    images: NDArray[np.bool_] | None
    real_images: NDArray[np.bool_] | None


def likeness_of(material: Material) -> Likeness:
    """Compares columns and pairs, and finds what depends on what."""
    own, real = material.own.astype(np.float64), None if material.real is None else material.real.values
    tables = [own] if real is None else [own, real]
    groups = grouped(material.kinds, tables, FULL)
    outcomes = [np.stack([group.of(table[:, d]) for d, group in enumerate(groups)], axis=1) for table in tables]
    found = dependence(outcomes[0])
    strongest = tuple(found.strongest(NAMED))
    trends = None if real is None or len(groups) < 2 else pair_trends(real, own, material.sizes)
    columns, shape = _columns(material, own, real)
    ink = _pixels(material, own)
    return Likeness(
        columns,
        shape,
        None if trends is None else float(np.nanmean(trends)),
        found,
        None if real is None or len(real) < 2 else dependence(outcomes[1]),
        strongest,
        tuple(_pair(material, groups, outcomes, pair) for pair in strongest[:PAIRS]),
        None if ink is None else _images(own, ink),
        None if ink is None or real is None else _images(real, ink),
    )


def _columns(material: Material, own: Values, real: Values | None) -> tuple[tuple[ColumnLikeness, ...], float | None]:
    """Returns the columns that are drawn, and the mean similarity of all."""
    kinds = material.kinds
    alike = None if real is None else [shape.similarity for shape in column_shapes(real, own, material.sizes)]
    order = range(len(kinds)) if alike is None else np.argsort(alike, kind="stable").tolist()
    found = []
    for d in list(order)[:COLUMNS]:
        cells = own[:, d] if real is None else np.concatenate([own[:, d], real[:, d]])
        groups = equally_wide(kinds[d], cells, LABELS if material.sizes[d] else RANGES)
        shares = None if real is None else groups.shares(real[:, d])
        similarity = None if alike is None else alike[d]
        found.append(
            ColumnLikeness(kinds[d].name, kinds[d].described, groups, shares, groups.shares(own[:, d]), similarity)
        )
    return tuple(found), None if alike is None else float(np.mean(alike))


def _pair(
    material: Material, groups: list[Groups], outcomes: list[NDArray[np.int64]], pair: tuple[int, int]
) -> PairLikeness:
    first, second = pair
    shape = len(groups[first].names), len(groups[second].names)
    joint = [
        np.bincount(table[:, first] * shape[1] + table[:, second], minlength=shape[0] * shape[1]).reshape(shape)
        / len(table)
        for table in outcomes
    ]
    names = material.kinds[first].name, material.kinds[second].name
    return PairLikeness(names, (groups[first], groups[second]), joint[1] if len(joint) > 1 else None, joint[0])


def _pixels(material: Material, own: Values) -> dict[int, float] | None:
    """Returns the columns of bits, each with the code of ink, if they look like a square image; else None."""
    ink = {d: code for d, kind in enumerate(material.kinds) if (code := _ink(kind)) is not None}
    side = int(len(ink) ** 0.5)
    if side < SMALLEST or side**2 != len(ink):
        return None
    alike = np.abs(correlations(own[:, list(ink)]))
    above = np.diagonal(alike, side)
    return ink if above.mean() > NEIGHBOURS * alike[np.triu_indices(len(ink), 1)].mean() else None


def _ink(kind: Kind) -> float | None:
    """Returns the code of "1" in a column of bits, all the same or not; None of any other."""
    if not isinstance(kind, Categorical) or kind.rare or kind.seen != len(kind.labels):
        return None
    labels = (*kind.labels, kind.opposite)
    return float(labels.index("1")) if set(labels) - {None} == {"0", "1"} else None


def _images(table: Values, ink: dict[int, float]) -> NDArray[np.bool_]:
    side = int(len(ink) ** 0.5)
    taken = np.linspace(0, len(table) - 1, min(IMAGES, len(table))).round().astype(int)  # tables are often sorted
    return np.asarray(table[taken][:, list(ink)] == list(ink.values())).reshape(-1, side, side)
