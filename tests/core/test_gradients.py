"""Gradients in the form that the way back has them in are those that autograd gives."""

import pytest
import torch

from made_cli.core.gradients import Gradients, Outer
from made_cli.core.known_cells import KnownCells
from made_cli.core.made import Made
from made_cli.core.masks import Mask
from tests.core.small import MIXED, drawn_made, orderings, sample_in_passes


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def found_by(made: Made, codes: torch.Tensor, count: int, gradients: Gradients | None) -> list[torch.Tensor | None]:
    """What autograd finds of the gradients of all weights, for rows under so many orderings."""
    cells = KnownCells(made, gradients=gradients)
    loss = torch.stack([cells.log_prob(codes, ordering).sum() for ordering in orderings(7)[:count]]).sum()
    return list(torch.autograd.grad(loss, list(made.parameters()), allow_unused=True))


@pytest.mark.parametrize("count", [1, 2])
def test_what_is_taken_up_is_what_autograd_would_find(count: int) -> None:
    made = drawn_made(MIXED, (16, 16, 12))
    codes = sample_in_passes(made, orderings(7)[0], drawn(30, 7).sigmoid())
    expected = found_by(made, codes, count, None)
    gradients = Gradients()
    for weight, rest in zip(made.parameters(), found_by(made, codes, count, gradients), strict=True):
        assert (rest is None) == (weight.ndim == 2)  # all matrices go there, and nothing else
        if rest is not None:
            gradients.add(weight, rest)
    for weight, whole in zip(made.parameters(), expected, strict=True):
        assert whole is not None
        written = gradients.written(weight, torch.full_like(weight, torch.nan))
        torch.testing.assert_close(written, whole, rtol=1e-9, atol=1e-9)
    length = torch.cat([whole.flatten() for whole in expected if whole is not None]).norm()
    torch.testing.assert_close(gradients.length(), length, rtol=1e-9, atol=0)


def test_an_outer_product_under_a_mask_is_as_long_as_it_is_written_out() -> None:
    mask = Mask(torch.tensor([0, 3, 5, 1]), torch.tensor([2, 0, 4, 1, 3]))
    outer = Outer(drawn(4), mask)
    written = outer.write(torch.empty(4, 5, dtype=torch.float64))
    torch.testing.assert_close(written, drawn(4).unsqueeze(1) * mask.dense(torch.float64))
    torch.testing.assert_close(outer.length(), written.norm())


def test_the_length_of_many_numbers_in_bfloat16_is_not_rounded_to_it() -> None:
    numbers = drawn(300, 200).bfloat16()
    gradients = Gradients()
    gradients.add(torch.empty(300, 200), numbers)
    assert float(gradients.length()) == pytest.approx(float(numbers.double().norm()), rel=3e-4)
