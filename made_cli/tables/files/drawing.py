"""Rows drawn from a table that is read in blocks, when nobody knows yet how many there are.

Knows: every row has a random number of its own, and those with the least are kept, so which rows are drawn depends on
the seed and on their places alone, not on the blocks.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.files.several import joined
from made_cli.tables.files.table import Table


class DrawnRows:
    """Rows drawn so far, each row with the same chance.

    Args:
        most: how many are kept.
        seed: draws them.
    """

    def __init__(self, most: int, seed: int) -> None:
        self.most = most
        self._rng = np.random.default_rng(seed)
        self._blocks: list[Table] = []
        self._keys: list[NDArray[np.float64]] = []
        self._held, self._below = 0, np.inf

    def add(self, block: Table) -> None:
        """Draws among some more rows."""
        keys = self._rng.random(block.rows)
        chosen = np.flatnonzero(keys < self._below)
        if not len(chosen) and self._blocks:
            return
        self._blocks.append(block.some(chosen))
        self._keys.append(keys[chosen])
        self._held += len(chosen)
        if self._held > 2 * self.most:
            self._gather()

    def table(self) -> Table:
        """Returns the rows, in the order of the whole; their places are not known any more."""
        self._gather()
        return self._blocks[0]

    def _gather(self) -> None:
        """Keeps as many rows as are wanted."""
        keys, rows = np.concatenate(self._keys), joined(self._blocks, self._blocks[0].source)
        if len(keys) > self.most:
            kept = np.sort(np.argpartition(keys, self.most)[: self.most])
            keys, rows = keys[kept], rows.some(kept)
            self._below = float(keys.max())
        self._blocks, self._keys, self._held = [replace(rows, parts=())], [keys], len(keys)
