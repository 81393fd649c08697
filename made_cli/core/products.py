"""Products with masked weights, in blocks: what the masks leave is multiplied, and little else.

Knows: with its rows in the order of their bounds and its columns in that of their places, what a mask keeps is a
staircase: every row keeps as many of the first columns as the row above it, or more. Cut into a few blocks of rows, all
that is right of a block is left out, and only the edge of a block is masked. Where a block would be too small to be
worth it there is one, of all rows and columns. Weights stay stored as they are; what is sorted is sorted here.

Products may be of another precision than weights and values: of bfloat16, which takes a processor with matrix units a
quarter of the time. Weights are rounded to it as they are masked, values and gradients as they are multiplied; all that
is added to a product, and what comes of it, has the precision of the weights.
"""

from collections.abc import Sequence
from itertools import pairwise, starmap
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from made_cli.core.activations import Activation
from made_cli.core.gradients import Gradients, handed_over
from made_cli.core.masks import Mask, as_masked, is_ascending

BLOCK = 250
"""Rows and columns, at least, of each block: a processor takes about as long for smaller products."""
BFLOAT16_BLOCK = 500
"""The same of products in bfloat16. Sorting costs more there than blocks save: a mask that is not sorted has one."""
MOST_BLOCKS = 4


class Block(NamedTuple):
    """Some rows of the staircase.

    Attributes:
        rows: of them.
        common: how many of the first columns all these rows keep.
        width: how many any of them keeps.
        edge: (rows, width − common) 1 where a weight between is kept and 0 elsewhere; as `as_masked` takes them.
    """

    rows: slice
    common: int
    width: int
    edge: Tensor


