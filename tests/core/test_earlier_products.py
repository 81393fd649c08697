"""Patches of masks, row by row: what they leave, their gradients, and that rows do not see each other."""

import pytest
import torch
from torch import Tensor

from made_cli.core import earlier
from made_cli.core.earlier import Blocks, Rows
from made_cli.core.earlier_products import Patches

SIZE = 5
DEGREES = torch.tensor([1, 1, 2, 3, 3, 3, 4])
FEATURES = torch.tensor([2, 0, 0, 3, 4, 1, 1, 1])
"""The positions of the columns of the features; indicators come after them."""
AS_MANY, ONE_EACH = torch.tensor([4, 0, 3, 0, 2]), torch.tensor([4, 1, 3, 0, 2])
OUTPUTS = torch.tensor([4, 3, 3, 0, 1, 2])


@pytest.fixture(autouse=True, params=[1, 2, 16])
def positions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier, "POSITIONS", request.param)


def blocks(features: Tensor = FEATURES, *, told: bool = True) -> Blocks:
    owners = torch.cat([features, torch.arange(SIZE)]) if told else features
    return Blocks(owners, len(features), OUTPUTS, [DEGREES], SIZE)


def places(count: int) -> Tensor:
    """Drawn ones: of known columns how many known ones come before, of unknown ones at least as many as there are."""
    present = (torch.rand(SIZE, count, generator=torch.Generator().manual_seed(0)) > 0.3).double()
    return present.cumsum(0) - SIZE * present + SIZE - 1


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("of_features", [FEATURES, AS_MANY, ONE_EACH])
def test_units_read_what_stands_before_their_degree_but_what_all_rows_read(of_features: Tensor, told: bool) -> None:
    own = blocks(of_features, told=told)
    rows, weight = Rows(own, places(9)), drawn(len(DEGREES), len(own.order))
    owners = torch.cat([of_features, torch.arange(SIZE)])[own.order]
    present, features = (places(9) < SIZE - 1).double(), drawn(len(of_features), 9).detach()
    inputs = own.inputs_of(features, present)
    told_of = torch.cat([features * present[of_features], present])
    torch.testing.assert_close(inputs, told_of[own.order])
    reads = places(9)[owners] < DEGREES.view(-1, 1, 1)
    of_own_block = earlier.block_of(owners)[:, None] >= earlier.block_of(DEGREES).view(-1, 1, 1)
    expected = (weight.unsqueeze(2) * inputs * (reads & of_own_block)).sum(1)
    found = Patches(weight, own.first, own, own.inputs).more_read(rows, inputs)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def test_gradients_are_those_of_what_is_read() -> None:
    own, weight = blocks(), drawn(len(DEGREES), len(FEATURES) + SIZE)
    rows, present = Rows(own, places(4)), (places(4) < SIZE - 1).double()

    def units(features: Tensor, weight: Tensor) -> Tensor:
        return Patches(weight, own.first, own, own.inputs).more_read(rows, own.inputs_of(features, present))

    def outputs(active: Tensor, weight: Tensor) -> Tensor:
        return Patches(weight.T, own.last, own, own.outputs.counts).less_read(rows, active)

    assert torch.autograd.gradcheck(units, (drawn(len(FEATURES), 4), weight))
    assert torch.autograd.gradcheck(outputs, (drawn(len(DEGREES), 4), drawn(len(OUTPUTS), len(DEGREES))))


def test_patches_that_no_row_needs_are_left_out() -> None:
    whole = torch.arange(SIZE, dtype=torch.float64).unsqueeze(1)
    assert all(degrees == columns for degrees, columns in Rows(blocks(), whole).patches)
