"""The share of intervals that a mixture of logistics has: the gradient is that of the value."""

import pytest
import torch

from made_cli.core.distributions.geometry import CALCULABLE
from made_cli.core.distributions.log_mass import log_share
from made_cli.core.distributions.log_within import log_within
from tests.core.distributions.test_log_mass import drawn

BOUND = torch.tensor([-0.5, -1e4], dtype=torch.float64)


def intervals(low: torch.Tensor, width: torch.Tensor, *, inside: bool = True) -> torch.Tensor:
    return torch.stack([low, low + width, width.log(), torch.full_like(low, float(inside))], dim=-1)


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("bound", [None, BOUND], ids=["unbounded", "bounded"])
@pytest.mark.parametrize("width", [1e-5, 0.3, 40.0], ids=["fine", "usual", "wide"])
def test_its_gradient_is_that_of_its_value(bound: torch.Tensor | None, width: float, *, inside: bool) -> None:
    logistics, low = drawn(5, 2, 4, 3, seed=0).requires_grad_(), drawn(5, 2, 3, seed=1)
    some = intervals(low, torch.full_like(low, width), inside=inside)
    assert torch.autograd.gradcheck(lambda each: log_within(each, some, bound).log_share, (logistics,))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_intervals_without_an_end_have_finite_gradients_and_no_interval_has_no_mass(dtype: torch.dtype) -> None:
    low = torch.tensor([-CALCULABLE, 0.5, -CALCULABLE, 0.0], dtype=dtype)
    width = torch.tensor([CALCULABLE, CALCULABLE, 2 * CALCULABLE, 0.0], dtype=dtype)
    some = intervals(low, width)
    some[0, 1] = 0.5
    logistics = drawn(1, 1, 4, 3, seed=0).to(dtype).requires_grad_()
    share = log_within(logistics, some.view(1, 1, 4, 4), None).log_share
    below, above, everything, nothing = share.flatten().exp().tolist()
    assert below + above == pytest.approx(1, abs=1e-6)
    assert everything == pytest.approx(1, abs=1e-6)
    assert nothing == 0
    (gradient,) = torch.autograd.grad(share[..., :3].sum(), logistics)
    assert bool(gradient.isfinite().all())


def test_the_shares_on_either_side_of_the_bound_sum_to_1() -> None:
    logistics, ends = drawn(1, 1, 4, 3, seed=0), torch.tensor([-1e6, -2.0, -0.5, 0.7], dtype=torch.float64)
    some = intervals(ends, torch.tensor([1e6 - 2, 1.5, 1.2, 1e6], dtype=torch.float64))
    some[:2, 3] = 0
    shares = log_within(logistics, some.view(1, 1, 4, 4), BOUND[:1]).log_share.exp().flatten()
    torch.testing.assert_close(shares.view(2, 2).sum(1), torch.ones(2, dtype=torch.float64), rtol=0, atol=1e-9)


def test_the_interval_of_a_cell_has_the_share_of_the_cell() -> None:
    logistics, low, width = drawn(5, 2, 4, 3, seed=0), drawn(5, 2, seed=1), drawn(5, 2, seed=2).exp()
    expected = log_share(logistics, low + width / 2, (width / 2).log(), BOUND)
    found = log_within(logistics, intervals(low, width).unsqueeze(2), BOUND)
    torch.testing.assert_close(found.log_share.squeeze(2), expected, rtol=1e-9, atol=1e-12)


def test_logistics_share_what_lies_in_an_interval_and_have_none_of_no_interval() -> None:
    logistics, low = drawn(5, 2, 4, 3, seed=0), drawn(1, 2, 3, seed=1)
    found = log_within(
        logistics, intervals(low, torch.tensor([[[0.5, 2.0, 0.0]]], dtype=torch.float64).expand_as(low)), BOUND
    )
    sums = found.of_logistics.sum(2)
    torch.testing.assert_close(sums[..., :2], torch.ones_like(sums[..., :2]))
    assert not found.of_logistics[..., 2].any()
