"""Rows whose known columns stand earlier than an ordering has them, for unknown ones have moved behind them.

Knows: positions, and degrees with them, are cut into blocks. Columns of blocks before its own are read by a unit in
every row. Of those of its own block, and of later ones that stand earlier, each row has others: the degrees of one
block and the columns of the same or a later one are a *patch*, in which every row has a mask of its own.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

POSITIONS = 16
"""Of a block."""


class Things(NamedTuple):
    """Features or outputs, in an order in which those of a block of positions stand together.

    Attributes:
        order: (T,) by the position of their columns.
        counts: how many there are in each block.
        widths: for each block how many each of its columns has; None where each has one.
    """

    order: Tensor
    counts: list[int]
    widths: list[list[int] | None]

    def masked(self, numbers: Tensor, mask: Tensor, block: int, into: Tensor) -> Tensor:
        """Returns (M, T', N) numbers of the things of a block, 0 where their columns are masked.

        Args:
            numbers: (M, T', N), or (T', N), the same for each degree.
            mask: (M, C, N) of the columns of the block.
            block: which.
            into: is filled.
        """
        widths = self.widths[block]
        if widths is None:
            return torch.mul(numbers, mask, out=into)
        for own, kept, room in zip(
            torch.split(numbers, widths, -2), torch.split(mask, 1, 1), torch.split(into, widths, 1), strict=True
        ):
            torch.mul(own, kept, out=room)
        return into


def things(positions: Tensor, sizes: list[int]) -> Things:
    """Puts things in order by the positions (T,) of their columns, in blocks of so many positions."""
    own = torch.split(torch.bincount(positions, minlength=sum(sizes)), sizes)
    widths = [None if bool((each == 1).all()) else each.tolist() for each in own]
    return Things(positions.argsort(stable=True), [int(each.sum()) for each in own], widths)


class Units(NamedTuple):
    """The units of a hidden layer by their degrees, with room for as many of each.

    Attributes:
        places: (H,) where each unit stands.
        room: D · u, for u units of each of D degrees.
    """

    places: Tensor
    room: int

    def spread(self, numbers: Tensor) -> Tensor:
        """Returns (D · u, …) numbers (H, …) of the units, 0 where there is none."""
        return numbers.new_zeros(self.room, *numbers.shape[1:]).index_copy_(0, self.places, numbers)

    def taken(self, numbers: Tensor) -> Tensor:
        """Returns (H, …) those of numbers (D · u, …) that belong to units."""
        return numbers.index_select(0, self.places)


def units(degrees: Tensor, size: int) -> Units:
    """Finds room for units of degrees (H,) ascending, below size D.

    >>> units(torch.tensor([1, 1, 2]), 3)
    Units(places=tensor([2, 3, 4]), room=6)
    """
    counts = torch.bincount(degrees, minlength=size)
    most, starts = int(counts.max()), counts.cumsum(0) - counts
    return Units(degrees * most + torch.arange(len(degrees), device=degrees.device) - starts[degrees], size * most)


class Blocks:
    """Positions and degrees, features, indicators and outputs under one ordering, in blocks.

    Args:
        owners: (I,) the positions of the columns of the inputs: of features, then of indicators, if there are any.
        features: how many of them are features.
        outputs: (O,) the positions of the columns of the outputs.
        degrees: for each hidden layer (H,) those of its units, ascending.
        size: D.

    Attributes:
        bounds: the first position of each block, and D.
        order: (I,) of the inputs: the features of a block, then its indicators.
        sizes: how many positions each block has.
        inputs: how many inputs each has.
        owners: (F,) the positions of the columns of the features, in order; None where each column has one.
        told: whether there are indicators.
    """

    def __init__(self, owners: Tensor, features: int, outputs: Tensor, degrees: Sequence[Tensor], size: int) -> None:
        self.bounds, self.told = [*range(0, size, POSITIONS), size], len(owners) > features
        self.sizes = [end - start for start, end in pairwise(self.bounds)]
        self.features, self.outputs = things(owners[:features], self.sizes), things(outputs, self.sizes)
        self.first, self.last = units(degrees[0], size), units(degrees[-1], size)
        one_each = all(widths is None for widths in self.features.widths)
        self.owners = None if one_each else owners[:features][self.features.order]
        is_told = torch.arange(len(owners), device=owners.device) >= features
        by_position = owners.argsort(stable=True)
        keys = 2 * block_of(owners) + is_told
        self.order = by_position[keys[by_position].argsort(stable=True)]
        self.inputs = torch.bincount(block_of(owners), minlength=len(self.sizes)).tolist()

    def inputs_of(self, features: Tensor, present: Tensor) -> Tensor:
        """Returns (I, N) the inputs in order.

        Args:
            features: (F, N) in the order of the table.
            present: (D, N) 1 where a column, by position, is known and 0 elsewhere.
        """
        known = present if self.owners is None else present.index_select(0, self.owners)
        parts = torch.split(features.index_select(0, self.features.order) * known, self.features.counts)
        if self.told:
            pairs = zip(parts, torch.split(present, self.sizes), strict=True)
            parts = tuple(part for pair in pairs for part in pair)
        return torch.cat(parts)


class Rows:
    """Some rows, and where their columns stand.

    Args:
        blocks: of the ordering.
        places: (D, N), by position: how many known columns come before each known one; of unknown ones more than
            of any that is known.

    Attributes:
        patches: the block of degrees and the block of columns of those in which a degree reads a column in any row.
    """

    def __init__(self, blocks: Blocks, places: Tensor) -> None:
        degrees = torch.arange(len(places), device=places.device, dtype=places.dtype).view(-1, 1, 1)
        self.blocks, self.count = blocks, places.shape[1]
        self.places, self.degrees = torch.split(places, blocks.sizes), torch.split(degrees, blocks.sizes)
        least = [float(each.min()) for each in self.places]
        self.patches = [
            (degree, column)
            for column in range(len(least))
            for degree in range(column + 1)
            if least[column] < blocks.bounds[degree + 1] - 1
        ]
        self._rooms = dict[tuple[int, ...], Tensor]()

    def mask(self, degrees: int, columns: int, into: Tensor | None = None) -> Tensor:
        """Returns (M, C, N), 1 where a degree reads a column and 0 elsewhere; in what room there is, or as told."""
        own, places = self.degrees[degrees], self.places[columns]
        return torch.lt(places, own, out=self.room(len(own), len(places)) if into is None else into)

    def read(self, degrees: int, columns: int, inputs: Tensor) -> Tensor:
        """Returns (M, I', N) what each degree of a patch reads of inputs (I', N); soon written over."""
        features, own = self.blocks.features, self.degrees[degrees]
        count = features.counts[columns]
        read = self.room(len(own), len(inputs), other=True)
        # The indicators of what is read, which are 1, are the mask of the features.
        mask = self.mask(degrees, columns, read[:, count:] if self.blocks.told else None)
        features.masked(inputs[:count], mask, columns, read[:, :count])
        return read

    def features_of(self, degrees: int, columns: int, gradient: Tensor) -> Tensor:
        """Returns (I', N) the gradient of the inputs of a patch, from that of what each degree reads of them."""
        features, count = self.blocks.features, self.blocks.features.counts[columns]
        of_features = gradient[:, :count]
        features.masked(of_features, self.mask(degrees, columns), columns, of_features)
        return functional.pad(of_features.sum(0), (0, 0, 0, gradient.shape[1] - count))

    def room(self, *shape: int, other: bool = False) -> Tensor:
        """Returns (…, N) numbers to be written over: to ask for memory takes longer than to fill it."""
        key = *shape, other
        if key not in self._rooms:
            self._rooms[key] = self.places[0].new_empty(*shape, self.count)
        return self._rooms[key]


def block_of(positions: Tensor) -> Tensor:
    """Returns the block of each position, or of each degree."""
    return positions // POSITIONS
