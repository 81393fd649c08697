"""Regions of many rows are those of each row."""

import math
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from made_cli.tables.columns.regions import EVERY_NUMBER, Region, union
from made_cli.tables.columns.row_regions import EVERYTHING, Regions, either
from tests.tables.columns.test_regions import regions

ROWS = st.lists(regions(), min_size=1, max_size=4)
CELLS = [*map(float, range(-9, 10)), math.nan]


def stacked(drawn: Sequence[Region]) -> Regions:
    """Each as a row, by way of `either`."""
    rows = Regions.of(drawn[0])
    for place, region in enumerate(drawn):
        rows = either(np.arange(len(drawn)) == place, Regions.of(region), rows)
    return rows


def cells_of(region: Region) -> list[bool]:
    return [region.empty if math.isnan(cell) else cell in region for cell in CELLS]


def in_rows(sets: Regions, rows: int) -> list[list[bool]]:
    columns = [sets.contains(np.full(rows, cell)) for cell in CELLS]
    return [[bool(inside) for inside in row] for row in zip(*columns, strict=True)]


@given(ROWS)
def test_rows_have_the_cells_of_their_regions_and_not_those_of_the_opposite(drawn: list[Region]) -> None:
    rows = stacked(drawn)
    assert in_rows(rows, len(drawn)) == [cells_of(region) for region in drawn]
    assert in_rows(~rows, len(drawn)) == [cells_of(~region) for region in drawn]
    assert [rows[place] for place in range(len(drawn))] == drawn
    assert rows.present.tolist() == list(map(bool, drawn))


@given(st.lists(st.tuples(regions(), regions()), min_size=1, max_size=4))
def test_rows_meet_and_join_as_their_regions_do(pairs: list[tuple[Region, Region]]) -> None:
    first, second = (stacked(part) for part in zip(*pairs, strict=True))
    assert in_rows(first & second, len(pairs)) == [cells_of(one & other) for one, other in pairs]
    assert in_rows(first | second, len(pairs)) == [cells_of(union(pair)) for pair in pairs]
    assert first.meets(second).tolist() == [bool(one & other) for one, other in pairs]


@given(ROWS)
def test_codes_make_the_regions_that_they_are_taken_from(drawn: list[Region]) -> None:
    rows = stacked(drawn)
    codes = rows.codes(5)
    assert codes.tolist() == [[code in region for code in range(5)] for region in drawn]
    assert Regions.of_codes(codes).codes(5).tolist() == codes.tolist()


@given(ROWS)
def test_one_region_for_all_rows_is_that_of_each(drawn: list[Region]) -> None:
    rows, one = stacked(drawn), Regions.of(Region(((-2, 3),), empty=True))
    assert in_rows(rows & one, len(drawn)) == [cells_of(region & one[0]) for region in drawn]
    assert in_rows(rows & EVERYTHING, len(drawn)) == [cells_of(region) for region in drawn]
    assert one.take(np.array([0, 0])) is one


def test_everything_is_every_cell() -> None:
    assert EVERYTHING[0] == union([EVERY_NUMBER, Region((), empty=True)])
