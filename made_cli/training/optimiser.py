"""The optimiser of a network: AdamW on its weight matrices, Adam on its biases.

Knows: which weights decay, and what is carried from step to step. As many weights as a cache holds take a step at once,
in a call of torch's fused kernel, and their gradients are written out for it just before: for a small network, what
`torch.optim` does around a call costs as much as a layer; for a large one, to write all gradients out costs two.

Reference: Loshchilov & Hutter, *Decoupled Weight Decay Regularization*, ICLR 2019.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate, groupby
from typing import NamedTuple

import torch
from torch import Tensor

from made_cli.config import TrainingConfig
from made_cli.core.gradients import Gradients
from made_cli.core.made import Made
from made_cli.training.processes import ALONE, Processes

BETAS = (0.9, 0.99)
"""Decays of Adam's moments. Gradients differ much from one ordering and one batch to the next, the more where sharp
numbers make few rows heavy: a longer memory of their squares, 0.999, keeps the steps small long after."""
EPSILON = 1e-8
CLIP = 5.0
"""Gradients that together are longer than this are shortened to it."""
AT_ONCE = 2**19
"""Weights that take a step at once, about; a matrix of more does so by itself."""
SLOTS = ("step", "exp_avg", "exp_avg_sq")
"""What is kept of each weight: how many steps it has taken, and the moments of its gradient."""


class _Part(NamedTuple):
    """Weights that take a step at once, how much they decay, and where their gradients are written out."""

    weights: slice
    decay: float
    places: list[Tensor]


class Optimiser:
    """Moves the weights of a network.

    Args:
        made: the network.
        config: says how much its weight matrices decay.
        processes: that move it together.
    """

    def __init__(self, made: Made, config: TrainingConfig, processes: Processes = ALONE) -> None:
        self.processes = processes
        # Matrices first, then biases: each has a decay of its own.
        named = sorted(made.named_parameters(), key=lambda item: item[1].ndim, reverse=True)
        self.names, self.parameters = [name for name, _ in named], [weight for _, weight in named]
        self.weights = [weight.detach() for weight in self.parameters]
        self.step = torch.zeros((), device=made.device)
        self.moments = [[torch.zeros_like(weight) for weight in self.weights] for _ in range(2)]
        self.parts = _parts(self.weights, config.weight_decay or 0.0)

    def take_step(self, loss: Tensor, gradients: Gradients, rate: float) -> Tensor:
        """Moves the weights against the gradient of a loss, at a learning rate; one that is too long is shortened.

        Args:
            loss: a scalar; of several processes a part of it.
            gradients: those that its way back does not give to whoever differentiates.
            rate: the learning rate.

        Returns:
            The loss of all processes.
        """
        found = torch.autograd.grad(loss, self.parameters, allow_unused=True)
        for weight, own in zip(self.parameters, found, strict=True):
            if own is not None:
                gradients.add(weight, own)
        loss, gradients = self._summed(loss.detach(), gradients)
        length = gradients.length()
        divisor = None if float(length) <= CLIP else (length / CLIP).float()  # mostly they are not longer
        self.step += 1
        first, second = self.moments
        for part, decay, places in self.parts:
            torch._fused_adamw_(
                self.weights[part],
                [gradients.written(*each) for each in zip(self.parameters[part], places, strict=True)],
                first[part],
                second[part],
                max_exp_avg_sqs=[],
                state_steps=[self.step] * len(places),
                lr=rate,
                beta1=BETAS[0],
                beta2=BETAS[1],
                weight_decay=decay,
                eps=EPSILON,
                amsgrad=False,
                maximize=False,
                grad_scale=divisor,
            )
        return loss

    def _summed(self, loss: Tensor, gradients: Gradients) -> tuple[Tensor, Gradients]:
        """Returns the sums of loss and gradients over all processes."""
        if self.processes.is_alone:
            return loss, gradients
        written = [gradients.written(weight, torch.empty_like(weight)) for weight in self.parameters]
        loss, *summed = self.processes.sum((loss, *written))
        gradients = Gradients()
        for weight, each in zip(self.parameters, summed, strict=True):
            gradients.add(weight, each)
        return loss, gradients

    def state(self) -> dict[str, dict[str, Tensor]]:
        """Returns what is kept, by slot and weight."""
        steps = [self.step.clone() for _ in self.names]
        return {
            slot: dict(zip(self.names, kept, strict=True))
            for slot, kept in zip(SLOTS, (steps, *self.moments), strict=True)
        }

    def restore(self, slots: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Takes up what `state` returned; before the first step there may be nothing."""
        for slot, kept in zip(SLOTS[1:], self.moments, strict=True):
            for name, moment in zip(self.names, kept, strict=True):
                moment.copy_(slots[slot].get(name, torch.zeros(())))
        steps = slots[SLOTS[0]]
        self.step.copy_(steps[self.names[0]] if steps else torch.zeros(()))


def _parts(weights: Sequence[Tensor], decay: float) -> list[_Part]:
    """Cuts weights into parts, of which all write their gradients to the same places.

    Args:
        weights: matrices, then biases.
        decay: of matrices.
    """
    starts = accumulate((weight.numel() for weight in weights), initial=0)
    of_parts = groupby(zip(weights, starts, strict=False), key=lambda each: (each[0].ndim, each[1] // AT_ONCE))
    sizes = [[weight.numel() for weight, _ in own] for _, own in of_parts]
    scratch, parts, start = weights[0].new_empty(max(map(sum, sizes))), [], 0
    for each in sizes:
        own = slice(start, start := start + len(each))
        places = torch.split(scratch[: sum(each)], each)
        views = [place.view_as(weight) for place, weight in zip(places, weights[own], strict=True)]
        parts.append(_Part(own, decay if views[0].ndim == 2 else 0.0, views))
    return parts
