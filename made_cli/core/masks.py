"""Degrees and masks: which weight may carry what, as pure functions.

Knows: a hidden unit of degree m sees the inputs of columns at positions < m, and an output sees the hidden units whose
degree is at most the position of its column. Every path from an input to an output then leads from an earlier
position to a strictly later one, which is what makes the product of the conditionals a normalised density.
This is the only maker of masks over weights, which `made_cli.core.products` applies; of rows under an ordering each
`made_cli.core.per_row` and `made_cli.core.earlier` mask the activations, by the same rule.

Reference: Germain et al. 2015, equations 8 and 9, counted from position 0.
"""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor


class Mask(NamedTuple):
    """Which weights (R, C) are kept: a row keeps those of the columns that come before its bound.

    Attributes:
        bounds: (R,).
        places: (C,) the place of each column.

    >>> Mask(torch.tensor([1, 3]), torch.tensor([2, 0, 1])).dense(torch.long).tolist()
    [[0, 1, 0], [1, 1, 1]]
    """

    bounds: Tensor
    places: Tensor

    @property
    def is_sorted(self) -> bool:
        """Whether both ascend."""
        return is_ascending(self.bounds) and is_ascending(self.places)

    @property
    def _is_long(self) -> bool:
        """Whether there are more places than whole numbers of 16 bits."""
        return any(each.numel() and int(each.max()) > torch.iinfo(torch.int16).max for each in self)

    def dense(self, dtype: torch.dtype) -> Tensor:
        """Returns (R, C), 1 where a weight is kept and 0 elsewhere."""
        comparable = torch.int32 if dtype == torch.int16 and self._is_long else dtype
        return comes_before(self.places.to(comparable), self.bounds.to(comparable).unsqueeze(1)).to(dtype)


def as_masked(values: Tensor) -> Tensor:
    """Returns values as the numbers that 0 and 1 of a mask are multiplied with, in the same place.

    Those of bfloat16 are the whole numbers that their bits are: these take a third of the time.

    >>> as_masked(torch.tensor([2.5, -3.0], dtype=torch.bfloat16)).mul_(torch.tensor([1, 0])).view(torch.bfloat16)
    tensor([2.5000, 0.0000], dtype=torch.bfloat16)
    """
    return values.view(torch.int16) if values.dtype == torch.bfloat16 else values


def comes_before(places: Tensor, bounds: Tensor, out: Tensor | None = None) -> Tensor:
    """Says, 1 or 0, which places come before bounds, both as numbers of one precision; in `out`, where that is given.

    Compared as the numbers that it is made of: several times as fast as by way of truth values.
    """
    return torch.lt(places, bounds, out=places.new_empty(0) if out is None else out)


def counted_before(positions: Tensor, size: int) -> list[int]:
    """Returns how many things come before each position, from those of their columns, and how many there are.

    >>> counted_before(torch.tensor([2, 0, 2]), 3)
    [0, 1, 1, 3]
    """
    return [0, *torch.bincount(positions, minlength=size).cumsum(0).tolist()]


def owned_by(owners: Tensor, count: int) -> tuple[Tensor, ...]:
    """Returns, for each of so many owners, the places of what it owns, ascending.

    >>> owned_by(torch.tensor([1, 0, 1]), 3)
    (tensor([1]), tensor([0, 2]), tensor([], dtype=torch.int64))
    """
    return torch.split(owners.argsort(stable=True), torch.bincount(owners, minlength=count).tolist())


def is_ascending(numbers: Tensor) -> bool:
    """Says whether no number (n,) is below the one before it."""
    return bool((numbers[1:] >= numbers[:-1]).all())


class Masks(NamedTuple):
    """The masks of I inputs and O outputs under one ordering.

    Attributes:
        input: (H, I) which inputs a unit of the first hidden layer sees.
        hidden: an (H_next, H) mask for every pair of neighbouring hidden layers.
        output: (O, H) which units of the last hidden layer an output sees.
        direct: (R, J) which inputs an output sees by direct connections, of those that have any.
    """

    input: Mask
    hidden: tuple[Mask, ...]
    output: Mask
    direct: Mask


def even_degrees(size: int, units: int) -> Tensor:
    """Returns (H,) ascending degrees 1..D−1 spread evenly over `units` hidden units.

    A table of one column leaves a unit nothing to see: its degree is 0.

    >>> even_degrees(4, 6).tolist()
    [1, 1, 2, 2, 3, 3]
    """
    if size == 1:
        return torch.zeros(units, dtype=torch.long)
    return 1 + torch.arange(units) * (size - 1) // units


def drawn_degrees(size: int, units: int, seed: int) -> Tensor:
    """Returns (H,) ascending degrees drawn uniformly from 1..D−1.

    They are sorted, so that layers of one width keep units of like degree side by side.
    """
    if size == 1:
        return torch.zeros(units, dtype=torch.long)
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(1, size, (units,), generator=generator).sort().values


def make_masks(
    positions: Tensor,
    degrees: tuple[Tensor, ...],
    input_columns: Tensor,
    output_columns: Tensor,
    direct: tuple[Tensor, Tensor] | None = None,
) -> Masks:
    """Makes the masks of one ordering.

    Args:
        positions: (D,) the place of each column in the ordering.
        degrees: for each hidden layer (H,) the degrees of its units.
        input_columns: (I,) the column that each input belongs to.
        output_columns: (O,) the column that each output is for.
        direct: the columns of the inputs and of the outputs with direct connections; None for all of them.

    Returns:
        Masks over inputs, units and outputs. The number of paths from an input of column c to an output of column d
        through them is positive only where `positions[c] < positions[d]`.

    >>> columns = torch.arange(3)
    >>> masks = make_masks(torch.tensor([1, 0, 2]), (even_degrees(3, 2),), columns, columns)
    >>> [mask.dense(torch.long).tolist() for mask in (masks.input, masks.output)]
    [[[0, 1, 0], [1, 1, 0]], [[1, 0], [0, 0], [1, 1]]]
    """
    inputs, outputs = positions[input_columns], positions[output_columns]
    direct_inputs, direct_outputs = (positions[columns] for columns in direct or (input_columns, output_columns))
    return Masks(
        input=Mask(degrees[0], inputs),
        hidden=hidden_masks(degrees),
        output=Mask(outputs + 1, degrees[-1]),
        direct=Mask(direct_outputs, direct_inputs),
    )


def hidden_masks(degrees: tuple[Tensor, ...]) -> tuple[Mask, ...]:
    """Makes the (H_next, H) masks between neighbouring hidden layers, which are those of every ordering.

    >>> hidden_masks((torch.tensor([1, 2]), torch.tensor([1, 2])))[0].dense(torch.long).tolist()
    [[1, 0], [1, 1]]
    """
    return tuple(Mask(above + 1, below) for below, above in pairwise(degrees))
