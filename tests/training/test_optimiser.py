"""The optimiser takes the steps of AdamW, shortens long gradients, and is taken up where it was left."""

import copy

import pytest
import torch
from torch import Tensor

from made_cli.config import TrainingConfig
from made_cli.core.gradients import Gradients
from made_cli.core.made import Made
from made_cli.training import optimiser
from made_cli.training.optimiser import BETAS, CLIP, Optimiser
from tests.core.small import MIXED, drawn_made

CONFIG = TrainingConfig(weight_decay=0.3)


def loss_of(made: Made, size: float) -> Tensor:
    """A loss whose gradient has a length of this size, and another direction in every place."""
    weights = torch.cat([weight.flatten() for weight in made.parameters()])
    towards = torch.randn(len(weights), dtype=weights.dtype, generator=torch.Generator().manual_seed(0))
    loss: Tensor = (weights * towards * (size / towards.norm())).sum()
    return loss


def weights_of(made: Made) -> list[Tensor]:
    return [weight.detach().clone() for weight in made.parameters()]


@pytest.mark.parametrize("size", [0.5 * CLIP, 3 * CLIP])
def test_its_steps_are_those_of_adamw_with_the_gradient_clipped_and_biases_not_decayed(size: float) -> None:
    made = drawn_made(MIXED)
    other = copy.deepcopy(made)
    own = Optimiser(made, CONFIG)
    matrices, biases = ([weight for weight in other.parameters() if weight.ndim == ndim] for ndim in (2, 1))
    groups = [{"params": matrices, "weight_decay": 0.3}, {"params": biases, "weight_decay": 0.0}]
    adamw = torch.optim.AdamW(groups, betas=BETAS)
    for rate in (0.01, 0.02, 0.005):
        own.take_step(loss_of(made, size), Gradients(), rate)
        for group in adamw.param_groups:
            group["lr"] = rate
        adamw.zero_grad()
        torch.autograd.backward(loss_of(other, size))
        torch.nn.utils.clip_grad_norm_(other.parameters(), CLIP)
        adamw.step()
    torch.testing.assert_close(weights_of(made), weights_of(other), rtol=1e-6, atol=1e-9)


def test_one_that_takes_up_the_state_of_another_goes_on_as_it() -> None:
    made = drawn_made(MIXED)
    own = Optimiser(made, CONFIG)
    own.take_step(loss_of(made, 1.0), Gradients(), 0.01)
    state = {slot: {name: value.clone() for name, value in kept.items()} for slot, kept in own.state().items()}
    other = copy.deepcopy(made)
    resumed = Optimiser(other, CONFIG)
    resumed.restore(state)
    for each, network in ((own, made), (resumed, other)):
        each.take_step(loss_of(network, 2.0), Gradients(), 0.01)
    assert all(torch.equal(*pair) for pair in zip(weights_of(made), weights_of(other), strict=True))


def test_weights_that_do_not_fit_in_one_part_take_the_same_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    made = drawn_made(MIXED)
    other = copy.deepcopy(made)
    whole = Optimiser(made, CONFIG)
    monkeypatch.setattr(optimiser, "AT_ONCE", 50)
    cut = Optimiser(other, CONFIG)
    assert len(cut.parts) > len(whole.parts) == 2
    for each, network in ((whole, made), (cut, other)):
        each.take_step(loss_of(network, 2 * CLIP), Gradients(), 0.01)
    assert all(torch.equal(*pair) for pair in zip(weights_of(made), weights_of(other), strict=True))


def test_a_gradient_that_lies_transposed_in_memory_moves_the_weights_the_same() -> None:
    # As gradients do that come of products with rows that have unknown cells.
    made = drawn_made(MIXED)
    other = copy.deepcopy(made)
    towards = torch.randn(made.network.input_weight.shape, generator=torch.Generator().manual_seed(0))
    for network, lies in ((made, towards), (other, towards.T.contiguous().T)):
        weight = network.network.input_weight
        rest = sum(((2 * each).sum() for each in network.parameters() if each is not weight), torch.zeros(()))
        Optimiser(network, CONFIG).take_step((weight * lies).sum() + rest, Gradients(), 0.01)
    assert all(torch.equal(*pair) for pair in zip(weights_of(made), weights_of(other), strict=True))
