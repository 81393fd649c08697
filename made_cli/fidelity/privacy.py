"""Privacy: are synthetic rows nearer to the real rows than chance would have them?

Knows: the distance to the closest record. A model that memorised rows writes rows next to them; real rows that
it was not trained on, held out, say how near is near by chance. The distance is Gower's (*A General Coefficient of
Similarity*, Biometrics 1971): every column counts from 0 to 1, and their mean is taken. Labels differ or do not; an
empty cell is one more label. Numbers differ by the share of the real rows between them, for that has no unit, no
far-off number stretches it, and skewed columns count no less than others; a range or a quartile distance fails for a
column that is 0 in nine rows of ten.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from made_cli.fidelity.alignment import NUMBERS, Values, discrete

QUERIES = 2000
"""Rows whose closest record is searched for, at most …"""
BUDGET = 5 * 10**9
"""… and so many that about this many pairs of cells are compared …"""
FEWEST = 200
"""… but no fewer than this."""
QUERY_BLOCK, RECORD_BLOCK = 64, 4096
"""Rows by rows whose distances are held at once: few enough for a processor's cache."""
NEAR = 0.05
"""The quantile of the held-out rows' distances that says what is near."""


@dataclass(frozen=True)
class ClosestRecord:
    """How near the rows of a table are to the real ones: the distance to the closest record.

    Attributes:
        copies: share of all its rows that are real rows, cell by cell.
        distances: (Q,) distance to the closest real row, from 0 to 1, of rows drawn from the table.
    """

    copies: float
    distances: NDArray[np.float32]

    @property
    def median(self) -> float:
        """The median distance."""
        return float(np.median(self.distances))


def closest_record(table: Values, real: Values, sizes: Sequence[int], rng: np.random.Generator) -> ClosestRecord:
    """Measures how near the rows of a table are to the real ones.

    Args:
        table: (M, D) values.
        real: (N, D) values of the rows trained on.
        sizes: (D,) see `Alignment.sizes`.
        rng: draws the rows whose distance is measured.
    """
    known = _as_bytes(real)
    copies = sum(row in known for row in _each_as_bytes(table)) / len(table)
    wanted = min(QUERIES, max(FEWEST, BUDGET // real.size))
    queries = table if len(table) <= wanted else table[rng.choice(len(table), wanted, replace=False)]
    return ClosestRecord(copies, _closest(_places(queries, real, sizes), _places(real, real, sizes)))


def share_nearer(synthetic: ClosestRecord, holdout: ClosestRecord) -> float:
    """Returns the share of synthetic rows nearer than the held-out rows' 5 % quantile; 0.05 if none are copied.

    Distances repeat where columns are labels. The rows at the quantile itself count by the part of the held-out rows
    there that belong to the 5 %, so that equal distributions always give 0.05.
    """
    near = np.quantile(holdout.distances, NEAR, method="inverted_cdf")
    part = (NEAR - (holdout.distances < near).mean()) / (holdout.distances == near).mean()
    return float((synthetic.distances < near).mean() + part * (synthetic.distances == near).mean())


def _each_as_bytes(table: Values) -> list[bytes]:
    same_nan = np.where(np.isnan(table), np.nan, table)
    return [row.tobytes() for row in same_nan]


def _as_bytes(table: Values) -> set[bytes]:
    return set(_each_as_bytes(table))


def _places(table: Values, real: Values, sizes: Sequence[int]) -> NDArray[np.float32]:
    """Returns places (D, N) so that the distance of two cells is |difference|, or 1 if that is more.

    Labels stand 1 apart. A number stands at the share of the real rows below it, in the middle of those that equal it;
    so another number never stands where a real one does. Empty cells stand at 2, 1 or more from any number.
    """
    places = np.empty(table.shape[::-1], dtype=np.float32)
    for d, size in enumerate(sizes):
        if size != NUMBERS:
            places[d] = discrete(table[:, d], size)
            continue
        ascending = np.sort(real[~np.isnan(real[:, d]), d])
        below, upto = (np.searchsorted(ascending, table[:, d], side=side) for side in ("left", "right"))
        places[d] = np.where(np.isnan(table[:, d]), 2.0, (below + upto) / (2 * max(len(ascending), 1)))
    return places


def _closest(queries: NDArray[np.float32], records: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the distance (Q,) of each query (D, Q) to the closest record (D, N)."""
    D, Q = queries.shape
    closest = np.full(Q, np.inf, dtype=np.float32)
    for q in range(0, Q, QUERY_BLOCK):
        block = queries[:, q : q + QUERY_BLOCK, np.newaxis]
        for r in range(0, records.shape[1], RECORD_BLOCK):
            against = records[:, np.newaxis, r : r + RECORD_BLOCK]
            total = np.zeros((block.shape[1], against.shape[2]), dtype=np.float32)
            apart = np.empty_like(total)
            for d in range(D):
                np.subtract(block[d], against[d], out=apart)
                np.abs(apart, out=apart)
                np.minimum(apart, 1, out=apart)
                total += apart
            np.minimum(closest[q : q + QUERY_BLOCK], total.min(axis=1), out=closest[q : q + QUERY_BLOCK])
    return closest / np.float32(D)
