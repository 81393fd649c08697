"""Rows in a file in an order that is drawn, whatever order they come in, without all of them in memory.

Knows: each row is dealt to a stretch of the file that is drawn for it, and each stretch is mixed at the end; so any
order is as likely as any other. Which it is depends on the seed and on the places of the rows, not on the blocks.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.columns.schema import Codes
from made_cli.training.stored_rows import in_bytes, most_rows, write_header

AT_ONCE = 2**20
"""Rows that are counted at a time."""


class MixedRows:
    """Rows that are written to a file in another order than they come in.

    Args:
        file: is written and read.
        shape: (N, D) of all rows.
        dtype: of their codes.
        seed: draws the order.
    """

    def __init__(self, file: BinaryIO, shape: tuple[int, int], dtype: str, seed: int) -> None:
        self.file, self.shape, self.dtype, self.seed = file, shape, np.dtype(dtype), seed
        write_header(file, shape, dtype)
        self.offset = file.tell()
        rows, columns = shape
        self.stretches = -(-rows // most_rows(columns))
        self._rng = np.random.default_rng([seed, rows])
        sizes = np.zeros(self.stretches, dtype=np.int64)
        again = np.random.default_rng([seed, rows])
        for start in range(0, rows, AT_ONCE):
            sizes += np.bincount(self._drawn(again, min(AT_ONCE, rows - start)), minlength=self.stretches)
        self.ends = sizes.cumsum()
        self._next = self.ends - sizes

    def add(self, codes: Codes) -> None:
        """Deals some more rows to the stretches."""
        drawn = self._drawn(self._rng, len(codes))
        counts = np.bincount(drawn, minlength=self.stretches)
        dealt, last = codes[drawn.argsort(kind="stable")], counts.cumsum()
        for stretch in np.flatnonzero(counts).tolist():
            self._write(int(self._next[stretch]), dealt[last[stretch] - counts[stretch] : last[stretch]])
        self._next += counts

    def mixed(self) -> Iterator[Codes]:
        """Mixes the rows of each stretch, once all are dealt; yields them in the order of the file."""
        for stretch, (start, end) in enumerate(pairwise([0, *self.ends.tolist()])):
            order = np.random.default_rng([self.seed, self.shape[0], stretch]).permutation(end - start)
            codes = self._read(start, end)[order]
            self._write(start, codes)
            yield codes

    def _drawn(self, rng: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Draws the stretches of some rows; those of so many and so many more are those of all of these at once."""
        return (rng.random(count) * self.stretches).astype(np.int64)

    def _at(self, row: int) -> int:
        return self.offset + row * self.shape[1] * self.dtype.itemsize

    def _write(self, row: int, codes: Codes) -> None:
        self.file.seek(self._at(row))
        self.file.write(in_bytes(codes))

    def _read(self, start: int, end: int) -> Codes:
        self.file.seek(self._at(start))
        data = self.file.read(self._at(end) - self._at(start))
        codes: NDArray[Any] = np.frombuffer(data, self.dtype)
        return codes.reshape(end - start, self.shape[1])
