"""Columns in order are seen from each other."""

import math
from copy import deepcopy

import torch

from made_cli.core.distributions.logistics import MixtureOfLogistics
from made_cli.core.offsets import MOVED
from tests.core.test_rules import ruled

MADE, CODES = ruled("numbers")
IN, OUT = (next(place for place, kind in enumerate(MADE.kinds) if kind.name == name) for name in ("in", "out"))


def moved(column: int, codes: torch.Tensor, *known: int) -> torch.Tensor:
    """How far the moved locations are moved, with some columns known."""
    places = MADE.offsets.locations(column)
    outputs = torch.zeros(len(codes), len(MADE.outputs_of(column)), dtype=torch.float64)
    before = torch.tensor([[place in known for place in range(len(MADE.kinds))]])
    return MADE.offsets.moved(column, outputs, codes, before).index_select(1, places)


def test_the_columns_in_order_are_moved_and_no_others() -> None:
    assert MADE.offsets.columns == [IN, OUT]


def test_locations_are_counted_from_the_other_column_where_it_is_known() -> None:
    for column, other in ((OUT, IN), (IN, OUT)):
        part = MADE.single(column)
        assert isinstance(part, MixtureOfLogistics)
        expected = part.geometry.scale(CODES[:, [other]]).expand(-1, MOVED)
        torch.testing.assert_close(moved(column, CODES, other), expected)
        assert not moved(column, CODES, column, 0).any()


def test_nothing_is_counted_from_an_empty_cell() -> None:
    codes = CODES.clone()
    codes[::2, IN] = math.nan
    assert not moved(OUT, codes, IN)[::2].any()
    assert moved(OUT, codes, IN)[1::2].all()


def test_training_begins_at_the_other_column() -> None:
    made = deepcopy(MADE)
    made.start_from_base_rates(CODES)
    for column in (IN, OUT):
        bias = made.network.output_bias[made.outputs_of(column)]
        assert not bias[made.offsets.locations(column)].any()
