"""What units and outputs read otherwise in rows whose known columns stand earlier than an ordering has them.

Knows: units of the first hidden layer read some columns more than under the ordering, and outputs some units less: patch by
patch (`made_cli.core.earlier`). In a row that a patch does not concern it changes nothing, to the bit, so what becomes
of a row does not depend on those beside it. Masks are made anew on the way back: that is faster than to keep them.
"""

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from made_cli.core.earlier import Rows


def more_read(rows: Rows, inputs: Tensor, weight: Tensor) -> Tensor:
    """Returns (D · u, N) what units of the first hidden layer read of columns that stand earlier.

    Args:
        rows: at hand.
        inputs: (I, N) in the order of their blocks, zeros where a column is unknown.
        weight: (D · u, I) not masked, of u units of each degree.
    """
    result: Tensor = _MoreRead.apply(rows, inputs, weight)  # type: ignore[no-untyped-call]
    return result


def less_read(rows: Rows, active: Tensor, weight: Tensor) -> Tensor:
    """Returns (O, N) what outputs of columns that stand earlier no longer read of the last hidden layer.

    Args:
        rows: at hand.
        active: (D · u, N) activations of u units of each degree.
        weight: (D · u, O) not masked, the outputs in the order of their blocks.
    """
    result: Tensor = _LessRead.apply(rows, active, weight)  # type: ignore[no-untyped-call]
    return result


class _Context(FunctionCtx):
    """What the way forward leaves for the way back."""

    rows: Rows
    saved_tensors: tuple[Tensor, Tensor]
    needs_input_grad: tuple[bool, ...]


class _MoreRead(torch.autograd.Function):
    @staticmethod
    def forward(ctx: _Context, rows: Rows, inputs: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(inputs, weight)
        ctx.rows, result, own = rows, inputs.new_zeros(len(weight), rows.count), inputs.split(rows.blocks.inputs)
        results, weights = _by_degree(result, rows), _by_degree_and_column(weight, rows, rows.blocks.inputs)
        for degrees, columns in rows.patches:
            results[degrees].baddbmm_(weights[degrees][columns], rows.read(degrees, columns, own[columns]))
        return result

    @staticmethod
    def backward(ctx: _Context, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Returns the gradients of the inputs, if they need any, and of the weights."""
        (inputs, weight), rows = ctx.saved_tensors, ctx.rows
        of_inputs, of_weight = torch.zeros_like(inputs), torch.zeros_like(weight)
        own, of_own = (each.split(rows.blocks.inputs) for each in (inputs, of_inputs))
        weights, of_weights = (_by_degree_and_column(each, rows, rows.blocks.inputs) for each in (weight, of_weight))
        gradient, features = _by_degree(gradients[0].contiguous(), rows), rows.blocks.features
        for degrees, columns in rows.patches:
            read = rows.read(degrees, columns, own[columns])
            of_weights[degrees][columns].copy_(torch.bmm(gradient[degrees], read.mT))
            if ctx.needs_input_grad[1]:
                count = features.counts[columns]
                through = torch.bmm(weights[degrees][columns][..., :count].mT, gradient[degrees])
                features.masked(through, rows.mask(degrees, columns), columns, through)
                of_own[columns][:count].add_(through.sum(0))
        return None, of_inputs, of_weight


class _LessRead(torch.autograd.Function):
    @staticmethod
    def forward(ctx: _Context, rows: Rows, active: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(active, weight)
        ctx.rows, outputs, result = rows, rows.blocks.outputs, active.new_zeros(weight.shape[1], rows.count)
        activations, weights = _by_degree(active, rows), _by_degree_and_column(weight, rows, outputs.counts)
        results = result.split(outputs.counts)
        for degrees, columns in rows.patches:
            own = weights[degrees][columns].mT
            read = torch.bmm(own, activations[degrees], out=rows.room(*own.shape[:2], other=True))
            outputs.masked(read, rows.mask(degrees, columns), columns, read)
            results[columns].add_(read.sum(0))
        return result

    @staticmethod
    def backward(ctx: _Context, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Returns the gradients of the activations and of the weights."""
        (active, weight), rows, outputs = ctx.saved_tensors, ctx.rows, ctx.rows.blocks.outputs
        of_active, of_weight, gradient = torch.zeros_like(active), torch.zeros_like(weight), gradients[0]
        activations, of_activations = (_by_degree(each, rows) for each in (active, of_active))
        weights, of_weights = (_by_degree_and_column(each, rows, outputs.counts) for each in (weight, of_weight))
        own = gradient.split(outputs.counts)
        for degrees, columns in rows.patches:
            masked = rows.room(len(activations[degrees]), len(own[columns]), other=True)
            outputs.masked(own[columns], rows.mask(degrees, columns), columns, masked)
            of_weights[degrees][columns].copy_(torch.bmm(activations[degrees], masked.mT))
            of_activations[degrees].baddbmm_(weights[degrees][columns], masked)
        return None, of_active, of_weight


def _by_degree(numbers: Tensor, rows: Rows) -> tuple[Tensor, ...]:
    """Returns (M, u, …) for each block of degrees, of numbers (D · u, …)."""
    return numbers.view(rows.blocks.bounds[-1], -1, numbers.shape[1]).split(rows.blocks.sizes)


def _by_degree_and_column(numbers: Tensor, rows: Rows, counts: list[int]) -> list[tuple[Tensor, ...]]:
    """Returns (M, u, T') for each block of degrees and each of columns, of numbers (D · u, T) of so many things each."""
    return [each.split(counts, dim=2) for each in _by_degree(numbers, rows)]
