"""Activations: rectified, some of them dropped, and the way of a gradient back."""

import pytest
import torch

from made_cli.core.activations import Activation, Dropout


def dropout(rate: float) -> Dropout:
    return Dropout(rate, torch.Generator().manual_seed(3))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_the_share_that_is_asked_for_is_dropped_and_the_rest_makes_up_for_it(rate: float) -> None:
    active = Activation(dropout(rate))(torch.ones(500, 201))
    assert float((active == 0).double().mean()) == pytest.approx(rate, abs=0.01)
    assert float(active.double().mean()) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("rate", [None, 0.3])
def test_the_gradient_is_that_of_what_was_done(rate: float | None) -> None:
    hidden = torch.randn(9, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    moved = torch.randn(9, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    whole, written_out = (Activation(None if rate is None else dropout(rate)) for _ in range(2))
    (expected,) = torch.autograd.grad(whole(hidden), hidden, moved)
    active = written_out.unscaled(hidden.detach(), torch.float64)
    torch.testing.assert_close(
        active * written_out.scale, Activation(None if rate is None else dropout(rate))(hidden.detach())
    )
    torch.testing.assert_close(written_out.gradient(moved, active) * written_out.scale, expected)
