"""What units and outputs read of each other in patches, where every row has a mask of its own.

Knows: one product for all rows has units read the columns of all blocks before their own, and outputs the units of all
degrees up to the end of their own block. Patches (`made_cli.core.earlier`) add to what the units read and take from
what the outputs read. In a row that a patch does not concern it changes nothing, to the bit: what becomes of a row does
not depend on those beside it. Masks are made anew on the way back, which is as fast as to keep them.
"""

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from made_cli.core.earlier import Blocks, Rows, Units


class Patches:
    """Weights between units and things of columns, cut into patches once for as many batches as there are.

    Args:
        weight: (H, T) not masked; differentiable in it, as it is now. The things are in the order of their blocks.
        units: of the layer.
        blocks: of the ordering.
        counts: how many things each block has.
    """

    def __init__(self, weight: Tensor, units: Units, blocks: Blocks, counts: list[int]) -> None:
        self.weight, self.units, self.blocks, self.counts = weight, units, blocks, counts
        self.parts = self.cut(units.spread(weight.detach()))

    def by_degree(self, numbers: Tensor) -> tuple[Tensor, ...]:
        """Returns (M, u, …) for each block of degrees, of numbers (D · u, …)."""
        return torch.split(numbers.view(self.blocks.bounds[-1], -1, numbers.shape[1]), self.blocks.sizes)

    def cut(self, numbers: Tensor) -> list[tuple[Tensor, ...]]:
        """Returns (M, u, T') for each block of degrees and each of columns, of numbers (D · u, T)."""
        return [torch.split(each, self.counts, dim=2) for each in self.by_degree(numbers)]

    def more_read(self, rows: Rows, inputs: Tensor) -> Tensor:
        """Returns (H, N) what units read of the columns of their own block and of later ones.

        Args:
            rows: at hand.
            inputs: (I, N) in the order of their blocks, zeros where a column is unknown.
        """
        result: Tensor = _MoreRead.apply(self, rows, inputs, self.weight)  # type: ignore[no-untyped-call]
        return result

    def less_read(self, rows: Rows, active: Tensor) -> Tensor:
        """Returns (O, N) what outputs do not read of units of their own block and of earlier ones.

        Args:
            rows: at hand.
            active: (H, N) activations.
        """
        result: Tensor = _LessRead.apply(self, rows, active, self.weight)  # type: ignore[no-untyped-call]
        return result


class _Context(FunctionCtx):
    """What the way forward leaves for the way back."""

    patches: Patches
    rows: Rows
    saved_tensors: tuple[Tensor, ...]
    needs_input_grad: tuple[bool, ...]


class _MoreRead(torch.autograd.Function):
    @staticmethod
    def forward(ctx: _Context, patches: Patches, rows: Rows, inputs: Tensor, _: Tensor) -> Tensor:
        ctx.save_for_backward(inputs)
        ctx.patches, ctx.rows, own = patches, rows, torch.split(inputs, patches.counts)
        result = inputs.new_zeros(patches.units.room, rows.count)
        results = patches.by_degree(result)
        for degrees, columns in rows.patches:
            results[degrees].baddbmm_(patches.parts[degrees][columns], rows.read(degrees, columns, own[columns]))
        return patches.units.taken(result)

    @staticmethod
    def backward(ctx: _Context, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Returns the gradients of the inputs, if they need any, and of the weights."""
        (inputs,), patches, rows = ctx.saved_tensors, ctx.patches, ctx.rows
        of_inputs = torch.zeros_like(inputs) if ctx.needs_input_grad[2] else None
        of_results, own = patches.by_degree(patches.units.spread(gradients[0])), torch.split(inputs, patches.counts)
        of_weight = inputs.new_zeros(patches.units.room, len(inputs))
        of_parts = patches.cut(of_weight)
        for degrees, columns in rows.patches:
            read = rows.read(degrees, columns, own[columns])
            of_parts[degrees][columns].copy_(torch.bmm(of_results[degrees], read.mT))
            if of_inputs is not None:
                through = torch.bmm(patches.parts[degrees][columns].mT, of_results[degrees])
                torch.split(of_inputs, patches.counts)[columns].add_(rows.features_of(degrees, columns, through))
        return None, None, of_inputs, patches.units.taken(of_weight)


class _LessRead(torch.autograd.Function):
    @staticmethod
    def forward(ctx: _Context, patches: Patches, rows: Rows, active: Tensor, _: Tensor) -> Tensor:
        ctx.save_for_backward(active)
        ctx.patches, ctx.rows, outputs = patches, rows, rows.blocks.outputs
        activations = patches.by_degree(patches.units.spread(active))
        result = active.new_zeros(len(outputs.order), rows.count)
        results = torch.split(result, patches.counts)
        for degrees, columns in rows.patches:
            own = patches.parts[degrees][columns].mT
            read = torch.bmm(own, activations[degrees], out=rows.room(*own.shape[:2], other=True))
            outputs.masked(read, rows.mask(degrees, columns), columns, read)
            results[columns].add_(read.sum(0))
        return result

    @staticmethod
    def backward(ctx: _Context, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Returns the gradients of the activations and of the weights."""
        (active,), patches, rows = ctx.saved_tensors, ctx.patches, ctx.rows
        active, own = patches.units.spread(active), torch.split(gradients[0], patches.counts)
        of_active, of_weight = torch.zeros_like(active), active.new_zeros(len(active), len(gradients[0]))
        activations, of_activations = patches.by_degree(active), patches.by_degree(of_active)
        of_parts = patches.cut(of_weight)
        for degrees, columns in rows.patches:
            masked = rows.room(len(activations[degrees]), len(own[columns]), other=True)
            rows.blocks.outputs.masked(own[columns], rows.mask(degrees, columns), columns, masked)
            of_parts[degrees][columns].copy_(torch.bmm(activations[degrees], masked.mT))
            of_activations[degrees].baddbmm_(patches.parts[degrees][columns], masked)
        return None, None, patches.units.taken(of_active), patches.units.taken(of_weight)
