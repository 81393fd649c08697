"""The optimiser of a network: AdamW on its weight matrices, Adam on its biases.

Knows: which weights decay, and what the optimiser carries from step to step.

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
CLIP = 5.0
"""Gradients that together are longer than this are shortened to it."""
SLOTS = ("step", "exp_avg", "exp_avg_sq")
"""What AdamW keeps of each weight."""


def optimiser_of(made: Made, config: TrainingConfig) -> torch.optim.Optimizer:
    """Makes the optimiser of a network."""
    matrices = [weight for weight in made.parameters() if weight.ndim == 2]
    vectors = [weight for weight in made.parameters() if weight.ndim == 1]
    groups: list[dict[str, object]] = [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}]
    decay = config.weight_decay or 0.0
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=BETAS, weight_decay=decay, fused=True)


def take_step(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Moves the weights along their gradients, at a learning rate; gradients that are too long are shortened before."""
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    for group in optimiser.param_groups:
        group["lr"] = rate
    norm = torch.nn.utils.get_total_norm([weight.grad for weight in weights if weight.grad is not None])
    if not float(norm) <= CLIP:  # mostly they are not: then they are only read
        torch.nn.utils.clip_grads_with_norm_(weights, CLIP, norm)
    optimiser.step()


def optimiser_state(optimiser: torch.optim.Optimizer, made: Made) -> dict[str, dict[str, Tensor]]:
    """Returns what the optimiser keeps, by slot and weight: nothing before the first step."""
    state = {name: optimiser.state[weight] for name, weight in made.named_parameters()}
    return {slot: {name: kept[slot] for name, kept in state.items() if slot in kept} for slot in SLOTS}


def restore_optimiser(optimiser: torch.optim.Optimizer, made: Made, slots: Mapping[str, Mapping[str, Tensor]]) -> None:
    """Takes up what `optimiser_state` returned."""
    for name, weight in made.named_parameters():
        kept = {slot: named[name].to(weight.device) for slot, named in slots.items() if name in named}
        optimiser.state[weight].update(kept)
