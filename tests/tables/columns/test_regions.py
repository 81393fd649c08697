"""The algebra of sets of cells, cell by cell."""

import math

from hypothesis import given
from hypothesis import strategies as st

from made_cli.tables.columns.regions import EVERY_NUMBER, Region, cells

REACH = 12
CELLS = range(-REACH - 3, REACH + 4)
"""Past the ends of all drawn intervals, where nothing changes any more."""


@st.composite
def regions(draw: st.DrawFn) -> Region:
    """Disjoint ascending intervals, the outer ones perhaps without an end; perhaps with the empty cell."""
    bounds = draw(st.lists(st.integers(-REACH, REACH), max_size=6).map(sorted))
    pairs = [[low, high] for low, high in zip(bounds[::2], bounds[1::2], strict=False)]
    apart = [pair for place, pair in enumerate(pairs) if place == 0 or pairs[place - 1][1] < pair[0]]
    intervals: list[tuple[float, float]] = [(low, high) for low, high in apart]
    downwards, upwards, empty = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    if intervals and downwards:
        intervals[0] = (-math.inf, intervals[0][1])
    if intervals and upwards:
        intervals[-1] = (intervals[-1][0], math.inf)
    return Region(tuple(intervals), empty)


def orderly(region: Region) -> bool:
    """Whether no interval is empty, and each lies above the one before."""
    ends = [end for interval in region.intervals for end in interval]
    return ends == sorted(ends) and all(
        a[1] < b[0] for a, b in zip(region.intervals, region.intervals[1:], strict=False)
    )


@given(regions(), regions())
def test_a_cell_is_in_the_intersection_if_it_is_in_both(a: Region, b: Region) -> None:
    both = a & b
    assert [cell in both for cell in CELLS] == [cell in a and cell in b for cell in CELLS]
    assert both.empty == (a.empty and b.empty)
    assert orderly(both)


@given(regions())
def test_a_cell_is_in_the_complement_if_it_is_not_in_the_region(a: Region) -> None:
    assert [cell in ~a for cell in CELLS] == [cell not in a for cell in CELLS]
    assert (~a).empty != a.empty
    assert orderly(~a)


@given(regions())
def test_the_complement_of_the_complement_has_the_same_cells(a: Region) -> None:
    assert [cell in ~~a for cell in CELLS] == [cell in a for cell in CELLS]
    assert (~~a).empty == a.empty


@given(regions())
def test_a_region_is_true_if_there_is_a_cell_in_it(a: Region) -> None:
    assert bool(a) == (a.empty or any(cell in a for cell in CELLS))
    assert not a & ~a
    assert (~(~a & a)).intervals == EVERY_NUMBER.intervals


@given(st.sets(st.integers(-REACH, REACH)))
def test_a_set_of_cells_holds_these_and_no_others_in_as_few_intervals_as_can_be(numbers: set[int]) -> None:
    region = cells(numbers)
    assert {cell for cell in CELLS if cell in region} == numbers
    assert not region.empty
    assert len(region.intervals) == len([number for number in numbers if number - 1 not in numbers])


def test_all_numbers_are_all_cells_but_the_empty_one() -> None:
    assert 10**12 in EVERY_NUMBER
    assert Region((), empty=True) == ~EVERY_NUMBER
    assert ~Region((), empty=True) == EVERY_NUMBER
