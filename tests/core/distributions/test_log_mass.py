"""The share of its cell that a mixture of logistics has: the gradient is that of the value."""

import pytest
import torch

from made_cli.core.distributions.log_mass import LOG_SCALES, log_share


def drawn(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("bound", [None, torch.tensor([-0.5, -1e4], dtype=torch.float64)], ids=["unbounded", "bounded"])
@pytest.mark.parametrize("log_half", [-12.0, -2.0, 1.5], ids=["fine", "usual", "wide"])
def test_its_gradient_is_that_of_its_value(bound: torch.Tensor | None, log_half: float) -> None:
    logistics, centre = drawn(5, 2, 4, 3, seed=0).requires_grad_(), drawn(5, 2, seed=1)
    halves = drawn(5, 2, seed=2) * 0.1 + log_half
    assert torch.autograd.gradcheck(lambda each: log_share(each, centre, halves, bound), (logistics,))


def test_scales_beyond_their_range_have_no_gradient() -> None:
    logistics = drawn(1, 1, 4, 3, seed=0)
    logistics[..., 2] = torch.tensor([LOG_SCALES[0] - 1, LOG_SCALES[1] + 1, 0.0, 1.0])
    logistics.requires_grad_()
    zero = torch.zeros(1, 1, dtype=torch.float64)
    (gradient,) = torch.autograd.grad(log_share(logistics, zero, zero - 2, None).sum(), logistics)
    assert (gradient[0, 0, :, 2] == 0).tolist() == [True, True, False, False]


def test_the_shares_of_all_cells_above_the_bound_sum_to_1() -> None:
    logistics = drawn(1, 1, 4, 3, seed=0).expand(4000, -1, -1, -1)
    centre = torch.arange(4000, dtype=torch.float64).unsqueeze(1) * 0.1 - 0.45  # the first begins at the bound
    half = torch.full_like(centre, 0.05).log()
    share = log_share(logistics, centre, half, torch.tensor([-0.5], dtype=torch.float64)).exp()
    assert float(share.sum()) == pytest.approx(1, abs=1e-9)
