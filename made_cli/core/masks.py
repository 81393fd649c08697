"""Degrees and masks: which weight may carry what, as pure functions.

Knows: a hidden unit of degree m sees the columns at positions < m, and an output sees the hidden units whose
degree is at most the position of its column. Every path from an input to an output then leads from an earlier
position to a strictly later one, which is what makes the product of the conditionals a normalised density.
This is the only maker of masks.

Reference: Germain et al. 2015, equations 8 and 9, counted from position 0.
"""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor


class Masks(NamedTuple):
    """The masks of one network under one ordering; True where a weight is kept.

    Attributes:
        visible: (H, D) which columns a unit of the first hidden layer sees.
        hidden: a (H_next, H) mask for every pair of neighbouring hidden layers.
        readable: (D, H) which units of the last hidden layer the outputs of a column see.
        earlier: (D, D) which columns come before a column: the mask of direct connections.
    """

    visible: Tensor
    hidden: tuple[Tensor, ...]
    readable: Tensor
    earlier: Tensor


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


def make_masks(positions: Tensor, degrees: tuple[Tensor, ...]) -> Masks:
    """Makes the masks of one ordering.

    Args:
        positions: (D,) the place of each column in the ordering.
        degrees: for each hidden layer (H,) the degrees of its units.

    Returns:
        Boolean masks over columns and units. The number of paths from column c to column d through them is
        positive only where `positions[c] < positions[d]`.

    >>> masks = make_masks(torch.tensor([1, 0, 2]), (even_degrees(3, 2),))
    >>> masks.visible.int().tolist(), masks.readable.int().tolist()
    ([[0, 1, 0], [1, 1, 0]], [[1, 0], [0, 0], [1, 1]])
    """
    first, last = degrees[0], degrees[-1]
    return Masks(
        visible=positions[None, :] < first[:, None],
        hidden=hidden_masks(degrees),
        readable=last[None, :] <= positions[:, None],
        earlier=positions[None, :] < positions[:, None],
    )


def hidden_masks(degrees: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Makes the (H_next, H) masks between neighbouring hidden layers, which are those of every ordering.

    >>> hidden_masks((torch.tensor([1, 2]), torch.tensor([1, 2])))[0].int().tolist()
    [[1, 0], [1, 1]]
    """
    return tuple(below[None, :] <= above[:, None] for below, above in pairwise(degrees))