class Staircase:
    """A mask, cut into blocks; made once for a mask.

    Args:
        mask: over weights (R, C).
        dtype: the precision of the products.

    >>> stairs = Staircase(Mask(torch.tensor([1, 3]), torch.tensor([2, 0, 1])), torch.float32)
    >>> stairs.cut(torch.tensor([[2.0, 3.0, 4.0], [5.0, 6.0, 7.0]]))[0].tolist()
    [[0.0, 3.0, 0.0], [5.0, 6.0, 7.0]]
    """

    def __init__(self, mask: Mask, dtype: torch.dtype) -> None:
        self.mask, self.dtype = mask, dtype
        bounds, places = mask
        height, width = len(bounds), len(places)
        count = _block_count(mask, dtype)
        cuts = [height * block // count for block in range(count + 1)]
        ends = [(0, width)]
        self.row_order = self.column_order = None
        if count > 1:
            (bounds, self.row_order), (places, self.column_order) = _ascending(bounds), _ascending(places)
            kept = torch.searchsorted(places, bounds)[[*cuts[:-1], *(cut - 1 for cut in cuts[1:])]].tolist()
            ends = list(zip(kept[:count], kept[count:], strict=True))
        self.row_places, self.column_places = _inverse(self.row_order), _inverse(self.column_order)
        self.blocks = []
        for rows, (common, most) in zip(starmap(slice, pairwise(cuts)), ends, strict=True):
            edge = Mask(bounds[rows], places[common:most]).dense(as_masked(torch.empty(0, dtype=dtype)).dtype)
            self.blocks.append(Block(rows, common, most, edge))

    def cut(self, weight: Tensor) -> list[Tensor]:
        """Returns the masked weights (rows, width) of each block, of weights (R, C)."""
        parts = []
        for block in self.blocks:
            part = weight[block.rows] if self.row_order is None else weight.index_select(0, self.row_order[block.rows])
            if self.column_order is not None:
                part = part.index_select(1, self.column_order[: block.width])
            part = part[:, : block.width]
            if part.dtype == self.dtype and not block.common:  # copied as it is masked
                parts.append(part * block.edge)
                continue
            part = part.to(self.dtype, copy=True)
            as_masked(part[:, block.common :]).mul_(block.edge)
            parts.append(part)
        return parts

    def product(self, values: Tensor, parts: Sequence[Tensor], scale: float = 1.0) -> Tensor:
        """Returns (N, R) of values (N, C) and the masked weights of each block, times a scale."""
        values = _ordered(values, 1, self.column_order)
        result = _empty(len(self.mask.bounds), like=values)
        for block, part in zip(self.blocks, parts, strict=True):
            _multiply(values[:, : block.width], part.T, scale, result[:, block.rows])
        return _ordered(result, 1, self.row_places)

    def values_gradient(self, gradient: Tensor, parts: Sequence[Tensor], scale: float = 1.0) -> Tensor:
        """Returns that of the values (N, C), from that of the product (N, R)."""
        gradient = _ordered(gradient, 1, self.row_order)
        result = gradient.new_empty(len(gradient), len(self.mask.places))
        if len(self.blocks) == 1:  # of all columns
            _multiply(gradient, parts[0], scale, result)
            return result
        result.zero_()
        for block, part in zip(self.blocks, parts, strict=True):
            result[:, : block.width].addmm_(gradient[:, block.rows], part, alpha=scale)
        return _ordered(result, 1, self.column_places)

    def weight_gradient(self, gradient: Tensor, values: Tensor, scale: float = 1.0) -> Tensor:
        """Returns that of the weights (R, C), from that of the product (N, R) and the values (N, C)."""
        gradient, values = _ordered(gradient, 1, self.row_order), _ordered(values, 1, self.column_order)
        result = gradient.new_empty(gradient.shape[1], values.shape[1])
        for block in self.blocks:
            part = result[block.rows] if self.column_order is None else torch.empty_like(result[block.rows])
            _multiply(gradient[:, block.rows].T, values[:, : block.width], scale, part[:, : block.width])
            as_masked(part[:, block.common : block.width]).mul_(block.edge)
            part[:, block.width :].zero_()
            if self.column_places is not None:
                torch.index_select(part, 1, self.column_places, out=result[block.rows])
        return _ordered(result, 0, self.row_places)


class MaskedMatrix:
    """Weights under a mask, of which the product is taken with batch after batch.

    Args:
        weight: (R, C), not masked; differentiable in it, as it is now.
        stairs: its mask.
        gradients: take up that of the weight; None to give it to whoever differentiates.
    """

    def __init__(self, weight: Tensor, stairs: Staircase, gradients: Gradients | None = None) -> None:
        self.weight, self.stairs, self.gradients = weight, stairs, gradients
        self.parts = stairs.cut(weight.detach())

    def __call__(self, values: Tensor, *added: Tensor, activation: Activation | None = None) -> Tensor:
        """Returns the product, and what is added to it: a layer in one step.

        Args:
            values: (N, C).
            added: a bias (R,), or numbers (N, R).
            activation: of the values, before they are multiplied.

        Returns:
            (N, R).
        """
        result: Tensor = _Layer.apply(self, activation, values, self.weight, *added)  # type: ignore[no-untyped-call]
        return result


class _Context(FunctionCtx):
    """What the way forward leaves for the way back."""

    matrix: MaskedMatrix
    activation: Activation | None
    is_bias: list[bool]
    saved_tensors: tuple[Tensor, ...]
    needs_input_grad: tuple[bool, ...]


class _Layer(torch.autograd.Function):
    """A layer of masked weights, which takes gradients through what the mask keeps alone."""

    @staticmethod
    def forward(
        ctx: _Context,
        matrix: MaskedMatrix,
        activation: Activation | None,
        values: Tensor,
        weight: Tensor,
        *added: Tensor,
    ) -> Tensor:
        """Returns (N, R)."""
        products, scale = matrix.stairs.dtype, 1.0 if activation is None else activation.scale
        active = values.to(products) if activation is None else activation.unscaled(values, products)
        ctx.save_for_backward(active)
        ctx.matrix, ctx.activation, ctx.is_bias = matrix, activation, [each.ndim == 1 for each in added]
        result = matrix.stairs.product(active, matrix.parts, scale).to(weight.dtype)
        for each in added:
            result += each
        return result

    @staticmethod
    def backward(ctx: _Context, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Returns the gradients of the values, of the weights and of what was added."""
        (gradient,), (active,) = gradients, ctx.saved_tensors
        stairs, activation = ctx.matrix.stairs, ctx.activation
        rounded, scale = gradient.to(stairs.dtype), 1.0 if activation is None else activation.scale
        of_values = of_weight = None
        if ctx.needs_input_grad[2]:
            of_values = stairs.values_gradient(rounded, ctx.matrix.parts, scale)
            of_values = (of_values if activation is None else activation.gradient(of_values, active)).to(gradient.dtype)
        if ctx.needs_input_grad[3]:
            of_weight = stairs.weight_gradient(rounded, active, scale)
            of_weight = handed_over(ctx.matrix.weight, of_weight, ctx.matrix.gradients)
        of_added = [
            (gradient.sum(0) if is_bias else gradient) if needed else None
            for is_bias, needed in zip(ctx.is_bias, ctx.needs_input_grad[4:], strict=True)
        ]
        return None, None, of_values, of_weight, *of_added


def _multiply(left: Tensor, right: Tensor, scale: float, out: Tensor) -> None:
    """Writes the product of two matrices, times a scale."""
    torch.addmm(out, left, right, beta=0, alpha=scale, out=out)


def _block_count(mask: Mask, dtype: torch.dtype) -> int:
    """Returns into how many blocks it pays to cut a mask."""
    height, width = len(mask.bounds), len(mask.places)
    if mask.bounds.device.type != "cpu":  # small products take as long as large ones there
        return 1
    if dtype != torch.bfloat16:
        return max(1, min(MOST_BLOCKS, height // BLOCK, width // BLOCK))
    return max(1, min(MOST_BLOCKS, height // BFLOAT16_BLOCK, width // BFLOAT16_BLOCK)) if mask.is_sorted else 1


def _ascending(numbers: Tensor) -> tuple[Tensor, Tensor | None]:
    """Returns numbers (n,) sorted, and the order that sorts them; None for one that is theirs already."""
    if is_ascending(numbers):
        return numbers, None
    found = numbers.sort(stable=True)
    return found.values, found.indices


def _ordered(values: Tensor, dim: int, order: Tensor | None) -> Tensor:
    # Many times as fast as values[:, order].
    return values if order is None else values.index_select(dim, order)


def _inverse(order: Tensor | None) -> Tensor | None:
    """Returns the order that undoes one."""
    return None if order is None else order.argsort()


def _empty(width: int, like: Tensor) -> Tensor:
    """Returns room for numbers (N, width), those of a row side by side, or those of a column, as others (N, …) are."""
    if like.stride(0) > like.stride(1) or like.is_contiguous():
        return like.new_empty(len(like), width)
    return like.new_empty(width, len(like)).T
