"""The tables that ratios are taken on, and the network for each.

Knows: nothing but how they are drawn.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from made_cli.tables.columns.kinds import Categorical, Kind
from tests.core.small import numbers

ROWS = 5_000
LABELS = (2, 5, 6, 7, 9, 15, 16, 41, 42)


class Table(NamedTuple):
    """A table and the network for it."""

    kinds: Sequence[Kind]
    codes: Tensor
    hidden: tuple[int, int]
    batch: int


def binary(columns: int, width: int, batch: int) -> Table:
    """Draws a table of columns of two outcomes."""
    kinds = [Categorical(f"c{c}", ("0", "1"), {}, missing=False, rows=ROWS) for c in range(columns)]
    codes = torch.randint(0, 2, (ROWS, columns), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return Table(kinds, codes, (width, width), batch)


def mixed() -> Table:
    """Draws a table like Adult: six columns of numbers, two of them nearly always 0, and nine of labels."""
    rng = np.random.default_rng(0)
    columns = [
        rng.integers(17, 91, ROWS),
        rng.lognormal(12, 0.5, ROWS).round(),
        rng.integers(1, 17, ROWS),
        np.where(rng.random(ROWS) < 0.92, 0, rng.integers(100, 99_999, ROWS)),
        np.where(rng.random(ROWS) < 0.95, 0, rng.integers(155, 4_357, ROWS)),
        np.where(rng.random(ROWS) < 0.5, 40, rng.integers(1, 100, ROWS)),
    ]
    kinds: list[Kind] = [numbers([f"{x:.0f}" for x in column], f"n{c}") for c, column in enumerate(columns)]
    for size in LABELS:
        labels = tuple(str(label) for label in range(size))
        kinds.append(Categorical(f"l{size}", labels, {}, missing=False, rows=ROWS))
        columns.append(rng.integers(0, size, ROWS))
    return Table(kinds, torch.from_numpy(np.stack(columns, axis=1).astype(np.float64)), (500, 500), 200)


TABLES: Mapping[str, Callable[[], Table]] = {
    "112 binary, 2 × 500, 100 rows": lambda: binary(112, 500, 100),
    "784 binary, 2 × 1000, 256 rows": lambda: binary(784, 1000, 256),
    "6 numbers + 9 labels, 2 × 500, 200 rows": mixed,
}
