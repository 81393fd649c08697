"""Pairs of small tables as values, for hypothesis.

Knows: the form of values (see `made_cli.fidelity.alignment`): numbers with ties and empty cells, labels counted off.
"""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from made_cli.fidelity.alignment import NUMBERS, Values

LABELS = 3
_LABEL = st.one_of(st.just(np.nan), st.integers(0, LABELS - 1).map(float))


@dataclass(frozen=True)
class Two:
    """Two tables of the same columns."""

    real: Values
    synthetic: Values
    sizes: list[int]


@st.composite
def two_tables(draw: st.DrawFn, far: tuple[float, ...] = (-1e9, 1e300)) -> Two:
    """Draws two tables of one to four columns and one to eight rows; some numbers are as far off as `far`."""
    number = st.sampled_from([np.nan, -3.0, -1.0, 0.0, 0.25, 1.0, 2.0, *far])
    sizes = draw(st.lists(st.sampled_from([NUMBERS, LABELS]), min_size=1, max_size=4))
    row = st.tuples(*(_LABEL if size else number for size in sizes))
    real, synthetic = (np.array(draw(st.lists(row, min_size=1, max_size=8)), dtype=np.float64) for _ in range(2))
    return Two(real, synthetic, sizes)


def plain(column: Values) -> list[float | None]:
    """Returns a column's cells as Python's numbers, None for an empty one."""
    return [None if np.isnan(cell) else float(cell) for cell in column]
