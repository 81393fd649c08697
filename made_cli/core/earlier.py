"""Rows whose known columns stand earlier than an ordering has them, for unknown ones have moved behind them.

Knows: positions, and degrees with them, are cut into blocks. A column that stands earlier is read by all units that read
it under the ordering, and by some more. Where it makes a difference is a matter of *patches*: the degrees of one block and the
columns of the same or a later one, where each row has a mask of its own.
"""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

POSITIONS = 8
"""Of a block."""


class Things(NamedTuple):
    """Features or outputs, in an order in which those of a block of positions stand together.

    Attributes:
        order: (T,).
        counts: how many there are in each block.
        owners: for each block, the place within it of the column of each; None where each column has one, in order.
    """

    order: Tensor
    counts: list[int]
    owners: list[Tensor | None]

    def of_columns(self, numbers: Tensor, block: int) -> Tensor:
        """Returns numbers (M, C, N) of the columns of a block as (M, T', N), those of its things."""
        owners = self.owners[block]
        return numbers if owners is None else numbers.index_select(1, owners)


def things(positions: Tensor, bounds: list[int]) -> Things:
    """Puts things in order by the positions (T,) of their columns, in blocks with the given bounds."""
    order = positions.argsort(stable=True)
    counts = torch.bincount(block_of(positions), minlength=len(bounds) - 1).tolist()
    owners: list[Tensor | None] = []
    for (start, end), own in zip(pairwise(bounds), positions[order].split(counts), strict=True):
        one_each = torch.equal(own, torch.arange(start, end, device=own.device))
        owners.append(None if one_each else own - start)
    return Things(order, counts, owners)


class Blocks:
    """Positions and degrees, features, indicators and outputs under one ordering, in blocks.

    Args:
        owners: (I,) the positions of the columns of the inputs: of features, then of indicators, if there are any.
        features: how many of them are features.
        outputs: (O,) the positions of the columns of the outputs.
        size: D.

    Attributes:
        bounds: the first position of each block, and D.
        order: (I,) of the inputs: the features of a block, then its indicators.
        sizes: how many positions each block has.
        inputs: how many inputs.
        told: whether there are indicators.
    """

    def __init__(self, owners: Tensor, features: int, outputs: Tensor, size: int) -> None:
        self.bounds, self.told = [*range(0, size, POSITIONS), size], len(owners) > features
        self.sizes = [end - start for start, end in pairwise(self.bounds)]
        self.features, self.outputs = things(owners[:features], self.bounds), things(outputs, self.bounds)
        is_told = torch.arange(len(owners), device=owners.device) >= features
        by_position = owners.argsort(stable=True)
        keys = 2 * block_of(owners) + is_told
        self.order = by_position[keys[by_position].argsort(stable=True)]
        self.inputs = torch.bincount(block_of(owners), minlength=len(self.sizes)).tolist()


class Rows:
    """Some rows, and where their columns stand.

    Args:
        blocks: of the ordering.
        places: (D, N), by position: how many known columns come before each known one; those unknown have higher places.

    Attributes:
        patches: the block of degrees and the block of columns of those in which a degree reads a column in any row.
    """

    def __init__(self, blocks: Blocks, places: Tensor) -> None:
        degrees = torch.arange(len(places), device=places.device, dtype=places.dtype).view(-1, 1, 1)
        self.blocks, self.count = blocks, places.shape[1]
        self.places, self.degrees = places.split(blocks.sizes), degrees.split(blocks.sizes)
        least = [float(each.min()) for each in self.places]
        self.patches = [
            (degree, column)
            for column in range(len(least))
            for degree in range(column + 1)
            if least[column] < blocks.bounds[degree + 1] - 1
        ]
        self._rooms = dict[tuple[int, ...], Tensor]()

    def mask_of(self, owned: Things, degrees: int, columns: int) -> Tensor:
        """Returns (M, T', N), 1 where a degree reads the column of a thing and 0 elsewhere; soon written over."""
        places, own = self.places[columns], self.degrees[degrees]
        return owned.of_columns(torch.lt(places, own, out=self.room(0, len(own), len(places))), columns)

    def read(self, degrees: int, columns: int, inputs: Tensor) -> Tensor:
        """Returns (M, I', N) what each degree of a patch reads of inputs (I', N); soon written over."""
        features, own = self.blocks.features, self.degrees[degrees]
        if not self.blocks.told:
            return inputs * self.mask_of(features, degrees, columns)
        read, count = self.room(0, len(own), len(inputs)), features.counts[columns]
        # The indicators of what is read, which are 1, are the mask of the features.
        mask = torch.lt(self.places[columns], own, out=read[:, count:])
        torch.mul(inputs[:count], features.of_columns(mask, columns), out=read[:, :count])
        return read

    def room(self, which: int, *shape: int) -> Tensor:
        """Returns (…, N) numbers to be written over: to ask for memory takes longer than to fill it."""
        key = which, *shape
        if key not in self._rooms:
            self._rooms[key] = self.places[0].new_empty(*shape, self.count)
        return self._rooms[key]


def block_of(positions: Tensor) -> Tensor:
    """Returns the block of each position, or of each degree."""
    return positions // POSITIONS


def start_of(positions: Tensor) -> Tensor:
    """Returns the first position of the block of each."""
    return POSITIONS * block_of(positions)


def end_of(positions: Tensor) -> Tensor:
    """Returns the first position after the block of each."""
    return start_of(positions) + POSITIONS
