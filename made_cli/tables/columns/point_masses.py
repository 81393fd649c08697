"""Atoms: values of a numeric column with a point mass of their own.

Knows: where rows pile up on single values. The cells around a value are all between its neighbours, empty ones as well;
so where numbers are far between, each that recurs stands out, as amounts do that a law or a price list sets.
"""

import numpy as np
from numpy.typing import NDArray

ATOM_SHARE, ATOM_ROWS = 0.0005, 10
"""An atom holds at least this share of the rows, and at least so many …"""
ATOM_RATIO, ATOM_SIGNIFICANCE = 2, 3
"""… and this many times the rows of the usual cell around it, by this many standard errors."""
MOST_ATOMS = 100
"""Atoms of a column; the lightest beyond that are numbers like others."""
NEIGHBOURS = 5
"""Distinct values on either side that say how far around it is."""


def find_atoms(values: NDArray[np.float64], counts: NDArray[np.int64], resolution: float) -> tuple[float, ...]:
    """Returns the values that stand out from the cells around them, ascending; the top of a bell does not.

    Args:
        values: (U,) distinct numbers.
        counts: (U,) how many rows have each.
        resolution: of the column.
    """
    least = max(ATOM_ROWS, ATOM_SHARE * counts.sum())
    if counts.max() < least:
        return ()
    ascending = np.argsort(values)
    ordered, heights = values[ascending], counts[ascending]
    places = np.flatnonzero(heights >= least)
    first, last = (np.clip(places + step, 0, len(ordered) - 1) for step in (-NEIGHBOURS, NEIGHBOURS))
    edged = np.pad(heights.astype(np.float64), NEIGHBOURS)
    windows = np.lib.stride_tricks.sliding_window_view(edged, 2 * NEIGHBOURS + 1)[places]
    windows = np.delete(windows, NEIGHBOURS, axis=1)
    # The median over all cells around: that of the highest, as many as there are beyond the empty ones.
    cells = np.round((ordered[last] - ordered[first]) / resolution)
    rank = np.ceil(cells / 2).clip(max=2 * NEIGHBOURS).astype(np.int64)
    usual = np.take_along_axis(-np.sort(-windows, axis=1), np.maximum(rank - 1, 0)[:, None], 1)[:, 0]
    usual = np.where(cells > 4 * NEIGHBOURS, 0.0, usual)
    own = heights[places]
    heavy = places[own - ATOM_SIGNIFICANCE * np.sqrt(own) >= ATOM_RATIO * usual]
    chosen = heavy[np.argsort(-heights[heavy], kind="stable")[:MOST_ATOMS]]
    return tuple(float(value) for value in ordered[np.sort(chosen)])
