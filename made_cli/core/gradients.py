"""Gradients of weights, each in the form that the way back has it in.

Knows: that of a matrix may be in bfloat16, and that of weights which read inputs that are always 1 is an outer product
under a mask. An optimiser has them written out one after another, in the same place: the gradients of a large network
in full precision are more than a cache holds, and to write and read them all takes as long as the products.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from made_cli.core.masks import Mask, comes_before


class Outer(NamedTuple):
    """A gradient (R, D) that is the same all along a row where a mask keeps the weight, and 0 elsewhere.

    Attributes:
        rows: (R,) that of each row.
        mask: over weights of the D columns in an ordering: a row keeps as many as its bound says.
    """

    rows: Tensor
    mask: Mask

    def length(self) -> Tensor:
        """Returns its Euclidean norm."""
        return _norm(self.rows * self.mask.bounds.to(self.rows.dtype).sqrt())

    def write(self, out: Tensor) -> Tensor:
        """Writes it out.

        >>> Outer(torch.tensor([2.0, 3.0]), Mask(torch.tensor([1, 2]), torch.tensor([1, 0]))).write(torch.empty(2, 2))
        tensor([[0., 2.],
                [3., 3.]])
        """
        bounds, places = (each.to(out.dtype) for each in self.mask)
        return comes_before(places, bounds.unsqueeze(1), out).mul_(self.rows.unsqueeze(1))


class Gradients:
    """What a way back has found of the gradients of weights; filled as it goes."""

    def __init__(self) -> None:
        self._found: dict[Tensor, tuple[Tensor | Outer, Tensor]] = {}

    def add(self, weight: Tensor, gradient: Tensor | Outer) -> None:
        """Takes up the gradient of a weight, beside what was found of it before."""
        if weight in self._found:
            both = self._found[weight][0], gradient
            gradient = torch.stack([_written(each, torch.empty_like(weight)) for each in both]).sum(0)
        self._found[weight] = gradient, _length(gradient)  # while it is at hand

    def length(self) -> Tensor:
        """Returns the Euclidean norm of all gradients together."""
        return _norm(torch.stack([length for _, length in self._found.values()]))

    def written(self, weight: Tensor, out: Tensor) -> Tensor:
        """Returns the gradient of a weight in full precision, row after row: as it is, or else written out."""
        return _written(self._found[weight][0], out)


def handed_over(weight: Tensor, gradient: Tensor | Outer, taker: Gradients | None) -> Tensor | None:
    """Gives the gradient of a weight to who takes it up; where nobody does, returns it written out."""
    if taker is None:
        return _written(gradient, torch.empty_like(weight))
    taker.add(weight, gradient)
    return None


def _length(gradient: Tensor | Outer) -> Tensor:
    if isinstance(gradient, Outer):
        return gradient.length()
    if gradient.dtype == torch.bfloat16:  # to which torch rounds the norm: those of rows are many
        gradient = _norm(gradient, dim=1).float()
    return _norm(gradient)


def _norm(numbers: Tensor, dim: int | None = None) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(numbers, dim=dim)
    return norm


def _written(gradient: Tensor | Outer, out: Tensor) -> Tensor:
    if isinstance(gradient, Outer):
        return gradient.write(out)
    # Fused kernels take numbers as they lie in memory, and a gradient may lie there transposed.
    return gradient if gradient.dtype == out.dtype and gradient.is_contiguous() else out.copy_(gradient)
