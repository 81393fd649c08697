"""Why a row is odd: the surprisal of each of its cells.

Knows: the surprisal of a cell is −log of the probability of the cell as it was recorded, which for a number is its
density times the resolution: never negative, and the same in all units. A column of many outcomes is more surprising
than one of few whatever the row; what makes a cell odd is how far its surprisal is above what the model expects of it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.columns.kinds import Kind


def of_terms(terms: NDArray[np.float64], codes: NDArray[np.generic], kinds: Sequence[Kind]) -> NDArray[np.float64]:
    """Turns terms of the chain rule (N, D), log-densities in the user's units, into surprisals (N, D), nats."""
    steps = np.array([kind.cell_width for kind in kinds])
    # The empty cell has no width.
    return np.asarray(-terms - np.where(np.isnan(codes.astype(np.float64)), 0, np.log(steps)))


def oddest(surprisals: NDArray[np.float64], usual: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Returns (N, count) the columns whose surprisal is furthest above the usual one, the oddest first.

    Args:
        surprisals: (N, D), NaN for cells that are not in question; these come last.
        usual: (D,) what the model expects.
        count: how many columns.

    >>> oddest(np.array([[1.0, 9.0, 5.0]]), np.array([0.5, 9.0, 1.0]), 2).tolist()
    [[2, 0]]
    """
    excess = np.nan_to_num(surprisals - usual, nan=-np.inf)
    return np.argsort(-excess, axis=1, kind="stable")[:, :count]
