"""Products in blocks are those with masked weights."""

import pytest
import torch

from made_cli.config import Direct
from made_cli.core import products
from made_cli.core.activations import Activation, Dropout
from made_cli.core.made import Made
from made_cli.core.masks import Mask
from made_cli.core.orderings import Ordering
from made_cli.core.products import MaskedMatrix, Staircase
from tests.core.small import MIXED, drawn_made, orderings, sample_in_passes


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def whole_numbers(count: int, seed: int, most: int = 6) -> torch.Tensor:
    return torch.randint(0, most, (count,), generator=torch.Generator().manual_seed(seed))


@pytest.fixture(params=[1, 3, 250], ids=lambda size: f"blocks of {size}")
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(products, "BLOCK", request.param)
    monkeypatch.setattr(products, "BFLOAT16_BLOCK", request.param)
    return int(request.param)


MASKS = {
    "drawn": Mask(whole_numbers(17, 1), whole_numbers(13, 2)),
    "ascending": Mask(whole_numbers(17, 1).sort().values, whole_numbers(13, 2).sort().values),
    "everything": Mask(torch.full((5,), 9), whole_numbers(7, 3)),
    "nothing": Mask(torch.zeros(5, dtype=torch.long), whole_numbers(7, 3)),
    "no columns": Mask(whole_numbers(5, 1), whole_numbers(0, 2)),
    "no rows": Mask(whole_numbers(0, 1), whole_numbers(7, 2)),
    "a triangle": Mask(torch.arange(40) + 1, torch.arange(40).flip(0)),
}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("rows", [0, 1, 9])
def test_products_and_gradients_are_those_of_the_weights_times_the_mask(mask: Mask, rows: int, block: int) -> None:
    height, width = len(mask.bounds), len(mask.places)
    weight, values = drawn(height, width).requires_grad_(), drawn(rows, width, seed=1).requires_grad_()
    expected = values @ (weight * mask.dense(torch.float64)).T
    found = MaskedMatrix(weight, Staircase(mask, torch.float64))(values)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    moved = drawn(rows, height, seed=2)
    for one, other in zip(
        torch.autograd.grad(found, (values, weight), moved),
        torch.autograd.grad(expected, (values, weight), moved),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("residual", [True, False])
def test_a_layer_is_activation_product_bias_and_what_is_added(block: int, residual: bool) -> None:
    mask = MASKS["a triangle"]
    weight, bias, hidden = drawn(40, 40), drawn(40, seed=1), drawn(9, 40, seed=2)
    inputs = [each.requires_grad_() for each in (weight, bias, hidden)]

    def dropping() -> Activation:
        return Activation(Dropout(0.3, torch.Generator().manual_seed(5)))

    expected = dropping()(hidden) @ (weight * mask.dense(torch.float64)).T + bias + (hidden if residual else 0)
    added = (bias, hidden) if residual else (bias,)
    found = MaskedMatrix(weight, Staircase(mask, torch.float64))(hidden, *added, activation=dropping())
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    moved = drawn(9, 40, seed=3)
    of_found, of_expected = (torch.autograd.grad(each, inputs, moved) for each in (found, expected))
    torch.testing.assert_close(of_found, of_expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("mask", [MASKS["a triangle"], Mask(torch.arange(600).flip(0), torch.arange(700).roll(300))])
def test_products_in_bfloat16_are_of_what_the_mask_keeps_and_differ_by_their_rounding(mask: Mask, block: int) -> None:
    # Whole numbers above 256 are not all told apart in bfloat16.
    height, width = len(mask.bounds), len(mask.places)
    weight, values = drawn(height, width).float().requires_grad_(), drawn(9, width, seed=1).float().requires_grad_()
    kept = mask.dense(torch.float64)
    found = MaskedMatrix(weight, Staircase(mask, torch.bfloat16))(values)
    moved = drawn(9, height, seed=2).float()
    of_values, of_weight = torch.autograd.grad(found, (values, weight), moved)
    assert {each.dtype for each in (found, of_values, of_weight)} == {torch.float32}
    assert torch.equal(of_weight != 0, (kept * 1).bool())
    doubles = values.detach().double(), weight.detach().double() * kept, moved.double()
    for one, other in (
        (found, doubles[0] @ doubles[1].T),
        (of_values, doubles[2] @ doubles[1]),
        (of_weight, (doubles[2].T @ doubles[0]) * kept),
    ):
        assert float((one.detach().double() - other).norm() / other.norm()) < 0.01


def test_blocks_leave_out_what_no_row_of_theirs_keeps() -> None:
    triangle = Mask(torch.arange(1000).flip(0), torch.arange(1000).roll(300))
    parts = Staircase(triangle, torch.float32).cut(torch.ones(1000, 1000))
    assert len(parts) == 4
    assert sum(part.numel() for part in parts) == pytest.approx(1000 * 1000 * 5 / 8, rel=0.01)
    assert sum(float(part.sum()) for part in parts) == 1000 * 999 / 2


def test_weights_are_masked_as_they_were_when_it_was_asked_for() -> None:
    weight = drawn(6, 6)
    matrix = MaskedMatrix(weight, Staircase(Mask(torch.full((6,), 1), torch.zeros(6, dtype=torch.long)), torch.float64))
    before = matrix(torch.ones(1, 6, dtype=torch.float64))
    weight.zero_()
    assert torch.equal(matrix(torch.ones(1, 6, dtype=torch.float64)), before)


@pytest.mark.parametrize("direct", ["all", "few"])
def test_a_network_in_blocks_has_the_density_and_the_gradients_of_one_without(
    direct: Direct, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = drawn_made(MIXED, (16, 16, 12), direct=direct)
    codes = sample_in_passes(made, orderings(7)[0], drawn(30, 7).sigmoid())
    for ordering in orderings(7):
        monkeypatch.setattr(products, "BLOCK", 10**6)
        whole = terms_and_gradients(fresh(made), codes, ordering)
        monkeypatch.setattr(products, "BLOCK", 2)
        for one, other in zip(terms_and_gradients(fresh(made), codes, ordering), whole, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


def fresh(made: Made) -> Made:
    """The same network, with nothing remembered of its masks."""
    other = Made(made.kinds, made.config, torch.Generator()).double()
    other.load_state_dict(made.state_dict())
    return other


def terms_and_gradients(made: Made, codes: torch.Tensor, ordering: Ordering) -> list[torch.Tensor]:
    terms = made.log_prob(codes, ordering)
    return [terms.detach(), *torch.autograd.grad(terms.sum(), list(made.parameters()))]
