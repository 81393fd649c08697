"""The sums of the rows of masked weights: their product with inputs that are always 1.

Knows: neither the mask nor the gradient needs to be kept as a matrix: both are made as they are read.
"""

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from made_cli.core.gradients import Gradients, Outer, handed_over
from made_cli.core.masks import Mask


def row_sums(weight: Tensor, mask: Mask, gradients: Gradients | None = None) -> Tensor:
    """Returns the product with inputs that are always 1.

    Args:
        weight: (R, C), not masked.
        mask: over it.
        gradients: take up that of the weight; None to give it to whoever differentiates.

    Returns:
        (R,) the sums over what the mask keeps of each row.

    >>> row_sums(torch.tensor([[2.0, 3.0, 4.0], [5.0, 6.0, 7.0]]), Mask(torch.tensor([1, 3]), torch.tensor([2, 0, 1])))
    tensor([ 3., 18.])
    """
    sums: Tensor = _RowSums.apply(weight, mask, gradients)  # type: ignore[no-untyped-call]
    return sums


class _Context(FunctionCtx):
    """What the way forward leaves for the way back."""

    weight: Tensor
    mask: Mask
    gradients: Gradients | None


class _RowSums(torch.autograd.Function):
    """See `row_sums`; its gradient is an outer product under the mask."""

    @staticmethod
    def forward(ctx: _Context, weight: Tensor, mask: Mask, gradients: Gradients | None) -> Tensor:
        """Returns (R,)."""
        ctx.weight, ctx.mask, ctx.gradients = weight, mask, gradients
        return mask.dense(weight.dtype).mul_(weight).sum(1)

    @staticmethod
    def backward(ctx: _Context, *gradients: Tensor) -> tuple[Tensor | None, None, None]:
        """Returns the gradient of the weights."""
        return handed_over(ctx.weight, Outer(gradients[0], ctx.mask), ctx.gradients), None, None
