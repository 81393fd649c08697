"""How often outcomes of two columns come together, for all pairs of columns at once.

Knows: a million rows and a thousand columns of bits go through in bounded memory: counts of all pairs at once are
products of one-hot blocks, a panel of columns by a panel.
"""

import numpy as np
from numpy.typing import NDArray

PANEL = 1024
"""Outcomes of the columns of a panel together."""
ROWS = 4096
"""Rows that are one-hot at a time."""

Counts = NDArray[np.float64]
Outcomes = NDArray[np.int64]


def panels_of(columns: NDArray[np.int64], widths: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Splits columns into runs of at most `PANEL` outcomes."""
    places = np.cumsum(widths[columns]) // PANEL
    return [columns[places == place] for place in np.unique(places)]


def joint_shares(outcomes: Outcomes, widths: NDArray[np.int64], rows: Outcomes, columns: Outcomes) -> Counts:
    """Returns the share of rows with each pair of outcomes, (outcomes of `rows`, outcomes of `columns`)."""
    counts = np.zeros((widths[rows].sum(), widths[columns].sum()))
    for start in range(0, len(outcomes), ROWS):
        chunk = outcomes[start : start + ROWS]
        # Counts within a chunk are whole in single precision, which is twice as fast.
        counts += _one_hot(chunk[:, rows], widths[rows]).T @ _one_hot(chunk[:, columns], widths[columns])
    return counts / len(outcomes)


def _one_hot(outcomes: Outcomes, widths: NDArray[np.int64]) -> NDArray[np.float32]:
    hot = np.zeros((len(outcomes), widths.sum()), dtype=np.float32)
    np.put_along_axis(hot, outcomes + np.cumsum(widths) - widths, 1, axis=1)
    return hot
