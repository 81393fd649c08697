"""Rows in blocks, each of which is drawn with a generator of its own.

Knows: what is drawn of a block depends on its number and the seed, and on no other block; so a part of the rows takes
the blocks that it lies in, and no more, and its rows are those that all rows together would have there, to the bit.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BLOCK_ROWS = 16384
"""Rows of a block: enough that each member draws many at a time, few beside what one machine draws."""


@dataclass(frozen=True)
class Block:
    """Some rows that are drawn together.

    Attributes:
        number: of the block, from 0.
        rows: which of all rows they are.
        wanted: which of the block's own rows are asked for.
    """

    number: int
    rows: slice
    wanted: slice

    @property
    def size(self) -> int:
        """How many rows it has."""
        return int(self.rows.stop - self.rows.start)

    def generator(self, seed: int) -> np.random.Generator:
        """Returns the generator of the block; the first one's is that of the seed by itself."""
        spawn_key = (self.number,) if self.number else ()
        return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=spawn_key))


def blocks_of(total: int, wanted: slice | None = None) -> Iterator[Block]:
    """Yields the blocks that some rows lie in, and an empty one for no rows.

    Args:
        total: how many rows there are in all.
        wanted: which are asked for; None for all.

    >>> [(each.number, each.size, each.wanted) for each in blocks_of(40_000, slice(30_000, 33_000))]
    [(1, 16384, slice(13616, 16384, None)), (2, 7232, slice(0, 232, None))]
    """
    wanted = slice(0, total) if wanted is None else wanted
    if wanted.start == wanted.stop:
        yield Block(0, slice(0, 0), slice(0, 0))
        return
    for number in range(wanted.start // BLOCK_ROWS, -(-wanted.stop // BLOCK_ROWS)):
        first, last = number * BLOCK_ROWS, min(total, (number + 1) * BLOCK_ROWS)
        yield Block(number, slice(first, last), slice(max(0, wanted.start - first), min(wanted.stop, last) - first))


def rows_drawn(total: int, wanted: slice | None = None) -> int:
    """Returns how many rows the blocks have that some rows lie in; see `blocks_of`."""
    return sum(block.size for block in blocks_of(total, wanted))


def in_one_block(total: int, wanted: slice | None = None) -> bool:
    """Says whether some rows lie in a single block; see `blocks_of`."""
    return rows_drawn(total, wanted) <= BLOCK_ROWS
