"""Pair trends: how alike the two tables' relations between two columns are.

Knows: the correlation similarity for two columns of numbers and the contingency similarity for all other pairs, as
SDMetrics (CorrelationSimilarity, ContingencySimilarity) defines them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from made_cli.fidelity.alignment import NUMBERS, Values, discrete
from made_cli.fidelity.contingency import Outcomes, joint_shares, panels_of
from made_cli.fidelity.shapes import total_variation

CUTS = np.linspace(0.1, 0.9, 9)
"""Quantiles of the real numbers at which numbers are cut for a table with labels."""
WIDE = 128
"""A column of more outcomes than this would fill panels with zeros; its pairs are counted one by one."""
CONSTANT = 1e-12
"""A variance below this share of the mean square is rounding."""


def pair_trends(real: Values, synthetic: Values, sizes: Sequence[int]) -> NDArray[np.float64]:
    """Compares two tables pair by pair.

    Args:
        real: (N, D) values; decides where numbers are cut.
        synthetic: (M, D) values.
        sizes: (D,) see `Alignment.sizes`.

    Returns:
        (D, D), symmetric, similarities from 0 to 1, and NaN on the diagonal, where there is no pair.
    """
    D = len(sizes)
    numbers = np.array([size == NUMBERS for size in sizes])
    similarities = np.full((D, D), np.nan)
    similarities[np.ix_(numbers, numbers)] = 1 - (
        np.abs(correlations(real[:, numbers]) - correlations(synthetic[:, numbers])) / 2
    )
    if not numbers.all():
        r, s = np.empty(real.shape, dtype=np.int64), np.empty(synthetic.shape, dtype=np.int64)
        for d, size in enumerate(sizes):
            r[:, d], s[:, d] = _outcomes(real[:, d], synthetic[:, d], size)
        _fill_contingencies(similarities, r, s, numbers)
    np.fill_diagonal(similarities, np.nan)
    return similarities


def correlations(cells: Values) -> NDArray[np.float64]:
    """Returns Pearson's ρ (D, D), for each pair over the rows in which both cells are present.

    Numbers of which one does not vary do not vary together: their ρ is 0. So it is where a column's numbers in those
    rows lie a million times nearer together than in the others: sums over all pairs at once are not that precise.
    """
    D = cells.shape[1]
    present = ~np.isnan(cells)
    largest = np.max(np.where(present, np.abs(cells), 0.0), axis=0, initial=0.0)
    # Near 1 first, for the squares of very large numbers overflow; then about their mean, for the sake of precision.
    scaled = np.where(present, cells, 0.0) / np.where(largest > 0, largest, 1.0)
    mean = scaled.sum(axis=0) / np.maximum(present.sum(axis=0), 1)
    x = np.where(present, scaled - mean, 0.0)
    m = present.astype(np.float64)
    n, sums, squares, products = m.T @ m, x.T @ m, (x * x).T @ m, x.T @ x
    n = np.maximum(n, 1)
    variances = squares / n - (sums / n) ** 2
    # In a column about its mean, rounding is a share of the numbers before their mean was taken off.
    floor = CONSTANT * np.maximum(squares / n, (mean**2)[:, np.newaxis] * CONSTANT)
    varies = variances > floor
    scale = np.where(varies & varies.T, np.sqrt(np.where(varies, variances, 1.0)), np.inf)
    covariances = products / n - (sums / n) * (sums / n).T
    rho: NDArray[np.float64] = np.clip(covariances / scale / scale.T, -1, 1)
    assert rho.shape == (D, D)
    return rho


def _outcomes(real: Values, synthetic: Values, size: int) -> tuple[Outcomes, Outcomes]:
    """Numbers the outcomes of a column that occur, 0 and on, the same in both tables; an empty cell is one too."""
    if size == NUMBERS:
        present = real[~np.isnan(real)]
        cuts = np.unique(np.quantile(present, CUTS)) if len(present) else present
        size = len(cuts) + 1
        real, synthetic = (
            np.where(np.isnan(cells), np.nan, np.searchsorted(cuts, cells, side="left")) for cells in (real, synthetic)
        )
    both = discrete(np.concatenate([real, synthetic]), size)
    numbered = np.unique(both, return_inverse=True)[1]
    return numbered[: len(real)], numbered[len(real) :]


def _fill_contingencies(
    similarities: NDArray[np.float64], real: Outcomes, synthetic: Outcomes, numbers: NDArray[np.bool_]
) -> None:
    """Fills in 1 − ½ Σ_ij |p_ij − q_ij| for all pairs of columns that are not both numbers."""
    widths = np.maximum(real.max(axis=0), synthetic.max(axis=0)) + 1
    narrow = widths <= WIDE
    panels = [
        panel for among in (~numbers & narrow, numbers & narrow) for panel in panels_of(np.flatnonzero(among), widths)
    ]
    for index, rows in enumerate(panels):
        for columns in panels[index:]:
            if not (numbers[rows[0]] and numbers[columns[0]]):
                alike = _panel_alike(real, synthetic, widths, rows, columns)
                similarities[np.ix_(rows, columns)] = alike
                similarities[np.ix_(columns, rows)] = alike.T
    for i in np.flatnonzero(~narrow):
        for j in range(len(widths)):
            if narrow[j] or i < j:
                similarities[i, j] = similarities[j, i] = _wide_alike(real, synthetic, int(i), j)


def _panel_alike(
    real: Outcomes, synthetic: Outcomes, widths: NDArray[np.int64], rows: Outcomes, columns: Outcomes
) -> NDArray[np.float64]:
    """Returns the similarities (|rows|, |columns|) of all pairs of two panels."""
    difference = np.abs(joint_shares(real, widths, rows, columns) - joint_shares(synthetic, widths, rows, columns))
    starts = [np.cumsum(widths[panel]) - widths[panel] for panel in (rows, columns)]
    apart = np.add.reduceat(np.add.reduceat(difference, starts[0], axis=0), starts[1], axis=1) / 2
    return np.maximum(1 - apart, 0)  # rounding can come out below 0


def _wide_alike(real: Outcomes, synthetic: Outcomes, i: int, j: int) -> float:
    """Returns the similarity of one pair; only the pairs of outcomes that occur take memory."""
    width = int(max(real[:, j].max(), synthetic[:, j].max())) + 1
    both = np.concatenate([table[:, i] * width + table[:, j] for table in (real, synthetic)])
    numbered = np.unique(both, return_inverse=True)[1]
    return total_variation(numbered[: len(real)], numbered[len(real) :])
