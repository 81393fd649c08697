"""The optimiser of a network: AdamW on its weight matrices, Adam on its biases.

Knows: which weights decay, and what is carried from step to step. All weights take a step in two calls of torch's fused
kernel: for a small network, what `torch.optim` does around it costs as much as a layer.

Reference: Loshchilov & Hutter, *Decoupled Weight Decay Regularization*, ICLR 2019.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from made_cli.config import TrainingConfig
from made_cli.core.made import Made

BETAS = (0.9, 0.99)
"""Decays of Adam's moments. Gradients differ much from one ordering and one batch to the next, the more where sharp
numbers make few rows heavy: a longer memory of their squares, 0.999, keeps the steps small long after."""
EPSILON = 1e-8
CLIP = 5.0
"""Gradients that together are longer than this are shortened to it."""
SLOTS = ("step", "exp_avg", "exp_avg_sq")
"""What is kept of each weight: how many steps it has taken, and the moments of its gradient."""


class Optimiser:
    """Moves the weights of a network.

    Args:
        made: the network.
        config: says how much its weight matrices decay.
    """

    def __init__(self, made: Made, config: TrainingConfig) -> None:
        # Matrices first, then biases: each of the two takes its steps at once.
        named = sorted(made.named_parameters(), key=lambda item: item[1].ndim, reverse=True)
        self.names, self.weights = [name for name, _ in named], [weight.detach() for _, weight in named]
        self.parameters = [weight for _, weight in named]
        matrices = sum(weight.ndim == 2 for weight in self.weights)
        self.decays = ((slice(matrices), config.weight_decay or 0.0), (slice(matrices, None), 0.0))
        self.step = torch.zeros((), device=made.device)
        self.moments = [[torch.zeros_like(weight) for weight in self.weights] for _ in range(2)]

    def take_step(self, loss: Tensor, rate: float) -> None:
        """Moves the weights against the gradient of a loss, at a learning rate; one that is too long is shortened."""
        gradients = torch.autograd.grad(loss, self.parameters)
        length = torch.stack(torch._foreach_norm(gradients)).norm()
        divisor = None if float(length) <= CLIP else (length / CLIP).float()  # mostly they are not longer
        self.step += 1
        first, second = self.moments
        for part, decay in self.decays:
            torch._fused_adamw_(
                self.weights[part],
                gradients[part],
                first[part],
                second[part],
                max_exp_avg_sqs=[],
                state_steps=[self.step] * len(self.weights[part]),
                lr=rate,
                beta1=BETAS[0],
                beta2=BETAS[1],
                weight_decay=decay,
                eps=EPSILON,
                amsgrad=False,
                maximize=False,
                grad_scale=divisor,
            )

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
