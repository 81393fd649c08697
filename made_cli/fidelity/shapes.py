"""Column shapes: how alike the distributions of single columns are.

Knows: the total-variation complement for labels and the Kolmogorov–Smirnov complement for numbers, as SDMetrics
(Patki, Wedge, Veeramachaneni, *The Synthetic Data Vault*, DSAA 2016; TVComplement, KSComplement) defines them. Both are
1 for equal distributions, 0 for distributions that have nothing in common, and the same whichever table comes first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from made_cli.fidelity.alignment import NUMBERS, Values, discrete


@dataclass(frozen=True)
class Shape:
    """How alike two columns are.

    Attributes:
        similarity: from 0 to 1.
        empty_real: share of empty cells in the real column.
        empty_synthetic: likewise.
    """

    similarity: float
    empty_real: float
    empty_synthetic: float


def column_shapes(real: Values, synthetic: Values, sizes: Sequence[int]) -> list[Shape]:
    """Compares two tables column by column.

    Args:
        real: (N, D) values.
        synthetic: (M, D) values.
        sizes: (D,) see `Alignment.sizes`.

    >>> table = np.array([[0.0, 3.5], [1.0, np.nan]])
    >>> column_shapes(table, table, [2, NUMBERS])[1]
    Shape(similarity=1.0, empty_real=0.5, empty_synthetic=0.5)
    """
    return [
        Shape(
            similarity=_numbers_alike(r, s)
            if size == NUMBERS
            else total_variation(discrete(r, size), discrete(s, size)),
            empty_real=float(np.isnan(r).mean()),
            empty_synthetic=float(np.isnan(s).mean()),
        )
        for r, s, size in zip(real.T, synthetic.T, sizes, strict=True)
    ]


def total_variation(real: NDArray[np.int64], synthetic: NDArray[np.int64]) -> float:
    """Returns 1 − ½ Σ |p − q| for outcomes (N,) and (M,), counted from 0."""
    width = int(max(real.max(), synthetic.max())) + 1
    p, q = (np.bincount(codes, minlength=width) / len(codes) for codes in (real, synthetic))
    return max(0.0, float(1 - np.abs(p - q).sum() / 2))  # rounding can come out below 0


def _numbers_alike(real: Values, synthetic: Values) -> float:
    """Returns 1 − sup |F − G| for the numbers present; 0 where only one table has any, and 1 where neither has."""
    r, s = (np.sort(cells[~np.isnan(cells)]) for cells in (real, synthetic))
    if not len(r) or not len(s):
        return float(len(r) == len(s))
    points = np.concatenate([r, s])
    F, G = (np.searchsorted(ascending, points, side="right") / len(ascending) for ascending in (r, s))
    return float(1 - np.abs(F - G).max())
