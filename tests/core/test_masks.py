"""What may flow where: degrees and masks."""

import numpy as np
import pytest
import torch

from made_cli.core.masks import Mask, Masks, drawn_degrees, even_degrees, make_masks


def paths(masks: Masks) -> torch.Tensor:
    """Counts the paths from each column (second axis) to the output of each column (first axis)."""
    product = masks.input.dense(torch.double)
    for mask in masks.hidden:
        product = mask.dense(torch.double) @ product
    return masks.output.dense(torch.double) @ product


def masks_of_columns(positions: torch.Tensor, degrees: tuple[torch.Tensor, ...]) -> Masks:
    """The masks where each column is one input and one output."""
    columns = torch.arange(len(positions))
    return make_masks(positions, degrees, columns, columns)


def is_earlier(positions: torch.Tensor) -> torch.Tensor:
    place = positions.tolist()
    return torch.tensor([[before < after for before in place] for after in place])


def drawn_positions(size: int, seed: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).permutation(size))


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("widths", [(12,), (12, 12), (6, 18, 12), (12, 12, 12)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_paths_lead_from_each_column_to_exactly_those_after_it(size: int, widths: tuple[int, ...], seed: int) -> None:
    positions = drawn_positions(size, seed)
    masks = masks_of_columns(positions, tuple(even_degrees(size, width) for width in widths))
    assert torch.equal(paths(masks) > 0, is_earlier(positions))


@pytest.mark.parametrize("size", [1, 2, 5, 40])
@pytest.mark.parametrize("widths", [(1,), (3,), (3, 3), (9, 4, 9), (4, 9)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_path_leads_to_a_column_from_itself_or_later_ones_whatever_the_degrees(
    size: int, widths: tuple[int, ...], seed: int
) -> None:
    positions = drawn_positions(size, seed)
    for degrees in (even_degrees, lambda size, width: drawn_degrees(size, width, seed)):
        masks = masks_of_columns(positions, tuple(degrees(size, width) for width in widths))
        assert not (paths(masks)[~is_earlier(positions)] > 0).any()


@pytest.mark.parametrize("size", [1, 2, 9])
def test_direct_connections_lead_from_each_column_to_exactly_those_after_it(size: int) -> None:
    positions = drawn_positions(size, 5)
    assert torch.equal(
        masks_of_columns(positions, (even_degrees(size, 2),)).direct.dense(torch.double) > 0, is_earlier(positions)
    )


def test_inputs_and_outputs_have_the_paths_of_the_columns_that_they_belong_to() -> None:
    positions, degrees = drawn_positions(4, 1), (even_degrees(4, 9), even_degrees(4, 12))
    inputs, outputs = torch.tensor([2, 0, 0, 3, 1, 0, 1, 2, 3]), torch.tensor([3, 3, 1, 0, 2, 1])
    masks, of_columns = (
        make_masks(positions, degrees, inputs, outputs),
        masks_of_columns(positions, degrees),
    )
    assert torch.equal(paths(masks), paths(of_columns)[outputs][:, inputs])
    assert torch.equal(masks.direct.dense(torch.long), of_columns.direct.dense(torch.long)[outputs][:, inputs])


@pytest.mark.parametrize(("size", "units"), [(2, 5), (5, 4), (5, 13), (30, 7), (784, 500)])
def test_degrees_ascend_from_1_and_are_spread_evenly(size: int, units: int) -> None:
    degrees = even_degrees(size, units)
    assert degrees.min() == 1
    assert degrees.max() < size
    assert (degrees.diff() >= 0).all()
    counts = torch.bincount(degrees, minlength=size)[1:]
    assert counts.max() - counts.min() <= 1


def test_drawn_degrees_are_those_of_their_seed_ascending_and_reach_every_column() -> None:
    degrees = drawn_degrees(6, 200, 3)
    assert torch.equal(degrees, drawn_degrees(6, 200, 3))
    assert not torch.equal(degrees, drawn_degrees(6, 200, 4))
    assert (degrees.diff() >= 0).all()
    assert set(degrees.tolist()) == {1, 2, 3, 4, 5}


def test_places_beyond_whole_numbers_of_16_bits_are_told_apart() -> None:
    mask = Mask(torch.tensor([2**15 + 1, 2**15 - 1]), torch.tensor([2**15, 2**15 - 2, 2**16]))
    assert mask.dense(torch.int16).tolist() == [[1, 1, 0], [0, 1, 0]]
